"""The loss of each image under a diffusion model or a flow: what tests of memory compare."""

import numpy as np
from keras import ops

from generative_vision.arguments import validate_numbers
from generative_vision.models.conditioning import encode_condition, row_size
from generative_vision.models.denoiser import Denoiser
from generative_vision.models.noise import normal
from generative_vision.typing import Images


def image_losses(
    model: Denoiser, images: Images, given=None, *, seed: int = 0, draws: int = 10
) -> np.ndarray:
    """Return the averaged network's loss of each image, (n,).

    A mean over times (k + ½)/``draws``, with new noise at each.

    Args:
        model: a ``Diffusion`` or a ``LatentFlow``.
        images: (n, 28, 28, 1) in [−1, 1].
        given: labels or captions, for a conditional model; without them it does without.
        seed: of the noise: the same seed gives the same losses.

    Raises:
        ValueError: no draw.
    """
    validate_numbers(least=1, whole=True, draws=draws)
    x, rng = model.from_images(images), np.random.default_rng(seed)
    if given is not None or model.condition is None:
        words = encode_condition(model.condition, given, len(x))
    else:
        words = np.zeros((len(x), row_size(model.condition)), "float32")
    total = np.zeros(len(x))
    for t in ((np.arange(draws) + 0.5) / draws).tolist():
        noise = normal(rng, x.shape)
        x_t, v = (ops.convert_to_numpy(f(x, t, noise)) for f in (model.q_sample, model.target))
        off = model.velocity(x_t, t, words) - v
        total += np.square(off).reshape(len(x), -1).mean(axis=1)
    return total / draws
