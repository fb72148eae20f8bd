"""The noise that samples begin with."""

import numpy as np
import pytest

from generative_vision.models.noise import normal_noise, stream, validate_draw


def test_noise_is_standard_normal():
    noise = normal_noise(20_000, 3, seed=0)
    assert noise.shape == (20_000, 3)
    assert noise.dtype == np.float32
    assert noise.mean(axis=0) == pytest.approx(np.zeros(3), abs=0.03)
    assert np.cov(noise, rowvar=False) == pytest.approx(np.eye(3), abs=0.04)


@pytest.mark.parametrize("shape", [(), (4,), (2, 3, 1)])
def test_noise_has_the_shape_asked_for(shape):
    assert normal_noise(5, *shape, seed=0).shape == (5, *shape)


def test_noise_repeats_with_its_seed():
    noise = normal_noise(5, 4, seed=7)
    assert (noise == normal_noise(5, 4, seed=7)).all()
    assert (noise != normal_noise(5, 4, seed=8)).all()


def test_noise_leaves_numpys_own_generator_alone():
    np.random.seed(3)  # noqa: NPY002
    expected = np.random.normal(size=3)  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    normal_noise(5, 4, seed=7)
    assert (np.random.normal(size=3) == expected).all()  # noqa: NPY002


def test_spread_is_the_variance():
    noise = normal_noise(5, 4, seed=7)
    assert normal_noise(5, 4, seed=7, spread=0.25) == pytest.approx(noise / 2, rel=1e-6)
    assert not normal_noise(5, 4, seed=7, spread=0).any()


def test_a_solvers_noise_is_another_stream_of_the_same_seed():
    first = stream(7, 1).normal(size=(5, 4))
    assert (first == stream(7, 1).normal(size=(5, 4))).all()
    assert (first != stream(8, 1).normal(size=(5, 4))).all()
    assert np.abs(first - normal_noise(5, 4, seed=7)).min() > 1e-6


def test_a_generator_that_is_given_goes_on():
    rng = np.random.default_rng(7)
    assert stream(rng, 1) is rng


def test_streams_do_not_follow_one_another():
    for seed in range(3):
        noise = normal_noise(20_000, seed=seed)
        drawn = stream(seed, 1).normal(size=20_000)
        assert abs(np.corrcoef(noise, drawn)[0, 1]) < 0.03


@pytest.mark.parametrize("seed", [[1, 2], (1, 2), np.array([1, 2])])
def test_several_numbers_are_a_seed_as_one_is(seed):
    states = {stream(seed, *number).random() for number in ((), (1,), (2,))}
    assert len(states) == 3
    assert (normal_noise(5, 4, seed=seed) == normal_noise(5, 4, seed=[1, 2])).all()


def test_a_seed_sequence_feeds_three_streams():
    seed = np.random.SeedSequence(7)
    first, second, third = (stream(seed, *number).random(9) for number in ((), (1,), (2,)))
    assert not set(first) & set(second) | set(second) & set(third) | set(first) & set(third)
    assert np.array_equal(first, np.random.default_rng(seed).random(9))
    assert np.array_equal(second, stream(seed, 1).random(9))


def test_a_number_in_an_array_is_the_same_seed():
    assert stream(np.array(7), 1).random() == stream(7, 1).random()
    assert stream(2**200, 1).random() != stream(2**200, 2).random()


WRONG = [
    (0, 1, "n=0: expected a whole number, at least 1"),
    (2.5, 1, "n=2.5: expected a whole number"),
    ("2", 1, "n='2': expected a whole number"),
    (1, -0.1, "spread=-0.1: expected a finite number, at least 0"),
    (1, np.nan, "spread=nan"),
    (1, np.inf, "spread=inf"),
]


@pytest.mark.parametrize(("n", "spread", "words"), WRONG)
def test_wrong_draws_are_named(n, spread, words):
    with pytest.raises(ValueError, match=words):
        validate_draw(n, spread)
    with pytest.raises(ValueError, match=words):
        normal_noise(n, 3, seed=0, spread=spread)


# Batches


def test_streams_of_one_seed_differ_and_none_draws_anew():
    assert stream(7, 1).random() != stream(7, 2).random()
    assert stream(np.int64(7), 2).random() == stream(7, 2).random()
    assert stream(None, 2).random() != stream(None, 2).random()
