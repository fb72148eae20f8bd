"""Keras callbacks for a notebook: one line of progress and one picture, replaced in place.

Import after ``runtime.setup``.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import keras
import matplotlib.pyplot as plt
from IPython import get_ipython
from IPython.display import display

_PAUSE = 0.5  # seconds between two updates of the line: more would flood the notebook


class _Counting(keras.callbacks.Callback):
    """Counts the steps since training began, also with ``steps_per_execution`` above 1."""

    def on_train_begin(self, logs=None):
        self.done = self._epoch_start = 0

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch_start = self.done

    def on_train_batch_end(self, batch, logs=None):
        # Keras counts the last jump of an epoch in full
        last = self.params.get("steps") or batch + 1
        self.done = self._epoch_start + min(batch + 1, last)


class Progress(_Counting):
    """One line of progress: steps, losses, time left; use with ``verbose=0``.

    Keeps ``seconds``, and the course of each loss for ``plotting.show_losses``: ``steps`` and
    ``losses[name]``, averages over the batches since the point before. Keras reports averages since
    the epoch began, which fall by themselves at each epoch's start; here they are taken apart
    again.

    Args:
        points: about how many points to keep.
    """

    def __init__(self, points: int = 200):
        super().__init__()
        self.points = points

    def on_train_begin(self, logs=None):
        super().on_train_begin()
        self.steps, self.losses = [], {}
        self._start = self._shown = time.perf_counter()
        self._line = _place({"text/plain": "training ..."}, raw=True)

    def on_epoch_begin(self, epoch, logs=None):
        super().on_epoch_begin(epoch)
        self._before: tuple[int, dict[str, float]] = (0, {})

    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch)
        total = (self.params.get("steps") or 0) * self.params.get("epochs", 1)
        if logs and self.done - (self.steps[-1] if self.steps else 0) >= total / self.points:
            self._keep(
                self.done - self._epoch_start, {name: float(value) for name, value in logs.items()}
            )
        now = time.perf_counter()
        if now - self._shown > _PAUSE:
            self._shown = now
            left = (now - self._start) / self.done * (total - self.done)
            self._show(f"step {self.done:,} of {total:,}", f"{left:.0f} s left")

    def on_train_end(self, logs=None):
        self.seconds = time.perf_counter() - self._start
        self._show(f"{self.done:,} steps", f"{self.seconds:.0f} s")

    def _keep(self, count: int, means: dict[str, float]) -> None:
        """Turn Keras' mean since the epoch began into the mean since the last point."""
        before_count, before = self._before
        for name, mean in means.items():
            fresh = (mean * count - before.get(name, 0.0) * before_count) / (count - before_count)
            self.losses.setdefault(name, []).append(fresh)
        self.steps.append(self.done)
        self._before = (count, means)

    def _show(self, first: str, last: str) -> None:
        losses = [f"{name} {values[-1]:.4g}" for name, values in self.losses.items()]
        if self._line is not None:
            self._line.update({"text/plain": " | ".join([first, *losses, last])}, raw=True)


class LoopProgress(_Counting):
    """One line for a self-consuming loop: generation, step, latest figures, time left.

    Args:
        done, generations: how many there are, and how many there will be.
        steps: of each generation's training.
    """

    def __init__(self, done: int, generations: int, steps: int):
        super().__init__()
        self.finished, self.first, self.generations, self.total = done, done, generations, steps
        self._start = self._shown = time.perf_counter()
        self._scores, self._line = "", _place({"text/plain": "training ..."}, raw=True)

    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch)
        now = time.perf_counter()
        if now - self._shown > _PAUSE:
            self._shown = now
            self._show(
                f"generation {self.finished + 1} of {self.generations}, "
                f"step {self.done:,} of {self.total:,}",
                self.done / self.total,
            )

    def on_generation_end(self, scores: dict[str, float]) -> None:
        """Show that a generation is trained and measured."""
        self.finished += 1
        self._scores = "".join(f" | {name} {value:.3g}" for name, value in scores.items())
        self._show(f"{self.finished} of {self.generations} generations", 0.0)

    def _show(self, where: str, part: float) -> None:
        spent = time.perf_counter() - self._start
        left = (
            spent / (self.finished - self.first + part) * (self.generations - self.finished - part)
        )
        time_told = f"{left:.0f} s left" if left else f"{spent:.0f} s"
        if self._line is not None:
            self._line.update({"text/plain": f"{where}{self._scores} | {time_told}"}, raw=True)


class LivePicture(_Counting):
    """One figure, drawn anew every so many steps in the same place.

    Args:
        draw: draws one matplotlib figure of the model as it is now; called without arguments.
        every: steps between two pictures; there is one at the beginning and one at the end.
    """

    def __init__(self, draw: Callable[[], None], every: int):
        super().__init__()
        if every < 1:
            raise ValueError(f"every={every}: expected 1 or more steps.")
        self.draw, self.every = draw, every

    def on_train_begin(self, logs=None):
        super().on_train_begin()
        self._drawn = 0
        self._place = _place(self._picture())

    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch)
        if self.done - self._drawn >= self.every:
            self._drawn = self.done
            self._update()

    def on_train_end(self, logs=None):
        self._update()

    def _update(self) -> None:
        if self._place is not None:
            self._place.update(self._picture())

    def _picture(self):
        _ = self.model  # asking for it gives it its weights back, which JAX keeps during an epoch
        self.draw()
        figure = plt.gcf()
        plt.close(figure)  # or the notebook would show it a second time
        return figure


def _place(content, **options):
    """Show something that can be replaced later; return None outside a notebook."""
    return display(content, display_id=True, **options) if get_ipython() is not None else None
