"""Variational autoencoders (Kingma and Welling 2013, arXiv:1312.6114): codes that follow N(0, I), so that they can be drawn.

Shapes: images x (n, 28, 28, 1) in [−1, 1]; means μ, log-variances log σ² and codes z (n, d). Everything that
is added up is in nats: summed over pixels and over latents, then averaged over the batch.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log, pi

import keras
import numpy as np
from keras import ops

from generative_vision.data import validate_images
from generative_vision.models.autoencoder import conv_decoder, conv_encoder
from generative_vision.models.functions import hold_function
from generative_vision.models.sampling import fit_labels, normal_noise, one_hot_labels


def kl_divergence(mean, log_variance):
    """KL(N(μ, σ²) ‖ N(0, 1)) of each latent of each image, (n, d), in nats. Kingma and Welling (2013), appendix B."""
    return 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)


def reparameterize(mean, log_variance, noise):
    """Return z = μ + σ·ε, a sample of N(μ, σ²) when ε is one of N(0, 1); all are (n, d). Kingma and Welling (2013), 2.4."""
    return mean + ops.exp(0.5 * log_variance) * noise


def gaussian_nll(x, x_hat, log_variance):
    """−log N(x; x̂, σ²I), summed over an image's 784 pixels: (n,), in nats. ``log_variance`` is one number, log σ²."""
    squares = ops.sum(ops.square(x - x_hat), axis=(1, 2, 3))
    return 0.5 * (squares / ops.exp(log_variance) + 784 * (log_variance + log(2 * pi)))


