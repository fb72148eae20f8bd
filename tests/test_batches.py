"""Functions of many rows, computed in batches."""

import numpy as np
import pytest

from generative_vision.models.batches import in_batches

BATCHES = [(1, [1]), (3, [3]), (4, [3, 1]), (6, [3, 3]), (8, [3, 3, 2])]


@pytest.mark.parametrize(("n", "sizes"), BATCHES)
def test_batches_are_of_the_size_asked_for_and_the_last_is_what_is_left(n, sizes):
    seen = []

    def double(x):
        seen.append(len(x))
        return 2 * x

    x = np.arange(2 * n).reshape(n, 2)
    assert (in_batches(double, x, size=3) == 2 * x).all()
    assert seen == sizes


def test_nothing_is_one_empty_batch():
    """So that a network's result keeps its shape."""
    assert in_batches(lambda x: x[:, :1], np.zeros((0, 3))).shape == (0, 1)


def test_arrays_stay_together_and_none_stays_none():
    def combine(a, nothing, b):
        assert nothing is None
        return np.stack([a, b.sum(axis=1)], axis=1)

    a, b = np.arange(7), np.arange(14).reshape(7, 2)
    assert (in_batches(combine, a, None, b, size=2) == combine(a, None, b)).all()


@pytest.mark.parametrize("size", [2, 3])
def test_results_are_float32(size):
    x = np.ones((3, 2), "float32")
    assert in_batches(lambda x: x.astype("float16"), x, size=size).dtype == np.float32
