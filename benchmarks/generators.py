"""The lessons' generators from nothing, and plain VAEs given the same time.

Every model is measured on 5,000 samples against the test images, by both classifiers; the first row
is what real images score. ``--gan`` trains GANs alone: told nothing, as the lesson's is, labels, or
groups that k-means finds by the images' 32 principal components.
"""

from __future__ import annotations

import argparse
import time
from functools import partial

import numpy as np

from generative_vision import data, runtime, training

SAMPLES, GROUPS = 5000, 200
GANS = "nothing", "labels", "groups"  #: what they are told


def main() -> None:
    """Print the machine, then a line for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument(
        "--gan", nargs="+", choices=GANS, metavar="TOLD", help=f"GANs alone: {', '.join(GANS)}"
    )
    arguments = parser.parse_args()
    runtime.setup(seed=0)
    from keras import Input, Sequential, layers

    from generative_vision.models.flow_vae import FlowVAE
    from generative_vision.models.gan import GAN
    from generative_vision.models.groups import k_means
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

    images, labels = data.load_fashion_mnist("train")
    print(
        f"{'':<40}{'seconds':>8}{'steps':>8}{'FCD':>8}{'2nd judge':>11}{'precision':>11}"
        f"{'recall':>8}{'coverage':>10}{'rarest class':>14}{'by 2nd':>8}"
    )
    _line("real training images", 0, 0, images[-SAMPLES:])
    if not arguments.gan:
        pca = PCAGaussian(256).fit(images).sample(SAMPLES, seed=1)
        _line("PCA-Gaussian, 256 directions", 0, 0, pca)
    for seed in range(arguments.seeds):
        vae = {"batch": 64, "adam": {"beta_2": 0.99}}
        gan = {"batch": 32, "adam": {"beta_1": 0.5, "beta_2": 0.99}, "epochs": 2}
        for told in arguments.gan or GANS[:1]:
            y = None if told == "nothing" else labels
            if told == "groups":
                y = k_means(PCAGaussian(32).fit(images).encode(images), GROUPS, seed=seed)
            make = partial(GAN, 32, condition={"nothing": None, "groups": GROUPS}.get(told, told))
            measure(f"GAN (lesson 03), told {told}", make, seed, images, y, **gan)
        if arguments.gan:
            continue
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


def measure(
    name, make, seed, images, labels=None, *, batch, adam, epochs=None, seconds=None
) -> float:
    """Train for the epochs, or about as many seconds; print a line, return the seconds."""
    import keras

    if epochs is None:  # how many fit into the time: measured on a short run of the same model
        train(make, seed, images[: 50 * batch], batch, adam, 1)
        short, long = (train(make, seed, images[: k * batch], batch, adam, 1)[1] for k in (50, 250))
        epochs = max(1, round(seconds / ((long - short) / 200 * (len(images) // batch))))
    keras.utils.set_random_seed(seed)
    model, spent = train(make, seed, images, batch, adam, epochs, labels)
    rng = np.random.default_rng(seed)  # labels, or groups, as often as in the data
    asked = {} if labels is None else {"labels": rng.choice(labels, SAMPLES)}
    samples = model.sample(SAMPLES, seed=seed + 1, **asked)
    steps = epochs * (len(images) // batch)
    _line(f"{name}, seed {seed}", spent, steps, samples)
    return spent


def train(make, seed, images, batch, adam, epochs, labels=None):
    """Return the trained model and the seconds it took."""
    import keras

    keras.utils.set_random_seed(seed)
    start = time.perf_counter()
    model = make()
    steps = epochs * (len(images) // batch)
    rate = training.warmup_cosine(4e-3, steps)
    model.compile(optimizer=keras.optimizers.Adam(rate, **adam), steps_per_execution=10)
    told = [] if labels is None else [labels]
    model.fit(images, *told, batch_size=batch, epochs=epochs, verbose=0)
    return model, time.perf_counter() - start


def _line(name, seconds, steps, drawn) -> None:
    """Print what both judges say of the images."""
    from generative_vision import metrics

    scores, second = metrics.evaluate(drawn), metrics.fcd(drawn, judge=2)
    shares = np.bincount(metrics.classify(drawn, judge=2).argmax(axis=1), minlength=10) / len(drawn)
    print(
        f"{name:<40}{seconds:>8.0f}{steps:>8}{scores.fcd:>8.2f}{second:>11.2f}"
        f"{scores.precision:>11.2f}{scores.recall:>8.2f}{scores.coverage:>10.2f}"
        f"{scores.rarest:>14.3f}{shares.min():>8.3f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
