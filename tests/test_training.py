"""Start-up: light imports, silence, one line, seeds, profiles, precision by measurement."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from generative_vision import device, training


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment}, timeout=300
    )


def test_import_pulls_in_nothing_heavy():
    modules = "check, data, metrics, plotting, quiz, scoreboard, training, widgets"
    code = f"import sys; import generative_vision; from generative_vision import {modules}; from generative_vision.models import pca; print(*sys.modules)"
    loaded = {name.split(".")[0] for name in run(code).stdout.split()}
    assert not loaded & {"tensorflow", "keras", "jax", "torch", "jupyterlab", "nbgrader", "matplotlib", "ipywidgets"}
    assert "generative_vision" in loaded


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_setup_prints_one_line_and_nothing_on_stderr(backend, tmp_path):
    code = "from generative_vision import training; print(training.setup(3).seed)"
    done = run(code, KERAS_BACKEND=backend, GENERATIVE_VISION_PROFILE="laptop", XDG_CACHE_HOME=str(tmp_path), HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    line, seed = done.stdout.splitlines()
    assert backend in line and "profile laptop" in line and "seed 3" in line and seed == "3"


def test_precision_is_measured_once_and_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(device, "_cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "laptop")
    seconds = {"float32": 2.0, "mixed_bfloat16": 1.0}
    monkeypatch.setattr(device, "_step_seconds", lambda policy: seconds[policy])
    assert (training.setup().precision, training.setup().gain) == ("mixed_bfloat16", 2.0)
    seconds["mixed_bfloat16"] = 1.9  # a second measurement would now choose float32
    assert training.setup().precision == "mixed_bfloat16"
    kept = json.loads((tmp_path / "cache" / "precision.json").read_text())
    assert list(kept.values()) == [2.0]


def test_measuring_changes_nothing_that_is_drawn_afterwards(tmp_path, monkeypatch):
    monkeypatch.setattr(device, "_cache_folder", lambda: tmp_path)
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "laptop")
    import keras

    drawn = []
    for _ in range(2):  # measured, then kept
        policy = training.setup(seed=4).precision
        drawn.append((policy, float(keras.random.normal(())), float(np.random.normal())))
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(("fast", "precision"), [(1.55, "float32"), (1.53, "mixed_bfloat16")])
def test_low_precision_needs_its_gain(tmp_path, monkeypatch, fast, precision):
    monkeypatch.setattr(device, "_cache_folder", lambda: tmp_path)
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "laptop")
    monkeypatch.setattr(device, "_step_seconds", lambda policy: {"float32": 2.0, "mixed_bfloat16": fast}[policy])
    assert training.setup().precision == precision


@pytest.mark.parametrize("content", ["", "[]", "{", '{"x": 1}', '"text"'])
def test_damaged_cache_is_measured_again(tmp_path, monkeypatch, content):
    (tmp_path / "precision.json").write_text(content)
    monkeypatch.setattr(device, "_cache_folder", lambda: tmp_path)
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "laptop")
    monkeypatch.setattr(device, "_step_seconds", lambda policy: 1.0)
    assert training.setup().gain == 1.0


def test_unwritable_cache_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(device, "_cache_folder", lambda: tmp_path / "file" / "below")
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "laptop")
    monkeypatch.setattr(device, "_step_seconds", lambda policy: 1.0)
    assert training.setup().gain == 1.0


def test_check_profile_never_measures(monkeypatch):
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "check")
    monkeypatch.setattr(device, "low_precision_gain", lambda gpus: pytest.fail("measured"))
    chosen = training.setup()
    assert (chosen.precision, chosen.gain) == ("float32", None)


def test_seed_repeats_and_differs(monkeypatch):
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "check")
    import keras

    def draw(seed):
        training.setup(seed)
        return np.concatenate([keras.ops.convert_to_numpy(keras.random.normal((3,))), np.random.normal(size=3)])

    first, second, other = draw(5), draw(5), draw(6)
    assert (first == second).all() and (first != other).all()


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "0", True, None])
def test_bad_seed(seed):
    with pytest.raises(ValueError, match="whole number from 0"):
        training.setup(seed)


def test_no_data_pipeline_has_a_tuner_to_wait_for(monkeypatch):
    """Of whatever Keras iterates over in ``fit`` and ``predict``, however often ``setup`` was called."""
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "check")
    training.setup()
    training.setup()
    import keras
    import tensorflow as tf

    tuned, begin = [], tf.data.Dataset.__iter__
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4)])
    model.compile(loss="mse")
    kind = type(tf.data.Dataset.range(1).with_options(tf.data.Options()))
    monkeypatch.setattr(kind, "__iter__", lambda data: tuned.append(data.options().autotune.enabled) or begin(data))
    model.fit(np.zeros((8, 4)), np.zeros((8, 4)), epochs=2, verbose=0)
    model.predict(np.zeros((8, 4)), verbose=0)
    assert tuned and not any(on is not False for on in tuned)


@pytest.mark.parametrize("n", [1, 4, 8, 11])
def test_light_pipelines_deliver_what_keras_own_do(monkeypatch, n):
    """Each row once and in order, in whole batches and a last one; nested inputs, and targets with weights."""
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "check")
    training.setup()
    import keras

    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    model = keras.Model({"a": a, "b": b}, keras.layers.Subtract()([a, b]))
    model.compile(loss="mse")
    given = {"a": np.arange(2.0 * n).reshape(n, 2), "b": np.ones((n, 2))}
    assert (model.predict(given, batch_size=4, verbose=0) == given["a"] - 1).all()
    weights = np.arange(1.0, n + 1)
    expected = (weights * (given["a"] - 1).mean(axis=1) ** 2).mean() + (weights * 0.25).mean()  # rows are m ∓ 1/2
    assert model.evaluate(given, np.zeros((n, 2)), sample_weight=weights, batch_size=4, verbose=0) == pytest.approx(expected)
    sizes = []
    watch = keras.callbacks.Callback()
    watch.on_predict_batch_end = lambda batch, logs: sizes.append(len(logs["outputs"]))
    model.predict(given, batch_size=4, verbose=0, callbacks=[watch])
    assert sizes == [4] * (n // 4) + [n % 4] * (n % 4 > 0)


def test_pipelines_that_are_not_arrays_stay_keras_own(monkeypatch):
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "check")
    training.setup()
    import keras
    import tensorflow as tf

    model = keras.Sequential([keras.Input((2,)), keras.layers.Flatten()])
    assert (model.predict(tf.ones((5, 2)), batch_size=2, verbose=0) == 1).all()


def test_profiles(monkeypatch):
    monkeypatch.delenv("GENERATIVE_VISION_PROFILE", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(device, "gpus", lambda: [])
    sizes = {"check": 1, "laptop": 2, "gpu": 3}
    assert training.choose(**sizes) == 2
    monkeypatch.setattr(device, "gpus", lambda: ["a GPU"])
    assert training.choose(**sizes) == 3
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert training.choose(**sizes) == 1
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "laptop")
    assert training.choose(**sizes) == 2
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "desktop")
    with pytest.raises(ValueError, match="'desktop'.*check, laptop, gpu"):
        training.choose(**sizes)


def test_quiet_startup_restores_stderr(capfd):
    with device.quiet_startup():
        os.write(2, b"hidden")
    os.write(2, b"shown")
    assert capfd.readouterr().err == "shown"


@pytest.mark.parametrize("own", [None, "0"])
def test_the_faster_convolutions_are_asked_for_unless_the_reader_says_otherwise(own):
    code = "from generative_vision import training; training.setup(); import os; print(os.environ['TF_ENABLE_ONEDNN_OPTS'])"
    environment = {k: v for k, v in os.environ.items() if k != "TF_ENABLE_ONEDNN_OPTS"} | ({} if own is None else {"TF_ENABLE_ONEDNN_OPTS": own})
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=300, check=True)
    assert done.stdout.splitlines()[-1] == (own or "1")
