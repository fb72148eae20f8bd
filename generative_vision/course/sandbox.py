"""A kernel that runs a submission shut off: no network, no files but Python's own, bounded memory.

Only the kernel runs inside; the notebook, the gradebook and the other submissions stay outside and
nothing that student code wrote is ever unpickled. Isolation is bubblewrap's (Linux).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from traitlets import Integer

from generative_vision.course import CourseError
from generative_vision.course.kernels import AttentiveKernelManager

_HOME = "/home/student"
_MOST_BLOCKS = 2**21  # of 512 bytes: no file of a submission's grows beyond 1 GiB


def hold_available() -> None:
    """Hold that this machine can isolate.

    Raises:
        CourseError: says what is missing, how to get it, and how to go without.
    """
    alternative = (
        "To run the submissions without isolation, with your own rights and files, add --no-isolation: "
        "do that only for code that you trust, or in a virtual machine made for it."
    )
    if shutil.which("bwrap") is None:
        raise CourseError(
            "Submissions run isolated, and that needs bubblewrap, which is not installed. On Debian or Ubuntu: "
            f"sudo apt-get install bubblewrap. On macOS and Windows there is none. {alternative}"
        )
    trial = subprocess.run(["bwrap", *_walls(), "true"], capture_output=True, text=True, env=_environment())
    if trial.returncode:
        raise CourseError(f"bubblewrap cannot isolate here: {trial.stderr.strip()} {alternative}")


class IsolatedKernelManager(AttentiveKernelManager):
    """Starts the kernel inside bubblewrap and talks to it through sockets in a folder of its own."""

    memory_gib = Integer(8, help="Address space of the kernel, in GiB.").tag(config=True)

    def __init__(self, *args, **kwargs):
        kwargs["transport"] = "ipc"  # sockets in the file system: they cross where the network is cut
        super().__init__(*args, **kwargs)
        self._bridge = Path(tempfile.mkdtemp(prefix="gv-"))
        self.connection_file = str(self._bridge / "kernel.json")
        self.ip = str(self._bridge / "socket")
        # A signal would end bubblewrap, and the kernel with it: ask the kernel to interrupt itself.
        self.kernel_spec.interrupt_mode = "message"

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        """Return the kernel's command, wrapped in the walls and the memory limit."""
        command = super().format_kernel_cmd(extra_arguments)
        # JPY_PARENT_PID: seen from inside, the parent is gone, and ipykernel would end itself.
        limit = f'unset JPY_PARENT_PID; ulimit -v {self.memory_gib * 2**20}; ulimit -f {_MOST_BLOCKS}; exec "$@"'
        return ["bwrap", *_walls(self._bridge), "/bin/sh", "-c", limit, "sh", *command]

    async def _async_pre_start_kernel(self, **kwargs):
        self._bridge.mkdir(exist_ok=True)
        _copy_font_list(self._bridge / "matplotlib")
        kwargs.update(env=_environment(self._bridge), cwd=str(self._bridge), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        command, kwargs = await super()._async_pre_start_kernel(**kwargs)
        return command, kwargs

    pre_start_kernel = _async_pre_start_kernel

    async def _async_cleanup_resources(self, restart: bool = False):
        await super()._async_cleanup_resources(restart=restart)
        if not restart:
            shutil.rmtree(self._bridge, ignore_errors=True)

    cleanup_resources = _async_cleanup_resources


def _walls(bridge: Path | None = None) -> list[str]:
    """bubblewrap's arguments: which files the kernel sees, all but its own folder read-only."""
    package = Path(__file__).resolve().parents[1]
    walls = ["--unshare-all", "--die-with-parent", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    walls += ["--dir", _HOME, "--chdir", _HOME]
    for folder in ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        if os.path.islink(folder):
            walls += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            walls += ["--ro-bind", folder, folder]
    for file in ("/etc/ld.so.cache", "/etc/fonts", "/etc/alternatives", "/etc/localtime", "/etc/passwd"):
        walls += ["--ro-bind-try", file, file]
    for folder in dict.fromkeys([sys.base_prefix, sys.prefix, str(package)]):
        walls += ["--ro-bind", folder, folder]
    if bridge is not None:
        walls += ["--bind", str(bridge), str(bridge)]
    return walls


def _environment(bridge: Path | None = None) -> dict[str, str]:
    """The kernel's environment: nothing of the instructor's own."""
    environment = {
        "HOME": _HOME, "PATH": f"{sys.prefix}/bin:/usr/bin:/bin", "LANG": "C.UTF-8",
        "NBGRADER_EXECUTION": "autograde", "GENERATIVE_VISION_PROFILE": "tiny",
    }  # fmt: skip
    if bridge is not None:
        environment["MPLCONFIGDIR"] = str(bridge / "matplotlib")
    return environment


def _copy_font_list(folder: Path) -> None:
    """Give matplotlib its list of fonts, which it would otherwise make anew in every kernel."""
    import matplotlib.font_manager

    folder.mkdir(exist_ok=True)
    for file in Path(matplotlib.get_cachedir()).glob("fontlist-*.json"):
        shutil.copy(file, folder)
