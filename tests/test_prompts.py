"""Captions and prompts: what is measured, levels, captions of the data, words read back."""

import re

import numpy as np
import pytest

from generative_vision import data, prompts


@pytest.fixture(scope="module")
def train():
    return data.load_fashion_mnist("train")


@pytest.fixture(scope="module")
def images():
    return data.load_fashion_mnist("test")[0][:2000]


@pytest.fixture(scope="module")
def labels():
    return data.load_fashion_mnist("test")[1][:2000]


def pictures(*patches):
    """Black pictures, each with one patch of grey levels put at row 3, column 5."""
    made = np.full((len(patches), 28, 28, 1), -1.0, "float32")
    for picture, patch in zip(made, map(np.asarray, patches), strict=True):
        picture[3 : 3 + patch.shape[0], 5 : 5 + patch.shape[1], 0] = patch
    return made


LEVELS = [level for level, *_ in prompts.MEASURED]
HIGH = [high for _, high, *_ in prompts.MEASURED]


# What is measured


def test_brightness_is_the_mean_of_the_objects_pixels():
    bright = prompts.brightness(
        pictures(
            [[0.5, 0.5], [0.5, 0.5]],
            [[1.0, 0.0, -0.5]],
            [[0.2, -0.85, 0.4]],
            np.full((20, 20), 0.25),
        )
    )
    assert bright == pytest.approx([0.5, 0.5 / 3, 0.3, 0.25], abs=1e-6)


def test_width_is_the_mean_over_the_rows_with_an_object():
    wide = prompts.width(
        pictures(
            np.ones((4, 6)),
            [[1, 1, 1], [1, -1, -1], [-1, -1, -1], [1, -1, 1]],
            np.ones((25, 2)),
            [[1, -0.85, 1]],
        )
    )
    assert wide == pytest.approx([6, 2, 2, 2], abs=1e-6)


def test_pattern_is_the_mean_change_between_neighbours_of_the_object():
    checks = np.indices((4, 4)).sum(axis=0) % 2 * 0.5
    stripes = np.tile([[0.0], [0.6]], (2, 5))  # 4 rows of 5: 15 pairs below one another, 16 beside
    lonely = np.where(
        np.indices((5, 5)).sum(axis=0) % 2, 1.0, -1.0
    )  # no two pixels of the object touch
    found = prompts.pattern(
        pictures(np.full((5, 5), 0.3), checks, stripes, [[0.0, 1.0], [0.0, -1.0]], lonely)
    )
    assert found == pytest.approx([0, 0.5, 0.6 * 15 / 31, 0.5, 0], abs=1e-6)


@pytest.mark.parametrize("measure", [prompts.brightness, prompts.width, prompts.pattern])
def test_measures_do_not_depend_on_the_place_and_stand_nothing_at_all(measure):
    patch = np.random.default_rng(0).uniform(-0.7, 1, (6, 4))
    here = pictures(patch, 0 * patch - 1)
    there = np.roll(here, (17, 15), axis=(1, 2))
    assert measure(here) == pytest.approx(measure(there), abs=1e-6)
    assert measure(here)[0] != 0
    assert measure(here)[1] == 0  # an empty picture
    assert measure(here).shape == (2,)
    assert measure(np.ones((1, 28, 28, 1), "float32")) == pytest.approx(
        {"brightness": 1, "width": 28, "pattern": 0}[measure.__name__]
    )


# Thirds


@pytest.mark.parametrize("index", range(3))
def test_thirds_are_thirds_of_the_training_images(train, index):
    images, labels = train
    low, high, measure, within_class = prompts.MEASURED[index]
    level = prompts.level(low, images, labels)
    assert (level == prompts.level(high, images, labels)).all()
    parts = [labels == label for label in range(10)] if within_class else [slice(None)]
    for part in parts:
        assert [(level[part] == k).mean() for k in (-1, 0, 1)] == pytest.approx(
            [1 / 3] * 3, abs=0.03
        )  # widths repeat
        value = measure(images[part])
        lows, middles, highs = (value[level[part] == k] for k in (-1, 0, 1))
        assert lows.max() < middles.min() <= middles.max() < highs.min()


def test_levels_speak_of_the_class_but_for_brightness():
    """A picture that is wide for a trouser is narrow for a pullover, but equally dark for both."""
    picture = np.repeat(pictures(np.full((24, 14), -0.6)), 2, axis=0)
    assert prompts.level("wide", picture, np.array([1, 2])).tolist() == [1, -1]
    shades = pictures(*(np.full((5, 5), grey) for grey in np.linspace(-0.7, 1, 18)))
    levels = np.array([prompts.level("dark", shades, np.full(18, label)) for label in range(10)])
    assert (levels == levels[0]).all()
    assert set(levels[0].tolist()) == {-1, 0, 1}
    assert (np.diff(levels[0]) >= 0).all()


