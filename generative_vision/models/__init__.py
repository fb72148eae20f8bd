"""The course's generators, one module each.

All have ``fit(images, ...)`` and ``sample(n, *, seed, spread)``.
"""
