"""Lesson 04's pixel diffusion and lesson 05's flow beside the first edition's, three seeds.

All runs of a kind take equally many training steps; ``cost`` as the only argument measures what a
step of each network costs, in turns. 2,500 samples, of classes as often as in the data, by both
judges: the distance, the share of each class that a judge sees, and of each class how much of what
was asked for it sees as such. Beside them real images, as they are and with grain. Each finished
run is rows of ``diffusion.csv``. May be interrupted: a second call goes on.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from tables import fill

from generative_vision import data, metrics, prompts, runtime, training

runtime.setup(seed=0)  # before Keras is imported
import keras

from generative_vision.models.autoencoder import Autoencoder
from generative_vision.models.diffusion import Diffusion
from generative_vision.models.latent_flow import LatentFlow

SAMPLES = 2500
PIXEL_IMAGES, CODED_IMAGES = 28_000, 36_000  # one pass in batches of 32, as in the lessons
FLOW_EPOCHS, FLOW_BATCH = 14, 250
EVALUATIONS = 10  # of the U-Net for an image
IMAGES, LABELS = data.load_fashion_mnist("train")


def trained(model, x, y=None, batch: int = 32, epochs: int = 1):
    """Return the model after the lessons' training."""
    rate = training.warmup_cosine(0.004, epochs * (len(x) // batch))
    adam = keras.optimizers.Adam(rate, beta_2=0.99)
    model.compile(optimizer=adam, steps_per_execution=20 if batch > 64 else 10)
    model.fit(x, *([] if y is None else [y]), batch_size=batch, epochs=epochs, verbose=0)
    return model


def told(condition: str | None, n: int):
    """Return what a model is told of the first n images."""
    if condition == "captions":
        return prompts.captions(IMAGES[:n], LABELS[:n], keep=0.7, seed=0)
    return LABELS[:n] if condition else None


def asked(condition: str | None) -> dict:
    """Return how ``sample`` is told the classes, and words, of the first images."""
    orders = told(condition, SAMPLES)
    return {} if orders is None else {"prompt" if condition == "captions" else "labels": orders}


def pixels(condition: str = "labels", **options):
    """Return the experiment with pixel diffusion, drawn in two ways."""

    def run(seed: int) -> dict:
        model = Diffusion(condition=condition, **options)
        trained(model, IMAGES[:PIXEL_IMAGES], told(condition, PIXEL_IMAGES))
        steps = {"steps": EVALUATIONS, "seed": 1, **asked(condition)}
        return {way: model.sample(SAMPLES, solver=way, **steps) for way in Diffusion.SOLVERS}

    return run


def flow(condition: str | None):
    """Return the experiment with the latent flow, its autoencoder included."""

    def run(seed: int) -> dict:
        x = IMAGES[:CODED_IMAGES]
        autoencoder = trained(Autoencoder(32), x)
        model = LatentFlow(autoencoder, condition=condition)
        trained(model, x, told(condition, len(x)), FLOW_BATCH, FLOW_EPOCHS)
        return {"heun": model.sample(SAMPLES, seed=1, **asked(condition))}

    return run


def real(grain: float):
    """Return the control: training images, with grain of this deviation."""

    def run(seed: int) -> dict:
        noise = np.random.default_rng(seed).normal(size=(SAMPLES, 28, 28, 1))
        return {"": (IMAGES[:SAMPLES] + grain * noise).clip(-1, 1).astype("float32")}

    return run


RUNS = {
    "real images": real(0.0),
    "real images, grain 0.2": real(0.2),
    "pixels, first edition": pixels("captions"),
    "pixels, labels": pixels(),
    "pixels, labels, layout": pixels(layout=True),
    "flow, captions": flow("captions"),
    "flow, told nothing": flow(None),
}


def measure(name: str, seed: int) -> list[dict]:
    """Train and draw; return a row for each way to draw and each judge."""
    keras.utils.set_random_seed(seed)
    rows = []
    for way, drawn in RUNS[name](seed).items():
        for judge in (1, 2):
            seen = metrics.classify(drawn, judge=judge).argmax(axis=1)
            shares = np.bincount(seen, minlength=10) / SAMPLES
            right = [(seen[LABELS[:SAMPLES] == kind] == kind).mean() for kind in range(10)]
            figures = {"fcd": metrics.fcd(drawn, judge=judge), "rarest": shares.min()}
            figures |= {f"share {kind}": share for kind, share in enumerate(shares)}
            if "nothing" not in name:
                figures |= {f"right {kind}": share for kind, share in enumerate(right)}
            row = {"run": name, "seed": seed, "drawn by": way, "judge": judge}
            rows.append(row | {key: f"{figure:.4g}" for key, figure in figures.items()})
    return rows


def cost(rounds: int = 4, steps: int = 20) -> None:
    """Print the time of a step with a layout over that without: a median, measured in turns."""
    n, seconds = 32 * steps, {False: [], True: []}
    models = {layout: Diffusion(condition="labels", layout=layout) for layout in seconds}
    for model in models.values():
        model.compile(optimizer="adam", steps_per_execution=10)
    for _ in range(rounds + 1):
        for layout, model in models.items():
            start = time.process_time()
            model.fit(IMAGES[:n], LABELS[:n], batch_size=32, verbose=0)
            seconds[layout].append((time.process_time() - start) / steps)
    plain, layout = (np.array(seconds[layout][1:]) for layout in (False, True))
    print(f"a step: {1000 * np.median(plain):.1f} ms of the processors' time,", end=" ")
    print(f"with a layout {np.median(layout / plain):.2f} times as much")


def main() -> None:
    """Measure what is missing in the table."""
    cost() if sys.argv[1:] == ["cost"] else fill("diffusion.csv", RUNS, measure, __doc__)


if __name__ == "__main__":
    main()
