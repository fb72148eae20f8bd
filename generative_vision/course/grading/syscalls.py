"""System calls that no lesson needs and that reach beyond a sandbox, as a filter for the kernel.

Keys belong to users, not to sandboxes, so two submissions that run as one user could leave each
other messages there. In a user namespace of its own a process has all rights again. A virtual
machine's host is no network, and so not shut off with it. A lease on a file, or a lock, makes
others wait who read the same file; asynchronous reads are counted for the whole machine. The others
widen what can be attacked.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys

_NEW_USER = 0x10000000  # of clone: a namespace in which one has all rights
_VSOCK = 40  # of socket: to the host of a virtual machine
_SET_LEASE = 1024  # of fcntl

#: by machine: the kernel's name of the architecture, and the numbers of the calls
_MACHINES = {
    "x86_64": (
        0xC000003E,
        {
            "socket": 41,
            "clone": 56,
            "fcntl": 72,
            "flock": 73,
            "add_key": 248,
            "request_key": 249,
            "keyctl": 250,
            "unshare": 272,
            "perf_event_open": 298,
            "setns": 308,
            "bpf": 321,
            "userfaultfd": 323,
            "io_uring_setup": 425,
            "io_setup": 206,
            "clone3": 435,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "socket": 198,
            "clone": 220,
            "fcntl": 25,
            "flock": 32,
            "add_key": 217,
            "request_key": 218,
            "keyctl": 219,
            "unshare": 97,
            "perf_event_open": 241,
            "setns": 268,
            "bpf": 280,
            "userfaultfd": 282,
            "io_uring_setup": 425,
            "io_setup": 0,
            "clone3": 435,
        },
    ),
}
#: calls that are refused for some values of an argument only: how to compare, value, its place
_SOME = {
    "socket": ("equal", _VSOCK, 0),
    "clone": ("bits", _NEW_USER, 0),
    "fcntl": ("equal", _SET_LEASE, 1),
}
#: calls without which libraries go on: the C library takes clone where there is no clone3, whose
#: arguments no filter can read, and HDF5 opens a file without locking it
_MISSING = {"clone3", "flock"}
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENT = 0, 4, 16  # places in what the kernel tells a filter
_FOREIGN = 0x40000000  # numbers from here on are those of another calling convention
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
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
    refuse = (_RETURN, 0, 0, _ERROR | errno.EPERM)
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_IF_EQUAL, 1, 0, architecture),
        refuse,
        (_LOAD, 0, 0, _NUMBER),
        (_IF_AT_LEAST, 0, 1, _FOREIGN),
        refuse,
    ]
    for name, number in calls.items():
        error = _ERROR | (errno.ENOSYS if name in _MISSING else errno.EPERM)
        if name in _SOME:
            kind, value, place = _SOME[name]
            steps += [
                (_IF_EQUAL, 0, 4, number),
                (_LOAD, 0, 0, _ARGUMENT + 8 * place),
                (_IF_EQUAL if kind == "equal" else _IF_BITS, 0, 1, value),
                refuse,
                (_RETURN, 0, 0, _ALLOW),
            ]
        else:
            steps += [(_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, error)]
    steps.append((_RETURN, 0, 0, _ALLOW))
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
