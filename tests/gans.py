"""Small GANs for tests, parts that do something known, and whom a loss teaches."""

from __future__ import annotations

import numpy as np

PAIRS = ["non-saturating", "minimax", "Wasserstein", "hinge"]


def build(**options):
    from generative_vision.models.gan import GAN

    return GAN(4, **{"width": 4, **options})


def sequential(shape, *parts):
    import keras

    return keras.Sequential([keras.Input(shape), *parts])


def grey_generator(level):
    """Every image is of one grey level."""
    from keras import layers

    constant = layers.Dense(784, kernel_initializer="zeros", trainable=False)
    network = sequential((4,), constant, layers.Reshape((28, 28, 1)))
    constant.bias.assign(np.full(784, level))
    return network


def nothing(*logits):
    """A loss that teaches nothing."""
    return sum(0 * logit[0] for logit in logits)


def gradients(model, x, **options):
    """Sum of the loss' absolute gradients: for generator, discriminator and averaged generator."""
    import tensorflow as tf

    parts = [model.generator, model.discriminator, model.averaged]
    values = [[weight.value for weight in part.weights] for part in parts]
    with tf.GradientTape() as tape:
        tape.watch(values)
        loss = model.compute_loss(x, **options)
    slopes = tape.gradient(loss, values)
    return [sum(float(np.abs(s).sum()) for s in part if s is not None) for part in slopes]


def same(ours, theirs):
    """Whether two networks have the same weights."""
    pairs = zip(ours.get_weights(), theirs.get_weights(), strict=True)
    return all((one == other).all() for one, other in pairs)
