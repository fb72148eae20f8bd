"""Images at the door: whatever comes is either taken or named, with a remedy for what is common."""

import linecache
import re
import warnings

import ml_dtypes
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generative_vision import data, prompts
from generative_vision.models.pca import PCAGaussian

DARK = np.full((3, 28, 28, 1), -1, "float32")


def levels(low, high, shape=(3, 28, 28, 1), dtype="float32"):
    """An array that runs evenly from low to high."""
    return np.linspace(low, high, int(np.prod(shape))).reshape(shape).astype(dtype)


# Any input at all

FLOATS = ["float16", "float32", "float64", ml_dtypes.bfloat16]
OTHERS = ["uint8", "int8", "uint16", "int64", "bool", "complex64", "U2", "S2", "datetime64[s]"]
KINDS = st.sampled_from(FLOATS) | st.sampled_from([np.dtype(kind) for kind in FLOATS + OTHERS])
FINE = st.tuples(st.integers(0, 3), *map(st.just, (28, 28, 1)))
USUAL = [(28, 28, 1), (28, 28), (3, 28, 28), (3, 1, 28, 28), (3, 784), (2, 28, 28, 3), ()]
SHAPES = FINE | st.sampled_from(USUAL) | st.lists(st.integers(0, 4), max_size=5).map(tuple)
NUMBERS = st.floats(-1, 1) | st.floats(-2, 300) | st.floats()
RANGES = st.sampled_from([(-1, 1), (0, 1), (0, 255)]) | st.tuples(NUMBERS, NUMBERS)


def made(kind, shape, ends, seed):
    """Numbers between the two ends, both of which there are where there is room."""
    share = np.random.default_rng(seed).random(shape)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numbers that a type cannot hold
        numbers = np.asarray(ends[0] * (1 - share) + ends[1] * share)
        numbers.flat[:1] = ends[0]
        numbers.flat[-1:] = ends[1]
        if np.dtype(kind).kind == "M":
            return numbers.astype("int64").astype(kind)
        return numbers.astype(kind)


def is_fine(images):
    """What the documentation says, for the numbers as they are."""
    known = any(images.dtype == np.dtype(kind) for kind in FLOATS)
    if not known or images.shape[1:] != (28, 28, 1) or not len(images):
        return False
    return bool((np.abs(images.astype("float64")) <= 1 + 1e-6).all())


ENTIRE = settings(max_examples=300, deadline=None, derandomize=True, database=None)


@ENTIRE
@given(KINDS, SHAPES, RANGES, st.integers(0, 9))
@example("float32", (2, 28, 28, 1), (-1, float("nan")), 0)
@example("float32", (2, 28, 28, 1), (-float("inf"), 1), 0)
@example("float64", (2, 28, 28, 1), (-1, 1 + 2e-6), 0)
@example("float16", (2, 28, 28, 1), (-1, 1), 0)
def test_every_input_is_taken_or_refused_by_name(kind, shape, ends, seed):
    images = made(kind, shape, ends, seed)
    before = images.copy()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = data.validate_images(images)
        except ValueError as error:
            refused = str(error)
        else:
            refused = None
    if refused is not None:
        assert not is_fine(images)
        assert re.search("shape|dtype|range|images are too few", refused)
        assert not caught
        return
    assert is_fine(images)
    assert found.dtype == np.float32
    assert found.shape == images.shape
    assert (found == images.astype("float32")).all()
    assert np.abs(found).max() <= 1 + 2e-6
    assert len(caught) == (images.min() >= 0)
    assert images.tobytes() == before.tobytes()


@ENTIRE
@given(SHAPES)
def test_a_wrong_shape_is_said_as_it_is(shape):
    if shape[1:] == (28, 28, 1) and shape[0]:
        assert data.validate_images(np.full(shape, -1.0)).shape == shape
        return
    said = f"images have shape {shape}; expected float images (n, 28, 28, 1) in [-1, 1]"
    if shape == (0, 28, 28, 1):
        said = "0 images are too few"
    with pytest.raises(ValueError, match="^" + re.escape(said)):
        data.validate_images(np.full(shape, -1.0))


def test_float32_is_not_copied():
    assert data.validate_images(DARK) is DARK


@pytest.mark.parametrize("as_given", [np.ndarray.tolist, list, tuple])
def test_lists_of_images_are_taken(as_given):
    found = data.validate_images(as_given(levels(-1, 1)))
    assert (found == levels(-1, 1)).all()


def test_tensors_are_taken(small_and_exact):
    from keras import ops

    for dtype in ("float32", "bfloat16"):
        found = data.validate_images(ops.convert_to_tensor(DARK, dtype))
        assert found.dtype == np.float32
        assert (found == DARK).all()


@pytest.mark.parametrize("nothing", [None, object(), DARK.astype(object)], ids=type)
def test_what_holds_no_numbers_is_refused(nothing):
    with pytest.raises(ValueError, match="images is .*: expected an array of numbers"):
        data.validate_images(nothing)


