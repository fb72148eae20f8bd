"""Attacks do what they say, and rings come back from images by inversion."""

from __future__ import annotations

import numpy as np
import pytest

from generative_vision import data, watermark
from generative_vision.models.diffusion import Diffusion
from generative_vision.models.latent_flow import LatentFlow
from generative_vision.models.noise import normal_noise

IMAGES = data.load_fashion_mnist("test")[0][:200]
ATTACKS = {
    "jpeg": lambda images: watermark.jpeg(images, 50),
    "resize": lambda images: watermark.resize(images, 20),
    "crop": lambda images: watermark.crop(images, 2),
    "noise": lambda images: watermark.noisy(images, 0.1),
    "blur": lambda images: watermark.blur(images, 0.7),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_returns_images_in_range(name):
    found = ATTACKS[name](IMAGES[:3])
    assert found.shape == (3, 28, 28, 1)
    assert found.dtype == "float32"
    assert -1 <= found.min() < found.max() <= 1


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_leaves_its_argument_alone(name):
    images = IMAGES[:3].copy()
    ATTACKS[name](images)
    np.testing.assert_array_equal(images, IMAGES[:3])


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_the_same_each_time(name):
    np.testing.assert_array_equal(ATTACKS[name](IMAGES[:3]), ATTACKS[name](IMAGES[:3]))


@pytest.mark.parametrize("mild", [(watermark.noisy, 0), (watermark.blur, 0)])
def test_an_attack_of_no_strength_does_nothing(mild):
    attack, amount = mild
    np.testing.assert_array_equal(attack(IMAGES[:3], amount), IMAGES[:3])


@pytest.mark.parametrize("mild", [(watermark.resize, 28), (watermark.crop, 0)])
def test_an_attack_on_the_size_that_keeps_it_changes_only_rounding(mild):
    attack, amount = mild
    np.testing.assert_allclose(attack(IMAGES[:3], amount), IMAGES[:3], atol=1e-6)


def test_less_quality_is_farther_from_the_image():
    errors = [np.square(watermark.jpeg(IMAGES, q) - IMAGES).mean() for q in (90, 50, 10)]
    assert errors == sorted(errors)


def test_noise_has_its_deviation():
    grey = np.zeros((50, 28, 28, 1), "float32") - 0.1
    assert (watermark.noisy(grey, 0.2) - grey).std() == pytest.approx(0.2, rel=0.02)


def test_a_blur_spreads_a_point_as_a_bell():
    point = np.full((1, 28, 28, 1), -1.0, "float32")
    point[0, 14, 14] = 1.0
    row = watermark.blur(point, 1.0)[0, 14, :, 0] + 1
    assert row[15] / row[14] == pytest.approx(np.exp(-0.5), rel=1e-3)


def test_a_blur_leaves_a_flat_image_flat():
    flat = np.full((1, 28, 28, 1), -0.3, "float32")
    np.testing.assert_allclose(watermark.blur(flat, 1.5), flat, atol=1e-6)


def test_many_marked_images_give_the_mark_away():
    marked = watermark.embed(IMAGES, 6, 0.1)
    found = watermark.average(marked).ravel()
    own = watermark.residual(0.1 * watermark.pattern(6)[None]).ravel()
    assert np.corrcoef(found, own)[0, 1] > 0.7


def test_a_stolen_mark_is_believed():
    stolen = watermark.average(watermark.embed(IMAGES, 6, 0.1))
    others = data.load_fashion_mnist("train")[0][:50]
    scores = watermark.score(watermark.forge(others, stolen, 2.0), 6)
    assert np.median(scores) > watermark.threshold(1e-3)


@pytest.mark.parametrize(
    ("attack", "amount"),
    [
        (watermark.jpeg, 0),
        (watermark.resize, 0),
        (watermark.crop, 14),
        (watermark.noisy, -1),
        (watermark.blur, -1),
    ],
)
def test_an_impossible_strength_is_refused(attack, amount):
    with pytest.raises(ValueError, match="expected"):
        attack(IMAGES[:1], amount)


# Inversion: of a model whose velocity is known


class Still(Diffusion):
    """A denoiser whose velocity is 0: x_t turns by the angle between the times alone."""

    def velocity(self, x_t, t, words=None):
        return 0 * x_t


def test_inversion_of_a_known_velocity_is_its_closed_form():
    model = Still(width=4)
    noise = watermark.invert(model, IMAGES[:2], steps=4)
    expected = model.from_images(IMAGES[:2]) * np.cos(np.pi / 8) ** 4
    np.testing.assert_allclose(noise, expected, rtol=1e-5)


def test_a_flow_comes_back_to_its_codes():
    """Untrained, its velocity is smooth: Heun's steps there and back nearly cancel."""
    model = LatentFlow(width=16, depth=1, latent_dim=8)
    codes = normal_noise(4, 8, seed=0)
    back = model.denoise(codes, steps=20)
    model.from_images = lambda x: x
    np.testing.assert_allclose(watermark.invert(model, back, steps=20), codes, atol=0.02)


def test_inversion_is_the_same_each_time():
    model = Diffusion(width=4)
    first, again = (watermark.invert(model, IMAGES[:2], steps=2) for _ in range(2))
    np.testing.assert_array_equal(first, again)