def test_levels_of_what_is_not_measured(images, labels):
    for word in ("dress", "huge"):
        with pytest.raises(
            ValueError,
            match=f"'{word}' is not a measured word: dark, bright, narrow, wide, plain, patterned",
        ):
            prompts.level(word, images, labels)
    for wrong in (np.full(2000, -1), labels + 1, labels + 0.5):
        with pytest.raises(ValueError, match="whole numbers from 0 to 9"):
            prompts.level("dark", images, wrong)


# Captions


def test_captions_say_what_levels_say(images, labels):
    captions = prompts.captions(images, labels)
    assert len(captions) == 2000
    levels = np.stack([prompts.level(low, images, labels) for low in LEVELS], axis=1)
    for caption, label, level in zip(captions, labels, levels, strict=True):
        article, *words = caption.split()
        described = [
            (None, high, low)[k] for low, high, k in zip(LEVELS, HIGH, level, strict=True) if k
        ]
        assert words == [*described, *data.CLASS_NAMES[label].lower().split()]
        assert article == ("an" if words[0] == "ankle" else "a")
    assert "an ankle boot" in captions
    assert "a dark wide t-shirt" in captions


def test_captions_can_be_read_back(images, labels):
    """All words are in the vocabulary, and nothing that is said gets lost."""
    rows = prompts.encode(prompts.captions(images, labels))
    assert rows.shape == (2000, 16)
    assert rows.dtype == np.float32
    assert (rows[:, :10] == np.eye(10)[labels]).all()
    for low, high in zip(LEVELS, HIGH, strict=True):
        said = rows[:, prompts.WORDS.index(high)] - rows[:, prompts.WORDS.index(low)]
        assert (said == prompts.level(low, images, labels)).all()
        assert rows[:, prompts.WORDS.index(low)].any()


def test_vocabulary():
    assert len(prompts.WORDS) == len(set(prompts.WORDS)) == 16
    assert not prompts.FILLERS & set(prompts.WORDS)
    for name, word in zip(data.CLASS_NAMES, prompts.WORDS[:10], strict=True):
        assert name.lower().split()[-1] == word


def test_keep_drops_measured_words_at_random(images, labels):
    def said(**options):
        return prompts.encode(prompts.captions(images, labels, **options))

    whole, some = said(), said(keep=0.7)
    assert (some <= whole).all()
    assert (some[:, :10] == whole[:, :10]).all()
    shares = some[:, 10:].sum(axis=0) / whole[:, 10:].sum(axis=0)
    assert shares == pytest.approx(np.full(6, 0.7), abs=0.1)
    assert some[:, 10:].sum() / whole[:, 10:].sum() == pytest.approx(0.7, abs=0.03)
    # one word's fate is not the other's
    both = whole[:, 10:12].any(axis=1) & whole[:, 12:14].any(axis=1)
    assert np.mean(some[both, 10:14].sum(axis=1) == 1) == pytest.approx(2 * 0.7 * 0.3, abs=0.05)
    assert (some == said(keep=0.7)).all()
    assert (some != said(keep=0.7, seed=1)).any()
    assert not said(keep=0)[:, 10:].any()
    assert (said(keep=1, seed=3) == whole).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"labels": [0, 10]}, "whole numbers from 0 to 9"),
        ({"labels": [-1, 0]}, "whole numbers from 0 to 9"),
        ({"labels": [0.5, 1.0]}, r"labels\[0\] is 0.5"),
        ({"labels": [[0, 1]]}, r"shape \(1, 2\)"),
        ({"labels": [True, False]}, "dtype bool"),
        ({"labels": [0, 1, 2]}, "3 labels for 2 images"),
        ({"keep": 1.1}, "keep=1.1: expected a probability"),
        ({"keep": -0.1}, "keep=-0.1"),
        ({"keep": np.nan}, "keep=nan"),
        ({"images": np.zeros((2, 28, 28))}, r"shape \(2, 28, 28\)"),
        ({"images": np.full((2, 28, 28, 1), 255.0)}, "range from 255"),
    ],
)
def test_wrong_captions_are_named(change, words):
    with pytest.raises(ValueError, match=words):
        prompts.captions(**{"images": np.full((2, 28, 28, 1), -1.0), "labels": [0, 1], **change})


