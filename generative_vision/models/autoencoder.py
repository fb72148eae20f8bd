"""Autoencoders: an image through a short code and back.

Shapes: images x (n, 28, 28, 1) in [−1, 1]; codes z (n, d). Networks compute at 14x14 and 7x7 only,
where a convolution costs little.
"""

from collections.abc import Callable

import keras
import numpy as np
from keras import layers, ops

from generative_vision.arguments import whole_number
from generative_vision.data import validate_batch, validate_images
from generative_vision.models.base import IMAGE, Model
from generative_vision.models.batches import in_batches
from generative_vision.models.layers import DepthToSpace, SpaceToDepth, convolution, register
from generative_vision.models.validation import validate_function, validate_network
from generative_vision.typing import Codes, Images


@register
def reconstruction_loss(x, x_hat):
    """Mean over batch and pixels of (x − x̂)²: a scalar. Hinton and Salakhutdinov (2006)."""
    return ops.mean(ops.square(x - x_hat))


def conv_encoder(latent_dim: int, width: int = 32) -> keras.Sequential:
    """Return the network x -> z."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            SpaceToDepth(),  # 28x28x1 -> 14x14x4
            convolution(width, activation="silu"),  # 14x14
            SpaceToDepth(),  # -> 7x7
            convolution(2 * width, activation="silu"),  # 7x7
            layers.Flatten(data_format="channels_last"),
            layers.Dense(latent_dim, dtype="float32"),  # so that codes can be added and compared
        ]
    )


def conv_decoder(latent_dim: int, width: int = 32) -> keras.Sequential:
    """Return the network z -> x̂.

    Its last layer is linear: grey levels may overshoot [−1, 1] a little.
    """
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            layers.Dense(7 * 7 * 2 * width, activation="silu"),
            layers.Reshape((7, 7, 2 * width)),
            convolution(4 * width, activation="silu"),  # 7x7
            DepthToSpace(),  # -> 14x14
            convolution(width, activation="silu"),  # 14x14
            convolution(4, dtype="float32"),
            DepthToSpace(dtype="float32"),  # 14x14x4 -> 28x28x1
        ]
    )


class Coder(Model):
    """A model with an ``encoder`` and a ``decoder``; its target is the image itself."""

    def prepare(self, x, y=None) -> tuple:
        """Return x and y for ``compute_loss``; ``fit(images, images)`` means ``fit(images)``."""
        if np.ndim(y) == 4 and not np.array_equal(x, y):
            raise ValueError(
                "y is other images than x: the target is x itself. "
                "An Autoencoder's corrupt=... makes noisy inputs."
            )
        return super().prepare(x, None if np.ndim(y) == 4 else y)

    def validate_codes(self, codes) -> Codes:
        """Return codes as float32 after checking that they are finite numbers (n, d)."""
        return validate_batch(codes, (self.latent_dim,), "codes")


@register
class Autoencoder(Coder):
    """Minimises ‖x − D(E(x))‖², or another loss, over encoder E and decoder D.

    Args:
        latent_dim: d, the length of the code.
        encoder, decoder: networks x -> z and z -> x̂ in place of the convolutional ones.
        reconstruction_loss: ``(x, x_hat) -> scalar``, in ``keras.ops``.
        corrupt: ``x -> x``, applied to the input while training and not to the target: a denoising
            autoencoder (Vincent et al. 2008).
    """

    def __init__(
        self,
        latent_dim: int = 32,
        *,
        encoder: keras.Model | None = None,
        decoder: keras.Model | None = None,
        reconstruction_loss: Callable = reconstruction_loss,
        corrupt: Callable | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self.latent_dim = latent_dim = whole_number(latent_dim=latent_dim)
        self.encoder = encoder if encoder is not None else conv_encoder(latent_dim)
        self.decoder = decoder if decoder is not None else conv_decoder(latent_dim)
        self.reconstruction_loss, self.corrupt = reconstruction_loss, corrupt

    def validate_attribute(self, name, value):
        """Raise ValueError or TypeError unless the constructor takes that value, too."""
        super().validate_attribute(name, value)
        pair = np.zeros((2, 28, 28, 1), "float32"), np.ones((2, 28, 28, 1), "float32")
        if name == "encoder":
            validate_network(name, value, [IMAGE], (self.latent_dim,))
        elif name == "decoder":
            validate_network(name, value, [(self.latent_dim,)], IMAGE)
        elif name == "reconstruction_loss":
            validate_function(name, value, *pair, shape=())
        elif name == "corrupt" and value is not None:
            validate_function(name, value, pair[0], shape=pair[0].shape)

    def call(self, x, training=False):
        """Return x̂, of the shape of x."""
        if training and self.corrupt is not None:
            x = self.corrupt(x)
        return ops.cast(self.decoder(self.encoder(x)), "float32")  # losses in full precision

    def compute_loss(self, x, y=None, y_pred=None, sample_weight=None, training=True):
        """Return loss(x, x̂): x is the image as it was, also when the network saw it corrupted."""
        return self.reconstruction_loss(x, y_pred)

    def encode(self, images: Images) -> Codes:
        """Return the codes (n, d) of images (n, 28, 28, 1) in [−1, 1]."""
        return in_batches(self.encoder.predict_on_batch, validate_images(images))

    def decode(self, codes: Codes) -> Images:
        """Return the images (n, 28, 28, 1), clipped to [−1, 1], of codes (n, d)."""
        return in_batches(self.decoder.predict_on_batch, self.validate_codes(codes)).clip(-1, 1)

    def reconstruct(self, images: Images) -> Images:
        """Return x̂ for each image: ``decode(encode(images))``."""
        return self.decode(self.encode(images))
