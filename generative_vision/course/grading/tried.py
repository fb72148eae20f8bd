"""What a hidden check tried on a student's function, in a few words for the student.

The inputs are drawn anew in each run and the outputs are the student's own, so neither gives away
what was expected. Everything here is bounded: it is kept in the marked notebook.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np

from generative_vision import check
from generative_vision.answering import Call, Failure, Recipe
from generative_vision.course.grading.outputs import plain_line

MAX_CALLS = 3  # that are told of one check
MAX_INPUTS = 8  # of one call
MAX_TEXT = 160  # characters of one value
_FEW = 8  # numbers that are written out

_RECIPES = {"rng": "a random generator", "real_images": "a supply of real images"}


@dataclass(frozen=True)
class Tried:
    """One call of a student's function."""

    name: str  #: what the check calls it
    function: str
    inputs: tuple[str, ...]
    output: str  #: empty where it gave none


class Watched(dict):
    """What a student's functions returned, which notes what a verdict looks at."""

    def __init__(self, outputs: Mapping[str, Any]):
        super().__init__(outputs)
        self.seen: list[str] = []

    def __getitem__(self, name: str) -> Any:
        if name not in self.seen:
            self.seen.append(name)
        return super().__getitem__(name)


def describe_calls(
    inputs: Mapping[str, Call], outputs: Watched, trace: TracebackType | None
) -> tuple[Tried, ...]:
    """Return the call that a verdict found wrong, or the first of those that it looked at.

    Args:
        trace: of the error that the verdict raised: where a function of ``check`` raised it, the
            value that it was given tells the call.
    """
    looked_at = [name for name in outputs.seen if name in inputs] or list(inputs)
    judged = _judged_value(trace)
    found = [name for name in looked_at if _is_part(judged, outputs.get(name))]
    return tuple(
        describe_call(name, inputs[name], outputs.get(name))
        for name in (found[:1] or looked_at[:MAX_CALLS])
    )


def describe_call(name: str, call: Call, output: Any) -> Tried:
    """Return one call in words."""
    given = tuple(describe(value) for value in call.args[:MAX_INPUTS])
    shown = "" if isinstance(output, Failure) else describe(output)
    return Tried(plain_line(name, 60), plain_line(call.function, 60), given, shown)


def describe(value: Any) -> str:
    """Return a value in at most a line: small ones written out, of large ones shape and range."""
    return plain_line(_describe(value), MAX_TEXT)


def _describe(value: Any) -> str:
    match value:
        case None | bool():
            return str(value)
        case str():
            return f'"{value[:MAX_TEXT]}"'
        case int() | float():
            return _number(value)
        case Recipe(name="tensor", values={"array": array}):
            return f"tensor {_describe(array).removeprefix('array ')}"
        case Recipe(name="linear", values={"slope": slope, "drift": drift}):
            return f"the function {_describe(slope)} x + {_describe(drift)} t"
        case Recipe(name="square", values={"slope": slope, "drift": drift}):
            return f"the function {_describe(slope)} x² + {_describe(drift)} t²"
        case Recipe(name=name):
            return _RECIPES.get(name, name)
        case list() | tuple() if len(value) > _FEW:
            return f"{type(value).__name__} of {len(value)}, first {_describe(value[0])}"
        case list() | tuple():
            inner = ", ".join(map(_describe, value))
            return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        return type(value).__name__
    if array.ndim == 0:
        return _number(array.item())
    if 0 < array.size <= _FEW:
        return _rows(array.tolist())
    sizes = " × ".join(map(str, array.shape))
    return f"array of {sizes} {_range(array)}".rstrip()


def _rows(values: Any) -> str:
    if isinstance(values, list):
        return f"[{', '.join(map(_rows, values))}]"
    return _number(values)


def _range(array: np.ndarray) -> str:
    if not array.size:
        return "(empty)"
    numbers = array.astype("float64")
    finite = numbers[np.isfinite(numbers)]
    if not finite.size:
        return "(NaN or infinite)"
    low, high = finite.min(), finite.max()
    spread = f"all {_number(low)}" if low == high else f"from {_number(low)} to {_number(high)}"
    bad = array.size - finite.size
    return f"({spread}{f'; {bad:,} NaN or infinite' if bad else ''})"


def _number(value: float) -> str:
    if isinstance(value, bool):
        return str(value)
    return f"{value:.4g}" if isinstance(value, float) or abs(value) > 10**15 else str(value)


def _judged_value(trace: TracebackType | None) -> Any:
    """Return the value that a verdict gave to the function of ``check`` that raised an error."""
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_globals.get("__name__") == check.__name__:
            return frame.f_locals.get("value")
        trace = trace.tb_next
    return None


def _is_part(judged: Any, output: Any) -> bool:
    """Whether a value is what a call returned, or a view of it."""
    if judged is None or output is None:
        return False
    if isinstance(judged, np.ndarray) and isinstance(output, np.ndarray):
        return bool(np.may_share_memory(judged, output))
    return judged is output
