"""The backend: pipelines of arrays, the speed of low precision, start-up noise."""

import json
import os
from types import SimpleNamespace

import numpy as np
import pytest

from generative_vision import device, runtime

pytestmark = pytest.mark.usefixtures("small_and_exact")


# Pipelines: Keras' own order, which under a seed is one for all epochs

N, SIZE = 11, 4


def pipeline(seed=0, n=N, size=SIZE, shuffle=True, labels=True):
    import keras

    keras.utils.set_random_seed(seed)
    x = np.arange(n, dtype="float32")[:, None] * np.ones(3, "float32")
    return device.batches(x, np.arange(n) if labels else None, size, shuffle)


def epoch(data):
    """The labels of each batch, after holding that each row still has its own."""
    found = []
    for x, y in data:
        assert (x.numpy() == y.numpy()[:, None]).all()
        found.append(y.numpy().tolist())
    return found


def test_every_row_comes_once_in_whole_batches_and_a_last_one():
    data, y, options = pipeline()
    assert y is None
    assert options["shuffle"] is False  # not a second time
    for _ in range(3):
        batches = epoch(data)
        assert [len(batch) for batch in batches] == [4, 4, 3]
        assert sorted(row for batch in batches for row in batch) == list(range(N))


NUMBERS = [(1, 4, 1), (4, 4, 1), (8, 4, 2), (9, 4, 3), (32, None, 1), (33, None, 2)]


@pytest.mark.parametrize(("n", "size", "number"), NUMBERS)
@pytest.mark.parametrize("shuffle", [True, False])
def test_a_pipeline_knows_how_many_batches_it_has(n, size, number, shuffle):
    data, *_ = pipeline(n=n, size=size, shuffle=shuffle)
    assert int(data.cardinality()) == len(epoch(data)) == number


def test_any_row_may_come_anywhere():
    """A small buffer would let the first rows come first."""
    firsts = [epoch(pipeline(seed, n=10, size=10)[0])[0][0] for seed in range(100)]
    assert set(firsts) == set(range(10))


@pytest.mark.parametrize("shuffle", [True, False])
def test_batches_come_as_from_keras_own_pipeline(shuffle):
    """So a model of the course learns what Keras' own ``fit`` would teach it, to the last digit."""
    import keras

    def losses(feed):
        keras.utils.set_random_seed(3)
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.01), loss="mse")
        x, y = np.random.default_rng(0).normal(size=(2, 50, 3)).astype("float32")
        x, y, options = feed(x, y[:, :1], 8, shuffle)
        return model.fit(x, y, epochs=3, verbose=0, **options).history["loss"]

    def plain(x, y, size, shuffle):
        return x, y, {"batch_size": size, "shuffle": shuffle}

    assert losses(device.batches) == losses(plain)


def test_orders_repeat_with_the_seed():
    def epochs(seed):
        data, *_ = pipeline(seed)
        return [epoch(data) for _ in range(3)]

    assert epochs(1) == epochs(1)
    assert epochs(1) != epochs(2)


def test_unshuffled_rows_keep_their_order():
    data, *_ = pipeline(shuffle=False)
    for _ in range(2):
        assert epoch(data) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10]]


def test_batches_without_labels_are_of_images_alone():
    data, *_ = pipeline(shuffle=False, labels=False)
    assert [tuple(part.shape) for (part,) in data] == [(4, 3), (4, 3), (3, 3)]


def test_what_is_no_array_stays_as_it_is():
    import tensorflow as tf

    data = tf.data.Dataset.range(3)
    x, y, _ = device.batches(data, None, None, True)
    assert x is data
    assert y is None


def test_other_backends_get_their_arrays(monkeypatch):
    import keras

    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    x, y = np.zeros((3, 2)), np.arange(3)
    assert device.batches(x, y, 2, True) == (x, y, {"batch_size": 2, "shuffle": True})


