"""Diffusion on pixels: a small U-Net that predicts v, on a cosine schedule.

Shapes: images x (n, 28, 28, 1); inside the model they have mean 0 and variance 1. Times t and s are
(n, 1, 1, 1), or numbers, in [0, 1], 0 is data, 1 is noise; every formula is elementwise in t. (α,
σ) is a point on the unit circle, v its derivative by the angle: Salimans and Ho (2022),
arXiv:2202.00512.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np
from keras import Model, ops

from generative_vision.arguments import validate_numbers, whole_number
from generative_vision.data import validate_images, validate_mask
from generative_vision.models.denoiser import Denoiser
from generative_vision.models.layers import register
from generative_vision.models.networks import unet
from generative_vision.models.noise import normal_noise
from generative_vision.models.samplers import ancestral, first_order, guide, repaint
from generative_vision.typing import Condition, Images, Labels, Prompt, Solver

MEAN, DEVIATION = -0.43, 0.706  # of Fashion-MNIST's pixels in [−1, 1]


def schedule(t):
    """Return α = cos(πt/2), the signal, and σ = sin(πt/2), the noise.

    Source: Nichol and Dhariwal (2021).
    """
    functions = math if isinstance(t, float) else ops  # a single time in sampling needs no tensor
    return functions.cos(math.pi / 2 * t), functions.sin(math.pi / 2 * t)


def q_sample(x, t, noise):
    """Return x_t = αx + σε: the forward process in one step.

    Source: Ho et al. (2020), arXiv:2006.11239, equation 4.
    """
    alpha, sigma = schedule(t)
    return alpha * x + sigma * noise


def velocity(x, t, noise):
    """Return v = αε − σx, what the network learns to predict."""
    alpha, sigma = schedule(t)
    return alpha * noise - sigma * x


def x_and_noise(x_t, v, t):
    """Return x = αx_t − σv and ε = σx_t + αv: the way back from v."""
    alpha, sigma = schedule(t)
    return alpha * x_t - sigma * v, sigma * x_t + alpha * v


def ddim_step(x_t, v, t, s):
    """Return x_s = α_s x̂ + σ_s ε̂: to the earlier time s, nothing drawn.

    With x̂ and ε̂ of ``x_and_noise`` that is x_t cos δ − v sin δ, (x_t, v) turned back by the angle
    δ between the times: Salimans and Ho (2022), arXiv:2202.00512.

    Source: Song et al. (2020), arXiv:2010.02502.
    """
    alpha, sigma = schedule(t - s)
    return alpha * x_t - sigma * v


def ddpm_step(x_t, v, t, s, noise):
    """Draw x_s from q(x_s | x_t, x̂): ancestral sampling.

    Source: Ho et al. (2020), equation 7, in the notation of (α, σ).

    Args:
        noise: ε ~ N(0, I), drawn anew.
    """
    (alpha_t, sigma_t), (alpha_s, sigma_s) = schedule(t), schedule(s)
    x = alpha_t * x_t - sigma_t * v
    alpha = alpha_t / alpha_s  # from s to t
    variance = 1 - alpha**2  # σ_t² − α²σ_s², since α² + σ² = 1
    mean = alpha * sigma_s**2 / sigma_t**2 * x_t + alpha_s * variance / sigma_t**2 * x
    return mean + variance**0.5 * sigma_s / sigma_t * noise


def diffuse(x_s, s, t, noise):
    """Draw x_t from q(x_t | x_s), from time s to the later time t; s = 0 is the data."""
    alpha = schedule(t)[0] / schedule(s)[0]
    return alpha * x_s + (1 - alpha**2) ** 0.5 * noise  # x_s has variance 1, and x_t again


@register
class Diffusion(Denoiser):
    """Diffusion on pixels: x is an image of mean 0 and variance 1.

    Args:
        width, layout: of the U-Net, see ``networks.unet``.
        network: in place of the U-Net: [x_t, t] or [x_t, t, words] -> v.
        condition, q_sample, target, guide, condition_dropout, ema_decay: see ``Denoiser``.
    """

    SOLVERS: Mapping[str, Solver] = {"ddim": first_order(ddim_step), "ddpm": ancestral(ddpm_step)}

    def __init__(
        self,
        *,
        condition: Condition = None,
        width: int = 16,
        layout: bool = False,
        network: Model | None = None,
        q_sample: Callable = q_sample,
        target: Callable = velocity,
        guide: Callable = guide,
        condition_dropout: float = 0.1,
        ema_decay: float = 0.998,
        name: str | None = None,
    ):
        super().__init__(
            unet(whole_number(width=width), condition, layout) if network is None else network,
            condition=condition,
            q_sample=q_sample,
            target=target,
            guide=guide,
            condition_dropout=condition_dropout,
            ema_decay=ema_decay,
            name=name,
        )
        self.width, self.layout = width, layout

    def scaled(self, x):
        """Return images in the model's scale: mean 0, variance 1."""
        return (x - MEAN) / DEVIATION

    def from_images(self, images: Images) -> np.ndarray:
        """Return images (n, 28, 28, 1) in [−1, 1] in the model's scale."""
        return self.scaled(validate_images(images))

    def to_images(self, x: np.ndarray) -> Images:
        """Return images, clipped to [−1, 1]."""
        return (x * DEVIATION + MEAN).clip(-1, 1).astype("float32")

    def inpaint(
        self,
        images: Images,
        mask: np.ndarray,
        *,
        seed: int,
        labels: int | Labels | None = None,
        prompt: Prompt | None = None,
        guidance: float = 1.0,
        steps: int = 25,
        repeats: int = 5,
        solver: str | Solver = "ddpm",
    ) -> Images:
        """Return images (n, 28, 28, 1) whose masked part is painted anew, the rest unchanged.

        Args:
            images: (n, 28, 28, 1) in [−1, 1]; what they show under the mask does not count.
            mask: (28, 28) for all images or (n, 28, 28, 1): true or 1 where to paint.
            repeats: tries at each step, see ``samplers.repaint``.
        """
        images = validate_images(images)
        mask = validate_mask(mask, images.shape)
        validate_numbers(least=1, whole=True, repeats=repeats)
        painted = self.generate(
            normal_noise(*images.shape, seed=seed),
            self.scaled(images),
            mask,
            seed=seed,
            labels=labels,
            prompt=prompt,
            guidance=guidance,
            steps=steps,
            solver=solver,
            wrap=lambda solver, known, mask: repaint(solver, known, mask, diffuse, int(repeats)),
        )
        return np.where(mask, painted, images)
