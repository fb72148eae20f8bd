"""What steadies a GAN: published remedies on the ring of lesson 03, three seeds.

Eight small clusters on a ring, and two dense networks, as in the lesson's section on mode collapse.
The lesson's own form, one loss and one optimizer, stands beside the form that most code has: a
``train_step`` in which two optimizers take turns. Only here, where others' recipes are repeated,
TensorFlow is used directly. Each recipe trains for equally many steps; in the second half of them
the generator draws ten times, and the means go to ``gan.csv``, which lesson 03 shows: how many
clusters get 2 % of the points or more, and which share of the points lies on a cluster. May be
interrupted: a second call goes on.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from tables import fill

from generative_vision import runtime

runtime.setup(seed=0)  # before Keras is imported
import keras
import tensorflow as tf
from keras import layers, ops

from generative_vision.models.gan import GAN
from generative_vision.models.gan_losses import LOSSES

LATENT, BATCH, STEPS, SPREAD, RATE = 32, 128, 2000, 0.05, 1e-3
ANGLES = 2 * np.pi * np.arange(8) / 8
CENTRES = 2 * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


@dataclass(frozen=True)
class Recipe:
    """How two players are trained in turns."""

    losses: str = "non-saturating"  #: a pair of ``gan_losses.LOSSES``
    slope: float | None = None  #: what a gradient penalty pulls the slope towards, if any
    weight: float = 0.1  #: of that penalty
    rates: tuple[float, float] = (RATE, RATE)  #: of discriminator and generator
    betas: tuple[float, float] = (0.5, 0.99)
    turns: int = 1  #: of the discriminator, for one of the generator
    batch_norm: bool = False
    spectral: bool = False


RECIPES = {
    "in turns, nothing else": Recipe(),
    "in turns, two time scales": Recipe(rates=(4 * RATE, RATE)),
    "in turns, batch normalisation": Recipe(batch_norm=True),
    "in turns, WGAN-GP": Recipe("Wasserstein", 1.0, 10.0, betas=(0.0, 0.9), turns=5),
    "in turns, spectral norm, hinge": Recipe("hinge", betas=(0.0, 0.9), spectral=True),
    "in turns, penalty": Recipe(slope=0.0, weight=0.2),  # as the lesson's
    "one loss, penalty": None,  # the lesson's
}


def dense(inputs: int, outputs: int, batch_norm: bool = False, spectral: bool = False):
    """Return the lesson's dense network, normalised as wanted."""
    wrap = layers.SpectralNormalization if spectral else lambda layer: layer
    network = keras.Sequential([keras.Input((inputs,))])
    for _ in range(2):
        network.add(wrap(layers.Dense(128, dtype="float32")))
        if batch_norm:
            network.add(layers.BatchNormalization(dtype="float32"))
        network.add(layers.Activation("relu", dtype="float32"))
    network.add(wrap(layers.Dense(outputs, dtype="float32")))
    return network


class InTurns(keras.Model):
    """Two players with an optimizer each, which take turns."""

    def __init__(self, recipe: Recipe):
        super().__init__(dtype="float32")
        self.recipe = recipe
        self.generator = dense(LATENT, 2, recipe.batch_norm)
        self.discriminator = dense(2, 1, recipe.batch_norm, recipe.spectral)
        self.d_loss_of, self.g_loss_of = LOSSES[recipe.losses]
        self.adams = [keras.optimizers.Adam(rate, *recipe.betas) for rate in recipe.rates]
        for adam, player in zip(self.adams, (self.discriminator, self.generator)):
            adam.build(player.trainable_variables)

    def call(self, x):
        return x

    def train_step(self, real):
        """Let the discriminator take its turn or turns, then the generator."""
        for own in ops.split(real, self.recipe.turns):
            with tf.GradientTape() as tape:
                d_loss = self.discriminators_loss(own)
            self.descend(self.adams[0], self.discriminator, tape, d_loss)
        with tf.GradientTape() as tape:
            fake = self.generator(self.noise(own), training=True)
            g_loss = self.g_loss_of(self.discriminator(fake, training=True))
        self.descend(self.adams[1], self.generator, tape, g_loss)
        return {"d_loss": d_loss, "g_loss": g_loss}

    def descend(self, adam, player, tape, loss):
        """Take one step of a player's optimizer, along the gradient of its own weights alone."""
        weights = player.trainable_variables
        adam.apply(tape.gradient(loss, weights), weights)

    def noise(self, like):
        """Return one noise vector for each point."""
        return keras.random.normal((ops.shape(like)[0], LATENT))

    def discriminators_loss(self, real):
        """Return the discriminator's loss, and its penalty if there is one."""
        fake = ops.stop_gradient(self.generator(self.noise(real), training=True))
        logits = [self.discriminator(x, training=True) for x in (real, fake)]
        loss = self.d_loss_of(*logits)
        if self.recipe.slope is None:
            return loss
        places = ops.concatenate([real, fake])  # zero-centred: on both kinds
        if self.recipe.slope:  # WGAN-GP: between them
            share = keras.random.uniform((ops.shape(real)[0], 1))
            places = share * real + (1 - share) * fake
        with tf.GradientTape() as tape:
            tape.watch(places)
            total = ops.sum(self.discriminator(places, training=True))
        squares = ops.sum(ops.square(tape.gradient(total, places)), axis=1)
        off = squares
        if self.recipe.slope:
            off = ops.square(ops.sqrt(squares + 1e-12) - self.recipe.slope)
        return loss + self.recipe.weight * ops.mean(off)


def make(recipe: Recipe | None) -> keras.Model:
    """Return the untrained model, compiled."""
    if recipe is None:
        model = GAN(LATENT, generator=dense(LATENT, 2), discriminator=dense(2, 1))
        adam = keras.optimizers.Adam(RATE, beta_1=0.5, beta_2=0.99)
        model.compile(adam, steps_per_execution=20)
    else:
        model = InTurns(recipe)
        model.compile(steps_per_execution=20)
    return model


def measure(name: str, seed: int) -> dict:
    """Train one recipe; return its row."""
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    model, rounds = make(RECIPES[name]), 20
    batch = BATCH * (RECIPES[name].turns if RECIPES[name] else 1)
    n, z = STEPS // rounds * batch, rng.normal(size=(1000, LATENT)).astype("float32")
    clusters, near, start = [], [], time.process_time()
    for number in range(rounds):
        points = CENTRES[rng.integers(8, size=n)] + SPREAD * rng.normal(size=(n, 2))
        model.fit(points.astype("float32"), batch_size=batch, verbose=0)
        if number >= rounds // 2:
            drawn = ops.convert_to_numpy(model.generator(z, training=False))
            distances = np.linalg.norm(drawn[:, None] - CENTRES, axis=-1)
            counts = np.bincount(distances.argmin(axis=1), minlength=8)
            clusters.append((counts >= 0.02 * len(z)).sum())
            near.append((distances.min(axis=1) < 4 * SPREAD).mean())
    figures = {
        "seconds": time.process_time() - start,
        "clusters": np.mean(clusters),
        "near": np.mean(near),
    }
    row = {"recipe": name, "seed": seed, "steps": STEPS}
    return row | {key: f"{figure:.4g}" for key, figure in figures.items()}


def main() -> None:
    """Measure what is missing in the table."""
    fill("gan.csv", RECIPES, lambda name, seed: [measure(name, seed)], __doc__)


if __name__ == "__main__":
    main()
