"""Lesson 01's convolutional autoencoder from nothing, in both precisions, beside PCA."""

from __future__ import annotations

import argparse
import time

from generative_vision import data, runtime, training

CODE_SIZE, BATCH = 32, 64


def main() -> None:
    """Print the machine, then one line for each seed and precision."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=2, help="as in the lesson")
    parser.add_argument("--seeds", type=int, default=1)
    arguments = parser.parse_args()
    runtime.setup(seed=0)
    from generative_vision.models.pca import PCAGaussian

    images, _ = data.load_fashion_mnist("train")
    test, _ = data.load_fashion_mnist("test")
    pca = PCAGaussian(CODE_SIZE).fit(images)
    rebuilt = (pca.mean + pca.encode(test) @ pca.directions).reshape(test.shape)
    print(f"PCA, {CODE_SIZE} directions: test MSE {((rebuilt - test) ** 2).mean():.4f}")
    for seed in range(arguments.seeds):
        for precision in ("mixed_bfloat16", "float32"):
            seconds, error = train(seed, precision, arguments.epochs, images, test)
            print(
                f"seed {seed}, {precision:<14} {arguments.epochs} epochs: "
                f"{seconds:.0f} s, test MSE {error:.4f}",
                flush=True,
            )


def train(seed: int, precision: str, epochs: int, images, test) -> tuple[float, float]:
    """Return the seconds of training, tracing included, and the error on the test images."""
    import keras

    from generative_vision.models.autoencoder import Autoencoder

    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(precision)
    start = time.perf_counter()
    model = Autoencoder(CODE_SIZE)
    steps = epochs * len(images) // BATCH
    rate = training.warmup_cosine(5e-3, steps)
    model.compile(optimizer=keras.optimizers.Adam(rate, beta_2=0.99), steps_per_execution=10)
    model.fit(images, batch_size=BATCH, epochs=epochs, verbose=0)
    seconds = time.perf_counter() - start
    return seconds, float(((model.reconstruct(test) - test) ** 2).mean())


if __name__ == "__main__":
    main()
