"""How good are generated images? Distances and neighbourhoods in the features of a classifier.

Like the data, and as varied as the data, are two questions: no single number answers both. All
measures compare sets of feature vectors (n, d). Ours come from the classifier that ships with the
course, so figures cannot be compared with those of another feature network, such as the FID of
papers (Inception's features); hence the name Fréchet *classifier* distance.

A second classifier, of another kind and trained from another seed, is there for a second opinion:
what was trained, filtered or chosen to please the first is not known to please it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import lru_cache

import numpy as np

from generative_vision import data
from generative_vision.data import validate_images
from generative_vision.models.weights import pretrained
from generative_vision.typing import Images

BLOCK = 1_000_000  # numbers in a block, 8 MB: fits the processor's cache, whatever n is


@dataclass(frozen=True)
class Scores:
    """What ``evaluate`` measured on n images against the 10,000 test images."""

    n: int
    fcd: float  #: Fréchet classifier distance, 0 … ∞: less is better
    kcd: float  #: kernel classifier distance, unbiased, around 0 … ∞: less is better
    precision: float  #: share of the images that lie among real ones
    recall: float  #: share of real images that lie among these
    density: float  #: real neighbourhoods around an image, of the number expected: about 1
    coverage: float  #: share of real neighbourhoods with an image inside
    rarest: float | None = None  #: share of the class that is seen least often; at most 0.1
    floor: Scores | None = field(default=None, repr=False)  #: the same for n real training images

    def __str__(self) -> str:
        names = [f.name for f in fields(self) if f.name not in ("n", "rarest", "floor")]
        rows = {f"{self.n:,} images": self} | (
            {"as many real ones": self.floor} if self.floor else {}
        )
        lines = [" " * 18 + "".join(f"{name:>11}" for name in names)]
        for title, row in rows.items():
            lines.append(f"{title:<18}" + "".join(f"{getattr(row, name):>11.3f}" for name in names))
        return "\n".join(lines)


def evaluate(images: Images, *, k: int = 5) -> Scores:
    """Measure images against the test images, beside the floor: as many real training images.

    No generator can be told from real data by a score that real data would get as well: read each
    number against the floor. The Fréchet distance falls with the number of images, about as C/n, so
    compare only sets of one size. 10,000 images take about ten seconds on two cores, later calls
    three.

    Args:
        images: ``(n, 28, 28, 1)`` in [−1, 1], 65 … 60,000 of them: 64 features need 65 images for a
            covariance.
        k: neighbours that make a neighbourhood.
    """
    _validate_k(k)
    images = validate_images(images, at_least=_classifier(1).head.input_shape[-1] + 1)
    if len(images) > 60_000:
        raise ValueError(
            f"{len(images):,} images: expected at most 60,000, the number of real ones."
        )
    return _scores(images, k, _floor(len(images), k))


def features(images: Images, judge: int = 1) -> np.ndarray:
    """Return a classifier's features, float32 (n, 64), of images (n, 28, 28, 1) in [−1, 1].

    Args:
        judge: 1 for the course's classifier, 2 for the second one.
    """
    return _classifier(judge).features(images)


def classify(images: Images, judge: int = 1) -> np.ndarray:
    """Return a classifier's p(y | x), float32 (n, 10), of images (n, 28, 28, 1) in [−1, 1].

    Args:
        judge: 1 for the course's classifier, 2 for the second one.
    """
    return _classifier(judge).probabilities(images)


def class_shares(images: Images) -> np.ndarray:
    """Return the share of each class among images, by the classifier: (10,), sum 1."""
    return _shares(classify(images))


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Return W₂² of two normal distributions with the sets' means and covariances.

    ‖μ₁ − μ₂‖² + tr Σ₁ + tr Σ₂ − 2 tr (Σ₁^½ Σ₂ Σ₁^½)^½

    Args:
        a, b: features ``(n, d)`` and ``(m, d)``, at least two rows each.

    Source: Dowson and Landau (1982); as a measure of generators, Heusel et al. (2017),
    arXiv:1706.08500.
    """
    a, b = _validate_features(a, b, at_least=2)
    covariance_a, covariance_b = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (a, b))
    values, vectors = np.linalg.eigh(covariance_a)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T  # Σ₁^½: eigh, because Σ₁ is symmetric
    cross = np.sqrt(np.linalg.eigvalsh(root @ covariance_b @ root).clip(0)).sum()
    shift = a.mean(axis=0) - b.mean(axis=0)
    return max(
        0.0, float(shift @ shift + np.trace(covariance_a) + np.trace(covariance_b) - 2 * cross)
    )


