"""The images of a loop's generations, stored as pictures are: in 8 bits, 784 bytes an image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from generative_vision.data import validate_images
from generative_vision.typing import Images

IMAGE_MB = 784 / 1e6  #: megabytes of one image


class History(Sequence):
    """The images that each generation drew, oldest first: float32 (n, 28, 28, 1) in [−1, 1].

    Args:
        pictures: the same in 8 bits, uint8, one array a generation.
    """

    def __init__(self, pictures: Sequence[np.ndarray] = ()):
        self.pictures = list(pictures)

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [from_pictures(pictures) for pictures in self.pictures[index]]
        return from_pictures(self.pictures[index])


def as_pictures(images: Images) -> np.ndarray:
    """Return images in [−1, 1] as 8-bit grey levels, uint8."""
    return np.round((validate_images(images) + 1) * 127.5).astype("uint8")


def from_pictures(pictures: np.ndarray) -> Images:
    """Return 8-bit grey levels as images in [−1, 1], float32."""
    return pictures.astype("float32") / 127.5 - 1
