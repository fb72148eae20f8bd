"""The published experiments on self-consuming loops, and those that tell their causes apart.

Six generations of 5,000 images each; a latent flow is trained anew in each, for 480 steps. Its
autoencoder is trained once, on the 5,000 real images that all loops of a seed own, and then frozen;
the loops of the name "all retrained" train it anew as well, in four generations. Real images and
autoencoder are shared by the loops of a seed. Everything else (first weights, order and noise of
training, noise of sampling, newly drawn real images) is drawn for each loop and seed by itself.

Each generation is measured on the images that it passes on, against the 10,000 test images, by both
classifiers. Five seeds; three of the filter and of the loops that retrain all. May be interrupted.
Writes mad.csv, a line for each generation, mad.npz, pictures of seed 0, and draws mad.png.
"""

from __future__ import annotations

import gc
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import matplotlib

matplotlib.use("Agg")
import numpy as np
from mad_pictures import SHOWN, draw
from shipping import keep_pictures
from tables import fill

from generative_vision import data, distances, runtime, training

runtime.setup(seed=0)  # before Keras is imported
import keras

from generative_vision.loops import PROTOCOLS, RealImages, as_pictures, from_pictures
from generative_vision.loops.protocols import parts
from generative_vision.models.autoencoder import Autoencoder
from generative_vision.models.latent_flow import LatentFlow
from generative_vision.models.weights import pretrained

keras.config.set_dtype_policy("float32")  # the same rows where 16 bits would be faster

N = runtime.choose(tiny=200, laptop=5000, gpu=5000)
STEPS = runtime.choose(tiny=20, laptop=480, gpu=480)
CODE_STEPS = runtime.choose(tiny=12, laptop=780, gpu=780)
BATCH, CODE_BATCH, GENERATIONS = 125, 32, 6
RARE, RARE_SHARE = data.CLASS_NAMES.index("trouser"), 0.02
TOPS = [data.CLASS_NAMES.index(name) for name in ("T-shirt", "pullover", "coat", "shirt")]


@dataclass(frozen=True)
class Experiment:
    """What tells one loop from another."""

    protocol: str | Callable = "fully synthetic"
    spread: float = 1.0  #: λ
    guidance: float | None = None  #: of a flow with labels
    effort: Callable[[int], int] = lambda generation: 1  #: training in units of STEPS
    n_initial: int = N
    tops_first: bool = False  #: generation 1 sees four classes only
    minority: bool = False  #: one class is cut to 2 % of the real images
    filtered: bool = False  #: the half passes on of which the first classifier is surest
    retrained: bool = False  #: the autoencoder, too
    paired: str | None = None  #: draws like the experiment of this name


