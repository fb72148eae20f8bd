"""Bounds of the process that marks a submission, beside those of the submission itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from generative_vision.course.grading.walls import NO_CORE

MAX_GIB = 2  # address space of a process that marks a submission, which needs a third of it
THREAD_BYTES = 48 * 2**20  # more of it for each core: NumPy's thread has a stack and a buffer


def bound_this_process() -> None:
    """Bound what a submission may fill of the process that marks it, and leave no image of that.

    A kernel may send a message of countless empty parts, which ZeroMQ keeps until it ends. Where no
    more memory can be had ZeroMQ aborts, and an image would hold solutions.
    """
    with suppress(ImportError, ValueError, OSError):  # Windows, macOS
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = MAX_GIB * 2**30 + (os.cpu_count() or 1) * THREAD_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
        resource.setrlimit(resource.RLIMIT_CORE, (NO_CORE, NO_CORE))  # last: 0 may be for good
    with suppress(OSError):  # as a kernel is: where memory ends, the largest goes first
        Path("/proc/self/oom_score_adj").write_text("1000")


@contextmanager
def lifted_bound() -> Iterator[None]:
    """Let what starts meanwhile not inherit this process's bound on memory: a kernel needs more."""
    try:
        import resource  # not on Windows
    except ImportError:
        yield
        return
    bound, hard = resource.getrlimit(resource.RLIMIT_AS)
    with suppress(ValueError, OSError):  # macOS
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    try:
        yield
    finally:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
