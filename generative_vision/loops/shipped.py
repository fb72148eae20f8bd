"""The published experiments on self-consuming loops, as this course repeated them."""

from __future__ import annotations

import csv
import io

import numpy as np

from generative_vision.data import asset


def shipped_table() -> list[dict]:
    """Return the table that ``benchmarks/mad.py`` wrote, a row for each generation of each seed.

    experiment, seed, generation, n_training (images); fcd, precision, recall, and the same with
    _2 by the second classifier; rarest, the smallest share of a class, class_0 ... class_9, all
    shares, and trousers_2, the share of trousers by the second classifier.
    """
    lines = csv.DictReader(asset("mad.csv").decode("utf-8").splitlines())
    kinds: dict[str, type] = {"experiment": str, "seed": int, "generation": int, "n_training": int}
    return [{name: kinds.get(name, float)(value) for name, value in line.items()} for line in lines]


def shipped_pictures() -> dict[str, np.ndarray]:
    """Return the first images of each generation, uint8 (6, 10, 28, 28), by experiment.

    They are of seed 0 of ``shipped_table``, none chosen, and of some of its experiments.
    """
    with np.load(io.BytesIO(asset("mad.npz"))) as stored:
        return dict(stored)
