"""Generative adversarial networks, trained by one loss and one optimizer.

Source: Goodfellow et al. (2014), arXiv:1406.2661.

Shapes: images x (n, 28, 28, 1) in [−1, 1]; noise z (n, d); logits (n,): the discriminator's
log-odds that an image is real.
"""

from collections.abc import Callable, Mapping

import keras
import numpy as np
from keras import layers, ops

from generative_vision.arguments import whole_number
from generative_vision.data import validate_batch
from generative_vision.models.averaging import averaged_copy, update_ema
from generative_vision.models.base import IMAGE, Model
from generative_vision.models.batches import in_batches
from generative_vision.models.conditioning import resolve_condition, row_size
from generative_vision.models.gan_losses import (
    non_saturating_discriminator,
    non_saturating_generator,
)
from generative_vision.models.layers import DepthToSpace, SpaceToDepth, convolution, register
from generative_vision.models.noise import normal_noise
from generative_vision.models.validation import REMEDY, validate_function, validate_network
from generative_vision.typing import Codes, Condition, Images, Labels, Prompt


def frozen(model: keras.Model) -> Callable:
    """Return the model as a function whose gradients reach its input and not its weights.

    For one loss with two players: ``generator_loss(frozen(discriminator)(fake))`` teaches the
    generator only.
    """
    trainable = [ops.stop_gradient(weight.value) for weight in model.trainable_variables]
    others = [weight.value for weight in model.non_trainable_variables]
    return lambda *inputs, **options: model.stateless_call(trainable, others, *inputs, **options)[0]


def conv_generator(latent_dim: int, words: int = 0, width: int = 32) -> keras.Sequential:
    """Return the network z, with the condition's ones and zeros behind it, -> image in [−1, 1].

    No batch statistics.
    """
    return keras.Sequential(
        [
            keras.Input((latent_dim + words,)),
            layers.Dense(7 * 7 * 2 * width),
            layers.Reshape((7, 7, 2 * width)),
            layers.Activation("silu"),
            convolution(4 * width, activation="silu"),  # 7x7
            DepthToSpace(),  # -> 14x14
            convolution(width, activation="silu"),  # 14x14
            convolution(4, dtype="float32"),
            DepthToSpace(dtype="float32"),  # 14x14x4 -> 28x28x1
            layers.Activation("tanh", dtype="float32"),
        ]
    )


def conv_discriminator(words: int = 0, width: int = 32) -> keras.Model:
    """Return the network image -> logit (n,), or [image, condition's rows] -> logit.

    A condition enters as a product with the features (Miyato and Koyama 2018, arXiv:1802.05637).
    """
    places = {"data_format": "channels_last"}
    image = keras.Input((28, 28, 1))
    h = convolution(width, activation="leaky_relu")(SpaceToDepth()(image))  # 14x14
    for channels in (2 * width, 4 * width):  # 7x7, 4x4
        options = {"strides": 2, "padding": "same", "activation": "leaky_relu", **places}
        h = layers.Conv2D(channels, 4, **options)(h)
    h = layers.Flatten(**places)(h)
    h = layers.Dense(128, activation="leaky_relu", dtype="float32")(h)
    logit = layers.Dense(1, dtype="float32")(h)
    inputs = image
    if words:
        condition = keras.Input((words,))
        match = layers.Dot(1, dtype="float32")(
            [h, layers.Dense(128, use_bias=False, dtype="float32")(condition)]
        )
        inputs, logit = [image, condition], layers.Add(dtype="float32")([logit, match])
    return keras.Model(inputs, layers.Reshape((), dtype="float32")(logit))


