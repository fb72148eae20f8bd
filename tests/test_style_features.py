"""Features for style: random filters, a random network, and the course's own networks."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from generative_vision import photos
from generative_vision.models.style_features import (
    random_filters,
    random_network,
    trained_features,
)

pytestmark = pytest.mark.usefixtures("seeded")
number = ops.convert_to_numpy


@pytest.fixture(scope="module")
def cat():
    return photos.load("cat", size=40)


def kernels(model):
    return [w for w in model.get_weights() if w.ndim == 4]


def test_a_level_is_half_as_large_and_holds_the_next(cat):
    shapes = [m.shape for m in random_filters(channels=5, levels=3)(cat)]
    assert shapes == [(1, 40, 40, 13), (1, 20, 20, 13), (1, 10, 10, 8)]


def test_apart_a_level_holds_itself_only(cat):
    shapes = [m.shape for m in random_filters(channels=5, levels=2, together=False)(cat)]
    assert shapes == [(1, 40, 40, 8), (1, 20, 20, 8)]


def test_odd_sides_lose_what_the_coarser_level_does_not_cover():
    shapes = [m.shape for m in random_filters(channels=2, levels=2)(np.zeros((1, 41, 50, 3)))]
    assert shapes == [(1, 40, 50, 7), (1, 20, 25, 5)]


def test_a_map_begins_with_the_image_itself(cat):
    found = random_filters(channels=2, levels=2)(cat)
    np.testing.assert_allclose(number(found[0])[..., :3], cat, atol=1e-6)
    half = cat.reshape(1, 20, 2, 20, 2, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(number(found[1])[..., :3], half, atol=1e-5)


def test_a_level_holds_each_coarser_answer_four_times(cat):
    fine, coarse = (number(m) for m in random_filters(channels=2, levels=2)(cat))
    np.testing.assert_array_equal(fine[:, ::2, ::2, 5:], coarse[..., 3:])
    np.testing.assert_array_equal(fine[:, 1::2, 1::2, 5:], coarse[..., 3:])


def test_filters_sum_to_nothing_and_have_length_one():
    for w in kernels(random_filters(channels=10)):
        np.testing.assert_allclose(w.sum(axis=(0, 1)), 0, atol=1e-5)
        np.testing.assert_allclose((w**2).sum(axis=(0, 1, 2)), 1, rtol=1e-5)


def test_a_constant_image_has_no_answers():
    found = number(random_filters(channels=4, levels=1)(np.full((1, 32, 32, 3), 0.7))[0])
    np.testing.assert_allclose(found[..., 3:], 0, atol=1e-5)


@pytest.mark.parametrize("make", [random_filters, random_network])
def test_a_seed_fixes_the_weights(make):
    first, again, other = (make(seed).get_weights() for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(first, again))
    assert not np.array_equal(first[0], other[0])


def test_no_weight_is_trained():
    assert not random_filters(channels=2).trainable_variables


@pytest.mark.parametrize("options", [{"size": 4}, {"channels": 0}, {"levels": 0}])
def test_impossible_filters_are_named(options):
    name, value = next(iter(options.items()))
    with pytest.raises(ValueError, match=f"{name}={value}"):
        random_filters(**options)


def test_a_deep_network_halves_after_each_layer(cat):
    shapes = [m.shape for m in random_network(widths=(3, 4, 5))(cat)]
    assert shapes == [(1, 40, 40, 3), (1, 20, 20, 4), (1, 10, 10, 5)]


@pytest.fixture
def body():
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(2, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(3, 3, padding="same"),
            layers.Flatten(),
            layers.Dense(4),
        ]
    )


def test_a_trained_network_gives_its_convolutions_at_any_size(body, cat):
    shapes = [m.shape for m in trained_features(body)(cat)]
    assert shapes == [(1, 40, 40, 2), (1, 20, 20, 3)]


def test_its_weights_and_not_copies_are_used(body):
    image = np.random.default_rng(0).normal(size=(1, 28, 28, 1)).astype("float32")
    found = trained_features(body)(np.repeat(image, 3, axis=-1))[0]
    np.testing.assert_allclose(number(found), number(body.layers[0](image)), atol=1e-5)


def test_a_network_without_convolutions_is_refused():
    flat = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten()])
    with pytest.raises(ValueError, match="no convolution"):
        trained_features(flat)


def test_random_filters_can_be_saved_and_loaded(tmp_path, cat):
    model = random_filters(channels=3, levels=2)
    model.save(tmp_path / "filters.keras")
    again = keras.models.load_model(tmp_path / "filters.keras")
    for found, wanted in zip(again(cat), model(cat)):
        np.testing.assert_array_equal(number(found), number(wanted))
