"""Flow matching on the codes of an autoencoder: straight paths from noise to codes.

Shapes: codes x (n, d), standardised inside the model; time 0 is data, 1 is noise. Lipman et al.
(2022), arXiv:2210.02747, and Liu et al. (2022), arXiv:2209.03003, with time turned round to match
the diffusion model.
"""

from collections.abc import Callable, Mapping

import keras
from keras import layers, ops

from generative_vision.arguments import whole_number
from generative_vision.data import validate_images
from generative_vision.datasets import is_dataset
from generative_vision.models.autoencoder import Autoencoder
from generative_vision.models.averaging import averaged_copy
from generative_vision.models.batches import in_batches
from generative_vision.models.denoiser import Denoiser
from generative_vision.models.layers import register
from generative_vision.models.networks import time_and_words
from generative_vision.models.samplers import first_order, guide, heun
from generative_vision.typing import Codes, Condition, Images, Solver


def interpolate(x, t, noise):
    """Return x_t = (1 − t)x + tε: a straight line from data to noise."""
    return (1 - t) * x + t * noise


def flow_target(x, t, noise):
    """Return v = ε − x: the velocity along that line, the same at each t."""
    return noise - x


def euler_step(x_t, v, t, s):
    """Return x_s = x_t + (s − t)v: straight on for a while."""
    return x_t + (s - t) * v


def mlp(size: int, width: int = 320, depth: int = 3, condition: Condition = None) -> keras.Model:
    """Return the network [x_t (n, d), t (n, 1), words (n, size)] -> v (n, d)."""
    x = keras.Input((size,))
    inputs, e = time_and_words(condition)
    h = layers.Concatenate()([x, e])
    for _ in range(depth):
        h = layers.Dense(width, activation="silu")(h)
    return keras.Model([x, *inputs], layers.Dense(size, dtype="float32")(h))


@register
class LatentFlow(Denoiser):
    """Flow matching where x is the code of a frozen autoencoder, standardised: v = ε − x.

    Args:
        autoencoder: whose codes are learned. A frozen one (``autoencoder.trainable = False``) is
            shared with all other flows on it, of any other the flow keeps a copy as it is now.
            Without one, an untrained one of the default sizes, for weights to be loaded into.
        latent_dim: of the autoencoder where none is given.
        width, depth: of the network's hidden layers.
        network: in place of it: [x_t, t] or [x_t, t, words] -> v.
        condition, q_sample, target, guide, condition_dropout, ema_decay: see ``Denoiser``.
    """

    FROZEN = ("averaged", "encoder", "decoder")
    SOLVERS: Mapping[str, Solver] = {"heun": heun, "euler": first_order(euler_step)}
    STEPS = 8
    BATCH = 2500

    def __init__(
        self,
        autoencoder: Autoencoder | None = None,
        *,
        condition: Condition = None,
        latent_dim: int = 32,
        width: int = 320,
        depth: int = 3,
        network: keras.Model | None = None,
        q_sample: Callable = interpolate,
        target: Callable = flow_target,
        guide: Callable = guide,
        condition_dropout: float = 0.1,
        ema_decay: float = 0.998,
        name: str | None = None,
    ):
        autoencoder = Autoencoder(latent_dim) if autoencoder is None else autoencoder
        if not isinstance(autoencoder, Autoencoder):
            raise ValueError(
                f"autoencoder is {type(autoencoder).__name__}; expected an Autoencoder."
            )
        width, depth = whole_number(width=width), whole_number(least=0, depth=depth)
        size = autoencoder.latent_dim
        super().__init__(
            mlp(size, width, depth, condition) if network is None else network,
            condition=condition,
            q_sample=q_sample,
            target=target,
            guide=guide,
            condition_dropout=condition_dropout,
            ema_decay=ema_decay,
            example_shape=(size,),
            name=name,
        )
        self.latent_dim, self.width, self.depth = size, width, depth

        def keep(network):
            return averaged_copy(network, network.name) if autoencoder.trainable else network

        self.encoder, self.decoder = keep(autoencoder.encoder), keep(autoencoder.decoder)
        self.center = self.add_weight(
            shape=(size,), initializer="zeros", trainable=False, name="center"
        )
        self.scale = self.add_weight(
            shape=(size,), initializer="ones", trainable=False, name="scale"
        )

    def fit(self, x=None, y=None, *args, **options):
        """Keras' own ``fit``, of images, not of a dataset: all their codes set the scale, once."""
        if is_dataset(x):
            raise ValueError(
                "A LatentFlow takes the scale of its codes from all images at once: "
                f"give it arrays, not {type(x).__name__}."
            )
        return super().fit(self.scaling(validate_images(x, at_least=2)), y, *args, **options)

    def train_on_batch(self, x, y=None, *args, **options):
        """Keras' own ``train_on_batch``; where nothing has, its first batch sets the scale."""
        return super().train_on_batch(self.scaling(x), y, *args, **options)

    def scaling(self, images: Images) -> Codes:
        """Return the images' codes, whose scale becomes the model's unless it has one already."""
        if ops.convert_to_numpy(self.center).any():
            return self.encode(images)
        codes = self.encode(validate_images(images, at_least=2))
        self.center.assign(codes.mean(axis=0))
        self.scale.assign(codes.std(axis=0) + 1e-6)
        return codes

    def prepare(self, x, y=None) -> tuple:
        """Return the codes of images, and conditions; codes (n, d) are returned as they are."""
        if is_dataset(x):
            raise ValueError(
                f"A LatentFlow takes images as arrays, not {type(x).__name__}: it encodes them."
            )
        return super().prepare(x if getattr(x, "ndim", None) == 2 else self.encode(x), y)

    def argument(self, name: str):
        """Return a constructor's argument; the autoencoder is made of the encoder and decoder."""
        if name == "autoencoder":
            parts = {"encoder": self.encoder, "decoder": self.decoder}
            return Autoencoder(self.latent_dim, **parts, name="autoencoder")
        return super().argument(name)

    def encode(self, images: Images) -> Codes:
        """Return the autoencoder's codes (n, d) of images (n, 28, 28, 1) in [−1, 1]."""
        return in_batches(self.encoder.predict_on_batch, validate_images(images))

    def scaled(self, x):
        """Return codes (n, d) in the model's scale: mean 0, variance 1 over the training images."""
        return (x - self.center) / self.scale

    def from_images(self, images: Images) -> Codes:
        """Return the images' codes (n, d), in the model's scale."""
        return ops.convert_to_numpy(self.scaled(self.encode(images)))

    def to_images(self, x: Codes) -> Images:
        """Return the images, clipped to [−1, 1], of codes (n, d) in the model's scale."""
        codes = x * ops.convert_to_numpy(self.scale) + ops.convert_to_numpy(self.center)
        return in_batches(self.decoder.predict_on_batch, codes).clip(-1, 1)
