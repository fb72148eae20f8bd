"""System calls that no lesson needs and that reach beyond a sandbox, as a filter for the kernel.

Keys belong to users, not to sandboxes, so two submissions that run as one user could leave each
other messages there. In a user namespace of its own a process has all rights again. A virtual
machine's host is no network, and so not shut off with it. A lease on a file, or a lock, makes
others wait who read the same file; asynchronous reads are counted for the whole machine.

Some calls make the system keep memory that no control group counts: sockets that are not Unix's
(what waits in them, connections that nobody accepts, keys to sign TCP with), locks, lists of access
rights, and policies that say which part of the memory a file's pages come from; before Linux 5.15
also queues, semaphores and shared memory of System V and POSIX. Programs of filters, be it of
sockets or of system calls, share one bound of the machine: where it is reached, no kernel can start
any more, as each takes this filter. A file that is no program, some requests to sockets, and a
terminal's line discipline make the system start a program of its own, or load a part of itself. The
others widen what can be attacked, as do calls that are newer than this.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys

_NEW_USER = 0x10000000  # of clone: a namespace in which one has all rights
_UNIX = 1  # of socket: a family
_LOCKS = (6, 7, 37, 38)  # of fcntl
_SET_LEASE = 1024  # of fcntl
_ATTACH = (26, 50, 51, 52)  # of setsockopt: a filter, or whoever divides among sockets
_SET_SECCOMP, _FILTER = 22, 2  # of prctl
_SHARE_NO_CORE = 62  # of prctl: whoever else runs on a core's other half has to wait
# of ioctl: a line discipline, bridges, virtual networks
_LOADING = (0x5423, 0x8940, 0x8941, 0x89A0, 0x89A1, 0x8982, 0x8983)

#: by machine: the kernel's name of the architecture, and the numbers of the calls
_MACHINES = {
    "x86_64": (
        0xC000003E,
        {
            "ioctl": 16,
            "shmget": 29,
            "socket": 41,
            "socketpair": 53,
            "setsockopt": 54,
            "clone": 56,
            "semget": 64,
            "msgget": 68,
            "fcntl": 72,
            "flock": 73,
            "prctl": 157,
            "setxattr": 188,
            "lsetxattr": 189,
            "fsetxattr": 190,
            "io_setup": 206,
            "mbind": 237,
            "set_mempolicy": 238,
            "mq_open": 240,
            "add_key": 248,
            "request_key": 249,
            "keyctl": 250,
            "migrate_pages": 256,
            "unshare": 272,
            "move_pages": 279,
            "perf_event_open": 298,
            "setns": 308,
            "seccomp": 317,
            "memfd_create": 319,
            "bpf": 321,
            "userfaultfd": 323,
            "io_uring_setup": 425,
            "clone3": 435,
            "set_mempolicy_home_node": 450,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "io_setup": 0,
            "setxattr": 5,
            "lsetxattr": 6,
            "fsetxattr": 7,
            "fcntl": 25,
            "ioctl": 29,
            "flock": 32,
            "unshare": 97,
            "prctl": 167,
            "mq_open": 180,
            "msgget": 186,
            "semget": 190,
            "shmget": 194,
            "socket": 198,
            "socketpair": 199,
            "setsockopt": 208,
            "add_key": 217,
            "request_key": 218,
            "keyctl": 219,
            "clone": 220,
            "mbind": 235,
            "set_mempolicy": 237,
            "migrate_pages": 238,
            "move_pages": 239,
            "perf_event_open": 241,
            "setns": 268,
            "seccomp": 277,
            "memfd_create": 279,
            "bpf": 280,
            "userfaultfd": 282,
            "io_uring_setup": 425,
            "clone3": 435,
            "set_mempolicy_home_node": 450,
        },
    ),
}
_NEWER = 463  # the first number, on both, of calls that libraries do without
#: calls that are refused for some values of an argument only: its place, and these values
_SOME = {
    "setsockopt": (2, _ATTACH),
    "fcntl": (1, (*_LOCKS, _SET_LEASE)),
    "ioctl": (1, _LOADING),
    "prctl": (0, (_SET_SECCOMP, _SHARE_NO_CORE)),
}
#: what is answered, where that is not a lack of rights. The C library takes clone where there is no
#: clone3, whose arguments no filter can read, HDF5 opens a file without locking it, and ZeroMQ asks
#: for no list of the network's devices
_ERRORS = {
    "clone3": errno.ENOSYS,
    "flock": errno.ENOSYS,
    "fcntl": errno.ENOSYS,
    "socket": errno.EOPNOTSUPP,
    "socketpair": errno.EOPNOTSUPP,
}
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENT = 0, 4, 16  # places in what the kernel tells a filter
_FOREIGN = 0x40000000  # numbers from here on are those of another calling convention
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_JOIN_SESSION_KEYRING = 1  # of keyctl

_Step = tuple[int, int, int, int]  # operation, steps to pass over if true and if not, value


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
    refuse, missing = _answer(errno.EPERM), _answer(errno.ENOSYS)
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_IF_EQUAL, 1, 0, architecture),
        refuse,
        (_LOAD, 0, 0, _NUMBER),
        (_IF_AT_LEAST, 0, 1, _FOREIGN),
        refuse,
        (_IF_AT_LEAST, 0, 1, _NEWER),
        missing,
    ]
    for name, number in calls.items():
        rule = _rule(name, _answer(_ERRORS.get(name, errno.EPERM)))
        steps += [(_IF_EQUAL, 0, len(rule), number), *rule]
    steps.append(_answer())
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def _rule(name: str, refuse: _Step) -> list[_Step]:
    """Return the steps that answer a call; the last two are its answers, or the only one is."""
    allow = _answer()
    match name:
        case "socket" | "socketpair":
            return [_argument(0), (_IF_EQUAL, 1, 0, _UNIX), refuse, allow]
        case "clone":
            return [_argument(0), (_IF_BITS, 1, 0, _NEW_USER), allow, refuse]
    if name not in _SOME:
        return [refuse]
    place, values = _SOME[name]
    compared = [(_IF_EQUAL, len(values) - done, 0, one) for done, one in enumerate(values)]
    return [_argument(place), *compared, allow, refuse]


def _answer(error: int = 0) -> _Step:
    return (_RETURN, 0, 0, _ERROR | error if error else _ALLOW)


def _argument(place: int) -> _Step:
    return (_LOAD, 0, 0, _ARGUMENT + 8 * place)


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
