"""Lesson 05's latent flow from nothing, and pixel diffusion without a layout.

5,000 samples against the test images, in 8 Heun steps on codes and 25 DDIM steps on pixels; beside
each FCD what the autoencoder's reconstructions score, which a model of its codes cannot beat by
much. "sure" is the classifier's mean confidence in the class it sees.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from generative_vision import data, runtime, training
from generative_vision.models.weights import pretrained

SAMPLES = 5000
TRAINED = 36_000  # images, as for the lesson's flow; its pixel model sees 28,000
PROMPTED = 2000  # samples for each strength of guidance


def main() -> None:
    """Print the machine, then a line for each model and seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    arguments = parser.parse_args()
    runtime.setup(seed=0)
    import keras

    from generative_vision import metrics, prompts
    from generative_vision.models.autoencoder import Autoencoder
    from generative_vision.models.diffusion import Diffusion
    from generative_vision.models.latent_flow import LatentFlow

    images, labels = data.load_fashion_mnist("train")
    print(
        f"{'':<44}{'seconds':>8}{'steps':>8}{'FCD':>7}{'precision':>11}{'recall':>8}{'rarest':>8}{'sure':>7}{'images/s':>10}"
    )

    def report(name, seconds, steps, samples, per_second=None):
        scores, sure = metrics.evaluate(samples), metrics.classify(samples).max(axis=1).mean()
        speed = "" if per_second is None else f"{per_second:,.0f}"
        figures = (
            f"{seconds:>8.0f}{steps:>8}{scores.fcd:>7.2f}{scores.precision:>11.2f}"
            f"{scores.recall:>8.2f}{scores.rarest:>8.1%}{sure:>7.2f}"
        )
        print(f"{name:<44}{figures}{speed:>10}", flush=True)
        return scores.fcd

    for seed in range(arguments.seeds):
        keras.utils.set_random_seed(seed)
        autoencoder, spent, steps = train(Autoencoder(32), images[:TRAINED], None, 32, 1)
        rebuilt = report(
            f"autoencoder, rebuilt images, seed {seed}",
            spent,
            steps,
            autoencoder.reconstruct(images[:SAMPLES]),
        )
        for condition, y in (("labels", labels[:TRAINED]), (None, None)):
            keras.utils.set_random_seed(seed)
            flow, seconds, steps = train(
                LatentFlow(autoencoder, condition=condition), images[:TRAINED], y, 250, 14
            )
            samples, speed = draw(flow, seed)
            name = (
                f"latent flow{', labels' if condition else ''}, with its autoencoder, seed {seed}"
            )
            found = report(name, spent + seconds, steps, samples, speed)
            print(f"{'':<44}{found / rebuilt:.2f} times the FCD of the rebuilt images", flush=True)
        for n in (TRAINED, len(images)):
            keras.utils.set_random_seed(seed)
            pixels, seconds, steps = train(
                Diffusion(condition="labels"), images[:n], labels[:n], 32, 1
            )
            report(f"pixel diffusion, labels, seed {seed}", seconds, steps, *draw(pixels, seed))
        each, most = multiply_adds(pixels.averaged), matrix_speed()
        print(
            f"{'':<44}{each / 1e6:.1f} million multiply-adds an evaluation; "
            "at the speed of matrix products,"
        )
        print(
            f"{'':<44}{most / 1e9:.0f} thousand million a second, "
            f"that were {most / each / 25:.0f} images/s",
            flush=True,
        )

    print("\nshipped models: does the picture show what the prompt says?")
    print(f"{'':<44}{'guidance':>8}{'class':>8}{'dark or bright':>16}{'FCD':>8}{'recall':>8}")
    # words as often as in the data
    usual = prompts.captions(images[:SAMPLES], labels[:SAMPLES], keep=0.7, seed=1)
    for name in ("latent-flow", "diffusion"):
        model = pretrained(name)
        scores = metrics.evaluate(model.sample(SAMPLES, seed=1, prompt=usual))
        print(
            f"{name + ', captions of training images':<44}{1.0:>8}{'':>24}"
            f"{scores.fcd:>8.2f}{scores.recall:>8.2f}",
            flush=True,
        )
        for guidance in (1.0, 1.5, 2.0, 3.0, 5.0):
            right, level, samples = obeys(model, guidance)
            scores = metrics.evaluate(samples)
            print(
                f"{name:<44}{guidance:>8}{right:>8.3f}{level:>16.3f}{scores.fcd:>8.2f}{scores.recall:>8.2f}",
                flush=True,
            )


def obeys(model, guidance):
    """Return the shares of samples with their prompt's class, with its brightness, and the samples.

    Of all twenty prompts of a class and dark or bright, as many samples each.
    """
    from generative_vision import metrics, prompts

    pairs = [(kind, level) for kind in range(10) for level in (-1, 1)] * (PROMPTED // 20)
    words = [
        f"a {'bright' if level > 0 else 'dark'} {prompts.CLASS_WORDS[kind]}"
        for kind, level in pairs
    ]
    samples = model.sample(len(words), seed=1, prompt=words, guidance=guidance)
    kinds, levels = np.array(pairs).T
    seen = metrics.classify(samples).argmax(axis=1)
    return (
        np.mean(seen == kinds),
        np.mean(prompts.level("bright", samples, kinds) == levels),
        samples,
    )


def train(model, images, condition, batch, epochs):
    """Return the trained model, the seconds it took, tracing included, and the number of steps."""
    import keras

    start = time.perf_counter()
    steps = epochs * (len(images) // batch)
    rate = training.warmup_cosine(4e-3, steps)
    model.compile(
        optimizer=keras.optimizers.Adam(rate, beta_2=0.99),
        steps_per_execution=20 if batch > 64 else 10,
    )
    model.fit(
        images,
        *([] if condition is None else [condition]),
        batch_size=batch,
        epochs=epochs,
        verbose=0,
    )
    return model, time.perf_counter() - start, steps


def draw(model, seed):
    """Return 5,000 samples and how many are drawn a second, tracing left out."""
    model.sample(500, seed=seed)
    start = time.perf_counter()
    samples = model.sample(SAMPLES, seed=seed + 1)
    return samples, SAMPLES / (time.perf_counter() - start)


def multiply_adds(network) -> int:
    """Return the multiply-adds of one evaluation for an image, in convolutions and dense layers."""
    kernels = [layer for layer in network.layers if hasattr(layer, "kernel")]
    return sum(
        int(np.prod(layer.output.shape[1:-1])) * int(np.prod(layer.kernel.shape))
        for layer in kernels
    )


def matrix_speed(n: int = 3000) -> float:
    """Return the multiply-adds a second of the product of two large matrices, the best of five."""
    from keras import ops

    a, seconds = ops.ones((n, n)), []
    for _ in range(6):
        start = time.perf_counter()
        ops.convert_to_numpy(ops.matmul(a, a))
        seconds.append(time.perf_counter() - start)
    return n**3 / min(seconds[1:])


if __name__ == "__main__":
    main()
