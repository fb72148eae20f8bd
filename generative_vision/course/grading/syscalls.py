"""The system calls that a submission may make, as a filter for the kernel: no others.

``system_calls.csv`` names what Python, the libraries of the lessons and ordinary programs use, with
the call's number on each machine. All others get the answer of a kernel that does not have them,
which libraries are prepared for. Among them are those that attacks need: new namespaces with all
rights in them, keys and shared memory that belong to users and not to sandboxes, filters, tracing,
asynchronous reading, policies that say which part of the memory is used.

Some calls are let through for some values of an argument only. The system keeps memory that no
control group counts for sockets that are not Unix's (what waits in them, connections that nobody
accepts, keys to sign TCP with), and for locks and lists of access rights. A virtual machine's host
is no network, and so not shut off with it. A lease on a file, or a lock, makes others wait who read
the same file. Programs of filters, be it of sockets or of system calls, share one bound of the
machine: where it is reached, no kernel can start any more, as each takes this filter. Some requests
to sockets make the system load a part of itself. Reading past
the system's memory of files, or making it forget them, keeps the disk from everybody, as does an
order to write what it holds: what a submission writes is in memory, and such an order has nothing
to do. Nor has a choice of processors: each submission has its own; and none of precedence, as who
gives way to busy processes of one's own keeps what others wait for. Huge pages that the machine has
set aside are counted by no control group either, and what finds equal pages of memory works outside
of them. The bound on memory images keeps a crash from starting a program outside, and a lower one
would not.

One descriptor can be waited for in millions of places, and the system goes through all of them in
one go. It does so in an interrupt for a timer's descriptor and one for signals, whose time counts
for nobody; with its list of all processes locked for a process's; and in a process of its own for
sockets that were sent to each other, once nobody holds them. There are none of these, and no
message sends a descriptor.
"""

from __future__ import annotations

import csv
import ctypes
import errno
import functools
import platform
import struct
import sys
from pathlib import Path

_CALLS = Path(__file__).with_name("system_calls.csv")
#: by machine: the kernel's name of the architecture
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_UNIX = 1  # a family of sockets
_NAMESPACES = 0x7E020000  # of clone: flags that begin new ones, in some of which one has all rights
_DESCRIPTOR = 0x1000  # of clone: of the new process
_PEER = 77  # of getsockopt: a descriptor of the process at the other end
_DIRECT = {"x86_64": 0x4000, "aarch64": 0x10000}  # of open and of a descriptor's flags
_SET_FLAGS = 4  # of fcntl
_HUGE = 0x40000  # of mmap: pages of those that the machine has set aside
_CORE = 4  # of setrlimit and prlimit64: how large a memory image may be
#: what else depends on an argument: its place, the values that are let through, and the answer to
#: others, which is the usual one for a value that is not known. HDF5 opens a file without locking
#: it, and ZeroMQ asks for no list of the network's devices.
_VALUES = {
    "socket": (0, (_UNIX,), errno.EOPNOTSUPP),
    "socketpair": (0, (_UNIX,), errno.EOPNOTSUPP),
    # addresses, sizes, times and credentials: no filters, and nobody who divides among sockets
    "setsockopt": (2, (2, 3, 5, 6, 7, 8, 9, 13, 15, 16, 18, 19, 20, 21, 29), errno.ENOPROTOOPT),
    # descriptors and their flags: no locks, leases, signals
    "fcntl": (1, (0, 1, 2, 3, 4, 1030, 1032), errno.ENOSYS),
    # how much can be read, descriptors' flags: there are no terminals
    "ioctl": (1, (0x541B, 0x5421, 0x5450, 0x5451), errno.ENOTTY),
    # names of threads, rights to give up, what happens when a parent ends: no filters, no names of
    # pieces of memory, which no group counts, no core of one's own
    "prctl": (
        0,
        (1, 2, 3, 4, 7, 8, 15, 16, 21, 23, 24, 27, 28, 29, 30, 36, 37, 38, 39, 41, 42, 47),
        errno.EINVAL,
    ),
    **dict.fromkeys(("setxattr", "lsetxattr", "fsetxattr"), (0, (), errno.EPERM)),
    "flock": (0, (), errno.ENOSYS),
    # how memory will be used: files in it are not forgotten, nor equal pages looked for
    "madvise": (
        2,
        (0, 1, 2, 3, 4, 8, 9, 10, 11, 14, 15, 16, 17, 18, 19, 22, 23, 102, 103),
        errno.EINVAL,
    ),
    # flags, one of which has the system keep nothing of what is read
    **dict.fromkeys(("preadv2", "pwritev2"), (5, (0,), errno.EOPNOTSUPP)),
}
_LOAD, _IF_EQUAL, _IF_BITS, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENT = 0, 4, 16  # places in what the kernel tells a filter
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_NOTHING_TO_DO = (_RETURN, 0, 0, _ERROR)  # the call succeeds, and is not made
_KEYCTL = {"x86_64": 250, "aarch64": 219}
_JOIN_SESSION_KEYRING = 1  # of keyctl
_SET_SECCOMP, _FILTER = 22, 2  # of prctl

