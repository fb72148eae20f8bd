"""The module with backend-specific code: devices, start-up output, speed in bfloat16."""

from __future__ import annotations

import contextlib
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from generative_vision.files import read_facts, write_facts


@contextlib.contextmanager
def quiet_startup():
    """Suppress a library's C++ output on stderr, out of reach of Python's redirection."""
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
    """Return the backend's GPUs; TensorFlow's grow their memory as it is needed."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        found = tf.config.list_physical_devices("GPU")
        for gpu in found:
            with contextlib.suppress(
                RuntimeError
            ):  # already in use: too late to change, and harmless
                tf.config.experimental.set_memory_growth(gpu, True)
        return found
    if keras.backend.backend() == "jax":
        import jax

        return [d for d in jax.devices() if d.platform == "gpu"]
    import torch

    return list(range(torch.cuda.device_count()))


def batches(x, y, batch_size: int | None, shuffle: bool) -> tuple:
    """Return x, y and options for ``fit``: on TensorFlow arrays become an untuned pipeline.

    Keras' own pipeline of arrays lets TensorFlow tune it, with threads that take a tenth to a fifth
    of two cores from training. This one gives the same batches in the same order, which under a
    seed is one order for all epochs. A dataset, and arrays on other backends, stay as they are.
    """
    import keras

    if not hasattr(x, "__array__"):
        return x, y, {"shuffle": False} | ({} if batch_size is None else {"batch_size": batch_size})
    if keras.backend.backend() != "tensorflow":
        return x, y, {"batch_size": batch_size, "shuffle": shuffle}
    import tensorflow as tf

    arrays = [tf.convert_to_tensor(part) for part in ([x] if y is None else [x, y])]
    n, size = len(x), batch_size or 32

    def order(_):
        rows = tf.range(n, dtype=tf.int64)
        return tf.random.shuffle(rows) if shuffle else rows

    rows = tf.data.Dataset.range(1).map(order).unbatch().batch(size)
    rows = rows.apply(tf.data.experimental.assert_cardinality(-(-n // size)))
    cut = rows.map(lambda batch: tuple(tf.gather(array, batch) for array in arrays))
    tuning = tf.data.Options()
    tuning.autotune.enabled = False
    return cut.prefetch(1).with_options(tuning), None, {"shuffle": False}  # it shuffles already


def checked_pipeline(data, check: Callable, classes: int):
    """Return a tf.data pipeline whose batches x or (x, y) are checked, and cast, as they are read.

    TensorFlow tells by itself what is plainly right, x in [−1, 1] and y below ``classes`` or ones
    and zeros: that takes a tenth of a millisecond. All else goes to ``check``, in Python.
    """
    import tensorflow as tf

    def told(*batch):
        check(batch)
        return True

    def cast(*batch):
        x, *y = (tf.cast(batch[0], "float32"), *batch[1:])
        right = tf.reduce_all(tf.abs(x) <= 1)  # not where it is NaN
        for place, given in enumerate(y):
            rank = given.shape.rank
            y[place] = now = tf.cast(given, "int64" if rank == 1 else "float32")
            if rank == 1:
                known = (now >= 0) & (now < classes)
            else:  # rows; or the images themselves as their own target
                known = (now == 0) | (now == 1) if rank == 2 else now == x
                right &= rank != 2 or given.shape[-1] == classes
            right &= tf.reduce_all(known & (tf.cast(now, given.dtype) == given))
        tf.cond(right, lambda: True, lambda: tf.numpy_function(told, batch, tf.bool))
        return (x, *y)

    return data.map(cast).prefetch(1)


@contextlib.contextmanager
def variables_kept(model):
    """Leave a model its variables when data raise an error.

    On JAX Keras takes them from the model for an epoch, and some stay away if it ends in an error:
    those of ``evaluate``, or all where there was no step yet.
    """
    if not hasattr(model, "jax_state_sync"):
        yield
        return
    own = [*model.variables, *(model.optimizer.variables if model.compiled else ())]
    before = [(variable, variable.value) for variable in own]
    try:
        yield
    except Exception:
        model.jax_state_sync()
        for variable, value in before:
            try:
                variable.numpy()
            except TypeError:  # it has no value
                variable.assign(value)
        raise


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


def low_precision_gain(found: list, threshold: float) -> float:
    """Return the time of a training step in float32 over that in bfloat16, measured once.

    Args:
        threshold: the gain that decides; near it the measurement takes longer.
    """
    path = _cache_folder() / "precision.json"
    key = f"training steps in turn, {backend_version()} on {device_name(found)}, {platform.node()}"
    gain = read_facts(path).get(key)
    if isinstance(gain, (int, float)) and gain > 0:
        return float(gain)
    with quiet_startup():
        gain = time_ratio(_training_step("float32"), _training_step("mixed_bfloat16"), threshold)
    write_facts(path, {**read_facts(path), key: round(gain, 2)})
    return round(gain, 2)


def time_ratio(
    first: Callable,
    second: Callable,
    threshold: float,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Return the first's time over the second's: the median of pairs measured in turn.

    So what else the machine does meets both alike. It takes two seconds and ten pairs at least, and
    three times as much where the ratio is within a tenth of the threshold.
    """
    ratios, start = [], clock()
    while True:
        begin = clock()
        first()
        middle = clock()
        second()
        ratios.append((middle - begin) / (clock() - middle))
        ratio = statistics.median(ratios)
        patience = 3 if abs(ratio / threshold - 1) < 0.1 else 1
        if len(ratios) >= 10 * patience and clock() - start >= 2 * patience:
            return ratio


def _training_step(policy: str) -> Callable:
    """Return one training step of an autoencoder as a function, traced.

    A whole step, because what low precision gains in convolutions may be lost around them.
    """
    import keras
    import numpy as np

    from generative_vision.models.autoencoder import Autoencoder

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = Autoencoder(32)
    finally:
        keras.config.set_dtype_policy(before)
    model.compile(optimizer="adam")
    batch = np.full((64, 28, 28, 1), -1, "float32")

    def step():
        model.train_on_batch(batch)  # returns the loss, and so waits for the device

    step()
    return step


def _cache_folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("generative-vision")
