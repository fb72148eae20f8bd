"""A kernel that runs a submission shut off: no network, no files but what it needs, bounded memory.

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
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Integer, Unicode

from generative_vision.course import CourseError
from generative_vision.course.grading import processors, room, shell
from generative_vision.course.grading.limits import Limits
from generative_vision.course.grading.locks import OwnFolder
from generative_vision.course.grading.syscalls import filter_program
from generative_vision.course.grading.walls import (
    HOME,
    MAX_FILES,
    MAX_MEGABYTES,
    MAX_SIGNALS,
    SOCKETS,
    WRITABLE,
    core_bound,
    dropped,
    environment,
    new_user,
    seen,
    walls,
)
from generative_vision.course.grading.warm import WarmError, WarmKernel, warm_process

_SECONDS = 60  # for a kernel to open its sockets


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
        [program, *walls(), *dropped(), *command],
        capture_output=True,
        text=True,
        env=environment(),
    )
    if trial.returncode:
        reason = (trial.stderr.strip().splitlines() or ["it does not say why"])[-1]
        raise CourseError(f"bubblewrap cannot isolate here: {reason.rstrip('.')}. {alternative}")


@contextlib.contextmanager
def warm_sandbox() -> Iterator[Path]:
    """Run a process in a sandbox that kernels can be forked from, and give its socket's path."""
    command = ["bwrap", *walls(is_warm=True), sys.executable, "-m", f"{__package__}.zygote"]
    with warm_process(command, environment()) as place:
        yield place


def try_warm(place: Path) -> str:
    """Return why no kernel can be forked from a warm process; an empty text where one can."""
    manager = SandboxedKernelManager()
    try:
        limits = Limits(2**30)
        if limits.scope:
            return "systemd bounds a process only as it starts it"
        kernel = WarmKernel(place, _request(manager, 2**30), limits)
        kernel.kill()
        kernel.wait()
        return ""
    except WarmError as error:
        return str(error)
    finally:
        limits.close()
        manager.folder.remove()