def half(generation, real, synthetic_history, rng):
    """Return half of the images of the generation before."""
    return synthetic_history[-1][: N // 2]


EXPERIMENTS = {
    "fully synthetic": Experiment(),
    "fully synthetic, λ = 0.7": Experiment(spread=0.7),
    "augmentation": Experiment("augmentation"),
    "accumulate": Experiment("accumulate"),
    "fresh data": Experiment("fresh data"),
    "fresh data, tops at first": Experiment("fresh data", tops_first=True),
    "half the images": Experiment(half, n_initial=N // 2),
    "four times the steps": Experiment(effort=lambda generation: 4),
    "re-encoded": Experiment(),
    "accumulate, growing steps": Experiment("accumulate", effort=lambda generation: generation),
    "guidance, λ = 1": Experiment(guidance=1.0),
    "guidance, λ = 0.7": Experiment(guidance=1 / 0.7),
    "guidance, λ = 0.5": Experiment(guidance=1 / 0.5),
    "minority, fully synthetic": Experiment(minority=True),
    "minority, λ = 0.7": Experiment(minority=True, spread=0.7),
    "minority, augmentation": Experiment("augmentation", minority=True),
    "minority, accumulate": Experiment("accumulate", minority=True),
    "minority, fresh data": Experiment("fresh data", minority=True),
    "filter": Experiment(filtered=True),
    "filter, before it": Experiment(filtered=True, paired="filter"),
    "fully synthetic, all retrained": Experiment(retrained=True),
    "augmentation, all retrained": Experiment("augmentation", retrained=True),
    "accumulate, all retrained": Experiment("accumulate", retrained=True),
    "fresh data, all retrained": Experiment("fresh data", retrained=True),
    "fully synthetic, λ = 0.7, all retrained": Experiment(spread=0.7, retrained=True),
}
THREE = [name for name in EXPERIMENTS if name.startswith("filter") or name.endswith("retrained")]


def main() -> None:
    """Run what is missing in the table, and draw it."""
    fill(
        "mad.csv",
        EXPERIMENTS,
        lambda name, seed: list(run(name, seed)),
        __doc__,
        seeds=dict.fromkeys(EXPERIMENTS, 5) | dict.fromkeys(THREE, 3),
    )
    draw()


def run(name: str, seed: int) -> Iterator[dict]:
    """Yield a row for each generation of a loop."""
    experiment, start = EXPERIMENTS[name], start_of(seed, EXPERIMENTS[name].minority)
    stream = np.random.default_rng([seed, zlib.crc32((experiment.paired or name).encode())])
    real, labels = real_images(experiment, start, stream)
    protocol = PROTOCOLS.get(experiment.protocol, experiment.protocol)
    history, shown = [], []
    for generation in range(1, (4 if experiment.retrained else GENERATIONS) + 1):
        images = real.initial
        if generation > 1:
            images = np.concatenate(parts(protocol(generation, real, history, stream)))
        if name == "re-encoded":
            drawn = start.autoencoder.reconstruct(images)
        else:
            labels, drawn = generate(experiment, start, images, labels, generation, stream)
        kept = most_confident(drawn) if experiment.filtered else drawn
        history.append(from_pictures(as_pictures(kept)))
        shown.append(as_pictures(kept[:10]))
        measured = from_pictures(as_pictures(drawn[:N])) if name.endswith("before it") else kept
        yield {
            "experiment": name,
            "seed": seed,
            "generation": generation,
            "n_training": len(images),
            **{key: f"{value:.4g}" for key, value in measure(measured).items()},
        }
    if seed == 0 and name in SHOWN:
        keep_pictures("mad.npz", name, np.stack(shown)[..., 0], "python benchmarks/mad.py")


def real_images(experiment: Experiment, start: Start, stream) -> tuple[RealImages, np.ndarray]:
    """Return a loop's real images, and generation 1's labels."""
    seed = int(stream.integers(2**31))
    if experiment.protocol != "fresh data":
        real = RealImages(start.own, N, experiment.n_initial, seed)
        order = np.random.default_rng([seed, 0]).permutation(N)
        return real, start.labels[order]
    real = RealImages(start.pool, N, seed=seed)
    if experiment.tops_first:
        images, labels = data.load_fashion_mnist("train")
        real.initial = stream.permutation(images[np.isin(labels, TOPS)])[:N]
    return real, start.labels


def generate(experiment, start, images, labels, generation, stream) -> tuple:
    """Train a flow on images; return the labels that it was asked for, and what it drew."""
    seed, steps = int(stream.integers(2**31)), STEPS * experiment.effort(generation)
    if experiment.retrained:
        autoencoder = trained_autoencoder(images, seed)
        model = compiled(LatentFlow(autoencoder, width=256), steps)
    else:
        model = start.flow(steps, experiment.guidance is not None, seed)
    count, seed = N * (1 + experiment.filtered), int(stream.integers(2**31))
    if experiment.guidance is None:
        training.fit_steps(model, images, steps=steps, batch_size=BATCH)
        return None, model.sample(count, seed=seed, spread=experiment.spread)
    model.fit(images, labels, batch_size=BATCH, epochs=steps * BATCH // len(images), verbose=0)
    labels = stream.integers(10, size=count)
    return labels, model.sample(count, seed=seed, labels=labels, guidance=experiment.guidance)


class Start:
    """What the loops of a seed share: real images, and an autoencoder trained on them.

    Args:
        minority: whether one class is cut to 2 % of the images.
    """

    def __init__(self, seed: int, minority: bool):
        images, labels = data.load_fashion_mnist("train")
        order = np.random.default_rng([seed, 0]).permutation(len(images))
        rare = order[labels[order] == RARE]
        rest = order[labels[order] != RARE]
        if minority:
            own = np.concatenate([rare[: int(RARE_SHARE * N)], rest[: N - int(RARE_SHARE * N)]])
            few = rare[: round(len(rest) * RARE_SHARE / (1 - RARE_SHARE))]
            order = np.concatenate([few, rest])
        else:
            own = order[:N]
        self.own, self.labels, self.pool = images[own], labels[own], images[order]
        self.seed, self.flows = seed, {}

    @cached_property
    def autoencoder(self) -> Autoencoder:
        """The autoencoder, trained when it is first needed."""
        return trained_autoencoder(self.own, self.seed)

    def flow(self, steps: int, with_labels: bool, seed: int) -> LatentFlow:
        """Return an untrained flow; equal ones are one model, traced once, with new weights."""
        autoencoder = self.autoencoder
        keras.utils.set_random_seed(seed)
        condition = "labels" if with_labels else None
        new = LatentFlow(autoencoder, width=256, condition=condition)
        if (steps, condition) not in self.flows:
            self.flows[steps, condition] = compiled(new, steps)
        model = self.flows[steps, condition]
        if model is not new:
            model.set_weights(new.get_weights())
            model.seeds.state.assign(new.seeds.state)
            for variable in model.optimizer.variables:
                variable.assign(keras.ops.zeros_like(variable))
        return model


@lru_cache(maxsize=4)
def start_of(seed: int, minority: bool) -> Start:
    """Return the start of a seed's loops."""
    gc.collect()
    return Start(seed, minority)


def compiled(model, steps: int, rate: float = 0.01, at_once: int = 40):
    """Return the model with its optimizer: the same for every generation."""
    adam = keras.optimizers.Adam(training.warmup_cosine(rate, steps), beta_2=0.99)
    model.compile(optimizer=adam, steps_per_execution=at_once)
    return model


def trained_autoencoder(images, seed: int) -> Autoencoder:
    """Return an autoencoder trained on these images alone, and frozen: all flows share it."""
    keras.utils.set_random_seed(seed)
    autoencoder = compiled(Autoencoder(32), CODE_STEPS, rate=6e-3, at_once=156)
    training.fit_steps(autoencoder, images, steps=CODE_STEPS, batch_size=CODE_BATCH)
    autoencoder.trainable = False
    return autoencoder


def most_confident(images):
    """Return the half of the images of whose class the first classifier is surest, in order."""
    sure = pretrained("classifier").probabilities(images).max(axis=1)
    return images[np.sort(np.argsort(-sure)[: len(images) // 2])]


def measure(images) -> dict[str, float]:
    """Return the figures of both classifiers, and the shares of the classes that they see."""
    scores, shares = {}, {}
    for judge, end in ((1, ""), (2, "_2")):
        real, reach = test_features(judge)
        found, probabilities = classifier(judge).judge(images)
        near = distances.neighbourhood_scores(real, found, 5, reach)
        scores |= {
            f"fcd{end}": distances.frechet_distance(real, found),
            f"precision{end}": near["precision"],
            f"recall{end}": near["recall"],
        }
        shares[judge] = np.bincount(probabilities.argmax(axis=1), minlength=10) / len(images)
    scores |= {"rarest": shares[1].min(), "trousers_2": shares[2][RARE]}
    return scores | {f"class_{i}": share for i, share in enumerate(shares[1])}


def classifier(judge: int):
    """Return one of the two classifiers."""
    return pretrained("classifier" if judge == 1 else "classifier-2")


@lru_cache(maxsize=2)
def test_features(judge: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the test images' features, and their distances to the fifth nearest."""
    real = classifier(judge).features(data.load_fashion_mnist("test")[0])
    return real, distances.radii(real, 5)


if __name__ == "__main__":
    main()
