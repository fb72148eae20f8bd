"""Which choice makes a VAE draw well? Lesson 02's VAE with one thing changed, at equal time.

With five times the time, that VAE, one half as wide, and a small dense one with two layers on each
side. All of them draw from N(0, I), 5,000 images. Each finished run is a line of ``vae.csv``, which
lesson 02 shows. May be interrupted: a second call goes on, and ``--runs`` ends it early.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import cos, log, pi

import numpy as np
from tables import fill

from generative_vision import data, metrics, runtime

runtime.setup(seed=0)  # before Keras is imported
import keras
from keras import layers, ops

from generative_vision.models.vae import VAE

SAMPLES = 5000


class BernoulliVAE(VAE):
    """Grey levels, taken for probabilities of white: the distortion is the cross-entropy."""

    def compute_loss(self, x, y=None, y_pred=None, sample_weight=None, training=True):
        """Return −ELBO."""
        mean, log_variance = self(x, training=training) if y_pred is None else y_pred
        noise = keras.random.normal(ops.shape(mean), seed=self.seeds)
        x_hat = self.decode_batch(self.reparameterize(mean, log_variance, noise), None, training)
        entropy = keras.losses.binary_crossentropy((x + 1) / 2, (x_hat + 1) / 2)  # (n, 28, 28)
        kl = ops.sum(self.kl_divergence(mean, log_variance), axis=-1)
        return ops.mean(ops.sum(entropy, axis=(1, 2)) + kl)


@dataclass(frozen=True)
class Recipe:
    """A VAE with prior N(0, I), and how it is trained: the defaults are the lesson's."""

    latents: int = 10
    variance: float | None = 1.0  #: σ², learned where it is None
    widths: tuple[int, ...] = (512, 256, 128)  #: of the encoder's dense layers; () convolves
    batch: int = 128
    small: bool = False  #: images in [0, 1] inside, and Nadam at its default rate
    bernoulli: bool = False
    seconds: float = 20.0


HALF = (256, 128, 64)
SMALL = {"variance": 2.0, "widths": (150, 100), "small": True}
RECIPES = {
    "the lesson's, 100 s": Recipe(seconds=100.0),
    "half as wide, 100 s": Recipe(seconds=100.0, widths=HALF),
    "small dense, 100 s": Recipe(seconds=100.0, **SMALL),
    "the lesson's": Recipe(),
    "σ² learned": Recipe(variance=None),
    "half as wide": Recipe(widths=HALF),
    "convolutions": Recipe(widths=()),
    "σ² = 0.25": Recipe(variance=0.25),
    "σ² = 4": Recipe(variance=4.0),
    "Bernoulli": Recipe(bernoulli=True),
    "32 latents": Recipe(latents=32),
}


def networks(recipe: Recipe) -> dict[str, keras.Model]:
    """Return encoder and decoder; none for convolutions, which are the VAE's default."""
    if not recipe.widths:
        return {}
    exact = {"dtype": "float32"}
    before = [layers.Rescaling(0.5, 0.5)] if recipe.small else []
    after = [layers.Rescaling(2.0, -1.0, **exact)] if recipe.small or recipe.bernoulli else []
    grey = layers.Dense(784, activation="sigmoid" if recipe.bernoulli else None, **exact)
    narrow = [layers.Dense(width, activation="relu") for width in recipe.widths]
    widen = [layers.Dense(width, activation="relu") for width in recipe.widths[::-1]]
    head = layers.Dense(2 * recipe.latents, **exact)
    image = layers.Reshape((28, 28, 1), **exact)
    encoder = [keras.Input((28, 28, 1)), layers.Flatten(), *before, *narrow, head]
    decoder = [keras.Input((recipe.latents,)), *widen, grey, *after, image]
    return {"encoder": keras.Sequential(encoder), "decoder": keras.Sequential(decoder)}


