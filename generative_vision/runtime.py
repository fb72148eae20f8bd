"""Where a lesson runs: backend, device, precision and seeds, and the profile that chooses sizes.

TensorFlow is the default backend; set ``KERAS_BACKEND=jax`` before starting Python for JAX.
"""

from __future__ import annotations

import logging
import os
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from generative_vision import device as _device

T = TypeVar("T")

PROFILES = ("tiny", "laptop", "gpu")
MINIMUM_GAIN = 1.3  # low precision must be this much faster to be chosen


@contextmanager
def limit_memory(most: int | None) -> Iterator[None]:
    """Raise an error at the end if Python and NumPy held more bytes at a time; None: any number.

    Raises:
        MemoryError: they did. Tensors do not count.
    """
    if most is None:
        yield
        return
    tracemalloc.start()
    try:
        yield
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    if held > most:
        raise MemoryError(f"it holds {held / 1e6:.0f} MB at a time; {most / 1e6:.0f} MB are enough")


@dataclass(frozen=True)
class Device:
    """What a lesson runs on: chosen once by ``setup``."""

    name: str  #: such as "CPU, 2 cores" or the GPU's own name
    backend: str  #: such as "tensorflow 2.21.0"
    precision: str  #: "float32" or "mixed_bfloat16"
    gain: float | None  #: time in float32 / time in bfloat16; None where it was not measured
    profile: str  #: "tiny", "laptop" or "gpu"
    seed: int

    def __str__(self) -> str:
        gain = (
            ""
            if self.gain is None
            else f" (a training step takes {1 / self.gain:.2f}x as long in bfloat16 here)"
        )
        facts = self.name, self.backend, f"{self.precision}{gain}"
        return " | ".join([*facts, f"profile {self.profile}", f"seed {self.seed}"])


def setup(seed: int = 0) -> Device:
    """Load Keras and its backend, choose device and precision, seed everything, print one line.

    Safe to call again: it sets the same seeds anew. GPU memory grows as it is needed instead of
    being taken whole. ``mixed_bfloat16`` is chosen where a measurement shows it at least 1.3 times
    as fast as float32; the measurement is stored for this machine. The ``tiny`` profile always uses
    float32, so that marks do not depend on the machine.

    Args:
        seed: for Python's, NumPy's and the backend's generators, 0 … 2³²−1.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise ValueError(f"seed={seed!r}: expected a whole number from 0 to 2**32 - 1.")
    load()
    with _device.quiet_startup():
        import keras

        # whatever another project wrote to keras.json
        keras.config.set_image_data_format("channels_last")
        keras.config.set_floatx("float32")
        keras.config.set_epsilon(1e-7)
        gpus = _device.gpus()
        keras.ops.sum(keras.ops.ones(1))  # the first operation starts the device
        keras.utils.set_random_seed(seed)  # on JAX this is what loads TensorFlow
    # a lesson may trace as many models as it likes
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    chosen_profile = profile()
    gain = None if chosen_profile == "tiny" else _device.low_precision_gain(gpus, MINIMUM_GAIN)
    precision = "mixed_bfloat16" if (gain or 0) >= MINIMUM_GAIN else "float32"
    keras.config.set_dtype_policy(precision)
    keras.utils.set_random_seed(seed)  # again: the measurement has drawn from the generators
    chosen = Device(
        _device.device_name(gpus), _device.backend_version(), precision, gain, chosen_profile, seed
    )
    print(chosen)
    return chosen


def load() -> None:
    """Load Keras and its backend, and start neither: a process that has done so may be forked."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # TensorFlow leaves oneDNN off on processors that gain by it, too
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # JAX: grow GPU memory
    with _device.quiet_startup():
        import keras  # noqa: F401


def profile() -> str:
    """Return which sizes to use: ``"tiny"`` while grading and in tests, ``"gpu"``, or ``"laptop"``.

    ``GENERATIVE_VISION_PROFILE`` overrides; a running nbgrader means ``"tiny"``.
    """
    wanted = os.environ.get("GENERATIVE_VISION_PROFILE")
    if wanted:
        if wanted not in PROFILES:
            raise ValueError(
                f"GENERATIVE_VISION_PROFILE={wanted!r} is not known: "
                f"use one of {', '.join(PROFILES)}."
            )
        return wanted
    if os.environ.get("NBGRADER_EXECUTION"):
        return "tiny"
    return "gpu" if _device.gpus() else "laptop"


def choose(*, tiny: T, laptop: T, gpu: T) -> T:
    """Return the value for the profile in force, such as a number of training steps."""
    return {"tiny": tiny, "laptop": laptop, "gpu": gpu}[profile()]
