"""The flows of copying.py: trained on few images, as they are or with a remedy against copying."""

from __future__ import annotations

from functools import lru_cache

import keras
import numpy as np
from keras import layers

from generative_vision import training
from generative_vision.models.denoiser import Denoiser
from generative_vision.models.image_losses import image_losses
from generative_vision.models.latent_flow import LatentFlow, mlp
from generative_vision.models.networks import time_and_words
from generative_vision.models.weights import pretrained

STEPS, BATCH, RATE, WIDTH, CODE = 1200, 64, 0.004, 256, 32


@lru_cache(maxsize=1)
def autoencoder():
    """Return the frozen autoencoder of all flows."""
    model = pretrained("autoencoder-32")
    model.trainable = False
    return model


def codes(images) -> np.ndarray:
    """Return the autoencoder's codes."""
    return autoencoder().encode(images)


class CodeFlow(LatentFlow):
    """A latent flow that is trained on codes, so that every image is encoded once."""

    def fit(self, codes, **options):
        """Keras' own ``fit``, of codes (n, d); they set the scale."""
        self.center.assign(codes.mean(axis=0))
        self.scale.assign(codes.std(axis=0) + 1e-6)
        return Denoiser.fit(self, codes, **options)

    def begin_anew(self, network: keras.Model) -> None:
        """Forget all training, and begin with the weights of a network."""
        for own in (self.network, self.averaged):
            own.set_weights(network.get_weights())
        self.steps.assign(0)
        self.seeds.state.assign(keras.random.SeedGenerator().state)
        for variable in self.optimizer.variables:
            variable.assign(keras.ops.zeros_like(variable))


@lru_cache
def compiled_flow(width: int, steps: int, decay: float, dropout: float) -> CodeFlow:
    """Return a flow with its optimizer; equal ones are one model, traced once."""
    model = CodeFlow(autoencoder(), width=width, network=network_of(width, dropout))
    rate = training.warmup_cosine(RATE, steps)
    adam = keras.optimizers.AdamW(rate, beta_2=0.99, weight_decay=decay)
    model.compile(optimizer=adam, steps_per_execution=100)
    return model


def trained_flow(
    known,
    seed: int,
    *,
    watched=None,
    width: int = WIDTH,
    steps: int = STEPS,
    decay: float = 0.0,
    dropout: float = 0.0,
    augment=None,
    stop: bool = False,
) -> CodeFlow:
    """Return a flow that was trained on images, with one remedy or none; each call ends the last.

    Args:
        stop: return to the weights whose loss of the images ``watched`` was least.
    """
    model = compiled_flow(width, steps, decay, dropout)
    keras.utils.set_random_seed(seed)
    model.begin_anew(network_of(width, dropout))
    shown = codes(known if augment is None else augment(known))
    passes = -(-steps * BATCH // len(shown))
    rng = np.random.default_rng(seed)
    rows = np.concatenate([rng.permutation(len(shown)) for _ in range(passes)])[: steps * BATCH]
    watch = [KeepBest(watched)] if stop else []
    model.fit(shown[rows], batch_size=BATCH, shuffle=False, verbose=0, callbacks=watch)
    return model


class KeepBest(keras.callbacks.Callback):
    """Goes back to the averaged weights whose loss of some images was least, of every 100 steps."""

    def __init__(self, images):
        super().__init__()
        self.images, self.least, self.best, self.next = images, np.inf, None, 100

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.steps.numpy()) < self.next:
            return
        self.next += 100
        loss = image_losses(self.model, self.images).mean()
        if loss < self.least:
            self.least, self.best = loss, self.model.averaged.get_weights()

    def on_train_end(self, logs=None):
        self.model.averaged.set_weights(self.best)


def network_of(width: int, dropout: float) -> keras.Model:
    """Return the flow's network; with dropout after each hidden layer where there is any."""
    if not dropout:
        return mlp(CODE, width)
    x = keras.Input((CODE,))
    inputs, e = time_and_words(None)
    h = layers.Concatenate()([x, e])
    for _ in range(3):
        h = layers.Dropout(dropout)(layers.Dense(width, activation="silu")(h))
    return keras.Model([x, *inputs], layers.Dense(CODE, dtype="float32")(h))
