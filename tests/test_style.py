"""Style: Gram matrices, losses, and images that are optimised to have the statistics of another."""

import keras
import numpy as np
import pytest
from keras import ops

from generative_vision import photos
from generative_vision.models.style import (
    Style,
    StyledImage,
    content_loss,
    gram,
    style_loss,
    stylize,
    texture,
    total_variation,
    validate_mix,
)
from generative_vision.models.style_features import random_filters

pytestmark = pytest.mark.usefixtures("seeded")
number = ops.convert_to_numpy


@pytest.fixture(scope="module")
def few(small_and_exact):
    """A small network of features."""
    return random_filters(channels=4, size=3, levels=2)


@pytest.fixture
def maps():
    return np.random.default_rng(0).normal(size=(2, 5, 6, 3)).astype("float32")


@pytest.fixture(scope="module")
def gravel():
    return photos.load("gravel", size=32)


@pytest.fixture(scope="module")
def cat():
    return photos.load("cat", size=40)[:, :36]


def test_a_gram_matrix_is_the_mean_product_of_two_channels(maps):
    wanted = np.einsum("nhwc,nhwd->ncd", maps, maps) / 30
    np.testing.assert_allclose(number(gram(maps)), wanted, rtol=1e-4, atol=1e-6)


def test_shuffled_places_have_the_same_gram_matrix(maps):
    order = np.random.default_rng(1).permutation(30)
    shuffled = maps.reshape(2, 30, 3)[:, order].reshape(maps.shape)
    np.testing.assert_allclose(number(gram(shuffled)), number(gram(maps)), rtol=1e-4, atol=1e-6)


def test_the_distance_of_gram_matrices_is_a_maximum_mean_discrepancy():
    x, y = np.random.default_rng(0).normal(size=(2, 1, 4, 4, 3)).astype("float32")

    def kernel(a, b):
        return (a.reshape(16, 3) @ b.reshape(16, 3).T) ** 2

    wanted = kernel(x, x).mean() - 2 * kernel(x, y).mean() + kernel(y, y).mean()
    found = ((number(gram(x)) - number(gram(y))) ** 2).sum()
    np.testing.assert_allclose(found, wanted, rtol=1e-3)


def test_a_style_loss_is_the_mean_over_layers():
    pair = [np.zeros((1, 2, 2)), np.zeros((1, 3, 3))]
    assert float(style_loss([pair[0] + 1, pair[1] + 2], pair)) == pytest.approx(2.5)


@pytest.mark.parametrize(("factor", "wanted"), [(1.0, 0.0), (0.0, 1.0), (3.0, 4.0)])
def test_a_content_loss_is_relative(maps, factor, wanted):
    assert float(content_loss([factor * maps], [maps])) == pytest.approx(wanted, abs=1e-5)


def test_total_variation_of_a_ramp_is_its_slopes():
    y, x = np.mgrid[:6, :8].astype("float32")
    ramp = np.repeat((0.1 * x - 0.2 * y)[None, ..., None], 3, axis=-1)
    assert float(total_variation(ramp)) == pytest.approx(0.3, abs=1e-5)


def test_a_style_is_at_no_distance_from_itself(few, gravel):
    assert Style(gravel, few).distance(gravel) == pytest.approx([0.0], abs=1e-8)


def test_a_style_knows_itself_from_another_photograph(few, gravel):
    other = photos.load("hubble", size=32)
    both = Style(gravel, few).distance(np.concatenate([gravel, other]))
    assert both[0] < both[1]


def test_the_distance_of_a_larger_piece_of_the_same_texture_is_small(few):
    large, other = photos.load("gravel", "hubble", size=96)
    style = Style(large[None, :48, :48], few)
    pieces = style.distance(np.stack([large, other]))
    assert pieces[0] < 0.2 * pieces[1]


def test_a_channel_of_the_style_has_a_mean_square_near_one(few, gravel):
    maps = Style(gravel, few).maps(gravel)
    squares = np.concatenate([number(ops.mean(ops.square(m), axis=(0, 1, 2))) for m in maps])
    assert 0.2 < squares.mean() <= 1


def test_a_mix_of_one_style_is_that_style(few, gravel):
    both = np.concatenate([gravel, photos.load("hubble", size=32)])
    np.testing.assert_allclose(
        Style(both, few, mix=[1, 0]).distance(both),
        Style(gravel, few).distance(both),
        rtol=1e-4,
        atol=1e-6,  # of one style to itself it is 0, but for rounding
    )


def test_an_even_mix_has_the_mean_gram_matrix(few, gravel):
    both = np.concatenate([gravel, photos.load("hubble", size=32)])
    style = Style(both, few)
    for wanted, each in zip(style.wanted, style.each):
        np.testing.assert_allclose(number(wanted)[0], number(each).mean(axis=0), rtol=1e-4)


@pytest.mark.parametrize("mix", [[1], [1, -1], [0, 0], [1, np.nan], [[1, 1]]])
def test_a_mix_that_is_none_is_named(mix):
    with pytest.raises(ValueError, match="expected a weight for each of 2 styles"):
        validate_mix(mix, 2)


def test_weights_of_a_mix_become_parts_of_one():
    np.testing.assert_allclose(validate_mix([3, 1], 2), [0.75, 0.25])


