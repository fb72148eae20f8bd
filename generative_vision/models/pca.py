"""PCA-Gaussian: the simplest generator of images, and the baseline of the course."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from generative_vision.data import validate_images
from generative_vision.models.noise import validate_draw
from generative_vision.typing import Codes, Images


def sample_codes(n: int, variances: np.ndarray, spread: float, rng: np.random.Generator) -> Codes:
    """Draw codes z ~ N(0, λ·diag(variances)), independent of one another.

    Args:
        n: how many codes.
        variances: ``(d,)``, the variance of each code number in the training data.
        spread: λ ≥ 0. 1 draws as varied as the data; less draws closer to the mean.

    Returns:
        ``(n, d)``.
    """
    return rng.normal(size=(n, len(variances))) * np.sqrt(spread * variances)


class PCAGaussian:
    """Images as x = μ + z·W with a Gaussian z: principal components, then independent normals.

    Linear, exact and fitted in closed form: the d directions W of largest variance come from the
    eigenvectors of the pixels' covariance, and code number i has their eigenvalue as its variance.

    Args:
        components: d, the number of directions kept, 1 … 784.
        sample_codes: how codes are drawn; same arguments and result as ``sample_codes`` above.

    After ``fit``: ``mean`` (784,), ``directions`` (d, 784) with orthonormal rows, ``variances``
    (d,) in falling order, ``total_variance`` (that of all pixels, kept or not).

    Source: Tipping and Bishop (1999), probabilistic PCA, without its isotropic noise term.
    """

    def __init__(self, components: int = 64, *, sample_codes: Callable = sample_codes):
        if not 1 <= components <= 784:
            raise ValueError(f"components={components!r}: expected 1 to 784, the number of pixels.")
        self.components = components
        self.sample_codes = sample_codes

    def fit(self, images: Images) -> PCAGaussian:
        """Learn mean, directions and variances from images (n, 28, 28, 1) in [−1, 1], n ≥ 2."""
        flat = validate_images(images, at_least=2).reshape(len(images), -1)
        self.mean = flat.mean(axis=0, dtype="float64")
        covariance = np.cov(flat, rowvar=False)
        eigenvalues, eigenvectors = np.linalg.eigh(covariance)  # in rising order
        kept = slice(None, -self.components - 1, -1)
        self.variances = eigenvalues[kept].clip(0)  # rounding can leave −1e-17
        self.directions = eigenvectors[:, kept].T
        self.total_variance = eigenvalues.sum()
        return self

    def encode(self, images: Images) -> Codes:
        """Return the codes (n, d) of images: their coordinates along the directions."""
        self._validate_fitted()
        flat = validate_images(images).reshape(len(images), -1)
        return (flat - self.mean) @ self.directions.T

    def decode(self, codes: Codes) -> Images:
        """Return the images (n, 28, 28, 1), float32, of codes (n, d), clipped to [−1, 1]."""
        self._validate_fitted()
        codes = np.asarray(codes)
        if codes.ndim != 2 or codes.shape[1] != self.components:
            raise ValueError(f"codes have shape {codes.shape}; expected (n, {self.components}).")
        flat = self.mean + codes @ self.directions
        return flat.clip(-1, 1).astype("float32").reshape(-1, 28, 28, 1)

    def sample(self, n: int, *, seed: int, spread: float = 1.0) -> Images:
        """Return n new images (n, 28, 28, 1), float32, in [−1, 1].

        Args:
            seed: the same seed gives the same images.
            spread: λ ≥ 0: codes are drawn from N(0, λ·diag(variances)).
        """
        self._validate_fitted()
        validate_draw(n, spread)
        return self.decode(
            self.sample_codes(n, self.variances, spread, np.random.default_rng(seed))
        )

    def _validate_fitted(self) -> None:
        if not hasattr(self, "directions"):
            raise RuntimeError(
                "This PCAGaussian has not seen any images yet: call fit(images) first."
            )
