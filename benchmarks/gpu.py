"""What a GPU gives: the lessons' models from nothing in both profiles' sizes, and the shipped ones.

Prints device and precision as a lesson would choose them; how far samples of shipped weights are
from those that the processor draws from the same noise; and, for each model, seconds of training
(the first step, which includes compiling, apart) and FCD of 5,000 samples. GPU memory stands at the
beginning and the end. Without a GPU it measures the processor.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from generative_vision import data, prompts, runtime, training
from generative_vision.models.weights import pretrained

SHIPPED = ("vae-32-flow", "gan", "gan-conditional", "latent-flow", "diffusion")
# hides a GPU, and keeps to float32
PROCESSOR = {
    "JAX_PLATFORMS": "cpu",
    "CUDA_VISIBLE_DEVICES": "-1",
    "GENERATIVE_VISION_PROFILE": "tiny",
}
PAIRS = 200  # samples that are drawn on both


@dataclass(frozen=True)
class Task:
    """A lesson's model and how it is trained; sizes are images and epochs, by profile."""

    name: str
    make: Callable
    sizes: dict[str, tuple[int, int]]
    batch: int
    rate: float = 4e-3
    adam: dict = field(default_factory=lambda: {"beta_2": 0.99})
    at_once: int = 10


def main() -> None:
    """Print what the module's docstring names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profiles", nargs="+", choices=runtime.PROFILES)
    parser.add_argument("--precisions", nargs="+", default=["float32", "mixed_bfloat16"])
    parser.add_argument("--only", choices=["shipped", "trained"])
    parser.add_argument("--steps", type=int, help="train no longer, and measure the time only")
    parser.add_argument("--draw", type=Path, help="only draw from shipped weights, into this file")
    arguments = parser.parse_args()
    chosen = runtime.setup(seed=0)
    if arguments.draw:
        np.savez(arguments.draw, **drawn())
        return
    print(f"GPU memory: {memory()}", flush=True)
    samples = 200 if chosen.profile == "tiny" else 5000
    if arguments.only != "trained":
        compare(samples)
    if arguments.only != "shipped":
        heading()
        profiles = ["tiny"] if chosen.profile == "tiny" else ["laptop", "gpu"]
        for precision in arguments.precisions:
            for profile in arguments.profiles or profiles:
                measure(profile, precision, samples, arguments.steps)
    print(f"GPU memory: {memory()}")


def memory() -> str:
    """Return how much of the first GPU's memory is taken, as its driver says."""
    if shutil.which("nvidia-smi") is None:
        return "no nvidia-smi"
    ask = ["nvidia-smi", "--query-gpu=memory.used,memory.total", "--format=csv,noheader"]
    return subprocess.run(ask, capture_output=True, text=True).stdout.strip().replace(",", " of")


# Shipped weights


def compare(samples: int) -> None:
    """Print, for shipped weights, the distance from the processor's samples, speed and FCD."""
    import keras

    from generative_vision import metrics

    keras.config.set_dtype_policy("float32")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drawn.npz"
        command = [sys.executable, __file__, "--draw", str(path)]
        subprocess.run(
            command, check=True, env={**os.environ, **PROCESSOR}, stdout=subprocess.DEVNULL
        )
        theirs = dict(np.load(path))
    print(
        f"\n{'shipped weights':<22}{'largest':>10}{'mean distance':>15}{'images/s':>10}{'FCD':>8}"
    )
    for name, ours in drawn().items():
        apart = np.abs(ours - theirs[name])
        made, speed = draw(pretrained(name), samples)
        fcd = metrics.evaluate(made).fcd
        print(f"{name:<22}{apart.max():>10.4f}{apart.mean():>15.6f}{speed:>10,.0f}{fcd:>8.2f}")


def drawn() -> dict[str, np.ndarray]:
    """Return the same samples of each shipped model: their noise is NumPy's."""
    return {
        name: pretrained(name).sample(PAIRS, **asked(pretrained(name), PAIRS)) for name in SHIPPED
    }


def asked(model, n: int) -> dict:
    """Return what ``sample`` is given: the captions of training images where it takes captions."""
    if model.condition != "captions":
        return {"seed": 1}
    images, labels = (part[:n] for part in data.load_fashion_mnist("train"))
    return {"seed": 1, "prompt": prompts.captions(images, labels, keep=0.7, seed=1)}


