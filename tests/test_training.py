"""Training for so many steps, and the course of the learning rate."""

import numpy as np
import pytest

from generative_vision import training


def counting_model(steps_per_execution):
    """A model that notes what it is trained on."""
    import keras

    class Counting(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(1)
            self.fits = []

        def call(self, x):
            return self.dense(keras.ops.reshape(x, (-1, 1)))

        def compute_loss(self, x, y=None, y_pred=None, sample_weight=None, training=True):
            return keras.ops.mean(y_pred**2)

        def fit(self, images, **options):
            self.fits.append((images, options["batch_size"]))
            return super().fit(images, **options)

    model = Counting()
    model.compile(optimizer="sgd", steps_per_execution=steps_per_execution)
    return model


@pytest.mark.parametrize("at_once", [1, 20])
@pytest.mark.parametrize(("n", "steps"), [(100, 25), (100, 7), (105, 30), (7, 3)])
def test_every_training_set_gets_exactly_as_many_steps(small_and_exact, at_once, n, steps):
    """Fewer than an epoch, several epochs, a last part of a batch, fewer images than a batch."""
    model = counting_model(at_once)
    training.fit_steps(model, np.zeros((n, 1), "float32"), steps=steps, batch_size=10)
    assert int(model.optimizer.iterations) == steps


@pytest.mark.parametrize(
    ("n", "batch", "at_once"),
    [(40, 25, 1), (40, 25, 20), (30, 10, 20), (7, 10, 4), (101, 10, 5), (12_000, 250, 20)],
)
def test_training_leaves_hardly_an_image_out(small_and_exact, n, batch, at_once):
    """Few images stand in an epoch several times, equally often but for less than a batch."""
    model = counting_model(at_once)
    training.fit_steps(model, np.arange(n, dtype="float32")[:, None], steps=60, batch_size=batch)
    ((images, batch_size),) = model.fits
    counts = np.bincount(images[:, 0].astype(int), minlength=n)
    assert counts.max() - counts.min() <= 1
    assert len(images) % batch_size == 0
    assert (counts < counts.max()).sum() < batch_size
    assert len(images) <= max(n, 10_000)
    assert n < 10_000 // 2 or len(images) == n
    assert 60 % model.steps_per_execution == 0
    assert (model.steps_per_execution > 1) == (at_once > 1)
    if (n, batch) == (40, 25):
        assert (counts == counts[0]).all()


def test_one_model_may_be_trained_on_sets_of_several_sizes(small_and_exact):
    """What Keras traced for one number of steps at once must not stay for another."""
    model = counting_model(16)
    for done, n in enumerate((16_000, 48_000, 8_000), start=1):
        training.fit_steps(model, np.zeros((n, 1), "float32"), steps=96, batch_size=1000)
        assert int(model.optimizer.iterations) == 96 * done


# The learning rate


def rates(schedule, steps):
    return np.array([float(schedule(step)) for step in range(steps + 1)])


def test_the_rate_rises_for_a_twentieth_of_the_steps_and_falls_to_0(small_and_exact):
    found = rates(training.warmup_cosine(0.5, 100), 100)
    assert found[:6] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5])
    fall = 0.25 * (1 + np.cos(np.pi * np.arange(96) / 95))
    assert found[5:] == pytest.approx(fall, abs=1e-6)


@pytest.mark.parametrize(("warmup_steps", "start", "peak_at"), [(0, 0.5, 0), (10, 0.0, 10)])
def test_the_rise_may_be_shorter_or_longer(small_and_exact, warmup_steps, start, peak_at):
    found = rates(training.warmup_cosine(0.5, 40, warmup_steps), 40)
    assert found[0] == start
    assert found.argmax() == peak_at
    assert found.max() == pytest.approx(0.5)
    assert found[-1] == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("steps", [1, 2, 19])
def test_few_steps_train_as_well(small_and_exact, steps):
    found = rates(training.warmup_cosine(0.5, steps), steps)
    assert found[:-1].max() > 0
    assert found[-1] == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize(("steps", "warmup_steps"), [(0, None), (10, 10), (10, -1)])
def test_a_rise_that_does_not_fit_is_refused(small_and_exact, steps, warmup_steps):
    with pytest.raises(ValueError, match=f"steps={steps}, warmup_steps={warmup_steps}"):
        training.warmup_cosine(0.5, steps, warmup_steps)
