"""A normalizing flow: an invertible network between codes and noise.

Source: Dinh et al. (2017), Real NVP, arXiv:1605.08803.
"""

import keras
from keras import layers, ops

from generative_vision.models.layers import register


@register
class CouplingFlow(layers.Layer):
    """An invertible network f: z -> u, (n, d) -> (n, d), with its derivative's log-determinant.

    Each coupling keeps one half a of the vector, replaces the other by (b + t(a))·exp(s(a)), and
    swaps the halves; t and s may be any networks, and undoing it needs no inverse of theirs. A
    condition's rows of ones and zeros (n, words) are shown to all of them: then f, and with it the
    prior, is another for each.
    """

    def __init__(self, size: int, couplings: int, hidden: int, words: int = 0):
        super().__init__(dtype="float32")
        self.words = words
        self.networks = [
            keras.Sequential(
                [
                    keras.Input((size // 2 + words,)),
                    layers.Dense(hidden, activation="silu", dtype="float32"),
                    layers.Dense(hidden, activation="silu", dtype="float32"),
                    # zeros: it begins as the identity
                    layers.Dense(size, kernel_initializer="zeros", dtype="float32"),
                ]
            )
            for _ in range(couplings)
        ]

    def call(self, z, words=None):
        """Return u (n, d) and log |det ∂u/∂z| (n,)."""
        log_det = 0.0
        for network in self.networks:
            a, b = ops.split(z, 2, axis=-1)
            shift, stretch = self._of(network, a, words)
            z = ops.concatenate([(b + shift) * ops.exp(stretch), a], axis=-1)
            log_det += ops.sum(stretch, axis=-1)
        return z, log_det

    def inverse(self, u, words=None):
        """Return z with f(z) = u."""
        for network in reversed(self.networks):
            b, a = ops.split(u, 2, axis=-1)
            shift, stretch = self._of(network, a, words)
            u = ops.concatenate([a, b * ops.exp(-stretch) - shift], axis=-1)
        return u

    def _of(self, network, a, words):
        shift, stretch = ops.split(
            network(ops.concatenate([a, words], axis=-1) if self.words else a), 2, axis=-1
        )
        return shift, 2 * ops.tanh(stretch)  # bounded, or early steps may overflow
