"""Lesson 07's table: what a generator copies, by the number of its training images; what helps.

Three seeds, of the training images, the network and the noise. Every model takes as many steps. The
flow works on codes of the shipped autoencoder, the diffusion model on pixels. Each size trains two
flows, on images that they do not share, and both draw from the same noise. An image is a copy where
d1/d2 < 1/3 among the training images, each of those counted once; 'by chance' is what 1,000 test
images score. May be interrupted. Writes copying.csv.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from tables import fill

from generative_vision import data, metrics, runtime, training

runtime.setup(seed=0)  # before Keras is imported
import keras
from keras import layers

from generative_vision.audit.copying import nearest, superiority
from generative_vision.models.diffusion import Diffusion
from generative_vision.models.latent_flow import LatentFlow
from generative_vision.models.networks import mlp
from generative_vision.models.weights import pretrained

SIZES = (16, 64, 256, 1024, 4096, 16384)
FEW = 64  # images of the remedies
STEPS, BATCH, RATE, WIDTH = 1500, 64, 0.004, 256
PIXEL_SIZES = (16, 256, 4096)
PIXEL_STEPS, PIXEL_BATCH = 1000, 32
SAMPLES, HELD_OUT = 1000, 1000
TIMES = {1: 1000, 10: 10, 100: 10}  # duplicates: how often an image stands there -> images


def main() -> None:
    """Run what is missing in the table."""
    fill("copying.csv", RUNS, measure, __doc__)


def measure(name: str, seed: int) -> list[dict]:
    """Return the rows of one run."""
    keras.utils.set_random_seed(seed)
    order = np.random.default_rng(seed).permutation(60_000)
    found = RUNS[name](images()[order], seed)
    row = {"run": name, "seed": seed}
    return [{**row, "measure": key, "value": f"{value:.4g}"} for key, value in found.items()]


def flow_of(n: int, twin: bool = False, **options):
    """Return the experiment that trains a flow on n images, a function of (images, seed)."""

    def run(shuffled, seed: int) -> dict[str, float]:
        known, unseen = shuffled[:n], shuffled[-HELD_OUT:]
        model = trained_flow(known, unseen, **options)
        samples = model.sample(SAMPLES, seed=seed + 1)
        found = copies(samples, known, {"codes": model.encode})
        if twin:
            other = trained_flow(shuffled[20_000 : 20_000 + n], unseen, **options)
            found |= agreement(samples, other.sample(SAMPLES, seed=seed + 1), known)
        return found | fit_and_quality(model, samples, known, unseen)

    return run


def diffusion_of(n: int):
    """Return the experiment that trains a diffusion model on n images."""

    def run(shuffled, seed: int) -> dict[str, float]:
        known, unseen = shuffled[:n], shuffled[-HELD_OUT:]
        model = Diffusion()
        adam = keras.optimizers.Adam(training.warmup_cosine(RATE, PIXEL_STEPS), beta_2=0.99)
        model.compile(optimizer=adam, steps_per_execution=10)
        shown = repeated(known, PIXEL_BATCH)
        training.fit_steps(model, shown, steps=PIXEL_STEPS, batch_size=PIXEL_BATCH)
        samples = model.sample(SAMPLES, seed=seed + 1)
        return copies(samples, known) | fit_and_quality(model, samples, known, unseen)

    return run


def duplicates(removed: bool):
    """Return the experiment in which ten images stand 10 times, ten 100 times, 1,000 once."""

    def run(shuffled, seed: int) -> dict[str, float]:
        groups = np.repeat(list(TIMES), list(TIMES.values()))
        known = shuffled[: len(groups)]
        shown = known if removed else np.repeat(known, groups, axis=0)
        model = trained_flow(shown, shuffled[-HELD_OUT:])
        samples = model.sample(4 * SAMPLES, seed=seed + 1)
        near = nearest(model.encode(samples), model.encode(known))
        found = {}
        for times in TIMES:
            hits = near.copied & (groups[near.index] == times)
            found[f"copies of an image that stands {times} times"] = hits.sum() / TIMES[times]
        return found | {"copied, codes": near.copied.mean()}

    return run


def trained_flow(
    known,
    unseen,
    *,
    width: int = WIDTH,
    steps: int = STEPS,
    decay: float = 0.0,
    dropout: float = 0.0,
    augment=None,
    stop: bool = False,
) -> LatentFlow:
    """Return a flow that was trained on images, with one remedy or none.

    Args:
        stop: return to the weights whose loss of unseen images was least.
    """
    network = thinned(width, dropout) if dropout else None
    model = LatentFlow(autoencoder(), width=width, network=network)
    adam = keras.optimizers.AdamW(
        training.warmup_cosine(RATE, steps), beta_2=0.99, weight_decay=decay
    )
    model.compile(optimizer=adam, steps_per_execution=100)
    shown = repeated(known if augment is None else augment(known), BATCH)
    watch = [KeepBest(unseen)] if stop else []
    training.fit_steps(model, shown, steps=steps, batch_size=BATCH, callbacks=watch)
    return model


class KeepBest(keras.callbacks.Callback):
    """Goes back to the averaged weights whose loss of some images was least, of every 100 steps."""

    def __init__(self, images):
        super().__init__()
        self.images, self.least, self.best, self.next = images, np.inf, None, 100

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.steps.numpy()) < self.next:
            return
        self.next += 100
        loss = self.model.image_losses(self.images).mean()
        if loss < self.least:
            self.least, self.best = loss, self.model.averaged.get_weights()

    def on_train_end(self, logs=None):
        self.model.averaged.set_weights(self.best)


def thinned(width: int, dropout: float) -> keras.Model:
    """Return the flow's network with dropout before each layer but the first."""

    def clone(layer):
        copy = layer.__class__.from_config(layer.get_config())
        if isinstance(layer, layers.Dense) and layer.units == width:
            return keras.Sequential([copy, layers.Dropout(dropout)])
        return copy

    return keras.models.clone_model(mlp(32, width), clone_function=clone)


