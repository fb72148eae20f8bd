"""Self-consuming loops: generators trained on what generators made. Alemohammad et al. (2023), arXiv:2307.01850.

Generation 1 is trained on real data alone. What the later ones are given is the protocol's business:

- ``"fully synthetic"``: samples of the generation before, nothing else;
- ``"augmentation"``: the same real data every time, and samples of the generation before;
- ``"accumulate"``: the same real data, and samples of all generations before (Gerstgrasser et al. 2024, arXiv:2404.01413);
- ``"fresh data"``: newly drawn real data every time, and samples of the generation before.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from math import ceil, gcd
from pathlib import Path

import numpy as np

from generative_vision.data import asset, validate_images


class RealImages:
    """The real images that a loop owns: a fixed set, and where new ones are drawn from.

    Args:
        images: all there are, (n, 28, 28, 1) in [−1, 1]; put into an order drawn by ``seed``.
        n: size of the fixed set, and of each new draw.
        n_initial: size of generation 1's set; n without.
    """

    def __init__(self, images: np.ndarray, n: int, n_initial: int | None = None, seed: int = 0):
        images = validate_images(images)
        for name, count in {"n_real": n, "n_initial": n if n_initial is None else n_initial}.items():
            if not 1 <= count <= len(images) or count != int(count):
                raise ValueError(f"{name}={count}: expected 1 ... {len(images)}, as many real images as there are.")
        order = np.random.default_rng([seed, 0]).permutation(len(images))
        self._pool, self._order, self.n = images, order, n
        self.initial = images[order[: n if n_initial is None else n_initial]]
        self.fixed = images[order[:n]]

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return n real images (n, 28, 28, 1), drawn anew."""
        return self._pool[rng.choice(self._order, self.n, replace=False)]


def fully_synthetic(generation, real, synthetic_history, rng):
    """Return samples of the generation before."""
    return synthetic_history[-1]


def augmentation(generation, real, synthetic_history, rng):
    """Return the fixed real images, and samples of the generation before."""
    return np.concatenate([real.fixed, synthetic_history[-1]])


def accumulate(generation, real, synthetic_history, rng):
    """Return the fixed real images, and samples of all generations before."""
    return np.concatenate([real.fixed, *synthetic_history])


def fresh_data(generation, real, synthetic_history, rng):
    """Return newly drawn real images, and samples of the generation before."""
    return np.concatenate([real.draw(rng), synthetic_history[-1]])


#: name to ``next_training_set(generation, real, synthetic_history, rng)``, asked from generation 2 on: ``real`` are
#: ``RealImages``, ``synthetic_history`` the samples of all generations before, oldest first
PROTOCOLS: dict[str, Callable] = {
    "fully synthetic": fully_synthetic,
    "augmentation": augmentation,
    "accumulate": accumulate,
    "fresh data": fresh_data,
}


@dataclass(frozen=True)
class GaussianRuns:
    """What became of N(0, I) in each generation and run; index 0 of the first axis is the truth itself."""

    variance: np.ndarray  #: tr Σ / d, (generations + 1, runs)
    shift: np.ndarray  #: ‖μ‖², (generations + 1, runs)
    w2: np.ndarray  #: squared Wasserstein-2 distance to N(0, I), (generations + 1, runs)