class VAE(keras.Model):
    """Minimises −E log p(x | z) + β·KL(q(z | x) ‖ N(0, I)), the negative ELBO where β = 1.

    Args:
        code_size: d, the number of latents.
        beta: weight of the KL term (Higgins et al. 2017).
        warmup: steps over which β rises from 0 to ``beta`` (Bowman et al. 2016, arXiv:1511.06349).
        free_bits: nats that each latent may use without being charged, on the batch's average
            (Kingma et al. 2016, arXiv:1606.04934).
        variance: σ² of the decoder's normal distribution; learned where it is None, and then its best value is the
            mean squared error (Rybkin et al. 2021, arXiv:2006.13202).
        classes: 10 for a conditional VAE, whose decoder is told the label: ``fit(images, labels)``.
        encoder, decoder: networks x -> (μ, log σ²) side by side (n, 2d), and z, with the label's ones and zeros
            behind it, -> x̂.
        kl_divergence, reparameterize: in place of the functions above, with their arguments and results.
    """

    def __init__(
        self,
        code_size: int = 32,
        *,
        beta: float = 1.0,
        warmup: int = 0,
        free_bits: float = 0.0,
        variance: float | None = None,
        classes: int = 0,
        encoder: keras.Model | None = None,
        decoder: keras.Model | None = None,
        kl_divergence: Callable = kl_divergence,
        reparameterize: Callable = reparameterize,
    ):
        super().__init__(autocast=False)  # images and losses stay float32; the networks choose for themselves
        if code_size < 1:
            raise ValueError(f"code_size={code_size!r}: expected 1 or more.")
        for name, value in {"beta": beta, "warmup": warmup, "free_bits": free_bits}.items():
            if not 0 <= value < float("inf"):
                raise ValueError(f"{name}={value!r}: expected a finite number, 0 or more.")
        if variance is not None and not 0 < variance < float("inf"):
            raise ValueError(f"variance={variance!r}: expected a finite number above 0, or None to learn it.")
        self.code_size, self.classes = code_size, classes
        self.beta, self.warmup, self.free_bits = beta, warmup, free_bits
        self.encoder = encoder if encoder is not None else conv_encoder(2 * code_size)
        self.decoder = decoder if decoder is not None else conv_decoder(code_size + classes)
        codes = np.zeros((2, code_size), "float32")
        hold_function("kl_divergence", kl_divergence, codes, codes, shape=codes.shape)
        hold_function("reparameterize", reparameterize, codes, codes, codes, shape=codes.shape)
        self.kl_divergence, self.reparameterize = kl_divergence, reparameterize
        self.log_variance = self.add_weight(
            name="log_variance", shape=(), trainable=variance is None,
            initializer=keras.initializers.Constant(log(0.1 if variance is None else variance)),
        )  # fmt: skip
        self.steps = self.add_weight(name="steps", shape=(), initializer="zeros", trainable=False)
        self.seeds = keras.random.SeedGenerator()
        self.distortion, self.rate = keras.metrics.Mean("distortion"), keras.metrics.Mean("rate")
        self.build((None, 28, 28, 1))

    def call(self, x):
        """Return x: what there is to compute stands in ``compute_loss``, where the labels are, too."""
        return x

    def compute_loss(self, x, y=None, y_pred=None, sample_weight=None, training=True):
        """Return the negative ELBO with its β, and keep its two terms as the metrics ``distortion`` and ``rate``."""
        mean, log_variance = ops.split(self.encoder(x), 2, axis=-1)                                # q(z | x)
        z = self.reparameterize(mean, log_variance, keras.random.normal(ops.shape(mean), seed=self.seeds))
        x_hat = self._decode(z, y)
        distortion = ops.mean(gaussian_nll(x, x_hat, self.log_variance))                           # −E log p(x | z)
        kl = ops.mean(self.kl_divergence(mean, log_variance), axis=0)                              # (d,)
        self.distortion.update_state(distortion)
        self.rate.update_state(ops.sum(kl))
        return distortion + self._beta_now(training) * ops.sum(ops.maximum(kl, self.free_bits))

    def fit(self, images, labels=None, **options):
        """Keras' own ``fit``, after holding that images are (n, 28, 28, 1) in [−1, 1] and labels, if any, (n,)."""
        images = validate_images(images)
        return super().fit(images, fit_labels(labels, len(images), self.classes), **options)

    def posterior(self, images) -> tuple[np.ndarray, np.ndarray]:
        """Return mean μ and log σ² of q(z | x) for images (n, 28, 28, 1): (n, d) each."""
        mean, log_variance = np.split(self.encoder.predict(validate_images(images), batch_size=500, verbose=0), 2, axis=1)
        return mean, log_variance

    def encode(self, images) -> np.ndarray:
        """Return the means (n, d) of the images' codes."""
        return self.posterior(images)[0]

    def decode(self, codes, labels=None) -> np.ndarray:
        """Return the images (n, 28, 28, 1), clipped to [−1, 1], of codes (n, d), and of labels in a conditional VAE."""
        codes = np.asarray(codes, "float32")
        if codes.ndim != 2 or codes.shape[1] != self.code_size or not np.isfinite(codes).all():
            raise ValueError(f"codes have shape {codes.shape}; expected finite numbers, (n, {self.code_size}).")
        if self.classes and labels is None:
            raise ValueError(f"This VAE is conditional (classes={self.classes}): decoding needs labels.")
        told = np.concatenate([codes, one_hot_labels(labels, len(codes), self.classes)], axis=1)
        return self.decoder.predict(told, batch_size=500, verbose=0).clip(-1, 1)

    def reconstruct(self, images, labels=None) -> np.ndarray:
        """Return x̂ for each image, decoded from the mean of its code."""
        return self.decode(self.encode(images), labels)

    def sample(self, n: int, *, seed: int, spread: float = 1.0, labels=None) -> np.ndarray:
        """Return n new images (n, 28, 28, 1), float32, in [−1, 1], decoded from z ~ N(0, λI).

        Args:
            seed: the same seed gives the same images.
            spread: λ ≥ 0.
            labels: of a conditional VAE: one class or n of them; drawn uniformly where there are none.
        """
        z = normal_noise(n, self.code_size, seed=seed, spread=spread)
        if self.classes and labels is None:
            labels = np.random.default_rng(seed).integers(self.classes, size=n)
        return self.decode(z, labels)

    def _decode(self, z, y):
        if self.classes:
            z = ops.concatenate([z, ops.one_hot(y, self.classes, dtype="float32")], axis=-1)
        return ops.cast(self.decoder(z), "float32")

    def _beta_now(self, training: bool):
        """β, rising over the first ``warmup`` steps."""
        if not self.warmup:
            return self.beta
        if training:
            self.steps.assign_add(1)
        return self.beta * ops.minimum(1.0, self.steps / self.warmup)
