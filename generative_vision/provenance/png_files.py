"""PNG files as bytes: pixels, and the chunks around them, among which is C2PA's manifest."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np

MANIFEST = "caBX"  #: the kind of chunk that holds the manifest
_MAGIC = b"\x89PNG\r\n\x1a\n"


def png(image: np.ndarray) -> bytes:
    """Return an image (h, w, 1) or (h, w, 3) in [−1, 1] as a PNG file of 256 levels."""
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[-1] not in (1, 3) or image.dtype.kind != "f":
        raise ValueError(
            f"image has shape {image.shape} and dtype {image.dtype}; expected one image of floats, "
            "(h, w, 1) or (h, w, 3), such as images[0]."
        )
    low, high = float(image.min()), float(image.max())
    if not (low >= -1 - 1e-6 and high <= 1 + 1e-6):
        raise ValueError(f"image ranges from {low:g} to {high:g}; expected [-1, 1].")
    return _encode(np.rint((image + 1) * 127.5).clip(0, 255).astype("uint8"))


def pixels(file: bytes) -> np.ndarray:
    """Return the image in a PNG file, float32 (h, w, 1) or (h, w, 3), in [−1, 1]."""
    return _levels(file).astype("float32") / 127.5 - 1


def chunks(file: bytes) -> list[tuple[str, int]]:
    """Return what a PNG file consists of: each chunk's kind and number of bytes."""
    return [(kind, len(content)) for kind, content in _split(file)]


def strip(file: bytes) -> bytes:
    """Return the file without its manifest: the same pixels, and no trace that there was one."""
    return _join([chunk for chunk in _split(file) if chunk[0] != MANIFEST])


def alter_pixel(file: bytes, row: int, column: int, by: int = 1) -> bytes:
    """Return the file with one pixel brighter by so many of 255 levels, the manifest in place.

    Where that would pass white or black it goes the other way.
    """
    levels = _levels(file).astype(int)
    height, width, _ = levels.shape
    if not (0 <= row < height and 0 <= column < width) or not 0 < abs(by) <= 127:
        raise ValueError(
            f"{row=}, {column=}, {by=}: the picture has {height} rows and {width} columns; "
            "by is from 1 to 127, or negative."
        )
    moved = levels[row, column] + by
    fits = (moved >= 0) & (moved <= 255)
    levels[row, column] = np.where(fits, moved, levels[row, column] - by)
    return transplant(file, _encode(levels.astype("uint8")))


def transplant(file: bytes, other: bytes) -> bytes:
    """Return a file with the pixels of ``other`` and all else, the manifest too, of ``file``."""
    pixels_only = [chunk for chunk in _split(other) if chunk[0] in ("IHDR", "IDAT")]
    around = [chunk for chunk in _split(file) if chunk[0] not in ("IHDR", "IDAT", "IEND")]
    return _join([pixels_only[0], *around, *pixels_only[1:], ("IEND", b"")])


def _levels(file: bytes) -> np.ndarray:
    """Return the levels of a PNG, uint8 (h, w, 1) or (h, w, 3)."""
    from PIL import Image

    _split(file)
    with Image.open(io.BytesIO(file)) as picture:
        levels = np.asarray(picture if picture.mode in ("L", "RGB") else picture.convert("RGB"))
    return levels[..., None] if levels.ndim == 2 else levels


def _encode(levels: np.ndarray) -> bytes:
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(levels[..., 0] if levels.shape[-1] == 1 else levels).save(content, "PNG")
    return content.getvalue()


def _split(file: bytes) -> list[tuple[str, bytes]]:
    """Return kind and content of each chunk of a PNG: length, kind, content, checksum."""
    if not isinstance(file, bytes) or not file.startswith(_MAGIC):
        raise ValueError(
            "file is no PNG: expected the bytes of one, as png(image) or path.read_bytes() gives."
        )
    found, at = [], len(_MAGIC)
    while at + 12 <= len(file):
        (length,) = struct.unpack_from(">I", file, at)
        kind = file[at + 4 : at + 8].decode("latin-1")
        found.append((kind, file[at + 8 : at + 8 + length]))
        at += 12 + length
    if at != len(file) or not found or found[-1][0] != "IEND":
        raise ValueError(f"The PNG of {len(file):,} bytes is cut off or damaged.")
    return found


def _join(parts: list[tuple[str, bytes]]) -> bytes:
    written = [_MAGIC]
    for kind, content in parts:
        body = kind.encode("latin-1") + content
        written.append(struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body)))
    return b"".join(written)
