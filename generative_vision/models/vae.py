"""Variational autoencoders: codes follow N(0, I), so that they can be drawn.

Source: Kingma and Welling (2013), arXiv:1312.6114.

Shapes: images x (n, 28, 28, 1) in [−1, 1]; means μ, log-variances log σ² and codes z (n, d).
Everything that is added up is in nats: summed over pixels and over latents, then averaged over the
batch.
"""

from collections.abc import Callable, Mapping
from math import log, pi

import keras
import numpy as np
from keras import ops

from generative_vision.arguments import validate_numbers, whole_number
from generative_vision.data import validate_images
from generative_vision.models.autoencoder import Coder, conv_decoder, conv_encoder
from generative_vision.models.base import IMAGE
from generative_vision.models.batches import in_batches
from generative_vision.models.conditioning import resolve_condition, row_size
from generative_vision.models.layers import register
from generative_vision.models.noise import normal_noise
from generative_vision.models.validation import validate_function, validate_network
from generative_vision.typing import Codes, Condition, Images, Labels, Prompt


@register
def kl_divergence(mean, log_variance):
    """KL(N(μ, σ²) ‖ N(0, 1)) of each latent of each image, (n, d), in nats.

    Source: Kingma and Welling (2013), appendix B.
    """
    return 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)


@register
def reparameterize(mean, log_variance, noise):
    """Return z = μ + σ·ε, a sample of N(μ, σ²) when ε is one of N(0, 1); all are (n, d).

    Source: Kingma and Welling (2013), 2.4.
    """
    return mean + ops.exp(0.5 * log_variance) * noise


def gaussian_nll(x, x_hat, log_variance):
    """Return −log N(x; x̂, σ²I), (n,), in nats, summed over 784 pixels; log σ² is a number."""
    squares = ops.sum(ops.square(x - x_hat), axis=(1, 2, 3))
    return 0.5 * (squares / ops.exp(log_variance) + 784 * (log_variance + log(2 * pi)))


