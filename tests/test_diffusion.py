"""The formulas of diffusion against closed forms, and what its solvers make of Gaussian images.

The model is tested in ``test_diffusion_model.py`` and ``test_diffusion_training.py``.
"""

from itertools import pairwise

import numpy as np
import pytest
from exact import M, S, best_velocity, circle, diffusion, fashion, network, pictures, times

from generative_vision import data

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")


@pytest.fixture(scope="module")
def gaussian(small_and_exact):
    """A model that predicts as well as can be where the images are Gaussian."""
    return diffusion(network=network(best_velocity))


# The schedule, and the way from images to noise


def test_schedule_is_a_quarter_of_the_unit_circle():
    from generative_vision.models.diffusion import schedule

    t = np.linspace(0, 1, 101, dtype="float32")
    alpha, sigma = map(np.asarray, schedule(t))
    assert alpha**2 + sigma**2 == pytest.approx(np.ones(101), abs=1e-6)
    assert (np.diff(alpha) < 0).all()
    assert (np.diff(sigma) > 0).all()
    assert alpha[[0, 50, 100]] == pytest.approx([1, 0.5**0.5, 0], abs=1e-6)
    assert sigma[[0, 50, 100]] == pytest.approx([0, 0.5**0.5, 1], abs=1e-6)


def test_schedule_of_a_number_is_two_numbers():
    from generative_vision.models.diffusion import schedule

    for t in (0.0, 0.3, 1.0):
        found = schedule(t)
        assert [type(part) for part in found] == [float, float]
        assert found == pytest.approx(circle(t), abs=1e-12)


def formulas():
    from generative_vision.models import diffusion as d

    return {
        "q_sample": lambda t, x, e: d.q_sample(x, t, e),
        "velocity": lambda t, x, e: d.velocity(x, t, e),
        "x from v": lambda t, x, e: d.x_and_noise(x, e, t)[0],
        "noise from v": lambda t, x, e: d.x_and_noise(x, e, t)[1],
        "ddim_step": lambda t, x, e: d.ddim_step(x, e, t, t / 2),
        "ddpm_step": lambda t, x, e: d.ddpm_step(x, e, t, t / 2, x * e),
        "diffuse": lambda t, x, e: d.diffuse(x, t / 2, t, e),
    }


FORMULAS = [
    "q_sample",
    "velocity",
    "x from v",
    "noise from v",
    "ddim_step",
    "ddpm_step",
    "diffuse",
]


@pytest.mark.parametrize("name", FORMULAS)
def test_every_image_has_a_time_of_its_own(name):
    formula, t, x, e = formulas()[name], times(0.1, 0.5, 0.7, 1), pictures(4), pictures(4, 1)
    together = np.asarray(formula(t, x, e))
    alone = [formula(t[i : i + 1], x[i : i + 1], e[i : i + 1]) for i in range(4)]
    assert together.shape == x.shape
    assert together == pytest.approx(np.concatenate(alone), abs=1e-5)
    other = np.asarray(formula(t[::-1].copy(), x, e))
    assert np.abs(together - other).max(axis=(1, 2, 3)).min() > 0.1


