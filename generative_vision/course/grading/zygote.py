"""Inside a sandbox: a process that has imported everything, and is forked for each submission.

It runs no student code, holds no secret, and never touches the backend beyond importing it: a
process that has started TensorFlow's threads cannot be forked. Each fork gets its own namespaces
(mounts, processes, network, interprocess communication) and writable folders, gives up all
rights, and becomes a Jupyter kernel. The outside, ``warm.py``, sends requests through a socket
that it made.
"""

from __future__ import annotations

import ctypes
import fcntl
import importlib
import json
import os
import platform
import resource
import select
import signal
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any, NoReturn

from generative_vision.course.grading.syscalls import apply_filter, filter_program, leave_keyring
from generative_vision.course.grading.walls import MAX_SIGNALS, hidden_in_proc
from generative_vision.course.grading.warm import GO, MAX_REQUEST, READY

_NOBODY = 65534
_NEW = 0x00020000 | 0x08000000 | 0x20000000 | 0x40000000  # CLONE_NEWNS, NEWIPC, NEWPID, NEWNET
_SET_FLAGS, _UP, _RUNNING = 0x8914, 0x1, 0x40  # of a network device
_NOSUID, _NODEV, _NOEXEC, _RDONLY, _REMOUNT = 2, 4, 8, 1, 32
_BIND, _MOVE, _REC, _PRIVATE = 4096, 8192, 16384, 1 << 18
_SET_DUMPABLE, _CAPBSET_DROP, _SET_NO_NEW_PRIVS = 4, 24, 38
_CAPABILITIES_VERSION = 0x20080522
_SET_IO_PRIORITY = {"x86_64": 251, "aarch64": 30}  # the number of ioprio_set
_THIS_PROCESS, _WHEN_IDLE = 1, 3 << 13

_IMPORTS = (
    "ipykernel.kernelapp",
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    *(
        f"generative_vision.{name}"
        for name in ("answering", "callbacks", "check", "loops", "metrics", "plotting", "quiz")
    ),
    *(f"generative_vision.{name}" for name in ("scoreboard", "training", "widgets")),
    *(f"generative_vision.models.{name}" for name in ("diffusion", "flow_vae", "gan", "weights")),
    "generative_vision.models.latent_flow",
)

libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Import everything, then serve: ``python -m ...zygote LISTENING_DESCRIPTOR PIPE``.

    The pipe is read to its end when whoever asks is gone.
    """
    server, end = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])
    import_everything()
    leave_keyring()
    libc.prctl(_SET_DUMPABLE, 0, 0, 0, 0)  # no other process of this user may look inside
    waiting: list[Any] = [server, end]
    while end not in select.select(waiting, [], [])[0]:
        connection, _ = server.accept()
        with connection:
            try:
                child = os.fork()
            except OSError:  # no process is left; whoever asked hears of it by the closed socket
                continue
            if child == 0:
                server.close()
                os.close(end)
                _enter(connection)
        os.waitpid(child, 0)  # it has forked again


def import_everything() -> None:
    """Import what lessons import, without an operation of the backend."""
    from generative_vision import runtime

    runtime.load()
    for name in _IMPORTS:
        importlib.import_module(name)
    filter_program()  # reads its table once, for all forks


def _enter(connection: socket.socket) -> NoReturn:
    """Become the first process of new namespaces, prepare them, and start the kernel in them."""
    status = 1
    try:
        request = json.loads(connection.recv(MAX_REQUEST))
        os.sched_setaffinity(0, request["processors"])
        _check(libc.unshare(_NEW), "unshare")
        if os.fork():
            os._exit(0)
        os.setsid()
        with suppress(OSError):  # where memory runs out, this ends first
            Path("/proc/self/oom_score_adj").write_text("1000", encoding="utf-8")
        _mount(request)
        with socket.socket() as any_socket:  # only the loopback device is there
            fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sH22x", b"lo", _UP | _RUNNING))
        connection.send(READY)  # the outside learns this process's number with it
        if connection.recv(len(GO)) == GO:  # and has put it into its control group
            status = _start(request, connection)
    except BaseException as error:
        with suppress(OSError):
            connection.send(repr(error).encode()[:1000])
    os._exit(status)


def _mount(request: dict[str, Any]) -> None:
    """Mount this submission's own writable folders and view of processes."""
    _do_mount("/", flags=_REC | _PRIVATE)
    *folders, aside = request["folders"]
    options = f"mode=1777,size={request['folder_bytes']}"
    flags = _NOSUID | _NODEV | _NOEXEC  # for a file that is no program the system looks elsewhere
    _do_mount(aside, "tmpfs", "tmpfs", flags, options)
    for number, kept in enumerate(request["kept"]):
        os.mkdir(f"{aside}/{number}")
        _do_mount(f"{aside}/{number}", kept, flags=_BIND | _REC)
    for folder in folders:
        _do_mount(folder, "tmpfs", "tmpfs", flags, options)
    for number, kept in enumerate(request["kept"]):
        os.makedirs(kept)
        _do_mount(kept, f"{aside}/{number}", flags=_MOVE)
        os.rmdir(f"{aside}/{number}")
    _do_mount("/proc", "proc", "proc", _NOSUID | _NODEV)
    for place in map(str, hidden_in_proc()):
        if os.path.isdir(place):
            _do_mount(place, "tmpfs", "tmpfs", flags | _RDONLY)
        else:
            _do_mount(place, "/dev/null", flags=_BIND)
    # not even one's own entries can be written, such as how soon one ends where memory runs out
    _do_mount("/proc", flags=_REMOUNT | _BIND | _RDONLY | _NOSUID | _NODEV)


