"""Groups of points that nobody has named: k-means."""

from __future__ import annotations

import numpy as np

from generative_vision.arguments import validate_numbers


def k_means(points: np.ndarray, k: int, *, seed: int, steps: int = 15) -> np.ndarray:
    """Return the group 0 … k − 1 of each point, by Lloyd's steps from k of the points.

    Each step puts every point into the group whose centre is nearest, then every centre at the mean
    of its group; a group without points keeps its centre. Neither step raises the mean squared
    distance between points and centres, whose least value need not be found.

    Args:
        points: (n, d).
        seed: of the points that the centres begin at.

    Raises:
        ValueError: points are no table of finite numbers, or fewer than k.

    Source: Lloyd (1982), IEEE Transactions on Information Theory 28.
    """
    points = np.asarray(points, "float64")
    if points.ndim != 2 or not np.isfinite(points).all():
        raise ValueError(f"points have shape {points.shape}; expected (n, d), all finite.")
    validate_numbers(least=1, most=len(points), whole=True, k=k)
    validate_numbers(least=1, whole=True, steps=steps)
    # far from 0 the squares below would round away what sets points apart
    points = points - points.mean(axis=0)
    centres = lloyd(points, int(k), np.random.default_rng(seed), int(steps))
    return nearest_centre(points, centres)


def lloyd(points: np.ndarray, k: int, rng: np.random.Generator, steps: int = 10) -> np.ndarray:
    """Return k centres (k, d) of points (n, d), n ≥ k, after some of Lloyd's steps.

    A centre that no point is nearest to stays where it is.
    """
    centres = points[rng.choice(len(points), k, replace=False)].astype("float64")
    for _ in range(steps):
        groups = nearest_centre(points, centres)
        for group in np.unique(groups):
            centres[group] = points[groups == group].mean(axis=0)
    return centres


def nearest_centre(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return the index (n,) of the centre that is nearest to each point."""
    # |x − c|² without |x|², which is the same for all centres: (n, k)
    squares = np.square(centres).sum(axis=1) - 2 * np.asarray(points, "float64") @ centres.T
    return squares.argmin(axis=1)
