"""Child processes: how they start, from where they import, when they end."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

STARTING_SECONDS = 120  # for a machine to have a process left
LOOK_SECONDS = 0.5  # seconds between two looks whether to stop


def child_processes(imported: str) -> Any:
    """Return the way to start child processes: forks of one that has imported a module."""
    if "forkserver" not in multiprocessing.get_all_start_methods():  # Windows
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([imported])
    return context


def start_when_possible(process: Any, stop: Event) -> None:
    """Start a child process; where the machine has none left, wait until others have ended.

    Raises:
        OSError: there was none for long, or the run is to stop.
        EOFError: the same: the process that forks for others could not, and ended.
    """
    end = time.monotonic() + STARTING_SECONDS
    while True:
        try:
            with _safe_path():
                process.start()
            return
        except (OSError, EOFError):
            if time.monotonic() > end or stop.wait(LOOK_SECONDS):
                raise


def end_with_parent() -> None:
    """End with the process that marks all, however that ends: the next run has the folder alone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        join = parent.join
        Thread(target=lambda: (join(), os._exit(1)), daemon=True).start()


@contextmanager
def _safe_path() -> Iterator[None]:
    """Let no Python that starts meanwhile import from the folder where the command was called.

    A student's files may lie there. What is forked later comes from a process that started so.
    """
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("PYTHONSAFEPATH", None)