@pytest.mark.parametrize(("n", "least"), [(1, 2), (64, 65), (0, 1)])
def test_too_few(n, least):
    images = np.full((n, 28, 28, 1), -1.0)
    with pytest.raises(ValueError, match=f"{n} images are too few: at least {least} are needed"):
        data.validate_images(images, at_least=least)


def test_rounding_at_the_ends_is_allowed():
    assert len(data.validate_images(levels(-1 - 5e-7, 1 + 5e-7, dtype="float64"))) == 3
    with pytest.raises(ValueError, match="range from -1.00001 to 1"):
        data.validate_images(levels(-1.00001, 1, dtype="float64"))


# Remedies: what the message says is code, and does what it should

RIGHT = levels(-1, 1)
GREYS = np.round((RIGHT + 1) * 127.5)
COMMON = {
    "uint8": (GREYS.astype("uint8"), "dtype uint8"),
    "grey levels": (GREYS, "range from 0 to 255"),
    "grey levels without black": (GREYS.clip(3), "range from 3 to 255"),
    "channels first": (np.moveaxis(RIGHT, -1, 1), r"shape \(3, 1, 28, 28\)"),
    "no channel": (RIGHT[..., 0], r"shape \(3, 28, 28\)"),
    "flat": (RIGHT.reshape(3, 784), r"shape \(3, 784\)"),
    "a single one": (RIGHT[1], r"shape \(28, 28, 1\)"),
}


@pytest.mark.parametrize("name", COMMON)
def test_the_remedy_for_what_is_common_works(name):
    images, words = COMMON[name]
    with pytest.raises(ValueError, match=words) as caught:
        data.validate_images(images)
    (remedy,) = re.findall(r": ((?:images|np\.).*)\)\.$", str(caught.value))
    cured = data.validate_images(eval(remedy, {"np": np, "images": images}))
    expected = RIGHT[1:2] if name == "a single one" else RIGHT
    assert cured == pytest.approx(expected, abs=0.03 if "black" in name else 0.005)


UNCOMMON = [
    levels(-1, 255),
    levels(0, 256),
    levels(-1, 1, (3, 28, 28, 3)),
    levels(-1, 1, (28, 28)),
    levels(0, 100, dtype="int64"),
    levels(-3, 3),
    levels(-1, 1, (3, 14, 14, 4)),
]


@pytest.mark.parametrize("number", range(len(UNCOMMON)))
def test_what_is_not_understood_gets_no_remedy(number):
    with pytest.raises(ValueError, match=r"as load_fashion_mnist returns them\.$"):
        data.validate_images(UNCOMMON[number])


# A set that never goes below 0

BRIGHT = levels(0, 1)


def encode():
    from generative_vision.models.autoencoder import Autoencoder

    return Autoencoder(2).encode(BRIGHT)


def fit():
    from generative_vision.models.autoencoder import Autoencoder

    model = Autoencoder(2)
    model.compile()
    return model.fit(BRIGHT, verbose=0)


def fit_on_a_dataset():
    import tensorflow as tf

    from generative_vision.models.gan import GAN

    model = GAN(2, width=4)
    model.compile()
    return model.fit(tf.data.Dataset.from_tensor_slices(BRIGHT).batch(3), verbose=0)


WAYS = {
    "directly": (lambda: data.validate_images(BRIGHT), "data.validate_images(BRIGHT)"),
    "PCA": (lambda: PCAGaussian(2).fit(BRIGHT), "PCAGaussian(2).fit(BRIGHT)"),
    "captions": (lambda: prompts.captions(BRIGHT, [1, 2, 3]), "prompts.captions(BRIGHT"),
    "encode": (encode, "return Autoencoder(2).encode(BRIGHT)"),
    "fit": (fit, "return model.fit(BRIGHT"),
    "fit on a dataset": (fit_on_a_dataset, "return model.fit(tf.data"),
}


@pytest.mark.parametrize("name", WAYS)
def test_a_set_without_black_warns_at_the_callers_line(name, small_and_exact):
    call, line = WAYS[name]
    words = r"darkest .* is 0: black is -1 here.*2 \* images - 1"
    with pytest.warns(UserWarning, match=words) as caught:
        call()
    own = [warning for warning in caught if "darkest" in str(warning.message)]
    assert len(own) == 1
    assert own[0].filename == __file__
    assert line in linecache.getline(own[0].filename, own[0].lineno)


def test_the_remedy_of_the_warning_works():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = data.validate_images(2 * BRIGHT - 1)
    assert found == pytest.approx(RIGHT, abs=1e-6)


@pytest.mark.parametrize(("low", "warned"), [(0.0, 1), (0.3, 1), (-1e-3, 0), (-1.0, 0)])
def test_one_pixel_below_zero_is_enough(low, warned):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        data.validate_images(levels(low, 1))
    assert len(caught) == warned