# Prompts


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a dark narrow plain dress", "dark narrow plain dress"),
        ("dress: plain, narrow, DARK!", "dark narrow plain dress"),
        ("Dark  dresses", "dark dress"),
        ("an ankle boot", "boot"),
        ("Ankle boots.", "boot"),
        ("the bag and the coats", "bag coat"),
        ("'t-shirts'", "t-shirt"),
        ("T-Shirt?", "t-shirt"),
        ("trousers; sandals", "trouser sandal"),
        ("bag bag bags", "bag"),
        ("", ""),
        ("a, the ... ''", ""),
    ],
)
def test_prompts_are_sets_of_words(prompt, expected):
    row = prompts.encode([prompt])
    assert row.shape == (1, 16)
    assert row.dtype == np.float32
    assert set(np.unique(row)) <= {0, 1}
    assert [word for word, there in zip(prompts.WORDS, row[0], strict=True) if there] == sorted(
        expected.split(), key=prompts.WORDS.index
    )


def test_each_word_is_understood_alone_and_rows_keep_their_order():
    assert (prompts.encode(prompts.WORDS) == np.eye(16)).all()
    assert (
        prompts.encode([word.upper() for word in prompts.WORDS[::-1]]) == np.eye(16)[::-1]
    ).all()
    assert prompts.encode([]).shape == (0, 16)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        (
            "a dark drees",
            "prompt 'a dark drees': the word 'drees' is not known; did you mean 'dress'",
        ),
        ("tshirt", "'tshirt' is not known; did you mean 't-shirt' or 'shirt'"),
        ("a purple bag", "the word 'purple' is not known"),
        ("xyz", "known are: t-shirt, .*, patterned"),
        ("dress2", "'dress2' is not known"),
        (3, "prompt 3: expected words"),
        (None, "prompt None: expected words"),
        (["bag"], r"prompt \['bag'\]: expected words"),
    ],
)
def test_unknown_words_are_named(prompt, words):
    with pytest.raises(ValueError, match=words):
        prompts.encode(["bag", prompt])


def test_hints_are_words_that_are_known():
    for wrong in ("skirt", "sneakers!!x", "trowser", "patern", "brite"):
        with pytest.raises(ValueError, match=wrong.strip("!x")) as caught:
            prompts.encode([wrong])
        hints = re.findall(r"'([^']+)'", str(caught.value).partition("did you mean")[2])
        assert set(hints) <= set(prompts.WORDS)
        assert hints or "known are" in str(caught.value)


def test_labels_are_captions_of_one_word():
    assert (prompts.encode_labels([3, 0, 9]) == prompts.encode(["dress", "t-shirt", "boot"])).all()
    assert prompts.encode_labels(np.arange(10, dtype="uint8")).dtype == np.float32
    assert prompts.encode_labels(np.zeros(0, int)).shape == (0, 16)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "float32", "float64"])
def test_whole_numbers_of_any_type_are_labels(dtype):
    found = prompts.validate_labels(np.arange(10, dtype=dtype))
    assert found.dtype == np.int64
    assert (found == range(10)).all()


@pytest.mark.parametrize("labels", [[10], [-1], [0.5], [np.nan], [[1]], 3, ["dress"], [True], None])
def test_wrong_labels_are_named(labels):
    for check in (prompts.validate_labels, prompts.encode_labels):
        with pytest.raises(ValueError, match="whole numbers from 0 to 9"):
            check(labels)


# Rows of ones and zeros


@pytest.mark.parametrize("size", [10, 16])
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float64"])
def test_rows_for_classes_are_rows_for_words(size, dtype):
    given = np.random.default_rng(0).integers(2, size=(7, size)).astype(dtype)
    found = prompts.validate_rows(given)
    assert found.shape == (7, 16)
    assert found.dtype == np.float32
    assert (found[:, :size] == given).all()
    assert not found[:, size:].any()
    assert (prompts.validate_rows(found) == found).all()


WRONG_ROWS = [
    np.zeros(10),
    np.zeros((2, 9)),
    np.zeros((2, 17)),
    np.zeros((2, 10, 1)),
    np.full((2, 10), 0.5),
    np.full((2, 16), -1),
    np.full((2, 16), np.nan),
]


@pytest.mark.parametrize("rows", WRONG_ROWS, ids=lambda rows: str(rows.shape))
def test_wrong_rows_are_named(rows):
    words = "row 0 has .* at 0: expected ones and zeros"
    if rows.shape not in ((2, 10), (2, 16)):
        words = r"expected \(n,\), or ones and zeros, \(n, 10\) for classes or \(n, 16\) for words"
    with pytest.raises(ValueError, match=words):
        prompts.validate_rows(rows)
