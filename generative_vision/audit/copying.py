"""What tells copies of training points from new points: pure arithmetic on features (n, d).

Two samples are compared throughout: generated points, and held-out points of the data, which are
certainly no copies. What a measure says about held-out points is its error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from generative_vision.distances import validate_features

RATIO = 1 / 3  #: a point is a copy where d₁/d₂ is smaller
LEVEL = 0.99  #: of every interval and every null: outside on one side, once in 200 by chance
Z = 2.5758293035489004  # (1 + LEVEL)/2 of N(0, 1) lies below
FEWEST = 5  # points of each sample that a cell needs
ROUNDS = 1000  #: draws of held-out against held-out points that make a null
BLOCK = 4_000_000  # numbers in a block of distances, 16 MB

#: (a, b) -> number: indices of held-out points in the generated ones' place, and in their own
Statistic: TypeAlias = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True)
class Neighbours:
    """Distances of n points to the nearest and second-nearest training point, and the nearest."""

    first: np.ndarray  #: (n,), d₁
    second: np.ndarray  #: (n,), d₂ ≥ d₁
    index: np.ndarray  #: (n,), which training point is nearest

    @property
    def ratios(self) -> np.ndarray:
        """d₁/d₂, (n,), from 0 to 1; 0 where both are 0, since that is an exact copy."""
        return np.divide(self.first, self.second, np.zeros_like(self.first), where=self.second > 0)

    @property
    def copied(self) -> np.ndarray:
        """Which points are copies: d₁/d₂ < 1/3, bool (n,).

        New points that fill a d-dimensional region as evenly as the training points have a ratio
        below r with probability rᵈ.
        """
        return self.ratios < RATIO


def nearest(points: np.ndarray, train: np.ndarray, own: np.ndarray | None = None) -> Neighbours:
    """Return each point's nearest and second-nearest training points.

    Args:
        points: ``(n, d)``; or ``(views, n, d)``, where a point is looked at in several ways, such
            as mirrored: its distance is then that of the view that is nearest.
        train: ``(m, d)``, no point twice: what is nearly a copy of twins is as near to both.
        own: indices ``(n,)`` of training points that are left out, where points are training
            points themselves.

    Raises:
        ValueError: other shapes, fewer than two training points (three with ``own``), NaN.
    """
    points = np.asarray(points)
    views = points[None] if points.ndim == 2 else points
    if views.ndim != 3 or not len(views):
        raise ValueError(
            f"points have shape {views.shape}; expected features (n, d), or (views, n, d)."
        )
    validate_features(views[0], train, at_least=1)
    n, least = views.shape[1], 2 + (own is not None)
    if len(train) < least:
        raise ValueError(f"{len(train)} training points are too few: {least} are needed.")
    if not np.isfinite(views).all():
        raise ValueError("points have values that are NaN or infinite.")
    centre = train.mean(axis=0, dtype="float64")  # small numbers lose fewer digits
    exact, others = views - centre, train - centre
    # ‖x‖² − 2 x·y + ‖y‖² out of one product, of (−2x, ‖x‖², 1) and (y, 1, ‖y‖²)
    left, ones = exact.astype("float32"), np.ones((*views.shape[:2], 1), "float32")
    left = np.concatenate([-2 * left, np.square(left).sum(axis=2, keepdims=True), ones], axis=2)
    norms = np.square(others).sum(axis=1)
    right = np.column_stack([others, np.ones(len(others)), norms]).T.astype("float32", order="C")
    found, which = np.empty((n, 2)), np.empty((n, 2), int)
    step = max(1, BLOCK // len(train))
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        squares = left[0, rows] @ right
        for view in left[1:, rows]:
            np.minimum(squares, view @ right, out=squares)
        each = np.arange(len(squares))
        if own is not None:
            squares[each, own[rows]] = np.inf
        for k in range(2):
            which[rows, k] = squares.argmin(axis=1)
            squares[each, which[rows, k]] = np.inf
        # float32 finds the two; how far they are is computed again, as near ones cancel
        away = exact[:, rows, None] - others[which[rows]]
        found[rows] = np.sqrt(np.square(away).sum(axis=-1).min(axis=0))
    order = found.argsort(axis=1, kind="stable")
    found, which = np.take_along_axis(found, order, 1), np.take_along_axis(which, order, 1)
    return Neighbours(found[:, 0], found[:, 1], which[:, 0])


def excess_share(copied: int, n: int, by_chance: int, m: int) -> tuple[float, tuple[float, float]]:
    """Return the share of copies behind what chance shows, and its interval.

    With a share c of copies, and a share p of the rest that looks copied by chance, c + (1 − c) p
    are seen; held-out points show p.

    Args:
        copied: how many of n generated points look copied.
        by_chance: how many of m held-out points do.

    Returns:
        c, a little below 0 where nothing is copied, and an interval that holds the true share in
        99 % of cases: Wilson's limits of both shares, put together as Newcombe does.

    Raises:
        ValueError: all held-out points look copied.

    Source: Newcombe (1998).
    """
    if by_chance >= m:
        raise ValueError(
            f"All {m} held-out points look copied: these features cannot tell copies from new "
            "points. Take others."
        )
    seen, chance = copied / n, by_chance / m
    share = (seen - chance) / (1 - chance)
    (low, high), (chance_low, chance_high) = _wilson(copied, n), _wilson(by_chance, m)
    by_seen, by_others = 1 / (1 - chance), (1 - seen) / (1 - chance) ** 2  # the derivatives of c
    below = np.hypot((seen - low) * by_seen, (chance_high - chance) * by_others)
    above = np.hypot((high - seen) * by_seen, (chance - chance_low) * by_others)
    return share, (share - float(below), min(1.0, share + float(above)))


def visible_share(n: int, by_chance: int, m: int) -> float:
    """Return the smallest share of copies whose interval, as a rule, does not reach down to 0.

    Args:
        n, by_chance, m: as for ``excess_share``.
    """
    for copied in range(n + 1):
        share, (low, _) = excess_share(copied, n, by_chance, m)
        if low > 0:
            return share
    return 1.0


def superiority(a: np.ndarray, b: np.ndarray) -> float:
    """Return P(a > b) + ½ P(a = b) over all pairs of two samples: the area under the ROC curve."""
    a, b = np.asarray(a, "float64"), np.sort(np.asarray(b, "float64"))
    below, not_above = (np.searchsorted(b, a, side=side) for side in ("left", "right"))
    return float((below + not_above).mean() / (2 * len(b)))


def mann_whitney(a: np.ndarray, b: np.ndarray) -> float:
    """Return Mann and Whitney's Z: about N(0, 1) for equal distributions, < 0 where a is smaller.

    Equal values share their ranks; 0 where all values are one.
    """
    n, m = len(a), len(b)
    ties = np.unique(np.concatenate([a, b]), return_counts=True)[1].astype("float64")
    total = n + m
    variance = n * m / 12 * (total + 1 - (ties**3 - ties).sum() / (total * (total - 1)))
    return 0.0 if variance <= 0 else n * m * (superiority(a, b) - 0.5) / variance**0.5


def data_copying(
    generated: np.ndarray, held_out: np.ndarray, cells: np.ndarray, held_out_cells: np.ndarray
) -> float:
    """Return C_T, the data-copying test: far below 0 where copies are, far above 0 underfitting.

    In each cell Mann and Whitney's Z compares the distances to the training points; cells weigh by
    their held-out points. A cell with fewer than five points of either kind is left out; where none
    is left, all points are one cell.

    Args:
        generated, held_out: distances ``(n,)`` and ``(m,)`` to the nearest training point.
        cells, held_out_cells: whole numbers ``(n,)`` and ``(m,)``, the cell of each point.

    Source: Meehan, Chaudhuri and Dasgupta (2020), arXiv:2004.05675.
    """
    scores, weights = [], []
    for cell in np.unique(held_out_cells):
        ours, theirs = generated[cells == cell], held_out[held_out_cells == cell]
        if min(len(ours), len(theirs)) >= FEWEST:
            scores.append(mann_whitney(ours, theirs))
            weights.append(len(theirs))
    return (
        float(np.average(scores, weights=weights)) if scores else mann_whitney(generated, held_out)
    )


def authentic(near: Neighbours, spacing: np.ndarray) -> np.ndarray:
    """Return which points are authentic, bool (n,).

    A point is, unless it lies nearer to its nearest training point than any other training point
    does. New points of the data are so by chance: one in three on a line, one in two where
    dimensions are many. So compare with held-out points.

    Args:
        near: the points' neighbours.
        spacing: ``(n,)``, the distance of each nearest training point to its own nearest one.

    Source: Alaa et al. (2022), arXiv:2102.08921.
    """
    return near.first >= spacing


def null(
    statistic: Statistic, n: int, m: int, rng: np.random.Generator, rounds: int = ROUNDS
) -> tuple[float, float]:
    """Return the ends between which a statistic lies in 99 % of cases where nothing is copied.

    Held-out points play the generated ones: n and m of the m there are, drawn with replacement.
    """
    draws = [statistic(rng.integers(m, size=n), rng.integers(m, size=m)) for _ in range(rounds)]
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _wilson(count: int, n: int) -> tuple[float, float]:
    """Return Wilson's limits of a share of which count in n were seen."""
    share = count / n
    middle, scale = share + Z**2 / (2 * n), 1 + Z**2 / n
    half = Z * (share * (1 - share) / n + Z**2 / (4 * n**2)) ** 0.5
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)
