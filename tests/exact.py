"""Networks, models and data for tests of diffusion and flow.

Some networks know the right answer, some have a few random weights.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from generative_vision import data, prompts

PLACE = np.linspace(-1, 1, 784, dtype="float32").reshape(28, 28, 1)
M, S = 0.8 * PLACE, 0.4 + 0.8 * PLACE**2  #: mean and deviation of Gaussian images, by pixel
CODE_M, CODE_S = M.ravel()[::28], S.ravel()[::28]  #: of Gaussian codes of 28 numbers

CLASSES, WORDS = len(prompts.CLASS_WORDS), len(prompts.WORDS)
SIZE = {None: 0, "labels": CLASSES, "captions": WORDS}  #: numbers in a row, by kind of condition


@cache
def fashion():
    """64 images of clothes and their labels."""
    first = [part[:64] for part in data.load_fashion_mnist("test")]
    for part in first:
        part.flags.writeable = False
    return tuple(first)


def normal(*shape, seed=0):
    """Numbers drawn from N(0, 1)."""
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def pictures(n, seed=0):
    """Noise of the shape of n images."""
    return normal(n, 28, 28, 1, seed=seed)


def times(*values):
    """A time for each image, (n, 1, 1, 1)."""
    return np.reshape(np.asarray(values, "float32"), (-1, 1, 1, 1))


def column(*values):
    """A time for each code, (n, 1)."""
    return np.reshape(np.asarray(values, "float32"), (-1, 1))


def circle(t):
    """α and σ of the cosine schedule, in double precision."""
    angle = np.pi / 2 * np.asarray(t, "float64")
    return np.cos(angle), np.sin(angle)


def rows(*labels, size=WORDS):
    """Labels as rows of ones and zeros."""
    return np.eye(size, dtype="float32")[list(labels)]


# Networks


def network(function, words: int = 0, shape=(28, 28, 1)):
    """[x_t, t] or [x_t, t, words] -> function of them: nothing to learn."""
    import keras
    from keras import layers

    class Formula(layers.Layer):
        def call(self, inputs):
            return function(*inputs)

    inputs = [keras.Input(shape), keras.Input((1,)), *([keras.Input((words,))] if words else [])]
    return keras.Model(inputs, Formula()(inputs))


def best_velocity(x_t, t, m=M, s=S):
    """E[v | x_t] of data N(m, s²) on the cosine schedule: E[ε] and E[x] by regression on x_t."""
    from keras import ops

    angle = np.pi / 2 * ops.reshape(t, (-1, 1, 1, 1))
    alpha, sigma = ops.cos(angle), ops.sin(angle)
    off = (x_t - alpha * m) / (alpha**2 * s**2 + sigma**2)
    return alpha * sigma * off - sigma * (m + alpha * s**2 * off)


def best_flow(x_t, t, m=CODE_M, s=CODE_S):
    """E[ε − x | x_t] of data N(m, s²), m and s (28,), on straight lines."""
    off = (x_t - (1 - t) * m) / ((1 - t) ** 2 * s**2 + t**2)
    return t * off - (m + (1 - t) * s**2 * off)


def opinion(x_t, t, words):
    """v = 0.2 without words, and 0.5 + 0.1·(number of the word) with one: x̂ = −v at t = 1."""
    from keras import ops

    number = ops.sum(words * np.arange(WORDS, dtype="float32"), axis=1)
    v = 0.2 + 0.3 * ops.sum(words, axis=1) + 0.1 * number
    return ops.ones_like(x_t) * ops.reshape(v, (-1, 1, 1, 1))


def tiny(words: int = 0):
    """A small network of images that looks at all it is told, and does not begin with v = 0."""
    import keras
    from keras import layers

    x = keras.Input((28, 28, 1))
    inputs = [keras.Input((1,)), *([keras.Input((words,))] if words else [])]
    told = layers.Concatenate()(inputs) if words else inputs[0]
    told = layers.Reshape((1, 1, 4))(layers.Dense(4)(told))
    h = layers.Add()([layers.Conv2D(4, 3, padding="same")(x), told])
    h = layers.Conv2D(1, 3, padding="same", dtype="float32")(layers.Activation("silu")(h))
    return keras.Model([x, *inputs], h)


# Models


def diffusion(condition=None, *, seed=None, **options):
    """A diffusion model with a tiny network, whose weights a seed settles."""
    import keras

    from generative_vision.models.diffusion import Diffusion

    if seed is not None:
        keras.utils.set_random_seed(seed)
    return Diffusion(condition=condition, **{"network": tiny(SIZE[condition]), **options})


def autoencoder(size=4):
    """A small autoencoder, not trained."""
    from generative_vision.models.autoencoder import Autoencoder, conv_decoder, conv_encoder

    return Autoencoder(size, encoder=conv_encoder(size, 4), decoder=conv_decoder(size, 4))


def flow(condition=None, **options):
    """A latent flow with a small network on a small autoencoder."""
    from generative_vision.models.latent_flow import LatentFlow

    base = options.pop("autoencoder", None) or autoencoder()
    return LatentFlow(base, condition=condition, **{"width": 16, "depth": 2, **options})


def standardised(model, images):
    """The flow with center and scale of the images' codes, as ``fit`` sets them, not trained."""
    codes = model.encode(images)
    model.center.assign(codes.mean(axis=0))
    model.scale.assign(codes.std(axis=0))
    return model


def bend(model, scale: float = 0.1):
    """Give a network, whose last layers may begin as zeros, random weights."""
    rng = np.random.default_rng(0)
    for part in (model.network, model.averaged):
        part.set_weights([rng.normal(0, scale, w.shape) for w in part.get_weights()])
    return model


def averages(start, before, decay):
    """What the running average must be after steps of training that began with ``before``."""
    for step, weights in enumerate(before):
        share = min(decay, (1 + step) / (10 + step))
        pairs = zip(start, weights, strict=True)
        start = [share * mean + (1 - share) * now for mean, now in pairs]
    return start


def same_weights(ours, theirs, abs=0.0):
    """Whether two lists of weights agree."""
    pairs = zip(ours, theirs, strict=True)
    return all(np.allclose(a, b, rtol=0, atol=abs) for a, b in pairs)


class Diary:
    """A solver that notes each call's times, and multiplies x by ``factor``."""

    def __init__(self, factor=1.0):
        self.factor, self.times = factor, []

    def __call__(self, velocity, x, t, s, rng):
        self.times.append((t, s))
        return self.factor * x
