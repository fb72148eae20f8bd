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
from threading import Lock


def own() -> list[int]:
    """Return the numbers of the processors that this process may use; none where nobody says."""
    return sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []


def keep_to(some: list[int]) -> None:
    """Let this process, and what it starts, use only some processors; all if there are none."""
    if sys.platform == "linux" and some:
        os.sched_setaffinity(0, some)


class Parts:
    """This process's processors, divided among all that are marked at the same time.

    Who has a part marks; who has them all is alone.
    """

    def __init__(self, count: int):
        """Divide them.

        Args:
            count: of the parts; with more parts than processors, some have the same one.
        """
        known = own()
        self._count = count
        self._door = Lock()  # who waits for all is waited for
        self._free: SimpleQueue[list[int]] = SimpleQueue()
        for place in range(count):
            self._free.put(known[place % len(known) :: count] if known else [])

    @contextmanager
    def taken(self, *, all_parts: bool = False) -> Iterator[list[int]]:
        """Give a part, or all, that nobody else has until the end; wait until it is free."""
        with self._door:
            parts = [self._free.get() for _ in range(self._count if all_parts else 1)]
        try:
            yield sorted({number for part in parts for number in part})
        finally:
            for part in parts:
                self._free.put(part)
