"""Generators for tests of self-consuming loops, and what is compared of a loop's table."""

from __future__ import annotations

from math import sqrt

import numpy as np


class Blur:
    """Stands for a generator: remembers the mean of what it was trained on, and draws around it."""

    steps_per_execution = 1
    made = 0

    def __init__(self):
        Blur.made += 1

    def fit(self, images, batch_size, epochs, **options):
        self.mean, self.seen = images.mean(axis=0), len(images)

    def sample(self, n, *, seed, spread=1.0):
        noise = np.random.default_rng(seed).normal(size=(n, 28, 28, 1)) * sqrt(spread) / 5
        return (self.mean + noise).clip(-1, 1).astype("float32")


def spread_of(samples):
    return {"spread": samples.std()}


def figures(table):
    """The table without what a clock decides."""
    return [(line.generation, line.n_training, line.scores) for line in table]


def compiled(model, rate=0.001):
    import keras

    model.compile(optimizer=keras.optimizers.Adam(rate), steps_per_execution=2)
    return model