def copies(samples, known, spaces=None) -> dict[str, float]:
    """Return the copied share in each feature space, and what test images score there."""
    found = {}
    spaces = {"pixels": flat, "features": metrics.features, "features 2": features_2} | (
        spaces or {}
    )
    test = held_out()
    for name, space in spaces.items():
        points = space(known)
        found[f"copied, {name}"] = nearest(space(samples), points).copied.mean()
        found[f"by chance, {name}"] = nearest(space(test), points).copied.mean()
    return found


def agreement(one, other, known) -> dict[str, float]:
    """Return how alike two models' images from the same noise are, and from other noise.

    The cosine between pixels, less the mean test image; and how often the twin's image is nearer
    than every training image.
    """
    centre = held_out().mean(axis=0)
    a, b = flat(one - centre), flat(other - centre)
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))
    apart = np.linalg.norm(flat(one - other), axis=1)
    return {
        "agreement": (a * b).sum(axis=1).mean(),
        "agreement, other noise": (a * np.roll(b, 1, axis=0)).sum(axis=1).mean(),
        "nearer to the twin": (apart < nearest(flat(one), flat(known)).first).mean(),
    }


def fit_and_quality(model, samples, known, unseen) -> dict[str, float]:
    """Return losses of images seen and unseen, what they give away, and the samples' scores."""
    losses = {
        "train": model.image_losses(known[:HELD_OUT]),
        "unseen": model.image_losses(unseen, seed=1),
    }
    scores = metrics.evaluate(samples)
    limit = np.quantile(losses["unseen"], 0.01)
    return {
        **{f"loss, {key}": value.mean() for key, value in losses.items()},
        "membership": superiority(losses["unseen"], losses["train"]),
        "found at 1 % false alarms": (losses["train"] < limit).mean(),
        "fcd": scores.fcd,
        "fcd 2": metrics.fcd(samples, judge=2),
        "precision": scores.precision,
        "recall": scores.recall,
    }


def repeated(images, batch: int) -> np.ndarray:
    """Return images, as often as it takes to fill a batch."""
    return np.resize(images, (max(batch, len(images)), *images.shape[1:]))


def mirrored(images) -> np.ndarray:
    """Return each image as it is, and with left and right exchanged."""
    return np.concatenate([images, images[:, :, ::-1]])


def shifted(images) -> np.ndarray:
    """Return each image nine times: moved by -1, 0 or 1 pixels both ways."""
    wide = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=-1)
    places = [(up, left) for up in range(3) for left in range(3)]
    return np.concatenate([wide[:, up : up + 28, left : left + 28] for up, left in places])


def flat(images) -> np.ndarray:
    """Return images as rows of pixels."""
    return images.reshape(len(images), -1)


def features_2(images) -> np.ndarray:
    """Return the second classifier's features."""
    return metrics.features(images, 2)


@lru_cache(maxsize=1)
def images() -> np.ndarray:
    """Return the training images."""
    return data.load_fashion_mnist("train")[0]


@lru_cache(maxsize=1)
def held_out() -> np.ndarray:
    """Return a thousand test images."""
    return data.load_fashion_mnist("test")[0][:HELD_OUT]


@lru_cache(maxsize=1)
def autoencoder():
    """Return the frozen autoencoder of all flows."""
    model = pretrained("autoencoder-32")
    model.trainable = False
    return model


REMEDIES = {
    "weight decay": {"decay": 1.0},
    "dropout": {"dropout": 0.2},
    "mirrored": {"augment": mirrored},
    "shifted": {"augment": shifted},
    "early stopping": {"stop": True},
    "width 64": {"width": 64},
    "a third of the steps": {"steps": STEPS // 3},
}
RUNS = {
    **{f"flow, {n}": flow_of(n, twin=True) for n in SIZES},
    **{f"flow, {FEW}, {name}": flow_of(FEW, **options) for name, options in REMEDIES.items()},
    "duplicates": duplicates(removed=False),
    "duplicates removed": duplicates(removed=True),
    **{f"diffusion, {n}": diffusion_of(n) for n in PIXEL_SIZES},
}


if __name__ == "__main__":
    main()
