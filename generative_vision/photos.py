"""Photographs: a few that ship with the package, and a reader's own, as arrays.

A batch of photographs is float32 ``(n, h, w, 3)`` in [−1, 1]: red, green, blue.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from generative_vision import data

NAMES = ("astronaut", "brick", "cat", "coffee", "grass", "gravel", "hubble", "rocket")
SMALLEST = 32  # pixels: a side of what is restyled
LARGEST = 50_000_000  # pixels of a file that is read

LUMA = np.array([0.299, 0.587, 0.114], "float32")  # of red, green, blue: ITU-R BT.601


def load(*names: str, size: int = 128) -> np.ndarray:
    """Return photographs that ship with the package, each a square of ``size`` pixels.

    Args:
        names: from ``NAMES``. Brick, grass and gravel are grey.
        size: side of the square, cut from the middle and scaled; the files are 256 pixels wide.

    Returns:
        float32 ``(n, size, size, 3)`` in [−1, 1].

    Raises:
        ValueError: no name, an unknown one, or a size below 32.

    Sources and licences: ``assets/photos/LICENSE``.
    """
    if unknown := [name for name in names if name not in NAMES]:
        raise ValueError(f"There is no photograph {unknown[0]!r}. There are: {', '.join(NAMES)}.")
    if not names:
        raise ValueError(f"Name one photograph at least, of: {', '.join(NAMES)}.")
    return np.concatenate(
        [_decode(io.BytesIO(data.asset(f"photos/{name}.png")), name, size) for name in names]
    )


def read(path: str | Path, size: int | None = 128) -> np.ndarray:
    """Return an image file of your own, PNG or JPEG, as a batch of one.

    It is turned as its camera says. What is transparent is laid on white; grey gets three channels.

    Args:
        path: of the file.
        size: side of the square that is cut from the middle and scaled; None keeps the whole image.

    Returns:
        float32 ``(1, h, w, 3)`` in [−1, 1].

    Raises:
        ValueError: no such file, one that is no image, or one that is too small or too large.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"There is no file {path}: give the path of a PNG or JPEG.")
    return _decode(path, str(path), size)


def validate_photos(images, name: str = "images") -> np.ndarray:
    """Return photographs as float32 after checking that they are (n, h, w, 3) in [−1, 1].

    Raises:
        ValueError: another shape, a side below 32 pixels, no floats, NaN, or out of range; the
            message says what to do.
    """
    images = np.asarray(images)
    expected = "expected floats (n, h, w, 3) in [-1, 1], as photos.load and photos.read return them"
    if images.ndim != 4 or images.shape[-1] != 3 or not len(images):
        remedy = _remedy(images.shape)
        raise ValueError(f"{name} has shape {images.shape}; {expected}{remedy}.")
    if min(images.shape[1:3]) < SMALLEST:
        raise ValueError(
            f"{name} is {images.shape[1]} pixels high and {images.shape[2]} wide: "
            f"at least {SMALLEST} each are needed."
        )
    if images.dtype.kind != "f":
        remedy = " (0 ... 255: images.astype('float32') / 127.5 - 1)"
        raise ValueError(f"{name} has dtype {images.dtype}; {expected}{remedy}.")
    low, high = float(images.min()), float(images.max())  # NaN spreads to both
    if not (low >= -1 - 1e-6 and high <= 1 + 1e-6):
        raise ValueError(f"{name} ranges from {low:g} to {high:g}; {expected}.")
    return images.astype("float32", copy=False)


def luminance(images: np.ndarray) -> np.ndarray:
    """Return the brightness of photographs (n, h, w, 3) as grey ones of the same shape."""
    return np.repeat((images @ LUMA)[..., None], 3, axis=-1)


def recolour(images: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Return the brightness of ``images`` with the colours of other photographs of their shape.

    Colour is what is left of a photograph when its brightness is taken away.
    """
    return np.clip(luminance(images) + colours - luminance(colours), -1, 1)


def match_colours(images: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Return ``images`` with the mean and covariance of another photograph's colours.

    Args:
        images: (n, h, w, 3), all changed alike.
        colours: (m, h, w, 3).

    Both covariances become 1 in between: with Cholesky factors L of the two, a colour c becomes
    mean' + L' L⁻¹ (c − mean).
    """
    factors, means = [], []
    for x in (images, colours):
        flat = x.reshape(-1, 3).astype("float64")
        means.append(flat.mean(axis=0))
        factors.append(np.linalg.cholesky(np.cov(flat.T) + 1e-5 * np.eye(3)))
    turn = factors[1] @ np.linalg.inv(factors[0])
    return np.clip((images - means[0]) @ turn.T + means[1], -1, 1).astype("float32")


def show(rows: dict[str, np.ndarray], *, size: float = 1.6, title: str = "") -> None:
    """Show one row of photographs for each name, with the name above its first.

    Args:
        rows: name to photographs (n, h, w, 3), or a list of such batches of several sizes.
        size: height and width of one picture, in inches.
        title: of the whole figure.
    """
    import matplotlib.pyplot as plt

    lists = {name: list(row) for name, row in rows.items()}
    columns, room, above = max(map(len, lists.values())), 0.25, 0.3 if title else 0.0
    width, height = size * columns, (size + room) * len(lists) + above
    figure, axes = plt.subplots(len(lists), columns, squeeze=False, figsize=(width, height))
    top = 1 - (room + above) / height
    figure.subplots_adjust(0, 0, 1, top, wspace=0.04, hspace=room / size)
    for line, (name, images) in zip(axes, lists.items()):
        for axis in line:
            axis.axis("off")
        for axis, image in zip(line, images):
            axis.imshow(np.clip((image + 1) / 2, 0, 1), interpolation="nearest")
        line[0].set_title(name, fontsize=9, loc="left")
    if title:
        figure.suptitle(title, fontsize=11)


def _decode(source, name: str, size: int | None) -> np.ndarray:
    from PIL import Image, ImageOps, UnidentifiedImageError

    if size is not None and size < SMALLEST:
        raise ValueError(f"{size=}: at least {SMALLEST} pixels are needed.")
    try:
        with Image.open(source) as file:
            if file.width * file.height > LARGEST:
                raise ValueError(
                    f"{name} has {file.width} x {file.height} pixels: "
                    "make it smaller, 2000 pixels wide are plenty."
                )
            picture = ImageOps.exif_transpose(file)
            if picture.mode.startswith("I"):  # 16 bits a pixel
                grey = np.asarray(picture).astype("float32") / 257
                picture = Image.fromarray(grey.clip(0, 255).astype("uint8"))
            picture = picture.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise ValueError(
            f"{name} cannot be read as an image ({error}): give a PNG or JPEG."
        ) from None
    white = Image.new("RGBA", picture.size, "white")
    picture = Image.alpha_composite(white, picture).convert("RGB")
    if min(picture.size) < SMALLEST:
        raise ValueError(
            f"{name} has {picture.width} x {picture.height} pixels: "
            f"at least {SMALLEST} x {SMALLEST} are needed."
        )
    if size is not None:
        picture = ImageOps.fit(picture, (size, size), Image.Resampling.LANCZOS)
    return np.asarray(picture, "float32")[None] / 127.5 - 1


def _remedy(shape: tuple[int, ...]) -> str:
    if len(shape) == 3 and shape[-1] == 3:
        return " (for a single image: images[None])"
    if len(shape) == 4 and shape[-1] == 1:
        return " (for grey ones: np.repeat(images, 3, axis=-1))"
    if len(shape) == 4 and shape[-1] == 4:
        return " (photos.read lays what is transparent on white)"
    return ""
