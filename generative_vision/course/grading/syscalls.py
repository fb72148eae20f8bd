"""System calls that no lesson needs and that reach beyond a sandbox, as a filter for the kernel.

Keys belong to users, not to sandboxes, so two submissions that run as one user could leave each
other messages there. The others widen what of the system a submission can attack.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys

#: by machine: the kernel's name of the architecture, and the numbers of the calls
_MACHINES = {
    "x86_64": (
        0xC000003E,
        {
            "add_key": 248,
            "request_key": 249,
            "keyctl": 250,
            "perf_event_open": 298,
            "bpf": 321,
            "userfaultfd": 323,
            "io_uring_setup": 425,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "add_key": 217,
            "request_key": 218,
            "keyctl": 219,
            "perf_event_open": 241,
            "bpf": 280,
            "userfaultfd": 282,
            "io_uring_setup": 425,
        },
    ),
}
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE = 0, 4  # places in what the kernel tells a filter
_FOREIGN = 0x40000000  # numbers from here on are those of another calling convention
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_SET_SECCOMP, _FILTER = 22, 2  # of prctl
_JOIN_SESSION_KEYRING = 1  # of keyctl


def leave_keyring() -> None:
    """Begin a session keyring without keys, so that nothing started from here finds a user's."""
    if sys.platform == "linux" and platform.machine() in _MACHINES:
        number = _MACHINES[platform.machine()][1]["keyctl"]
        ctypes.CDLL(None).syscall(number, _JOIN_SESSION_KEYRING, None)


def filter_program(machine: str = platform.machine()) -> bytes:
    """Return a seccomp filter that refuses these calls; empty for a machine that is not known.

    Source: the kernel's documentation, ``userspace-api/seccomp_filter``.
    """
    if machine not in _MACHINES:
        return b""
    architecture, calls = _MACHINES[machine]
    refuse = len(calls) + 1  # instructions from the first comparison of numbers to the refusal
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_IF_EQUAL, 0, refuse + 2, architecture),
        (_LOAD, 0, 0, _NUMBER),
        (_IF_AT_LEAST, refuse, 0, _FOREIGN),
        *((_IF_EQUAL, refuse - place, 0, call) for place, call in enumerate(calls.values(), 1)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def apply_filter() -> None:
    """Refuse these calls to this process, for good; it must have given up gaining rights.

    Raises:
        OSError: the kernel does not take the filter.
    """
    program = filter_program()
    if not program:
        return
    code = ctypes.create_string_buffer(program, len(program))
    head = ctypes.create_string_buffer(
        struct.pack("HP", len(program) // struct.calcsize("HBBI"), ctypes.addressof(code))
    )
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_SET_SECCOMP, _FILTER, head, 0, 0):
        raise OSError(ctypes.get_errno(), "the kernel refuses the filter of system calls")
