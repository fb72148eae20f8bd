"""The course's models, each with a module of its own, and in other modules what they share.

Every generator that is trained has ``fit(images, ...)`` and ``sample(n, *, seed, spread)``.
Autoencoders, classifiers and style transfer draw no samples. ``keras.models.load_model`` finds a
class once its module has been imported.
"""
