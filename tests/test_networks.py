"""The networks that learn a velocity: they use all their inputs, and begin as they should."""

import numpy as np
import pytest
from exact import CLASSES, WORDS, bend, column, normal, pictures, rows

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")


def test_unet_begins_with_v_0():
    from generative_vision.models.networks import unet

    v = unet(4)([pictures(2), column(0.2, 0.5)])
    assert v.shape == (2, 28, 28, 1)
    assert not np.asarray(v).any()


def test_words_of_a_layout_begin_as_large_as_the_times_sines():
    from generative_vision.models.networks import unet

    network = unet(4, "labels", layout=True)
    kernels = [layer.kernel for layer in network.layers if hasattr(layer, "kernel")]
    (vectors,) = [kernel for kernel in kernels if tuple(kernel.shape) == (CLASSES, 64)]
    assert 0.9 < np.std(vectors) < 1.1


def test_a_layout_adds_a_picture_of_time_and_words_alone():
    import keras

    from generative_vision.models.networks import unet

    network = unet(4, "labels", layout=True)
    add = next(layer for layer in network.layers if isinstance(layer, keras.layers.Add))
    before, _ = add.input
    picture = keras.Model(network.inputs, add.output - before)
    x, t, words = pictures(2), column(0.5, 0.5), rows(1, 2, size=CLASSES)
    shown = np.asarray(picture([x, t, words]))
    np.testing.assert_allclose(picture([x[::-1].copy(), t, words]), shown, atol=1e-6)
    assert np.ptp(shown, axis=(1, 2)).min() > 1e-3  # another number at each place
    for other in ([x, t + 0.1, words], [x, t, words[::-1].copy()]):
        assert np.abs(picture(other) - shown).max() > 1e-3


def test_a_layout_is_kept_with_the_model():
    from generative_vision.models.diffusion import Diffusion

    model = Diffusion(width=4, layout=True)
    assert Diffusion.from_config(model.get_config()).layout


@pytest.fixture(scope="module")
def bent(small_and_exact):
    """A U-Net with random weights in all its layers."""
    from generative_vision.models.diffusion import Diffusion

    return bend(Diffusion(condition="labels", width=4), 0.2).network


def test_unet_looks_at_all_it_is_told(bent):
    x, t, words = pictures(2), column(0.5, 0.5), rows(1, 2, size=CLASSES)
    v = np.asarray(bent([x, t, words]))
    for other in ([x, t + 0.1, words], [x, t, words[::-1].copy()], [x[::-1].copy(), t, words]):
        assert np.abs(v - bent(other)).max() > 1e-3


def test_unet_sees_a_corner_from_the_other_one(bent):
    """The way through 7x7 leads there."""
    x, t, words = pictures(2), column(0.5, 0.5), rows(1, 2, size=CLASSES)
    far = x.copy()
    far[:, 0, 0] += 1
    assert np.abs(bent([x, t, words]) - bent([far, t, words]))[:, 24:].max() > 1e-5


def test_unet_computes_each_image_by_itself(bent):
    x, t, words = pictures(2), column(0.2, 0.9), rows(1, 2, size=CLASSES)
    alone = np.asarray(bent([x[:1], t[:1], words[:1]]))
    near = 1e-5 * np.abs(alone).max()  # single precision, of numbers in the hundreds
    assert np.asarray(bent([x, t, words]))[:1] == pytest.approx(alone, abs=near)


def test_scale_is_the_formula():
    from generative_vision.models.networks import Scale

    h = pictures(2)[:, :3, :4] * np.ones(5, "float32")
    e = np.array([[1, 2], [-1, 0.5]], "float32")
    scale = Scale()
    assert np.asarray(scale(h, e)) == pytest.approx(h)  # it begins as the identity
    w, c = np.random.default_rng(0).normal(size=(2, 10)), np.linspace(-1, 1, 10)
    scale.dense.set_weights([w, c])
    a, b = np.split((e @ w + c)[:, None, None, :], 2, axis=-1)
    assert np.asarray(scale(h, e)) == pytest.approx(h * (1 + a) + b, abs=1e-5)


def test_block_begins_as_the_identity():
    import keras

    from generative_vision.models.networks import block

    h, e = keras.Input((7, 7, 3)), keras.Input((2,))
    x = normal(2, 7, 7, 3)
    untouched = keras.Model([h, e], block(h, e, 3))([x, normal(2, 2)])
    assert np.asarray(untouched) == pytest.approx(x)


def test_time_features_are_sines_and_cosines_of_doubled_angles():
    from generative_vision.models.networks import time_features

    t = column(0, 0.3, 1)
    features = np.asarray(time_features(t))
    angles = np.pi * t.astype("float64") * [0.5, 1, 2, 4, 8, 16, 32, 64]
    assert features[:, :8] == pytest.approx(np.sin(angles), abs=1e-4)
    assert features[:, 8:] == pytest.approx(np.cos(angles), abs=1e-4)


def test_time_features_tell_all_times_apart():
    from generative_vision.models.networks import time_features

    t = np.linspace(0, 1, 501, dtype="float32").reshape(-1, 1, 1, 1)
    features = np.asarray(time_features(t))
    apart = np.linalg.norm(features[:, None] - features, axis=2) + 9 * np.eye(501)
    assert features.shape == (501, 16)
    assert apart.min() > 0.05


@pytest.mark.parametrize("depth", [1, 3])
def test_mlp_looks_at_all_it_is_told(depth):
    from generative_vision.models.latent_flow import mlp

    x, t, words = normal(2, 4), column(0.2, 0.5), rows(1, 2, size=WORDS)
    net = mlp(4, width=8, depth=depth, condition="captions")
    v = np.asarray(net([x, t, words]))
    assert v.shape == (2, 4)
    for other in ([x[::-1], t, words], [x, t[::-1], words], [x, t, words[::-1]]):
        assert np.abs(v - net([part.copy() for part in other])).max() > 1e-4


@pytest.mark.parametrize(("condition", "size"), [("labels", CLASSES), ("captions", WORDS)])
def test_words_cost_two_layers_more(condition, size):
    from generative_vision.models.latent_flow import mlp

    plain, conditional = mlp(4, width=8), mlp(4, width=8, condition=condition)
    assert conditional.input_shape == [(None, 4), (None, 1), (None, size)]
    assert len(conditional.trainable_weights) == len(plain.trainable_weights) + 4