def draw(model, n: int) -> tuple[np.ndarray, float]:
    """Return n samples and how many are drawn a second, compiling left out."""
    given = asked(model, n)
    model.sample(n, **given)
    start = time.perf_counter()
    samples = model.sample(n, **given)
    return samples, n / (time.perf_counter() - start)


# From nothing


def heading() -> None:
    print(
        f"\n{'':<22}{'precision':<16}{'profile':<9}{'steps':>7}{'seconds':>9}{'first step':>12}"
        f"{'ms a step':>11}{'images/s':>10}{'FCD':>8}{'precision':>11}{'recall':>8}"
    )


def tasks() -> list[Task]:
    """Return the lessons' models; the flow learns the codes of the autoencoder before it."""
    from generative_vision.models.autoencoder import Autoencoder
    from generative_vision.models.diffusion import Diffusion
    from generative_vision.models.flow_vae import FlowVAE
    from generative_vision.models.gan import GAN
    from generative_vision.models.latent_flow import LatentFlow

    def sizes(laptop, gpu):
        return {"tiny": (640, 1), "laptop": laptop, "gpu": gpu}

    few, all_ = (36_000, 1), (60_000, 1)
    twice, often = (60_000, 2), (60_000, 6)
    momentum = {"beta_1": 0.5, "beta_2": 0.99}
    return [
        Task("01 autoencoder", lambda _: Autoencoder(32), sizes(twice, often), 64, 5e-3),
        Task("02 VAE, learned prior", lambda _: FlowVAE(32), sizes(twice, often), 64),
        Task("03 GAN", lambda _: GAN(32), sizes(twice, twice), 32, adam=momentum),
        Task(
            "04 pixel diffusion",
            lambda _: Diffusion(condition="labels"),
            sizes((28_000, 1), all_),
            32,
        ),
        Task("04 autoencoder", lambda _: Autoencoder(32), sizes(few, all_), 32),
        Task(
            "05 latent flow",
            lambda before: LatentFlow(before, condition="labels"),
            sizes((36_000, 14), (60_000, 14)),
            250,
            at_once=20,
        ),
    ]


def measure(profile: str, precision: str, samples: int, steps: int | None) -> None:
    """Train the models one after the other and print a line for each."""
    import keras

    images, labels = data.load_fashion_mnist("train")
    model = None
    for task in tasks():
        keras.utils.set_random_seed(0)
        keras.config.set_dtype_policy(precision)
        n, epochs = task.sizes[profile]
        if steps:
            n, epochs = min(n, steps * task.batch), 1
        model = task.make(model)
        taken = train(task, model, images[:n], labels[:n], epochs)
        line = f"{task.name:<22}{precision:<16}{profile:<9}{taken}"
        if not steps:
            line += quality(model, images[:samples])
        print(line, flush=True)
    keras.config.set_dtype_policy("float32")


def train(task: Task, model, images, labels, epochs: int) -> str:
    """Train the model; return steps, seconds, seconds of the first step, milliseconds a step."""
    import keras

    class Clock(keras.callbacks.Callback):
        first = None

        def on_train_batch_end(self, batch, logs=None):
            self.first = self.first or time.perf_counter()

    clock, steps = Clock(), epochs * (len(images) // task.batch)
    start = time.perf_counter()
    rate = training.warmup_cosine(task.rate, steps)
    adam = keras.optimizers.Adam(rate, **task.adam)
    model.compile(optimizer=adam, steps_per_execution=task.at_once)
    given = [images] if model.condition is None else [images, labels]
    model.fit(*given, batch_size=task.batch, epochs=epochs, verbose=0, callbacks=[clock])
    end = time.perf_counter()
    each = 1000 * (end - clock.first) / max(steps - task.at_once, 1)
    return f"{steps:>7}{end - start:>9.1f}{clock.first - start:>12.1f}{each:>11.2f}"


def quality(model, images) -> str:
    """Return images a second, FCD, precision and recall of samples, or of the rebuilt images."""
    from generative_vision import metrics

    if hasattr(model, "sample"):
        made, rate = draw(model, len(images))
        speed = f"{rate:,.0f}"
    else:
        made, speed = model.reconstruct(images), ""
    scores = metrics.evaluate(made)
    return f"{speed:>10}{scores.fcd:>8.2f}{scores.precision:>11.2f}{scores.recall:>8.2f}"


if __name__ == "__main__":
    main()
