"""A mark in the noise that a sample begins with: rings in its Fourier transform, after Tree-Ring.

The model turns marked noise into an image like any other; nothing is added to the picture. With a
deterministic sampler the way can be gone back: ``invert`` follows the velocity from the image to
noise, and there the rings are looked for. Wen et al. (2023), arXiv:2305.20030.

Noise is (n, 28, 28, 1), real. So its transform F has F(−k) the conjugate of F(k): of each such pair
one bin counts, and a ring whose value is the same all round must be real.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from generative_vision.models.batches import in_batches
from generative_vision.models.conditioning import row_size
from generative_vision.typing import Images

if TYPE_CHECKING:
    from generative_vision.models.denoiser import Denoiser

SIZE = 28


@dataclass(frozen=True)
class RingKey:
    """Which bins of the transform are marked, and with what."""

    mask: np.ndarray  #: (28, 28), true on the rings, in the order of ``np.fft.fft2``
    values: np.ndarray  #: (28, 28), 1 or −1 on the rings, 0 elsewhere

    @property
    def counted(self) -> np.ndarray:
        """Return one bin of each pair k, −k on the rings, (28, 28): those that count."""
        y, x = _frequencies()
        return self.mask & ((y > 0) | ((y == 0) & (x > 0)))


def ring_key(key: int, *, inner: int = 1, outer: int = 6) -> RingKey:
    """Return the key of rings of radius ``inner`` to ``outer``: the sign of each is drawn.

    Coarse patterns survive best, and the mean (radius 0) would make the image bright or dark.

    Raises:
        ValueError: no whole number as a key, or radii that are not 1 ≤ inner ≤ outer ≤ 13.
    """
    if isinstance(key, bool) or not isinstance(key, (int, np.integer)) or key < 0:
        raise ValueError(f"key={key!r}: expected a whole number, 0 or more.")
    if not 1 <= inner <= outer < SIZE // 2:
        raise ValueError(f"{inner=}, {outer=}: expected 1 ≤ inner ≤ outer ≤ {SIZE // 2 - 1}.")
    radius = np.hypot(*_frequencies()).round().astype(int)
    mask = (radius >= inner) & (radius <= outer)
    signs = np.random.default_rng([int(key), 9]).choice((-1.0, 1.0), size=SIZE)
    return RingKey(mask, np.where(mask, signs[radius], 0.0))


def mark_noise(noise: np.ndarray, key: RingKey) -> np.ndarray:
    """Return noise (n, 28, 28, 1) whose transform has the key's values on the rings.

    ±1 is the root mean square of noise itself, in the unitary transform.
    """
    f = np.fft.fft2(_validated(noise)[..., 0], norm="ortho")
    marked = np.fft.ifft2(np.where(key.mask, key.values, f), norm="ortho")
    return marked.real[..., None].astype("float32")


def ring_distance(noise: np.ndarray, key: RingKey) -> np.ndarray:
    """Return the mean of |F − key|² over the counted bins, (n,): 0 is the mark itself, 2 chance."""
    f = np.fft.fft2(_validated(noise)[..., 0], norm="ortho")
    return np.square(np.abs(f - key.values))[:, key.counted].mean(axis=1)


def ring_p_value(distance, null: np.ndarray):
    """Return how often an unmarked image is as near to the key or nearer, from a sample of them.

    (1 + number as near) / (1 + N): never 0, and never surer than N images allow. Inverted images
    are not white noise, so a formula for noise would be wrong.

    Args:
        distance: of one image or of several.
        null: distances (N,) of unmarked images, taken with the same key.
    """
    null = np.sort(np.asarray(null, "float64"))
    if null.ndim != 1 or not len(null) or not np.isfinite(null).all():
        raise ValueError(f"null has shape {null.shape}: expected finite distances, (N,).")
    near = np.searchsorted(null, distance, side="right")
    return (1 + near) / (1 + len(null))


def invert(model: Denoiser, images: Images, *, steps: int | None = None) -> np.ndarray:
    """Return the noise (n, ...) from which a deterministic sampler would reach the images.

    A conditional model is told nothing, as a verifier does not know what an image was made from.

    Args:
        model: ``Diffusion`` or ``LatentFlow``; its first solver is followed backwards.
        steps: from data to noise; those of the model without.
    """
    # not above: setup comes before Keras
    from generative_vision.models.samplers import follow

    x, times = model.from_images(images), model.times(steps)[::-1]
    words = None if model.condition is None else np.zeros((len(x), row_size(model.condition)), "f4")

    def batch(x, words):
        return follow(partial(model.velocity, words=words), model.solver(None), x, times, None)

    return in_batches(batch, x, words, size=model.BATCH)


def _frequencies() -> tuple[np.ndarray, np.ndarray]:
    """Return the vertical and the horizontal frequency of each bin, cycles per image."""
    k = np.fft.fftfreq(SIZE, 1 / SIZE)
    y, x = np.meshgrid(k, k, indexing="ij")
    return y, x


def _validated(noise: np.ndarray) -> np.ndarray:
    noise = np.asarray(noise)
    if noise.ndim != 4 or noise.shape[1:] != (SIZE, SIZE, 1) or not np.isfinite(noise).all():
        raise ValueError(f"noise has shape {noise.shape}: expected finite (n, 28, 28, 1).")
    return noise
