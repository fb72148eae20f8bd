"""Outside of the sandbox: a process in it that has imported everything, forked for submissions.

Imports take longer than a submission's practice, so they are paid once for all submissions. The
forked process, ``zygote.py``, lives in one bubblewrap; nothing of the instructor's is in it.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from generative_vision.course.grading.limits import Limits
from generative_vision.course.grading.locks import OwnFolder

MAX_REQUEST = 100_000  # bytes
READY, GO = b"ready", b"go"  # what the process says, and hears, before the kernel starts
_SECONDS = 60  # for the imports, and for a fork
_CREDENTIALS = struct.Struct("3i")  # process, user, group


class WarmError(Exception):
    """Why no warm process could be had: the caller starts a cold one."""


@contextmanager
def warm_process(command: Sequence[str], environment: dict[str, str]) -> Iterator[Path]:
    """Run a process that waits to be forked, and give the path of its socket.

    Args:
        command: that runs ``zygote`` in a sandbox; its last arguments will be the numbers of the
            socket, and of a pipe that ends with this process.
        environment: the process's own.
    """
    with OwnFolder() as folder:
        place = folder / "warm"
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
            server.bind(str(place))
            server.listen(64)
            # bubblewrap ends with its parent, but not in the moment in which it starts
            end, held = os.pipe()
            process = subprocess.Popen(
                [*command, str(server.fileno()), str(end)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd="/",
                pass_fds=[server.fileno(), end],
            )
            os.close(end)
        try:
            yield place
        finally:
            os.close(held)
            process.kill()
            process.wait()


class WarmKernel:
    """A forked kernel, seen from outside: the part of ``subprocess.Popen`` that Jupyter uses.

    It ends with this process, however that ends: the first process of its namespaces listens.

    Attributes:
        pid: the first process of its namespaces; with it all others in them end.
    """

    stdin = stdout = stderr = None

    def __init__(self, place: Path, request: dict[str, Any], limits: Limits):
        """Fork.

        Args:
            place: the warm process's socket.
            request: what ``zygote`` needs to know.
            limits: the control group that the kernel joins before anything of a student runs.

        Raises:
            WarmError: the process is gone, or cannot make namespaces.
        """
        self.returncode: int | None = None
        self.connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._start(self.connection, place, json.dumps(request).encode(), limits)
        except OSError as error:
            self.connection.close()
            raise WarmError(str(error)) from None
        except WarmError:
            self.connection.close()
            raise

    def _start(
        self, connection: socket.socket, place: Path, request: bytes, limits: Limits
    ) -> None:
        assert len(request) <= MAX_REQUEST
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        connection.settimeout(_SECONDS)
        connection.connect(str(place))
        connection.send(request)
        said, ancillary, _, _ = connection.recvmsg(1000, socket.CMSG_SPACE(_CREDENTIALS.size))
        if said != READY:
            raise WarmError(said.decode(errors="replace") or "the process ended")
        self.pid = _sender(ancillary)
        self.handle = os.pidfd_open(self.pid)
        limits.join(self.pid)
        connection.send(GO)

    def poll(self) -> int | None:
        """Return an exit status if the kernel has ended, and None otherwise."""
        if self.returncode is None and select.select([self.handle], [], [], 0)[0]:
            os.close(self.handle)
            self.connection.close()
            self.returncode = 1  # whose child it is not, does not learn more
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the kernel has ended."""
        end = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                raise subprocess.TimeoutExpired("kernel", timeout or 0)
            select.select([self.handle], [], [], left)
        return self.returncode or 0

    def send_signal(self, number: int) -> None:
        """Send a signal to the first process of the kernel's namespaces."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.handle, number)

    def kill(self) -> None:
        """End the kernel and all that it started."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """End the kernel: the first process of a namespace hears nothing less."""
        self.kill()


def _sender(ancillary: list[tuple[int, int, bytes]]) -> int:
    """Return the process that sent a message, by its number on this side."""
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            return int(_CREDENTIALS.unpack(content[: _CREDENTIALS.size])[0])
    raise WarmError("the system does not say who answered")
