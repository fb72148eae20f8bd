"""Bounds for all processes of a submission together, by control groups where the machine has them.

The processor is divided among submissions, whatever number of processes and sessions each has.
Three ways are tried: version 2, in a folder that this user may write to or through systemd;
version 1, as root; and none, where only each process by itself is bounded.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from pathlib import Path

from generative_vision.course.grading import locks

# and threads; a kernel on two processors starts some twenty. Who waits for a processor may hold
# meanwhile what others need inside the system, such as its list of mounts
MAX_PROCESSES = 96
MORE_PROCESSES = 12  # for each processor; NumPy starts one for each of the machine besides
MAX_STREAMS = 64 * 2**20  # bytes that wait in TCP's sockets, which version 1 counts apart
# for killed processes to be gone, which hold their memory until then: of files without content,
# the system gave back a third of a gigabyte each second
CLOSING_SECONDS = 60
# else more than the bound would go to the machine's swap; not every system has these files
_WHERE_OFFERED = (
    "memory.memsw.limit_in_bytes",
    "memory.kmem.tcp.limit_in_bytes",
    "memory.swap.max",
    "memory.oom.group",
    "cpu.cfs_quota_us",
    "cpu.max",
)
_NEARLY = 16 * 2**20  # bytes: what is asked for at once and refused may be more than is left
_PERIOD = 100_000  # microseconds in which a group has its share of the processor
_SHARES = {"cpu.shares", "cpu.weight"}  # of the processor
UNBOUNDED = (
    "This machine offers no control groups: memory and processes are bounded for each process of "
    "a submission, not for all of them together."
)
UNDIVIDED = (
    "This machine's control groups do not divide the processor: a submission with many processes "
    "makes the others slow. To mark one at a time, add --jobs 1."
)

_TO_SYSTEMD = ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")  # where its user manager is
_JOIN = 'for file in $1; do echo $$ > "$file" || exit 1; done; shift; exec "$@"'


class Limits:
    """A control group for one command and all that it starts.

    Attributes:
        folders: of the control group, one for each controller; empty where there is none.
        scope: systemd's arguments, where it makes the control group.
        is_bounded: whether there is a control group.
        is_divided: whether it has its share of the processor, however many processes run in it.
    """

    def __init__(
        self,
        memory: int,
        processes: int = MAX_PROCESSES,
        processors: float | None = None,
        *,
        root: Path = Path("/sys/fs/cgroup"),
        own: Path = Path("/proc/self/cgroup"),
    ):
        """Make a control group.

        Args:
            memory: bytes, files in memory included.
            processes: and threads.
            processors: how many at most, where others wait for them; any number if this is None.
                Shares alone are not kept everywhere: on Linux 6.18, a few endless loops that start
                programs took nearly all of two processors.
            root: where control groups are mounted.
            own: the file that names the control groups of this process.
        """
        self.folders: list[Path] = []
        self.scope: list[str] = []
        self._held: list[int] = []
        self._starved: bool | None = False
        self._before = ended_by_system()
        self._is_counted = False
        self._memory = memory
        self.is_divided = False
        name = f"{locks.PREFIX}{uuid.uuid4().hex}"
        try:
            for parent, bounds in places(root, own, memory, processes, processors):
                self._make(parent / name, bounds)
                self.is_divided |= not _SHARES.isdisjoint(bounds)
        except OSError:
            self.close()
        if not self.folders and _has_systemd():
            self.scope = ["systemd-run", "--user", "--scope", "--quiet"]
            self.scope += ["-p", f"MemoryMax={memory}", "-p", "MemorySwapMax=0"]
            self.scope += ["-p", f"TasksMax={processes}"]
            self.scope += ["-p", "CPUWeight=100"]
            if processors is not None:
                self.scope += ["-p", f"CPUQuota={max(1, int(100 * processors))}%"]
            self.scope += ["--"]
            self.is_divided = _systemd_divides(root)
        self.is_bounded = bool(self.folders or self.scope)
        self._is_counted = bool(self.folders)

    def wrap(self, command: list[str]) -> list[str]:
        """Return a command that runs in the control group."""
        if self.scope:  # the command learns nothing of the way to the user's services
            return [*self.scope, "env", *(f"--unset={name}" for name in _TO_SYSTEMD), *command]
        if not self.folders:
            return command
        files = " ".join(str(folder / "cgroup.procs") for folder in self.folders)
        return ["/bin/sh", "-c", _JOIN, "sh", files, *command]

    def environment(self) -> dict[str, str]:
        """Return the variables that ``wrap``'s command needs beside the command's own."""
        known = _TO_SYSTEMD if self.scope else ()
        return {name: os.environ[name] for name in known if name in os.environ}

    def join(self, process: int) -> None:
        """Put a process that runs already into the control group."""
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(process), encoding="utf-8")

    def ran_out(self) -> bool:
        """Tell whether the system has ended a process because the memory was used up.

        Each time it lists all processes of the group in its log, and so in a file of the machine.
        """
        return self._counts("oom_kill", "memory.oom_control", "memory.events")

    def starved(self) -> bool | None:
        """Tell whether the system has ended a process for memory that others hold.

        Then something was ended though the group never came to its own bound. It is remembered when
        the group is gone. None where nobody counts for the group, and the system ended a process of
        whomever.
        """
        if not self._starved and self.folders:
            full = self._was_full() or self._counts("oom", "memory.events")
            self._starved = self.ran_out() and not full
        elif self._starved is False and not self._is_counted and ended_by_system() > self._before:
            self._starved = None
        return self._starved

    def _was_full(self) -> bool:
        """Tell whether a group of version 1 has come to its bound; not every system counts that."""
        most = [0]
        for folder in self.folders:
            for kind in ("memory", "memory.memsw"):
                with suppress(OSError, ValueError):
                    most.append(int((folder / f"{kind}.max_usage_in_bytes").read_text("utf-8")))
        return max(most) > self._memory - _NEARLY

    def _counts(self, name: str, *files: str) -> bool:
        """Tell whether a file of the group counts any event of a name."""
        for folder in self.folders:
            for file in files:
                with suppress(OSError):
                    said = (folder / file).read_text(encoding="utf-8")
                    if re.search(rf"^{name} ?[1-9]", said, re.MULTILINE):
                        return True
        return False

    def close(self) -> None:
        """Remove the control group, as soon as its processes have ended."""
        self.starved()
        end = time.monotonic() + CLOSING_SECONDS
        while self.folders:
            try:
                self.folders[-1].rmdir()
            except FileNotFoundError:
                pass
            except OSError:
                if time.monotonic() < end:
                    time.sleep(0.02)
                    continue
            self.folders.pop()
        while self._held:
            os.close(self._held.pop())

    def _make(self, folder: Path, bounds: dict[str, int | str]) -> None:
        held = None
        while held is None:  # until no other run has taken it for one that was left
            folder.mkdir(exist_ok=True)  # it may be on its way out
            held = locks.hold(folder)
        self._held.append(held)
        self.folders.append(folder)
        for file, bound in bounds.items():
            if file in _WHERE_OFFERED and not (folder / file).exists():
                continue
            # a quota may be no larger than that of a container around
            with suppress(OSError) if file == "cpu.cfs_quota_us" else nullcontext():
                (folder / file).write_text(str(bound), encoding="utf-8")


def remove_left(root: Path = Path("/sys/fs/cgroup"), seconds: float = 0) -> None:
    """Remove the control groups of processes that were killed, once all is gone that ran in them.

    Args:
        root: where control groups are mounted.
        seconds: how long to wait for that.
    """
    end = time.monotonic() + seconds
    while sum(
        locks.remove_left(Path(folder), os.rmdir, locks.PREFIX) for folder, _, _ in os.walk(root)
    ):
        if time.monotonic() > end:
            return
        time.sleep(0.1)


def missing_bounds() -> str:
    """Return a sentence that says what this machine cannot bound; an empty one if nothing."""
    limits = Limits(2**30)
    limits.close()
    if not limits.is_bounded:
        return UNBOUNDED
    return "" if limits.is_divided else UNDIVIDED


def places(
    root: Path, own: Path, memory: int, processes: int, processors: float | None
) -> Iterator[tuple[Path, dict[str, int | str]]]:
    """Give the folders in which this process can make control groups, with their files of bounds.

    Raises:
        OSError: there are none.
    """
    groups = own.read_text(encoding="utf-8")
    quota = -1 if processors is None else int(processors * _PERIOD)
    bounds: dict[str, dict[str, int | str]] = {
        "memory": {
            "memory.limit_in_bytes": memory,
            "memory.memsw.limit_in_bytes": memory,  # with swap
            "memory.kmem.tcp.limit_in_bytes": MAX_STREAMS,
        },
        "pids": {"pids.max": processes},
        # against others as one process on each core, however many it has itself
        "cpu": {"cpu.shares": 1024 * (os.cpu_count() or 1), "cpu.cfs_quota_us": quota},
    }
    line = r"^\d+:(?:[^:]*,)?{}(?:,[^:]*)?:/(.*)$"
    found = {kind: re.search(line.format(kind), groups, re.MULTILINE) for kind in bounds}
    version_1 = {kind: root / kind / place[1] for kind, place in found.items() if place}
    if {"memory", "pids"} <= set(version_1):
        for kind, parent in version_1.items():
            if kind != "cpu" or parent.is_dir():
                yield parent, bounds[kind]
    elif version_2 := re.search(r"^0::/(.+)$", groups, re.MULTILINE):
        parent = (root / version_2[1]).parent  # controllers cannot be handed on where a process is
        enabled = set((parent / "cgroup.subtree_control").read_text(encoding="utf-8").split())
        if {"memory", "pids"} <= enabled and os.access(parent / "cgroup.procs", os.W_OK):
            bound: dict[str, int | str] = {"memory.max": memory, "memory.swap.max": 0}
            bound |= {"memory.oom.group": 1, "pids.max": processes}
            if "cpu" in enabled or _enables_cpu(parent):
                most = "max" if processors is None else quota
                bound |= {"cpu.weight": 100, "cpu.max": f"{most} {_PERIOD}"}
            yield parent, bound


def _enables_cpu(parent: Path) -> bool:
    """Let the groups in one of version 2 have shares of the processor, and tell whether they do."""
    with suppress(OSError):
        if "cpu" in (parent / "cgroup.controllers").read_text(encoding="utf-8").split():
            (parent / "cgroup.subtree_control").write_text("+cpu", encoding="utf-8")
            return True
    return False


def _systemd_divides(root: Path) -> bool:
    """Whether a user's manager may divide the processor: older ones may not."""
    user = os.getuid()
    manager = root / f"user.slice/user-{user}.slice/user@{user}.service"
    with suppress(OSError):
        return "cpu" in (manager / "cgroup.controllers").read_text(encoding="utf-8").split()
    return True  # it lies elsewhere: nobody says


def ended_by_system() -> int:
    """Return how many processes the system has ended for want of memory, whoever's they were."""
    with suppress(OSError):
        said = Path("/proc/vmstat").read_text(encoding="utf-8")
        if found := re.search(r"^oom_kill (\d+)$", said, re.MULTILINE):
            return int(found[1])
    return 0


def _has_systemd() -> bool:
    if shutil.which("systemd-run") is None:
        return False
    trial = ["systemd-run", "--user", "--scope", "--quiet", "true"]
    with suppress(subprocess.TimeoutExpired):
        return subprocess.run(trial, capture_output=True, timeout=10).returncode == 0
    return False
