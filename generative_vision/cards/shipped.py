"""The facts about a model that ships with the course."""

from __future__ import annotations

import contextlib

from generative_vision import data
from generative_vision.audit import audit
from generative_vision.cards.facts import UNSAID, Facts, Statement, measure
from generative_vision.energy import by_operations
from generative_vision.models.weights import pretrained


def measure_shipped(
    name: str,
    *,
    n: int = 2000,
    audited: bool = True,
    statement: Statement = UNSAID,
    seed: int = 0,
) -> Facts:
    """Draw images of a model with shipped weights, and return all that its card needs.

    Args:
        name: as ``generative_vision/assets/manifest.toml`` lists it, such as ``"gan"``.
        n: images that are drawn and measured.
        audited: whether to look for copies of training images, too.
        statement: what its makers say.
        seed: of the images.

    Raises:
        ValueError: no such model, or one that draws no new images.
    """
    from generative_vision.models.counting import sampling_operations

    model = pretrained(name)
    if not hasattr(model, "sample"):
        raise ValueError(
            f"{name} is of the class {type(model).__name__}, which draws no new images: a card "
            "here is for generators, such as gan, vae-32, diffusion and latent-flow."
        )
    energy = None
    with contextlib.suppress(ValueError):  # a model whose sampling cannot be counted
        energy = by_operations(sampling_operations(model))
    images = model.sample(n, seed=seed)
    found = None
    if audited:
        splits = (data.load_fashion_mnist(split)[0] for split in ("train", "test"))
        found = audit(images, *splits, seed=seed, name=name)
    return measure(images, name, model=model, audit=found, energy=energy, statement=statement)
