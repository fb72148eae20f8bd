"""What every ``sample(n, *, seed, spread, labels)`` draws from, and what it refuses."""

from __future__ import annotations

import numpy as np


def normal_noise(n: int, size: int, *, seed: int, spread: float = 1.0) -> np.ndarray:
    """Draw noise z ~ N(0, λI), float32 (n, size): the same for the same seed on every backend and device.

    Args:
        spread: λ ≥ 0, the sampling bias of Alemohammad et al. (2023): 1 is faithful, less is less varied.
    """
    validate_draw(n, spread)
    return (np.random.default_rng(seed).normal(size=(n, size)) * np.sqrt(spread)).astype("float32")


def validate_draw(n: int, spread: float) -> None:
    """Raise ValueError unless n ≥ 1 and 0 ≤ λ < ∞."""
    if n < 1:
        raise ValueError(f"n={n}: expected at least one image.")
    if not 0 <= spread < float("inf"):
        raise ValueError(f"spread={spread}: expected a finite number, 0 or more.")


def one_hot_labels(labels, n: int, classes: int, *, seed: int = 0) -> np.ndarray:
    """Return labels as float32 (n, classes), ones and zeros; drawn uniformly with ``seed`` where there are none.

    Args:
        labels: None, one class for all images, or ``(n,)`` of them, whole numbers 0 … classes − 1.
        classes: how many the model knows; 0 for a model without labels, which returns (n, 0).
    """
    if classes == 0:
        if labels is not None:
            raise ValueError("This model was built without labels: give it classes=10, and labels to fit.")
        return np.zeros((n, 0), "float32")
    if labels is None:
        labels = np.random.default_rng(seed).integers(classes, size=n)
    labels = np.asarray(labels)
    if labels.ndim == 0:
        labels = np.full(n, labels)
    if labels.shape != (n,) or labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels={labels!r}: expected one whole number, or {n} of them, from 0 to {classes - 1}.")
    return np.eye(classes, dtype="float32")[labels]


def fit_labels(labels, n: int, classes: int) -> np.ndarray | None:
    """Return the labels that ``fit`` was given, checked: (n,), whole numbers 0 … classes − 1; None for a model without."""
    if classes == 0 and labels is None:
        return None
    if classes and labels is None:
        raise ValueError(f"This model is conditional (classes={classes}): fit(images, labels) needs the labels, too.")
    return one_hot_labels(np.asarray(labels), n, classes).argmax(axis=1).astype("int32")
