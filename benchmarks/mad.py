"""The published experiments on self-consuming loops, six generations of 10,000 images each.

A latent flow is trained anew in each generation, for the same number of steps. Its autoencoder is
trained once, on the 10,000 real images that the loop owns, and then frozen; the last experiment is
the control, which retrains it as well, with the first seed only.
Of the 60,000 training images only the fresh-data loops see more than those 10,000, through that
same autoencoder. Each generation is measured on its 10,000 images against the 10,000 test images.
May be interrupted: a second call goes on after the last finished generation. Writes mad.csv, a line
for each generation, and draws mad.png from it.
"""

from __future__ import annotations

import argparse
import csv
import time
from dataclasses import asdict
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from shipping import list_in_manifest

from generative_vision import data, plotting, runtime, training

runtime.setup(seed=0)  # before Keras is imported
import keras

from generative_vision.loops import RealImages, SelfConsumingLoop, from_pictures
from generative_vision.models.autoencoder import Autoencoder
from generative_vision.models.latent_flow import LatentFlow

N, STEPS, BATCH = 10_000, 900, 125
FIELDS = (
    "experiment",
    "seed",
    "generation",
    "n_training",
    "seconds",
    "fcd",
    "precision",
    "recall",
    "rarest",
)
EXPERIMENTS = {
    "fully synthetic": {},
    "fully synthetic, λ = 0.7": {"spread": 0.7},
    "augmentation": {"protocol": "augmentation"},
    "accumulate": {"protocol": "accumulate"},
    "fresh data": {"protocol": "fresh data"},
    "fresh data, 1,000 at first": {"protocol": "fresh data", "n_initial": 1000},
    "fully synthetic, all retrained": {},
}
HERE = Path(__file__).parent


def main() -> None:
    """Run what is missing, then write and draw the whole."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--folder",
        type=Path,
        required=True,
        help="where finished generations are stored, 4 MB each",
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--generations", type=int, default=6)
    parser.add_argument(
        "--only", nargs="*", metavar="EXPERIMENT", help="run these alone, and write nothing"
    )
    arguments = parser.parse_args()
    images, _ = data.load_fashion_mnist("train")
    rows, strips = [], {}
    for seed in range(arguments.seeds):
        own, loops = OwnAutoencoder(images, seed), {}
        for name in arguments.only or EXPERIMENTS:
            options = {
                "images": images,
                "n_real": N,
                "n_synthetic": N,
                "train_steps": STEPS,
                "batch_size": BATCH,
                "seed": seed,
                **EXPERIMENTS[name],
            }
            whole = name.endswith("retrained")
            if whole and seed > 0:
                continue  # one control: its generations take six times as long
            make = make_whole if whole else own.make_flow
            folder = arguments.folder / f"{name}, seed {seed}"
            loops[name] = SelfConsumingLoop(
                make,
                **options,
                folder=folder,
                first_from=None if whole else loops.get("fully synthetic"),
            )
            if not whole and len(loops[name].table) < arguments.generations:
                own.train()
            for generation in range(1, arguments.generations + 1):
                start = time.perf_counter()
                line = loops[name].run(generation)[-1]
                row = {"experiment": name, "seed": seed, **asdict(line), **line.scores}
                rows.append({field: row[field] for field in FIELDS})
                scores = " ".join(f"{key} {value:.3f}" for key, value in line.scores.items())
                wall = time.perf_counter() - start
                print(
                    f"{name}, seed {seed}, generation {generation}: {scores} | {line.seconds} s, "
                    f"{wall:.1f} s with metrics",
                    flush=True,
                )
            if seed == 0:
                strips[name] = [pictures[:10] for pictures in loops[name].history.pictures]
    if not arguments.only:
        write(rows)
        draw(rows)
        draw_strips(strips)


class OwnAutoencoder:
    """The autoencoder of one seed's loops, trained on their real images when it is needed."""

    def __init__(self, images, seed: int):
        self.images, self.seed, self.trained = images, seed, None

    def train(self) -> None:
        """Train it, unless that has been done."""
        if self.trained is None:
            keras.utils.set_random_seed(self.seed)
            start = time.perf_counter()
            self.trained = trained_autoencoder(RealImages(self.images, N, seed=self.seed).fixed)
            self.trained.trainable = False  # frozen: all flows share it
            print(
                f"autoencoder of seed {self.seed}: {time.perf_counter() - start:.0f} s", flush=True
            )

    def make_flow(self) -> LatentFlow:
        """Return an untrained flow on its codes."""
        return compiled(LatentFlow(self.trained, width=256))


