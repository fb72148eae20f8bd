"""The network of x_t, time and words that predicts a velocity of images: a U-Net."""

import numpy as np
from keras import Initializer, Input, Model, initializers, layers, ops

from generative_vision.models.conditioning import row_size
from generative_vision.models.layers import DepthToSpace, SpaceToDepth, convolution, register


def time_features(t):
    """Return sines and cosines of 2^k·t, (n, 16), for times t (n, 1, ...).

    Source: Vaswani et al. (2017), arXiv:1706.03762.
    """
    angles = ops.reshape(t, (-1, 1)) * (np.pi * 2.0 ** np.arange(-1, 7, dtype="float32"))
    return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=1)


def time_and_words(
    condition: str | int | None, size: int = 64, words: str | Initializer = "glorot_uniform"
) -> tuple[list, object]:
    """Return the network's inputs besides x_t, and the vector (n, size) computed from them.

    The rows of the first layer that reads the words are the vocabulary's learned vectors: a prompt
    is their sum.

    Args:
        words: how these vectors begin. Keras' default makes their numbers about a sixth of the size
            of the time's sines.
    """
    inputs = [Input((1,))]
    features = time_features(inputs[0])
    if condition:
        inputs.append(Input((row_size(condition),)))
        vectors = layers.Dense(size, kernel_initializer=words)(inputs[1])
        meaning = layers.Dense(size, activation="silu")(vectors)
        features = layers.Concatenate()([features, meaning])
    return inputs, layers.Dense(size, activation="silu")(features)


@register
class Scale(layers.Layer):
    """h, e -> h·(1 + a) + b, with a and b (n, c) linear in e: time and words steer features."""

    def build(self, h_shape, e_shape):
        """Make the layer e -> (a, b), for as many channels as h has."""
        self.dense = layers.Dense(
            2 * h_shape[-1], kernel_initializer="zeros", dtype=self.dtype_policy
        )
        self.dense.build(e_shape)

    def call(self, h, e):
        """Return h, scaled and shifted."""
        a, b = ops.split(self.dense(e)[:, None, None, :], 2, axis=-1)
        return h * (1 + a) + b


def block(h, e, channels: int):
    """Two convolutions, steered between them by e, around which h passes unchanged."""
    inner = Scale()(convolution(channels)(layers.Activation("silu")(h)), e)
    # the last convolution starts at zero: the block begins as the identity
    inner = convolution(channels, kernel_initializer="zeros")(layers.Activation("silu")(inner))
    return layers.Add()([h, inner])


def unet(width: int = 16, condition: str | int | None = None, layout: bool = False) -> Model:
    """Return the network [x_t (n, 28, 28, 1), t (n, 1), words (n, size)] -> v (n, 28, 28, 1).

    Ronneberger et al. (2015), arXiv:1505.04597.

    Args:
        width: channels at 14x14; four times as many at 7x7.
        layout: begin with a picture, 14x14, that is computed from time and words alone. Scales and
            shifts are the same at all places; this says where a class has its sleeves. Its words
            begin as large as the time's sines.
    """
    x = Input((28, 28, 1))
    inputs, e = time_and_words(
        condition, words=initializers.RandomNormal(stddev=1.0) if layout else "glorot_uniform"
    )
    h = convolution(width)(SpaceToDepth()(x))  # 14x14
    if layout:
        h = layers.Add()([h, layers.Reshape((14, 14, width))(layers.Dense(14 * 14 * width)(e))])
    fine = block(h, e, width)
    h = convolution(4 * width)(SpaceToDepth()(fine))  # -> 7x7
    h = block(block(h, e, 4 * width), e, 4 * width)
    h = DepthToSpace()(convolution(4 * width)(h))  # -> 14x14
    h = block(layers.Add()([h, fine]), e, width)  # the way round the bottleneck
    h = convolution(4, kernel_initializer="zeros", dtype="float32")(layers.Activation("silu")(h))
    return Model([x, *inputs], DepthToSpace(dtype="float32")(h))