def test_no_pipeline_that_fit_iterates_over_has_a_tuner_to_wait_for(monkeypatch):
    import tensorflow as tf

    from generative_vision.models.vae import VAE

    tuned, begin = [], tf.data.Dataset.__iter__

    def iterate(data):
        tuned.append(data.options().autotune.enabled)
        return begin(data)

    kind = type(tf.data.Dataset.range(1).with_options(tf.data.Options()))
    monkeypatch.setattr(kind, "__iter__", iterate)
    model = VAE(2, width=4, condition="labels")
    model.compile()
    model.fit(np.full((8, 28, 28, 1), -1.0), np.arange(8), batch_size=4, epochs=2, verbose=0)
    assert tuned
    assert set(tuned) == {False}


@pytest.mark.parametrize("shuffle", [True, False])
def test_fit_shows_every_image_in_every_epoch(shuffle):
    from generative_vision.models.autoencoder import Autoencoder

    greys = np.linspace(-1, 1, N, dtype="float32")
    images = np.broadcast_to(greys[:, None, None, None], (N, 28, 28, 1))
    seen = []
    model = Autoencoder(2, corrupt=lambda x: seen.append(x) or x)
    model.compile(optimizer="sgd", run_eagerly=True)
    seen.clear()
    model.fit(images, batch_size=4, epochs=2, shuffle=shuffle, verbose=0)
    assert [len(batch) for batch in seen] == [4, 4, 3, 4, 4, 3]
    levels = np.concatenate(seen)[:, 0, 0, 0].reshape(2, N)
    assert (np.sort(levels) == greys).all()
    assert (levels[0] == greys).all() == (not shuffle)


# How much faster: the median of pairs measured in turn, on a clock that the test moves


class Clock:
    """Time passes only in the functions measured, each call after the next of the seconds given."""

    def __init__(self, first, second):
        self.now, self.calls, self.seconds = 0.0, [0, 0], (first, second)

    def __call__(self):
        return self.now

    def step(self, which):
        seconds = self.seconds[which]
        self.now += seconds(self.calls[which]) if callable(seconds) else seconds
        self.calls[which] += 1

    def ratio(self, threshold):
        steps = [lambda which=which: self.step(which) for which in (0, 1)]
        return device.time_ratio(*steps, threshold, self)


@pytest.mark.parametrize(("first", "second"), [(2.0, 1.0), (0.25, 1.0), (1e-3, 5e-4)])
def test_a_steady_ratio_is_found(first, second):
    assert Clock(first, second).ratio(1.3) == pytest.approx(first / second, rel=1e-6)


def test_the_two_are_measured_in_turn():
    order, clock = [], Clock(0.5, 0.25)
    steps = [lambda which=which: order.append(which) or clock.step(which) for which in (0, 1)]
    device.time_ratio(*steps, 1.3, clock)
    assert order == [0, 1] * 10


def test_what_happens_to_a_few_steps_does_not_count():
    """Every fourth step of the one and every fifth of the other takes a hundred times as long."""

    def first(i):
        return 20.0 if i % 4 == 0 else 0.2

    def second(i):
        return 10.0 if i % 5 == 0 else 0.1

    assert Clock(first, second).ratio(1.3) == pytest.approx(2)


def test_what_slows_both_does_not_count():
    """A machine that becomes slower and slower."""
    clock = Clock(lambda i: 0.2 * 1.1**i, lambda i: 0.1 * 1.1**i)
    assert clock.ratio(1.3) == pytest.approx(2)


@pytest.mark.parametrize(("seconds", "pairs"), [(1.0, 10), (0.25, 10), (0.0625, 22), (0.03125, 43)])
def test_two_seconds_and_ten_pairs_at_least(seconds, pairs):
    clock = Clock(0.5 * seconds, seconds)
    assert clock.ratio(1.3) == 0.5
    assert clock.calls == [pairs, pairs]


NEAR = [(1.0, 10), (1.16, 10), (1.18, 30), (1.3, 30), (1.42, 30), (1.44, 10), (2.0, 10)]


@pytest.mark.parametrize(("ratio", "pairs"), NEAR)
def test_near_the_threshold_it_takes_three_times_as_long(ratio, pairs):
    clock = Clock(ratio, 1.0)
    assert clock.ratio(1.3) == pytest.approx(ratio)
    assert clock.calls == [pairs, pairs]
    quick = Clock(ratio / 512, 1 / 512)
    quick.ratio(1.3)
    assert quick.now == pytest.approx(2 * pairs / 10, abs=0.01)


