"""A kernel that runs a submission shut off: no network, no files but Python's own, bounded memory.

Only the kernel runs inside; the notebook, the gradebook and the other submissions stay outside and
nothing that student code wrote is ever unpickled. Isolation is bubblewrap's (Linux). The kernel's
sockets lie in a small file system of its own, which the outside reaches through ``/proc``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, cast

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Integer

from generative_vision.course import CourseError
from generative_vision.course.grading.limits import Limits

_HOME = "/home/student"
_CACHE = f"{_HOME}/.cache"
_MATPLOTLIB = f"{_CACHE}/matplotlib"  # its list of fonts
_SOCKETS = "/run/kernel"  # inside: the kernel's sockets and its connection file
_MAX_MEGABYTES = 256  # of each writable folder inside
_SECONDS = 60  # for a kernel to open its sockets
_NOBODY = "65534"


def validate_available() -> None:
    """Check that this machine can isolate.

    Raises:
        CourseError: says what is missing, how to get it, and how to go without.
    """
    alternative = (
        "To run the submissions without isolation, with your own rights and files, add "
        "--no-isolation: do that only for code that you trust, or in a virtual machine made for it."
    )
    program = shutil.which("bwrap")
    if program is None:
        raise CourseError(
            "Submissions run isolated, and that needs bubblewrap, which is not installed. On "
            "Debian or Ubuntu: sudo apt-get install bubblewrap. On macOS and Windows there is "
            f"none: grade in a Linux container or in WSL2. {alternative}"
        )
    command = [sys.executable, "-c", "import ipykernel, generative_vision"]
    trial = subprocess.run(
        [program, *_walls(), *_dropped(), *command],
        capture_output=True,
        text=True,
        env=_environment(),
    )
    if trial.returncode:
        reason = (trial.stderr.strip().splitlines() or ["it does not say why"])[-1]
        raise CourseError(f"bubblewrap cannot isolate here: {reason} {alternative}")


class SandboxProvisioner(LocalProvisioner):
    """Starts a kernel inside bubblewrap, without rights, in bounded memory."""

    memory_gib = Integer(8, help="Address space of the kernel, in GiB.").tag(config=True)

    @property
    def manager(self) -> SandboxedKernelManager:
        """The manager of the kernel."""
        return cast("SandboxedKernelManager", self.parent)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Write the connection file for the inside; replace the environment and the folder."""
        self.manager.ip = f"{_SOCKETS}/socket"
        kwargs = await super().pre_launch(**kwargs)
        kwargs.update(
            env=_environment(), cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        return kwargs

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start the kernel and wait for its sockets, whose place is that seen from outside."""
        outside = os.path.realpath(self.manager.connection_file)
        os.chmod(outside, 0o644)  # its folder is private; inside, another user reads it
        inside = f"{_SOCKETS}/kernel.json"
        command = [argument.replace(outside, inside) for argument in cmd]
        # JPY_PARENT_PID: seen from inside, the parent is gone, and ipykernel would end itself.
        limit = (
            f"unset JPY_PARENT_PID; ulimit -c 0; ulimit -v {self.memory_gib * 2**20}; "
            f'ulimit -f {_MAX_MEGABYTES * 2048}; exec "$@"'
        )
        reader, writer = os.pipe()
        try:
            walls = [*_walls((outside, inside)), "--info-fd", str(writer), *_dropped()]
            self.limits = Limits(self.memory_gib * 2**30)
            connection = await super().launch_kernel(
                self.limits.wrap(["bwrap", *walls, "/bin/sh", "-c", limit, "sh", *command]),
                **kwargs,
                pass_fds=(writer,),
            )
        finally:
            os.close(writer)
        connection["ip"] = f"/proc/{_child_of(reader)}/root{_SOCKETS}/socket"
        await self._wait_for_sockets(connection["ip"])
        return connection

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the control group and the connection file's folder."""
        await super().cleanup(restart=restart)
        self.limits.close()
        self.manager.folder.cleanup()

    async def _wait_for_sockets(self, place: str) -> None:
        end = time.monotonic() + _SECONDS
        while not all(os.path.exists(f"{place}-{port}") for port in self.manager.ports):
            if time.monotonic() > end or await self.poll() is not None:
                await self.kill()
                raise RuntimeError("the kernel did not start in the sandbox")
            await asyncio.sleep(0.02)


class SandboxedKernelManager(KernelManager):
    """Manages one kernel inside the sandbox."""

    def __init__(self, **kwargs: Any):
        # sockets in the file system: they cross where the network is cut
        super().__init__(**{**kwargs, "transport": "ipc"})
        self.folder = tempfile.TemporaryDirectory(prefix="gv-")  # of the connection file
        self.connection_file = str(Path(self.folder.name) / "kernel.json")
        spec = cast("KernelSpec", self.kernel_spec)
        self.provisioner = SandboxProvisioner(kernel_id="", kernel_spec=spec, parent=self)


def _walls(connection_file: tuple[str, str] | None = None) -> list[str]:
    """Return bubblewrap's arguments: which files the kernel sees, nearly all of them read-only."""
    package = Path(__file__).resolve().parents[2]
    # Started as root, the kernel becomes nobody instead of the root of a user namespace.
    spaces = ["pid", "net", "ipc", "uts", "cgroup-try"]
    walls = [f"--unshare-{space}" for space in spaces] if _is_root() else ["--unshare-all"]
    walls += [] if _is_root() else ["--cap-drop", "ALL"]
    walls += ["--die-with-parent", "--new-session"]
    walls += ["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev"]
    for folder in ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        if os.path.islink(folder):
            walls += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            walls += ["--ro-bind", folder, folder]
    walls += _parents("/etc/fonts")
    files = ("ld.so.cache", "fonts", "alternatives", "localtime", "passwd")
    for file in (f"/etc/{name}" for name in files):
        walls += ["--ro-bind-try", file, file]
    for folder in (_HOME, "/tmp", "/dev/shm", _SOCKETS):
        walls += [*_parents(folder), "--perms", "1777"]
        walls += ["--size", str(_MAX_MEGABYTES * 2**20), "--tmpfs", folder]
    for folder in dict.fromkeys([sys.base_prefix, sys.prefix, str(package)]):
        walls += [*_parents(folder), "--ro-bind", folder, folder]
    for folder in (_CACHE, _MATPLOTLIB):
        walls += ["--perms", "1777", "--dir", folder]
    for font_list in _font_lists():
        walls += ["--ro-bind", str(font_list), f"{_MATPLOTLIB}/{font_list.name}"]
    if connection_file is not None:
        walls += ["--ro-bind", *connection_file]
    return [*walls, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", _HOME]


def _parents(folder: str) -> list[str]:
    """Return arguments that make a folder's parents, which bubblewrap would close to others."""
    return [
        argument
        for parent in reversed(Path(folder).parents[:-1])
        if str(parent) not in ("/usr", "/dev")
        for argument in ("--perms", "0755", "--dir", str(parent))
    ]


def _dropped() -> list[str]:
    """Return the command that gives up root's rights, where there are any."""
    if not _is_root():
        return []
    return [
        "setpriv",
        f"--reuid={_NOBODY}",
        f"--regid={_NOBODY}",
        "--clear-groups",
        "--no-new-privs",
        "--bounding-set=-all",
        "--inh-caps=-all",
    ]


def _is_root() -> bool:
    return os.geteuid() == 0


def _environment() -> dict[str, str]:
    """Return the kernel's environment: nothing of the instructor's own."""
    return {
        "HOME": _HOME,
        "PATH": f"{sys.prefix}/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "NBGRADER_EXECUTION": "autograde",
        "GENERATIVE_VISION_PROFILE": "tiny",
    }


def _font_lists() -> list[Path]:
    """Return matplotlib's lists of fonts, which it would otherwise make anew in every kernel."""
    import matplotlib

    return list(Path(matplotlib.get_cachedir()).glob("fontlist-*.json"))


def _child_of(reader: int) -> int:
    """Return the process id of the sandbox's first process, which bubblewrap writes to a pipe."""
    written = b""
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        # to the end of its JSON: bubblewrap writes piece by piece, and dies if nobody reads on
        while b"}" not in written and select.select([pipe], [], [], _SECONDS)[0]:
            if not (more := pipe.read(4096)):
                break
            written += more
    with contextlib.suppress(ValueError, KeyError):
        return int(json.loads(written)["child-pid"])
    raise RuntimeError("bubblewrap did not start")
