"""What a notebook shows while a model trains: one line and one picture, each replaced in place."""

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from displayed import ipython_displays, kinds


@pytest.fixture
def shown():
    """Everything displayed or replaced in a notebook."""
    with ipython_displays() as displays:
        yield displays


def train(watchers, *, epochs=3, n=200, steps_per_execution=1):
    import keras

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(
        optimizer=keras.optimizers.SGD(0.0), loss="mse", steps_per_execution=steps_per_execution
    )
    x = np.arange(n, dtype="float32")[:, None] / n
    model.fit(x, x, batch_size=10, epochs=epochs, shuffle=False, verbose=0, callbacks=watchers)
    return model, x


def test_losses_are_those_since_the_point_before(shown):
    """With a learning rate of 0 each batch's loss is known: the points are these, no averages."""
    from generative_vision.callbacks import Progress

    progress = Progress(points=1000)
    model, x = train([progress], epochs=2)
    each = ((model.predict(x, verbose=0) - x) ** 2).reshape(20, 10).mean(axis=1)
    assert progress.steps == list(range(1, 41))
    assert progress.losses["loss"] == pytest.approx([*each, *each], rel=1e-3, abs=1e-5)


def test_steps_in_one_execution(shown):
    from generative_vision.callbacks import Progress

    progress = Progress(points=1000)
    model, x = train([progress], epochs=2, steps_per_execution=5)
    each = ((model.predict(x, verbose=0) - x) ** 2).reshape(4, 50).mean(axis=1)
    assert progress.steps == [5, 10, 15, 20, 25, 30, 35, 40]
    assert progress.losses["loss"] == pytest.approx([*each, *each], rel=1e-3, abs=1e-5)


def test_executions_that_an_epoch_cuts_short(shown):
    """20 batches in jumps of 8: the last jump has 4."""
    from generative_vision.callbacks import Progress

    progress = Progress(points=1000)
    model, x = train([progress], epochs=2, steps_per_execution=8)
    each = ((model.predict(x, verbose=0) - x) ** 2)[:, 0]
    each = [each[:80].mean(), each[80:160].mean(), each[160:].mean()]
    assert progress.steps == [8, 16, 20, 28, 36, 40]
    assert progress.losses["loss"] == pytest.approx([*each, *each], rel=1e-3, abs=1e-5)


def test_one_line_that_ends_with_the_loss_and_the_time(shown):
    from generative_vision.callbacks import Progress

    train([Progress()])
    assert kinds(shown).count("new") == 1
    last = shown[-1]["data"]["text/plain"]
    assert last.startswith("60 steps | loss ")
    assert last.endswith(" s")


def test_seconds_are_those_from_the_beginning_to_the_end(shown, monkeypatch):
    from itertools import count
    from types import SimpleNamespace

    from generative_vision import callbacks

    ticks = count(100)  # read at the beginning, after each of 60 steps, and at the end
    monkeypatch.setattr(callbacks, "time", SimpleNamespace(perf_counter=lambda: next(ticks)))
    progress = callbacks.Progress()
    train([progress])
    assert progress.seconds == 61
    assert shown[-1]["data"]["text/plain"].endswith(" | 61 s")


def test_one_picture_replaced_every_so_many_steps(shown):
    from generative_vision.callbacks import LivePicture

    train([LivePicture(lambda: plt.plot([0, 1]), every=25)])  # 60 steps: at 0, 25, 50 and the end
    assert kinds(shown) == ["new", "update", "update", "update"]
    assert plt.get_fignums() == []
    with pytest.raises(ValueError, match="every=0"):
        LivePicture(lambda: None, every=0)


def test_live_picture_counts_steps_in_one_execution(shown):
    from generative_vision.callbacks import LivePicture

    train(
        [LivePicture(lambda: plt.plot([0, 1]), every=25)], steps_per_execution=10
    )  # noticed at 30 and 60, and the end
    assert kinds(shown) == ["new", "update", "update", "update"]


def test_nothing_is_shown_outside_a_notebook(capsys):
    from generative_vision.callbacks import LivePicture, Progress

    progress = Progress()
    train([progress, LivePicture(lambda: plt.plot([0, 1]), every=30)], epochs=1)
    assert capsys.readouterr().out == ""
    assert progress.steps


def test_losses_as_a_figure(shown):
    from generative_vision import plotting
    from generative_vision.callbacks import Progress

    progress = Progress()
    train([progress])
    plotting.show_losses({"line": progress})
    (line,) = plt.gca().lines
    assert line.get_label() == "line"
    assert len(line.get_xdata()) == len(progress.steps)
    plt.close("all")
