"""Captions made from the pictures themselves, and prompts read back: a vocabulary of sixteen words.

A caption is the class and what can be measured: "a dark narrow plain dress". Inside a model a
caption is a row of ones and zeros, one number for each word of ``WORDS``: the order of the words
says nothing here, and a class label is a caption of one word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from functools import cache

import numpy as np

from generative_vision import data
from generative_vision.typing import Images, Labels, Rows

CLASS_WORDS = (
    "t-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "boot",
)

#: ignored in prompts: here all boots are ankle boots
FILLERS = frozenset({"a", "an", "the", "and", "ankle"})

_INK = -0.8  # grey level above which a pixel belongs to the object


def brightness(images: Images) -> np.ndarray:
    """Return the mean grey level of each object's pixels, (n,), −0.8 … 1, without background."""
    return _mean_of_ink(images, images)


def width(images: Images) -> np.ndarray:
    """Return the mean number of object pixels in those rows that have any, (n,), 0 … 28."""
    rows = (images[..., 0] > _INK).sum(axis=2)
    return rows.sum(axis=1) / np.maximum((rows > 0).sum(axis=1), 1)


def pattern(images: Images) -> np.ndarray:
    """Return the mean change of grey between neighbouring pixels of the object, (n,), 0 … 2."""
    ink = images > _INK
    total, count = 0.0, 0
    for axis in (1, 2):
        both = np.take(ink, range(27), axis) & np.take(ink, range(1, 28), axis)
        total = total + (np.abs(np.diff(images, axis=axis)) * both).sum(axis=(1, 2, 3))
        count = count + both.sum(axis=(1, 2, 3))
    return total / np.maximum(count, 1)


#: (word for the lowest third of the training images, word for the highest, measure, by class?)
MEASURED: tuple[tuple[str, str, Callable, bool], ...] = (
    ("dark", "bright", brightness, False),
    ("narrow", "wide", width, True),
    ("plain", "patterned", pattern, True),
)

WORDS = CLASS_WORDS + tuple(word for low, high, *_ in MEASURED for word in (low, high))


def captions(images: Images, labels: Labels, *, keep: float = 1.0, seed: int = 0) -> list[str]:
    """Return a caption for each image, such as ``"a dark wide bag"``.

    A measured word is used where the picture lies in the lowest or highest third of the training
    images: of all for dark and bright, of its own class for the others.

    Args:
        images: (n, 28, 28, 1) in [−1, 1].
        labels: (n,) in 0 … 9.
        keep: each measured word is kept with this probability, drawn by ``seed``: a model that
            learns from incomplete captions understands incomplete prompts.
    """
    images = data.validate_images(images)
    labels = validate_labels(labels)
    if len(labels) != len(images):
        raise ValueError(f"{len(labels)} labels for {len(images)} images.")
    if not 0 <= keep <= 1:
        raise ValueError(f"keep={keep}: expected a probability.")
    levels = [level(low, images, labels) for low, *_ in MEASURED]  # −1, 0, 1
    described = np.stack(levels, axis=1)  # (n, 3)
    described[np.random.default_rng(seed).random(described.shape) > keep] = 0
    names = {-1: [low for low, *_ in MEASURED], 1: [high for _, high, *_ in MEASURED]}
    return [
        _sentence([*(names[k][i] for i, k in enumerate(row) if k), data.CLASS_NAMES[label].lower()])
        for row, label in zip(described.tolist(), labels.tolist())
    ]


def level(word: str, images: Images, labels: Labels) -> np.ndarray:
    """Return −1, 0 or 1 for each image, (n,): lowest, middle or highest third of a measure.

    So ``level("bright", samples, classes) == 1`` says which samples are bright.
    """
    labels = validate_labels(labels)
    for index, (low, high, measure, _) in enumerate(MEASURED):
        if word in (low, high):
            lower, upper = _thirds()[index, labels].T
            value = measure(images)
            return (value > upper).astype(int) - (value < lower)
    raise ValueError(
        f"{word!r} is not a measured word: " + ", ".join(WORDS[len(CLASS_WORDS) :]) + "."
    )


