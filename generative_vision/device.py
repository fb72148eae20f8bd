"""The one module that knows of a particular backend: its devices, its start-up noise, its speed in low precision."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
import time
from pathlib import Path

from generative_vision.kept import read_kept, write_kept


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


def lighten_pipelines() -> None:
    """Make light the data pipelines that Keras makes of arrays for TensorFlow; on other backends nothing.

    Untuned: with the tuner, ``fit`` now and then returned seconds after training had ended, 14 after 72 in one case.
    Sliced where nothing is shuffled: Keras' own pipeline costs each ``predict`` a tenth of a second, this one a hundredth.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return
    import numpy as np
    import tensorflow as tf
    from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter  # Keras has no setting for it

    made = ArrayDataAdapter.get_tf_dataset
    if getattr(made, "light", False):
        return

    def get_tf_dataset(adapter):
        arrays = keras.tree.lists_to_tuples(adapter._inputs)
        if adapter._shuffle or not all(isinstance(array, np.ndarray) for array in keras.tree.flatten(arrays)):
            data = made(adapter)
        else:
            data = tf.data.Dataset.from_tensor_slices(arrays).batch(adapter._batch_size).prefetch(1)
        options = tf.data.Options()
        options.autotune.enabled = False
        return data.with_options(options)

    get_tf_dataset.light = True
    ArrayDataAdapter.get_tf_dataset = get_tf_dataset


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
    """Time of a training step in float32 over its time in bfloat16, kept for this machine."""
    path = _cache_folder() / "precision.json"
    key = f"training step, {backend_version()} on {device_name(found)}, {platform.node()}"
    gain = read_kept(path).get(key)
    if isinstance(gain, (int, float)) and gain > 0:
        return float(gain)
    with quiet_startup():
        gain = round(_step_seconds("float32") / _step_seconds("mixed_bfloat16"), 2)
    write_kept(path, {**read_kept(path), key: gain})
    return gain


def _step_seconds(policy: str) -> float:
    """Best of five timings of one training step of a small autoencoder: whole steps, because a network that gains in
    its convolutions may lose as much again in everything around them."""
    import keras
    import numpy as np

    from generative_vision.models.autoencoder import Autoencoder

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = Autoencoder(8)
    finally:
        keras.config.set_dtype_policy(before)
    model.compile(optimizer="adam")
    batch = np.zeros((64, 28, 28, 1), "float32")
    best = float("inf")
    for _ in range(6):  # the first one traces
        start = time.perf_counter()
        model.train_on_batch(batch)  # returns the loss, and so waits for the device
        best = min(best, time.perf_counter() - start)
    return best


def _cache_folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("generative-vision")
