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
from keras import layers, ops

from generative_vision.audit.copying import nearest
from generative_vision.models.autoencoder import Autoencoder
from generative_vision.models.diffusion import Diffusion
from generative_vision.models.groups import k_means
from generative_vision.models.latent_flow import LatentFlow
from generative_vision.models.networks import time_and_words

SAMPLES = 2500
PIXEL_IMAGES, CODED_IMAGES = 28_000, 36_000  # one pass in batches of 32, as in the lessons
FLOW_EPOCHS, FLOW_BATCH = 14, 250
WAYS = {  # of drawing: ten evaluations of the U-Net for an image, two in each guided step
    "ddim": {"solver": "ddim", "steps": 10},
    "ddpm": {"solver": "ddpm", "steps": 10},
    "ddpm, guidance 1.5": {"solver": "ddpm", "steps": 5, "guidance": 1.5},
}
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


def pixels(*ways: str, condition: str = "labels", **options):
    """Return the experiment with pixel diffusion, drawn in some of the ways."""

    def run(seed: int) -> dict:
        model = Diffusion(condition=condition, **options)
        trained(model, IMAGES[:PIXEL_IMAGES], told(condition, PIXEL_IMAGES))
        orders = asked(condition)
        return {way: model.sample(SAMPLES, seed=1, **orders, **WAYS[way]) for way in ways}

    return run


class Linear(layers.Layer):
    """(x_t, t) -> x_t with variance 1; (f, x_t, t) -> v, the best linear guess and f for the rest.

    That is for x ~ N(0, I): v = ε − x has the covariance 2t − 1 with x_t, and a rest of variance
    1/d, where d = (1 − t)² + t² is the variance of x_t. Karras et al. (2022), arXiv:2206.00364.
    """

    def call(self, inputs):
        """Return the scaled x_t of two inputs, v of three."""
        *f, x, t = inputs
        d = (1 - t) ** 2 + t**2
        return f[0] / ops.sqrt(d) + (2 * t - 1) / d * x if f else x / ops.sqrt(d)


def beside_linear(condition: str | None, size: int = 32, width: int = 320) -> keras.Model:
    """Return the flow's network, as large as the lesson's, for what no linear guess can know."""
    x = keras.Input((size,))
    inputs, e = time_and_words(condition)
    h = layers.Concatenate()([Linear(dtype="float32")([x, inputs[0]]), e])
    for _ in range(3):
        h = layers.Dense(width, activation="silu")(h)
    f = layers.Dense(size, dtype="float32", kernel_initializer="zeros")(h)
    return keras.Model([x, *inputs], Linear(dtype="float32")([f, x, inputs[0]]))


class EvenTimes(LatentFlow):
    """A flow whose times in training lie evenly: one in each of n equal parts of [0, 1)."""

    def draw_times(self, n):
        """Return times (n, 1)."""
        start = keras.random.uniform((1,), seed=self.seeds)
        times = ops.cast(ops.arange(n), "float32") / ops.cast(n, "float32")
        return ops.reshape((times + start) % 1.0, (-1, 1))


def grouped(codes: np.ndarray, within: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Return one of k groups of k-means for each code, in each class by itself."""
    groups = np.zeros(len(codes), int)
    for i, kind in enumerate(np.unique(within)):
        own = within == kind
        groups[own] = k * i + k_means(codes[own], k, seed=seed)
    return groups


def flow_of_groups(k: int, labels: bool = False):
    """Return the experiment with a flow that is told groups: of all codes, or of each class."""

    def run(seed: int) -> dict:
        x = IMAGES[:CODED_IMAGES]
        autoencoder = trained(Autoencoder(32), x)
        codes = autoencoder.encode(x)
        within = LABELS[: len(x)] if labels else np.zeros(len(x))
        groups = grouped((codes - codes.mean(axis=0)) / codes.std(axis=0), within, k, seed)
        model = LatentFlow(autoencoder, condition=int(groups.max()) + 1)
        trained(model, x, groups, FLOW_BATCH, FLOW_EPOCHS)
        # told labels: any group of the class, as often as there; told nothing: any group at all
        order = np.random.default_rng([seed, 1]).permutation(len(x))
        if labels:
            of_kind = {kind: groups[order[within[order] == kind]] for kind in range(10)}
            chosen = [of_kind[kind][i] for i, kind in enumerate(LABELS[:SAMPLES])]
        else:
            chosen = groups[order[:SAMPLES]]
        drawn = model.sample(SAMPLES, seed=1, labels=chosen)
        near = nearest(autoencoder.encode(drawn), codes)
        print(f"copied {near.copied.mean():.2%}", end=" ")
        return {"heun": drawn}

    return run


def flow(condition: str | None, linear: bool = False):
    """Return the experiment with the latent flow, its autoencoder included."""

    def run(seed: int) -> dict:
        x = IMAGES[:CODED_IMAGES]
        autoencoder = trained(Autoencoder(32), x)
        if linear:
            network = beside_linear(condition)
            model = EvenTimes(autoencoder, condition=condition, network=network)
        else:
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
    "pixels, first edition": pixels("ddim", "ddpm", condition="captions"),
    "pixels, labels": pixels("ddim", "ddpm"),
    "pixels, labels, layout": pixels("ddim", "ddpm", layout=True),
    "pixels, labels, layout, guided": pixels("ddpm, guidance 1.5", layout=True),
    "flow, captions": flow("captions"),
    "flow, told nothing": flow(None),
    "flow, labels": flow("labels"),
    "flow, labels, thirty groups of each": flow_of_groups(30, labels=True),
    "flow, 300 groups, told nothing": flow_of_groups(300),
    "flow, captions, beside linear": flow("captions", linear=True),
    "flow, told nothing, beside linear": flow(None, linear=True),
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