def encode(prompts: Sequence[str]) -> Rows:
    """Return prompts as rows of ones and zeros, float32 (n, 16): which of ``WORDS`` each contains.

    Raises:
        ValueError: a word is not known; the message names the nearest that are.
    """
    rows = np.zeros((len(prompts), len(WORDS)), "float32")
    for row, prompt in zip(rows, prompts):
        for word in _split(prompt):
            row[WORDS.index(word)] = 1
    return rows


def encode_labels(labels) -> Rows:
    """Return labels (n,) in 0 … 9 as captions of one word: float32 (n, 16)."""
    return np.eye(len(WORDS), dtype="float32")[validate_labels(labels)]


def validate_rows(rows) -> Rows:
    """Return rows of ones and zeros, (n, 10) or (n, 16), as float32 (n, 16)."""
    rows = np.asarray(rows)
    if rows.ndim != 2 or rows.shape[1] not in (len(CLASS_WORDS), len(WORDS)):
        raise ValueError(
            f"labels or words have shape {rows.shape}; expected (n,), or ones and zeros, "
            f"(n, {len(CLASS_WORDS)}) for classes or (n, {len(WORDS)}) for words."
        )
    if (wrong := ~np.isin(rows, (0, 1))).any():
        row, column = map(int, np.argwhere(wrong)[0])
        raise ValueError(
            f"Of the labels or words, row {row} has {rows[row, column]} at {column}: "
            "expected ones and zeros."
        )
    return np.pad(rows.astype("float32"), ((0, 0), (0, len(WORDS) - rows.shape[1])))


def validate_labels(labels, count: int = len(CLASS_WORDS)) -> Labels:
    """Return labels (n,), whole numbers 0 … ``count`` − 1 of any dtype, as int64."""
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iuf" or labels.ndim != 1:
        raise ValueError(
            f"labels have shape {labels.shape} and dtype {labels.dtype}; "
            f"expected whole numbers from 0 to {count - 1}, (n,)."
        )
    if (wrong := ~np.isin(labels, range(count))).any():
        place = int(wrong.argmax())
        raise ValueError(
            f"labels[{place}] is {labels[place]:g}: expected whole numbers from 0 to {count - 1}."
        )
    return labels.astype("int64")


def _sentence(words: list[str]) -> str:
    return " ".join(["an" if words[0][0] in "aeiou" else "a", *words])


def _split(prompt: str) -> list[str]:
    if not isinstance(prompt, str):
        raise ValueError(f"prompt {prompt!r}: expected words, such as 'a dark ankle boot'.")
    words = [word.strip(".,;:!?\"'") for word in prompt.lower().split()]
    return [_known(word, prompt) for word in words if word and word not in FILLERS]


def _known(word: str, prompt: str) -> str:
    for form in (word, word.removesuffix("s"), word.removesuffix("es")):  # bags, dresses
        if form in WORDS:
            return form
    near = get_close_matches(word, WORDS, n=3, cutoff=0.5)
    hint = (
        f"did you mean {' or '.join(map(repr, near))}?"
        if near
        else f"known are: {', '.join(WORDS)}."
    )
    raise ValueError(f"prompt {str(prompt)!r}: the word {word!r} is not known; {hint}")


@cache
def _thirds() -> np.ndarray:
    """Return the thirds' limits in the training images: (measures, 10 classes, 2)."""
    images, labels = data.load_fashion_mnist("train")
    found = np.empty((len(MEASURED), 10, 2))
    for index, (_, _, measure, within_class) in enumerate(MEASURED):
        value = measure(images)
        for label in range(10):
            found[index, label] = np.quantile(
                value[labels == label] if within_class else value, [1 / 3, 2 / 3]
            )
    return found


def _mean_of_ink(images: Images, values: np.ndarray) -> np.ndarray:
    ink = images > _INK
    return (values * ink).sum(axis=(1, 2, 3)) / np.maximum(ink.sum(axis=(1, 2, 3)), 1)
