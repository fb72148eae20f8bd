"""Does a generator give back its training images? Four measures, each beside what is chance.

Held-out images of the data are certainly no copies. They are measured as if they had been
generated, and against themselves: that is the null, to read each number against.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from generative_vision import plotting
from generative_vision.audit import copying, page
from generative_vision.audit.copying import nearest
from generative_vision.audit.images import (
    FEWEST,
    FeatureSpace,
    feature_space,
    first_of_each,
    read,
    stretch,
    validate_count,
    validate_split,
    views,
)
from generative_vision.files import write_atomically
from generative_vision.models.groups import lloyd, nearest_centre
from generative_vision.typing import Images

CELLS = 10  #: of the data-copying test, where there are 50 test images for each


@dataclass(frozen=True)
class Finding:
    """What one measure says."""

    value: float
    null: tuple[float, float]  #: where test images lie that play the generated ones, in 99 %
    interval: tuple[float, float] | None = None  #: holds the true value in 99 % of audits

    @property
    def side(self) -> int:
        """−1 where the value lies below its null, 1 above, 0 inside."""
        return int(self.value > self.null[1]) - int(self.value < self.null[0])


@dataclass(frozen=True)
class Pairs:
    """Generated images beside their nearest training images, those most like copies first."""

    generated: Images
    train: Images
    ratios: np.ndarray  #: d₁/d₂ of each

    def show(self, n: int = 10) -> None:
        """Draw the first n pairs."""
        rows = {"generated": self.generated[:n], "nearest training": self.train[:n]}
        plotting.show_rows(rows)


@dataclass(frozen=True)
class Audit:
    """What ``audit`` found."""

    name: str
    n: int  #: generated images
    different: int  #: of them, counting equal ones once
    n_train: int  #: training images, counting equal ones once
    n_test: int
    judge: int | str
    has_loss: bool  #: membership by the model's loss, not by distance
    copied: Finding  #: share of the images that are copies; 0 is honest
    data_copying: Finding  #: C_T; about 0 is honest, far below: nearer to training than test images
    authenticity: Finding  #: minus that of test images; 0 is honest, below: nearer
    membership: Finding  #: area under the ROC curve of training against test images; ½ is honest
    visible: float  #: the smallest copied share that this audit would see, as a rule
    pairs: Pairs

    @property
    def copies(self) -> bool:
        """Whether copies were found: the copied share's interval lies above 0."""
        return self.copied.interval is not None and self.copied.interval[0] > 0

    @property
    def verdict(self) -> str:
        """What follows from the four measures, in a few sentences."""
        return page.verdict(self)

    @property
    def limits(self) -> list[str]:
        """What this audit cannot see, one sentence or two for each limit."""
        return page.limits(self)

    def report(self, path: str | Path) -> Path:
        """Write the page: one HTML file with verdict, measures, nearest pairs and limits.

        Returns:
            The path.

        Raises:
            OSError: the file cannot be written.
        """
        write_atomically(Path(path), page.document(self))
        return Path(path)

    def __str__(self) -> str:
        return page.text(self)

    def _repr_html_(self) -> str:
        return page.body(self)


