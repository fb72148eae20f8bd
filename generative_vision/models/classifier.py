"""The classifiers whose features and answers the course's metrics rest on.

There are two, of different networks: a method that is trained, filtered or tuned by the one is
judged by the other, too.
"""

import keras
import numpy as np
from keras import layers, ops

from generative_vision.arguments import validate_choice
from generative_vision.data import validate_images
from generative_vision.models.base import Model
from generative_vision.models.batches import in_batches
from generative_vision.models.layers import SpaceToDepth, convolution, register
from generative_vision.typing import Images

FEATURES = 64
CLASSES = 10


def convolutions() -> keras.Model:
    """Return a body of 3x3 convolutions at 14x14 and 7x7."""
    options = {"activation": "silu", "dtype": "float32"}
    return keras.Sequential(
        [
            keras.Input((28, 28, 1), dtype="float32"),
            SpaceToDepth(dtype="float32"),  # 28x28x1 -> 14x14x4
            convolution(32, **options),
            convolution(32, **options),
            layers.Dropout(0.15, dtype="float32"),
            layers.MaxPooling2D(2, dtype="float32", data_format="channels_last"),  # -> 7x7x32
            convolution(64, **options),
            convolution(64, **options),
            layers.Dropout(0.3, dtype="float32"),
            layers.Flatten(data_format="channels_last", dtype="float32"),
            layers.Dense(FEATURES, **options),
        ]
    )


def mixer() -> keras.Model:
    """Return a body without convolutions: 49 patches, mixed over places and channels in turn.

    Source: Tolstikhin et al. (2021), arXiv:2105.01601.
    """
    options = {"dtype": "float32"}
    image = keras.Input((28, 28, 1), dtype="float32")
    x = SpaceToDepth(**options)(SpaceToDepth(**options)(image))  # -> 7x7x16
    x = layers.Dense(64, **options)(layers.Reshape((49, 16), **options)(x))
    for _ in range(3):
        for over_places, width in ((True, 64), (False, 128)):
            y = layers.LayerNormalization(**options)(x)
            y = layers.Permute((2, 1), **options)(y) if over_places else y
            y = layers.Dense(width, activation="gelu", **options)(y)
            y = layers.Dense(49 if over_places else 64, **options)(y)
            y = layers.Permute((2, 1), **options)(y) if over_places else y
            x = layers.Add(**options)([x, layers.Dropout(0.15, **options)(y)])
    x = layers.LayerNormalization(**options)(x)
    x = layers.GlobalAveragePooling1D(data_format="channels_last", **options)(x)
    return keras.Model(image, layers.Dense(FEATURES, activation="gelu", **options)(x))


BODIES = {"convolutions": convolutions, "mixer": mixer}


@register
class Classifier(Model):
    """p(y | x) of Fashion-MNIST: a body with 64 features, ten logits.

    Always computes in float32, so that a metric does not depend on the precision chosen for
    training. The metrics use the weights that ship, ``pretrained("classifier")`` and
    ``pretrained("classifier-2")``; ``python benchmarks/weights.py classifier classifier-2`` trains
    them again. No mirrored or shifted images in training: features blind to such changes would let
    a generator get away with them.

    Args:
        design: of the body, "convolutions" or "mixer".
    """

    def __init__(self, design: str = "convolutions", name: str | None = None):
        super().__init__("labels", name=name)
        self.design, self.body = design, validate_choice("design", design, BODIES)()
        self.head = keras.Sequential(
            [
                keras.Input((FEATURES,), dtype="float32"),
                layers.Dropout(0.4, dtype="float32"),
                layers.Dense(CLASSES, dtype="float32"),
            ]
        )
        self.mean, self.std = (
            self.add_weight(name=name, shape=(FEATURES,), initializer=start, trainable=False)
            for name, start in (("mean", "zeros"), ("std", "ones"))
        )

    def call(self, x, training=False):
        """Return the logits (n, 10)."""
        return self.head(self.body(x, training=training), training=training)

    def compute_loss(self, x, y=None, y_pred=None, sample_weight=None, training=True):
        """Return the mean of −log p(y | x)."""
        return ops.mean(
            keras.losses.categorical_crossentropy(self.rows(y), y_pred, from_logits=True)
        )

    def standardise(self, images: Images) -> None:
        """Let each feature have mean 0 and standard deviation 1 over these images."""
        found = self._body(images)
        self.mean.assign(found.mean(axis=0))
        self.std.assign(found.std(axis=0))

    def features(self, images: Images) -> np.ndarray:
        """Return the standardised features (n, 64) of images (n, 28, 28, 1) in [−1, 1]."""
        return self.judge(images)[0]

    def probabilities(self, images: Images) -> np.ndarray:
        """Return p(y | x) for the ten classes, (n, 10), of images (n, 28, 28, 1) in [−1, 1]."""
        return self.judge(images)[1]

    def judge(self, images: Images) -> tuple[np.ndarray, np.ndarray]:
        """Return features (n, 64) and probabilities (n, 10), of one pass over the images."""
        found = self._body(images)
        logits = in_batches(self.head.predict_on_batch, found)
        shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
        standardised = (found - ops.convert_to_numpy(self.mean)) / ops.convert_to_numpy(self.std)
        return standardised, shifted / shifted.sum(axis=1, keepdims=True)

    def _body(self, images: Images) -> np.ndarray:
        return in_batches(self.body.predict_on_batch, validate_images(images))
