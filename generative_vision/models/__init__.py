"""The course's models, each with a module of its own, and in other modules what they share.

Every generator has ``fit(images, ...)`` and ``sample(n, *, seed, spread)``. Autoencoders,
classifiers and style transfer draw no samples.
"""
