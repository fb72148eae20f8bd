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


def join_labels(codes, size: int, labels, classes: int) -> np.ndarray:
    """Return codes (n, size) with their labels as ones and zeros behind them: float32 (n, size + classes).

    Args:
        labels: one class for all codes, or ``(n,)`` of them, whole numbers 0 … classes − 1; None for a model
            without labels.
        classes: how many the model knows; 0 for a model without labels.
    """
    codes = np.asarray(codes, "float32")
    if codes.ndim != 2 or codes.shape[1] != size or not np.isfinite(codes).all():
        raise ValueError(f"codes have shape {codes.shape}; expected finite numbers, (n, {size}).")
    if not _takes_labels(labels, classes):
        return codes
    labels = np.asarray(labels)
    if labels.ndim == 0:
        labels = np.full(len(codes), labels)
    return np.concatenate([codes, np.eye(classes, dtype="float32")[_validate_labels(labels, len(codes), classes)]], axis=1)


def draw_labels(labels, n: int, classes: int, seed: int):
    """Return the labels as they are; where there are none for a conditional model, n drawn uniformly."""
    return np.random.default_rng(seed).integers(classes, size=n) if classes and labels is None else labels


def fit_labels(labels, n: int, classes: int) -> np.ndarray | None:
    """Return the labels that ``fit`` was given, checked: int32 (n,) in 0 … classes − 1; None for a model without."""
    return _validate_labels(np.asarray(labels), n, classes).astype("int32") if _takes_labels(labels, classes) else None


def _takes_labels(labels, classes: int) -> bool:
    """Whether the model is conditional; ValueError where labels are given to one that is not, or missing."""
    if labels is not None and classes == 0:
        raise ValueError("This model was built without labels: give it classes=10, and labels to fit.")
    if labels is None and classes:
        raise ValueError(f"This model is conditional (classes={classes}): it needs labels, as in fit(images, labels).")
    return classes > 0


def _validate_labels(labels: np.ndarray, n: int, classes: int) -> np.ndarray:
    whole = labels.dtype.kind in "iu"
    if labels.shape != (n,) or not whole or (n and not 0 <= labels.min() <= labels.max() < classes):
        raise ValueError(
            f"labels have shape {labels.shape} and dtype {labels.dtype}; expected {n} whole numbers from 0 to {classes - 1}."
        )
    return labels