class SandboxProvisioner(LocalProvisioner):
    """Starts a kernel inside bubblewrap, without rights, in bounded memory."""

    memory_gib = Integer(8, help="Address space of the kernel, in GiB.").tag(config=True)
    neighbours = Integer(1, help="How many kernels share the machine.").tag(config=True)
    free = Integer(0, help="Bytes of memory for all kernels; measured if 0.").tag(config=True)
    warm = Unicode("", help="Socket of a process to fork kernels from.").tag(config=True)

    limits: Limits | None = None  # once it is launched

    @property
    def manager(self) -> SandboxedKernelManager:
        """The manager of the kernel."""
        return cast("SandboxedKernelManager", self.parent)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Write the connection file for the inside; replace the environment and the folder."""
        self.manager.ip = f"{SOCKETS}/socket"
        kwargs = await super().pre_launch(**kwargs)
        kwargs.update(
            env=environment(), cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        return kwargs

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start the kernel and wait for its sockets, whose place is that seen from outside."""
        free = self.free or room.free_memory()
        self.limits = limits = Limits(
            room.bytes_of_one(self.memory_gib, self.neighbours, free),
            room.processes_of_one(self.neighbours),
            room.processors_of_one(self.neighbours),
        )
        outside = os.path.realpath(self.manager.connection_file)
        if self.warm:
            with contextlib.suppress(WarmError):
                return await self._fork_kernel(limits)
        os.chmod(outside, 0o644)  # its folder is private; inside, another user reads it
        inside = f"{SOCKETS}/kernel.json"
        command = [argument.replace(outside, inside) for argument in [*cmd, shell.OPTION]]
        # JPY_PARENT_PID: seen from inside, the parent is gone, and ipykernel would end itself.
        limit = (
            f"unset JPY_PARENT_PID; ulimit -v {self.memory_gib * 2**20}; "
            f"ulimit -f {MAX_MEGABYTES * 2048}; ulimit -n {MAX_FILES}; "
            f'exec prlimit --sigpending={MAX_SIGNALS} --rtprio=0 --nice=0 "$@"'
        )
        kwargs["env"] = {**kwargs["env"], **limits.environment()}
        reader, writer = os.pipe()
        filter_reader, filter_writer = os.pipe()
        try:
            # where memory runs out, this ends first; where others use the disk, it waits
            bubble = ["choom", "--adjust=1000", "--", "ionice", "--class=idle", "--ignore"]
            bubble += ["prlimit", f"--core={core_bound()}", "bwrap", *walls((outside, inside))]
            bubble += ["--info-fd", str(writer)]
            if program := filter_program():
                os.write(filter_writer, program)
                bubble += ["--seccomp", str(filter_reader)]
            os.close(filter_writer)
            connection = await super().launch_kernel(
                limits.wrap(
                    [*bubble, *dropped(new_user()), "/bin/sh", "-c", limit, "sh", *command]
                ),
                **kwargs,
                pass_fds=(writer, filter_reader),
            )
        finally:
            os.close(writer)
            os.close(filter_reader)
        return await self._meet(connection, _child_of(reader))

    async def _fork_kernel(self, limits: Limits) -> Any:
        """Fork a kernel from the warm process.

        Raises:
            WarmError: that is not possible.
        """
        request = _request(self.manager, self.memory_gib * 2**30)
        kernel: Any = WarmKernel(Path(self.warm), request, limits)
        self.process, self.pid, self.pgid, self.cwd = kernel, kernel.pid, None, "/"
        return await self._meet(self.connection_info, kernel.pid)

    async def _meet(self, connection: Any, first_process: int) -> Any:
        """Wait for a kernel's sockets, and return where they are as seen from outside."""
        connection["ip"] = f"/proc/{first_process}/root{SOCKETS}/socket"
        await self._wait_for_sockets(connection["ip"])
        return connection

    async def poll(self) -> int | None:
        """Return an exit status if the kernel has ended, as it must when its memory has run out."""
        if self.limits and self.limits.ran_out():
            await self.kill()
        return await super().poll()

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the control group and the connection file's folder."""
        await super().cleanup(restart=restart)
        if self.limits:
            self.limits.close()
        self.manager.folder.remove()

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
        self.folder = OwnFolder()  # of the connection file
        self.connection_file = str(self.folder.path / "kernel.json")
        spec = cast("KernelSpec", self.kernel_spec)
        self.provisioner = SandboxProvisioner(kernel_id="", kernel_spec=spec, parent=self)

    def is_starved(self) -> bool:
        """Tell whether the system ended the kernel for memory that others hold, or may have."""
        provisioner = cast("SandboxProvisioner", self.provisioner)
        starved = provisioner.limits.starved() if provisioner.limits else False
        return provisioner.neighbours > 1 if starved is None else starved


def _request(manager: SandboxedKernelManager, memory: int) -> dict[str, Any]:
    """Return what the warm process needs to know to start a manager's kernel."""
    file = Path(manager.connection_file)
    return {
        "connection": json.loads(file.read_text(encoding="utf-8")) if file.exists() else {},
        "connection_file": f"{SOCKETS}/{file.name}",
        # matplotlib was imported where no notebook was: figures must be told to be shown
        "options": ["--HistoryManager.enabled=False", "--matplotlib=inline", shell.OPTION],
        "home": HOME,
        "folders": WRITABLE,
        # where the course itself lies in one of these, as a clone in /tmp does
        "kept": [str(place) for place in seen() if _is_below(place, WRITABLE)],
        "folder_bytes": MAX_MEGABYTES * 2**20,
        "memory": memory,
        "files": MAX_FILES,
        "core": core_bound(),
        "processors": processors.own(),
        "user": new_user(),
    }


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


def _is_below(place: Path, folders: Sequence[str]) -> bool:
    return any(place.is_relative_to(folder) for folder in folders)
