"""What was tried for pixel diffusion: the lesson's recipe with one thing changed.

1,876 steps of 64 images, or as many images.

Seed 0, labels, 5,000 samples in 25 DDIM steps. Results are recorded, and discussed, in this
folder's README.
"""

from __future__ import annotations

import argparse
import time

from generative_vision import data, runtime, training

runtime.setup(seed=0)  # before Keras is imported
import keras
from keras import layers, ops

from generative_vision import metrics
from generative_vision.models import diffusion
from generative_vision.models.diffusion import Diffusion, schedule
from generative_vision.models.layers import DepthToSpace, SpaceToDepth, convolution
from generative_vision.models.networks import Scale, block, time_and_words


class OwnScale(Diffusion):
    """Sees (images − mean)/deviation."""

    mean, deviation = 0.0, 1.0

    def scaled(self, x):
        return (x - self.mean) / self.deviation

    def to_images(self, x):
        return (x * self.deviation + self.mean).clip(-1, 1).astype("float32")


class Centred(OwnScale):
    """Sees images of mean 0 whose deviation stays 0.706."""

    mean = diffusion.MEAN


class MiddleTimes(Diffusion):
    """Trains on t = sigmoid(normal): more often on times near the middle."""

    def draw_times(self, n):
        return ops.sigmoid(keras.random.normal((n, 1, 1, 1), seed=self.seeds))


class Weighted(Diffusion):
    """Weighs the squared error by 1/(σ² + 0.1): little noise counts up to eleven times as much."""

    def __init__(self, **options):
        super().__init__(
            target=lambda x, t, noise: self.weight(t) * diffusion.velocity(x, t, noise), **options
        )

    def weight(self, t):
        _, sigma = schedule(t)
        return (sigma**2 + 0.1) ** -0.5

    def predict_v(self, x_t, t, words=None, training=False):
        return self.weight(t) * super().predict_v(x_t, t, words, training)


def normalised(h, e, channels: int):
    """The U-Net's block with RMS normalisation before it is steered."""
    inner = convolution(channels)(layers.Activation("silu")(h))
    inner = layers.Activation("silu")(Scale()(layers.RMSNormalization()(inner), e))
    return layers.Add()([h, convolution(channels, kernel_initializer="zeros")(inner)])


def attend(h, channels: int):
    """Self-attention over the 49 places of 7x7."""
    places = layers.Reshape((49, channels))(h)
    seen = layers.LayerNormalization()(places)
    return layers.Reshape((7, 7, channels))(
        layers.Add()([places, layers.MultiHeadAttention(4, 16)(seen, seen)])
    )


def unet(width: int = 16, block=block, attention: bool = False, fine: bool = True) -> keras.Model:
    """The package's U-Net, with other blocks, with attention at 7x7, or without blocks at 14x14."""
    x = keras.Input((28, 28, 1))
    inputs, e = time_and_words("labels")
    edge = block if fine else lambda h, e, channels: h
    first = edge(convolution(width)(SpaceToDepth()(x)), e, width)
    h = block(convolution(4 * width)(SpaceToDepth()(first)), e, 4 * width)
    h = block(attend(h, 4 * width) if attention else h, e, 4 * width)
    h = edge(layers.Add()([DepthToSpace()(convolution(4 * width)(h)), first]), e, width)
    h = convolution(4, kernel_initializer="zeros", dtype="float32")(layers.Activation("silu")(h))
    return keras.Model([x, *inputs], DepthToSpace(dtype="float32")(h))


#: name -> class, network, learning rate, batch
RECIPES = {
    "the lesson's": (Diffusion, unet, 4e-3, 64),
    "images as they are, in [−1, 1]": (OwnScale, unet, 4e-3, 64),
    "images centred, deviation 0.706": (Centred, unet, 4e-3, 64),
    "learning rate 0.002": (Diffusion, unet, 2e-3, 64),
    "learning rate 0.006": (Diffusion, unet, 6e-3, 64),
    "batch 32, twice the steps": (Diffusion, unet, 4e-3, 32),
    "batch 128, half the steps, rate 0.006": (Diffusion, unet, 6e-3, 128),
    "t = sigmoid(normal)": (MiddleTimes, unet, 4e-3, 64),
    "loss times 1/(σ² + 0.1)": (Weighted, unet, 4e-3, 64),
    "RMS normalisation": (Diffusion, lambda: unet(block=normalised), 4e-3, 64),
    "self-attention at 7×7": (Diffusion, lambda: unet(attention=True), 4e-3, 64),
    "no blocks at 14×14": (Diffusion, lambda: unet(fine=False), 4e-3, 64),
    "width 32 (32/128 channels)": (Diffusion, lambda: unet(32), 4e-3, 64),
}


def main() -> None:
    """Print a line for each recipe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipes", nargs="*", help="names; all without any")
    arguments = parser.parse_args()
    images, labels = data.load_fashion_mnist("train")
    print(
        f"{'':<40}{'steps':>7}{'ms a step':>11}{'FCD':>7}{'precision':>11}{'recall':>8}{'sure':>7}"
    )
    for name in arguments.recipes or RECIPES:
        kind, network, rate, batch = RECIPES[name]
        keras.utils.set_random_seed(0)
        model = kind(condition="labels", network=network())
        steps = 2 * (len(images) // batch)
        adam = keras.optimizers.Adam(training.warmup_cosine(rate, steps), beta_2=0.99)
        model.compile(optimizer=adam, steps_per_execution=10)
        start = time.perf_counter()
        model.fit(images, labels, batch_size=batch, epochs=2, verbose=0)
        each = (time.perf_counter() - start) / steps * 1000  # tracing included
        samples = model.sample(5000, seed=1)
        scores, sure = metrics.evaluate(samples), metrics.classify(samples).max(axis=1).mean()
        figures = f"{scores.fcd:>7.2f}{scores.precision:>11.2f}{scores.recall:>8.2f}{sure:>7.2f}"
        print(f"{name:<40}{steps:>7}{each:>11.0f}{figures}", flush=True)


if __name__ == "__main__":
    main()
