"""Distances and neighbourhoods of two sets of feature vectors, (n, d) and (m, d): pure arithmetic.

Where a part depends on one set alone, and that set is always the same, it can be given.
"""

from __future__ import annotations

import numpy as np

BLOCK = 1_000_000  # numbers in a block, 8 MB: fits the processor's cache, whatever n is


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Return W₂² of two normal distributions with the sets' means and covariances.

    ‖μ₁ − μ₂‖² + tr Σ₁ + tr Σ₂ − 2 tr (Σ₁^½ Σ₂ Σ₁^½)^½

    Args:
        a, b: features ``(n, d)`` and ``(m, d)``, at least two rows each.

    Source: Dowson and Landau (1982); as a measure of generators, Heusel et al. (2017),
    arXiv:1706.08500.
    """
    return frechet_of_moments(*map(moments, validate_features(a, b, at_least=2)))


Moments = tuple[np.ndarray, np.ndarray]  # a mean (d,) and a covariance (d, d)


def moments(x: np.ndarray) -> Moments:
    """Return mean and covariance of features (n, d), at least two rows."""
    x = np.asarray(x, "float64")
    return x.mean(axis=0), np.atleast_2d(np.cov(x, rowvar=False))


def frechet_of_moments(a: Moments, b: Moments) -> float:
    """Return W₂² of two normal distributions, each given by its mean and covariance."""
    (mean_a, covariance_a), (mean_b, covariance_b) = a, b
    values, vectors = np.linalg.eigh(covariance_a)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T  # Σ₁^½: eigh, because Σ₁ is symmetric
    cross = np.sqrt(np.linalg.eigvalsh(root @ covariance_b @ root).clip(0)).sum()
    shift = mean_a - mean_b
    return max(
        0.0, float(shift @ shift + np.trace(covariance_a) + np.trace(covariance_b) - 2 * cross)
    )


def kernel_distance(a: np.ndarray, b: np.ndarray, kernel_a: float | None = None) -> float:
    """Return the unbiased squared MMD with the kernel (x·y/d + 1)³; it may be below 0.

    Compares moments up to the third, where the Fréchet distance compares two; right on average
    however few the images.

    Args:
        a, b: features ``(n, d)`` and ``(m, d)``, at least two rows each.
        kernel_a: ``mean_kernel(a)``, where it is known.

    Source: Gretton et al. (2012); kernel and use, Bińkowski et al. (2018), arXiv:1801.01401.
    """
    a, b = validate_features(a, b, at_least=2)
    within_a = mean_kernel(a) if kernel_a is None else kernel_a
    return within_a + mean_kernel(b) - 2 * _kernel_sum(a, b) / (len(a) * len(b))


def mean_kernel(x: np.ndarray) -> float:
    """Return the mean of (x·y/d + 1)³ over two different rows x and y of features (n, d)."""
    x = np.asarray(x, "float64")
    itself = ((np.square(x).sum(axis=1) / x.shape[1] + 1) ** 3).sum()
    return float(_kernel_sum(x, x) - itself) / (len(x) * (len(x) - 1))


def neighbourhood_scores(
    real: np.ndarray, fake: np.ndarray, k: int = 5, real_radii: np.ndarray | None = None
) -> dict[str, float]:
    """Return precision, recall, density and coverage, from balls up to the k-th neighbour.

    - precision: share of fake points inside the ball of at least one real point
    - recall: share of real points inside the ball of at least one fake point
    - density: mean number of real balls around a fake point, divided by k; 1 on average for equal
      distributions
    - coverage: share of real balls with a fake point inside; about 1 − 2⁻ᵏ for equal distributions
      and equal n

    The last two hold where no point occurs twice. Among copies a ball has radius 0, and holds its
    copies still; where all n points are one, each lies in n balls, and the density is n/k.

    Args:
        real, fake: features ``(n, d)`` and ``(m, d)``, more than k rows each.
        k: which neighbour, not counting the point itself.
        real_radii: ``radii(real, k)``, where they are known.

    Source: Kynkäänniemi et al. (2019), arXiv:1904.06991; Naeem et al. (2020), arXiv:2002.09797.
    """
    real, fake = validate_features(real, fake, at_least=validate_k(k) + 1)
    if real_radii is None:
        real_radii = radii(real, k)
    fake_radii = radii(fake, k)
    balls = np.zeros(len(fake), int)  # real balls around each fake point
    covered, recalled = np.zeros(len(real), bool), np.zeros(len(real), bool)
    # a point on a ball's edge is inside
    for rows, distances in _distance_blocks(real, fake, slack=1e-12):
        inside = distances <= real_radii[rows, None]
        balls += inside.sum(axis=0)
        covered[rows] = inside.any(axis=1)
        recalled[rows] = (distances <= fake_radii).any(axis=1)
    return {
        "precision": float((balls > 0).mean()),
        "recall": float(recalled.mean()),
        "density": float(balls.mean() / k),
        "coverage": float(covered.mean()),
    }


def radii(points: np.ndarray, k: int) -> np.ndarray:
    """Return the squared distance (n,) of each point to its k-th neighbour, itself left out."""
    points = np.asarray(points, "float64")
    found = np.empty(len(points))
    for rows, distances in _distance_blocks(points, points):
        distances[np.arange(len(distances)), np.arange(rows.start, rows.stop)] = np.inf
        distances.partition(k - 1, axis=1)
        found[rows] = distances[:, k - 1]
    return found


def _distance_blocks(a: np.ndarray, b: np.ndarray, slack: float = 0.0):
    """Yield slices of a's rows with their squared distances to b, ‖x‖² + ‖y‖² − 2 x·y ≥ 0.

    All three terms come out of one matrix product: of (−2x, ‖x‖², 1) and (y, 1, ‖y‖²). They cancel
    where x and y are nearly the same, and leave a rounding error of some 1e-14 of ‖x‖² + ‖y‖²; a
    share ``slack`` of that is taken off.
    """
    centre = b.mean(axis=0)  # small numbers lose fewer digits
    a, b = a - centre, b - centre
    norms_a, norms_b = ((1 - slack) * np.square(x).sum(axis=1) for x in (a, b))
    left = np.column_stack([-2 * a, norms_a, np.ones(len(a))])
    right = np.column_stack([b, np.ones(len(b)), norms_b]).T.copy()
    step = max(1, BLOCK // len(b))
    for start in range(0, len(a), step):
        distances = left[start : start + step] @ right
        yield slice(start, start + len(distances)), np.maximum(distances, 0, out=distances)


def _kernel_sum(a: np.ndarray, b: np.ndarray) -> float:
    """Sum of (x·y/d + 1)³ over all x in a and y in b."""
    left = np.column_stack([a / a.shape[1], np.ones(len(a))])
    right = np.column_stack([b, np.ones(len(b))]).T.copy()
    step = max(1, BLOCK // len(b))
    total = 0.0
    for start in range(0, len(a), step):
        base = left[start : start + step] @ right
        total += float(np.einsum("ij,ij,ij->", base, base, base))
    return total


def validate_features(a, b, at_least: int) -> tuple[np.ndarray, np.ndarray]:
    """Return both sets as float64; raise a ValueError that names what is wrong with one."""
    checked = []
    for name, points in {"first": a, "second": b}.items():
        points = np.asarray(points, "float64")
        if points.ndim != 2 or points.shape[1] == 0:
            raise ValueError(
                f"The {name} set has shape {points.shape}; "
                "expected features (n, d), as features() returns."
            )
        if len(points) < at_least:
            raise ValueError(
                f"The {name} set has {len(points)} rows; at least {at_least} are needed."
            )
        if not np.isfinite(points).all():
            raise ValueError(f"The {name} set has values that are NaN or infinite.")
        checked.append(points)
    if checked[0].shape[1] != checked[1].shape[1]:
        raise ValueError(
            f"The sets have {checked[0].shape[1]} and {checked[1].shape[1]} features; "
            "expected equal numbers."
        )
    return checked[0], checked[1]


def validate_k(k: int) -> int:
    """Return k; raise a ValueError where it is no whole number from 1 on."""
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1:
        raise ValueError(f"k={k!r}: expected a whole number, 1 or more.")
    return k
