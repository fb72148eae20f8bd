"""What happens to images on their way, and what somebody does who wants a mark gone, or forged.

Images are (n, 28, 28, 1) in [−1, 1], before and after.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from generative_vision.data import validate_images
from generative_vision.typing import Images
from generative_vision.watermark.spread import residual


def jpeg(images: Images, quality: int) -> Images:
    """Return images after a JPEG file of this quality, 1 to 95."""
    if not 1 <= quality <= 95:
        raise ValueError(f"{quality=}: expected 1 to 95.")

    def one(picture: Image.Image) -> Image.Image:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=int(quality))
        return Image.open(file)

    return _each(images, one)


def resize(images: Images, size: int) -> Images:
    """Return images made smaller (or larger) and brought back to 28x28, bicubic."""
    if size < 1:
        raise ValueError(f"{size=}: expected pixels, 1 or more.")
    method = Image.Resampling.BICUBIC
    return _each(images, lambda one: one.resize((size, size), method).resize((28, 28), method))


def crop(images: Images, border: int) -> Images:
    """Return images of which a border is cut off all round, the rest enlarged to 28x28."""
    if not 0 <= border <= 13:
        raise ValueError(f"{border=}: expected pixels, 0 to 13.")
    box, method = (border, border, 28 - border, 28 - border), Image.Resampling.BICUBIC
    return _each(images, lambda one: one.crop(box).resize((28, 28), method))


def noisy(images: Images, deviation: float, *, seed: int = 0) -> Images:
    """Return images with normal noise of this standard deviation added, clipped to [−1, 1]."""
    if not 0 <= deviation < float("inf"):
        raise ValueError(f"{deviation=}: expected a finite number, 0 or more.")
    images = validate_images(images)
    noise = np.random.default_rng([seed, 10]).standard_normal(images.shape).astype("float32")
    return (images + np.float32(deviation) * noise).clip(-1, 1)


def blur(images: Images, width: float) -> Images:
    """Return images blurred by a bell of this standard deviation, in pixels."""
    if not 0 <= width < float("inf"):
        raise ValueError(f"{width=}: expected pixels, 0 or more.")
    images = validate_images(images)
    if width == 0:
        return images
    reach = max(1, int(np.ceil(3 * width)))
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    bell = (bell / bell.sum()).astype("float32")
    for axis in (1, 2):
        pad = [(reach, reach) if i == axis else (0, 0) for i in range(4)]
        padded = np.pad(images, pad, mode="edge")
        parts = [np.take(padded, np.arange(28) + i, axis=axis) for i in range(len(bell))]
        images = sum(weight * part for weight, part in zip(bell, parts))
    return images.clip(-1, 1)


def average(images: Images) -> np.ndarray:
    """Return an estimate (28, 28, 1) of an additive mark from many marked images.

    The mean of what each keeps without its neighbourhoods: images differ, the mark does not.
    """
    return residual(validate_images(images)).mean(axis=0)


def forge(images: Images, estimate: np.ndarray, amount: float = 1.0) -> Images:
    """Return images with an estimated mark added, or, where amount is below 0, taken away."""
    return (validate_images(images) + np.float32(amount) * estimate).clip(-1, 1)


def _each(images: Images, change) -> Images:
    grey = ((validate_images(images)[..., 0] + 1) * 127.5).round().astype("uint8")
    found = np.stack([np.asarray(change(Image.fromarray(one))) for one in grey])
    return (found[..., None] / np.float32(127.5) - 1).astype("float32")
