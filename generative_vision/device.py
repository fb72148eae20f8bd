"""The one module that knows of a particular backend: its devices, its start-up noise, its speed in low precision."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sys
import time
from pathlib import Path


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


def gpus() -> list:
    """Return the backend's GPUs; TensorFlow's are told to grow their memory as it is needed."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        found = tf.config.list_physical_devices("GPU")
        for gpu in found:
            with contextlib.suppress(RuntimeError):  # already in use: too late to change, and harmless
                tf.config.experimental.set_memory_growth(gpu, True)
        return found
    if keras.backend.backend() == "jax":
        import jax

        return [d for d in jax.devices() if d.platform == "gpu"]
    import torch

    return list(range(torch.cuda.device_count()))


def device_name(found: list) -> str:
    """Return the name of the first GPU found, or the number of cores that this process may use."""
    import keras

    if not found:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return f"CPU, {cores} cores"
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.config.experimental.get_device_details(found[0]).get("device_name", "GPU")
    if keras.backend.backend() == "jax":
        return found[0].device_kind
    import torch

    return torch.cuda.get_device_name(0)


def backend_version() -> str:
    """Return the backend's name and version, such as ``"tensorflow 2.21.0"``."""
    import importlib.metadata

    import keras

    name = keras.backend.backend()
    return f"{name} {importlib.metadata.version(name)}"


def low_precision_gain(found: list) -> float:
    """Time of a convolution in float32 over its time in bfloat16, kept for this machine."""
    path = _cache_folder() / "precision.json"
    key = f"{backend_version()} on {device_name(found)}, {platform.node()}"
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
