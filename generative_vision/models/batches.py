"""How an array of any length goes through a network: some rows at a time."""

from collections.abc import Callable

import numpy as np


def in_batches(function: Callable, *arrays, size: int = 500) -> np.ndarray:
    """Return function(*arrays), float32 (n, ...), computed for ``size`` rows at a time.

    None among the arrays stays None.
    """
    cuts = (
        (None if a is None else a[i : i + size] for a in arrays)
        for i in range(0, max(len(arrays[0]), 1), size)
    )
    parts = [np.asarray(function(*cut), "float32") for cut in cuts]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
