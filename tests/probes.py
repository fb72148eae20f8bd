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
    if isinstance(a, bool) or isinstance(b, bool) or not _is_numeric(a) or not _is_numeric(b):
        return a
    if np.shape(a) != np.shape(b):
        return a
    whole = np.asarray(a).dtype.kind in "biu" or np.asarray(b).dtype.kind in "biu"
    weight = rng.choice([0.0, 1.0, rng.uniform()])
    if isinstance(a, int | float):
        mixed = (1 - weight) * a + weight * b
        return round(mixed) if whole else float(mixed)
    if whole:
        return a if weight < 0.5 else b
    mixed = (1 - weight) * np.asarray(a) + weight * np.asarray(b)
    return mixed.tolist() if isinstance(a, list) else mixed.astype(a.dtype)


def _is_numeric(value: Any) -> bool:
    try:
        return np.asarray(value).dtype.kind in "biuf"
    except ValueError:  # a ragged list
        return False
