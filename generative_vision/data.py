"""The course's data set, Fashion-MNIST, read from the files that ship with the package."""

from __future__ import annotations

import gzip
import hashlib
import inspect
import tomllib
import warnings
from importlib.resources import files
from pathlib import Path

import numpy as np

from generative_vision.typing import Images, Labels

ASSETS = Path(str(files("generative_vision"))) / "assets"

CLASS_NAMES = (
    "T-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)

_SPLITS = {"train": ("train", 60_000), "test": ("t10k", 10_000)}


class AssetError(RuntimeError):
    """A shipped file is missing or is not the file that was shipped."""


def load_fashion_mnist(split: str = "train") -> tuple[Images, Labels]:
    """Return the images and labels of one split of Fashion-MNIST.

    Args:
        split: ``"train"`` (60,000 images) or ``"test"`` (10,000 images).

    Returns:
        images, float32 ``(n, 28, 28, 1)`` in [−1, 1] (−1 is the black background), and
        labels, int64 ``(n,)`` in 0…9, which index ``CLASS_NAMES``.

    Raises:
        ValueError: ``split`` is neither of the two.
        AssetError: a file is missing, truncated or altered; the message names it.

    Source: Xiao, Rasul and Vollgraf (2017), arXiv:1708.07747.
    """
    if split not in _SPLITS:
        raise ValueError(f"split={split!r} is not known: use 'train' or 'test'.")
    stem, n = _SPLITS[split]
    pixels = _read_idx(f"fashion_mnist/{stem}-images-idx3-ubyte.gz", (n, 28, 28))
    labels = _read_idx(f"fashion_mnist/{stem}-labels-idx1-ubyte.gz", (n,))
    images = pixels[..., None].astype("float32")  # 0…255
    images /= 127.5
    images -= 1.0  # −1…1, in place: the training images take 188 MB
    return images, labels.astype("int64")


#: what people have in place of (28, 28, 1), and how to put it right
_RESHAPE = {
    (28, 28): "add the channel: images[..., None]",
    (1, 28, 28): "channels come last here: np.moveaxis(images, 1, -1)",
    (784,): "give the pixels their places: images.reshape(-1, 28, 28, 1)",
}


def validate_images(images, at_least: int = 1) -> Images:
    """Return images as float32 (n, 28, 28, 1) after checking that they are floats in [−1, 1].

    Images that never go below 0 may have been scaled to [0, 1]: that is a warning.

    Raises:
        ValueError: wrong shape, fewer than ``at_least`` images, not float, NaN, or out of range.
    """
    images = _as_array("images", images)
    expected = "expected float images (n, 28, 28, 1) in [-1, 1], as load_fashion_mnist returns them"
    if images.ndim != 4 or images.shape[1:] != (28, 28, 1):
        single = "for a single image: images[None]" if images.shape == (28, 28, 1) else ""
        remedy = _RESHAPE.get(images.shape[1:], single)
        raise ValueError(
            f"images have shape {images.shape}; {expected}{remedy and f' ({remedy})'}."
        )
    if len(images) < at_least:
        raise ValueError(f"{len(images)} images are too few: at least {at_least} are needed.")
    if images.dtype.kind != "f":
        remedy = " (grey levels 0 ... 255: images.astype('float32') / 127.5 - 1)" * (
            images.dtype == "uint8"
        )
        raise ValueError(f"images have dtype {images.dtype}; {expected}{remedy}.")
    low, high = float(images.min()), float(images.max())  # NaN spreads to both
    if not (low >= -1 - 1e-6 and high <= 1 + 1e-6):
        remedy = " (grey levels 0 ... 255: images / 127.5 - 1)" * (low >= 0 and 1 < high <= 255)
        raise ValueError(f"images range from {low:g} to {high:g}; {expected}{remedy}.")
    if low >= 0:
        warnings.warn(
            f"The darkest of these {len(images)} images' pixels is {low:g}: black is -1 here. "
            "If they run from 0 to 1, use 2 * images - 1; otherwise bright images are learned "
            "and measured.",
            stacklevel=_callers_level(),
        )
    return images.astype("float32", copy=False)


def validate_batch(x, shape: tuple[int, ...], name: str = "x") -> np.ndarray:
    """Return x as float32 (n, *shape), validated: images, or finite numbers of another shape."""
    if shape == (28, 28, 1):
        return validate_images(x)
    x = _as_array(name, x)
    if x.shape[1:] != shape or not len(x) or x.dtype.kind not in "fiu" or not np.isfinite(x).all():
        raise ValueError(
            f"{name} has shape {x.shape}; expected finite numbers, "
            f"(n, {', '.join(map(str, shape))})."
        )
    return x.astype("float32", copy=False)


def validate_mask(mask, shape: tuple[int, ...]) -> np.ndarray:
    """Return a mask of images of that shape, given for all of them (h, w) or for each.

    Raises:
        ValueError: another shape, or numbers other than 0 and 1.
    """
    mask = np.asarray(mask)
    mask = np.broadcast_to(mask[..., None], shape) if mask.shape == shape[1:3] else mask
    if mask.shape != shape or not np.isin(mask, (0, 1)).all():
        raise ValueError(
            f"mask has shape {mask.shape} and runs from {mask.min():g} to {mask.max():g}; "
            f"expected {shape[1:3]} or {shape}, true or 1 where to paint."
        )
    return mask


def _callers_level() -> int:
    """Return the ``stacklevel`` at which a warning names the line outside the package."""
    frame, level = inspect.currentframe(), 0
    inside = ("generative_vision", "keras.")
    while frame is not None and frame.f_globals.get("__name__", "").startswith(inside):
        frame, level = frame.f_back, level + 1
    return level


def _as_array(name: str, x) -> np.ndarray:
    """Return x as an array: a tensor or a list of images, too."""
    try:
        array = np.asarray(x)
    except ValueError:  # a list of several shapes
        array = np.array(None)
    if array.dtype == object:
        raise ValueError(
            f"{name} is {'None' if x is None else type(x).__name__}: expected an array of numbers."
        )
    if array.dtype.kind == "V":  # bfloat16 is not NumPy's own
        array = array.astype("float32")
    return array


def asset(name: str) -> bytes:
    """Return the contents of a shipped file, checked against its SHA-256 in the manifest.

    Args:
        name: path below ``generative_vision/assets``, as the manifest writes it.

    Raises:
        AssetError: not in the manifest, missing, truncated or altered.
    """
    expected = _manifest().get(name)
    if expected is None:
        raise AssetError(f"{name} is not listed in {ASSETS / 'manifest.toml'}.")
    path = ASSETS / name
    remedy = (
        f"Get the file back with `git checkout -- {path}` in a clone, "
        "or reinstall the generative-vision package."
    )
    if not path.is_file():
        raise AssetError(f"{path} is missing. {remedy}")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise AssetError(
            f"{path} ({len(content):,} bytes) is not the file that was shipped: its SHA-256 "
            f"is {found[:12]}…, expected {expected[:12]}…. {remedy}"
        )
    return content


def verify_assets() -> list[str]:
    """Check every shipped file and return the names of those that were checked.

    Raises:
        AssetError: for the first file that is missing, altered or has no licence beside it.
    """
    shipped = entries()
    for entry in shipped:
        asset(entry["path"])
        if not (ASSETS / entry["licence"]).is_file():
            raise AssetError(
                f"{ASSETS / entry['licence']}, the licence of {entry['path']}, is missing."
            )
    return [entry["path"] for entry in shipped]


def entries() -> list[dict]:
    """Return the shipped files' manifest: path, sha256, licence; of weights, model and command."""
    return tomllib.loads((ASSETS / "manifest.toml").read_text(encoding="utf-8"))["file"]


def _manifest() -> dict[str, str]:
    return {entry["path"]: entry["sha256"] for entry in entries()}


def _read_idx(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Decode an idx file: two zero bytes, type 8 (uint8), rank, sizes as big-endian int32, data."""
    content = gzip.decompress(asset(name))
    rank = len(shape)
    found = tuple(np.frombuffer(content, ">i4", count=rank, offset=4))
    if content[:4] != bytes([0, 0, 8, rank]) or found != shape:
        raise AssetError(f"{ASSETS / name} has an array of shape {found}, expected {shape}.")
    return np.frombuffer(content, "uint8", offset=4 + 4 * rank).reshape(shape)
