"""JAX, in a process of its own, passes all of ``on_jax.py``, and tests that TensorFlow passes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FILES = [HERE / "on_jax.py", HERE / "test_golden.py", *sorted(HERE.glob("test_keras_*.py"))]
SOME = (
    "on_jax or autoencoder-32-denoising or dataset_gives"
    " or comes_back and latent or named_or_not and autoencoder"
)


@pytest.mark.parametrize(
    "chosen", [SOME, pytest.param("", marks=pytest.mark.full)], ids=["some", "all"]
)
def test_jax_passes(chosen):
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "CI": "",
        # a few steps are sooner done than compiled well
        "XLA_FLAGS": "--xla_backend_optimization_level=0",
    }
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-k", chosen]
    command = [sys.executable, "-m", "pytest", *options, *map(str, FILES)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=1800)
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout
