"""Features for style: networks that map photographs to lists of maps, most of them never trained.

Each function returns a Keras model of photographs (n, h, w, 3) in [−1, 1], of any size, whose
output is a list of maps (n, h', w', c), from fine to coarse. None of its weights is trained.
"""

import keras
import numpy as np
from keras import layers, ops

from generative_vision.models.layers import register

FLOAT = {"dtype": "float32"}
MAPS = {**FLOAT, "data_format": "channels_last"}


def random_filters(
    seed: int = 0, *, channels: int = 64, size: int = 7, levels: int = 4, together: bool = True
) -> keras.Model:
    """Return one layer of random filters, applied to the image at several sizes.

    At each level the image is half as large as before. Each filter is random noise, and what it
    finds is rectified. Source: Ustyuzhaninov et al. (2016), arXiv:1606.00021, who use filters of
    several sizes in place of an image of several sizes.

    Args:
        seed: of the filters.
        channels: filters at each level.
        size: side of a filter, odd.
        levels: how many sizes of the image.
        together: whether a level's map also holds the next coarser one, enlarged, so that
            statistics see both.
    """
    if size % 2 == 0 or min(channels, size, levels) < 1:
        raise ValueError(f"{channels=}, {size=}, {levels=}: expected 1 or more, and an odd size.")
    rng = np.random.default_rng(seed)
    image = keras.Input((None, None, 3), **FLOAT)
    pictures, maps = [image], []
    for level in range(levels):
        if level:
            pictures.append(layers.AveragePooling2D(2, **MAPS)(pictures[-1]))
        filters = layers.Conv2D(channels, size, use_bias=False, activation="relu", **MAPS)
        maps.append(filters(Mirrored(size // 2)(pictures[-1])))
        filters.set_weights([_noise(rng, size, channels)])
    found = [layers.Concatenate(**FLOAT)(pair) for pair in zip(pictures, maps)]
    if together:
        found[:-1] = [WithCoarser()([fine, coarse]) for fine, coarse in zip(found, maps[1:])]
    return _frozen(image, found)


def random_network(seed: int = 0, *, widths: tuple[int, ...] = (32, 48, 64, 96)) -> keras.Model:
    """Return a deep network with random weights: 3x3 convolutions, halved after each.

    Args:
        seed: of the weights.
        widths: channels of each layer.
    """
    image = keras.Input((None, None, 3), **FLOAT)
    x, found = image, []
    for i, width in enumerate(widths):
        if i:
            x = layers.AveragePooling2D(2, **MAPS)(x)
        start = keras.initializers.HeNormal(seed=1000 * seed + i)
        x = Mirrored(1)(x)
        x = layers.Conv2D(width, 3, activation="relu", kernel_initializer=start, **MAPS)(x)
        found.append(x)
    return _frozen(image, found)


def trained_features(body: keras.Sequential) -> keras.Model:
    """Return the maps of a network of this course: the output of each of its convolutions.

    Args:
        body: of 28x28 images and convolutions until it flattens, such as
            ``pretrained("classifier").body`` or ``pretrained("autoencoder-32-denoising").encoder``.
            Its input becomes the photograph's brightness, and may have any size.
    """
    image = keras.Input((None, None, 3), **FLOAT)
    x, found = Brightness()(image), []
    for layer in body.layers:
        if isinstance(layer, layers.Flatten):
            break
        x = layer(x)
        if isinstance(layer, layers.Conv2D):
            found.append(layers.Activation("linear", **FLOAT)(x))
    if not found:
        raise ValueError("body has no convolution before it flattens.")
    return _frozen(image, found)


@register
class Mirrored(layers.Layer):
    """Continues an image beyond its border by its mirror image, ``width`` pixels."""

    def __init__(self, width: int, **options):
        super().__init__(**{**FLOAT, **options})
        self.width = width

    def call(self, x):
        """Return x with its border."""
        beside = (self.width, self.width)
        return ops.pad(x, ((0, 0), beside, beside, (0, 0)), mode="symmetric")

    def compute_output_shape(self, shape):
        """Return the shape that Keras plans with."""
        n, *sides, channels = shape
        return (n, *(side and side + 2 * self.width for side in sides), channels)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "width": self.width}


@register
class WithCoarser(layers.Layer):
    """(fine, coarse) -> fine with the channels of coarse, whose pixels become 2x2 each."""

    def __init__(self, **options):
        super().__init__(**{**FLOAT, **options})

    def call(self, pair):
        """Return both, without a last row or column that coarse does not cover."""
        fine, coarse = pair
        coarse = ops.repeat(ops.repeat(coarse, 2, axis=1), 2, axis=2)
        height, width = ops.shape(coarse)[1], ops.shape(coarse)[2]
        return ops.concatenate([fine[:, :height, :width], coarse], axis=-1)

    def compute_output_shape(self, shapes):
        """Return the shape that Keras plans with."""
        (n, height, width, fine), (_, _, _, coarse) = shapes
        even = [None if side is None else side // 2 * 2 for side in (height, width)]
        return (n, *even, fine + coarse)


@register
class Brightness(layers.Layer):
    """(n, h, w, 3) -> (n, h, w, 1): the mean of red, green and blue."""

    def __init__(self, **options):
        super().__init__(**{**FLOAT, **options})

    def call(self, x):
        """Return the mean over channels."""
        return ops.mean(x, axis=-1, keepdims=True)


def _noise(rng: np.random.Generator, size: int, channels: int) -> np.ndarray:
    """Return random filters (size, size, 3, channels) of length 1 that sum to 0.

    Their amplitude falls with frequency f as 1/√f: half-way from white noise to photographs. Most
    are grey, as most of what photographs show is; four in ten look at a colour.
    """
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(3 * size), np.fft.fftfreq(3 * size)))
    f[0, 0] = np.inf
    noise = np.fft.fft2(rng.normal(size=(channels, 3 * size, 3 * size))) / np.sqrt(f)
    noise = np.fft.ifft2(noise).real[:, size : 2 * size, size : 2 * size]
    place = np.arange(size) - size // 2
    bell = np.exp(-0.5 * (np.hypot(place[:, None], place) / (0.3 * size)) ** 2)
    noise = noise * bell
    noise = noise - bell * noise.sum(axis=(1, 2), keepdims=True) / bell.sum()
    colours = rng.normal(size=(channels, 3))
    colours[: round(0.6 * channels)] = 1.0
    filters = np.einsum("khw,kc->hwck", noise, colours)
    return (filters / np.sqrt((filters**2).sum(axis=(0, 1, 2)))).astype("float32")


def _frozen(image, found: list) -> keras.Model:
    model = keras.Model(image, found)
    model.trainable = False
    return model
