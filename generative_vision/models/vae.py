"""Variational autoencoders (Kingma and Welling 2013, arXiv:1312.6114): codes that follow N(0, I), so that they can be drawn.

Shapes: images x (n, 28, 28, 1) in [−1, 1]; means μ, log-variances log σ² and codes z (n, d). Everything that
is added up is in nats: summed over pixels and over latents, then averaged over the batch.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log, pi

import keras
import numpy as np
from keras import layers, ops

from generative_vision.data import validate_images
from generative_vision.models.autoencoder import conv_decoder, conv_encoder
from generative_vision.models.functions import Model, hold_function
from generative_vision.models.sampling import draw_labels, fit_labels, join_labels, normal_noise


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


class VAE(Model):
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
        width: channels of the widest picture inside the convolutional networks.
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
        width: int = 32,
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
        self.encoder = encoder if encoder is not None else conv_encoder(2 * code_size, width)
        self.decoder = decoder if decoder is not None else conv_decoder(code_size + classes, width)
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
        """Return −ELBO with its β, and keep its two terms as the metrics ``distortion`` and ``rate``."""
        code = ops.cast(self.encoder(x, training=training), "float32")
        mean, log_variance = ops.split(code, 2, axis=-1)  # q(z | x)
        noise = keras.random.normal(ops.shape(mean), seed=self.seeds)
        z = self.reparameterize(mean, log_variance, noise)
        distortion = ops.mean(gaussian_nll(x, self._decode(z, y, training), self.log_variance))  # −E log p(x | z)
        rate, charged = self._rate(mean, log_variance, noise, z, y)  # KL(q(z | x) ‖ p(z))
        self.distortion.update_state(distortion)
        self.rate.update_state(rate)
        return distortion + self._beta_now(training) * charged

    def _rate(self, mean, log_variance, noise, z, y):
        """Return the KL term, and what of it is charged after free bits."""
        kl = ops.mean(self.kl_divergence(mean, log_variance), axis=0)  # (d,)
        return ops.sum(kl), ops.sum(ops.maximum(kl, self.free_bits))

    def fit(self, images, labels=None, **options):
        """Keras' own ``fit``, after holding that images are (n, 28, 28, 1) in [−1, 1] and labels, if any, (n,)."""
        images = validate_images(images)
        return super().fit(images, fit_labels(labels, len(images), self.classes), **options)

    def posterior(self, images) -> tuple[np.ndarray, np.ndarray]:
        """Return mean μ and log σ² of q(z | x) for images (n, 28, 28, 1): (n, d) each."""
        code = self.encoder.predict(validate_images(images), batch_size=500, verbose=0).astype("float32")
        mean, log_variance = np.split(code, 2, axis=1)
        return mean, log_variance

    def encode(self, images) -> np.ndarray:
        """Return the means (n, d) of the images' codes."""
        return self.posterior(images)[0]

    def decode(self, codes, labels=None) -> np.ndarray:
        """Return the images (n, 28, 28, 1), clipped to [−1, 1], of codes (n, d), and of labels in a conditional VAE."""
        told = join_labels(codes, self.code_size, labels, self.classes)
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
        labels = draw_labels(labels, n, self.classes, seed)
        return self.decode(self._codes(normal_noise(n, self.code_size, seed=seed, spread=spread), labels), labels)

    def _codes(self, noise: np.ndarray, labels) -> np.ndarray:
        """The prior is N(0, I): noise is a code already."""
        return noise

    def _decode(self, z, y, training):
        if self.classes:
            z = ops.concatenate([z, ops.one_hot(y, self.classes, dtype="float32")], axis=-1)
        return ops.cast(self.decoder(z, training=training), "float32")

    def _beta_now(self, training: bool):
        """β, rising over the first ``warmup`` steps."""
        if not self.warmup:
            return self.beta
        if training:
            self.steps.assign_add(1)
        return self.beta * ops.minimum(1.0, self.steps / self.warmup)


