"""Datasets of batches: the first is checked at once, each later one when it is read.

What is made of a batch is what is made of arrays: float64 images and labels as floats are cast.
"""

import contextlib
import sys
from collections.abc import Callable

import keras
import numpy as np

from generative_vision import device

#: what the check of a batch raised: a backend reports only its text
_raised: list[Exception] = []


def is_dataset(x) -> bool:
    """Whether x is something that yields batches, and no array."""
    return x is not None and not hasattr(x, "__array__") and not isinstance(x, (tuple, list))


def validate_dataset(data, y, check: Callable, classes: int = 0):
    """Return a dataset that checks its batches as it is read, after checking the first.

    tf.data and ``keras.utils.PyDataset`` check each batch, of others the first one is checked.

    Args:
        y: beside the dataset; None, because labels belong inside.
        check: of a batch, x or (x, y); returns (x, y) as the model takes them.
        classes: labels below it are right: a quick test of most batches.
    """
    if getattr(data, "checked", False):
        return data
    again = hasattr(data, "__getitem__") or (hasattr(data, "__iter__") and iter(data) is not data)
    if y is not None or not again:
        raise ValueError(
            f"x is {type(data).__name__}, y {type(y).__name__}: expected arrays, or a dataset of "
            "batches that can be read more than once, with its labels inside and y=None."
        )
    if (first := next(iter(data), None)) is None:
        raise ValueError("The dataset is empty.")
    first = tuple(map(np.asarray, first)) if isinstance(first, (tuple, list)) else np.asarray(first)
    if any(part.dtype.kind in "OSU" for part in first[1:] if isinstance(first, tuple)):
        raise ValueError("A dataset cannot hold text: give it prompts.encode(captions).")
    check(first)

    def noting(batch):
        try:
            return check(batch)
        except Exception as error:
            error.add_note("So in a batch of the dataset after the first.")
            _raised.append(error)
            raise

    tf = sys.modules.get("tensorflow")  # whoever made a tf.data pipeline has imported it
    if tf is not None and isinstance(data, tf.data.Dataset):
        data = device.checked_pipeline(data, noting, classes)
    elif isinstance(data, keras.utils.PyDataset) and not data.use_multiprocessing:
        data = CheckedDataset(data, noting)
    else:
        return data
    data.checked = True
    return data


@contextlib.contextmanager
def own_errors(model: keras.Model):
    """Raise what the check of a batch raised in place of a backend's report of it."""
    _raised.clear()
    try:
        with device.variables_kept(model):
            yield
    except Exception:
        if _raised:
            raise _raised.pop(0) from None
        raise


class CheckedDataset(keras.utils.PyDataset):
    """A PyDataset whose batches are checked, and cast, as they are read."""

    def __init__(self, data: keras.utils.PyDataset, check: Callable):
        super().__init__(workers=data.workers, max_queue_size=data.max_queue_size)
        self.data, self.check = data, check

    @property
    def num_batches(self):
        """The number of batches."""
        return self.data.num_batches

    def __getitem__(self, index):
        """Return a batch as the model takes it: (x,) or (x, y)."""
        return tuple(part for part in self.check(self.data[index]) if part is not None)

    def on_epoch_begin(self):
        """Pass this on."""
        self.data.on_epoch_begin()

    def on_epoch_end(self):
        """Pass this on."""
        self.data.on_epoch_end()
