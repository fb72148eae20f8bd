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
from generative_vision.models.functions import Model, averaged_copy, frozen, hold_function, update_average
from generative_vision.models.sampling import draw_labels, fit_labels, join_labels, normal_noise


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
    h = convolution(width, activation="leaky_relu")(SpaceToDepth()(image))                             # 14x14
    for channels in (2 * width, 4 * width):                                                            # 7x7, 4x4
        h = layers.Conv2D(channels, 4, strides=2, padding="same", activation="leaky_relu")(h)
    h = layers.Dense(128, activation="leaky_relu", dtype="float32")(layers.Flatten()(h))
    logit = layers.Dense(1, dtype="float32")(h)
    inputs = image
    if classes:
        label = keras.Input((classes,))
        match = layers.Dot(1, dtype="float32")([h, layers.Dense(128, use_bias=False, dtype="float32")(label)])
        inputs, logit = [image, label], layers.Add(dtype="float32")([logit, match])
    return keras.Model(inputs, layers.Reshape((), dtype="float32")(logit))


class GAN(Model):
    """Two players, one loss: the discriminator's terms do not reach the generator, nor the generator's the discriminator.

    Samples come from ``averaged``, a running average of the generator's weights.

    Args:
        code_size: d, the length of the noise.
        discriminator_loss: (real logits, fake logits) -> scalar; ``LOSSES`` has four pairs.
        generator_loss: (fake logits) -> scalar.
        penalty: γ of the zero-centred gradient penalty γ/2·E‖∇D‖² on real and on generated images (Mescheder et al.
            2018, arXiv:1801.04406), as the finite difference γ/2·E(D(x + δ) − D(x))²/s² with δ ~ N(0, s²I): that
            needs no gradient of a gradient. It is measured on every fourth image.
        step: s, the size of the difference.
        keep: share of the running average that each step keeps (Yazıcı et al. 2019, arXiv:1806.04498).
        classes: 10 for a conditional GAN: ``fit(images, labels)``.
        width: channels of the widest picture inside the networks.
        generator, discriminator: networks in place of the convolutional ones, with their inputs and outputs. Neither
            may have BatchNormalization, which a running average of weights does not cover, nor the discriminator
            Dropout: the penalty compares two of its passes.
    """

    def __init__(
        self,
        code_size: int = 32,
        *,
        discriminator_loss: Callable = non_saturating_discriminator,
        generator_loss: Callable = non_saturating_generator,
        penalty: float = 0.2,
        step: float = 0.1,
        keep: float = 0.998,
        classes: int = 0,
        width: int = 32,
        generator: keras.Model | None = None,
        discriminator: keras.Model | None = None,
    ):
        super().__init__(autocast=False)  # images and losses stay float32; the networks choose for themselves
        if code_size < 1:
            raise ValueError(f"code_size={code_size!r}: expected 1 or more.")
        if not 0 <= penalty < float("inf") or not 0 < step < float("inf") or not 0 <= keep < 1:
            raise ValueError(f"penalty={penalty!r}, step={step!r}, keep={keep!r}: expected 0 or more, above 0, 0 to below 1.")
        self.code_size, self.classes, self.penalty, self.step, self.keep = code_size, classes, penalty, step, keep
        self.generator = generator if generator is not None else conv_generator(code_size, classes, width)
        self.discriminator = discriminator if discriminator is not None else conv_discriminator(classes, width)
        _refuse(layers.BatchNormalization, self.generator, self.discriminator)
        _refuse(layers.Dropout, self.discriminator)
        self.averaged = averaged_copy(self.generator)
        logits = np.array([-1.0, 2.0], "float32")
        hold_function("discriminator_loss", discriminator_loss, logits, logits, shape=())
        hold_function("generator_loss", generator_loss, logits, shape=())
        self.discriminator_loss, self.generator_loss = discriminator_loss, generator_loss
        self.seeds = keras.random.SeedGenerator()
        self.d_loss, self.g_loss = keras.metrics.Mean("d_loss"), keras.metrics.Mean("g_loss")
        self.build((None, 28, 28, 1))

    def call(self, x):
        """Return x: what there is to compute stands in ``compute_loss``, where the labels are, too."""
        return x

    def compute_loss(self, x, y=None, y_pred=None, sample_weight=None, training=True):
        """Return the sum of both players' losses and the penalty; ``d_loss`` and ``g_loss`` are reported apart."""
        z = keras.random.normal((ops.shape(x)[0], self.code_size), seed=self.seeds)
        label = self._label(y)
        fake = ops.cast(self.generator(ops.concatenate([z, *label], axis=-1)), "float32")
        shown = [ops.concatenate([x, ops.stop_gradient(fake)])] + [ops.concatenate([one, one]) for one in label]
        logits = ops.cast(self.discriminator(_inputs(shown)), "float32")
        d_loss = self.discriminator_loss(*ops.split(logits, 2))                           # real, fake
        g_loss = self.generator_loss(ops.cast(frozen(self.discriminator)(_inputs([fake, *label])), "float32"))
        self.d_loss.update_state(d_loss)
        self.g_loss.update_state(g_loss)
        if training:  # not in evaluate
            update_average(self.averaged, self.generator, self.keep)
        return d_loss + self._gradient_penalty([part[::4] for part in shown], logits[::4]) + g_loss

    def _gradient_penalty(self, shown, logits):
        """γ/2·E‖∇D‖², on real and on generated images each."""
        image, *label = shown
        moved = image + self.step * keras.random.normal(ops.shape(image), seed=self.seeds)
        slopes = (ops.cast(self.discriminator(_inputs([moved, *label])), "float32") - logits) / self.step
        return self.penalty * ops.mean(ops.square(slopes))  # a mean over both kinds is half of their sum

    def _label(self, y) -> list:
        return [ops.one_hot(y, self.classes, dtype="float32")] if self.classes else []

    def fit(self, images, labels=None, **options):
        """Keras' own ``fit``, after holding that images are (n, 28, 28, 1) in [−1, 1] and labels, if any, (n,)."""
        images = validate_images(images)
        return super().fit(images, fit_labels(labels, len(images), self.classes), **options)

    def sample(self, n: int, *, seed: int, spread: float = 1.0, labels=None) -> np.ndarray:
        """Return n new images (n, 28, 28, 1), float32, in [−1, 1], from noise z ~ N(0, λI).

        Args:
            seed: the same seed gives the same images.
            spread: λ ≥ 0.
            labels: of a conditional GAN: one class or n of them; drawn uniformly where there are none.
        """
        z = normal_noise(n, self.code_size, seed=seed, spread=spread)
        return self.generate(z, draw_labels(labels, n, self.classes, seed))

    def generate(self, z, labels=None) -> np.ndarray:
        """Return the images (n, 28, 28, 1) of noise (n, d), by the averaged generator; labels as for ``VAE.decode``."""
        told = join_labels(z, self.code_size, labels, self.classes)
        return self.averaged.predict(told, batch_size=500, verbose=0).astype("float32").clip(-1, 1)


def _inputs(parts: list):
    """What the discriminator is called with: an image, or image and label."""
    return parts if len(parts) > 1 else parts[0]


def _refuse(kind: type[layers.Layer], *networks: keras.Model) -> None:
    if any(isinstance(layer, kind) for network in networks for layer in network._flatten_layers()):
        raise ValueError(
            f"A network of this GAN has {kind.__name__}: two passes of it, or its averaged weights, would not agree. "
            "Leave it out, or use LayerNormalization or GroupNormalization."
        )
