"""Classifier-free guidance: a condition is exaggerated.

Source: Ho and Salimans (2022), arXiv:2207.12598.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from generative_vision.models.layers import register
from generative_vision.typing import Rows, Velocity


@register
def guide(v_without, v_with, guidance):
    """Return v₀ + g·(v_c − v₀); the paper's w is g − 1.

    g = 1 is the model as it was trained, 0 ignores the condition, more than 1 exaggerates it.
    """
    return v_without + guidance * (v_with - v_without)


def guided(velocity: Callable, words: Rows, guidance: float, guide: Callable) -> Velocity:
    """Return guide(v without words, v with words, g) of ``velocity`` (x_t, t, words) -> v."""
    both = np.concatenate([0 * words, words])
    return lambda x, t: guide(*np.split(velocity(np.concatenate([x, x]), t, both), 2), guidance)