def gaussian_loop(
    generations: int,
    protocol: str = "fully synthetic",
    *,
    n_real: int,
    n_synthetic: int | None = None,
    n_initial: int | None = None,
    spread: float = 1.0,
    dimensions: int = 1,
    runs: int = 1000,
    biased: bool = False,
    seed: int = 0,
) -> GaussianRuns:
    """Fit a Gaussian to samples of a Gaussian that was fitted to samples ..., in many runs at once.

    Args:
        protocol: one of ``PROTOCOLS``.
        n_real: real samples of N(0, I) for each generation that gets any.
        n_synthetic: samples drawn from each fitted Gaussian, from N(μ, λΣ); as many as real ones without.
        n_initial: real samples of generation 1; n_real without.
        spread: λ, 0 < λ ≤ 1.
        biased: divide the scatter by n, as maximum likelihood does, instead of n − 1.

    Raises:
        ValueError: an argument out of its range, by name.
    """
    n_synthetic = n_real if n_synthetic is None else n_synthetic
    n_initial = n_real if n_initial is None else n_initial
    _hold_protocol(protocol)
    _hold_numbers(spread, 2, n_real=n_real, n_synthetic=n_synthetic, n_initial=n_initial)
    _hold_numbers(spread, generations=generations, dimensions=dimensions, runs=runs)
    rng = np.random.default_rng(seed)
    truth = np.zeros((runs, dimensions)), np.broadcast_to(np.eye(dimensions), (runs, dimensions, dimensions))
    real = _summary(_draw(rng, *truth, n_initial))
    made = None  # synthetic data: of the generation before, or of all
    history = [truth]
    for generation in range(1, generations + 1):
        if generation == 1 or protocol in ("augmentation", "accumulate"):
            data = real
        elif protocol == "fresh data":
            data = _summary(_draw(rng, *truth, n_real))
        else:
            data = None
        n, mean, scatter = _pool([part for part in (data, made) if part is not None])
        fitted = mean, scatter / (n if biased else n - 1)
        history.append(fitted)
        fresh = _summary(_draw(rng, *fitted, n_synthetic, spread))
        made = _pool([made, fresh]) if protocol == "accumulate" and made is not None else fresh
    shift = np.array([(mean**2).sum(axis=-1) for mean, _ in history])
    spectrum = np.array([np.linalg.eigvalsh(covariance) for _, covariance in history]).clip(0)
    return GaussianRuns(spectrum.mean(axis=-1), shift, shift + ((np.sqrt(spectrum) - 1) ** 2).sum(axis=-1))


def _draw(rng, mean, covariance, n: int, spread: float = 1.0) -> np.ndarray:
    """Draw n samples of N(μ, λΣ) in each run: (runs, n, d)."""
    noise = rng.normal(size=(len(mean), n, mean.shape[1]))
    values, vectors = np.linalg.eigh(covariance)  # where Σ has become singular, too
    root = vectors * np.sqrt(spread * values.clip(0))[:, None, :]
    return mean[:, None, :] + noise @ root.transpose(0, 2, 1)


def _summary(samples: np.ndarray) -> tuple[int, np.ndarray, np.ndarray]:
    """Return n, mean (runs, d) and scatter Σ(x − mean)(x − mean)ᵀ (runs, d, d) of samples (runs, n, d)."""
    mean = samples.mean(axis=1)
    centred = samples - mean[:, None, :]
    return samples.shape[1], mean, centred.transpose(0, 2, 1) @ centred


def _pool(parts: list[tuple[int, np.ndarray, np.ndarray]]) -> tuple[int, np.ndarray, np.ndarray]:
    """Return the summary of several sets taken together."""
    n, mean, scatter = parts[0]
    for m, other, more in parts[1:]:
        apart = other - mean
        scatter = scatter + more + n * m / (n + m) * apart[:, :, None] * apart[:, None, :]
        mean, n = mean + m / (n + m) * apart, n + m
    return n, mean, scatter


def _hold_protocol(protocol) -> None:
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocol={protocol!r} is not known: use a function, or one of {', '.join(map(repr, PROTOCOLS))}.")


def _hold_numbers(spread: float, least: int = 1, **counts: int) -> None:
    if not 0 < spread <= 1:
        raise ValueError(f"spread={spread}: expected λ above 0, at most 1.")
    for name, count in counts.items():
        if count < least or count != int(count):
            raise ValueError(f"{name}={count}: expected {least} or more, a whole number.")


@dataclass(frozen=True)
class Generation:
    """One line of a loop's table."""

    generation: int
    n_training: int  #: images it was trained on
    seconds: float  #: of training, unless the model was taken over, and sampling; metrics left out
    scores: dict[str, float]  #: what ``measure`` returned


def measure(images: np.ndarray) -> dict[str, float]:
    """Return FCD, precision, recall and the share of the rarest class of images (n, 28, 28, 1)."""
    from generative_vision import metrics

    scores = metrics.evaluate(images)
    return {name: getattr(scores, name) for name in ("fcd", "precision", "recall", "rarest")}


