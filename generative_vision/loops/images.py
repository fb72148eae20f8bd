"""The self-consuming loop of any generator of images."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from generative_vision import training
from generative_vision.data import validate_images
from generative_vision.loops.folder import Generation, LoopFolder, describe_generator
from generative_vision.loops.history import IMAGE_MB, History, as_pictures, from_pictures
from generative_vision.loops.protocols import (
    NextTrainingSet,
    parts,
    resolve_protocol,
    validate_counts,
    validate_memory,
    validate_spread,
)
from generative_vision.typing import Images


class RealImages:
    """The real images that a loop owns: a fixed set, and where new ones are drawn from.

    Args:
        images: all there are, (n, 28, 28, 1) in [−1, 1]; put into an order drawn by ``seed``.
        n: size of the fixed set, and of each new draw.
        n_initial: size of generation 1's set; by default n.
    """

    def __init__(self, images: Images, n: int, n_initial: int | None = None, seed: int = 0):
        images = validate_images(images)
        n_initial = n if n_initial is None else n_initial
        for name, count in {"n_real": n, "n_initial": n_initial}.items():
            if not 1 <= count <= len(images) or count != int(count):
                raise ValueError(
                    f"{name}={count}: expected 1 ... {len(images)}, the number of real images."
                )
        order = np.random.default_rng([seed, 0]).permutation(len(images))
        self._pool, self._order, self.n = images, order, n
        self.initial = images[order[:n_initial]]
        self.fixed = images[order[:n]]

    def draw(self, rng: np.random.Generator) -> Images:
        """Return n real images (n, 28, 28, 1), drawn anew."""
        return self._pool[rng.choice(self._order, self.n, replace=False)]


def measure(images: Images) -> dict[str, float]:
    """Return FCD, precision, recall and the share of the rarest class of images (n, 28, 28, 1)."""
    from generative_vision import metrics

    scores = metrics.evaluate(images)
    return {name: getattr(scores, name) for name in ("fcd", "precision", "recall", "rarest")}


class SelfConsumingLoop:
    """Trains a new generator in each generation, on the training set that the protocol returns.

    Each generation is trained for the same number of steps. The images of all are stored in 8 bits:
    784 bytes an image. With a folder, each finished generation is stored there, and a loop that was
    interrupted goes on after the last one with the same results; a folder of another loop, or of
    another generator, is refused.

    Args:
        make_generator: returns a compiled model with ``fit(images, ...)`` and ``sample(n, *, seed,
            spread)``.
        protocol: a name in ``PROTOCOLS``, or a function like those.
        images: real ones, (n, 28, 28, 1) in [−1, 1].
        n_real, n_initial: see ``RealImages``.
        n_synthetic: images that each generation draws.
        spread: λ, 0 < λ ≤ 1, of the images that go on into the next generation and are measured.
        train_steps, batch_size: of each generation's training.
        measure: images -> figures by name; None leaves them out.
        folder: where generations are stored; None keeps them in memory only.
        seed: all results follow from it.
        max_mb: limit of the images of all generations.
        first_from: a loop of the same generators: its first model is taken over where real images,
            steps and seed are the same, and need not be trained again; with the same λ, its images
            and figures, too.
    """

    def __init__(
        self,
        make_generator: Callable,
        protocol: str | NextTrainingSet = "fully synthetic",
        *,
        images: Images,
        n_real: int = 10_000,
        n_synthetic: int = 10_000,
        n_initial: int | None = None,
        spread: float = 1.0,
        train_steps: int = 1500,
        batch_size: int = 250,
        measure: Callable[[Images], dict[str, float]] | None = measure,
        folder: str | Path | None = None,
        seed: int = 0,
        max_mb: float = 500,
        first_from: SelfConsumingLoop | None = None,
    ):
        self.next_training_set = resolve_protocol(protocol)
        validate_spread(spread)
        validate_counts(n_synthetic=n_synthetic, train_steps=train_steps, batch_size=batch_size)
        self.make_generator, self.measure, self.first_from = make_generator, measure, first_from
        self.real = RealImages(images, n_real, n_initial, seed)
        self.n_synthetic, self.spread, self.seed, self.max_mb = n_synthetic, spread, seed, max_mb
        self.train_steps, self.batch_size = train_steps, batch_size
        self.table: list[Generation] = []
        self.history = History()
        self.first_model = None  #: of generation 1, unless that was read from a folder
        self.folder = None if folder is None else LoopFolder(folder)
        if self.folder is not None:
            self.folder.validate("loop", self._facts())
            for line, pictures in self.folder.read():
                self._append(line, pictures)

    def run(self, generations: int) -> list[Generation]:
        """Go on until there are so many generations, and return the table, one line for each."""
        validate_counts(generations=generations)
        validate_memory(generations, self.n_synthetic * IMAGE_MB, self.max_mb)
        if len(self.table) >= generations:
            return self.table[:generations]
        from generative_vision.callbacks import LoopProgress  # which imports Keras

        if self.folder is not None:
            self.folder.validate(
                "generator", describe_generator(self.make_generator, self._model_seed(1))
            )
        progress = LoopProgress(len(self.table), generations, self.train_steps)
        for generation in range(len(self.table) + 1, generations + 1):
            line, pictures = self._first() or self._generation(generation, progress)
            if self.folder is not None:
                self.folder.write(line, pictures)
            self._append(line, pictures)
            progress.on_generation_end(line.scores)
        return self.table

    def training_set(self, generation: int) -> Images:
        """Return the images (n, 28, 28, 1) that a generation is trained on."""
        if generation == 1:
            return self.real.initial
        before = History(self.history.pictures[: generation - 1])
        rng = np.random.default_rng([self.seed, generation])
        sets = parts(self.next_training_set(generation, self.real, before, rng))
        return validate_images(np.concatenate([np.asarray(images, "float32") for images in sets]))

    def _generation(self, generation: int, progress) -> tuple[Generation, np.ndarray]:
        """Train and sample one generation; return its line and its pictures."""
        import keras

        images, seed = self.training_set(generation), self._model_seed(generation)
        start = time.perf_counter()
        model = self.first_model if generation == 1 else None
        if model is None:
            keras.utils.set_random_seed(seed)
            model = self.make_generator()
            training.fit_steps(
                model,
                images,
                steps=self.train_steps,
                batch_size=self.batch_size,
                callbacks=[progress],
            )
        if generation == 1:
            self.first_model = model
        pictures = as_pictures(model.sample(self.n_synthetic, seed=seed, spread=self.spread))
        seconds = time.perf_counter() - start
        scores = {} if self.measure is None else self.measure(from_pictures(pictures))
        scores = {name: float(value) for name, value in scores.items()}
        return Generation(generation, len(images), round(seconds, 1), scores), pictures

    def _model_seed(self, generation: int) -> int:
        return int(np.random.default_rng([self.seed, generation, 1]).integers(2**31))

    def _append(self, line: Generation, pictures: np.ndarray) -> None:
        self.table.append(line)
        self.history.pictures.append(pictures)

    def _first(self) -> tuple[Generation, np.ndarray] | None:
        """Take over the other loop's first model, and its generation 1 if that would be equal."""
        other = self.first_from
        if (
            self.table
            or other is None
            or not other.table
            or other._first_facts() != self._first_facts()
        ):
            return None
        self.first_model = other.first_model
        same = (other.spread, other.n_synthetic) == (self.spread, self.n_synthetic)
        return (other.table[0], other.history.pictures[0]) if same else None

    def _first_facts(self) -> dict:
        """What the first model follows from, besides the generator."""
        digest = hashlib.sha256(self.real.initial.tobytes()).hexdigest()
        return {
            "n_initial": len(self.real.initial),
            "train_steps": self.train_steps,
            "batch_size": self.batch_size,
            "seed": self.seed,
            "real": digest[:16],
        }

    def _facts(self) -> dict:
        """What the results follow from, besides the generator."""
        return {
            "protocol": getattr(
                self.next_training_set, "__qualname__", type(self.next_training_set).__qualname__
            ),
            "n_real": self.real.n,
            "n_synthetic": self.n_synthetic,
            "spread": self.spread,
            **self._first_facts(),
        }
