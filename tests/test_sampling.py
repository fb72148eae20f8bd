"""Noise and labels for sampling: seeds, spread, and what is refused."""

import numpy as np
import pytest

from generative_vision.models.sampling import draw_labels, fit_labels, join_labels, normal_noise


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


def test_labels_stand_behind_the_codes_as_ones_and_zeros():
    codes = np.array([[0.5, 2], [-1, 3]])
    told = join_labels(codes, 2, [2, 0], 3)
    assert told.dtype == np.float32 and (told == [[0.5, 2, 0, 0, 1], [-1, 3, 1, 0, 0]]).all()
    assert (join_labels(codes, 2, np.array([2, 0], "uint8"), 3) == told).all()
    assert (join_labels(codes, 2, 1, 3)[:, 2:] == [[0, 1, 0], [0, 1, 0]]).all()
    plain = join_labels(codes.tolist(), 2, None, 0)
    assert plain.dtype == np.float32 and (plain == codes).all()


def test_labels_are_drawn_where_there_are_none():
    drawn = draw_labels(None, 5000, 10, 1)
    assert drawn.shape == (5000,) and np.bincount(drawn, minlength=10) / 5000 == pytest.approx(np.full(10, 0.1), abs=0.02)
    assert (drawn == draw_labels(None, 5000, 10, 1)).all() and (drawn != draw_labels(None, 5000, 10, 2)).any()
    assert draw_labels(3, 5, 10, 1) == 3 and draw_labels([1, 2], 2, 10, 1) == [1, 2]
    assert draw_labels(None, 5, 0, 1) is None


def test_drawn_labels_do_not_follow_the_noise_of_the_same_seed():
    noise, labels = normal_noise(5000, 4, seed=3), draw_labels(None, 5000, 10, 3)
    for values in (*noise.T, *np.abs(noise.T), noise.ravel()[:5000], np.abs(noise).ravel()[:5000]):
        assert abs(np.corrcoef(values, labels)[0, 1]) < 0.05


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
        (lambda: join_labels(np.zeros((2, 3)), 4, None, 0), r"codes have shape \(2, 3\); expected finite numbers, \(n, 4\)"),
        (lambda: join_labels(np.zeros(3), 3, None, 0), r"shape \(3,\)"),
        (lambda: join_labels([[0.0, np.nan]], 2, None, 0), "finite"),
        (lambda: join_labels(np.zeros((2, 3)), 3, 1, 0), "built without labels"),
        (lambda: join_labels(np.zeros((2, 3)), 3, None, 10), r"conditional \(classes=10\): it needs labels"),
        (lambda: join_labels(np.zeros((3, 3)), 3, [1, 2], 10), r"labels have shape \(2,\).*expected 3 whole numbers from 0 to 9"),
        (lambda: join_labels(np.zeros((2, 3)), 3, [[1], [2]], 10), r"shape \(2, 1\).*expected 2"),
        (lambda: join_labels(np.zeros((2, 3)), 3, 10, 10), "from 0 to 9"),
        (lambda: join_labels(np.zeros((2, 3)), 3, [0, -1], 10), "from 0 to 9"),
        (lambda: join_labels(np.zeros((2, 3)), 3, [0.0, 1.0], 10), "dtype float64; expected 2 whole numbers"),
        (lambda: join_labels(np.zeros((2, 3)), 3, [True, False], 10), "dtype bool; expected 2 whole numbers"),
        (lambda: fit_labels(None, 2, 10), r"classes=10\): it needs labels, as in fit"),
        (lambda: fit_labels([1, 2], 2, 0), "built without labels"),
        (lambda: fit_labels([1, 2], 3, 10), r"shape \(2,\).*expected 3 whole numbers"),
        (lambda: fit_labels(1, 3, 10), "expected 3 whole numbers"),
        (lambda: fit_labels([1.0, 2.0], 2, 10), "dtype float64"),
        (lambda: fit_labels([0, 10], 2, 10), "from 0 to 9"),
    ],
)
def test_wrong_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