class Clock(keras.callbacks.Callback):
    """Ends training after so many seconds; the rate rises, and falls to 0 as they run out.

    The clock starts after the first steps, in which Keras traces the model.
    """

    def __init__(self, seconds: float, peak: float | None):
        super().__init__()
        self.seconds, self.peak, self.steps = seconds, peak, 0
        self.start: float | None = None

    def on_train_batch_end(self, batch, logs=None):
        """Set the rate of the next steps."""
        now = time.perf_counter()
        self.start = self.start or now
        share = (now - self.start) / self.seconds
        self.steps = self.model.optimizer.iterations.numpy()
        if self.peak is not None:
            rise, fall = share / 0.05, (1 + cos(pi * min(1.0, share))) / 2
            self.model.optimizer.learning_rate = self.peak * max(1e-3, min(1.0, rise)) * fall
        self.model.stop_training = share >= 1


def train(recipe: Recipe, seed: int) -> tuple[VAE, int]:
    """Return the model and the steps that it took."""
    images, _ = data.load_fashion_mnist("train")
    keras.utils.set_random_seed(seed)
    make = BernoulliVAE if recipe.bernoulli else VAE
    model = make(recipe.latents, variance=recipe.variance, **networks(recipe))
    adam = keras.optimizers.Adam(4e-6, beta_2=0.99)
    model.compile(keras.optimizers.Nadam() if recipe.small else adam, steps_per_execution=10)
    clock = Clock(recipe.seconds, None if recipe.small else 4e-3)
    model.fit(images, batch_size=recipe.batch, epochs=10_000, verbose=0, callbacks=[clock])
    return model, int(clock.steps)


def measure(model: VAE) -> dict[str, float]:
    """Return what samples, codes and reconstructions are worth, by both judges where they judge.

    The bound is the test images', with the σ² that suits the training images best, whatever σ² the
    model was trained with: so all are compared as models of grey levels in [−1, 1].
    """
    rng = np.random.default_rng(0)
    train_images, test_images = (data.load_fashion_mnist(s)[0][:SAMPLES] for s in ("train", "test"))
    drawn, errors = {}, {}
    for split, images in (("train", train_images), ("test", test_images)):
        mean, log_variance = model.posterior(images)
        drawn[split] = mean + np.exp(log_variance / 2) * rng.normal(size=mean.shape)
        errors[split] = float(np.square(images - model.decode(drawn[split])).mean())
    kl = ops.convert_to_numpy(model.kl_divergence(mean, log_variance)).mean(axis=0)
    codes = drawn["train"]
    fitted = rng.multivariate_normal(codes.mean(axis=0), np.cov(codes, rowvar=False), SAMPLES)
    samples, fitted = model.sample(SAMPLES, seed=1), model.decode(fitted)
    scores = metrics.evaluate(samples)
    sigma2 = errors["train"]
    distortion = 392 * (log(2 * pi * sigma2) + errors["test"] / sigma2)
    return {
        "fcd": scores.fcd,
        "fcd_2": metrics.fcd(samples, judge=2),
        "precision": scores.precision,
        "recall": scores.recall,
        "fitted_fcd": metrics.fcd(fitted),
        "fitted_fcd_2": metrics.fcd(fitted, judge=2),
        "mse": float(np.square(model.reconstruct(test_images) - test_images).mean()),
        "rate": float(kl.sum()),
        "used": int((kl > 0.05).sum()),
        "bound": -distortion - float(kl.sum()),
    }


def run(name: str, seed: int) -> dict:
    """Train and measure one recipe; return its row."""
    recipe = RECIPES[name]
    model, steps = train(recipe, seed)
    row = {"recipe": name, "seed": seed, "seconds": recipe.seconds, "steps": steps}
    return row | {key: round(value, 4) for key, value in measure(model).items()}


def main() -> None:
    """Measure what is missing in the table."""
    fill("vae.csv", RECIPES, lambda name, seed: [run(name, seed)], __doc__)


if __name__ == "__main__":
    main()
