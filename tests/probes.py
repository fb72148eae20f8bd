"""Arguments between those that a check draws: what its verdict's inputs might leave out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from generative_vision.answering import Call


def probes(calls: Sequence[Call], count: int, rng: np.random.Generator) -> dict[str, Call]:
    """Return calls like those given, with each argument blended from two of them.

    Of two numbers, or arrays of one shape, a blend lies between both, element by element; so it
    stays within what a convex set allows. What cannot be blended is one of the two.
    """
    found = {}
    for k in range(count):
        one = calls[rng.integers(len(calls))]
        others = [call for call in calls if call.function == one.function]
        other = others[rng.integers(len(others))]
        args = [_blend(a, b, rng) for a, b in zip(one.args, other.args)]
        args.extend(one.args[len(args) :])
        found[f"probe {k}"] = Call(one.function, tuple(args))
    return found


def _blend(a: Any, b: Any, rng: np.random.Generator) -> Any:
    if isinstance(a, list | tuple) and isinstance(b, list | tuple) and len(a) == len(b):
        return type(a)(_blend(x, y, rng) for x, y in zip(a, b))
    kinds = {np.asarray(x).dtype.kind for x in (a, b) if isinstance(x, int | float | np.ndarray)}
    if isinstance(a, bool) or not kinds or np.shape(a) != np.shape(b):
        return a
    weight = rng.choice([0.0, 1.0, rng.uniform()])
    if isinstance(a, int | float):
        mixed = float((1 - weight) * a + weight * b)
        return mixed if "f" in kinds else round(mixed)
    if kinds == {"f"}:
        return ((1 - weight) * a + weight * b).astype(a.dtype)
    return a if weight < 0.5 else b
