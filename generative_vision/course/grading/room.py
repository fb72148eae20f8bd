"""How much memory and how many processes there are, and what one kernel may have of that.

A container, or a slice of systemd, has less than its machine: the bounds of its control group, and
of each around that, hold for this process and all that it starts together.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from generative_vision.course.grading.limits import MAX_PROCESSES, MORE_PROCESSES

MEMORY_OF_ONE = 2 * 2**30  # that a kernel needs for a lesson
_PROCESSES_OF_ONE = 108  # of one processor
_ROOT = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")
_SYSTEM = Path("/proc/sys/kernel")
_FREE = Path("/proc/meminfo")


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


def free_memory(root: Path = _ROOT, own: Path = _OWN, machine: Path = _FREE) -> int:
    """Return how many bytes of memory nobody holds now.

    What the system keeps of files is free: it can read them again.

    Args:
        root: where control groups are mounted.
        own: the file that names the control groups of this process.
        machine: the file in which the system counts its memory.
    """
    free = [memory(root, own)]
    with suppress(OSError):
        said = re.search(r"^MemAvailable: +(\d+) kB$", machine.read_text("utf-8"), re.MULTILINE)
        free += [int(said[1]) * 1024] if said else []
    bounds = _files(root, own, "memory", "memory.limit_in_bytes", "memory.max")
    held = _files(root, own, "memory", "memory.usage_in_bytes", "memory.current")
    for bound, used in zip(bounds, held):
        with suppress(OSError, ValueError):  # "max"
            counts = (used.parent / "memory.stat").read_text("utf-8")
            total = "total_" if used.name == "memory.usage_in_bytes" else ""  # of groups inside
            files = re.findall(rf"^{total}(?:in)?active_file (\d+)$", counts, re.MULTILINE)
            free.append(int(bound.read_text()) - int(used.read_text()) + sum(map(int, files)))
    return max(0, min(free))


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


def possible_neighbours(free: int) -> int:
    """Return how many kernels can run at the same time: by cores, memory and processes.

    Args:
        free: bytes of memory.
    """
    possible = [os.cpu_count() or 1, _for_all(free) // MEMORY_OF_ONE]
    if (there := processes()) is not None:
        possible.append(_for_all(there) // _PROCESSES_OF_ONE)
    return max(1, min(possible))


def bytes_of_one(gib: int, neighbours: int, free: int) -> int:
    """Return a kernel's bound in bytes.

    It is what a lesson needs where the machine has that, free or not: where others hold it, the
    machine's memory runs out, and not the submission's, which would cost that its mark.

    Args:
        gib: the most that a kernel may have.
        free: bytes of memory for all kernels and what marks them.
    """
    least = min(MEMORY_OF_ONE, _for_all(memory()))
    return min(gib * 2**30, max(least, _for_all(free) // neighbours))


def processes_of_one(neighbours: int) -> int:
    """Return a kernel's bound of processes and threads."""
    there, all_processors = processes(), os.cpu_count() or 1
    own = processors_of_one(neighbours) or all_processors
    most = MAX_PROCESSES + int(MORE_PROCESSES * own) + all_processors
    return most if there is None else min(most, _for_all(there) // neighbours)


def processors_of_one(neighbours: int) -> float | None:
    """Return how many processors a kernel may use at most; any number if it is alone."""
    return None if neighbours == 1 else (os.cpu_count() or 1) / neighbours


def _for_all(there: int) -> int:
    """Return what all kernels together may use: the rest is for what marks them."""
    return there * 3 // 4


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