def audit(
    source,
    train,
    test,
    *,
    n: int = 1000,
    judge: int | str = 1,
    loss: Callable[[Images], np.ndarray] | None = None,
    seed: int = 0,
    name: str | None = None,
) -> Audit:
    """Measure whether generated images are copies of training images.

    An image is looked at in six ways, of which the nearest to the training images counts: as it is,
    mirrored, and shifted by one pixel to each of the four sides. Its grey levels are stretched to
    −1 … 1 first, so a copy is found though it is brighter or paler. Training images that are
    the same count once. With 60,000 of them an audit takes about a minute on two cores.

    Args:
        source: a model, or whatever has ``sample(n, seed=…)``; images ``(m, 28, 28, 1)`` in
            [−1, 1]; or the path of a folder of such images as PNG files.
        train: all images that it was trained on: an array or a folder.
        test: images of the same kind that it never saw, nor was chosen by: an array or a folder.
        n: how many images of ``source`` and of ``test`` to look at, at least 100; fewer where there
            are fewer.
        judge: whose features distances are taken in: 1 or 2 for a classifier of the course, or
            ``"pixels"``, which takes longer.
        loss: the model's loss of each image, images ``(m, 28, 28, 1)`` to ``(m,)``, for the
            membership test. Without it, an image's distance to the nearest generated one is taken.
        seed: of the samples, of what is drawn from larger sets, and of the nulls.
        name: for the report; by default that of the model's class or of the folder.

    Raises:
        ValueError: fewer than 100 images of one kind, a wrong shape or range, test images among the
            training images, a loss that is not one finite number for each image.
        TypeError: ``source`` is nothing of all that.
        OSError: a folder or an image cannot be read.
    """
    space = feature_space(judge)
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < FEWEST:
        raise ValueError(f"n={n!r}: expected a whole number, {FEWEST} or more.")
    train, test = read(train, "training"), read(test, "test")
    validate_split(train, test)
    train = train[first_of_each(train)]
    validate_count(train, "different training")
    rng = np.random.default_rng([seed, 0])
    if hasattr(source, "sample"):
        generated = read(source.sample(n, seed=seed), "generated")
    else:
        generated = _draw(read(source, "generated"), n, rng)
    test = _draw(test, n, rng)
    members = _draw(train, len(test), rng)

    known = space(stretch(train))
    looks = {kind: views(some, space) for kind, some in (("new", generated), ("test", test))}
    near, near_test = nearest(looks["new"], known), nearest(looks["test"], known)
    spacing = _spacing(train, known, space, np.union1d(near.index, near_test.index))
    centres = lloyd(_draw(known, 5000, rng), max(1, min(CELLS, len(test) // 50)), rng)
    cells, test_cells = (nearest_centre(looks[kind][0], centres) for kind in ("new", "test"))
    real, real_test = (copying.authentic(some, spacing[some.index]) for some in (near, near_test))
    if loss is None:
        made = looks["new"][0]
        scores = nearest(views(members, space), made).first
        test_scores = nearest(looks["test"], made).first
    else:
        scores, test_scores = _losses(loss, members), _losses(loss, test)

    def null(statistic: copying.Statistic, size: int = len(generated)) -> tuple[float, float]:
        return copying.null(statistic, size, len(test), rng)

    counts = len(generated), int(near_test.copied.sum()), len(test)
    share, interval = copying.excess_share(int(near.copied.sum()), *counts)
    flags, first = near_test.copied, near_test.first
    order = np.argsort(near.ratios, kind="stable")[:20]
    return Audit(
        name=name or _name(source),
        n=len(generated),
        different=len(first_of_each(generated)),
        n_train=len(train),
        n_test=len(test),
        judge=judge,
        has_loss=loss is not None,
        copied=Finding(
            share,
            null(lambda a, b: (flags[a].mean() - flags[b].mean()) / (1 - flags.mean())),
            interval,
        ),
        data_copying=Finding(
            copying.data_copying(near.first, first, cells, test_cells),
            null(
                lambda a, b: copying.data_copying(first[a], first[b], test_cells[a], test_cells[b])
            ),
        ),
        authenticity=Finding(
            float(real.mean() - real_test.mean()),
            null(lambda a, b: real_test[a].mean() - real_test[b].mean()),
        ),
        membership=Finding(
            copying.superiority(test_scores, scores),
            null(lambda a, b: copying.superiority(test_scores[b], test_scores[a]), len(members)),
        ),
        visible=copying.visible_share(*counts),
        pairs=Pairs(generated[order], train[near.index[order]], near.ratios[order]),
    )


def _draw(rows: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return n of the rows, or all where there are fewer."""
    return rows[rng.permutation(len(rows))[:n]]


def _spacing(
    train: Images, known: np.ndarray, space: FeatureSpace, which: np.ndarray
) -> np.ndarray:
    """Return the distance (n,) of training images to their nearest others; of ``which`` alone."""
    spacing = np.full(len(train), np.nan)
    spacing[which] = nearest(views(train[which], space), known, own=which).first
    return spacing


def _losses(loss: Callable[[Images], np.ndarray], images: Images) -> np.ndarray:
    """Return the model's loss of each image, validated."""
    found = np.asarray(loss(images))
    if found.shape != (len(images),) or found.dtype.kind not in "fiu":
        raise ValueError(
            f"loss returned {found.dtype} of shape {found.shape} for {len(images)} images: "
            f"expected one number for each, ({len(images)},)."
        )
    if not np.isfinite(found).all():
        raise ValueError("loss returned NaN or infinity for some images.")
    return found.astype("float64")


def _name(source) -> str:
    if isinstance(source, (str, Path)):
        return Path(source).resolve().name
    return type(source).__name__ if hasattr(source, "sample") else "images"
