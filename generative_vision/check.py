"""Checks that say in words what is wrong: the sentences a student reads under an exercise.

Each function returns nothing when all is well and raises ``AssertionError`` otherwise. None of
them prints, warns or changes its arguments. Arrays may be NumPy's or any Keras backend's.
"""

from __future__ import annotations

import numpy as np


def shape(name: str, value, expected: tuple[int, ...]) -> None:
    """Hold that ``value`` is an array of exactly this shape."""
    __tracebackhide__ = True
    found = _array(name, value).shape
    if found != tuple(expected):
        raise AssertionError(f"{name} has shape {found}; expected {tuple(expected)}.")


def dtype(name: str, value, expected: str) -> None:
    """Hold that ``value`` is an array of this element type, such as ``"float32"``."""
    __tracebackhide__ = True
    found = _array(name, value).dtype
    if found != np.dtype(expected):
        raise AssertionError(f"{name} has dtype {found}; expected {expected}.")


def between(name: str, value, low: float, high: float) -> None:
    """Hold that every element is finite and lies in [low, high]."""
    __tracebackhide__ = True
    array = _finite(name, value)
    if array.size and (array.min() < low or array.max() > high):
        raise AssertionError(
            f"{name} ranges from {array.min():.4g} to {array.max():.4g}; "
            f"expected values between {low:g} and {high:g}."
        )


def close(
    name: str, value, expected, hint: str = "", *, rtol: float = 1e-4, atol: float = 1e-6
) -> None:
    """Hold that ``value`` has the shape of ``expected`` and |value − expected| ≤ atol + rtol·|expected|.

    Args:
        hint: a sentence added to the message, such as what is usually forgotten.
    """
    __tracebackhide__ = True
    array, target = _finite(name, value), np.asarray(expected, dtype="float64")
    shape(name, array, target.shape)
    wrong = np.abs(array - target) > atol + rtol * np.abs(target)
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        where = f"{name}[{', '.join(map(str, place))}]" if place else name
        raise AssertionError(
            f"{where} is {array[place]:.6g}; expected {target[place]:.6g}"
            + (f" ({wrong.sum()} of {wrong.size} values are off)" if wrong.size > 1 else "")
            + f". {hint}".rstrip()
        )


def true(condition, message: str) -> None:
    """Hold that ``condition`` is true, or say ``message``."""
    __tracebackhide__ = True
    if not bool(condition):
        raise AssertionError(message)


def _array(name: str, value) -> np.ndarray:
    __tracebackhide__ = True
    if value is None:
        raise AssertionError(f"{name} is None: does your function return its result?")
    if hasattr(value, "numpy"):  # a TensorFlow or Torch tensor
        value = value.numpy()
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise AssertionError(f"{name} cannot be read as an array: {error}.") from None
    if array.dtype.name == "bfloat16":  # NumPy's own kinds do not know it
        array = array.astype("float32")
    if array.dtype.kind not in "biuf":
        raise AssertionError(f"{name} is a {type(value).__name__}; expected a number or an array of numbers.")
    return array


def _finite(name: str, value) -> np.ndarray:
    __tracebackhide__ = True
    array = _array(name, value).astype("float64")
    bad = array.size - int(np.isfinite(array).sum())
    if bad:
        raise AssertionError(f"{name} has {bad} values that are NaN or infinite out of {array.size}.")
    return array