@register
class VAE(Coder):
    """Minimises −E log p(x | z) + β·KL(q(z | x) ‖ N(0, I)), the negative ELBO where β = 1.

    Args:
        latent_dim: d, the number of latents.
        beta: weight of the KL term (Higgins et al. 2017).
        warmup: steps over which β rises from 0 to ``beta`` (Bowman et al. 2016, arXiv:1511.06349).
        free_bits: nats that each latent may use without being charged, on the batch's average
            (Kingma et al. 2016, arXiv:1606.04934).
        variance: σ² of the decoder's normal distribution; learned where it is None, and then its
            best value is the mean squared error (Rybkin et al. 2021, arXiv:2006.13202).
        condition: None, "labels", "captions" or a number of groups, an input of the decoder:
            ``fit(images, labels)``.
        width: channels of the widest picture inside the convolutional networks.
        encoder, decoder: networks x -> (μ, log σ²) side by side (n, 2d), and z, with the
            condition's ones and zeros behind it, -> x̂.
        kl_divergence, reparameterize: in place of the functions above, with their arguments and
            results.
    """

    LIMITS: Mapping[str, Mapping] = {key: {"least": 0} for key in ("beta", "warmup", "free_bits")}

    def __init__(
        self,
        latent_dim: int = 32,
        *,
        beta: float = 1.0,
        warmup: int = 0,
        free_bits: float = 0.0,
        variance: float | None = None,
        condition: Condition = None,
        width: int = 32,
        encoder: keras.Model | None = None,
        decoder: keras.Model | None = None,
        kl_divergence: Callable = kl_divergence,
        reparameterize: Callable = reparameterize,
        name: str | None = None,
    ):
        super().__init__(condition, name=name)
        if variance is not None:  # else it is learned
            validate_numbers(above=0, variance=variance)
        self.latent_dim = latent_dim = whole_number(latent_dim=latent_dim)
        self.width, self.variance = (width := whole_number(width=width)), variance
        self.beta, self.warmup, self.free_bits = beta, warmup, free_bits
        self.encoder = encoder if encoder is not None else conv_encoder(2 * latent_dim, width)
        size = latent_dim + row_size(condition)
        self.decoder = decoder if decoder is not None else conv_decoder(size, width)
        self.kl_divergence, self.reparameterize = kl_divergence, reparameterize
        self.log_variance = self.add_weight(
            name="log_variance",
            shape=(),
            trainable=variance is None,
            initializer=keras.initializers.Constant(log(0.1 if variance is None else variance)),
        )
        self.steps = self.add_weight(name="steps", shape=(), initializer="zeros", trainable=False)
        self.seeds = keras.random.SeedGenerator()
        self.distortion, self.rate = keras.metrics.Mean("distortion"), keras.metrics.Mean("rate")
        self.add_prior()

    def validate_attribute(self, name, value):
        """Raise ValueError or TypeError unless the constructor takes that value, too."""
        super().validate_attribute(name, value)
        if name == "encoder":
            validate_network(name, value, [IMAGE], (2 * self.latent_dim,))
        elif name == "decoder":
            validate_network(name, value, [(self.latent_dim + row_size(self.condition),)], IMAGE)
        elif name in ("kl_divergence", "reparameterize"):
            codes = np.zeros((2, self.latent_dim), "float32")
            examples = [codes] * (2 if name == "kl_divergence" else 3)
            validate_function(name, value, *examples, shape=codes.shape)

    def add_prior(self):
        """Make what the prior needs: nothing, as it is N(0, I)."""

    def call(self, x, training=False):
        """Return mean and log-variance of q(z | x), (n, d) each."""
        return tuple(ops.split(ops.cast(self.encoder(x, training=training), "float32"), 2, axis=-1))

    def compute_loss(self, x, y=None, y_pred=None, sample_weight=None, training=True):
        """Return −ELBO with its β; its terms are the metrics ``distortion`` and ``rate``."""
        mean, log_variance = self(x, training=training) if y_pred is None else y_pred  # q(z | x)
        noise = keras.random.normal(ops.shape(mean), dtype="float32", seed=self.seeds)
        z = self.reparameterize(mean, log_variance, noise)
        x_hat = self.decode_batch(z, self.rows(y), training)
        distortion = ops.mean(gaussian_nll(x, x_hat, self.log_variance))  # −E log p(x | z)
        # KL(q(z | x) ‖ p(z))
        rate, charged = self.rates(mean, log_variance, noise, z, self.rows(y))
        self.distortion.update_state(distortion, sample_weight=ops.shape(x)[0])
        self.rate.update_state(rate, sample_weight=ops.shape(x)[0])
        return distortion + self.beta_now(training) * charged

    def rates(self, mean, log_variance, noise, z, words):
        """Return the KL term, and what of it is charged after free bits."""
        kl = ops.mean(self.kl_divergence(mean, log_variance), axis=0)  # (d,)
        return ops.sum(kl), ops.sum(ops.maximum(kl, self.free_bits))

    def decode_batch(self, z, words=None, training=False):
        """Return x̂ (n, 28, 28, 1), float32, of codes z (n, d) and words (n, size)."""
        z = z if words is None else ops.concatenate([z, words], axis=-1)
        return ops.cast(self.decoder(z, training=training), "float32")

    def beta_now(self, training: bool):
        """Return β, which rises over the first ``warmup`` steps of training."""
        if not self.warmup:
            return self.beta
        if training:
            self.steps.assign_add(1)
        return self.beta * ops.minimum(1.0, self.steps / self.warmup)

    def posterior(self, images: Images) -> tuple[Codes, Codes]:
        """Return mean μ and log σ² of q(z | x) for images (n, 28, 28, 1): (n, d) each."""
        code = in_batches(self.encoder.predict_on_batch, validate_images(images))
        mean, log_variance = np.split(code, 2, axis=1)
        return mean, log_variance

    def encode(self, images: Images) -> Codes:
        """Return the means (n, d) of the images' codes."""
        return self.posterior(images)[0]

    def decode(
        self, codes: Codes, labels: int | Labels | None = None, prompt: Prompt | None = None
    ) -> Images:
        """Return the images (n, 28, 28, 1), clipped to [−1, 1], of codes (n, d).

        Args:
            labels, prompt: one of them, for a conditional VAE: one for all codes, or n of them.
        """
        codes = self.validate_codes(codes)
        words = resolve_condition(self.condition, labels, prompt, len(codes))
        inputs = codes if words is None else np.concatenate([codes, words], axis=1)
        return in_batches(self.decoder.predict_on_batch, inputs).clip(-1, 1)

    def reconstruct(
        self, images: Images, labels: int | Labels | None = None, prompt: Prompt | None = None
    ) -> Images:
        """Return x̂ for each image, decoded from the mean of its code."""
        return self.decode(self.encode(images), labels, prompt)

    def sample(
        self,
        n: int,
        *,
        seed: int,
        spread: float = 1.0,
        labels: int | Labels | None = None,
        prompt: Prompt | None = None,
    ) -> Images:
        """Return n new images (n, 28, 28, 1), float32, in [−1, 1], decoded from z ~ N(0, λI).

        Args:
            seed: the same seed gives the same images.
            spread: λ ≥ 0.
            labels, prompt: one of them, for a conditional VAE: one for all images, or n of them.
                Without any, labels are drawn uniformly.
        """
        noise = normal_noise(n, self.latent_dim, seed=seed, spread=spread)
        words = resolve_condition(self.condition, labels, prompt, n, seed)
        return self.decode(self.codes(noise, words), words)

    def codes(
        self, noise: Codes, labels: int | Labels | None = None, prompt: Prompt | None = None
    ) -> Codes:
        """Return the codes z (n, d) of noise (n, d): with the prior N(0, I) they are the same."""
        return self.validate_codes(noise)
