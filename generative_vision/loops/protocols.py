"""Protocols: what each generation of a self-consuming loop is trained on.

A protocol is a function ``next_training_set(generation, real, synthetic_history, rng)``, called
from generation 2 on; generation 1 is trained on ``real.initial``. ``real`` has

- ``fixed``, the same real data every time, and
- ``draw(rng)``, as many newly drawn ones.

``synthetic_history`` is the sequence of what each generation before drew, oldest first. The result
is one set or a list of sets, which are taken together. Along its first axis a set has the samples:
images (n, 28, 28, 1), or in ``gaussian_loop`` numbers (n, runs, d). So one function serves both
loops.

Sources: Alemohammad et al. (2023), arXiv:2307.01850; accumulate, Gerstgrasser et al. (2024),
arXiv:2404.01413.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np


class RealData(Protocol):
    """The real data that a loop can give to its generations."""

    @property
    def initial(self) -> Any:
        """The training set of generation 1."""

    @property
    def fixed(self) -> Any:
        """The same set in each generation."""

    def draw(self, rng: np.random.Generator) -> Any:
        """Return a newly drawn set of the size of ``fixed``."""


NextTrainingSet: TypeAlias = Callable[[int, RealData, Sequence, np.random.Generator], Any]


def fully_synthetic(generation, real, synthetic_history, rng):
    """Return samples of the generation before, nothing else."""
    return synthetic_history[-1]


def augmentation(generation, real, synthetic_history, rng):
    """Return the fixed real data, and samples of the generation before."""
    return [real.fixed, synthetic_history[-1]]


def accumulate(generation, real, synthetic_history, rng):
    """Return the fixed real data, and samples of all generations before."""
    return [real.fixed, *synthetic_history]


def fresh_data(generation, real, synthetic_history, rng):
    """Return newly drawn real data, and samples of the generation before."""
    return [real.draw(rng), synthetic_history[-1]]


#: the protocols by name
PROTOCOLS: dict[str, NextTrainingSet] = {
    "fully synthetic": fully_synthetic,
    "augmentation": augmentation,
    "accumulate": accumulate,
    "fresh data": fresh_data,
}


def resolve_protocol(protocol: str | NextTrainingSet) -> NextTrainingSet:
    """Return the protocol of a name; a function is returned as it is.

    Raises:
        ValueError: no protocol has this name.
    """
    if callable(protocol):
        return protocol
    if protocol not in PROTOCOLS:
        names = ", ".join(map(repr, PROTOCOLS))
        raise ValueError(f"protocol={protocol!r} is not known: use a function, or one of {names}.")
    return PROTOCOLS[protocol]


def parts(training_set: Any) -> list:
    """Return what a protocol returned as a list of sets."""
    return training_set if isinstance(training_set, list) else [training_set]


def validate_spread(spread: float) -> None:
    """Raise ValueError unless 0 < λ ≤ 1."""
    if not 0 < spread <= 1:
        raise ValueError(f"spread={spread}: expected λ above 0, at most 1.")


def validate_counts(least: int = 1, **counts: int) -> None:
    """Raise ValueError, with the name, unless each is a whole number of at least ``least``."""
    for name, count in counts.items():
        if count < least or count != int(count):
            raise ValueError(f"{name}={count}: expected {least} or more, a whole number.")


def validate_memory(generations: int, mb_each: float, max_mb: float) -> None:
    """Raise ValueError if the samples of all generations take more than ``max_mb``."""
    needed = generations * mb_each
    if needed > max_mb:
        raise ValueError(
            f"The samples of {generations} generations take {needed:,.1f} MB: "
            f"more than max_mb={max_mb:g}."
        )
