"""Flow matching on the codes of an autoencoder: straight ways from noise to codes, learned by a small dense network.

Shapes: codes x (n, d), standardised inside the model; time t (n, 1) in [0, 1], 0 is data, 1 is noise. Lipman et al.
(2022), arXiv:2210.02747, and Liu et al. (2022), arXiv:2209.03003, with time turned round to match the diffusion model.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from keras import layers, ops

from generative_vision.data import validate_images
from generative_vision.models.autoencoder import Autoencoder
from generative_vision.models.denoiser import Denoiser, Method, guide, told
from generative_vision.models.functions import averaged_copy, hold_function


def interpolate(x, t, noise):
    """Return x_t = (1 − t)x + tε: a straight line from data to noise."""
    return (1 - t) * x + t * noise


def flow_target(x, t, noise):
    """Return v = ε − x: the velocity along that line, the same at each t."""
    return noise - x


def euler_step(x_t, v, t, s):
    """Return x_s = x_t + (s − t)v: straight on for a while."""
    return x_t + (s - t) * v


METHODS = {"heun": Method(euler_step, second_order=True, steps=8), "euler": Method(euler_step)}


def mlp(size: int, width: int = 320, depth: int = 3, conditional: bool = False) -> keras.Model:
    """Return the network [x_t (n, d), t (n, 1), words (n, 16)] -> v (n, d)."""
    x = keras.Input((size,))
    inputs, e = told(conditional, 64)
    h = layers.Concatenate()([x, e])
    for _ in range(depth):
        h = layers.Dense(width, activation="silu")(h)
    return keras.Model([x, *inputs], layers.Dense(size, dtype="float32")(h))


class LatentFlow(Denoiser):
    """Minimises E ‖v̂(x_t, t) − (ε − x)‖² over the codes x of a frozen autoencoder.

    Args:
        autoencoder: whose codes are learned. A frozen one (``autoencoder.trainable = False``) is shared with all other
            flows on it, of any other the flow keeps a copy as it is now. Without one, an untrained one of the default
            sizes, for weights to be loaded into.
        condition: None, "labels" or "captions": ``fit(images, labels)`` or ``fit(images, captions)``.
        code_size: of the autoencoder where none is given.
        width, depth: of the network's hidden layers.
        network: in place of it: [x_t, t] or [x_t, t, words] -> v.
        interpolate, target: (x, t, ε) -> x_t and v.
        guide: (v without, v with, g) -> v.
        drop, keep: see ``Denoiser``.
    """

    def __init__(
        self, autoencoder: Autoencoder | None = None, *, condition: str | None = None, code_size: int = 32, width: int = 320,
        depth: int = 3, network: keras.Model | None = None, interpolate: Callable = interpolate, target: Callable = flow_target,
        guide: Callable = guide, drop: float = 0.1, keep: float = 0.998,
    ):  # fmt: skip
        autoencoder = autoencoder if autoencoder is not None else Autoencoder(code_size)
        size = autoencoder.code_size
        network = network if network is not None else mlp(size, width, depth, condition is not None)
        super().__init__(network, condition=condition, drop=drop, keep=keep, guide=guide, methods=METHODS)
        x, t = self.example()
        hold_function("interpolate", interpolate, x, t, -x, shape=x.shape)
        hold_function("target", target, x, t, -x, shape=x.shape)
        self.q_sample, self.target = interpolate, target
        encoder, decoder = autoencoder.encoder, autoencoder.decoder
        if autoencoder.trainable:
            encoder, decoder = averaged_copy(encoder), averaged_copy(decoder)
        self.encoder, self.decoder = encoder, decoder
        self.center = self.add_weight(shape=(size,), initializer="zeros", trainable=False, name="center")
        self.scale = self.add_weight(shape=(size,), initializer="ones", trainable=False, name="scale")
        self.build((None, size))

    def adapt(self, images) -> np.ndarray:
        """Return the training images' codes (n, d), standardised by their own mean and deviation, which are kept."""
        codes = self._encode(validate_images(images, at_least=2))
        self.center.assign(codes.mean(axis=0))
        self.scale.assign(codes.std(axis=0) + 1e-6)
        return self._standardise(codes)

    def from_images(self, images) -> np.ndarray:
        """Return the images' codes (n, d), standardised as those of the training images were."""
        return self._standardise(self._encode(images))

    def to_images(self, x) -> np.ndarray:
        """Return the images (n, 28, 28, 1), clipped to [−1, 1], of standardised codes (n, d)."""
        codes = x * ops.convert_to_numpy(self.scale) + ops.convert_to_numpy(self.center)
        return self.decoder.predict(codes, batch_size=500, verbose=0).clip(-1, 1).astype("float32")

    def _encode(self, images) -> np.ndarray:
        return self.encoder.predict(validate_images(images), batch_size=500, verbose=0).astype("float32")

    def _standardise(self, codes: np.ndarray) -> np.ndarray:
        return (codes - ops.convert_to_numpy(self.center)) / ops.convert_to_numpy(self.scale)