class SelfConsumingLoop:
    """Trains a new generator in each generation, for the same number of steps, on what the protocol gives it.

    Between two generations images are kept as pictures are, in 8 bits: 784 bytes an image, all generations of them;
    ``limit_mb`` bounds that. With a folder, each finished generation is kept there, and a loop that was interrupted goes on
    after the last one: the same table comes out.

    Args:
        make_generator: returns a compiled model with ``fit(images, ...)`` and ``sample(n, *, seed, spread)``.
        protocol: a name in ``PROTOCOLS``, or a function like those.
        images: real ones, (n, 28, 28, 1) in [−1, 1].
        n_real, n_initial: see ``RealImages``.
        n_synthetic: images that each generation draws.
        spread: λ, 0 < λ ≤ 1, of the images that go on into the next generation, and are measured.
        steps, batch: of each generation's training.
        measure: images -> figures by name; None leaves them out.
        folder: where generations are kept; None keeps them in memory only.
        seed: everything follows from it.
        limit_mb: for the images of all generations.
        first_from: a loop of the same generators: its first model is taken over where real images, steps and seed are
            the same, and need not be trained again; with the same λ, its images and figures, too.
    """

    def __init__(
        self,
        make_generator: Callable,
        protocol: str | Callable = "fully synthetic",
        *,
        images: np.ndarray,
        n_real: int = 10_000,
        n_synthetic: int = 10_000,
        n_initial: int | None = None,
        spread: float = 1.0,
        steps: int = 1500,
        batch: int = 250,
        measure: Callable[[np.ndarray], dict[str, float]] | None = measure,
        folder: str | Path | None = None,
        seed: int = 0,
        limit_mb: float = 500,
        first_from: SelfConsumingLoop | None = None,
    ):
        if not callable(protocol):
            _hold_protocol(protocol)
        _hold_numbers(spread, n_synthetic=n_synthetic, steps=steps, batch=batch)
        self.make_generator, self.measure, self.first_from = make_generator, measure, first_from
        self.next_training_set = protocol if callable(protocol) else PROTOCOLS[protocol]
        self.real = RealImages(images, n_real, n_initial, seed)
        self.n_synthetic, self.spread, self.steps, self.batch = n_synthetic, spread, steps, batch
        self.seed, self.limit_mb = seed, limit_mb
        self.table: list[Generation] = []
        self.history = History()
        self.first_model = None  #: of generation 1, where it was trained by this loop or one that this one takes it from
        self.folder = None if folder is None else Path(folder)
        if self.folder is not None:
            self._take_up()

    def run(self, generations: int) -> list[Generation]:
        """Go on until there are so many generations, and return the table, one line for each."""
        _hold_numbers(self.spread, generations=generations)
        needed = generations * self.n_synthetic * 784 / 1e6
        if needed > self.limit_mb:
            raise ValueError(f"{generations} generations of {self.n_synthetic:,} images take {needed:,.0f} MB: more than limit_mb={self.limit_mb:g}.")
        if len(self.table) >= generations:
            return self.table[:generations]
        from generative_vision.callbacks import LoopProgress  # which imports Keras

        progress = LoopProgress(len(self.table), generations, self.steps)
        for generation in range(len(self.table) + 1, generations + 1):
            line, samples = self._first() or self._generation(generation, progress)
            if self.folder is not None:
                _write(self.folder / f"generation-{generation:03}.npz", samples, line)
            self.history.pictures.append(samples)
            self.table.append(line)
            progress.on_generation_end(line.scores)
        return self.table

    def training_set(self, generation: int) -> np.ndarray:
        """Return the images (n, 28, 28, 1) that a generation is trained on."""
        if generation == 1:
            return self.real.initial
        before = History(self.history.pictures[: generation - 1])
        made = self.next_training_set(generation, self.real, before, np.random.default_rng([self.seed, generation]))
        return validate_images(np.asarray(made, "float32"))

    def _first(self) -> tuple[Generation, np.ndarray] | None:
        """Take over the other loop's first model, and return its generation 1 where that is what would come out here."""
        other = self.first_from
        if self.table or other is None or not other.table or other._first_training() != self._first_training():
            return None
        self.first_model = other.first_model
        same = (other.spread, other.n_synthetic) == (self.spread, self.n_synthetic)
        return (other.table[0], other.history.pictures[0]) if same else None

    def _first_training(self) -> dict:
        """What the first model follows from, besides the generator."""
        return {
            "n_initial": len(self.real.initial), "steps": self.steps, "batch": self.batch, "seed": self.seed,
            "real": hashlib.sha256(np.ascontiguousarray(self.real.initial)).hexdigest()[:16],
        }  # fmt: skip

    def _generation(self, generation: int, progress) -> tuple[Generation, np.ndarray]:
        import keras

        images = self.training_set(generation)
        seed = int(np.random.default_rng([self.seed, generation, 1]).integers(2**31))
        start = time.perf_counter()
        model = self.first_model if generation == 1 else None
        if model is None:
            keras.utils.set_random_seed(seed)
            model = self.make_generator()
            train(model, images, self.steps, self.batch, [progress])
        if generation == 1:
            self.first_model = model
        samples = as_pictures(model.sample(self.n_synthetic, seed=seed, spread=self.spread))
        seconds = time.perf_counter() - start
        scores = {} if self.measure is None else {k: float(v) for k, v in self.measure(from_pictures(samples)).items()}
        return Generation(generation, len(images), round(seconds, 1), scores), samples

    def _take_up(self) -> None:
        """Read what is in the folder, after holding that it belongs to this loop."""
        self.folder.mkdir(parents=True, exist_ok=True)
        protocol = getattr(self.next_training_set, "__qualname__", repr(self.next_training_set))
        own = {"protocol": protocol, "n_real": self.real.n, "n_synthetic": self.n_synthetic, "spread": self.spread, **self._first_training()}
        path = self.folder / "loop.json"
        if path.exists():
            kept = json.loads(path.read_text(encoding="utf-8"))
            other = [f"{name} was {kept.get(name)!r} and is {value!r}" for name, value in own.items() if kept.get(name) != value]
            if other:
                raise ValueError(f"{self.folder} holds another loop: {'; '.join(other)}. Name another folder, or delete this one.")
        else:
            path.write_text(json.dumps(own, indent=1), encoding="utf-8")
        while (path := self.folder / f"generation-{len(self.table) + 1:03}.npz").exists():
            with np.load(path) as kept:
                self.table.append(Generation(**json.loads(str(kept["line"]))))
                self.history.pictures.append(kept["pictures"])


