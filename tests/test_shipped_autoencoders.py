"""The tables that lesson 01 reads: every run is there, and they show what its text says."""

import csv
from collections import defaultdict

import numpy as np

from generative_vision import data


def rows(name: str) -> list[dict]:
    return list(csv.DictReader(data.asset(name).decode("utf-8").splitlines()))


def validation_curves() -> dict[str, np.ndarray]:
    """Return by recipe the errors on held-out images, (seeds, checks)."""
    curves = defaultdict(lambda: defaultdict(list))
    for row in rows("overfitting.csv"):
        curves[row["recipe"]][row["seed"]].append(float(row["validation"]))
    return {recipe: np.array(list(seeds.values())) for recipe, seeds in curves.items()}


def errors(variant: str) -> list[float]:
    return [
        float(row["value"])
        for row in rows("variants.csv")
        if (row["variant"], row["measure"]) == (variant, "test")
    ]


def test_every_recipe_has_three_seeds_of_twenty_checks():
    assert {curve.shape for curve in validation_curves().values()} == {(3, 20)}


def test_without_a_remedy_every_seed_overfits():
    curves = validation_curves()["nothing"]
    assert (curves[:, -1] > 1.05 * curves.min(axis=1)).all()


def test_more_images_lower_the_lowest_error_of_every_seed():
    curves = validation_curves()
    more, without = (curves[name].min(axis=1) for name in ("2,000 images", "nothing"))
    assert more.max() < 0.9 * without.min()


def test_no_linear_autoencoder_beats_pca():
    assert min(errors("linear 32") + errors("linear 32, tied")) > errors("PCA 32")[0]


def test_every_seed_of_the_dense_autoencoder_beats_pca():
    assert max(errors("dense 32")) < errors("PCA 32")[0]
