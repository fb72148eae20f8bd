"""Style transfer in one pass: a network learns what optimising each image would do.

One network for one style: Johnson, Alahi and Fei-Fei (2016), arXiv:1603.08155. Several styles that
differ in the scales and shifts of their normalised channels: Dumoulin, Shlens and Kudlur (2016),
arXiv:1610.07629. The same with statistics of any style image: Huang and Belongie (2017),
arXiv:1703.06868.
"""

from collections.abc import Mapping, Sequence

import keras
import numpy as np
from keras import layers, ops

from generative_vision.arguments import whole_number
from generative_vision.models.base import Model
from generative_vision.models.layers import register
from generative_vision.models.style import (
    Style,
    chosen,
    content_loss,
    style_loss,
    total_variation,
    validate_mix,
)
from generative_vision.models.style_features import FLOAT, MAPS, Mirrored, random_filters
from generative_vision.photos import validate_photos

NOISE = 3  # channels of noise beside the picture: texture where it has none
BLOCKS = 3  # residual blocks, each with two convolutions
TINY = 1e-5  # added to variances


def moments(maps):
    """Return mean and standard deviation over places of maps (n, h, w, c), each (n, 1, 1, c)."""
    mean = ops.mean(maps, axis=(1, 2), keepdims=True)
    variance = ops.mean(ops.square(maps - mean), axis=(1, 2), keepdims=True)
    return mean, ops.sqrt(variance + TINY)


def adain(content, style):
    """Return content's maps with each channel's mean and standard deviation over places of style's.

    Adaptive instance normalisation, Huang and Belongie (2017). Maps (n, h, w, c); the style's may
    have another height and width.
    """
    mean, std = moments(content)
    wanted_mean, wanted_std = moments(style)
    return (content - mean) / std * wanted_std + wanted_mean


@register
class StyleNetwork(Model):
    """A network that restyles photographs of any size, in one or in a mix of its styles.

    ``fit(photographs)`` trains it on pictures (n, h, w, 3); calling it maps pictures to pictures.
    In training each picture gets a style by chance; the styles share all convolutions.

    Args:
        styles: (k, h, w, 3) in [−1, 1].
        features: a network of ``models.style_features``; ``random_filters()`` without one.
        content_weight, smoothness: weights beside the style loss.
        content_layers: which maps hold the places.
        width: channels of the residual blocks.
    """

    FROZEN = ("features",)
    LIMITS: Mapping[str, Mapping] = {key: {"least": 0} for key in ("content_weight", "smoothness")}

    def __init__(
        self,
        styles: np.ndarray,
        features: keras.Model | None = None,
        content_weight: float = 0.1,
        smoothness: float = 0.0,
        content_layers: tuple[int, ...] = (-2,),
        width: int = 48,
        name: str | None = None,
    ):
        super().__init__(example_shape=(64, 64, 3), name=name)
        self.input_spec = keras.InputSpec(shape=(None, None, None, 3))
        self.styles = validate_photos(styles, "styles")
        self.features = features or random_filters()
        self.content_weight, self.smoothness = content_weight, smoothness
        self.content_layers, self.width = tuple(content_layers), whole_number(width=width)
        self.target = Style(self.styles, self.features)
        chosen(self.target.wanted, self.content_layers)  # raises unless there are such layers
        self.network = _network(len(self.styles), self.width)
        self.seeds = keras.random.SeedGenerator()

    def prepare(self, x, y=None) -> tuple:
        """Return photographs, validated; there are no labels."""
        if y is not None:
            raise ValueError("y would be ignored: this model learns from photographs alone.")
        return self.forward(x), None

    def forward(self, x):
        """Return photographs, validated, as ``call`` takes them."""
        return validate_photos(x, "x")

    def call(self, x, training=False, mix=None):
        """Return pictures (n, h, w, 3) restyled.

        Args:
            x: (n, h, w, 3) in [−1, 1].
            mix: parts of the styles, which sum to 1: (k,) for all pictures or (n, k); equal ones
                without.
        """
        k, n = len(self.styles), ops.shape(x)[0]
        mix = ops.ones((k,)) / k if mix is None else ops.convert_to_tensor(mix, "float32")
        mix = ops.broadcast_to(ops.reshape(mix, (-1, k)), (n, k))
        height, width = ops.shape(x)[1], ops.shape(x)[2]
        beside = ((0, 0), (0, -height % 4), (0, -width % 4), (0, 0))
        x = ops.pad(x, beside, mode="symmetric")
        noise = keras.random.normal((*ops.shape(x)[:3], NOISE), seed=self.seeds if training else 0)
        drawn = self.network([ops.concatenate([x, noise], axis=-1), mix], training=training)
        return drawn[:, :height, :width]

    def restyle(self, images: np.ndarray, mix: Sequence[float] | None = None) -> np.ndarray:
        """Return photographs restyled, as an array of their shape; ``mix`` weighs the styles."""
        images = validate_photos(images)
        parts = ops.convert_to_tensor(validate_mix(mix, len(self.styles)))
        return ops.convert_to_numpy(self(images, mix=parts))

    def compute_loss(self, x, y=None, y_pred=None, sample_weight=None, training=True):
        """Return style + content + smoothness of pictures in styles drawn by chance."""
        k, n = len(self.styles), ops.shape(x)[0]
        mix = ops.one_hot(keras.random.categorical(ops.zeros((1, k)), n, seed=self.seeds)[0], k)
        drawn = self(x, mix=mix, training=training)
        found, places = self.target.maps(drawn), self.target.maps(x)
        wanted = [ops.tensordot(mix, statistics, axes=1) for statistics in self.target.each]
        loss = style_loss([self.target.statistic(maps) for maps in found], wanted)
        kept = (chosen(maps, self.content_layers) for maps in (found, places))
        loss = loss + self.content_weight * content_loss(*kept)
        return loss + self.smoothness * total_variation(drawn)


