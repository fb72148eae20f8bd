"""Device, precision, seeds and sizes: what every lesson sets up before it trains.

The only module that knows of a particular backend. TensorFlow is the default; set
``KERAS_BACKEND=jax`` before starting Python for JAX.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

PROFILES = ("check", "laptop", "gpu")
MINIMUM_GAIN = 1.3  # low precision must be this much faster to be chosen


@dataclass(frozen=True)
class Device:
    """What a lesson runs on: chosen once by ``setup``."""

    name: str  #: such as "CPU, 2 cores" or the GPU's own name
    backend: str  #: such as "tensorflow 2.21.0"
    precision: str  #: "float32" or "mixed_bfloat16"
    gain: float | None  #: time in float32 / time in bfloat16; None where it was not measured
    profile: str  #: "check", "laptop" or "gpu"
    seed: int

    def __str__(self) -> str:
        gain = "" if self.gain is None else f" (bfloat16 runs {self.gain:.1f}x as fast as float32 here)"
        return f"{self.name} | {self.backend} | {self.precision}{gain} | profile {self.profile} | seed {self.seed}"


def setup(seed: int = 0) -> Device:
    """Load Keras and its backend, choose device and precision, seed everything, print one line.

    Safe to call again: it sets the same seeds anew. GPU memory grows as it is needed instead of
    being taken whole. ``mixed_bfloat16`` is chosen where a measurement shows it at least
    1.3 times as fast as float32; the choice is kept for this machine. The ``check`` profile always
    uses float32, so that marks do not depend on the machine.

    Args:
        seed: for Python's, NumPy's and the backend's generators, 0 … 2³²−1.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise ValueError(f"seed={seed!r}: expected a whole number from 0 to 2**32 - 1.")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # JAX: grow GPU memory
    with quiet_startup():
        import keras

        gpus = _gpus()
        keras.ops.sum(keras.ops.ones(1))  # the first operation starts the device
        keras.utils.set_random_seed(seed)  # on JAX this is what loads TensorFlow
    chosen_profile = profile()
    gain = None if chosen_profile == "check" else _low_precision_gain(gpus)
    precision = "mixed_bfloat16" if (gain or 0) >= MINIMUM_GAIN else "float32"
    keras.config.set_dtype_policy(precision)
    device = Device(_device_name(gpus), _backend(), precision, gain, chosen_profile, seed)
    print(device)
    return device


def profile() -> str:
    """Return which sizes to use: ``"check"`` while grading and in tests, ``"gpu"``, or ``"laptop"``.

    ``GENERATIVE_VISION_PROFILE`` overrides; a running nbgrader means ``"check"``.
    """
    wanted = os.environ.get("GENERATIVE_VISION_PROFILE")
    if wanted:
        if wanted not in PROFILES:
            raise ValueError(f"GENERATIVE_VISION_PROFILE={wanted!r} is not known: use one of {', '.join(PROFILES)}.")
        return wanted
    if os.environ.get("NBGRADER_EXECUTION"):
        return "check"
    return "gpu" if _gpus() else "laptop"


def choose(*, check: T, laptop: T, gpu: T) -> T:
    """Return the value for the profile in force, such as a number of training steps."""
    return {"check": check, "laptop": laptop, "gpu": gpu}[profile()]


@contextlib.contextmanager
def quiet_startup():
    """Keep a library's C++ start-up lines off stderr, which Python's own redirection cannot reach."""
    try:
        sys.stderr.flush()
        saved = os.dup(2)
    except OSError:  # no stderr at all, as under pythonw on Windows
        yield
        return
    with open(os.devnull, "w") as sink:
        os.dup2(sink.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def _gpus() -> list:
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        for gpu in gpus:
            with contextlib.suppress(RuntimeError):  # already in use: too late to change, and harmless
                tf.config.experimental.set_memory_growth(gpu, True)
        return gpus
    if keras.backend.backend() == "jax":
        import jax

        return [d for d in jax.devices() if d.platform == "gpu"]
    import torch

    return list(range(torch.cuda.device_count()))


def _device_name(gpus: list) -> str:
    import keras

    if not gpus:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return f"CPU, {cores} cores"
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU")
    if keras.backend.backend() == "jax":
        return gpus[0].device_kind
    import torch

    return torch.cuda.get_device_name(0)


def _backend() -> str:
    import importlib.metadata

    import keras

    name = keras.backend.backend()
    return f"{name} {importlib.metadata.version(name)}"


def _low_precision_gain(gpus: list) -> float:
    """Time of a convolution in float32 over its time in bfloat16, kept for this machine."""
    path = _cache_folder() / "precision.json"
    key = f"{_backend()} on {_device_name(gpus)}, {platform.node()}"
    kept = {}
    with contextlib.suppress(OSError, ValueError):
        kept = json.loads(path.read_text(encoding="utf-8"))
    gain = kept.get(key) if isinstance(kept, dict) else None
    if isinstance(gain, (int, float)) and gain > 0:
        return float(gain)
    with quiet_startup():
        gain = round(_seconds("float32") / _seconds("bfloat16"), 2)
    with contextlib.suppress(OSError):  # a read-only home: measure again next time
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps({**(kept if isinstance(kept, dict) else {}), key: gain}), encoding="utf-8")
        fresh.replace(path)  # whole or not at all, also when two notebooks start together
    return gain


def _seconds(dtype: str) -> float:
    """Best of seven timings of one 3x3 convolution, the work that lessons spend their time on."""
    from keras import ops

    x = ops.ones((64, 14, 14, 64), dtype)
    kernel = ops.ones((3, 3, 64, 64), dtype)
    best = float("inf")
    for _ in range(7):
        start = time.perf_counter()
        y = ops.conv(x, kernel, padding="same")
        ops.convert_to_numpy(ops.cast(y[:1, :1, :1, :1], "float32"))  # waits for the device
        best = min(best, time.perf_counter() - start)
    return best


def _cache_folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("generative-vision")
