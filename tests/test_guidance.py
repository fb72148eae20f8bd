"""What a conditional model draws, by labels or words, and how much guidance steers it."""

import numpy as np
import pytest
from exact import CLASSES, WORDS, diffusion, network, normal, opinion, pictures, rows, times

from generative_vision.models.conditioning import encode_condition, resolve_condition

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")


@pytest.fixture
def opinionated():
    """A model whose answer to words is known: see ``opinion``."""
    return diffusion("captions", network=network(opinion, WORDS))


def ask(model, words, guidance):
    """The one number that all pixels of each image are, after a single step."""
    given = encode_condition(model.condition, words, len(words))
    x = model.denoise(pictures(len(words)), given, guidance=guidance, steps=1)
    assert np.ptp(x, axis=(1, 2, 3)) == pytest.approx(np.zeros(len(words)), abs=1e-5)
    return x[:, 0, 0, 0]


# Guidance


def test_guide_is_linear():
    from generative_vision.models.samplers import guide

    without, with_ = pictures(2), pictures(2, 1)
    assert guide(without, with_, 0.0) == pytest.approx(without)
    assert guide(without, with_, 1.0) == pytest.approx(with_, abs=1e-6)
    each = np.stack([2 * with_[0] - without[0], (with_[1] + without[1]) / 2])
    assert guide(without, with_, times(2, 0.5)) == pytest.approx(each, abs=1e-5)


@pytest.mark.parametrize("guidance", [0, 0.5, 1, 3])
def test_guidance_weighs_both_predictions(opinionated, guidance):
    x = ask(opinionated, ["pullover", "dress", "shirt"], guidance)
    expected = -(0.2 + guidance * (0.3 + 0.1 * np.array([2, 3, 6])))
    assert x == pytest.approx(expected, abs=1e-5)


def test_own_guide_is_the_one_that_samples():
    model = diffusion(
        "captions",
        network=network(opinion, WORDS),
        guide=lambda without, with_, g: g * (with_ - 3 * without),
    )
    assert ask(model, ["dress"], 2) == pytest.approx([-2 * (0.8 - 0.6)], abs=1e-5)


def test_a_guide_set_after_sampling_is_the_one_that_samples_next(opinionated):
    assert ask(opinionated, ["dress"], 2) == pytest.approx([-(0.2 + 2 * 0.6)], abs=1e-5)
    opinionated.guide = lambda without, with_, g: with_ - g * without
    assert ask(opinionated, ["dress"], 2) == pytest.approx([-(0.8 - 2 * 0.2)], abs=1e-5)
    opinionated.guide = lambda without, with_, g: without
    assert ask(opinionated, ["dress"], 2) == pytest.approx([-0.2], abs=1e-5)


def test_a_guide_set_after_sampling_draws_other_images(captioned):
    def draw():
        return captioned.sample(3, seed=0, steps=2, labels=3, guidance=3)

    first, kept = draw(), captioned.guide
    captioned.guide = lambda without, with_, g: without
    other = draw()
    captioned.guide = kept
    assert np.abs(first - other).max() > 1e-4
    assert (first == draw()).all()


def test_guidance_of_1_is_the_model_as_it_was_trained(captioned):
    """It is computed without the guide, which would change nothing."""
    from functools import partial

    from generative_vision.models.samplers import follow, guided

    z, words, solver = pictures(3), rows(3, 8, 4), captioned.SOLVERS["ddim"]
    times_ = [1.0, 0.5, 0.0]
    plain = follow(partial(captioned.velocity, words=words), solver, z, times_, None)
    by_guide = follow(
        guided(captioned.velocity, words, 1.0, captioned.guide), solver, z, times_, None
    )
    drawn = captioned.denoise(z, words, steps=2, guidance=1)
    assert (drawn == plain).all()
    assert drawn == pytest.approx(by_guide, abs=1e-5)


def test_guidance_of_1_does_not_ask_the_guide(opinionated):
    """The package's own guide would return v_c after a second look; a reader's own is called."""
    sizes = []
    inner = opinionated.velocity
    opinionated.velocity = lambda x, t, words: sizes.append(len(x)) or inner(x, t, words)
    try:
        assert ask(opinionated, ["dress"], 1) == pytest.approx([-0.8], abs=1e-5)
        assert set(sizes) == {1}
        ask(opinionated, ["dress"], 2)
        assert set(sizes) == {1, 2}
    finally:
        del opinionated.velocity
    opinionated.guide = lambda without, with_, guidance: 0 * with_ + 5
    assert ask(opinionated, ["dress"], 1) == pytest.approx([-5], abs=1e-5)


def test_guidance_of_0_hears_nothing_and_of_3_more(captioned):
    z, words = pictures(3), rows(3, 8, 4)
    plain, deaf, loud = (captioned.denoise(z, words, steps=3, guidance=g) for g in (1, 0, 3))
    assert deaf == pytest.approx(captioned.denoise(z, 0 * words, steps=3), abs=1e-5)
    assert np.abs(deaf - plain).max() > 1e-3
    assert np.abs(loud - plain).max() > 0.01