class History(Sequence):
    """The images that each generation made, oldest first: float32 (n, 28, 28, 1) in [−1, 1], kept in 8 bits."""

    def __init__(self, pictures: Sequence[np.ndarray] = ()):
        self.pictures = list(pictures)

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [from_pictures(pictures) for pictures in self.pictures[index]]
        return from_pictures(self.pictures[index])


def as_pictures(images: np.ndarray) -> np.ndarray:
    """Return images in [−1, 1] as 8-bit grey levels, uint8."""
    return np.round((validate_images(images) + 1) * 127.5).astype("uint8")


def from_pictures(pictures: np.ndarray) -> np.ndarray:
    """Return 8-bit grey levels as images in [−1, 1], float32."""
    return pictures.astype("float32") / 127.5 - 1


def train(model, images: np.ndarray, steps: int, batch: int, callbacks: Sequence = ()) -> None:
    """Train a compiled model for exactly so many steps, however many images there are.

    Where it was compiled to take several steps at once, it takes as many as divide both an epoch and the whole.
    """
    import keras

    class Stop(keras.callbacks.Callback):
        done = before = 0

        def on_epoch_begin(self, epoch, logs=None):
            self.before = self.done

        def on_train_batch_end(self, batch, logs=None):
            self.done = self.before + batch + 1
            if self.done >= steps:
                self.model.stop_training = True

    n, batch, at_once = len(images), min(batch, len(images)), model.steps_per_execution

    def fit_of(passes):  # an epoch is so many passes over few images: steps at once, and hardly an image left over
        return min(gcd(passes * n // batch, steps), at_once), -(passes * n % batch) / passes

    passes = max(range(1, max(10_000 // n, 1) + 1), key=fit_of)
    per_epoch = passes * n // batch  # whole batches only: every step sees as many images
    if at_once > 1 and gcd(per_epoch, steps) != at_once:
        model.compile(model.optimizer, steps_per_execution=gcd(per_epoch, steps))
    rng = np.random.default_rng(0)
    chosen = np.concatenate([rng.permutation(n) for _ in range(passes)])[: per_epoch * batch]
    model.fit(images[chosen], batch_size=batch, epochs=ceil(steps / per_epoch), verbose=0, callbacks=[*callbacks, Stop()])


def shipped_table() -> list[dict]:
    """Return the published experiments as ``benchmarks/mad.py`` repeated them, a row for each generation.

    experiment, seed, generation, n_training, seconds, fcd, precision, recall, rarest: three seeds, six generations of
    10,000 images, a latent flow of 900 steps each; of the loop that retrains its autoencoder, one seed.
    """
    lines = csv.DictReader(asset("mad.csv").decode("utf-8").splitlines())
    whole = ("seed", "generation", "n_training")
    return [
        {name: value if name == "experiment" else int(value) if name in whole else float(value) for name, value in line.items()}
        for line in lines
    ]


def _write(path: Path, pictures: np.ndarray, line: Generation) -> None:
    """Write a generation whole or not at all."""
    fresh = path.with_suffix(f".{os.getpid()}.npz")
    np.savez_compressed(fresh, pictures=pictures, line=json.dumps(asdict(line)))
    fresh.replace(path)
