"""Noise and labels for sampling: seeds, spread, and what is refused."""

import numpy as np
import pytest

from generative_vision.models.sampling import fit_labels, normal_noise, one_hot_labels


def test_noise_is_standard_normal():
    noise = normal_noise(20_000, 3, seed=0)
    assert noise.shape == (20_000, 3) and noise.dtype == np.float32
    assert noise.mean(axis=0) == pytest.approx(np.zeros(3), abs=0.03)
    assert np.cov(noise, rowvar=False) == pytest.approx(np.eye(3), abs=0.04)


def test_noise_repeats_with_its_seed():
    noise = normal_noise(5, 4, seed=7)
    assert (noise == normal_noise(5, 4, seed=7)).all() and (noise != normal_noise(5, 4, seed=8)).all()


def test_spread_is_the_variance():
    noise = normal_noise(5, 4, seed=7)
    assert normal_noise(5, 4, seed=7, spread=0.25) == pytest.approx(noise / 2, rel=1e-6)
    assert not normal_noise(5, 4, seed=7, spread=0).any()


def test_labels_become_ones_and_zeros():
    assert (one_hot_labels([2, 0], 2, 3) == [[0, 0, 1], [1, 0, 0]]).all()
    assert (one_hot_labels(1, 2, 3) == [[0, 1, 0], [0, 1, 0]]).all()
    assert (one_hot_labels(np.array([2, 0], "uint8"), 2, 3) == one_hot_labels([2, 0], 2, 3)).all()
    assert one_hot_labels([2, 0], 2, 3).dtype == np.float32
    assert one_hot_labels(None, 4, 0).shape == (4, 0)


def test_labels_are_drawn_where_there_are_none():
    drawn = one_hot_labels(None, 5000, 10, seed=1)
    assert (drawn.sum(axis=1) == 1).all() and drawn.mean(axis=0) == pytest.approx(np.full(10, 0.1), abs=0.02)
    assert (drawn == one_hot_labels(None, 5000, 10, seed=1)).all() and (drawn != one_hot_labels(None, 5000, 10, seed=2)).any()


def test_labels_to_fit():
    labels = fit_labels([3, 1, 2], 3, 10)
    assert labels.dtype == np.int32 and (labels == [3, 1, 2]).all()
    assert fit_labels(None, 3, 0) is None


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: normal_noise(0, 3, seed=0), "n=0: expected at least one"),
        (lambda: normal_noise(1, 3, seed=0, spread=-0.1), "spread=-0.1: expected a finite number, 0 or more"),
        (lambda: normal_noise(1, 3, seed=0, spread=np.nan), "spread=nan"),
        (lambda: normal_noise(1, 3, seed=0, spread=np.inf), "spread=inf"),
        (lambda: one_hot_labels(1, 2, 0), "built without labels"),
        (lambda: one_hot_labels([1, 2], 3, 10), "or 3 of them, from 0 to 9"),
        (lambda: one_hot_labels([[1], [2]], 2, 10), "or 2 of them"),
        (lambda: one_hot_labels(10, 2, 10), "labels=.*from 0 to 9"),
        (lambda: one_hot_labels([0, -1], 2, 10), "from 0 to 9"),
        (lambda: one_hot_labels([0.0, 1.0], 2, 10), "whole number"),
        (lambda: one_hot_labels([True, False], 2, 10), "whole number"),
        (lambda: fit_labels(None, 2, 10), r"classes=10\): fit\(images, labels\) needs the labels"),
        (lambda: fit_labels([1, 2], 2, 0), "built without labels"),
        (lambda: fit_labels([1, 2], 3, 10), "or 3 of them"),
    ],
)
def test_wrong_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
