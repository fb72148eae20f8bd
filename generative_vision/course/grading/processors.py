"""Processors of its own for each submission that is marked while others are.

Shares of a processor do not hold for all that a submission costs: the system counts for nobody what
it does in interrupts, timers go off on the processor that set them, and the process that marks
works outside of the submission's control group.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue


def own() -> list[int]:
    """Return the numbers of the processors that this process may use; none where nobody says."""
    return sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []


def keep_to(some: list[int]) -> None:
    """Let this process, and what it starts, use only some processors; all if there are none."""
    if sys.platform == "linux" and some:
        os.sched_setaffinity(0, some)


class Parts:
    """This process's processors, divided among all that are marked at the same time."""

    def __init__(self, count: int):
        """Divide them.

        Args:
            count: of the parts; with more parts than processors, some have the same one.
        """
        known = own()
        self._free: SimpleQueue[list[int]] = SimpleQueue()
        for place in range(count):
            self._free.put(known[place % len(known) :: count] if known else [])

    @contextmanager
    def taken(self) -> Iterator[list[int]]:
        """Give a part that nobody else has until the end; wait for one if there is none."""
        part = self._free.get()
        try:
            yield part
        finally:
            self._free.put(part)
