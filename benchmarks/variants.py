"""Lesson 01's other autoencoders, and its first attempt at a generator, three seeds each.

Dense networks of one kind differ from the next in one thing: the loss, the code's activation, the
training, tied weights, a sparse code. The convolutional one is trained as in the lesson; 5,000
codes are drawn from the normal distribution fitted to its codes, decoded and measured. May be
interrupted. Writes variants.csv.
"""

from __future__ import annotations

import numpy as np
from tables import fill

from generative_vision import data, metrics, runtime, training

runtime.setup(seed=0)  # before Keras is imported
import keras
from keras import layers, ops

from generative_vision.models.autoencoder import Autoencoder
from generative_vision.models.pca import PCAGaussian

SAMPLES = 5000


def main() -> None:
    """Run what is missing in the table."""
    images, _ = data.load_fashion_mnist("train")
    test, _ = data.load_fashion_mnist("test")

    def measure(name: str, seed: int) -> list[dict]:
        keras.utils.set_random_seed(seed)
        found = VARIANTS[name](images, test, seed)
        row = {"variant": name, "seed": seed}
        return [{**row, "measure": key, "value": f"{value:.5g}"} for key, value in found.items()]

    fill("variants.csv", VARIANTS, measure, __doc__)


def tutorial(loss: str = "mse", code: str | None = "relu", recipe: bool = False):
    """Return the experiment with the autoencoder of many tutorials: grey levels from 0 to 1."""

    def run(images, test, seed: int) -> dict[str, float]:
        flat, unseen = ((x.reshape(len(x), -1) + 1) / 2 for x in (images, test))
        encoder = keras.Sequential(
            [
                keras.Input((784,)),
                layers.Dense(64, activation="relu"),
                layers.Dense(16, activation=code, dtype="float32"),
            ]
        )
        decoder = keras.Sequential(
            [
                keras.Input((16,)),
                layers.Dense(64, activation="relu"),
                layers.Dense(784, activation="sigmoid", dtype="float32"),
            ]
        )
        model = keras.Sequential([encoder, decoder])
        if recipe:
            compile_as_in_lesson(model, len(flat), loss=loss)
            model.fit(flat, flat, batch_size=64, epochs=2, verbose=0)
        else:
            model.compile(optimizer="adam", loss=loss, steps_per_execution=10)
            model.fit(flat, flat, batch_size=256, epochs=5, verbose=0)
        p = model.predict(unseen, batch_size=1000, verbose=0)
        z = encoder.predict(unseen, batch_size=1000, verbose=0)
        return {
            "test": 4 * float(((p - unseen) ** 2).mean()),  # as of images in [-1, 1]
            "cross-entropy": cross_entropy(unseen, p),
            "dead": float((z.max(axis=0) <= 0).sum()) if code == "relu" else 0.0,
        }

    return run


def cross_entropy(x, p) -> float:
    """Return the mean binary cross-entropy of predictions p for grey levels x in [0, 1]."""
    p = p.clip(1e-7, 1 - 1e-7)
    return float(-(x * np.log(p) + (1 - x) * np.log(1 - p)).mean())


def dense(code_size: int, **options):
    """Return the experiment with the lesson's dense autoencoder, trained as there."""

    def run(images, test, seed: int) -> dict[str, float]:
        model = Autoencoder(options.get("long", code_size), **dense_networks(code_size, **options))
        compile_as_in_lesson(model, len(images))
        model.fit(images, batch_size=64, epochs=2, verbose=0)
        return {"test": float(((model.reconstruct(test) - test) ** 2).mean())}

    return run


class Largest(layers.Layer):
    """Keep the k largest entries of a code, and set the others to 0 (Makhzani and Frey 2013)."""

    def __init__(self, k: int):
        super().__init__(dtype="float32")
        self.k = k

    def call(self, z):
        return ops.where(z >= ops.top_k(z, self.k)[0][:, -1:], z, 0.0)


class Transposed(layers.Layer):
    """Multiply by another layer's kernel, transposed, and add a bias."""

    def __init__(self, other: layers.Dense):
        super().__init__(dtype="float32")
        self.other = other

    def build(self, shape):
        self.bias = self.add_weight(shape=(784,), initializer="zeros", name="bias")

    def call(self, z):
        return ops.matmul(z, ops.transpose(ops.cast(self.other.kernel, z.dtype))) + self.bias


def dense_networks(code_size: int, hidden: int = 256, long: int | None = None, tied=False) -> dict:
    """Return encoder and decoder; hidden=0 makes them linear, long=n codes of n entries."""
    bend = [layers.Dense(hidden, activation="silu") for _ in range(2 if hidden else 0)]
    code = layers.Dense(long or code_size, dtype="float32")
    sparse = [Largest(code_size)] if long else []
    back = Transposed(code) if tied else layers.Dense(784, dtype="float32")
    encoder = [keras.Input((28, 28, 1)), layers.Flatten(), *bend[:1], code, *sparse]
    decoder = [keras.Input((long or code_size,)), *bend[1:], back, layers.Reshape((28, 28, 1))]
    return {"encoder": keras.Sequential(encoder), "decoder": keras.Sequential(decoder)}


def compile_as_in_lesson(model, n: int, loss: str | None = None) -> None:
    """Compile a model with the lesson's training for two epochs of n images."""
    adam = keras.optimizers.Adam(training.warmup_cosine(0.005, 2 * n // 64), beta_2=0.99)
    model.compile(optimizer=adam, loss=loss, steps_per_execution=10)


def pca(components: int):
    """Return the experiment with PCA."""

    def run(images, test, seed: int) -> dict[str, float]:
        fitted = PCAGaussian(components).fit(images)
        return {"test": float(((fitted.decode(fitted.encode(test)) - test) ** 2).mean())}

    return run


def drawn_by_pca(images, test, seed: int) -> dict[str, float]:
    """Measure lesson 00's generator."""
    return scores(PCAGaussian(256).fit(images).sample(SAMPLES, seed=seed))


def drawn_by_conv(images, test, seed: int) -> dict[str, float]:
    """Measure section 10's generator: a normal distribution fitted to codes."""
    model = Autoencoder(32)
    compile_as_in_lesson(model, len(images))
    model.fit(images, batch_size=64, epochs=2, verbose=0)
    z = model.encode(images[:10_000])
    mean, covariance = z.mean(axis=0), np.cov(z, rowvar=False)
    drawn = np.random.default_rng(seed).multivariate_normal(mean, covariance, size=SAMPLES)
    error = float(((model.reconstruct(test) - test) ** 2).mean())
    return {"test": error, **scores(model.decode(drawn))}


def scores(images) -> dict[str, float]:
    """Return the scoreboard's columns, and the second judge's distance."""
    found = metrics.evaluate(images)
    names = ("fcd", "precision", "recall", "density", "coverage")
    return {
        **{name: getattr(found, name) for name in names},
        "fcd, second judge": metrics.fcd(images, judge=2),
    }


VARIANTS = {
    "tutorial": tutorial(),
    "tutorial, cross-entropy": tutorial("binary_crossentropy"),
    "tutorial, linear code": tutorial(code=None),
    "tutorial, linear code, our training": tutorial(code=None, recipe=True),
    "dense 16": dense(16),
    "PCA 16": pca(16),
    "linear 32": dense(32, hidden=0),
    "linear 32, tied": dense(32, hidden=0, tied=True),
    "dense 32": dense(32),
    "32 of 256": dense(32, long=256),
    "PCA 32": pca(32),
    "PCA-Gaussian": drawn_by_pca,
    "normal codes": drawn_by_conv,
}


if __name__ == "__main__":
    main()
