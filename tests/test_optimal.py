"""The best denoiser of a finite set: closed forms, copies, windows, errors."""

import numpy as np
import pytest

from generative_vision.audit.copying import nearest
from generative_vision.models.diffusion import DEVIATION, MEAN, schedule
from generative_vision.models.optimal import OptimalDenoiser


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(-1, 1, (6, 28, 28, 1)).astype("float32")


@pytest.fixture
def noisy(images):
    rng = np.random.default_rng(1)
    alpha, sigma = schedule(0.9)
    return (alpha * in_scale(images[:2]) + sigma * rng.normal(size=(2, 28, 28, 1))).astype("f4")


def in_scale(images):
    return (images - MEAN) / DEVIATION


def flat(images):
    return images.reshape(len(images), -1)


def weighted_mean(x_t, known, t):
    """E[x | x_t] over the rows of known, for the rows of x_t."""
    alpha, sigma = schedule(t)
    squares = np.square(x_t[:, None] - alpha * known).sum(axis=-1)
    weights = np.exp((squares.min(axis=1, keepdims=True) - squares) / (2 * sigma**2))
    return weights @ known / weights.sum(axis=1, keepdims=True)


def test_the_guess_is_the_mean_of_images_weighted_by_their_probability(images, noisy):
    wanted = weighted_mean(flat(noisy), flat(in_scale(images)), 0.9)
    np.testing.assert_allclose(
        flat(OptimalDenoiser(images).guess(noisy, 0.9)), wanted, rtol=1e-4, atol=1e-4
    )


def test_from_noise_alone_the_guess_is_the_mean_image(images, noisy):
    found = OptimalDenoiser(images).guess(noisy, 1.0)
    np.testing.assert_allclose(found[0], in_scale(images).mean(axis=0), atol=1e-5)


def test_with_hardly_any_noise_the_guess_is_the_nearest_image(images):
    found = OptimalDenoiser(images).guess(in_scale(images[3:4]), 0.01)
    np.testing.assert_allclose(found, in_scale(images[3:4]), atol=1e-5)


def test_a_window_of_one_pixel_takes_each_pixel_by_itself(images, noisy):
    found = OptimalDenoiser(images, window=1).guess(noisy, 0.9)
    known = in_scale(images)[:, 5, 7]
    np.testing.assert_allclose(
        found[:, 5, 7], weighted_mean(noisy[:, 5, 7], known, 0.9), rtol=1e-4, atol=1e-4
    )


def test_a_window_is_cut_at_the_border(images, noisy):
    found = OptimalDenoiser(images, window=3).guess(noisy, 0.9)
    corner = weighted_mean(flat(noisy[:, :2, :2]), flat(in_scale(images)[:, :2, :2]), 0.9)
    np.testing.assert_allclose(found[:, 0, 0, 0], corner[:, 0], rtol=1e-4, atol=1e-4)


def test_a_window_over_everything_is_the_whole_image(images, noisy):
    whole, wide = (OptimalDenoiser(images, window=w).guess(noisy, 0.9) for w in (None, 55))
    np.testing.assert_allclose(wide, whole, rtol=1e-4, atol=1e-4)


def test_samples_of_the_whole_image_are_copies(images):
    samples = OptimalDenoiser(images).sample(5, seed=0)
    assert nearest(flat(samples), flat(images)).copied.all()


def test_samples_of_small_windows_are_not(images):
    samples = OptimalDenoiser(images, window=3).sample(5, seed=0)
    assert not nearest(flat(samples), flat(images)).copied.any()


def test_samples_are_images(images):
    samples = OptimalDenoiser(images, window=3).sample(3, seed=0)
    assert samples.shape == (3, 28, 28, 1)
    assert samples.dtype == "float32"
    assert -1 <= samples.min() <= samples.max() <= 1


def test_one_seed_gives_one_set_of_samples(images):
    one, again = (OptimalDenoiser(images).sample(3, seed=4) for _ in range(2))
    np.testing.assert_array_equal(one, again)


def test_another_seed_gives_others(images):
    model = OptimalDenoiser(images, window=3)
    assert not np.array_equal(model.sample(3, seed=4), model.sample(3, seed=5))


@pytest.mark.parametrize("window", [0, 2, -3])
def test_a_window_without_a_middle_is_refused(images, window):
    with pytest.raises(ValueError, match="odd number of pixels"):
        OptimalDenoiser(images, window=window)


@pytest.mark.parametrize("t", [0, 1.5])
def test_a_time_without_noise_or_beyond_is_refused(images, noisy, t):
    with pytest.raises(ValueError, match="above 0, at most 1"):
        OptimalDenoiser(images).guess(noisy, t)


def test_no_images_are_refused():
    with pytest.raises(ValueError, match="images"):
        OptimalDenoiser(np.empty((0, 28, 28, 1), "float32"))