def test_denoise_takes_labels_captions_or_rows(captioned):
    z = pictures(2)
    expected = captioned.denoise(z, rows(3, 8), steps=2)
    for words in ([3, 8], ["dress", "bag"]):
        assert (captioned.denoise(z, words, steps=2) == expected).all()


def test_guided_samples_of_more_than_one_batch(captioned):
    z, words = pictures(600), rows(*np.arange(600) % 10)
    last = captioned.denoise(z[590:], words[590:], steps=2, guidance=3)
    assert captioned.denoise(z, words, steps=2, guidance=3)[590:] == pytest.approx(last, abs=1e-5)


# Labels, captions, prompts


def test_labels_are_captions_of_one_word(captioned):
    def draw(**asked):
        return captioned.sample(2, seed=1, steps=2, **asked)

    three = draw(labels=3)
    assert (three == draw(labels=[3, 3])).all()
    assert (three == draw(prompt="a dress")).all()
    assert (three != draw(prompt="a dark dress")).any()


def test_every_image_has_words_of_its_own(captioned):
    def draw(**asked):
        return captioned.sample(2, seed=1, steps=2, **asked)

    dress, bag = draw(labels=3), draw(labels=8)
    mixed = draw(prompt=["a dress", "a bag"])
    assert (mixed == [dress[0], bag[1]]).all()
    assert (mixed == draw(labels=np.array([3, 8]))).all()


@pytest.mark.parametrize(
    "given",
    [
        [3, 9],
        np.array([3, 9], "uint8"),
        [3.0, 9.0],
        ["dress", "ankle boots"],
        np.array(["a dress", "boot"]),
        rows(3, 9),
        rows(3, 9, size=CLASSES),
    ],
)
@pytest.mark.parametrize(("condition", "size"), [("captions", WORDS), ("labels", CLASSES)])
def test_a_condition_is_rows_of_ones_and_zeros(condition, size, given):
    found = encode_condition(condition, given, 2)
    assert found.dtype == np.float32
    assert found.tolist() == rows(3, 9, size=size).tolist()


def test_one_condition_stands_for_all_images():
    assert encode_condition("captions", 9, 3).tolist() == rows(9, 9, 9).tolist()
    dark_dress = rows(3, 3, 3) + rows(10, 10, 10)
    assert encode_condition("captions", "dark dress", 3).tolist() == dark_dress.tolist()
    assert not encode_condition("captions", "", 1).any()


def test_a_model_of_labels_understands_the_words_for_classes_only():
    bag = encode_condition("labels", "a bag", 1)
    assert bag.tolist() == rows(8, size=CLASSES).tolist()
    with pytest.raises(ValueError, match='the words for the classes only.*condition="captions"'):
        encode_condition("labels", ["a bag", "a dark bag"], 2)


def test_labels_are_drawn_where_none_are_asked_for():
    drawn = resolve_condition("captions", None, None, 2000, seed=1)
    assert (drawn.sum(axis=1) == 1).all()
    assert drawn.mean(axis=0) == pytest.approx([0.1] * 10 + [0] * 6, abs=0.04)
    assert (drawn == resolve_condition("captions", None, None, 2000, seed=1)).all()
    assert (drawn != resolve_condition("captions", None, None, 2000, seed=2)).any()


def test_a_sample_without_words_is_one_of_drawn_labels(captioned):
    few = resolve_condition("captions", None, None, 3, seed=1).argmax(axis=1)
    expected = captioned.sample(3, seed=1, steps=2, labels=few)
    assert (captioned.sample(3, seed=1, steps=2) == expected).all()


def test_a_model_without_condition_is_asked_for_nothing():
    assert encode_condition(None, None, 3) is None
    assert resolve_condition(None, None, None, 3, seed=0) is None


# Words hidden in training


@pytest.mark.parametrize("dropout", [0, 0.1, 0.6])
def test_condition_dropout_hides_all_words_of_some_images(dropout):
    model = diffusion("captions", condition_dropout=dropout)
    words = encode_condition("captions", "a dark wide dress", 4000)
    first, second = (np.asarray(model.hide_some(words)) for _ in range(2))
    hidden = ~first.any(axis=1)
    assert (first[~hidden] == words[~hidden]).all()
    assert hidden.mean() == pytest.approx(dropout, abs=0.03)
    assert (first != second).any() == (dropout > 0)


def test_without_words_there_is_nothing_to_hide():
    assert diffusion(condition_dropout=0.5).hide_some(None) is None


def test_training_hides_words_and_evaluation_does_not():
    from keras import ops

    fake = network(lambda x, t, words: 0 * x + ops.sum(words, axis=1)[:, None, None, None], WORDS)
    target = {"target": lambda x, t, e: 0 * x * t * e}  # so that the loss is the words' number²
    model = diffusion("captions", condition_dropout=0.5, network=fake, **target)
    images, words = normal(2000, 28, 28, 1), encode_condition("captions", 3, 2000)
    assert float(model.compute_loss(images, words, training=False)) == pytest.approx(1)
    assert float(model.compute_loss(images, words)) == pytest.approx(0.5, abs=0.06)
    model.compile()
    dark = np.full((64, 28, 28, 1), -0.5, "float32")
    found = model.evaluate(dark, ["t-shirt"] * 64, verbose=0)
    assert found == pytest.approx(1)
