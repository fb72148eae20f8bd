"""Additive spread spectrum: a faint pattern, drawn from a key, over the whole image.

Images x are (n, 28, 28, 1) in [−1, 1]; a pattern w ~ N(0, I) is (28, 28, 1). Cox et al. (1997),
*Secure Spread Spectrum Watermarking for Multimedia*.

The false-alarm rate is exact, and it is a rate over keys: r is what an image keeps once its
neighbourhoods are taken away, and for a pattern drawn independently of the image ⟨r, w⟩ / ‖r‖ ~
N(0, 1), whatever the image. With one key and many images of one kind it need not be.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from generative_vision.data import validate_images
from generative_vision.typing import Images

SHAPE = (28, 28, 1)
_NORMAL = NormalDist()


def pattern(key: int, n: int | None = None) -> np.ndarray:
    """Return the key's pattern w ~ N(0, I), float32 (28, 28, 1); or n of them, independent.

    Raises:
        ValueError: the key is no whole number from 0, or n is less than 1.
    """
    if isinstance(key, bool) or not isinstance(key, (int, np.integer)) or key < 0:
        raise ValueError(f"key={key!r}: expected a whole number, 0 or more.")
    if n is not None and n < 1:
        raise ValueError(f"{n=}: expected one pattern at least.")
    shape = SHAPE if n is None else (n, *SHAPE)
    # a stream of its own: the noise that samples begin with must not be the pattern
    return np.random.default_rng([int(key), 9]).standard_normal(shape).astype("float32")


def embed(images: Images, key: int, strength: float = 0.05) -> Images:
    """Return x + s·w, clipped to [−1, 1]: the same pattern in every image.

    Args:
        strength: s ≥ 0, the pattern's standard deviation; from black to white is 2.
    """
    return add(images, pattern(key), strength)


def add(images: Images, w: np.ndarray, strength: float) -> Images:
    """Return x + s·w, clipped to [−1, 1], for any pattern w that fits the images."""
    if not 0 <= strength < float("inf"):
        raise ValueError(f"{strength=}: expected a finite number, 0 or more.")
    return (validate_images(images) + np.float32(strength) * w).clip(-1, 1)


def residual(images: np.ndarray) -> np.ndarray:
    """Return each pixel less the mean of the 3x3 around it: most of the image is taken away.

    At the edge the nearest pixels stand in for those outside.
    """
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    h, w = images.shape[1:3]
    rows = padded[:, :h] + padded[:, 1 : h + 1] + padded[:, 2:]
    return images - (rows[:, :, :w] + rows[:, :, 1 : w + 1] + rows[:, :, 2:]) / 9


def score(images: Images, key: int) -> np.ndarray:
    """Return z = ⟨r, w⟩ / ‖r‖, float64 (n,): N(0, 1) over keys where there is no mark.

    An image without any detail, r = 0, has the score 0.
    """
    return _scores(images, pattern(key)[None])[:, 0]


def p_value(z):
    """Return how often an unmarked image would score as high or higher: 1 − Φ(z), elementwise."""
    found = np.vectorize(lambda one: 0.5 * math.erfc(one / math.sqrt(2)), otypes=[float])(z)
    return found if np.ndim(z) else float(found)


def threshold(false_alarms: float) -> float:
    """Return the score above which so large a share of unmarked images lies, over keys."""
    if not 0 < false_alarms < 1:
        raise ValueError(f"{false_alarms=}: expected a share, above 0 and below 1.")
    return -_NORMAL.inv_cdf(false_alarms)


def expected_score(images: Images, strength: float) -> np.ndarray:
    """Return about what score a mark of this strength gives unmarked images, (n,).

    ⟨x + sw, w⟩ without clipping: the pattern's own residual keeps 8/9 of ‖w‖² on average, and adds
    s²·8/9·d to ‖r‖². At the edge, where pixels count twice, it keeps a little less.
    """
    images = validate_images(images)
    d, r = images[0].size, np.square(residual(images).astype("float64")).sum(axis=(1, 2, 3))
    return strength * d * 8 / 9 / np.sqrt(r + strength**2 * d * 8 / 9)


def embed_message(images: Images, bits, key: int, strength: float = 0.05) -> Images:
    """Return images that carry bits: x + s·Σ ±wᵢ / √k, plus for 1 and minus for 0.

    Args:
        bits: (k,) of 0 and 1, the same for all images, or (n, k).
        strength: s of the sum, as in ``embed``: more bits share it.
    """
    images, bits = validate_images(images), np.asarray(bits)
    if bits.ndim not in (1, 2) or not bits.size or not np.isin(bits, (0, 1)).all():
        raise ValueError(f"bits have shape {bits.shape}: expected zeros and ones, (k,) or (n, k).")
    if bits.ndim == 2 and len(bits) != len(images):
        raise ValueError(f"{len(bits)} messages for {len(images)} images: expected one for each.")
    signs = (2 * np.atleast_2d(bits) - 1).astype("float32")
    k = bits.shape[-1]
    w = np.tensordot(signs, pattern(key, k), axes=1) / np.float32(np.sqrt(k))
    return add(images, w, strength)


def read_message(images: Images, key: int, n_bits: int) -> np.ndarray:
    """Return the bits (n, k), 0 or 1; of an unmarked image each is a fair coin, over keys."""
    return (_scores(images, pattern(key, n_bits)) > 0).astype("int64")


def matches_p_value(matches: int, n_bits: int) -> float:
    """Return how often so many bits or more agree by chance: Σ_{i ≥ matches} C(k, i) / 2ᵏ."""
    if n_bits < 1 or not 0 <= matches <= n_bits:
        raise ValueError(f"{matches=}, {n_bits=}: expected 0 to n_bits, and at least one bit.")
    return sum(math.comb(n_bits, i) for i in range(int(matches), n_bits + 1)) / 2**n_bits


def _scores(images: Images, patterns: np.ndarray) -> np.ndarray:
    """Return ⟨r, wᵢ⟩ / ‖r‖, (n, k)."""
    images = validate_images(images)
    r = residual(images.astype("float64")).reshape(len(images), -1)
    norms = np.linalg.norm(r, axis=1, keepdims=True)
    products = r @ patterns.reshape(len(patterns), -1).T.astype("float64")
    return np.divide(products, norms, out=np.zeros_like(products), where=norms > 1e-6)
