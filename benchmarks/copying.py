"""Lesson 07's table: what a generator copies, by the number of its training images; what helps.

Three seeds, of the training images, the network and the noise. The flow works on codes of the
shipped autoencoder, which saw all 60,000 training images; the diffusion model works on pixels. Runs
take as many steps unless their name says otherwise. Each size trains two flows, on images that they
do not share, and both draw from the same noise. An image is a copy where d1/d2 < 1/3 among the
training images, each of those counted once; 'by chance' is what 1,000 test images score. May be
interrupted. Writes copying.csv, and copying.npz: samples of seed 0 beside what is nearest to them.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from overfitting import flipped, shifted
from shipping import keep_pictures
from tables import fill

from generative_vision import data, metrics, runtime, training

runtime.setup(seed=0)  # before Keras is imported
import keras
from copying_flows import BATCH, RATE, STEPS, WIDTH, autoencoder, codes, trained_flow

from generative_vision.audit.copying import nearest, superiority
from generative_vision.loops import as_pictures
from generative_vision.models.diffusion import Diffusion
from generative_vision.models.image_losses import image_losses
from generative_vision.models.latent_flow import LatentFlow

keras.config.set_dtype_policy("float32")  # the same rows where 16 bits would be faster

SIZES = (16, 64, 256, 1024, 4096, 16384)
FEW = 64  # images of the remedies
PIXEL_SIZES, PIXEL_STEPS, PIXEL_BATCH = (16, 256, 4096), 1000, 32
SAMPLES, HELD_OUT, SHOWN = 500, 1000, 8
TIMES = {1: 1000, 10: 10, 100: 10}  # duplicates: how often an image stands there -> images
RARE, COMMON = 8, 128  # images of each rare and each common label


def main() -> None:
    """Run what is missing in the table."""
    fill("copying.csv", RUNS, measure, __doc__)


def measure(name: str, seed: int) -> list[dict]:
    """Return the rows of one run."""
    keras.utils.set_random_seed(seed)
    run, options = RUNS[name]
    found, pictures = run(seed, **options)
    if seed == 0 and pictures is not None:
        keep_pictures("copying.npz", name, pictures, "python benchmarks/copying.py")
    row = {"run": name, "seed": seed}
    return [{**row, "measure": key, "value": f"{value:.4g}"} for key, value in found.items()]


def flow(seed: int, *, n: int = FEW, twin: bool = False, **options):
    """Train a flow on n images; return what it copies, how good it is, and pictures."""
    images, _ = shuffled(seed)
    known = images[:n]
    model = trained_flow(known, seed, watched=images[-2 * HELD_OUT : -HELD_OUT], **options)
    samples = model.sample(SAMPLES, seed=seed + 1)
    found = copies(samples, known) | fit_and_quality(model, samples, known, images[-HELD_OUT:])
    if twin:
        model = trained_flow(images[20_000 : 20_000 + n], seed + 10, **options)
        found |= agreement(samples, model.sample(SAMPLES, seed=seed + 1), known)
    return found | {"parameters": model.network.count_params()}, beside(samples, known)


def diffusion(seed: int, *, n: int):
    """Train a diffusion model on n images; return what it copies, how good it is, and pictures."""
    images, _ = shuffled(seed)
    known, model = images[:n], Diffusion()
    adam = keras.optimizers.Adam(training.warmup_cosine(RATE, PIXEL_STEPS), beta_2=0.99)
    model.compile(optimizer=adam, steps_per_execution=20)
    shown = np.resize(known, (max(n, PIXEL_BATCH), *known.shape[1:]))
    training.fit_steps(model, shown, steps=PIXEL_STEPS, batch_size=PIXEL_BATCH)
    samples = model.sample(SAMPLES, seed=seed + 1)
    found = copies(samples, known) | fit_and_quality(model, samples, known, images[-HELD_OUT:])
    return found, beside(samples, known)


def duplicates(seed: int, *, removed: bool):
    """Return how often an image is copied that stands once, 10 and 100 times in the data."""
    groups = np.repeat(list(TIMES), list(TIMES.values()))
    known = shuffled(seed)[0][: len(groups)]
    model = trained_flow(known if removed else np.repeat(known, groups, axis=0), seed)
    near = nearest(codes(model.sample(8 * SAMPLES, seed=seed + 1)), codes(known))
    found = {}
    for times, count in TIMES.items():
        hits = near.copied & (groups[near.index] == times)
        found[f"copies of an image that stands {times} times"] = hits.sum() / count
    return found | {"copied, codes": near.copied.mean()}, None


def rare_labels(seed: int):
    """Return the copied share of a flow that is told labels, three of them rare in its data."""
    images, labels = shuffled(seed)
    rare = np.random.default_rng(seed).permutation(10)[:3]
    counts = np.where(np.isin(np.arange(10), rare), RARE, COMMON)
    own = np.concatenate([np.flatnonzero(labels == c)[: counts[c]] for c in range(10)])
    known = images[own]
    model = LatentFlow(autoencoder(), width=WIDTH, condition="labels")
    adam = keras.optimizers.Adam(training.warmup_cosine(RATE, STEPS), beta_2=0.99)
    model.compile(optimizer=adam, steps_per_execution=100)
    rows = np.resize(np.random.default_rng(seed).permutation(own), 100 * BATCH)
    model.fit(images[rows], labels[rows], batch_size=BATCH, epochs=STEPS // 100, verbose=0)
    test, test_labels = data.load_fashion_mnist("test")
    found = {}
    for kind, some in {"rare": rare, "common": np.setdiff1d(np.arange(10), rare)}.items():
        asked = np.resize(some, SAMPLES)
        made = model.sample(len(asked), seed=seed + 1, labels=asked)
        others = test[np.isin(test_labels, some)][:HELD_OUT]
        for measured, points in {"copied": made, "by chance": others}.items():
            found[f"{measured}, {kind} labels"] = nearest(codes(points), codes(known)).copied.mean()
    return found, None


def copies(samples, known) -> dict[str, float]:
    """Return the copied share in each feature space, and what test images score there."""
    found = {}
    for name, space in SPACES.items():
        points = space(known)
        found[f"copied, {name}"] = nearest(space(samples), points).copied.mean()
        found[f"by chance, {name}"] = nearest(held_out_in(name), points).copied.mean()
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
    seen, others = image_losses(model, known[:HELD_OUT]), image_losses(model, unseen, seed=1)
    scores = metrics.evaluate(samples)
    return {
        "loss, train": seen.mean(),
        "loss, unseen": others.mean(),
        "membership": superiority(others, seen),
        "found at 1 % false alarms": (seen < np.quantile(others, 0.01)).mean(),
        "fcd": scores.fcd,
        "fcd 2": metrics.fcd(samples, judge=2),
        "precision": scores.precision,
        "recall": scores.recall,
    }


def beside(samples, known) -> np.ndarray:
    """Return the first samples and the training images nearest in codes, uint8 (2, 8, 28, 28)."""
    shown = samples[:SHOWN]
    near = nearest(codes(shown), codes(known))
    return np.stack([as_pictures(some)[..., 0] for some in (shown, known[near.index])])


@lru_cache(maxsize=1)
def shuffled(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the training images and their labels, in a seed's order."""
    images, labels = data.load_fashion_mnist("train")
    order = np.random.default_rng(seed).permutation(len(images))
    return images[order], labels[order]