_Step = tuple[int, int, int, int]  # operation, steps to pass over if true and if not, value


def leave_keyring() -> None:
    """Begin a session keyring without keys, so that nothing started from here finds a user's."""
    if sys.platform == "linux" and platform.machine() in _KEYCTL:
        number = _KEYCTL[platform.machine()]
        ctypes.CDLL(None).syscall(number, _JOIN_SESSION_KEYRING, None)


@functools.cache
def filter_program(machine: str = platform.machine()) -> bytes:
    """Return a seccomp filter that lets these calls through; empty for a machine not known.

    Source: the kernel's documentation, ``userspace-api/seccomp_filter``.
    """
    if machine not in _ARCHITECTURES:
        return b""
    missing = _answer(errno.ENOSYS)
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_IF_EQUAL, 1, 0, _ARCHITECTURES[machine]),
        missing,
        (_LOAD, 0, 0, _NUMBER),
    ]
    with _CALLS.open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            if row[machine]:
                rule = _rule(row["call"], machine)
                steps += [(_IF_EQUAL, 0, len(rule), int(row[machine])), *rule]
    steps.append(missing)
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def _rule(name: str, machine: str) -> list[_Step]:
    """Return the steps that answer a call."""
    match name:
        case "clone":
            refused = _refused_bits(0, _NAMESPACES, errno.EPERM)
            return [*refused, *_refused_bits(0, _DESCRIPTOR, errno.EINVAL), _answer()]
        case "getsockopt":
            return [_argument(2), (_IF_EQUAL, 0, 1, _PEER), _answer(errno.ENOPROTOOPT), _answer()]
        case "open" | "openat":
            place = 1 if name == "open" else 2
            return [*_refused_bits(place, _DIRECT[machine], errno.EINVAL), _answer()]
        case "fcntl":
            direct = _refused_bits(2, _DIRECT[machine], errno.EINVAL)
            is_set = [_argument(1), (_IF_EQUAL, 0, len(direct), _SET_FLAGS)]
            return [*is_set, *direct, *_allowed_values(name)]
        case "mmap":
            return [*_refused_bits(3, _HUGE, errno.ENOMEM), _answer()]
        case "fsync" | "fdatasync" | "setpriority":
            return [_NOTHING_TO_DO]
        case "sched_setaffinity" | "sched_setparam" | "sched_setscheduler":
            return [_NOTHING_TO_DO]
        case "setrlimit":
            return [_argument(0), (_IF_EQUAL, 0, 1, _CORE), _answer(errno.EPERM), _answer()]
        case "prlimit64":  # without a new bound, whose address takes two steps, it only asks
            new = [_argument(2), (_IF_EQUAL, 0, 2, 0), _argument(2, 4), (_IF_EQUAL, 1, 0, 0)]
            is_core = [_argument(1), (_IF_EQUAL, 0, len(new) + 1, _CORE)]
            return [*is_core, *new, _answer(errno.EPERM), _answer()]
    return _allowed_values(name) if name in _VALUES else [_answer()]


def _allowed_values(name: str) -> list[_Step]:
    place, values, error = _VALUES[name]
    compared = [(_IF_EQUAL, len(values) - done, 0, one) for done, one in enumerate(values)]
    return [_argument(place), *compared, _answer(error), _answer()]


def _refused_bits(place: int, bits: int, error: int) -> list[_Step]:
    """Return steps that refuse an argument with one of these bits, and go on with any other."""
    return [_argument(place), (_IF_BITS, 0, 1, bits), _answer(error)]


def _answer(error: int = 0) -> _Step:
    return (_RETURN, 0, 0, _ERROR | error if error else _ALLOW)


def _argument(place: int, part: int = 0) -> _Step:
    """Return the step that loads four bytes of an argument, the lower ones by default."""
    return (_LOAD, 0, 0, _ARGUMENT + 8 * place + part)


def apply_filter() -> None:
    """Let this process make these calls only, for good; it must have given up gaining rights.

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
