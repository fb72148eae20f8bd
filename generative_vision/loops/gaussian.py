"""The smallest self-consuming loop: Gaussians fitted to samples of Gaussians, in many runs at once.

Shapes: a set of samples is (n, runs, d), as protocols see it; means are (runs, d), covariances
(runs, d, d).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import TypeAlias

import numpy as np

from generative_vision.loops.protocols import (
    NextTrainingSet,
    parts,
    resolve_protocol,
    validate_counts,
    validate_memory,
    validate_spread,
)

Gaussian: TypeAlias = tuple[np.ndarray, np.ndarray]  #: mean and covariance
Summary: TypeAlias = tuple[int, np.ndarray, np.ndarray]  #: n, mean and scatter of a set


@dataclass(frozen=True)
class GaussianRuns:
    """What became of N(0, I) in each generation and run; generation 0 is the truth itself."""

    variance: np.ndarray  #: tr Σ / d, (generations + 1, runs)
    shift: np.ndarray  #: ‖μ‖², (generations + 1, runs)
    w2: np.ndarray  #: squared Wasserstein-2 distance to N(0, I), (generations + 1, runs)


def gaussian_loop(
    generations: int,
    protocol: str | NextTrainingSet = "fully synthetic",
    *,
    n_real: int,
    n_synthetic: int | None = None,
    n_initial: int | None = None,
    spread: float = 1.0,
    dimensions: int = 1,
    runs: int = 1000,
    biased: bool = False,
    seed: int = 0,
    max_mb: float = 500,
) -> GaussianRuns:
    """Fit a Gaussian to samples of a Gaussian that was fitted to samples ..., in many runs at once.

    Args:
        protocol: a name in ``PROTOCOLS``, or a function like those, of sets (n, runs, d).
        n_real: real samples of N(0, I) for each generation whose protocol uses any.
        n_synthetic: samples drawn from each fitted Gaussian, from N(μ, λΣ); by default n_real.
        n_initial: real samples of generation 1; by default n_real. The fixed real samples are the
            first n_real of them.
        spread: λ, 0 < λ ≤ 1.
        biased: divide the scatter by n, as maximum likelihood does, instead of n − 1.
        max_mb: limit of the samples of all generations; they are stored where the protocol is a
            function only, since of the others' sets the means and covariances are enough.

    Raises:
        ValueError: an argument out of its range, by name.
    """
    n_synthetic = n_real if n_synthetic is None else n_synthetic
    n_initial = n_real if n_initial is None else n_initial
    next_training_set = resolve_protocol(protocol)
    validate_spread(spread)
    validate_counts(2, n_real=n_real, n_synthetic=n_synthetic, n_initial=n_initial)
    validate_counts(generations=generations, dimensions=dimensions, runs=runs)
    keep: Callable = _summarise  # all that a fit needs to know of a set
    if callable(protocol):
        validate_memory(generations, n_synthetic * runs * dimensions * 8 / 1e6, max_mb)
        keep = np.asarray
    rng = np.random.default_rng(seed)
    truth = (
        np.zeros((runs, dimensions)),
        np.broadcast_to(np.eye(dimensions), (runs, dimensions, dimensions)),
    )
    real = _RealSamples(truth, n_real, n_initial, rng, keep)
    gaussians: list[Gaussian] = [truth]
    synthetic_history: list = []
    for generation in range(1, generations + 1):
        data = (
            real.initial
            if generation == 1
            else next_training_set(generation, real, synthetic_history, rng)
        )
        n, mean, scatter = _together([_validate_set(part, truth[0].shape) for part in parts(data)])
        if n < 2:
            raise ValueError(
                f"Generation {generation} gets {n} samples: a covariance needs 2 or more."
            )
        fitted = mean, scatter / (n if biased else n - 1)
        gaussians.append(fitted)
        synthetic_history.append(keep(_draw(rng, *fitted, n_synthetic, spread)))
    shift = np.array([(mean**2).sum(axis=-1) for mean, _ in gaussians])
    spectrum = np.array([np.linalg.eigvalsh(covariance) for _, covariance in gaussians]).clip(0)
    distance = shift + ((np.sqrt(spectrum) - 1) ** 2).sum(axis=-1)
    return GaussianRuns(spectrum.mean(axis=-1), shift, distance)


class _RealSamples:
    """Samples of N(0, I): of generation 1, a fixed set, and new ones, drawn when they are used."""

    def __init__(
        self, truth: Gaussian, n: int, n_initial: int, rng: np.random.Generator, keep: Callable
    ):
        self.n, self._truth, self._rng, self._keep = n, truth, rng, keep
        self._first = _draw(rng, *truth, n_initial)

    @cached_property
    def initial(self):
        """The training set of generation 1."""
        return self._keep(self._first)

    @cached_property
    def fixed(self):
        """The first n initial samples; where these are fewer, they and further ones."""
        missing = self.n - len(self._first)
        if missing > 0:
            return self._keep(
                np.concatenate([self._first, _draw(self._rng, *self._truth, missing)])
            )
        return self._keep(self._first[: self.n])

    def draw(self, rng: np.random.Generator):
        """Return n samples, drawn anew."""
        return self._keep(_draw(rng, *self._truth, self.n))


def _draw(rng, mean, covariance, n: int, spread: float = 1.0) -> np.ndarray:
    """Draw n samples of N(μ, λΣ) in each run: (n, runs, d)."""
    noise = rng.normal(size=(len(mean), n, mean.shape[1]))
    values, vectors = np.linalg.eigh(covariance)  # where Σ has become singular, too
    root = vectors * np.sqrt(spread * values.clip(0))[:, None, :]
    return (mean[:, None, :] + noise @ root.transpose(0, 2, 1)).swapaxes(0, 1)


def _summarise(samples: np.ndarray) -> Summary:
    """Return n, mean (runs, d) and scatter Σ(x − mean)(x − mean)ᵀ (runs, d, d) of a set."""
    samples = samples.swapaxes(0, 1)
    mean = samples.mean(axis=1)
    centred = samples - mean[:, None, :]
    return samples.shape[1], mean, centred.transpose(0, 2, 1) @ centred


def _validate_set(part, shape: tuple[int, int]) -> Summary:
    """Return the summary of a set; ValueError unless a function's set is (n, runs, d)."""
    if isinstance(part, tuple):
        return part
    samples = np.asarray(part, "float64")
    if samples.ndim != 3 or samples.shape[1:] != shape or not len(samples):
        raise ValueError(
            f"The protocol returns shape {samples.shape}; expected (n, {shape[0]}, {shape[1]})."
        )
    return _summarise(samples)


def _together(sets: list[Summary]) -> Summary:
    """Return the summary of several sets taken together: the first with all the others."""
    return sets[0] if len(sets) == 1 else _pool(sets[0], reduce(_pool, sets[1:]))


def _pool(one: Summary, other: Summary) -> Summary:
    """Return the summary of two sets taken together."""
    (n, mean, scatter), (m, mean_other, scatter_other) = one, other
    apart = mean_other - mean
    scatter = scatter + scatter_other + n * m / (n + m) * apart[:, :, None] * apart[:, None, :]
    return n + m, mean + m / (n + m) * apart, scatter
