"""How much memory and how many processes there are, for this process and all that it starts.

A container, or a slice of systemd, has less than its machine: the bounds of its control group, and
of each around that, hold for all of these together.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")
_SYSTEM = Path("/proc/sys/kernel")


def memory(root: Path = _ROOT, own: Path = _OWN) -> int:
    """Return how many bytes of memory there are.

    Args:
        root: where control groups are mounted.
        own: the file that names the control groups of this process.

    Raises:
        AttributeError, OSError, ValueError: the system does not say.
    """
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    files = _files(root, own, "memory", "memory.limit_in_bytes", "memory.max")
    return min([machine, *_numbers(files)])


def processes(root: Path = _ROOT, own: Path = _OWN, system: Path = _SYSTEM) -> int | None:
    """Return how many processes and threads there may be; None where the system does not say.

    Args:
        root: where control groups are mounted.
        own: the file that names the control groups of this process.
        system: the folder of what the system itself bounds.
    """
    files = [system / "pid_max", system / "threads-max"]
    files += _files(root, own, "pids", "pids.max", "pids.max")
    return min(_numbers(files), default=None)


def _files(root: Path, own: Path, kind: str, version_1: str, version_2: str) -> Iterator[Path]:
    """Give the files of a kind of bound, of this process's control group and of those around."""
    groups = ""
    with suppress(OSError):
        groups = own.read_text(encoding="utf-8")
    for line, top, file in (
        (rf"^\d+:(?:[^:]*,)?{kind}(?:,[^:]*)?:/(.*)$", root / kind, version_1),
        (r"^0::/(.*)$", root, version_2),
    ):
        if found := re.search(line, groups, re.MULTILINE):
            place = Path(found[1])
            # a container's own path may not be there: what is mounted there is its own group
            for group in (place, *place.parents):
                yield top / group / file


def _numbers(files: Iterator[Path] | list[Path]) -> list[int]:
    """Return the numbers that stand in files, without those where there is no bound."""
    found = []
    for file in files:
        with suppress(OSError, ValueError):  # "max"
            found.append(int(file.read_text(encoding="utf-8")))
    return found
