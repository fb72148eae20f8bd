"""Names for the arrays and functions that the package's type hints speak of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

Images: TypeAlias = np.ndarray  #: (n, 28, 28, 1), float32, in [−1, 1]
Labels: TypeAlias = np.ndarray  #: (n,), whole numbers 0 … 9
Codes: TypeAlias = np.ndarray  #: (n, d), float32
Rows: TypeAlias = np.ndarray  #: (n, size), ones and zeros that encode labels or captions
#: kind of condition: "labels", "captions", how many groups that somebody found, or none
Condition: TypeAlias = str | int | None
Prompt: TypeAlias = str | Sequence[str]  #: one for all images, or one for each
Velocity: TypeAlias = Callable[[np.ndarray, float], np.ndarray]  #: (x_t, t) -> v
#: (velocity, x_t, t, s, rng) -> x_s
Solver: TypeAlias = Callable[[Velocity, np.ndarray, float, float, np.random.Generator], np.ndarray]
