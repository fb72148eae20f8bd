"""A network that restyles in one pass, and adaptive instance normalisation."""

import keras
import numpy as np
import pytest
from keras import ops

from generative_vision import photos
from generative_vision.models.style_features import random_filters
from generative_vision.models.style_network import StyleNetwork, adain, moments

pytestmark = pytest.mark.usefixtures("seeded")
number = ops.convert_to_numpy


@pytest.fixture(scope="module")
def styles():
    return photos.load("gravel", "hubble", size=32)


@pytest.fixture(scope="module")
def few(small_and_exact):
    return random_filters(channels=2, size=3, levels=2)


@pytest.fixture
def network(styles, few):
    return StyleNetwork(styles, few, width=6)


@pytest.fixture(scope="module")
def cat():
    return photos.load("cat", size=32)


@pytest.fixture
def maps():
    return np.random.default_rng(0).normal(1, 2, (2, 5, 6, 3)).astype("float32")


def test_moments_are_over_places(maps):
    mean, std = (number(m) for m in moments(maps))
    np.testing.assert_allclose(mean[:, 0, 0], maps.mean(axis=(1, 2)), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(std[:, 0, 0], maps.std(axis=(1, 2)), rtol=1e-4)


def test_adain_gives_the_styles_moments(maps):
    style = 3 * maps[:, :4, :3] - 5
    found = moments(adain(maps, style))
    for one, other in zip(found, moments(style)):
        np.testing.assert_allclose(number(one), number(other), rtol=1e-3)


def test_adain_with_itself_changes_nothing(maps):
    np.testing.assert_allclose(number(adain(maps, maps)), maps, atol=1e-4)


def test_adain_of_a_constant_is_finite(maps):
    assert np.isfinite(number(adain(np.zeros_like(maps), maps))).all()


@pytest.mark.parametrize("shape", [(32, 32), (33, 46)])
def test_pictures_of_any_size_keep_it(network, shape):
    image = photos.load("cat", size=64)[:, : shape[0], : shape[1]]
    found = network.restyle(image)
    assert found.shape == image.shape
    assert np.abs(found).max() <= 1


def test_one_call_is_like_the_next(network, cat):
    np.testing.assert_array_equal(network.restyle(cat), network.restyle(cat))


def test_training_lowers_the_loss(styles, few, cat):
    network = StyleNetwork(styles[:1], few, width=6)
    network.compile(optimizer=keras.optimizers.Adam(0.01))
    before = network.evaluate(cat, verbose=0)
    network.fit(np.repeat(cat, 2, axis=0), batch_size=2, epochs=30, verbose=0)
    assert network.evaluate(cat, verbose=0) < 0.7 * before


def test_only_the_network_is_trained(network, cat):
    network.compile(optimizer="adam")
    before = network.features.get_weights()
    network.fit(cat, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, network.features.get_weights()))


def test_styles_differ_once_their_tables_do(network, cat):
    for layer in network.network.layers:
        if hasattr(layer, "shift"):
            layer.shift.assign(np.random.default_rng(0).normal(size=layer.shift.shape))
    first, second = (network.restyle(cat, mix) for mix in ((1, 0), (0, 1)))
    assert not np.allclose(first, second, atol=1e-3)


def test_a_mix_is_in_parts_of_its_sum(network, cat):
    np.testing.assert_array_equal(network.restyle(cat, (1, 3)), network.restyle(cat, (2, 6)))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda n, x: n.restyle(x, (1, 2, 3)), "for each of 2 styles"),
        (lambda n, x: n.restyle(x[0]), r"images\[None\]"),
        (lambda n, x: n.fit(x[..., :1]), "x has shape"),
        (lambda n, x: n.fit(x, [1]), "y would be ignored"),
        (lambda n, x: n.compile(loss="mse"), "compute_loss"),
        (lambda n, x: n.predict(x[..., :1]), "x has shape"),
        (lambda n, x: StyleNetwork(x, n.features, content_layers=(-5,)), r"content_layers=\(-5,\)"),
        (lambda n, x: StyleNetwork(x, n.features, content_layers=()), "expected some of 0 ... 1"),
        (lambda n, x: StyleNetwork(x, n.features, content_weight=-1), "content_weight=-1"),
    ],
)
def test_wrong_input_is_named(network, cat, call, words):
    with pytest.raises(ValueError, match=words):
        call(network, cat)


def test_predictions_are_pictures_of_all_styles(network, cat):
    expected = pytest.approx(network.restyle(cat), abs=1e-5)
    assert network.predict(cat, verbose=0) == expected
    assert network.predict_on_batch(cat) == expected


def test_it_can_be_saved_and_loaded(network, cat, tmp_path):
    network.save(tmp_path / "network.keras")
    again = keras.models.load_model(tmp_path / "network.keras")
    np.testing.assert_allclose(again.restyle(cat), network.restyle(cat), atol=1e-6)