@register
class GAN(Model):
    """Two players trained by one loss: each term reaches one of them.

    Samples come from ``averaged``, a running average of the generator's weights.

    Args:
        latent_dim: d, the length of the noise.
        discriminator_loss: (real logits, fake logits) -> scalar; ``LOSSES`` has four pairs.
        generator_loss: (fake logits) -> scalar.
        penalty: γ of the zero-centred gradient penalty γ/2·E‖∇D‖² on real and on generated images
            (Mescheder et al. 2018, arXiv:1801.04406), as the finite difference γ/2·E(D(x + δ) −
            D(x))²/s² with δ ~ N(0, s²I): that needs no gradient of a gradient. It is measured on
            every fourth image.
        step: s, the size of the difference.
        ema_decay: share of the running average that each step keeps.
        condition: None, "labels", "captions" or a number of groups, an input of both players:
            ``fit(images, labels)``.
        width: channels of the widest picture inside the networks.
        generator, discriminator: networks in place of the convolutional ones, with their inputs and
            outputs; logits may be (n, 1), too, and what they draw and judge need not be images.
            Neither may have BatchNormalization, which a running average of weights does not cover,
            nor the discriminator random layers, such as Dropout: the penalty compares two of its
            passes.
    """

    FROZEN = ("averaged",)
    LIMITS: Mapping[str, Mapping] = {
        "penalty": {"least": 0},
        "step": {"above": 0},
        "ema_decay": {"least": 0, "below": 1},
    }

    def __init__(
        self,
        latent_dim: int = 32,
        *,
        discriminator_loss: Callable = non_saturating_discriminator,
        generator_loss: Callable = non_saturating_generator,
        penalty: float = 0.2,
        step: float = 0.1,
        ema_decay: float = 0.998,
        condition: Condition = None,
        width: int = 32,
        generator: keras.Model | None = None,
        discriminator: keras.Model | None = None,
        name: str | None = None,
    ):
        super().__init__(
            condition,
            IMAGE if generator is None else tuple(getattr(generator, "output_shape", (None,)))[1:],
            name,
        )
        self.latent_dim = latent_dim = whole_number(latent_dim=latent_dim)
        self.width = width = whole_number(width=width)
        self.penalty, self.step, self.ema_decay = penalty, step, ema_decay
        words = row_size(condition)
        self.generator = (
            generator if generator is not None else conv_generator(latent_dim, words, width)
        )
        self.discriminator = (
            discriminator if discriminator is not None else conv_discriminator(words, width)
        )
        one = (1,) if getattr(self.discriminator, "output_shape", ())[1:] == (1,) else ()
        shown = [self.example_shape, (words,)] if words else [self.example_shape]
        for player, inputs, output in (
            ("generator", [(latent_dim + words,)], self.example_shape),
            ("discriminator", shown, one),
        ):
            validate_network(player, getattr(self, player), inputs, output, averaged=True)
        if len(self.discriminator.non_trainable_variables) > len(
            self.discriminator.non_trainable_weights
        ):
            raise ValueError(f"The discriminator draws random numbers, as Dropout does: {REMEDY}")
        self.averaged = averaged_copy(self.generator)
        self.discriminator_loss, self.generator_loss = discriminator_loss, generator_loss
        self.seeds = keras.random.SeedGenerator()
        self.d_loss, self.g_loss = keras.metrics.Mean("d_loss"), keras.metrics.Mean("g_loss")

    def validate_attribute(self, name, value):
        """Raise ValueError or TypeError unless the constructor takes that value, too."""
        super().validate_attribute(name, value)
        if name in ("discriminator_loss", "generator_loss"):
            logits = [np.array([-1.0, 2.0], "float32")] * (2 if name[0] == "d" else 1)
            validate_function(name, value, *logits, shape=())

    def compute_loss(self, x, y=None, y_pred=None, sample_weight=None, training=True):
        """Return the sum of both players' losses and the penalty; both losses are metrics."""
        words = self.rows(y)
        shape = ops.shape(x)[0], self.latent_dim
        z = keras.random.normal(shape, dtype="float32", seed=self.seeds)
        inputs = z if words is None else ops.concatenate([z, words], axis=-1)
        fake = ops.cast(self.generator(inputs, training=training), "float32")
        shown = ops.concatenate([x, ops.stop_gradient(fake)])  # real, fake
        both = words if words is None else ops.concatenate([words, words])
        logits = logit(self.discriminator, shown, both, training)
        d_loss = self.discriminator_loss(*ops.split(logits, 2))
        g_loss = self.generator_loss(logit(frozen(self.discriminator), fake, words, training))
        if training:
            update_ema(self.averaged, self.generator, self.ema_decay)
        self.d_loss.update_state(d_loss, sample_weight=ops.shape(x)[0])
        self.g_loss.update_state(g_loss, sample_weight=ops.shape(x)[0])
        return d_loss + self.gradient_penalty(shown, both, logits, training) + g_loss

    def gradient_penalty(self, shown, words, logits, training=True):
        """Return γ/2·E‖∇D‖², on real and on generated images each, measured on every fourth."""
        shown, words, logits = shown[::4], words if words is None else words[::4], logits[::4]
        noise = keras.random.normal(ops.shape(shown), dtype="float32", seed=self.seeds)
        moved = shown + self.step * noise
        slopes = (logit(self.discriminator, moved, words, training) - logits) / self.step
        return self.penalty * ops.mean(ops.square(slopes))  # half the sum of both kinds' means

    def sample(
        self,
        n: int,
        *,
        seed: int,
        spread: float = 1.0,
        labels: int | Labels | None = None,
        prompt: Prompt | None = None,
    ) -> Images:
        """Return n new images (n, 28, 28, 1), float32, in [−1, 1], from noise z ~ N(0, λI).

        Args:
            seed: the same seed gives the same images.
            spread: λ ≥ 0.
            labels, prompt: one of them, for a conditional GAN: one for all images, or n of them.
                Without any, labels are drawn uniformly.
        """
        z = normal_noise(n, self.latent_dim, seed=seed, spread=spread)
        return self.generate(z, resolve_condition(self.condition, labels, prompt, n, seed))

    def generate(
        self, z: Codes, labels: int | Labels | None = None, prompt: Prompt | None = None
    ) -> Images:
        """Return the averaged generator's images of noise (n, d); conditions as for ``sample``."""
        z = validate_batch(z, (self.latent_dim,), "noise")
        words = resolve_condition(self.condition, labels, prompt, len(z))
        inputs = z if words is None else np.concatenate([z, words], axis=1)
        made = in_batches(self.averaged.predict_on_batch, inputs)
        return made.clip(-1, 1) if self.example_shape == IMAGE else made


def logit(discriminator: Callable, x, words, training: bool):
    """Return the discriminator's logits (n,), float32, of x, and of the words that go with them."""
    logits = discriminator(x if words is None else [x, words], training=training)
    return ops.reshape(ops.cast(logits, "float32"), (-1,))
