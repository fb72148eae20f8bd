"""Train the weights that ship again: python benchmarks/weights.py NAME ... (all without a name).

Writes generative_vision/assets/weights/NAME.weights.h5 and its entry in the manifest, and prints
what the model reaches on the test images. Seed 0, for classifier-2 seed 1. Weights differ from
machine to machine in their last digits.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from importlib import import_module

import numpy as np
from shipping import list_in_manifest

from generative_vision import data, prompts, runtime, training
from generative_vision.distances import moments
from generative_vision.models.weights import pretrained

BAG = data.CLASS_NAMES.index("bag")
KEPT_WORDS = 0.7  # of a caption's measured words: prompts are incomplete, too
NOISE = 0.5  # standard deviation of what the denoising autoencoder takes away


@dataclass(frozen=True)
class Recipe:
    """How one file of weights is trained: Adam, the rate warmed up, then falling to 0."""

    model: str  #: module:class below generative_vision.models
    arguments: dict = field(default_factory=dict)  #: of its constructor
    epochs: int = 6
    batch: int = 64
    rate: float = 2e-3
    warmup: float = 0.05  #: share of the steps
    adam: dict = field(default_factory=dict)  #: further arguments of the optimizer
    without: int | None = None  #: a class left out of the training images
    denoise: bool = False
    seed: int = 0
    autoencoder: str | None = None  #: name of the shipped one whose codes are learned


AE, VAE, GAN = "autoencoder:Autoencoder", "vae:VAE", "gan:GAN"
FAST = {"rate": 4e-3, "adam": {"beta_2": 0.99}}
PLAYERS = {"batch": 32, "rate": 4e-3, "adam": {"beta_1": 0.5, "beta_2": 0.99}}
RECIPES = {
    f"autoencoder-{d}": Recipe(AE, {"latent_dim": d}, warmup=0) for d in (2, 4, 8, 16, 32, 64, 128)
}
RECIPES["autoencoder-32-denoising"] = Recipe(AE, {"latent_dim": 32}, warmup=0, denoise=True)
RECIPES["autoencoder-32-no-bags"] = Recipe(AE, {"latent_dim": 32}, warmup=0, without=BAG)
RECIPES["classifier"] = Recipe(
    "classifier:Classifier",
    epochs=14,
    batch=128,
    rate=3e-3,
    adam={"beta_2": 0.99, "weight_decay": 0.05},
)
RECIPES["classifier-2"] = Recipe(
    "classifier:Classifier",
    {"design": "mixer"},
    epochs=14,
    batch=128,
    rate=3e-3,
    adam={"beta_2": 0.99, "weight_decay": 0.05},
    seed=1,
)
RECIPES["vae-2"] = Recipe(VAE, {"latent_dim": 2, "variance": 0.1, "beta": 100}, epochs=6, **FAST)
RECIPES["vae-32"] = Recipe(VAE, {"latent_dim": 32}, epochs=6, **FAST)
RECIPES["vae-32-flow"] = Recipe("flow_vae:FlowVAE", {"latent_dim": 32}, epochs=8, **FAST)
RECIPES["vae-32-conditional"] = Recipe(
    "flow_vae:FlowVAE", {"latent_dim": 32, "condition": "labels", "hidden": 240}, epochs=5, **FAST
)
for beta in (0.1, 1, 10, 100, 1000):  # with a fixed variance only β·σ² counts: 0.01 ... 100
    sizes = {"latent_dim": 32, "width": 16, "variance": 0.1, "beta": beta}
    RECIPES[f"vae-beta-{beta}"] = Recipe(VAE, sizes, epochs=4, **FAST)
RECIPES["vae-beta-1000-free-bits"] = Recipe(VAE, {**sizes, "free_bits": 1.0}, epochs=4, **FAST)
RECIPES["gan"] = Recipe(GAN, {}, epochs=12, **PLAYERS)
RECIPES["gan-conditional"] = Recipe(GAN, {"condition": "labels"}, epochs=6, **PLAYERS)
RECIPES["gan-no-penalty"] = Recipe(GAN, {"penalty": 0.0}, epochs=2, **PLAYERS)
RECIPES["diffusion"] = Recipe(
    "diffusion:Diffusion", {"condition": "captions"}, epochs=30, **{**FAST, "rate": 3e-3}
)
RECIPES["latent-flow"] = Recipe(
    "latent_flow:LatentFlow",
    {"condition": "captions", "width": 400},
    epochs=100,
    batch=256,
    autoencoder="autoencoder-32",
    **FAST,
)


def main(names: list[str]) -> None:
    """Train the named models one after the other and write each as soon as it is done."""
    unknown = set(names) - RECIPES.keys()
    if unknown:
        sys.exit(f"Unknown: {', '.join(sorted(unknown))}. Known: {', '.join(RECIPES)}.")
    for name in names or RECIPES:
        recipe = RECIPES[name]
        runtime.setup(recipe.seed)
        start = time.perf_counter()
        model = train(recipe)
        seconds = time.perf_counter() - start
        path = data.ASSETS / "weights" / f"{name}.weights.h5"
        path.parent.mkdir(exist_ok=True)
        bare = build(recipe)  # not compiled: an optimizer's state would triple the file
        bare.set_weights(model.get_weights())
        bare.save_weights(path)
        entry = {"model": name, "class": recipe.model, "arguments": recipe.arguments}
        list_in_manifest(f"weights/{path.name}", f"python benchmarks/weights.py {name}", **entry)
        if name == "classifier-2":
            ship_moments(model)
        print(
            f"{name}: {quality(model)}, {seconds:.0f} s, {path.stat().st_size / 1e6:.1f} MB",
            flush=True,
        )


def ship_moments(judge) -> None:
    """Write mean and covariance of the second judge's features of the test images."""
    mean, covariance = moments(judge.features(data.load_fashion_mnist("test")[0]))
    path = data.ASSETS / "classifier-2-test.npz"
    np.savez(path, mean=mean, covariance=covariance)
    list_in_manifest(path.name, "python benchmarks/weights.py classifier-2")


