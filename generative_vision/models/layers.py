"""Layers of the course's convolutional networks, registered with Keras for loading."""

import keras
from keras import layers, ops

register = keras.saving.register_keras_serializable("generative_vision")


@register
class SpaceToDepth(layers.Layer):
    """(n, h, w, c) -> (n, h/2, w/2, 4c): each 2x2 block of pixels becomes one pixel.

    Channels move into space and back without computing: sub-pixel convolution, Shi et al. (2016),
    arXiv:1609.05158.
    """

    def call(self, x):
        """Return x with blocks of pixels moved into channels."""
        return ops.nn.space_to_depth(x, 2, data_format="channels_last")


@register
class DepthToSpace(layers.Layer):
    """(n, h, w, 4c) -> (n, 2h, 2w, c): the way back."""

    def call(self, x):
        """Return x with channels moved into blocks of pixels."""
        return ops.nn.depth_to_space(x, 2, data_format="channels_last")


def leaves(layer: layers.Layer) -> list[layers.Layer]:
    """Return the layers inside a model, however deeply, that are no models themselves."""
    return [leaf for one in getattr(layer, "layers", ()) for leaf in leaves(one)] or [layer]


def convolution(channels: int, **options) -> layers.Layer:
    """Return a 3x3 convolution that keeps the picture's size."""
    return layers.Conv2D(channels, 3, padding="same", data_format="channels_last", **options)
