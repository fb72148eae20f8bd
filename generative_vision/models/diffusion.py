"""Diffusion on pixels: a small U-Net that predicts v, on a cosine schedule.

Shapes: images x (n, 28, 28, 1); inside the model they have mean 0 and variance 1. Time t and s (n, 1, 1, 1) in
[0, 1], 0 is data, 1 is noise; every formula is elementwise in t. (α, σ) is a point on the unit circle, v its derivative
by the angle: Salimans and Ho (2022), arXiv:2202.00512.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from keras import layers, ops

from generative_vision.data import validate_images
from generative_vision.models.autoencoder import DepthToSpace, SpaceToDepth, convolution
from generative_vision.models.denoiser import Denoiser, Method, Sampler, draw_noise, guide, told
from generative_vision.models.functions import hold_function
from generative_vision.models.sampling import normal_noise

MEAN, DEVIATION = -0.43, 0.706  # of Fashion-MNIST's pixels in [−1, 1]


def schedule(t):
    """Return α = cos(πt/2) and σ = sin(πt/2): how much signal and how much noise. Nichol and Dhariwal (2021)."""
    return ops.cos(np.pi / 2 * t), ops.sin(np.pi / 2 * t)


def q_sample(x, t, noise):
    """Return x_t = αx + σε: all of the forward process in one step. Ho et al. (2020), arXiv:2006.11239, equation 4."""
    alpha, sigma = schedule(t)
    return alpha * x + sigma * noise


def velocity(x, t, noise):
    """Return v = αε − σx, what the network learns to predict."""
    alpha, sigma = schedule(t)
    return alpha * noise - sigma * x


def x_and_noise(x_t, v, t):
    """Return x = αx_t − σv and ε = σx_t + αv: the way back from v."""
    alpha, sigma = schedule(t)
    return alpha * x_t - sigma * v, sigma * x_t + alpha * v


def ddim_step(x_t, v, t, s):
    """Return x_s = α_s x̂ + σ_s ε̂: to the earlier time s, nothing drawn. Song et al. (2020), arXiv:2010.02502."""
    x, noise = x_and_noise(x_t, v, t)
    return q_sample(x, s, noise)


def ddpm_step(x_t, v, t, s, noise):
    """Draw x_s from q(x_s | x_t, x̂): ancestral sampling. Ho et al. (2020), equation 7, in the notation of (α, σ).

    Args:
        noise: ε ~ N(0, I), drawn anew.
    """
    x, _ = x_and_noise(x_t, v, t)
    (alpha_t, sigma_t), (alpha_s, sigma_s) = schedule(t), schedule(s)
    alpha = alpha_t / alpha_s                                    # from s to t
    variance = sigma_t**2 - alpha**2 * sigma_s**2
    mean = (alpha * sigma_s**2 * x_t + alpha_s * variance * x) / sigma_t**2
    return mean + ops.sqrt(ops.maximum(variance, 0.0)) * sigma_s / sigma_t * noise


class Scale(layers.Layer):
    """(h, e) -> h·(1 + a) + b, with a and b (n, c) made from e: how time and words steer a picture of features."""

    def build(self, shapes):
        channels = shapes[0][-1]
        self.dense = layers.Dense(2 * channels, kernel_initializer="zeros", dtype=self.dtype_policy)
        self.dense.build(shapes[1])

    def call(self, inputs):
        h, e = inputs
        a, b = ops.split(self.dense(e)[:, None, None, :], 2, axis=-1)
        return h * (1 + a) + b


def block(h, e, channels: int):
    """Two convolutions, steered between them by e, around which h passes unchanged."""
    inner = Scale()([convolution(channels)(layers.Activation("silu")(h)), e])
    # the last convolution starts at zero: the block begins as the identity
    inner = convolution(channels, kernel_initializer="zeros")(layers.Activation("silu")(inner))
    return layers.Add()([h, inner])


def unet(width: int = 16, conditional: bool = False) -> keras.Model:
    """Return the network [x_t (n, 28, 28, 1), t (n, 1), words (n, 16)] -> v (n, 28, 28, 1). Ronneberger et al. (2015)."""
    x = keras.Input((28, 28, 1))
    inputs, e = told(conditional, 64)
    fine = block(convolution(width)(SpaceToDepth()(x)), e, width)                 # 14x14
    h = convolution(4 * width)(SpaceToDepth()(fine))                              # -> 7x7
    h = block(block(h, e, 4 * width), e, 4 * width)
    h = DepthToSpace()(convolution(4 * width)(h))                                 # -> 14x14
    h = block(layers.Add()([h, fine]), e, width)                                  # the way round the bottleneck
    h = convolution(4, kernel_initializer="zeros", dtype="float32")(layers.Activation("silu")(h))
    return keras.Model([x, *inputs], DepthToSpace(dtype="float32")(h))


class Painter(Sampler):
    """Paints where ``mask`` is 1 and keeps what is ``known`` elsewhere, at each time as noisy as the rest.

    After each step but the last of ``repeats`` it goes back to the time before, so that both parts come to agree:
    Lugmayr et al. (2022), arXiv:2201.09865.
    """

    def move(self, i, x, inputs):
        """Return x after step i: ``repeats`` (n, 1) tries at it."""
        t, s = self.times(i, inputs)
        repeats = inputs["repeats"][0, 0]

        def attempt(k, x_t):
            count = 3 * (i * repeats + k)  # each try draws three times
            known = q_sample(inputs["known"], s, draw_noise(x_t, inputs["key"], count))
            x_s = ops.where(inputs["mask"] > 0, self.step(x_t, t, s, inputs, count + 1), known)
            return ops.where(k < repeats - 1, noise_on(x_s, s, t, draw_noise(x_t, inputs["key"], count + 2)), x_s)

        return ops.fori_loop(0, repeats, attempt, x)


def noise_on(x_s, s, t, noise):
    """Draw x_t from q(x_t | x_s): from time s on to the later time t."""
    (alpha_s, _), (alpha_t, _) = schedule(s), schedule(t)
    alpha = alpha_t / alpha_s
    return alpha * x_s + ops.sqrt(ops.maximum(1 - alpha**2, 0.0)) * noise  # x_s has variance 1, and x_t again


METHODS = {"ddim": Method(ddim_step), "ddpm": Method(ddpm_step, random=True)}


class Diffusion(Denoiser):
    """Minimises E ‖v̂(x_t, t) − v‖² over t ~ U(0, 1) and ε ~ N(0, I).

    Args:
        condition: None, "labels" or "captions": ``fit(images, labels)`` or ``fit(images, captions)``.
        width: channels at 14x14; four times as many at 7x7.
        network: in place of the U-Net: [x_t, t] or [x_t, t, words] -> v.
        q_sample: (x, t, ε) -> x_t.
        velocity: (x, t, ε) -> v, the target.
        guide: (v without, v with, g) -> v.
        drop, keep: see ``Denoiser``.
    """

    def __init__(
        self, *, condition: str | None = None, width: int = 16, network: keras.Model | None = None, q_sample: Callable = q_sample,
        velocity: Callable = velocity, guide: Callable = guide, drop: float = 0.1, keep: float = 0.998,
    ):  # fmt: skip
        network = network if network is not None else unet(width, condition is not None)
        super().__init__(network, condition=condition, drop=drop, keep=keep, guide=guide, methods=METHODS)
        x, t = self.example()
        hold_function("q_sample", q_sample, x, t, -x, shape=x.shape)
        hold_function("velocity", velocity, x, t, -x, shape=x.shape)
        self.q_sample, self.target = q_sample, velocity
        self.build((None, 28, 28, 1))

    def from_images(self, images) -> np.ndarray:
        """Return images in the model's scale: mean 0, variance 1."""
        return ((validate_images(images) - MEAN) / DEVIATION).astype("float32")

    def to_images(self, x) -> np.ndarray:
        """Return images, clipped to [−1, 1]."""
        return (x * DEVIATION + MEAN).clip(-1, 1).astype("float32")

    def inpaint(
        self, images, mask, *, seed: int, labels=None, prompt=None, guidance: float = 1.0, steps: int = 25, repeats: int = 5,
        method: str | Callable = "ddpm",
    ) -> np.ndarray:
        """Return images (n, 28, 28, 1) whose masked part is painted anew and whose rest is as it was.

        Args:
            images: (n, 28, 28, 1) in [−1, 1]; what they show under the mask does not count.
            mask: (28, 28) for all images or (n, 28, 28, 1): true or 1 where to paint.
            repeats: tries at each step, see ``Painter``.
        """
        images = validate_images(images)
        mask = np.asarray(mask)
        if mask.shape == (28, 28):
            mask = np.broadcast_to(mask[..., None], images.shape)
        if mask.shape != images.shape or not np.isin(mask, (0, 1)).all():
            raise ValueError(f"mask has shape {mask.shape}; expected (28, 28) or {images.shape}, true or 1 where to paint.")
        if repeats < 1:
            raise ValueError(f"repeats={repeats}: expected 1 or more.")
        mask = mask.astype("float32")
        noise = normal_noise(len(images), 784, seed=seed).reshape(images.shape)
        given = {"known": self.from_images(images), "mask": mask, "repeats": np.full((len(images), 1), repeats, "int32")}
        painted = self.denoise(
            noise, self.asked(labels, prompt, len(images), seed), guidance=guidance, steps=steps, method=method, seed=seed,
            sampler=Painter, given=given,
        )  # fmt: skip
        return np.where(mask > 0, self.to_images(painted), images).astype("float32")