class FlowVAE(VAE):
    """A VAE that learns its prior, too: p(z) is whatever an invertible network f makes of N(0, I).

    Codes z have the noise u = f(z), and log p(z) = log N(u; 0, I) + log |det ∂f/∂z|. The rate is then estimated
    from the code drawn, log q(z | x) − log p(z), in place of the closed form. ``sample`` draws u ~ N(0, λI).
    With ``classes`` the prior is told the label, too: p(z | y).

    Args:
        code_size: d, even.
        couplings: layers of the flow; each lets one half of the code shift and stretch the other.
        hidden: width of the networks inside.
        options: as for ``VAE``, without ``free_bits`` and ``kl_divergence``.

    Source: Dinh et al. (2017), Real NVP, arXiv:1605.08803; as a VAE's prior, Chen et al. (2017), arXiv:1611.02731.
    """

    def __init__(self, code_size: int = 32, *, couplings: int = 6, hidden: int = 256, **options):
        unused = {"free_bits", "kl_divergence"} & options.keys()
        if unused:
            raise ValueError(f"{', '.join(sorted(unused))}: not used where the prior is learned.")
        if code_size % 2:
            raise ValueError(f"code_size={code_size!r}: a flow needs two halves, an even number.")
        self._flow_sizes = code_size, couplings, hidden, options.get("classes", 0)
        super().__init__(code_size, **options)

    def build(self, input_shape):
        """Make the flow: Keras wants all parts before a model counts as built."""
        self.flow = CouplingFlow(*self._flow_sizes)
        self.flow.build((None, self._flow_sizes[0]))
        super().build(input_shape)

    def codes(self, noise, labels=None) -> np.ndarray:
        """Return the codes z = f⁻¹(u), (n, d), of noise u (n, d): what ``sample`` decodes; labels as for ``decode``."""
        told = join_labels(noise, self.code_size, labels, self.classes)
        u, label = told[:, : self.code_size], told[:, self.code_size :]
        return ops.convert_to_numpy(self.flow.inverse(ops.convert_to_tensor(u), ops.convert_to_tensor(label)))

    def _codes(self, noise: np.ndarray, labels) -> np.ndarray:
        return self.codes(noise, labels)

    def _rate(self, mean, log_variance, noise, z, y):
        u, log_det = self.flow(z, ops.one_hot(y, self.classes, dtype="float32") if self.classes else None)
        log_q = -0.5 * ops.sum(ops.square(noise) + log_variance, axis=-1)  # both without d/2·log 2π
        log_p = -0.5 * ops.sum(ops.square(u), axis=-1) + log_det
        rate = ops.mean(log_q - log_p)
        return rate, rate


class CouplingFlow(keras.layers.Layer):
    """An invertible network f: z -> u, (n, d) -> (n, d), that knows the log-determinant of its derivative.

    Each coupling keeps one half a of the vector, replaces the other by (b + t(a))·exp(s(a)), and swaps the halves;
    t and s may be any networks, and undoing it needs no inverse of theirs. Labels, ones and zeros (n, classes), are
    shown to all of them: then f, and with it the prior, is another for each class.
    """

    def __init__(self, size: int, couplings: int, hidden: int, classes: int = 0):
        super().__init__(dtype="float32")
        self.classes = classes
        self.networks = [
            keras.Sequential([
                keras.Input((size // 2 + classes,)),
                layers.Dense(hidden, activation="silu", dtype="float32"),
                layers.Dense(hidden, activation="silu", dtype="float32"),
                layers.Dense(size, kernel_initializer="zeros", dtype="float32"),  # begins as the identity
            ])
            for _ in range(couplings)
        ]  # fmt: skip

    def call(self, z, label=None):
        """Return u (n, d) and log |det ∂u/∂z| (n,)."""
        log_det = 0.0
        for network in self.networks:
            a, b = ops.split(z, 2, axis=-1)
            shift, stretch = self._of(network, a, label)
            z = ops.concatenate([(b + shift) * ops.exp(stretch), a], axis=-1)
            log_det += ops.sum(stretch, axis=-1)
        return z, log_det

    def inverse(self, u, label=None):
        """Return z with f(z) = u."""
        for network in reversed(self.networks):
            b, a = ops.split(u, 2, axis=-1)
            shift, stretch = self._of(network, a, label)
            u = ops.concatenate([a, b * ops.exp(-stretch) - shift], axis=-1)
        return u

    def _of(self, network, a, label):
        shift, stretch = ops.split(network(ops.concatenate([a, label], axis=-1) if self.classes else a), 2, axis=-1)
        return shift, 2 * ops.tanh(stretch)  # bounded, or early steps may overflow
