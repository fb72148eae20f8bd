"""What generators copied in the course's experiments, by the number of their training images."""

from __future__ import annotations

import csv
import io

import numpy as np

from generative_vision.data import asset


def shipped_table() -> dict[str, dict[str, np.ndarray]]:
    """Return the table that ``benchmarks/copying.py`` wrote: run -> measure -> a value a seed.

    Runs are a flow or a diffusion model on so many images, such as ``"flow, 64"``, or a flow with
    one thing changed. Measures: the copied share in codes, pixels and both classifiers' features,
    and by chance, that of test images; losses of training and other images and what they give away;
    agreement with a flow on other images; FCD by both classifiers, precision and recall.
    """
    found: dict[str, dict[str, list[float]]] = {}
    for row in csv.DictReader(asset("copying.csv").decode("utf-8").splitlines()):
        found.setdefault(row["run"], {}).setdefault(row["measure"], []).append(float(row["value"]))
    return {
        run: {measure: np.array(values) for measure, values in measures.items()}
        for run, measures in found.items()
    }


def shipped_pictures() -> dict[str, np.ndarray]:
    """Return by run the first 8 samples of seed 0, none chosen, and their nearest training images.

    uint8 (2, 8, 28, 28); nearest in codes.
    """
    with np.load(io.BytesIO(asset("copying.npz"))) as stored:
        return dict(stored)
