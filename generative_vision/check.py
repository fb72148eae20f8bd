"""Checks of an answer to an exercise, with messages that say in a sentence what is wrong.

Each function returns None if the answer is right and raises ``AssertionError`` otherwise. None of
them prints, warns or changes its arguments. Arrays may be NumPy's or any Keras backend's; ``name``
is what a message calls the value, such as ``"double(2)"``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def shape(name: str, value: ArrayLike, expected: tuple[int, ...]) -> None:
    """Check that ``value`` is an array of exactly this shape."""
    __tracebackhide__ = True
    found = _array(name, value).shape
    if found != tuple(expected):
        raise AssertionError(f"{name} has shape {found}; expected {tuple(expected)}.")


def dtype(name: str, value: ArrayLike, expected: str) -> None:
    """Check that ``value`` is an array of this element type, such as ``"float32"``."""
    __tracebackhide__ = True
    found = _array(name, value).dtype
    if found != np.dtype(expected):
        raise AssertionError(f"{name} has dtype {found}; expected {expected}.")


def between(name: str, value: ArrayLike, low: float, high: float) -> None:
    """Check that every element is finite and lies in [low, high]."""
    __tracebackhide__ = True
    array = _array(name, value)  # no copy: it may be all images
    if not array.size:
        return
    smallest, largest = float(array.min()), float(array.max())
    if not np.isfinite([smallest, largest]).all():
        _finite(name, array)
    if smallest < low or largest > high:
        raise AssertionError(
            f"{name} ranges from {smallest:.4g} to {largest:.4g}; "
            f"expected values between {low:g} and {high:g}."
        )


def close(
    name: str,
    value: ArrayLike,
    expected: ArrayLike,
    hint: str = "",
    *,
    rtol: float = 1e-4,
    atol: float = 1e-6,
) -> None:
    """Check that ``value`` has the shape of ``expected`` and is equal to it within a tolerance.

    The tolerance is |value − expected| ≤ atol + rtol·|expected| for each element.

    Args:
        hint: a sentence that is added to the message, such as what is usually forgotten.
    """
    __tracebackhide__ = True
    array, target = _finite(name, value, hint), np.asarray(expected, dtype="float64")
    shape(name, array, target.shape)
    near = np.abs(array - target) <= atol + rtol * np.abs(target)
    wrong = ~(near & np.isfinite(target))  # what is expected may be an answer's own, too
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise AssertionError(
            f"{_entry(name, place)} is {array[place]:.6g}; expected {target[place]:.6g}"
            + (f" ({wrong.sum()} of {wrong.size} values are off)" if wrong.size > 1 else "")
            + f". {hint}".rstrip()
        )


def true(condition: object, message: str) -> None:
    """Check that ``condition`` is true; otherwise ``message`` is the error's."""
    __tracebackhide__ = True
    if not bool(condition):
        raise AssertionError(message)


def traceable(name: str, function: Callable, *examples: ArrayLike) -> None:
    """Check that ``function`` computes with ``keras.ops`` from its arguments to its result.

    It is called as a model calls it in training, where NumPy has nothing to compute with: on
    tensors without values, for a batch of unknown size.

    Args:
        examples: its arguments. Of arrays only type and shape count, and only from the second axis
            on; numbers are passed on as they are.
    """
    __tracebackhide__ = True
    import keras  # here, as the other checks need no backend

    arrays = [None if np.ndim(example) == 0 else np.asarray(example) for example in examples]
    symbols = [
        keras.KerasTensor((None, *array.shape[1:]), dtype=str(array.dtype))
        for array in arrays
        if array is not None
    ]

    class Trial(keras.layers.Layer):
        def call(self, *tensors: Any) -> Any:
            given = iter(tensors)
            pairs = zip(examples, arrays)
            return function(*(e if array is None else next(given) for e, array in pairs))

    results, end = None, "no tensor"
    try:
        results = Trial(dtype="float32")(*symbols)
    except Exception as error:  # each backend has its own kinds
        end = type(error).__name__
    if not isinstance(results, tuple | list):
        results = (results,)
    if not all(isinstance(result, keras.KerasTensor) for result in results):
        raise AssertionError(
            f"{name} must compute with keras.ops from its arguments to its result; called as in "
            f"training, it ends with {end}. Look for NumPy, float(), int() or a Python `if` on a "
            "tensor, and write ops.shape(x) for x.shape."
        )


def _array(name: str, value: ArrayLike) -> np.ndarray:
    __tracebackhide__ = True
    if value is None:
        raise AssertionError(f"{name} is None: does your function return its result?")
    if hasattr(value, "numpy"):  # a TensorFlow or Torch tensor
        value = value.numpy()
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise AssertionError(f"{name} cannot be read as an array: {error}.") from None
    if array.dtype.name == "bfloat16":  # not one of NumPy's own kinds
        array = array.astype("float32")
    if array.dtype.kind not in "biuf":
        raise AssertionError(
            f"{name} is a {type(value).__name__}; expected a number or an array of numbers."
        )
    return array


def _finite(name: str, value: ArrayLike, hint: str = "") -> np.ndarray:
    __tracebackhide__ = True
    array = _array(name, value).astype("float64")
    bad = array.size - int(np.isfinite(array).sum())
    if bad:
        found = f"has values that are NaN or infinite: {bad} of {array.size}"
        raise AssertionError(f"{name} {found if array.ndim else f'is {array}'}. {hint}".rstrip())
    return array


def _entry(name: str, place: tuple[int, ...]) -> str:
    """Return what an element is called: ``f(x)[1, 0]``, or ``the mean: entry [1, 0]``."""
    index = f"[{', '.join(map(str, place))}]" if place else ""
    is_code = re.fullmatch(r"[\w.]+(\(.*\))?", name)
    return f"{name}{index}" if is_code or not place else f"{name}: entry {index}"
