"""Generative vision models in Keras: what the lessons of the course import.

Importing the package costs nothing heavy: TensorFlow is loaded by ``runtime.setup()``.
"""

__version__ = "0.1.0"
