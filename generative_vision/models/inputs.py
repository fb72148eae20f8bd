"""Inputs of ``fit``, ``evaluate`` and Keras' other verbs: arrays or datasets, validated first."""

import numpy as np


def refuse(verb: str, reason: str, **given) -> None:
    """Raise ValueError where something is given that would be ignored."""
    for name in (name for name, value in given.items() if value is not None and np.size(value)):
        raise ValueError(f"{verb}({name}=...) would be ignored by this model: {reason}.")


def validate_dataset(data, y, prepare):
    """Return a dataset after checking its first batch, which it must yield again."""
    again = hasattr(data, "__getitem__") or (hasattr(data, "__iter__") and iter(data) is not data)
    if y is not None or not again:
        raise ValueError(
            f"x is {type(data).__name__}, y {type(y).__name__}: expected arrays, or a dataset of "
            "batches that can be read more than once, with its labels inside and y=None."
        )
    if (first := next(iter(data), None)) is None:
        raise ValueError("The dataset is empty.")
    x, *y = map(np.asarray, parts(first))
    known = [("float32", 4), ("float32", 2), *((kind, 1) for kind in ("int32", "int64", "uint8"))]
    if x.dtype != "float32" or (y and (str(y[0].dtype), y[0].ndim) not in known):
        found = " and ".join(f"{part.dtype} {part.shape}" for part in (x, *y))
        raise ValueError(
            f"The dataset's batches are {found}: expected images float32 in [-1, 1], and whole "
            "labels (n,), prompts.encode(captions) or float32 rows of ones and zeros."
        )
    prepare(x, *y)
    return data


def is_dataset(x) -> bool:
    """Whether x is something that yields batches, and no array."""
    return x is not None and not hasattr(x, "__array__") and not isinstance(x, (tuple, list))


def parts(batch) -> tuple:
    """Return a batch, or validation data, as (x,) or (x, y) after checking that it is no more."""
    batch = batch if isinstance(batch, (tuple, list)) else (batch,)
    if len(batch) > 2:
        refuse("fit", "compute_loss does not weigh", sample_weight=batch[2])
    return tuple(batch[:2])
