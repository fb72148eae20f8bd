"""Photographs: those that ship, a reader's own of any kind, and their colours."""

import numpy as np
import pytest
from PIL import Image

from generative_vision import photos


@pytest.fixture
def save(tmp_path):
    """Save a picture made of an array, and return its path."""

    def save(pixels, mode=None, name="picture.png", **options):
        path = tmp_path / name
        picture = Image.fromarray(pixels)
        (picture.convert(mode) if mode else picture).save(path, **options)
        return path

    return save


@pytest.fixture
def some():
    return np.random.default_rng(0).uniform(-1, 1, (2, 40, 36, 3)).astype("float32")


def colours(height=40, width=60):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype("uint8")


@pytest.mark.parametrize("name", photos.NAMES)
def test_a_photograph_ships(name):
    image = photos.load(name, size=64)
    assert image.shape == (1, 64, 64, 3)
    assert image.dtype == np.float32
    assert -1 <= image.min() < 0 < image.max() <= 1


def test_several_are_a_batch_in_the_order_of_their_names():
    both = photos.load("cat", "hubble", size=32)
    np.testing.assert_array_equal(both[1], photos.load("hubble", size=32)[0])


@pytest.mark.parametrize("name", ["brick", "grass", "gravel"])
def test_some_are_grey(name):
    image = photos.load(name)
    np.testing.assert_array_equal(image[..., 0], image[..., 2])


@pytest.mark.parametrize(
    ("names", "size", "words"),
    [
        (("dog",), 64, "no photograph 'dog'.*astronaut, brick"),
        ((), 64, "Name one photograph"),
        (("cat",), 8, "size=8: at least 32"),
    ],
)
def test_what_does_not_ship_is_named(names, size, words):
    with pytest.raises(ValueError, match=words):
        photos.load(*names, size=size)


def test_a_png_of_any_size_is_read_exactly(save):
    pixels = colours()
    found = photos.read(save(pixels), size=None)
    assert found.shape == (1, 40, 60, 3)
    np.testing.assert_allclose(found[0], pixels / 127.5 - 1, atol=1e-6)


def test_a_size_cuts_a_square_from_the_middle(save):
    pixels = np.zeros((64, 128, 3), "uint8")
    pixels[:, 32:96] = 255
    assert photos.read(save(pixels), size=64).min() == 1


def test_a_jpeg_is_read(save):
    assert photos.read(save(colours(), name="a.jpg"), size=None).shape == (1, 40, 60, 3)


def test_a_jpeg_is_turned_as_its_camera_says(save):
    turned = Image.Exif()
    turned[0x0112] = 6
    path = save(colours(), name="a.jpg", exif=turned)
    assert photos.read(path, size=None).shape == (1, 60, 40, 3)


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK"])
def test_every_mode_becomes_three_channels(save, mode):
    name = "a.jpg" if mode == "CMYK" else "a.png"
    assert photos.read(save(colours(), mode, name), size=None).shape == (1, 40, 60, 3)


def test_sixteen_bits_become_eight(save):
    grey = np.full((40, 40), 65_535, "uint16")
    assert photos.read(save(grey), size=None).min() == 1


def test_what_is_transparent_lies_on_white(save):
    pixels = np.zeros((40, 40, 4), "uint8")
    pixels[:20, :, 3] = 255
    found = photos.read(save(pixels), size=None)[0, :, 0, 0]
    np.testing.assert_array_equal(found, [-1] * 20 + [1] * 20)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"There is no file .*none\.png"):
        photos.read(tmp_path / "none.png")


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_a_file_that_is_no_image_is_named(tmp_path, content):
    path = tmp_path / "notes.png"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"notes\.png cannot be read as an image"):
        photos.read(path)


def test_half_a_file_is_named(save):
    path = save(colours())
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ValueError, match="cannot be read as an image"):
        photos.read(path)


def test_a_small_image_is_named(save):
    with pytest.raises(ValueError, match=r"has 60 x 20 pixels: at least 32 x 32"):
        photos.read(save(colours(20, 60)))


def test_a_huge_image_is_named_before_it_is_decoded(save):
    path = save(np.zeros((1, 1), "uint8"))
    Image.new("1", (10_000, 6000)).save(path)
    with pytest.raises(ValueError, match="10000 x 6000 pixels: make it smaller"):
        photos.read(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x: x[0], r"\(40, 36, 3\); .*images\[None\]"),
        (lambda x: x[..., :1], r"np\.repeat"),
        (lambda x: np.concatenate([x, x[..., :1]], axis=-1), "laid|lays"),
        (lambda x: x[:0], r"\(0, 40, 36, 3\)"),
        (lambda x: x[:, :9], "9 pixels high and 36 wide"),
        (lambda x: (128 + 127 * x).astype("uint8"), r"dtype uint8.*/ 127\.5 - 1"),
        (lambda x: x + 2, "ranges from"),
        (lambda x: x * np.nan, "ranges from nan"),
    ],
)
def test_what_are_no_photographs_is_named(some, change, words):
    with pytest.raises(ValueError, match=words):
        photos.validate_photos(change(some))


def test_photographs_pass(some):
    np.testing.assert_array_equal(photos.validate_photos(some.astype("float64")), some)


def test_brightness_of_a_grey_photograph_is_itself():
    grey = photos.load("gravel", size=32)
    np.testing.assert_allclose(photos.luminance(grey), grey, atol=1e-6)


def test_recolouring_keeps_brightness_and_takes_colour(some):
    half = 0.3 * some
    found = photos.recolour(half[:1], half[1:])
    np.testing.assert_allclose(photos.luminance(found), photos.luminance(half[:1]), atol=1e-5)
    colour = found - photos.luminance(found)
    np.testing.assert_allclose(colour, half[1:] - photos.luminance(half[1:]), atol=1e-5)


def test_matched_colours_have_the_others_mean_and_covariance(some):
    wanted = 0.2 * some[1:] + np.float32([0.1, 0.0, -0.1])
    found = photos.match_colours(some[:1], wanted).reshape(-1, 3)
    np.testing.assert_allclose(found.mean(axis=0), wanted.reshape(-1, 3).mean(axis=0), atol=1e-4)
    np.testing.assert_allclose(np.cov(found.T), np.cov(wanted.reshape(-1, 3).T), atol=2e-4)
