"""Style transfer: an image is optimised until its statistics are one's, and its places another's.

Gatys, Ecker and Bethge (2015), arXiv:1508.06576. Shapes: photographs (n, h, w, 3) in [−1, 1];
maps of features (n, h', w', c).
"""

from collections.abc import Callable, Sequence

import keras
import numpy as np
from keras import ops

from generative_vision.models.lbfgs import LBFGS
from generative_vision.models.style_features import random_filters
from generative_vision.photos import validate_photos

RARE = 0.1  # a channel that hardly answers to the style counts as if it had this part of the mean


def gram(maps):
    """Return the mean over places of f fᵀ, (n, c, c), for maps (n, h, w, c) of features f."""
    n, height, width, channels = ops.shape(maps)
    f = ops.reshape(maps, (n, height * width, channels))
    return ops.matmul(ops.transpose(f, (0, 2, 1)), f) / (height * width)


def style_loss(found: Sequence, wanted: Sequence):
    """Return the mean over layers of the mean squared difference of statistics: a scalar."""
    return sum(ops.mean(ops.square(a - b)) for a, b in zip(found, wanted)) / len(wanted)


def content_loss(found: Sequence, wanted: Sequence):
    """Return the mean over layers of ‖found − wanted‖² / ‖wanted‖²: 1 for blank maps."""
    pairs = zip(found, wanted)
    parts = [ops.mean(ops.square(a - b)) / (ops.mean(ops.square(b)) + 1e-8) for a, b in pairs]
    return sum(parts) / len(parts)


def total_variation(x):
    """Return the mean absolute difference of neighbours in a row and in a column: a scalar."""
    down, across = x[:, 1:] - x[:, :-1], x[:, :, 1:] - x[:, :, :-1]
    return ops.mean(ops.abs(down)) + ops.mean(ops.abs(across))


def chosen(maps: Sequence, layers: Sequence[int]) -> list:
    """Return the maps of the layers that hold the content. Raise ValueError unless there are."""
    kept, n = tuple(layers), len(maps)
    if not kept or not all(-n <= layer < n for layer in kept):
        raise ValueError(f"content_layers={kept}: expected some of 0 ... {n - 1}.")
    return [maps[layer] for layer in kept]


class Style:
    """What of a style is matched: its statistics in each layer, and the features' scales.

    Each channel is divided by its root mean square in the style, so that all count alike.

    Args:
        images: the style, (k, h, w, 3): one image, or several that are mixed.
        features: photographs -> list of maps, a network of ``models.style_features``.
        statistic: maps -> their statistics; ``gram`` without one.
        mix: weights of the k images, in parts of their sum; equal ones without.
    """

    def __init__(
        self,
        images: np.ndarray,
        features: keras.Model,
        statistic: Callable | None = None,
        mix: Sequence[float] | None = None,
    ):
        images = validate_photos(images, "style")
        shares = ops.convert_to_tensor(validate_mix(mix, len(images)))
        self.features, self.statistic = features, statistic or gram

        def mixed(values):
            return ops.tensordot(shares, values, axes=1)

        raw = _float_maps(features(images))
        squares = [mixed(ops.mean(ops.square(maps), axis=(1, 2))) for maps in raw]
        self.scales = [ops.sqrt(each + RARE * ops.mean(each) + 1e-8) for each in squares]
        self.each = [self.statistic(maps / scale) for maps, scale in zip(raw, self.scales)]
        self.wanted = [ops.expand_dims(mixed(statistics), 0) for statistics in self.each]

    def maps(self, x) -> list:
        """Return the scaled maps of photographs."""
        return [maps / scale for maps, scale in zip(_float_maps(self.features(x)), self.scales)]

    def loss(self, maps: Sequence):
        """Return the style loss of scaled maps: 0 where all statistics are the style's."""
        return style_loss([self.statistic(each) for each in maps], self.wanted)

    def distance(self, images: np.ndarray) -> np.ndarray:
        """Return the style loss of each photograph, (n,)."""
        images = validate_photos(images)
        losses = [self.loss(self.maps(images[i : i + 1])) for i in range(len(images))]
        return np.array([float(ops.convert_to_numpy(loss)) for loss in losses])


