"""JAX, in a process of its own, passes all of ``on_jax.py``, and tests that TensorFlow passes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FILES = [HERE / "on_jax.py", HERE / "test_golden.py", *sorted(HERE.glob("test_keras_*.py"))]


@pytest.mark.full
def test_jax_passes():
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "CI": "",
        # a few steps are sooner done than compiled well
        "XLA_FLAGS": "--xla_backend_optimization_level=0",
    }
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command = [sys.executable, "-m", "pytest", *options, *map(str, FILES)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=1800)
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout
