"""From noise to data: a plain loop, solvers that take its steps, and what is wrapped around them.

Time 1 is noise, time 0 is data; t and s are numbers, s the earlier one. x is a NumPy array (n,
...). A ``Velocity`` says in which direction x moves at time t, a ``Solver`` follows it from t to s.
Guidance wraps a velocity, painting a solver.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from keras import ops

from generative_vision.models.noise import normal
from generative_vision.typing import Rows, Solver, Velocity


def follow(
    velocity: Velocity, solver: Solver, x: np.ndarray, times: Sequence[float], rng
) -> np.ndarray:
    """Return x at the last of the times, from x at the first of them."""
    for t, s in pairwise(times):
        before, x = x, ops.convert_to_numpy(solver(velocity, x, t, s, rng))
        if x.shape != before.shape:
            raise ValueError(f"The solver returns shape {x.shape} for x of shape {before.shape}.")
    return x


def first_order(step: Callable) -> Solver:
    """Return a solver of ``step(x_t, v, t, s) -> x_s``: one look at the velocity, nothing drawn."""
    return lambda velocity, x, t, s, rng: step(x, velocity(x, t), t, s)


def ancestral(step: Callable) -> Solver:
    """Return a solver of ``step(x_t, v, t, s, ε) -> x_s``, with new noise ε ~ N(0, I) each time."""
    return lambda velocity, x, t, s, rng: step(x, velocity(x, t), t, s, normal(rng, x.shape))


def heun(velocity: Velocity, x: np.ndarray, t: float, s: float, rng) -> np.ndarray:
    """Follow the mean of the velocities at both ends of a straight step.

    Source: Karras et al. (2022), arXiv:2206.00364.
    """
    v = velocity(x, t)
    return x + (s - t) * (v + velocity(x + (s - t) * v, s)) / 2


def guide(v_without, v_with, guidance):
    """Return v₀ + g·(v_c − v₀): classifier-free guidance exaggerates a condition.

    g = 1 is the model as it was trained, 0 ignores the condition, more than 1 exaggerates it; the
    paper's w is g − 1. Source: Ho and Salimans (2022), arXiv:2207.12598.
    """
    return v_without + guidance * (v_with - v_without)


def guided(velocity: Callable, words: Rows, guidance: float, guide: Callable) -> Velocity:
    """Return guide(v without words, v with words, g) of ``velocity`` (x_t, t, words) -> v."""
    both = np.concatenate([0 * words, words])
    return lambda x, t: guide(*np.split(velocity(np.concatenate([x, x]), t, both), 2), guidance)


def repaint(
    solver: Solver, known: np.ndarray, mask: np.ndarray, diffuse: Callable, repeats: int
) -> Solver:
    """Return a solver that paints where ``mask`` is true; elsewhere is ``known``, equally noisy.

    Each step is tried ``repeats`` times; between two tries it goes back to time t, so that both
    parts come to agree. ``diffuse(x_s, s, t, ε) -> x_t`` adds the noise. Lugmayr et al. (2022),
    arXiv:2201.09865.
    """

    def painting(velocity, x, t, s, rng):
        for after in [t] * (repeats - 1) + [s]:
            painted, noise = solver(velocity, x, t, s, rng), normal(rng, x.shape)
            x = np.where(mask, diffuse(painted, s, after, noise), diffuse(known, 0.0, after, noise))
        return x

    return painting