def test_it_need_not_be_near_the_threshold_from_the_beginning():
    """The first pairs say 1, the median of many 1.3."""
    clock = Clock(lambda i: 1.0 if i < 4 else 1.3, 1.0)
    assert clock.ratio(1.3) == pytest.approx(1.3)
    assert clock.calls == [30, 30]


# Low precision: measured once for a machine, kept, and chosen where it gains


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with a cache of its own; ``gain`` is what would be measured, ``log`` what was."""
    import keras

    found = SimpleNamespace(cache=tmp_path / "cache", gain=1.0, log=[])

    class Stub:
        def __init__(self, latent_dim):
            self.policy = keras.config.dtype_policy().name

        def compile(self, **options):
            pass

        def train_on_batch(self, batch):
            found.log.append(self.policy)

    def time_ratio(first, second, threshold):
        found.log.append(threshold)
        first()
        second()
        return found.gain

    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "laptop")
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: found.cache)
    monkeypatch.setattr("generative_vision.models.autoencoder.Autoencoder", Stub)
    monkeypatch.setattr(device, "time_ratio", time_ratio)
    yield found
    keras.config.set_dtype_policy("float32")


def test_precision_is_measured_once_and_kept(machine):
    machine.gain = 2.0
    chosen = runtime.setup()
    assert (chosen.precision, chosen.gain) == ("mixed_bfloat16", 2.0)
    machine.gain = 1.05  # a second measurement would now choose float32
    assert runtime.setup().precision == "mixed_bfloat16"
    kept = json.loads((machine.cache / "precision.json").read_text())
    assert list(kept.values()) == [2.0]
    (key,) = kept
    assert key.startswith("training steps in turn, tensorflow")


def test_steps_in_float32_are_compared_with_steps_in_bfloat16(machine):
    runtime.setup()
    policies = ["float32", "mixed_bfloat16"]
    assert machine.log == [*policies, runtime.MINIMUM_GAIN, *policies]  # traced, then timed


GAINS = [(1.29, "float32"), (1.3, "mixed_bfloat16"), (0.7, "float32")]


@pytest.mark.parametrize(("gain", "precision"), GAINS)
def test_low_precision_needs_its_gain(machine, gain, precision):
    import keras

    machine.gain = gain
    assert runtime.setup().precision == precision
    assert keras.config.dtype_policy().name == precision


@pytest.mark.parametrize("content", ["", "[]", "{", '{"x": 1}', '"text"'])
def test_damaged_cache_is_measured_again(machine, content):
    machine.cache.mkdir()
    (machine.cache / "precision.json").write_text(content)
    assert runtime.setup().gain == 1.0


@pytest.mark.parametrize("value", [0, -1, "2", None, [2]])
def test_a_kept_value_that_is_no_gain_is_measured_again(machine, value):
    runtime.setup()
    path = machine.cache / "precision.json"
    (key,) = json.loads(path.read_text())
    path.write_text(json.dumps({key: value, "another machine": 3}))
    machine.gain = 1.5
    assert runtime.setup().gain == 1.5
    assert json.loads(path.read_text()) == {key: 1.5, "another machine": 3}


def test_unwritable_cache_is_no_error(machine, tmp_path):
    (tmp_path / "file").write_text("")
    machine.cache = tmp_path / "file" / "below"
    assert runtime.setup().gain == 1.0


def test_measuring_changes_nothing_that_is_drawn_afterwards(tmp_path, monkeypatch):
    """The real measurement: measured the first time, kept the second."""
    import keras

    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path)
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "laptop")
    drawn = []
    for _ in range(2):
        policy = runtime.setup(seed=4).precision
        of_numpy = float(np.random.normal())  # noqa: NPY002, its global generator is meant
        drawn.append((policy, float(keras.random.normal(())), of_numpy))
    keras.config.set_dtype_policy("float32")
    assert drawn[0] == drawn[1]


def test_quiet_startup_restores_stderr(capfd):
    with device.quiet_startup():
        os.write(2, b"hidden")
    os.write(2, b"shown")
    assert capfd.readouterr().err == "shown"
