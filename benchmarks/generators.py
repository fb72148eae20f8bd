"""The lessons' generators from nothing, and plain VAEs given the same time.

Every model is measured on 5,000 samples against the test images; the first row is what real images
score.
"""

from __future__ import annotations

import argparse
import time

from generative_vision import data, runtime, training

SAMPLES = 5000


def main() -> None:
    """Print the machine, then a line for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    arguments = parser.parse_args()
    runtime.setup(seed=0)
    from keras import Input, Sequential, layers

    from generative_vision import metrics
    from generative_vision.models.flow_vae import FlowVAE
    from generative_vision.models.gan import GAN
    from generative_vision.models.pca import PCAGaussian
    from generative_vision.models.vae import VAE

    def dense_vae():
        widen = [
            layers.Dense(512, activation="relu"),
            layers.Dense(784, dtype="float32"),
            layers.Reshape((28, 28, 1)),
        ]
        narrow = [
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            layers.Dense(64, dtype="float32"),
        ]
        encoder, decoder = (
            Sequential([Input((28, 28, 1)), *narrow]),
            Sequential([Input((32,)), *widen]),
        )
        return VAE(32, variance=1.0, encoder=encoder, decoder=decoder)

    images, _ = data.load_fashion_mnist("train")
    floor = metrics.evaluate(images[:SAMPLES]).floor
    print(
        f"{'':<40}{'seconds':>8}{'steps':>8}{'FCD':>8}{'precision':>11}{'recall':>8}"
        f"{'coverage':>10}{'rarest class':>14}"
    )
    _line("real training images", 0, 0, floor)
    pca = PCAGaussian(256).fit(images).sample(SAMPLES, seed=1)
    _line("PCA-Gaussian, 256 directions", 0, 0, metrics.evaluate(pca))
    for seed in range(arguments.seeds):
        vae = {"batch": 64, "adam": {"beta_2": 0.99}}
        gan = {"batch": 32, "adam": {"beta_1": 0.5, "beta_2": 0.99}}
        limit = measure("VAE, learned prior (lesson 02)", FlowVAE, seed, images, epochs=2, **vae)
        measure("VAE, prior N(0, I), σ² learned", VAE, seed, images, epochs=2, **vae)
        measure(
            "plain convolutional VAE, σ² = 1",
            lambda: VAE(32, variance=1.0),
            seed,
            images,
            seconds=limit,
            **vae,
        )
        measure("plain dense VAE, σ² = 1", dense_vae, seed, images, seconds=limit, **vae)
        measure("GAN (lesson 03)", lambda: GAN(32), seed, images, epochs=2, **gan)


def measure(name, make, seed, images, *, batch, adam, epochs=None, seconds=None) -> float:
    """Train for the epochs, or about as many seconds; print a line, return the seconds."""
    import keras

    from generative_vision import metrics

    if epochs is None:  # how many fit into the time: measured on a short run of the same model
        train(make, seed, images[: 50 * batch], batch, adam, 1)
        short, long = (train(make, seed, images[: k * batch], batch, adam, 1)[1] for k in (50, 250))
        epochs = max(1, round(seconds / ((long - short) / 200 * (len(images) // batch))))
    keras.utils.set_random_seed(seed)
    model, spent = train(make, seed, images, batch, adam, epochs)
    samples = model.sample(SAMPLES, seed=seed + 1)
    steps = epochs * (len(images) // batch)
    _line(f"{name}, seed {seed}", spent, steps, metrics.evaluate(samples))
    return spent


def train(make, seed, images, batch, adam, epochs):
    """Return the trained model and the seconds it took."""
    import keras

    keras.utils.set_random_seed(seed)
    start = time.perf_counter()
    model = make()
    steps = epochs * (len(images) // batch)
    rate = training.warmup_cosine(4e-3, steps)
    model.compile(optimizer=keras.optimizers.Adam(rate, **adam), steps_per_execution=10)
    model.fit(images, batch_size=batch, epochs=epochs, verbose=0)
    return model, time.perf_counter() - start


def _line(name, seconds, steps, scores) -> None:
    figures = (
        f"{scores.fcd:>8.2f}{scores.precision:>11.2f}{scores.recall:>8.2f}"
        f"{scores.coverage:>10.2f}{scores.rarest:>14.3f}"
    )
    print(f"{name:<40}{seconds:>8.0f}{steps:>8}{figures}", flush=True)


if __name__ == "__main__":
    main()