def make_whole() -> Whole:
    """Return an untrained flow with an untrained autoencoder."""
    return compiled(Whole(width=256))


def compiled(model, steps: int = STEPS, rate: float = 0.01, at_once: int = 20):
    """Return the model with its optimizer: the same for every generation."""
    adam = keras.optimizers.Adam(training.warmup_cosine(rate, steps), beta_2=0.99)
    model.compile(optimizer=adam, steps_per_execution=at_once)
    return model


def trained_autoencoder(images) -> Autoencoder:
    """Return an autoencoder trained on these images alone, for five epochs."""
    autoencoder = compiled(Autoencoder(32), 5 * (len(images) // 32), rate=6e-3, at_once=10)
    autoencoder.fit(images, batch_size=32, epochs=5, verbose=0)
    return autoencoder


class Whole(LatentFlow):
    """A latent flow that trains its autoencoder, too, on the images it is given."""

    def fit(self, images, *args, **options):
        autoencoder = trained_autoencoder(images)
        self.encoder.set_weights(autoencoder.encoder.get_weights())
        self.decoder.set_weights(autoencoder.decoder.get_weights())
        return super().fit(images, *args, **options)


def write(rows: list[dict]) -> None:
    """Write mad.csv into the package, where lesson 06 reads it, and its SHA-256 to the manifest."""
    with open(data.ASSETS / "mad.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, FIELDS, lineterminator="\n")
        table.writeheader()
        table.writerows(
            {
                key: f"{value:.4g}" if isinstance(value, float) else value
                for key, value in row.items()
            }
            for row in rows
        )
    list_in_manifest("mad.csv", "python benchmarks/mad.py --folder FOLDER")


def draw(rows: list[dict]) -> None:
    """Draw mad.png: each figure by generation, the seeds' mean as a line, their range as a band."""
    figure, axes = plt.subplots(1, 4, figsize=(15, 3.8), layout="constrained")
    for axis, (field, label) in zip(axes, LABELS.items()):
        for colour, name in zip(plt.cm.tab10.colors, EXPERIMENTS):
            own = [row for row in rows if row["experiment"] == name]
            generations = sorted({row["generation"] for row in own})
            values = np.array(
                [[row[field] for row in own if row["generation"] == g] for g in generations]
            )
            axis.plot(generations, values.mean(axis=1), color=colour, label=name, lw=1.5)
            axis.fill_between(
                generations, values.min(axis=1), values.max(axis=1), color=colour, alpha=0.2, lw=0
            )
        axis.set(xlabel="generation", title=label, yscale="log" if field == "fcd" else "linear")
    axes[0].set_yticks([2, 3, 5, 10, 20, 50], ["2", "3", "5", "10", "20", "50"])
    axes[0].minorticks_off()
    figure.legend(
        *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=9
    )
    figure.savefig(HERE / "mad.png", dpi=80)
    plt.close(figure)


LABELS = {
    "fcd": "FCD (log scale)",
    "precision": "precision",
    "recall": "recall",
    "rarest": "share of the rarest class",
}


def draw_strips(strips: dict[str, list]) -> None:
    """Draw mad-strips.png: the first ten images of each second generation, seed 0."""
    rows = {}
    for name, generations in strips.items():
        for generation in (
            range(0, len(generations), 5) if name != "fully synthetic" else range(len(generations))
        ):
            rows[f"{name}, generation {generation + 1}"] = from_pictures(generations[generation])
    plotting.show_rows(rows, size=0.6)
    plt.savefig(HERE / "mad-strips.png", dpi=80)
    plt.close("all")


if __name__ == "__main__":
    main()