def kernel_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Return the unbiased squared MMD with the kernel (x·y/d + 1)³; it may be below 0.

    Compares moments up to the third, where the Fréchet distance compares two; right on average
    however few the images.

    Args:
        a, b: features ``(n, d)`` and ``(m, d)``, at least two rows each.

    Source: Gretton et al. (2012); kernel and use, Bińkowski et al. (2018), arXiv:1801.01401.
    """
    a, b = _validate_features(a, b, at_least=2)
    return _kernel_distance(a, b, _kernel_within(a))


def _kernel_distance(a: np.ndarray, b: np.ndarray, within_a: float) -> float:
    return within_a + _kernel_within(b) - 2 * _kernel_sum(a, b) / (len(a) * len(b))


def _kernel_within(x: np.ndarray) -> float:
    """Mean kernel of two different rows."""
    itself = ((np.square(x).sum(axis=1) / x.shape[1] + 1) ** 3).sum()
    return float(_kernel_sum(x, x) - itself) / (len(x) * (len(x) - 1))


def neighbourhood_scores(real: np.ndarray, fake: np.ndarray, k: int = 5) -> dict[str, float]:
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

    Source: Kynkäänniemi et al. (2019), arXiv:1904.06991; Naeem et al. (2020), arXiv:2002.09797.
    """
    real, fake = _validate_features(real, fake, at_least=_validate_k(k) + 1)
    return _neighbourhoods(real, fake, k, _radii(real, k))


def _neighbourhoods(
    real: np.ndarray, fake: np.ndarray, k: int, real_radii: np.ndarray
) -> dict[str, float]:
    fake_radii = _radii(fake, k)
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


def _radii(points: np.ndarray, k: int) -> np.ndarray:
    """Squared distance from each point to its k-th neighbour, itself left out."""
    radii = np.empty(len(points))
    for rows, distances in _distance_blocks(points, points):
        distances[np.arange(len(distances)), np.arange(rows.start, rows.stop)] = np.inf
        distances.partition(k - 1, axis=1)
        radii[rows] = distances[:, k - 1]
    return radii


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


def _validate_features(a, b, at_least: int) -> tuple[np.ndarray, np.ndarray]:
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


def _validate_k(k: int) -> int:
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1:
        raise ValueError(f"k={k!r}: expected a whole number, 1 or more.")
    return k


def _shares(probabilities: np.ndarray) -> np.ndarray:
    return np.bincount(probabilities.argmax(axis=1), minlength=10) / len(probabilities)


def _scores(images: Images, k: int, floor: Scores | None) -> Scores:
    found, probabilities = _classifier(1).judge(images)
    real, fake = _validate_features(_test_features(1), found, at_least=_validate_k(k) + 1)
    return Scores(
        len(fake),
        frechet_distance(real, fake),
        _kernel_distance(real, fake, _test_kernel()),
        **_neighbourhoods(real, fake, k, _test_radii(k)),
        rarest=float(_shares(probabilities).min()),
        floor=floor,
    )


@lru_cache(maxsize=2)
def _classifier(judge: int):
    names = {1: "classifier", 2: "classifier-2"}
    if judge not in names:
        raise ValueError(f"judge={judge!r}: expected 1 or 2.")
    return pretrained(names[judge])


@lru_cache(maxsize=2)
def _test_features(judge: int) -> np.ndarray:
    return features(data.load_fashion_mnist("test")[0], judge)


@lru_cache(maxsize=4)
def _test_radii(k: int) -> np.ndarray:
    return _radii(_test_features(1).astype("float64"), k)


@lru_cache(maxsize=1)
def _test_kernel() -> float:
    return _kernel_within(_test_features(1).astype("float64"))


@lru_cache(maxsize=16)
def _floor(n: int, k: int) -> Scores:
    images, _ = data.load_fashion_mnist("train")
    return _scores(images[np.random.default_rng(0).permutation(len(images))[:n]], k, None)
