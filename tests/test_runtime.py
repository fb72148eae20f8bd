"""Start-up: light imports, silence, one line, seeds, profiles, whatever another project set."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from generative_vision import device, runtime


def run(code, **changes):
    """Run code in a process of its own; a change to None takes a variable away."""
    changed = {**os.environ, **changes}
    environment = {name: value for name, value in changed.items() if value is not None}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)


HEAVY = {"tensorflow", "keras", "jax", "torch"}
HEAVY |= {"jupyterlab", "nbgrader", "matplotlib", "ipywidgets"}


def test_import_pulls_in_nothing_heavy():
    modules = "audit, cards, check, data, device, energy, loops, metrics, photos, plotting, "
    modules += "provenance, quiz, runtime, scoreboard, training, watermark"
    code = (
        f"import sys; import generative_vision; from generative_vision import {modules}; "
        "from generative_vision.models import noise, pca, weights; print(*sys.modules)"
    )
    loaded = {name.split(".")[0] for name in run(code).stdout.split()}
    assert not loaded & HEAVY
    assert "generative_vision" in loaded


@pytest.mark.parametrize("backend", ["tensorflow", pytest.param("jax", marks=pytest.mark.full)])
def test_setup_prints_one_line_and_nothing_on_stderr(backend, tmp_path):
    home = {"XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    code = "from generative_vision import runtime; print(runtime.setup(3).seed)"
    done = run(code, KERAS_BACKEND=backend, GENERATIVE_VISION_PROFILE="laptop", **home)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    line, seed = done.stdout.splitlines()
    for words in (backend, "profile laptop", "seed 3"):
        assert words in line
    assert seed == "3"


def test_tiny_profile_never_measures(monkeypatch):
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "tiny")
    monkeypatch.setattr(device, "low_precision_gain", lambda *given: pytest.fail("measured"))
    chosen = runtime.setup()
    assert (chosen.precision, chosen.gain) == ("float32", None)


def test_seed_repeats_and_differs(monkeypatch):
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "tiny")
    import keras

    def draw(seed):
        runtime.setup(seed)
        own = keras.ops.convert_to_numpy(keras.random.normal((3,)))
        return np.concatenate([own, np.random.normal(size=3)])  # noqa: NPY002 - setup seeds it

    first, second, other = draw(5), draw(5), draw(6)
    assert (first == second).all()
    assert (first != other).all()


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "0", True, None])
def test_bad_seed(seed):
    with pytest.raises(ValueError, match="whole number from 0"):
        runtime.setup(seed)


def test_profiles(monkeypatch):
    monkeypatch.delenv("GENERATIVE_VISION_PROFILE", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(device, "gpus", list)
    sizes = {"tiny": 1, "laptop": 2, "gpu": 3}
    assert runtime.choose(**sizes) == 2
    monkeypatch.setattr(device, "gpus", lambda: ["a GPU"])
    assert runtime.choose(**sizes) == 3
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert runtime.choose(**sizes) == 1
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "laptop")
    assert runtime.choose(**sizes) == 2
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "desktop")
    with pytest.raises(ValueError, match="'desktop'.*tiny, laptop, gpu"):
        runtime.choose(**sizes)


@pytest.mark.parametrize("own", [None, pytest.param("0", marks=pytest.mark.full)])
def test_the_faster_convolutions_are_asked_for_unless_the_reader_says_otherwise(own):
    code = (
        "from generative_vision import runtime; runtime.setup(); "
        "import os; print(os.environ['TF_ENABLE_ONEDNN_OPTS'])"
    )
    done = run(code, TF_ENABLE_ONEDNN_OPTS=own)
    assert done.stdout.splitlines()[-1] == (own or "1")


# What another project wrote to ~/.keras/keras.json

SETTINGS = """
import json
from generative_vision import data, runtime
from generative_vision.models.weights import pretrained
chosen = runtime.setup(0)
import keras
from generative_vision.models.autoencoder import Autoencoder
from generative_vision.models.vae import VAE

images, labels = (part[:64] for part in data.load_fashion_mnist("test"))
vae = VAE(3, width=4, condition="labels")
vae.compile(optimizer=keras.optimizers.Adam(1e-3))
history = vae.fit(images, labels, batch_size=16, verbose=0).history
samples = vae.sample(3, seed=0)
print(json.dumps({
    "device": str(chosen),
    "format": keras.config.image_data_format(),
    "floatx": keras.config.floatx(),
    "epsilon": keras.config.epsilon(),
    "policy": keras.config.dtype_policy().name,
    "types": sorted({weight.dtype for weight in vae.weights}),
    "sample": [str(samples.dtype), list(samples.shape)],
    "numbers": [
        history["loss"][0],
        float(samples.std()),
        float(Autoencoder(3).encode(images).std()),
        float(pretrained("classifier").probabilities(images).max(axis=1).mean()),
    ],
}))
"""


def settings(folder, **kept):
    """What a new process finds that has these settings in its home."""
    (folder / ".keras").mkdir(parents=True)
    if kept:
        (folder / ".keras" / "keras.json").write_text(json.dumps(kept))
    without = {"KERAS_HOME": None, "KERAS_BACKEND": None}
    done = run(SETTINGS, HOME=str(folder), GENERATIVE_VISION_PROFILE="tiny", **without)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    return settings(tmp_path_factory.mktemp("home"))


def test_keras_is_as_the_course_expects_it(untouched):
    assert untouched["format"] == "channels_last"
    assert untouched["epsilon"] == 1e-7
    assert untouched["floatx"] == untouched["policy"] == "float32"
    assert untouched["sample"] == ["float32", [3, 28, 28, 1]]
    assert "tensorflow" in untouched["device"]


@pytest.mark.parametrize("floatx", ["float16", pytest.param("float64", marks=pytest.mark.full)])
def test_what_another_project_set_for_keras_changes_nothing(untouched, floatx, tmp_path):
    others = {"image_data_format": "channels_first", "epsilon": 1e-3, "backend": "jax"}
    found = settings(tmp_path, floatx=floatx, **others)
    assert found.pop("numbers") == pytest.approx(untouched["numbers"], rel=1e-4)
    assert found == {name: value for name, value in untouched.items() if name != "numbers"}