@register
class StyleNorm(layers.Layer):
    """(maps, mix) -> maps with mean and deviation of each channel set by the mix of k styles."""

    def __init__(self, k: int, **options):
        super().__init__(**{**FLOAT, **options})
        self.k = k

    def build(self, shapes):
        """Make a table of scales and one of shifts, a row for each style."""
        shape = (self.k, shapes[0][-1])
        self.scale = self.add_weight(shape=shape, initializer="ones", name="scale")
        self.shift = self.add_weight(shape=shape, initializer="zeros", name="shift")

    def call(self, pair):
        """Return the maps, normalised, scaled and shifted."""
        maps, mix = pair
        mean, std = moments(maps)
        scale, shift = (ops.matmul(mix, table)[:, None, None] for table in (self.scale, self.shift))
        return (maps - mean) / std * scale + shift

    def compute_output_shape(self, shapes):
        """Return the maps' shape."""
        return shapes[0]

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "k": self.k}


def _network(k: int, width: int) -> keras.Model:
    """Return (picture with noise, mix) -> picture: down to a quarter, residual blocks, up again."""
    image, mix = keras.Input((None, None, 3 + NOISE), **FLOAT), keras.Input((k,), **FLOAT)

    def block(x, channels, activation="relu"):
        x = layers.Conv2D(channels, 3, use_bias=False, **MAPS)(Mirrored(1)(x))
        return layers.Activation(activation, **FLOAT)(StyleNorm(k)([x, mix]))

    x, passed = image, []
    for channels in (width // 3, 2 * width // 3):
        x = block(x, channels)
        passed.append(x)
        x = layers.AveragePooling2D(2, **MAPS)(x)
    x = block(x, width)
    for _ in range(BLOCKS):
        x = layers.Add(**FLOAT)([x, block(block(x, width), width, "linear")])
    for fine in reversed(passed):
        x = layers.Concatenate(**FLOAT)([layers.UpSampling2D(2, **MAPS)(x), fine])
        x = block(x, fine.shape[-1])
    x = layers.Conv2D(3, 3, activation="tanh", **MAPS)(Mirrored(1)(x))
    return keras.Model([image, mix], x)
