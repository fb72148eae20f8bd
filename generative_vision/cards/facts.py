"""What is known about a generator: what was measured on its images, and what its makers say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from generative_vision import data, metrics
from generative_vision.audit import Audit
from generative_vision.data import CLASS_NAMES
from generative_vision.energy import Energy
from generative_vision.typing import Images

Z_ONE = 1.96  #: of an interval that holds the true value in 95 % of cases
Z_TEN = 2.807  #: of ten intervals that all hold theirs in 95 % of cases, or more often


@dataclass(frozen=True)
class Measured:
    """A number about generated images beside the same number about real ones."""

    name: str
    value: float
    interval: tuple[float, float]  #: holds the true value of the generator
    real: float  #: of the 10,000 test images

    @property
    def side(self) -> int:
        """−1 where the whole interval lies below what real images have, 1 above, 0 around it."""
        return int(self.interval[0] > self.real) - int(self.interval[1] < self.real)


@dataclass(frozen=True)
class Statement:
    """What no measurement tells: its makers' own words, each a sentence or more; empty if unsaid.

    Marking is how somebody can see later that an image is generated: a watermark, a signature.
    """

    training_data: str = "the 60,000 training images of Fashion-MNIST, 28 × 28 pixels, grey"
    licence: str = ""  #: of the model, as Hugging Face writes it, such as "mit"
    intended_use: str = ""
    out_of_scope: str = ""
    marking: str = ""
    contact: str = ""


UNSAID = Statement()


@dataclass(frozen=True)
class Facts:
    """All that a card is written from."""

    name: str
    kind: str  #: the model's class, such as "GAN"; empty where only images are known
    parameters: int | None
    scores: metrics.Scores
    fcd2: float  #: by the second classifier, in a unit of its own
    fcd2_floor: float
    shares: tuple[Measured, ...]  #: of the ten classes
    brightness: Measured  #: mean of all pixels, in [−1, 1]
    seconds: float | None = None  #: of training
    audit: Audit | None = None
    energy: Energy | None = None  #: of one image
    training_energy: Energy | None = None
    statement: Statement = UNSAID


def measure(
    images: Images,
    name: str,
    *,
    model=None,
    seconds: float | None = None,
    audit: Audit | None = None,
    energy: Energy | None = None,
    training_energy: Energy | None = None,
    statement: Statement = UNSAID,
) -> Facts:
    """Measure a generator's images, and collect what else is known for its card.

    Args:
        images: samples ``(n, 28, 28, 1)`` in [−1, 1]; 1,000 or more, or the intervals are wide.
        name: of the model, for the card.
        model: its kind and number of parameters are noted; nothing is drawn from it.
        seconds: that training took.
        audit: of ``audit.audit``, on this model.
        energy: of one image.
        training_energy: of the whole training.
        statement: what its makers say.
    """
    if not name.strip():
        raise ValueError("name is empty: give the model one, such as 'pixel diffusion, lesson 04'.")
    scores = metrics.evaluate(images)
    return Facts(
        name.strip(),
        "" if model is None else type(model).__name__,
        model.count_params() if hasattr(model, "count_params") else None,
        scores,
        metrics.fcd(images, 2),
        metrics.fcd_floor(scores.n, 2),
        shares(images),
        _brightness(images),
        seconds,
        audit,
        energy,
        training_energy,
        statement,
    )


def shares(images: Images) -> tuple[Measured, ...]:
    """Return the share of each class among images, as the course's classifier sees them.

    The classifier errs, on real images too: compare with ``real``, the shares that it sees among
    the test images, each of which is truly 10 %. All ten intervals hold the true share at once in
    95 % of cases.
    """
    seen = metrics.class_shares(images)
    n = len(images)
    return tuple(
        Measured(name, float(share), wilson(round(share * n), n, Z_TEN), float(real))
        for name, share, real in zip(CLASS_NAMES, seen, _real()[0])
    )


def wilson(count: int, n: int, z: float = Z_ONE) -> tuple[float, float]:
    """Return the interval of a share of which count among n were seen.

    It holds the true share about as often as a normal variable is within z of its mean, also where
    the count is 0. Source: Wilson (1927).
    """
    if n < 1 or not 0 <= count <= n:
        raise ValueError(f"{count=}, {n=}: expected 0 to n, and n at least 1.")
    share, extra = count / n, z * z / n
    middle = (share + extra / 2) / (1 + extra)
    half = z * np.sqrt(share * (1 - share) / n + extra / (4 * n)) / (1 + extra)
    # at the ends the formula gives 0 and 1 but for rounding
    low = 0.0 if count == 0 else float(middle - half)
    return low, 1.0 if count == n else float(middle + half)


def _brightness(images: Images) -> Measured:
    means = images.reshape(len(images), -1).mean(axis=1, dtype="float64")
    value, half = means.mean(), Z_ONE * means.std(ddof=1) / np.sqrt(len(means))
    return Measured(
        "brightness", float(value), (float(value - half), float(value + half)), _real()[1]
    )


@lru_cache(maxsize=1)
def _real() -> tuple[np.ndarray, float]:
    """Return class shares and brightness of the test images."""
    images, _ = data.load_fashion_mnist("test")
    return metrics.class_shares(images), float(images.mean(dtype="float64"))
