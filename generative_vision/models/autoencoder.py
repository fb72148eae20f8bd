"""Autoencoders: an image through a short code and back.

Shapes: images x (n, 28, 28, 1) in [−1, 1]; codes z (n, d). Networks compute at 14x14 and 7x7 only,
where a convolution costs little; channels are moved into space and back without computing (sub-pixel
convolution, Shi et al. 2016, arXiv:1609.05158).
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from keras import layers, ops

from generative_vision.data import validate_images
from generative_vision.models.functions import Model, hold_function


def reconstruction_loss(x, x_hat):
    """Mean over batch and pixels of (x − x̂)²: a scalar. Hinton and Salakhutdinov (2006)."""
    return ops.mean(ops.square(x - x_hat))


class SpaceToDepth(layers.Layer):
    """(n, h, w, c) -> (n, h/2, w/2, 4c): each 2x2 block of pixels becomes one pixel of four times the channels."""

    def call(self, x):
        return ops.nn.space_to_depth(x, 2)


class DepthToSpace(layers.Layer):
    """(n, h, w, 4c) -> (n, 2h, 2w, c): the way back."""

    def call(self, x):
        return ops.nn.depth_to_space(x, 2)


def convolution(channels: int, **options) -> layers.Layer:
    """Return a 3x3 convolution that keeps the picture's size."""
    return layers.Conv2D(channels, 3, padding="same", **options)


def conv_encoder(code_size: int, width: int = 32) -> keras.Sequential:
    """Return the network x -> z."""
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        SpaceToDepth(),                                  # 28x28x1 -> 14x14x4
        convolution(width, activation="silu"),          # 14x14
        SpaceToDepth(),                                  # -> 7x7
        convolution(2 * width, activation="silu"),      # 7x7
        layers.Flatten(),
        layers.Dense(code_size, dtype="float32"),        # float32, so that codes can be added up and compared
    ])  # fmt: skip


def conv_decoder(code_size: int, width: int = 32) -> keras.Sequential:
    """Return the network z -> x̂. Its last layer is linear: grey levels may overshoot [−1, 1] a little."""
    return keras.Sequential([
        keras.Input((code_size,)),
        layers.Dense(7 * 7 * 2 * width, activation="silu"),
        layers.Reshape((7, 7, 2 * width)),
        convolution(4 * width, activation="silu"),      # 7x7
        DepthToSpace(),                                  # -> 14x14
        convolution(width, activation="silu"),          # 14x14
        convolution(4, dtype="float32"),
        DepthToSpace(dtype="float32"),                   # 14x14x4 -> 28x28x1
    ])  # fmt: skip


class Autoencoder(Model):
    """Minimises loss(x, D(E(x))) over encoder E and decoder D.

    Args:
        code_size: d, the length of the code.
        encoder, decoder: networks x -> z and z -> x̂ in place of the convolutional ones.
        loss: ``(x, x_hat) -> scalar``, in ``keras.ops``.
        corrupt: ``x -> x``, applied to the input while training and not to the target: a denoising
            autoencoder (Vincent et al. 2008).
    """

    def __init__(
        self,
        code_size: int = 32,
        *,
        encoder: keras.Model | None = None,
        decoder: keras.Model | None = None,
        loss: Callable = reconstruction_loss,
        corrupt: Callable | None = None,
    ):
        super().__init__(autocast=False)  # images reach `corrupt` in float32; the networks choose for themselves
        if code_size < 1:
            raise ValueError(f"code_size={code_size!r}: expected 1 or more.")
        self.code_size = code_size
        self.encoder = encoder if encoder is not None else conv_encoder(code_size)
        self.decoder = decoder if decoder is not None else conv_decoder(code_size)
        pair = np.zeros((2, 28, 28, 1), "float32"), np.ones((2, 28, 28, 1), "float32")
        hold_function("loss", loss, *pair, shape=())
        if corrupt is not None:
            hold_function("corrupt", corrupt, pair[0], shape=pair[0].shape)
        self.reconstruction_loss, self.corrupt = loss, corrupt
        self.build((None, 28, 28, 1))  # so that weights can be counted, saved and loaded at once

    def call(self, x, training=False):
        """Return x̂, of the shape of x."""
        if training and self.corrupt is not None:
            x = self.corrupt(x)
        return ops.cast(self.decoder(self.encoder(x)), "float32")  # losses are computed in full precision

    def compute_loss(self, x, y=None, y_pred=None, sample_weight=None, training=True):
        """Return loss(x, x̂): x is the image as it was, also when the network saw it corrupted."""
        return self.reconstruction_loss(x, y_pred)

    def fit(self, images, *args, **options):
        """Keras' own ``fit``, after holding that the images are (n, 28, 28, 1) in [−1, 1]."""
        return super().fit(validate_images(images), *args, **options)

    def encode(self, images) -> np.ndarray:
        """Return the codes (n, d) of images (n, 28, 28, 1) in [−1, 1]."""
        return self.encoder.predict(validate_images(images), batch_size=500, verbose=0)

    def decode(self, codes) -> np.ndarray:
        """Return the images (n, 28, 28, 1), clipped to [−1, 1], of codes (n, d)."""
        codes = np.asarray(codes, "float32")
        if codes.ndim != 2 or codes.shape[1] != self.code_size or not np.isfinite(codes).all():
            raise ValueError(f"codes have shape {codes.shape}; expected finite numbers, (n, {self.code_size}).")
        return self.decoder.predict(codes, batch_size=500, verbose=0).clip(-1, 1)

    def reconstruct(self, images) -> np.ndarray:
        """Return x̂ for each image: ``decode(encode(images))``."""
        return self.decode(self.encode(images))
