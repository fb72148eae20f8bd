"""The published experiments on self-consuming loops, as this course repeated them."""

from __future__ import annotations

import csv

from generative_vision.data import asset


def shipped_table() -> list[dict]:
    """Return the table that ``benchmarks/mad.py`` wrote, a row for each generation.

    experiment, seed, generation, n_training, seconds, fcd, precision, recall, rarest: three seeds,
    six generations of 10,000 images, a latent flow of 900 steps each; of the loop that retrains its
    autoencoder, one seed.
    """
    lines = csv.DictReader(asset("mad.csv").decode("utf-8").splitlines())
    kinds: dict[str, type] = {"experiment": str, "seed": int, "generation": int, "n_training": int}
    return [{name: kinds.get(name, float)(value) for name, value in line.items()} for line in lines]
