"""Conditions: labels, captions and rows become ones and zeros; what is drawn, what is refused."""

import numpy as np
import pytest

from generative_vision import prompts
from generative_vision.models.conditioning import (
    SIZES,
    encode_condition,
    resolve_condition,
    row_size,
)
from generative_vision.models.noise import normal_noise, stream

KINDS = ["labels", "captions"]


def rows(labels, kind="labels"):
    return np.eye(SIZES[kind], dtype="float32")[labels]


def test_a_row_has_a_number_for_each_class_or_word():
    expected = {None: 0, "labels": 10, "captions": len(prompts.WORDS)}
    assert expected == SIZES


LABELS = [
    [2, 0],
    (2, 0),
    np.array([2, 0], "uint8"),
    np.array([2, 0], "int64"),
    np.array([2.0, 0.0]),
    np.eye(10)[[2, 0]],
    np.eye(10, dtype=bool)[[2, 0]],
    np.eye(16, dtype="int32")[[2, 0]],
    ["a pullover", "t-shirt"],
    np.array(["Pullovers", "t-shirts"]),
    np.array(["pullover", "the t-shirt"], object),
]


@pytest.mark.parametrize("given", LABELS, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_a_class_may_be_said_in_many_ways(kind, given):
    found = encode_condition(kind, given, 2)
    assert found.dtype == np.float32
    assert found.shape == (2, SIZES[kind])
    assert (found == rows([2, 0], kind)).all()


@pytest.mark.parametrize("one", [1, np.int64(1), "a trouser", np.array(1)], ids=repr)
@pytest.mark.parametrize("kind", KINDS)
def test_one_is_for_all(kind, one):
    assert (encode_condition(kind, one, 3) == rows([1, 1, 1], kind)).all()


def test_tensors_are_taken(small_and_exact):
    from keras import ops

    found = encode_condition("labels", ops.convert_to_tensor(np.array([3, 1])), 2)
    assert (found == rows([3, 1])).all()


def test_rows_stay_as_they_are():
    """So that what was encoded once may be encoded again."""
    said = prompts.encode(["a dark wide bag", "bright boots", ""])
    assert (encode_condition("captions", said, 3) == said).all()
    mixed = rows([1, 2]) + rows([5, 6])
    assert (encode_condition("labels", mixed, 2) == mixed).all()


def test_captions_keep_their_words():
    found = encode_condition("captions", ["a dark wide bag", "boots"], 2)
    assert (found == prompts.encode(["dark wide bag", "boot"])).all()


def test_no_condition_is_none():
    assert encode_condition(None, None, 3) is None
    assert resolve_condition(None, None, None, 3, seed=1) is None


# What is drawn


@pytest.mark.parametrize("kind", KINDS)
def test_labels_are_drawn_where_there_are_none(kind):
    drawn = resolve_condition(kind, None, None, 5000, seed=1)
    assert drawn.shape == (5000, SIZES[kind])
    assert (drawn.sum(axis=1) == 1).all()
    assert drawn[:, :10].mean(axis=0) == pytest.approx(np.full(10, 0.1), abs=0.02)
    assert (drawn == resolve_condition(kind, None, None, 5000, seed=1)).all()
    assert (drawn != resolve_condition(kind, None, None, 5000, seed=2)).any()


@pytest.mark.parametrize("labels", [None, 3])
def test_a_whole_number_of_images_may_be_a_float(labels):
    """As ``sample(2.0, seed=1)``, which draws as much noise."""
    expected = resolve_condition("labels", labels, None, 2, seed=1)
    assert (resolve_condition("labels", labels, None, 2.0, seed=1) == expected).all()


def test_labels_drawn_by_a_seed_of_several_numbers_have_a_stream_of_their_own():
    labels = resolve_condition("labels", None, None, 500, seed=[1, 2]).argmax(axis=1)
    assert (labels != np.random.default_rng([1, 2]).integers(10, size=500)).any()


@pytest.mark.parametrize("kind", [np.arange(3), ["labels"], "label", 5.0])
def test_a_kind_that_there_is_not_is_named(kind):
    with pytest.raises(ValueError, match="expected None or 'labels' or 'captions', or how many"):
        row_size(kind)


def test_labels_are_drawn_anew_without_a_seed_as_noise_is():
    drawn = resolve_condition("labels", None, None, 500, seed=None)
    assert (drawn.sum(axis=1) == 1).all()
    assert (drawn != resolve_condition("labels", None, None, 500, seed=None)).any()
    with pytest.raises(ValueError, match="it needs labels"):
        resolve_condition("labels", None, None, 500)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_drawn_where_something_is_asked_for(kind):
    assert (resolve_condition(kind, 3, None, 2, seed=1) == rows([3, 3], kind)).all()
    assert (resolve_condition(kind, [1, 2], None, 2, seed=1) == rows([1, 2], kind)).all()
    assert (resolve_condition(kind, None, "bag", 2, seed=1) == rows([8, 8], kind)).all()
    assert (resolve_condition(kind, None, ["bag", "boot"], 2) == rows([8, 9], kind)).all()


def test_drawn_labels_do_not_follow_the_noise_of_the_same_seed():
    noise = normal_noise(5000, 4, seed=3)
    labels = resolve_condition("labels", None, None, 5000, seed=3).argmax(axis=1)
    flat, on_the_way = noise.ravel()[:5000], stream(3, 1).normal(size=5000)
    for values in (*noise.T, *np.abs(noise.T), flat, np.abs(flat), on_the_way):
        assert abs(np.corrcoef(values, labels)[0, 1]) < 0.05


# What is refused

NUMBERS = "expected whole numbers from 0 to 9"
WRONG = [
    (None, [1, 2], 'built without a condition.*condition="labels" or condition="captions".*Auto'),
    (None, "bag", "built without a condition"),
    ("labels", None, r"needs labels, as in fit\(x, labels\)"),
    ("captions", None, r"needs captions, as in fit\(x, captions\)"),
    ("labels", [1, 2, 3], "3 labels or captions for 2 images"),
    ("labels", [1], "1 labels or captions for 2 images"),
    ("captions", ["bag"], "1 labels or captions for 2 images"),
    ("captions", np.eye(16)[:3], "3 labels or captions for 2 images"),
    ("labels", [0, 10], NUMBERS),
    ("labels", [0, -1], NUMBERS),
    ("labels", 10, NUMBERS),
    ("labels", [0.5, 1], r"labels\[0\] is 0.5: expected whole numbers from 0 to 9"),
    ("labels", [np.nan, 1], NUMBERS),
    ("labels", [True, False], f"dtype bool; {NUMBERS}"),
    ("labels", [[1], [2]], r"shape \(2, 1\); expected \(n,\), or ones and zeros, \(n, 10\)"),
    ("labels", np.eye(9)[:2], r"shape \(2, 9\)"),
    ("labels", np.full((2, 10), 0.5), "ones and zeros"),
    ("labels", np.full((2, 10), np.nan), "ones and zeros"),
    ("labels", np.zeros((2, 10, 1)), r"shape \(2, 10, 1\)"),
    ("labels", ["a dark bag", "bag"], "words for the classes only.*dark, bright"),
    ("labels", np.eye(16)[[10, 11]], "words for the classes only"),
    ("captions", ["bag", "drees"], "'drees' is not known; did you mean 'dress'"),
    ("captions", ["bag", None], "prompt None: expected words"),
]


@pytest.mark.parametrize(("kind", "given", "words"), WRONG)
def test_wrong_conditions_are_named(kind, given, words):
    with pytest.raises(ValueError, match=words):
        encode_condition(kind, given, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_condition_is_said_once(kind):
    with pytest.raises(ValueError, match="labels and prompt both say what to draw"):
        resolve_condition(kind, 3, "bag", 2, seed=1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_condition_is_drawn_for_samples_only(kind):
    with pytest.raises(ValueError, match=f"needs {kind}"):
        resolve_condition(kind, None, None, 2)


def test_labels_do_not_follow_the_noise():
    """Labels and noise of one seed are drawn from streams of their own."""
    from generative_vision.models.noise import normal_noise

    labels = [resolve_condition("labels", None, None, 1, seed=k).argmax() for k in range(400)]
    noise = [normal_noise(1, 1, seed=k)[0, 0] for k in range(400)]
    assert abs(np.corrcoef(labels, noise)[0, 1]) < 0.2
    assert abs(np.corrcoef(labels, np.abs(noise))[0, 1]) < 0.2
