"""Images for an audit: read, validated, told apart, looked at in several ways, made features."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np

from generative_vision import metrics
from generative_vision.data import validate_images
from generative_vision.typing import Images

FEWEST = 100  #: images of each kind that an audit needs
FeatureSpace: TypeAlias = Callable[[Images], np.ndarray]  #: images -> features (n, d)


def read_folder(folder: str | Path) -> Images:
    """Return the PNG images of a folder, in the order of their names: (n, 28, 28, 1) in [−1, 1].

    Colours become grey, transparency is dropped.

    Raises:
        ValueError: no PNG file there, or one that is no image of 28 × 28 pixels.
        OSError: the folder cannot be read.
    """
    from matplotlib.image import imread
    from PIL import Image

    folder = Path(folder)
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".png")
    if not paths:
        raise ValueError(f"{folder} has no PNG file: expected images of 28 × 28 pixels there.")
    images = np.empty((len(paths), 28, 28, 1), "float32")
    for image, path in zip(images, paths):
        try:
            with Image.open(path, formats=["PNG"]) as picture:  # the size alone: it may be huge
                width, height = picture.size
            grey = imread(path) if (width, height) == (28, 28) else None  # 0 … 1
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise ValueError(f"{path} cannot be read as a PNG image: {error}") from None
        if grey is None:
            raise ValueError(f"{path} has {width} × {height} pixels: expected 28 × 28.")
        if grey.ndim == 3:
            grey = grey[..., :3].mean(axis=-1) if grey.shape[-1] >= 3 else grey[..., 0]
        image[..., 0] = 2 * grey - 1
    return images


def read(images, kind: str) -> Images:
    """Return images of an array or a folder, validated.

    Args:
        kind: what they are, for the errors: "generated", "training" or "test".

    Raises:
        TypeError: neither an array nor a path.
        ValueError: wrong shape or range, or fewer than an audit needs.
        OSError: a folder that cannot be read.
    """
    if isinstance(images, (str, Path)):
        images = read_folder(images)
    elif not hasattr(images, "__len__") and not hasattr(images, "__array__"):
        raise TypeError(
            f"The {kind} images are {type(images).__name__}: expected an array, a folder's path"
            f"{', or a model with sample(n, seed=...)' if kind == 'generated' else ''}."
        )
    try:
        images = validate_images(images)
    except ValueError as error:
        raise ValueError(f"Of the {kind} images: {error}") from None
    validate_count(images, kind)
    return images


def validate_count(images: Images, kind: str) -> None:
    """Raise a ValueError where images are too few for an audit."""
    if len(images) < FEWEST:
        raise ValueError(f"{len(images)} {kind} images are too few: {FEWEST} are needed.")


def validate_split(train: Images, test: Images) -> None:
    """Raise a ValueError where test images are training images."""
    seen = set(_grey_levels(train))
    leaked = [i for i, levels in enumerate(_grey_levels(test)) if levels in seen]
    if leaked:
        raise ValueError(
            f"{len(leaked):,} of the {len(test):,} test images are training images, the first "
            f"is test[{leaked[0]}]: leave them out. Test images show what is chance only if the "
            "model never saw them."
        )


def _grey_levels(images: Images) -> list[bytes]:
    """Return each image in 256 grey levels, to tell which are the same."""
    return [image.tobytes() for image in np.rint((images + 1) * 127.5).astype("uint8")]


def first_of_each(images: Images) -> list[int]:
    """Return the indices of images, each of those that are the same once."""
    levels = _grey_levels(images)
    return sorted(dict(zip(reversed(levels), reversed(range(len(levels))))).values())


def stretch(images: Images) -> Images:
    """Return images with grey levels stretched to −1 … 1; an image of one grey level is black."""
    rows = images.reshape(len(images), -1)
    low, high = rows.min(axis=1, keepdims=True), rows.max(axis=1, keepdims=True)
    return ((rows - low) * (2 / np.maximum(high - low, 1e-6)) - 1).reshape(images.shape)


def views(images: Images, space: FeatureSpace) -> np.ndarray:
    """Return features (6, n, d) of images as they are, mirrored, and shifted to each side."""
    images = stretch(images)
    framed = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=-1)
    corners = [(0, 1), (2, 1), (1, 0), (1, 2)]
    shifted = [framed[:, y : y + 28, x : x + 28] for y, x in corners]
    return np.stack([space(some) for some in (images, images[:, :, ::-1], *shifted)])


def feature_space(judge: int | str) -> FeatureSpace:
    """Return the function from images to features (n, d)."""
    if judge == "pixels":
        return lambda images: images.reshape(len(images), -1)
    if isinstance(judge, bool) or judge not in (1, 2):
        raise ValueError(f"judge={judge!r}: expected 1, 2 or 'pixels'.")
    return lambda images: metrics.features(images, int(judge))