def build(recipe: Recipe, **functions):
    """Return the untrained model."""
    module, name = recipe.model.split(":")
    return getattr(import_module(f"generative_vision.models.{module}"), name)(
        **recipe.arguments, **functions
    )


def train(recipe: Recipe):
    """Return the trained model."""
    import keras
    from keras import ops, random

    images, labels = data.load_fashion_mnist("train")
    if recipe.without is not None:
        images = images[labels != recipe.without]
    functions = {}
    if recipe.denoise:
        functions["corrupt"] = lambda x: ops.clip(x + NOISE * random.normal(ops.shape(x)), -1, 1)
    if recipe.autoencoder:
        functions["autoencoder"] = pretrained(recipe.autoencoder)
    model = build(recipe, **functions)
    steps = recipe.epochs * len(images) // recipe.batch
    rate = training.warmup_cosine(recipe.rate, steps, int(recipe.warmup * steps))
    model.compile(
        optimizer=keras.optimizers.AdamW(rate, **{"weight_decay": 0.0, **recipe.adam}),
        steps_per_execution=20,
    )
    condition = {None: None, "labels": labels}.get(model.condition)
    if model.condition == "captions":
        condition = prompts.captions(images, labels, keep=KEPT_WORDS)
    model.fit(images, condition, batch_size=recipe.batch, epochs=recipe.epochs, verbose=2)
    if hasattr(model, "standardise"):
        model.standardise(images)
    return model


def quality(model) -> str:
    """Say in a few words what the model reaches on the test images."""
    from generative_vision import metrics

    test, labels = data.load_fashion_mnist("test")
    if hasattr(model, "probabilities"):
        return f"test accuracy {np.mean(model.probabilities(test).argmax(axis=1) == labels):.2%}"
    if hasattr(model, "sample"):
        images = model.sample(5000, seed=1)
        return (
            f"{metrics.evaluate(images)}\nshares of classes {metrics.class_shares(images).round(3)}"
        )
    return f"test MSE {((model.reconstruct(test) - test) ** 2).mean():.4f}"


if __name__ == "__main__":
    main(sys.argv[1:])
