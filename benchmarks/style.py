"""Lesson 08's tables: which features textures need, and garments between dress and gravel.

Three seeds each, of the features and of the noise that an image starts from. May be interrupted.
Writes style.csv.

features: a texture of 96x96 pixels is made of noise in 80 steps, and measured by contrasts: how is
the difference of brightness between two places distributed, for 200 offsets at two sizes? garments:
20 test images, enlarged to 56x56, are restyled with gravel, made small again, and judged by the
classifier, and by statistics of filters of another seed.
"""

from __future__ import annotations

import numpy as np
from tables import fill

from generative_vision import data, metrics, photos, runtime

runtime.setup(seed=0)  # before Keras is imported
import keras

from generative_vision.models.style import Style, stylize, texture
from generative_vision.models.style_features import (
    random_filters,
    random_network,
    trained_features,
)
from generative_vision.models.style_network import moments
from generative_vision.models.weights import pretrained

SIZE, STEPS = 96, 80
GARMENTS, GARMENT_STEPS = 20, 40
TEXTURES = ("gravel", "grass")


def main() -> None:
    """Run what is missing in the table."""
    fill("style.csv", RUNS, measure, __doc__)


def measure(name: str, seed: int) -> list[dict]:
    """Return the rows of one run."""
    keras.utils.set_random_seed(seed)
    found = RUNS[name](seed)
    row = {"run": name, "seed": seed}
    return [{**row, "measure": key, "value": f"{value:.4g}"} for key, value in found.items()]


def made_by(features, statistic=None):
    """Return the experiment that makes textures by features, a function of the seed."""

    def run(seed: int) -> dict[str, float]:
        model, found = features(seed), {}
        for name in TEXTURES:
            style = photos.load(name, size=SIZE)
            drawn = texture(
                style, size=SIZE, seed=seed, features=model, statistic=statistic, steps=STEPS
            )
            found[name] = contrast_distance(drawn[0], style[0], seed)
        return found

    return run


def two_halves(seed: int) -> dict[str, float]:
    """Measure a photograph against itself: its left half and its right half, as large as SIZE²."""
    found = {}
    for name in TEXTURES:
        whole = photos.load(name, size=round(SIZE * np.sqrt(2)))[0]
        half = whole.shape[1] // 2
        found[name] = contrast_distance(whole[:, :half], whole[:, half:], seed)
    return found


def noise(seed: int) -> dict[str, float]:
    """Measure the photograph's pixels, shuffled."""
    rng, found = np.random.default_rng(seed), {}
    for name in TEXTURES:
        style = photos.load(name, size=SIZE)[0]
        shuffled = rng.permutation(style.reshape(-1, 3)).reshape(style.shape)
        found[name] = contrast_distance(shuffled, style, seed)
    return found


def contrast_distance(one: np.ndarray, other: np.ndarray, seed: int) -> float:
    """Return how differently brightness differs between two places of an image.

    For 200 offsets of at most 12 pixels each way, at full and at half size: the differences between
    all places and those at the offset from them, sorted, compared at 500 of their quantiles. The
    mean absolute difference.
    """
    rng, distances = np.random.default_rng([seed, 7]), []
    levels = np.linspace(0, 1, 500)
    for _ in range(2):
        for dy, dx in rng.integers((0, -12), 13, (200, 2)):
            lines = []
            for image in (one, other):
                grey = image.mean(axis=-1)
                h, w = grey.shape[0] - dy, grey.shape[1] - abs(dx)
                here, there = max(-dx, 0), max(dx, 0)
                apart = grey[dy:, there : there + w] - grey[:h, here : here + w]
                lines.append(np.quantile(apart, levels))
            distances.append(np.abs(lines[0] - lines[1]).mean())
        one, other = half_size(one), half_size(other)
    return float(np.mean(distances))


def half_size(image: np.ndarray) -> np.ndarray:
    """Return an image (h, w, 3) of half the height and width: means of 2x2 pixels."""
    h, w = image.shape[0] // 2, image.shape[1] // 2
    return image[: 2 * h, : 2 * w].reshape(h, 2, w, 2, 3).mean(axis=(1, 3))


def garments(content_weight: float | None):
    """Return the experiment that restyles garments; None leaves them as they are."""

    def run(seed: int) -> dict[str, float]:
        images, labels = data.load_fashion_mnist("test")
        rows = np.random.default_rng(seed).choice(len(images), GARMENTS, replace=False)
        small, labels = images[rows], labels[rows]
        style = photos.load("gravel", size=128)[:, :56, :56]
        content = np.repeat(small.repeat(2, axis=1).repeat(2, axis=2), 3, axis=-1)
        drawn = content
        if content_weight is not None:
            drawn = stylize(
                content,
                style,
                features=random_filters(seed, levels=3),
                content_weight=content_weight,
                content_layers=(0,),
                seed=seed,
                steps=GARMENT_STEPS,
            )
        again = drawn.mean(axis=-1, keepdims=True).reshape(GARMENTS, 28, 2, 28, 2, 1)
        given = metrics.classify(again.mean(axis=(2, 4)).astype("float32"))
        judge = Style(style, random_filters(100 + seed, levels=3))
        return {
            "recognised": float((given.argmax(axis=1) == labels).mean()),
            "distance": float(np.mean(judge.distance(drawn))),
        }

    return run


def mean_and_deviation(maps):
    """Return mean and standard deviation of each channel, (n, 2, c): the statistics of AdaIN."""
    return keras.ops.concatenate(moments(maps), axis=1)[:, :, 0]


WEIGHTS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
RUNS = {
    "several sizes, together": made_by(random_filters),
    "several sizes, apart": made_by(lambda seed: random_filters(seed, together=False)),
    "one size": made_by(lambda seed: random_filters(seed, levels=1)),
    "several sizes, mean and deviation": made_by(random_filters, mean_and_deviation),
    "deep, random": made_by(random_network),
    "the classifier": made_by(lambda seed: trained_features(pretrained("classifier").body)),
    "the denoiser": made_by(
        lambda seed: trained_features(pretrained("autoencoder-32-denoising").encoder)
    ),
    "two halves of the photograph": two_halves,
    "its pixels, shuffled": noise,
    "garments as they are": garments(None),
    **{f"garments, weight {weight:g}": garments(weight) for weight in WEIGHTS},
}


if __name__ == "__main__":
    main()
