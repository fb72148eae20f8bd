"""Generative adversarial networks (Goodfellow et al. 2014, arXiv:1406.2661), trained by one loss and one optimizer.

Shapes: images x (n, 28, 28, 1) in [−1, 1]; noise z (n, d); logits (n,): the discriminator's log-odds that an
image is real.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from keras import layers, ops

from generative_vision.data import validate_images
from generative_vision.models.autoencoder import DepthToSpace, SpaceToDepth, convolution
from generative_vision.models.functions import frozen, hold_function
from generative_vision.models.sampling import fit_labels, normal_noise, one_hot_labels


def non_saturating_discriminator(real, fake):
    """−log D(x) − log(1 − D(G(z))), averaged, from logits (n,): a scalar. Goodfellow et al. (2014), equation 1."""
    return ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake))  # softplus(−a) = −log σ(a)


def non_saturating_generator(fake):
    """−log D(G(z)), averaged: large gradients where the discriminator is sure. Goodfellow et al. (2014), section 3."""
    return ops.mean(ops.softplus(-fake))


def minimax_generator(fake):
    """log(1 − D(G(z))), averaged: the generator's term of the original game, which saturates. Its discriminator is the same."""
    return -ops.mean(ops.softplus(fake))


def wasserstein_discriminator(real, fake):
    """Mean of the critic on fake minus on real images. Arjovsky et al. (2017), arXiv:1701.07875."""
    return ops.mean(fake) - ops.mean(real)


def wasserstein_generator(fake):
    """Minus the mean of the critic on fake images."""
    return -ops.mean(fake)


def hinge_discriminator(real, fake):
    """max(0, 1 − D(x)) + max(0, 1 + D(G(z))), averaged. Lim and Ye (2017), arXiv:1705.02894."""
    return ops.mean(ops.relu(1 - real)) + ops.mean(ops.relu(1 + fake))


#: name: (the discriminator's loss of real and fake logits, the generator's loss of fake logits)
LOSSES: dict[str, tuple[Callable, Callable]] = {
    "non-saturating": (non_saturating_discriminator, non_saturating_generator),
    "minimax": (non_saturating_discriminator, minimax_generator),
    "Wasserstein": (wasserstein_discriminator, wasserstein_generator),
    "hinge": (hinge_discriminator, wasserstein_generator),
}


def conv_generator(code_size: int, classes: int = 0, width: int = 32) -> keras.Sequential:
    """Return the network z, with the label's ones and zeros behind it, -> image in [−1, 1]. No batch statistics."""
    return keras.Sequential([
        keras.Input((code_size + classes,)),
        layers.Dense(7 * 7 * 2 * width),
        layers.Reshape((7, 7, 2 * width)),
        layers.Activation("silu"),
        convolution(4 * width, activation="silu"),       # 7x7
        DepthToSpace(),                                  # -> 14x14
        convolution(width, activation="silu"),           # 14x14
        convolution(4, dtype="float32"),
        DepthToSpace(dtype="float32"),                   # 14x14x4 -> 28x28x1
        layers.Activation("tanh", dtype="float32"),
    ])  # fmt: skip


def conv_discriminator(classes: int = 0, width: int = 32) -> keras.Model:
    """Return the network image -> logit (n,); of [image, ones and zeros of the label] where there are classes.

    A label enters as a product with the features (Miyato and Koyama 2018, arXiv:1802.05637).
    """
    image = keras.Input((28, 28, 1))
    leaky = {"activation": "leaky_relu"}
    h = convolution(width, **leaky)(SpaceToDepth()(image))            # 14x14
    h = convolution(2 * width, **leaky)(SpaceToDepth()(h))            # 7x7
    h = layers.Dense(4 * width, dtype="float32", **leaky)(layers.Flatten()(h))
    logit = layers.Reshape(())(layers.Dense(1, dtype="float32")(h))
    if not classes:
        return keras.Model(image, logit)
    label = keras.Input((classes,))
    match = layers.Dot(1, dtype="float32")([h, layers.Dense(4 * width, use_bias=False, dtype="float32")(label)])
    return keras.Model([image, label], layers.Add(dtype="float32")([logit, layers.Reshape(())(match)]))


