"""Marks against closed forms: scores over keys, coins of a message, rings in white noise."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from exact import diffusion
from scipy import stats

from generative_vision import data, watermark
from generative_vision.models.noise import normal_noise
from generative_vision.models.pca import PCAGaussian

IMAGES = data.load_fashion_mnist("test")[0][:60]
KEYS = range(1000)


def uniform_images(n=40, seed=0):
    """Pixels far from black and white, so that nothing is clipped."""
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (n, 28, 28, 1)).astype("float32")


# Additive patterns


def test_a_pattern_is_standard_normal():
    pixels = np.concatenate([watermark.pattern(key).ravel() for key in range(30)])
    assert stats.kstest(pixels, "norm").pvalue > 0.01


def test_a_key_gives_one_pattern():
    np.testing.assert_array_equal(watermark.pattern(3), watermark.pattern(3))


def test_two_keys_share_nothing():
    one, other = (watermark.pattern(key).ravel() for key in (3, 4))
    assert abs(np.corrcoef(one, other)[0, 1]) < 4 / np.sqrt(784)


def test_a_pattern_is_not_the_noise_that_samples_begin_with():
    noise = normal_noise(1, 28, 28, 1, seed=3)
    assert abs(np.corrcoef(watermark.pattern(3).ravel(), noise.ravel())[0, 1]) < 4 / np.sqrt(784)


@pytest.mark.parametrize("image", [0, 7])
def test_the_score_of_an_unmarked_image_is_standard_normal_over_keys(image):
    scores = [watermark.score(IMAGES[image : image + 1], key)[0] for key in KEYS]
    assert stats.kstest(scores, "norm").pvalue > 0.01


def test_a_score_is_the_product_by_its_definition():
    r = watermark.residual(IMAGES[:1].astype("float64")).ravel()
    w = watermark.pattern(5).astype("float64").ravel()
    np.testing.assert_allclose(watermark.score(IMAGES[:1], 5), r @ w / np.linalg.norm(r))


def test_an_image_without_detail_scores_nothing():
    flat = np.full((1, 28, 28, 1), -0.5, "float32")
    assert watermark.score(flat, 0) == [0.0]


def test_the_residual_is_the_definition():
    image = uniform_images(1)
    around = image[0, 4:7, 9:12, 0].mean()
    assert watermark.residual(image)[0, 5, 10, 0] == pytest.approx(image[0, 5, 10, 0] - around)


def test_a_slope_leaves_no_residual_inside():
    slope = np.add.outer(np.arange(28), 2 * np.arange(28))[None, ..., None] / 100 - 0.5
    np.testing.assert_allclose(watermark.residual(slope)[:, 1:-1, 1:-1], 0, atol=1e-12)


@pytest.mark.parametrize("strength", [0.02, 0.1])
def test_the_score_of_a_mark_is_the_expected_one(strength):
    images = uniform_images()
    found = [watermark.score(watermark.embed(images, key, strength), key) for key in range(20)]
    expected = watermark.expected_score(images, strength).mean()
    assert np.mean(found) == pytest.approx(expected, rel=0.03, abs=0.1)


def test_the_strength_is_the_marks_deviation():
    images = uniform_images()
    assert (watermark.embed(images, 1, 0.05) - images).std() == pytest.approx(0.05, rel=0.05)


def test_no_strength_changes_nothing():
    np.testing.assert_array_equal(watermark.embed(IMAGES, 1, 0.0), IMAGES)


def test_marked_images_stay_in_range():
    marked = watermark.embed(IMAGES, 1, 3.0)
    assert -1 <= marked.min() < marked.max() <= 1


@pytest.mark.parametrize("z", [-1.0, 0.0, 2.0, 9.0])
def test_the_p_value_is_the_normal_tail(z):
    assert watermark.p_value(z) == pytest.approx(stats.norm.sf(z), rel=1e-9)


def test_p_values_of_many_scores_are_theirs():
    z = np.array([0.5, 3.0])
    np.testing.assert_allclose(watermark.p_value(z), stats.norm.sf(z))


@pytest.mark.parametrize("rate", [1e-6, 0.01, 0.5])
def test_the_threshold_has_its_false_alarm_rate(rate):
    assert watermark.p_value(watermark.threshold(rate)) == pytest.approx(rate)


# Messages


def test_a_message_is_read():
    bits = np.array([1, 0, 0, 1])
    marked = watermark.embed_message(uniform_images(), bits, 2, strength=0.2)
    assert (watermark.read_message(marked, 2, 4) == bits).all()


def test_each_image_carries_its_own_message():
    bits = np.random.default_rng(1).integers(2, size=(40, 4))
    marked = watermark.embed_message(uniform_images(), bits, 2, strength=0.2)
    np.testing.assert_array_equal(watermark.read_message(marked, 2, 4), bits)


def test_the_strength_of_a_message_does_not_grow_with_its_bits():
    images, spread = uniform_images(), []
    for k in (1, 16):
        marked = watermark.embed_message(images, np.ones(k, int), 2, strength=0.05)
        spread.append((marked - images).std())
    assert spread[1] == pytest.approx(spread[0], rel=0.1)


def test_bits_of_an_unmarked_image_are_fair_coins_over_keys():
    matches = [watermark.read_message(IMAGES[:1], key, 8).sum() for key in KEYS]
    expected = [1000 * comb(8, i) / 2**8 for i in range(9)]
    counts = np.bincount(matches, minlength=9)
    assert stats.chisquare(counts, expected).pvalue > 0.01


@pytest.mark.parametrize(("matches", "n_bits"), [(0, 8), (6, 8), (8, 8), (20, 32)])
def test_the_p_value_of_a_message_is_the_binomial_tail(matches, n_bits):
    expected = stats.binom.sf(matches - 1, n_bits, 0.5)
    assert watermark.matches_p_value(matches, n_bits) == pytest.approx(expected)


# Rings


KEY = watermark.ring_key(3)


def test_marked_noise_carries_the_key():
    noise = normal_noise(5, 28, 28, 1, seed=0)
    np.testing.assert_allclose(
        watermark.ring_distance(watermark.mark_noise(noise, KEY), KEY), 0, atol=1e-10
    )


def test_outside_the_rings_noise_stays_as_it_was():
    noise = normal_noise(2, 28, 28, 1, seed=0)
    before, after = (
        np.fft.fft2(one[..., 0], norm="ortho")[:, ~KEY.mask]
        for one in (noise, watermark.mark_noise(noise, KEY))
    )
    np.testing.assert_allclose(after, before, atol=1e-5)


def test_marking_twice_is_marking_once():
    once = watermark.mark_noise(normal_noise(2, 28, 28, 1, seed=0), KEY)
    np.testing.assert_allclose(watermark.mark_noise(once, KEY), once, atol=1e-5)


def test_marked_noise_has_about_the_variance_of_noise():
    marked = watermark.mark_noise(normal_noise(200, 28, 28, 1, seed=0), KEY)
    assert marked.var() == pytest.approx(1, abs=0.02)


def test_half_of_the_rings_bins_count():
    assert 2 * KEY.counted.sum() == KEY.mask.sum()


def test_no_counted_bin_is_the_mirror_of_another():
    mirrored = np.roll(KEY.counted[::-1, ::-1], 1, axis=(0, 1))
    assert not (KEY.counted & mirrored).any()


def test_the_distance_of_white_noise_is_chi_squared():
    m = KEY.counted.sum()
    distances = watermark.ring_distance(normal_noise(1000, 28, 28, 1, seed=0), KEY)
    assert stats.kstest(2 * m * distances, stats.ncx2(2 * m, 2 * m).cdf).pvalue > 0.01


def test_an_empirical_p_value_counts_the_nearer_ones():
    null = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(watermark.ring_p_value([0.5, 2.0, 9.0], null), [0.25, 0.75, 1])


def test_empirical_p_values_of_the_null_are_uniform():
    distances = np.random.default_rng(0).normal(size=(2, 2000))
    assert stats.kstest(watermark.ring_p_value(*distances), "uniform").pvalue > 0.01


# What is refused


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: watermark.pattern(-1), "key=-1"),
        (lambda: watermark.pattern(True), "key=True"),
        (lambda: watermark.pattern(1, 0), "one pattern"),
        (lambda: watermark.embed(IMAGES, 1, -0.1), "strength=-0.1"),
        (lambda: watermark.embed(IMAGES[..., 0], 1), "shape"),
        (lambda: watermark.threshold(0.0), "above 0"),
        (lambda: watermark.embed_message(IMAGES, [0, 2], 1), "zeros and ones"),
        (lambda: watermark.embed_message(IMAGES, np.ones((3, 2), int), 1), "3 messages"),
        (lambda: watermark.matches_p_value(9, 8), "matches=9"),
        (lambda: watermark.ring_key(1, outer=14), "outer=14"),
        (lambda: watermark.ring_key(-2), "key=-2"),
        (lambda: watermark.mark_noise(np.zeros((1, 28, 28)), KEY), "shape"),
        (lambda: watermark.ring_p_value(1.0, np.array([np.nan])), "finite"),
    ],
)
def test_bad_input_is_refused_in_words(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_inversion_refuses_what_is_no_number_of_steps(small_and_exact):
    with pytest.raises(ValueError, match="steps=0: expected a whole number"):
        watermark.invert(diffusion(), IMAGES[:2], steps=0)


def test_a_mark_survives_in_samples_of_a_model():
    """Any generator's images can be marked: nothing of the model is used."""
    samples = PCAGaussian(32).fit(IMAGES).sample(50, seed=0)
    scores = watermark.score(watermark.embed(samples, 4, 0.1), 4)
    assert (scores > watermark.threshold(0.01)).all()
