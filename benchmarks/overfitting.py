"""Lesson 01's dense autoencoder on few images: what it learns by heart, and what helps against it.

Three seeds. Every run takes as many steps, at a constant learning rate. Each 100 steps its error
is measured on the images it trains on (as they are, neither shifted nor noisy), on 1,000 training
images that it never sees, and on 2,000 test images. May be interrupted. Writes overfitting.csv.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from tables import fill

from generative_vision import data, runtime

runtime.setup(seed=0)  # before Keras is imported
import keras
from keras import layers, ops

from generative_vision.models.autoencoder import Autoencoder

CODE_SIZE, FEW, BATCH, STEPS, EVERY, RATE = 32, 500, 50, 2000, 100, 0.0015
VALIDATION = 1000


def noisy(x):
    """Return x plus normal noise of standard deviation 0.3, clipped to [−1, 1]."""
    return ops.clip(x + 0.3 * keras.random.normal(ops.shape(x)), -1, 1)


def shifted(images):
    """Return each image nine times: moved by −1, 0 or 1 pixels both ways."""
    wide = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=-1)
    places = [(up, left) for up in range(3) for left in range(3)]
    return np.concatenate([wide[:, up : up + 28, left : left + 28] for up, left in places])


def flipped(images):
    """Return each image twice: as it is, and left and right exchanged."""
    return np.concatenate([images, images[:, :, ::-1]])


RECIPES: dict[str, dict] = {
    "nothing": {},
    "weight decay": {"decay": 3.0},
    "dropout": {"dropout": 0.1},
    "noisy inputs": {"corrupt": noisy},
    "flips": {"augment": flipped},
    "shifts": {"augment": shifted},
    "2,000 images": {"n": 2000},
}


def main() -> None:
    """Run what is missing in the table."""
    images, _ = data.load_fashion_mnist("train")
    test = data.load_fashion_mnist("test")[0][:2000]
    fill(
        "overfitting.csv",
        RECIPES,
        lambda name, seed: list(run(name, seed, images, test)),
        __doc__,
    )


def run(name: str, seed: int, images, test) -> Iterator[dict]:
    """Yield a row for every hundred steps of one training."""
    order = np.random.default_rng(seed).permutation(len(images))
    held_out = images[order[-VALIDATION:]]
    recipe = RECIPES[name]
    few = images[order[: recipe.get("n", FEW)]]
    keras.utils.set_random_seed(seed)
    model = Autoencoder(
        CODE_SIZE,
        **networks(recipe.get("dropout")),
        corrupt=recipe.get("corrupt"),
    )
    # decay of w: rate * decay * w in each step
    adam = keras.optimizers.AdamW(RATE, weight_decay=recipe.get("decay", 0.0))
    model.compile(optimizer=adam, steps_per_execution=10)
    shown = recipe.get("augment", lambda x: x)(few)
    rng = np.random.default_rng(seed)
    per_round = BATCH * EVERY
    for step in range(EVERY, STEPS + 1, EVERY):
        passes = [rng.permutation(len(shown)) for _ in range(-(-per_round // len(shown)))]
        batch = shown[np.concatenate(passes)[:per_round]]
        model.fit(batch, batch_size=BATCH, shuffle=False, verbose=0)
        sets = {"train": few, "validation": held_out, "test": test}
        errors = {key: f"{error(model, x):.5f}" for key, x in sets.items()}
        yield {"recipe": name, "seed": seed, "step": step, **errors}


def networks(dropout: float | None) -> dict:
    """Return the lesson's dense encoder and decoder; dropout thins out their hidden layers."""
    thin = [layers.Dropout(dropout)] if dropout else []
    encoder = [
        keras.Input((28, 28, 1)),
        layers.Flatten(),
        layers.Dense(256, activation="silu"),
        *thin,
        layers.Dense(CODE_SIZE, dtype="float32"),
    ]
    decoder = [
        keras.Input((CODE_SIZE,)),
        layers.Dense(256, activation="silu"),
        *[layers.Dropout(dropout) for _ in thin],
        layers.Dense(784, dtype="float32"),
        layers.Reshape((28, 28, 1)),
    ]
    return {"encoder": keras.Sequential(encoder), "decoder": keras.Sequential(decoder)}


def error(model, images) -> float:
    """Return the mean squared error per pixel of rebuilt images."""
    return float(((model.reconstruct(images) - images) ** 2).mean())


if __name__ == "__main__":
    main()