@pytest.mark.parametrize("t", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("name", FORMULAS)
def test_a_number_as_time_is_the_same_as_that_time_for_each_image(name, t):
    formula, x, e = formulas()[name], pictures(2), pictures(2, 1)
    of_number, of_each = formula(t, x, e), np.asarray(formula(times(t, t), x, e))
    assert of_number.dtype == np.float32
    assert of_number == pytest.approx(of_each, abs=1e-4)


def test_q_sample_and_velocity_are_the_closed_forms():
    from generative_vision.models.diffusion import q_sample, velocity

    x, e, t = pictures(5), pictures(5, 1), times(0, 0.2, 0.5, 0.9, 1)
    alpha, sigma = circle(t)
    assert np.asarray(q_sample(x, t, e)) == pytest.approx(alpha * x + sigma * e, abs=1e-5)
    assert np.asarray(velocity(x, t, e)) == pytest.approx(alpha * e - sigma * x, abs=1e-5)


def test_velocity_is_the_derivative_by_the_angle():
    from generative_vision.models.diffusion import q_sample, velocity

    x, e, t, h = pictures(4), pictures(4, 1), times(0.1, 0.4, 0.6, 0.9), 0.01
    change = np.subtract(q_sample(x, t + h, e), q_sample(x, t - h, e))
    assert np.asarray(velocity(x, t, e)) == pytest.approx(change / (h * np.pi), abs=1e-3)


def test_v_can_be_taken_back_to_x_and_noise():
    from generative_vision.models.diffusion import q_sample, velocity, x_and_noise

    x, e, t = pictures(4), pictures(4, 1), times(0, 0.3, 0.8, 1)
    back, noise = x_and_noise(q_sample(x, t, e), velocity(x, t, e), t)
    assert np.asarray(back) == pytest.approx(x, abs=1e-5)
    assert np.asarray(noise) == pytest.approx(e, abs=1e-5)


def test_images_are_standardised_by_the_training_set(gaussian):
    from generative_vision.models.diffusion import DEVIATION, MEAN

    train, (images, _) = data.load_fashion_mnist("train")[0], fashion()
    assert train.mean() == pytest.approx(MEAN, abs=0.005)
    assert train.std() == pytest.approx(DEVIATION, abs=0.005)
    x = gaussian.from_images(images)
    assert x.dtype == np.float32
    assert x == pytest.approx((images - MEAN) / DEVIATION, abs=1e-5)
    assert gaussian.to_images(x) == pytest.approx(images, abs=1e-6)


def test_images_are_clipped_to_what_a_screen_can_show(gaussian):
    images = gaussian.to_images(10 * pictures(2))
    assert images.dtype == np.float32
    assert images.min() == -1
    assert images.max() == 1


# One step


def test_ddim_step_is_a_rotation():
    from generative_vision.models.diffusion import ddim_step

    x_t, v, t, s = pictures(3), pictures(3, 1), times(1, 0.6, 0.3), times(0.7, 0.5, 0)
    cos, sin = circle(t - s)
    assert np.asarray(ddim_step(x_t, v, t, s)) == pytest.approx(cos * x_t - sin * v, abs=1e-5)
    assert np.asarray(ddim_step(x_t, v, t, t)) == pytest.approx(x_t, abs=1e-5)


@pytest.mark.parametrize("target", [0, 0.25, 1])
def test_ddim_step_leads_to_any_time_where_v_is_known(target):
    from generative_vision.models.diffusion import ddim_step, q_sample, velocity

    x, e, t, s = pictures(3), pictures(3, 1), times(1, 0.6, 0.3), times(*[target] * 3)
    x_s = ddim_step(q_sample(x, t, e), velocity(x, t, e), t, s)
    alpha, sigma = circle(target)
    assert np.asarray(x_s) == pytest.approx(alpha * x + sigma * e, abs=1e-5)


@pytest.mark.parametrize(("t", "s"), [(0.9, 0.5), (0.5, 0.45), (0.05, 0.01), (1, 0.9), (1, 0.2)])
@pytest.mark.parametrize("time", [float, times])
def test_ddpm_step_draws_from_the_posterior(t, s, time):
    """By Bayes: x_s ~ N(α_s·x, σ_s²) before x_t is seen, and then x_t ~ N(a·x_s, b).

    b is such that x_t has variance σ_t².
    """
    from generative_vision.models.diffusion import ddpm_step, q_sample, velocity

    x, e = pictures(2), pictures(2, 1)
    (alpha_t, sigma_t), (alpha_s, sigma_s) = circle(t), circle(s)
    x_t = alpha_t * x + sigma_t * e.astype("float64")
    a = alpha_t / alpha_s
    b = sigma_t**2 - (a * sigma_s) ** 2
    precision = 1 / sigma_s**2 + a**2 / b
    mean = (alpha_s * x / sigma_s**2 + a * x_t / b) / precision

    t, s = time(t), time(s)
    given = q_sample(x, t, e), velocity(x, t, e), t, s
    without_noise = np.asarray(ddpm_step(*given, 0 * x))
    drawn = ddpm_step(*given, 0 * x + 1) - without_noise
    assert without_noise == pytest.approx(mean, abs=2e-4)
    assert np.asarray(drawn) == pytest.approx(np.full(x.shape, precision**-0.5), rel=2e-3)


@pytest.mark.parametrize("t", [1, 0.5, 0.01])
@pytest.mark.parametrize(("time", "limit"), [(float, 1e-5), (times, 1e-3)])  # float32
def test_the_last_ddpm_step_returns_x_and_draws_nothing(t, time, limit):
    from generative_vision.models.diffusion import ddpm_step, q_sample, velocity

    x, e, t = pictures(2), pictures(2, 1), time(t)
    x_0 = ddpm_step(q_sample(x, t, e), velocity(x, t, e), t, 0 * t, pictures(2, 2))
    assert np.asarray(x_0) == pytest.approx(x, abs=limit)


def test_diffuse_leads_to_the_same_noisy_images_as_q_sample():
    from generative_vision.models.diffusion import diffuse, q_sample

    x, zero, one = pictures(4), 0 * pictures(4), 0 * pictures(4) + 1
    s, t = times(0, 0.2, 0.5, 0.5), times(0.4, 0.3, 1, 0.5)
    alpha, sigma = circle(t)
    signal = np.asarray(diffuse(q_sample(x, s, zero), s, t, zero))
    older = np.asarray(diffuse(q_sample(zero, s, one), s, t, zero))
    newer = np.asarray(diffuse(zero, s, t, one))
    assert signal == pytest.approx(alpha * x, abs=1e-5)
    assert older**2 + newer**2 == pytest.approx(np.broadcast_to(sigma**2, x.shape), abs=1e-5)
    assert np.asarray(diffuse(x, t, t, one)) == pytest.approx(x, abs=1e-5)


# Many steps, of Gaussian images


def test_ddim_arrives_where_the_probability_flow_leads(gaussian):
    """Along it (x_t − αm)/√(α²s² + σ²) stays as it is: noise z becomes m + s·z."""
    z = pictures(8)
    drawn = [gaussian.denoise(z, steps=steps) for steps in (10, 20, 40, 80)]
    errors = [np.abs(x - (M + S * z)).mean() for x in drawn]
    assert errors[-1] < 0.01
    assert np.divide(errors[:-1], errors[1:]) == pytest.approx([2, 2, 2], abs=0.15)  # first order


def test_ddim_from_a_time_between(gaussian):
    alpha, sigma = circle(0.6)
    x_t = (alpha * pictures(8) + sigma * pictures(8, 1)).astype("float32")
    expected = M + S * (x_t - alpha * M) / np.sqrt(alpha**2 * S**2 + sigma**2)
    assert gaussian.denoise(x_t, begin=0.6, steps=170) == pytest.approx(expected, abs=0.03)


def shrunk(steps):
    """The deviation of what DDPM draws, in S.

    Each step puts x̂ = E[x | x_t] for x, and so misses the variance of x.
    """
    grid, variance = np.linspace(1, 0, steps + 1), 1.0
    for t, s in pairwise(grid):
        (alpha_t, sigma_t), (alpha_s, sigma_s) = circle(t), circle(s)
        a = alpha_t / alpha_s
        b = sigma_t**2 - (a * sigma_s) ** 2
        regression = alpha_t * S**2 / (alpha_t**2 * S**2 + sigma_t**2)
        slope = a * sigma_s**2 / sigma_t**2 + alpha_s * b / sigma_t**2 * regression
        variance = slope**2 * variance + b * sigma_s**2 / sigma_t**2
    return np.sqrt(variance) / S


def test_ddpm_draws_from_the_data(gaussian):
    small = shrunk(200)
    assert 0.97 < small.min() < small.max() < 0.99
    drawn = gaussian.denoise(pictures(100), solver="ddpm", steps=200, seed=1)
    x = (drawn - M) / S / small
    assert x.mean() == pytest.approx(0, abs=0.02)
    assert x.std() == pytest.approx(1, abs=0.01)
    assert x.mean(axis=0) == pytest.approx(np.zeros((28, 28, 1)), abs=0.5)  # 5 standard errors
    halves = np.corrcoef(x[:, :14].ravel(), x[:, 14:].ravel())[0, 1]
    assert halves == pytest.approx(0, abs=0.03)
    assert (x**3).mean() == pytest.approx(0, abs=0.1)
    assert (x**4).mean() == pytest.approx(3, abs=0.2)


def test_ddpm_forgets_its_beginning(gaussian):
    z = pictures(50)
    x = (gaussian.denoise(z, solver="ddpm", steps=50) - M) / S
    assert np.corrcoef(x.ravel(), z.ravel())[0, 1] < 0.1


def test_refine_noises_up_to_its_strength_and_goes_back(gaussian):
    from generative_vision.models.noise import normal_noise

    images, z = fashion()[0][:4], normal_noise(4, 28, 28, 1, seed=3)
    alpha, sigma = circle(0.4)
    x_t = alpha * gaussian.from_images(images) + sigma * z
    x = M + S * (x_t - alpha * M) / np.sqrt(alpha**2 * S**2 + sigma**2)
    refined = gaussian.refine(images, 0.4, seed=3, steps=250)
    assert refined == pytest.approx(gaussian.to_images(x), abs=0.02)


def test_what_is_painted_is_drawn_from_the_data(gaussian):
    mask = np.zeros((28, 28))
    mask[:14] = 1
    grey = np.full((60, 28, 28, 1), -0.43, "float32")
    x = gaussian.from_images(gaussian.inpaint(grey, mask, seed=0, steps=60, repeats=1))
    seen = np.abs(M[:14]) + 2.5 * S[:14] < 0.9 / 0.706  # not clipped
    painted = ((x[:, :14] - M[:14]) / (S * shrunk(60))[:14])[:, seen]
    assert painted.size > 5000
    assert painted.mean() == pytest.approx(0, abs=0.05)
    assert painted.std() == pytest.approx(1, abs=0.04)