@lru_cache(maxsize=1)
def held_out() -> np.ndarray:
    """Return a thousand test images."""
    return data.load_fashion_mnist("test")[0][:HELD_OUT]


@lru_cache(maxsize=4)
def held_out_in(space: str) -> np.ndarray:
    """Return the test images in a feature space."""
    return SPACES[space](held_out())


def flat(images) -> np.ndarray:
    """Return images as rows of pixels."""
    return images.reshape(len(images), -1)


SPACES = {
    "codes": codes,
    "pixels": flat,
    "features": metrics.features,
    "features 2": lambda images: metrics.features(images, 2),
}
REMEDIES = {
    "weight decay": {"decay": 1.0},
    "dropout": {"dropout": 0.2},
    "mirrored": {"augment": flipped},
    "shifted": {"augment": shifted},
    "early stopping": {"stop": True},
    "a quarter of the steps": {"steps": STEPS // 4},
    "width 64": {"width": 64},
    "width 512": {"width": 512},
}
RUNS = {
    **{f"flow, {n}": (flow, {"n": n, "twin": True}) for n in SIZES},
    **{f"flow, {FEW}, {name}": (flow, options) for name, options in REMEDIES.items()},
    "flow, 16, a quarter of the steps": (flow, {"n": 16, "steps": STEPS // 4}),
    "rare labels": (rare_labels, {}),
    "duplicates": (duplicates, {"removed": False}),
    "duplicates removed": (duplicates, {"removed": True}),
    **{f"diffusion, {n}": (diffusion, {"n": n}) for n in PIXEL_SIZES},
}


if __name__ == "__main__":
    main()
