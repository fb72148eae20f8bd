"""Training: a learning rate that rises and falls along a cosine, and training for so many steps."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, gcd

import numpy as np


def warmup_cosine(peak: float, steps: int, warmup_steps: int | None = None):
    """Return a learning rate that rises linearly to ``peak``, then falls to 0 along a cosine.

    Args:
        steps: of the whole training.
        warmup_steps: how many of them the rise takes; by default a twentieth, at least one. 0
            begins at the peak.

    Source: warm-up, Goyal et al. (2017), arXiv:1706.02677; cosine, Loshchilov and Hutter (2016),
    arXiv:1608.03983.
    """
    from keras.optimizers.schedules import CosineDecay

    rise = min(max(1, steps // 20), steps - 1) if warmup_steps is None else warmup_steps
    if not 0 <= rise < steps:
        raise ValueError(
            f"{steps=}, {warmup_steps=}: expected 1 or more steps, and fewer of them to warm up."
        )
    if rise == 0:
        return CosineDecay(peak, steps)
    return CosineDecay(0.0, steps - rise, warmup_target=peak, warmup_steps=rise)


def fit_steps(
    model, images: np.ndarray, *, steps: int, batch_size: int, callbacks: Sequence = ()
) -> None:
    """Train a compiled model on images (n, ...) for exactly so many steps.

    All batches have the same size. Few images stand in an epoch several times, each equally often
    but for less than one batch. Where the model was compiled to take several steps at once, it
    takes as many as divide both an epoch and the whole.

    Args:
        batch_size: images a step; all of them where they are fewer.
        callbacks: Keras' own, added to the one that ends training.
    """
    import keras

    class Stop(keras.callbacks.Callback):
        done = before = 0

        def on_epoch_begin(self, epoch, logs=None):
            self.before = self.done

        def on_train_batch_end(self, batch, logs=None):
            self.done = self.before + batch + 1
            if self.done >= steps:
                self.model.stop_training = True

    n, batch, at_once = len(images), min(batch_size, len(images)), model.steps_per_execution

    def steps_and_rest(passes: int) -> tuple[int, float]:
        """Steps at once, and minus the images that an epoch leaves out, a pass."""
        return min(gcd(passes * n // batch, steps), at_once), -(passes * n % batch) / passes

    passes = max(range(1, max(10_000 // n, 1) + 1), key=steps_and_rest)
    per_epoch = passes * n // batch  # whole batches only
    if at_once > 1 and gcd(per_epoch, steps) != at_once:
        model.compile(model.optimizer, steps_per_execution=gcd(per_epoch, steps))
    rng = np.random.default_rng(0)
    chosen = np.concatenate([rng.permutation(n) for _ in range(passes)])[: per_epoch * batch]
    model.fit(
        images[chosen],
        batch_size=batch,
        epochs=ceil(steps / per_epoch),
        verbose=0,
        callbacks=[*callbacks, Stop()],
    )