class StyledImage(keras.Model):
    """An image that is itself what is trained: style + content + smoothness, each weighed.

    Args:
        start: (n, h, w, 3), the image at the beginning.
        style: what to match.
        content: (n, h, w, 3); None for a texture, with a content weight of 0.
        content_weight, smoothness: weights beside the style loss, which has 1.
        content_layers: which maps hold the content's places; −1 is the coarsest.
    """

    def __init__(
        self,
        start: np.ndarray,
        style: Style,
        content: np.ndarray | None = None,
        content_weight: float = 0.0,
        smoothness: float = 0.0,
        content_layers: Sequence[int] = (-2,),
    ):
        super().__init__(autocast=False, dtype="float32")
        self.style, self.content_layers = style, content_layers
        self.content_weight, self.smoothness = content_weight, smoothness
        self.image = self.add_weight(shape=start.shape, initializer="zeros", name="image")
        self.image.assign(start)
        if content_weight:
            self.places = chosen(style.maps(content), self.content_layers)

    def call(self, x):
        """Return x, one number for each step: the computation is in ``compute_loss``."""
        return x

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Return the weighed sum for the image as it is now."""
        maps = self.style.maps(self.image.value)
        loss = self.style.loss(maps)
        if self.content_weight:
            found = chosen(maps, self.content_layers)
            loss = loss + self.content_weight * content_loss(found, self.places)
        if self.smoothness:
            loss = loss + self.smoothness * total_variation(self.image.value)
        return loss


def stylize(
    content: np.ndarray,
    style: np.ndarray,
    *,
    features: keras.Model | None = None,
    statistic: Callable | None = None,
    mix: Sequence[float] | None = None,
    content_weight: float = 0.1,
    smoothness: float = 0.0,
    content_layers: Sequence[int] = (-2,),
    steps: int = 100,
    start: np.ndarray | None = None,
    seed: int = 0,
    optimizer: keras.optimizers.Optimizer | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> np.ndarray:
    """Return photographs with the places of ``content`` and the statistics of ``style``.

    Interrupting it (the stop button, Ctrl-C) returns the image that it has reached.

    Args:
        content: (n, h, w, 3) in [−1, 1], of any size.
        style: (k, h, w, 3) in [−1, 1], of any size; several are mixed, see ``mix``.
        features: a network of ``models.style_features``; ``random_filters()`` without one.
        statistic: maps (n, h, w, c) -> statistics (n, …), in ``keras.ops``; ``gram`` without one.
        mix: weights of the styles.
        content_weight: of the content loss; 0 asks for a texture.
        smoothness: weight of the total variation.
        content_layers: which maps hold the places; −1 is the coarsest.
        steps: of the optimizer.
        start: the image to begin with; grey noise about the style's mean colour without one. What
            the loss does not ask for stays as it was there.
        seed: of that noise.
        optimizer: ``LBFGS()`` without one.
        callbacks: Keras' own or the course's, such as ``callbacks.Progress()``.

    Returns:
        float32, of the content's shape, in [−1, 1].

    Raises:
        ValueError: images of another form (the message says what to do), or a negative weight.
    """
    content = validate_photos(content, "content")
    style = validate_photos(style, "style")
    start = _noise(content.shape, style, seed) if start is None else validate_photos(start, "start")
    if start.shape != content.shape:
        raise ValueError(
            f"start has shape {start.shape}, content {content.shape}: make them equal."
        )
    if not (content_weight >= 0 and smoothness >= 0):
        raise ValueError(f"{content_weight=}, {smoothness=}: a weight is 0 or more.")
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise ValueError(f"{steps=}: expected a whole number, 1 or more.")
    wanted = Style(style, features or random_filters(), statistic, mix)
    model = StyledImage(start, wanted, content, content_weight, smoothness, content_layers)
    model.compile(optimizer=optimizer or LBFGS())
    kept = _Kept(start)
    try:
        rows = np.zeros((steps, 1), "float32")
        model.fit(rows, batch_size=1, verbose=0, shuffle=False, callbacks=[kept, *callbacks])
    except KeyboardInterrupt:
        print(f"interrupted: this is the image after {kept.steps} of {steps} steps")
    return np.clip(kept.image, -1, 1)


def texture(style: np.ndarray, n: int = 1, *, size: int = 128, seed: int = 0, **options):
    """Return n new textures (n, size, size, 3) with the statistics of a style, from noise.

    Args:
        style: (k, h, w, 3) in [−1, 1].
        n: how many.
        size: side, in pixels.
        seed: of the noise.
        options: of ``stylize``.
    """
    empty = np.zeros((n, size, size, 3), "float32")
    return stylize(empty, style, content_weight=0.0, seed=seed, **options)


def validate_mix(mix: Sequence[float] | None, k: int) -> np.ndarray:
    """Return weights of k styles as float32 parts of 1, equal ones for None; or ValueError."""
    weights = np.ones(k) if mix is None else np.asarray(mix, "float64")
    if weights.shape != (k,) or not (weights >= 0).all() or not 0 < weights.sum() < np.inf:
        raise ValueError(
            f"mix={weights.tolist()}: expected a weight for each of {k} styles, "
            "none below 0 and not all 0."
        )
    return (weights / weights.sum()).astype("float32")


def _noise(shape: tuple[int, ...], style: np.ndarray, seed: int) -> np.ndarray:
    """Return grey noise about a style's mean colour."""
    noise = np.random.default_rng(seed).normal(0, 0.1, (*shape[:3], 1))
    return np.clip(style.mean(axis=(0, 1, 2)) + noise, -1, 1).astype("float32")


class _Kept(keras.callbacks.Callback):
    """Keeps the image of the last step: an interrupted ``fit`` on JAX leaves none in the model."""

    def __init__(self, start: np.ndarray):
        super().__init__()
        self.steps, self.image = 0, start

    def on_train_batch_end(self, batch, logs=None):
        self.steps = batch + 1
        self.image = ops.convert_to_numpy(self.model.image)


def _float_maps(maps) -> list:
    """Return a network's maps as a list of float32, whatever precision it computes in."""
    return [ops.cast(each, "float32") for each in keras.tree.flatten(maps)]