def _do_mount(place: str, source: str = "", kind: str = "", flags: int = 0, options: str = ""):
    given = [text.encode() if text else None for text in (source, place, kind)]
    _check(libc.mount(*given, flags, options.encode() or None), f"mount {place}")


def _start(request: dict[str, Any], connection: socket.socket) -> int:
    """Start the kernel as a user without rights, and wait until it ends."""
    kernel = os.fork()
    if kernel == 0:
        try:
            os.setsid()
            leave_keyring()
            resource.setrlimit(resource.RLIMIT_CORE, (request["core"], request["core"]))
            give_up_rights(request["user"])
            _wait_for_the_disk()
            apply_filter()  # from here on, neither can be changed
            libc.prctl(_SET_DUMPABLE, 1, 0, 0, 0)
            _run_kernel(request, connection)
        finally:
            os._exit(1)
    give_up_rights()
    Thread(target=_end_with_outside, args=(connection,), daemon=True).start()
    while True:
        ended, status = os.wait()  # orphans among them
        if ended == kernel:
            return os.waitstatus_to_exitcode(status)


def _end_with_outside(connection: socket.socket) -> NoReturn:
    """End this process, and all others of its namespaces with it, once nobody holds the kernel."""
    with suppress(OSError):
        connection.recv(1)
    os._exit(1)


def give_up_rights(user: int | None = None) -> None:
    """Give up all capabilities for good, and become the user of a number, where this is root."""
    for capability in range(64):
        libc.prctl(_CAPBSET_DROP, capability, 0, 0, 0)
    if user is not None and os.getuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(user, user, user)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    _check(libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")
    _check(libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")


def _wait_for_the_disk() -> None:
    """Let this process, and what it starts, read when nobody else does, where the system can."""
    if (number := _SET_IO_PRIORITY.get(platform.machine())) is not None:
        libc.syscall(number, _THIS_PROCESS, 0, _WHEN_IDLE)


def _run_kernel(request: dict[str, Any], connection: socket.socket) -> None:
    """Run a Jupyter kernel in this process."""
    connection.close()
    with open(os.devnull, "r+b") as nothing:
        for descriptor in range(3):
            os.dup2(nothing.fileno(), descriptor)
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    for kind, bound in (
        (resource.RLIMIT_AS, request["memory"]),
        (resource.RLIMIT_FSIZE, request["folder_bytes"]),
        (resource.RLIMIT_NOFILE, request["files"]),
        (resource.RLIMIT_SIGPENDING, MAX_SIGNALS),
        (resource.RLIMIT_RTPRIO, 0),  # else before all others, where this user may have that
        (resource.RLIMIT_NICE, 0),
    ):
        resource.setrlimit(kind, (bound, bound))
    place = Path(request["connection_file"])
    place.write_text(json.dumps(request["connection"]), encoding="utf-8")
    os.chdir(request["home"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = ["ipykernel_launcher", "-f", str(place), *request["options"]]
    sys.path[0] = ""
    IPKernelApp.launch_instance()


def _check(result: int, what: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


if __name__ == "__main__":
    main()
