"""The best possible denoiser of a finite set of images: it needs no training, and copies.

Of everything that the noisy image could have been, it answers the mean: lesson 04's best guess. A
*local* one decides for each pixel by what lies in a window around it, as a network of small
convolutions has to; it cannot copy whole images, and puts them together of pieces. Kamb and Ganguli
(2024), arXiv:2412.20292, whose denoiser may also take a piece from elsewhere in an image.
"""

from itertools import pairwise

import numpy as np

from generative_vision.data import validate_images
from generative_vision.models.diffusion import DEVIATION, MEAN, ddim_step, schedule
from generative_vision.models.noise import normal_noise
from generative_vision.typing import Images

SIDE = 28


class OptimalDenoiser:
    """What minimises the loss of pixel diffusion on given images, whatever the network.

    Args:
        images: (m, 28, 28, 1) in [−1, 1], each equally likely.
        window: side of the square around a pixel that its guess may depend on, odd; None for the
            whole image.

    Raises:
        ValueError: other images, an even window or one below 1.
    """

    def __init__(self, images: Images, window: int | None = None):
        if window is not None and (window < 1 or window % 2 == 0):
            raise ValueError(f"window={window}: expected an odd number of pixels, or None.")
        self.known = ((validate_images(images) - MEAN) / DEVIATION)[..., 0]
        self.window = window

    def guess(self, x_t: np.ndarray, t: float) -> np.ndarray:
        """Return the best guess of x (n, 28, 28, 1) for x_t (n, 28, 28, 1) at time t in (0, 1].

        Both are in the model's scale: mean 0, variance 1.
        """
        if not 0 < t <= 1:
            raise ValueError(f"t={t}: expected a time above 0, at most 1.")
        alpha, sigma = schedule(float(t))
        guesses = np.empty_like(x_t)
        for one, guess in zip(x_t, guesses):
            squares = self._sums(np.square(one[..., 0] - alpha * self.known))
            weights = np.exp((squares.min(axis=0) - squares) / (2 * sigma**2))
            guess[..., 0] = (weights * self.known).sum(axis=0) / weights.sum(axis=0)
        return guesses

    def sample(self, n: int, *, seed: int, steps: int = 20) -> Images:
        """Return n images (n, 28, 28, 1) in [−1, 1], from noise by DDIM steps."""
        x = normal_noise(n, SIDE, SIDE, 1, seed=seed)
        for t, s in pairwise(np.linspace(1, 0, steps + 1).tolist()):
            alpha, sigma = schedule(t)
            x = ddim_step(x, (alpha * x - self.guess(x, t)) / sigma, t, s)
        return (x * DEVIATION + MEAN).clip(-1, 1).astype("float32")

    def _sums(self, squares: np.ndarray) -> np.ndarray:
        """Return sums over the window around each pixel, or over the image: (m, h, w)."""
        if self.window is None:
            return squares.sum(axis=(1, 2), keepdims=True)
        half = self.window // 2
        first = np.maximum(np.arange(SIDE) - half, 0)
        end = np.minimum(np.arange(SIDE) + half + 1, SIDE)
        for axis in (1, 2):
            totals = np.cumsum(squares, axis=axis, dtype="float64")
            totals = np.pad(totals, [(1, 0) if k == axis else (0, 0) for k in range(3)])
            squares = totals.take(end, axis) - totals.take(first, axis)
        return squares