def test_an_image_keeps_its_size_and_range(few, gravel, cat):
    found = stylize(cat, gravel, features=few, steps=2)
    assert found.shape == cat.shape
    assert found.dtype == np.float32
    assert np.abs(found).max() <= 1


@pytest.mark.parametrize(("height", "width"), [(33, 47), (32, 64)])
def test_any_size_is_restyled(gravel, height, width):
    content = photos.load("cat", size=64)[:, :height, :width]
    assert stylize(content, gravel, steps=1).shape == content.shape


def test_steps_bring_the_style_nearer(few, gravel, cat):
    style = Style(gravel, few)
    near, far = (stylize(cat, gravel, features=few, content_weight=0, steps=n) for n in (30, 1))
    assert style.distance(near) < 0.2 * style.distance(far)


def test_content_weight_keeps_the_places(few, gravel, cat):
    def off(image):
        kept = Style(gravel, few)
        return float(content_loss(kept.maps(image)[-1:], kept.maps(cat)[-1:]))

    kept, free = (
        stylize(cat, gravel, features=few, content_weight=w, content_layers=(-1,), steps=20)
        for w in (1.0, 0.0)
    )
    assert off(kept) < 0.5 * off(free)


def test_smoothness_lowers_the_total_variation(few, gravel, cat):
    rough, smooth = (stylize(cat, gravel, features=few, smoothness=s, steps=20) for s in (0.0, 1.0))
    assert float(total_variation(smooth)) < float(total_variation(rough))


def test_one_seed_gives_one_image(few, gravel, cat):
    first, again, other = (
        stylize(cat, gravel, features=few, steps=3, seed=seed) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_start_is_where_it_begins(few, gravel, cat):
    model = StyledImage(cat, Style(gravel, few))
    np.testing.assert_array_equal(number(model.image), cat)


def test_a_statistic_of_ones_own_is_matched(few, gravel):
    def mean(maps):
        return ops.mean(maps, axis=(1, 2))

    bright = np.full_like(gravel, 0.5)
    assert Style(bright, few, mean).wanted[0].shape == (1, 11)


def test_features_of_ones_own_may_compute_in_16_bits(gravel):
    image = keras.Input((None, None, 3))
    features = keras.Model(image, keras.layers.Conv2D(3, 3, dtype="mixed_bfloat16")(image))
    assert features(gravel).dtype != "float32"
    assert texture(gravel, size=32, steps=1, features=features).dtype == "float32"


def test_textures_are_as_many_and_as_large_as_asked_for(few, gravel):
    drawn = texture(gravel, 2, size=48, features=few, steps=2)
    assert drawn.shape == (2, 48, 48, 3)
    assert not np.array_equal(drawn[0], drawn[1])


def test_another_optimizer_moves_the_image(few, gravel, cat):
    adam = keras.optimizers.Adam(0.05)
    still = stylize(cat, gravel, features=few, steps=1, start=cat, optimizer=adam)
    assert np.abs(still - cat).max() == pytest.approx(0.05, rel=1e-2)


class Stop(keras.callbacks.Callback):
    """Interrupts after so many steps, as the notebook's button does."""

    def __init__(self, after):
        super().__init__()
        self.after = after

    def on_train_batch_begin(self, batch, logs=None):
        if batch == self.after:
            raise KeyboardInterrupt


def test_an_interrupted_run_returns_the_image_it_has_reached(few, gravel, cat, capsys):
    options = {"features": few, "callbacks": [Stop(3)]}
    found = stylize(cat, gravel, steps=10, **options)
    np.testing.assert_array_equal(found, stylize(cat, gravel, steps=3, features=few))
    assert "the image after 3 of 10 steps" in capsys.readouterr().out


def test_a_run_interrupted_at_once_returns_its_start(few, gravel, cat, capsys):
    found = stylize(cat, gravel, start=cat, features=few, steps=5, callbacks=[Stop(0)])
    np.testing.assert_array_equal(found, cat)
    assert "after 0 of 5 steps" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"content_weight": -1}, "content_weight=-1"),
        ({"smoothness": float("nan")}, "smoothness=nan"),
        ({"steps": 0}, "steps=0: expected a whole number, 1 or more"),
        ({"steps": 2.5}, r"steps=2\.5"),
        ({"content_layers": (2,)}, r"content_layers=\(2,\): expected some of 0 \.\.\. 1"),
        ({"content_layers": ()}, r"content_layers=\(\)"),
        ({"mix": [1, 2]}, "for each of 1 styles"),
        ({"start": np.zeros((1, 32, 32, 3))}, "start has shape"),
        ({"start": np.zeros((36, 40, 3))}, r"start has shape .*images\[None\]"),
    ],
)
def test_options_that_are_wrong_are_named(few, gravel, cat, options, words):
    with pytest.raises(ValueError, match=words):
        stylize(cat, gravel, features=few, **options)


def test_which_image_is_wrong_is_said(few, gravel, cat):
    with pytest.raises(ValueError, match="content has shape"):
        stylize(cat[0], gravel, features=few)
    with pytest.raises(ValueError, match="style has dtype"):
        stylize(cat, gravel.astype("int32"), features=few)
