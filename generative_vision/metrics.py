"""How good are generated images? Distances and neighbourhoods in the features of a classifier.

Like the data, and as varied as the data, are two questions: no single number answers both. All
measures compare sets of feature vectors (n, d). Ours come from the classifier that ships with the
course, so figures cannot be compared with those of another feature network, such as the FID of
papers (Inception's features); hence the name Fréchet *classifier* distance.

A second classifier, of another kind and trained from another seed, is there for a second opinion:
what was trained, filtered or chosen to please the first is not known to please it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field, fields
from functools import lru_cache

import numpy as np

from generative_vision import data
from generative_vision.data import validate_images
from generative_vision.distances import (
    Moments,
    frechet_distance,
    frechet_of_moments,
    kernel_distance,
    mean_kernel,
    moments,
    neighbourhood_scores,
    radii,
    validate_k,
)
from generative_vision.models.weights import pretrained
from generative_vision.typing import Images


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
    validate_k(k)
    images = validate_images(images, at_least=_classifier(1).head.input_shape[-1] + 1)
    if len(images) > 60_000:
        raise ValueError(
            f"{len(images):,} images: expected at most 60,000, the number of real ones."
        )
    return _scores(images, k, _floor(len(images), k))


def fcd(images: Images, judge: int = 1) -> float:
    """Return the Fréchet classifier distance of images to the 10,000 test images.

    A distance by the second classifier belongs beside the first wherever images were trained,
    filtered or chosen with the first. Its unit is another one: read it against ``fcd_floor``.

    Args:
        images: ``(n, 28, 28, 1)`` in [−1, 1], at least 65.
        judge: 1 for the course's classifier, 2 for the second one.
    """
    images = validate_images(images, at_least=_classifier(judge).head.input_shape[-1] + 1)
    return frechet_of_moments(_test_moments(judge), moments(features(images, judge)))


@lru_cache(maxsize=16)
def fcd_floor(n: int, judge: int = 1) -> float:
    """Return the Fréchet classifier distance of n real training images, 65 … 60,000."""
    return fcd(_real_images(n), judge)


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


def _shares(probabilities: np.ndarray) -> np.ndarray:
    return np.bincount(probabilities.argmax(axis=1), minlength=10) / len(probabilities)


def _scores(images: Images, k: int, floor: Scores | None) -> Scores:
    found, probabilities = _classifier(1).judge(images)
    real = _test_features()
    return Scores(
        len(found),
        frechet_distance(real, found),
        kernel_distance(real, found, _test_kernel()),
        **neighbourhood_scores(real, found, k, _test_radii(k)),
        rarest=float(_shares(probabilities).min()),
        floor=floor,
    )


@lru_cache(maxsize=2)
def _classifier(judge: int):
    names = {1: "classifier", 2: "classifier-2"}
    if judge not in names:
        raise ValueError(f"judge={judge!r}: expected 1 or 2.")
    return pretrained(names[judge])


@lru_cache(maxsize=1)
def _test_features() -> np.ndarray:
    return features(data.load_fashion_mnist("test")[0])


@lru_cache(maxsize=2)
def _test_moments(judge: int) -> Moments:
    if judge == 1:
        return moments(_test_features())
    with np.load(io.BytesIO(data.asset("classifier-2-test.npz"))) as shipped:
        return shipped["mean"], shipped["covariance"]  # the second judge is slow


@lru_cache(maxsize=4)
def _test_radii(k: int) -> np.ndarray:
    return radii(_test_features(), k)


@lru_cache(maxsize=1)
def _test_kernel() -> float:
    return mean_kernel(_test_features())


@lru_cache(maxsize=16)
def _floor(n: int, k: int) -> Scores:
    return _scores(_real_images(n), k, None)


def _real_images(n: int) -> Images:
    images, _ = data.load_fashion_mnist("train")
    return images[np.random.default_rng(0).permutation(len(images))[:n]]