class GAN(keras.Model):
    """Two players, one loss: the discriminator's term does not reach the generator, nor the other way round.

    Samples come from a running average of the generator's weights, ``average``.

    Args:
        code_size: d, the length of the noise.
        discriminator_loss: (real logits, fake logits) -> scalar; see ``LOSSES`` for four pairs.
        generator_loss: (fake logits) -> scalar.
        penalty: γ of the zero-centred gradient penalty γ/2·E‖∇D(x)‖² on real and on fake images (Mescheder et al.
            2018, arXiv:1801.04406), in its finite-difference form γ/2·E(D(x + δ) − D(x))²/s², δ ~ N(0, s²I).
        step: s, the size of that difference.
        average: share of the running average that a step keeps (Yazıcı et al. 2019, arXiv:1806.04498).
        classes: 10 for a conditional GAN: ``fit(images, labels)``.
        generator, discriminator: networks in place of the convolutional ones.
    """

    def __init__(
        self,
        code_size: int = 64,
        *,
        discriminator_loss: Callable = non_saturating_discriminator,
        generator_loss: Callable = non_saturating_generator,
        penalty: float = 1.0,
        step: float = 0.1,
        average: float = 0.998,
        classes: int = 0,
        width: int = 32,
        generator: keras.Model | None = None,
        discriminator: keras.Model | None = None,
    ):
        super().__init__(autocast=False)
        self.code_size, self.classes, self.penalty, self.step, self.average = code_size, classes, penalty, step, average
        self.generator = generator if generator is not None else conv_generator(code_size, classes, width)
        self.discriminator = discriminator if discriminator is not None else conv_discriminator(classes, width)
        self.averaged_generator = keras.models.clone_model(self.generator)
        self.averaged_generator.set_weights(self.generator.get_weights())
        self.averaged_generator.trainable = False
        logits = np.array([-1.0, 2.0], "float32")
        hold_function("discriminator_loss", discriminator_loss, logits, logits, shape=())
        hold_function("generator_loss", generator_loss, logits, shape=())
        self.discriminator_loss, self.generator_loss = discriminator_loss, generator_loss
        self.seeds = keras.random.SeedGenerator()
        self.d_loss, self.g_loss = keras.metrics.Mean("d_loss"), keras.metrics.Mean("g_loss")
        self.build((None, 28, 28, 1))

    def call(self, x):
        return x

    def compute_loss(self, x, y=None, y_pred=None, sample_weight=None, training=True):
        n = ops.shape(x)[0]
        labels = [ops.one_hot(y, self.classes, dtype="float32")] if self.classes else []
        z = keras.random.normal((n, self.code_size), seed=self.seeds)
        fake = ops.cast(self.generator(ops.concatenate([z, *labels], axis=-1)), "float32")
        both = ops.concatenate([x, ops.stop_gradient(fake)])
        noise = self.step * keras.random.normal(ops.shape(both), seed=self.seeds)
        four = ops.concatenate([both, both + noise])
        judged = self.discriminator([four, ops.tile(labels[0], (4, 1))] if labels else four)
        real_logits, fake_logits, *_ = ops.split(judged, 4)
        d_loss = self.discriminator_loss(real_logits, fake_logits)
        slope = ops.square(judged[2 * n :] - judged[: 2 * n]) / self.step**2
        penalty = self.penalty / 2 * 2 * ops.mean(slope)
        g_loss = self.generator_loss(frozen(self.discriminator)([fake, *labels] if labels else fake))
        self.d_loss.update_state(d_loss)
        self.g_loss.update_state(g_loss)
        for mean, now in zip(self.averaged_generator.variables, self.generator.variables):
            mean.assign(self.average * mean + (1 - self.average) * now)
        return d_loss + penalty + g_loss

    def fit(self, images, labels=None, **options):
        images = validate_images(images)
        return super().fit(images, fit_labels(labels, len(images), self.classes), **options)

    def sample(self, n: int, *, seed: int, spread: float = 1.0, labels=None) -> np.ndarray:
        z = normal_noise(n, self.code_size, seed=seed, spread=spread)
        told = np.concatenate([z, one_hot_labels(labels, n, self.classes, seed=seed)], axis=1)
        return self.averaged_generator.predict(told, batch_size=500, verbose=0)
