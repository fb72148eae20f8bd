"""Networks for tests of diffusion and flow: some know the right answer, some have a few random weights."""

from __future__ import annotations

import numpy as np

PLACE = np.linspace(-1, 1, 784, dtype="float32").reshape(28, 28, 1)
M, S = 0.8 * PLACE, 0.4 + 0.8 * PLACE**2  #: mean and deviation of Gaussian data, other ones for each pixel


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


def best_flow(x_t, t, m=M.ravel()[::28], s=S.ravel()[::28]):
    """E[ε − x | x_t] of data N(m, s²), m and s (28,), on straight lines."""
    off = (x_t - (1 - t) * m) / ((1 - t) ** 2 * s**2 + t**2)
    return t * off - (m + (1 - t) * s**2 * off)


def tiny(words: int = 0):
    """A small network of images that looks at all it is told: not at its start either does it say 0."""
    import keras
    from keras import layers

    x = keras.Input((28, 28, 1))
    inputs = [keras.Input((1,)), *([keras.Input((words,))] if words else [])]
    told = layers.Concatenate()(inputs) if words else inputs[0]
    told = layers.Reshape((1, 1, 4))(layers.Dense(4)(told))
    h = layers.Add()([layers.Conv2D(4, 3, padding="same")(x), told])
    h = layers.Conv2D(1, 3, padding="same", dtype="float32")(layers.Activation("silu")(h))
    return keras.Model([x, *inputs], h)


def bend(model, scale: float = 0.1):
    """Give a network, whose last layers may begin as zeros, random weights."""
    rng = np.random.default_rng(0)
    for part in (model.network, model.averaged):
        part.set_weights([rng.normal(0, scale, w.shape) for w in part.get_weights()])
    return model


def averages(start, before, keep):
    """What the running average must be after steps of training that began with the weights ``before``."""
    for step, weights in enumerate(before):
        share = min(keep, (1 + step) / (10 + step))
        start = [share * mean + (1 - share) * now for mean, now in zip(start, weights, strict=True)]
    return start
