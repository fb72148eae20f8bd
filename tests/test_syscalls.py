"""The system calls that a submission may make."""

from __future__ import annotations

import csv
import errno
import struct
from pathlib import Path

import pytest
from kernels import kernel, printed

from generative_vision.course.grading import syscalls, walls
from generative_vision.course.grading.syscalls import filter_program

REFUSED = """
import ctypes, errno, mmap, os, resource, socket, threading

libc = ctypes.CDLL(None, use_errno=True)
x86 = os.uname().machine == "x86_64"
program, steps = ctypes.create_string_buffer(b"\\6" + bytes(7)), ctypes.create_string_buffer(16)
ctypes.c_uint16.from_buffer(steps).value = 1
ctypes.c_void_p.from_buffer(steps, 8).value = ctypes.addressof(program)
entries = ctypes.create_string_buffer(bytes.fromhex(
    "02000000 01000600ffffffff 04000400ffffffff 20000400ffffffff"
))
lock = ctypes.create_string_buffer(32)  # for reading, all of the file
opened = os.open(os.__file__, os.O_RDONLY)
own = os.open("/tmp/own", os.O_RDWR | os.O_CREAT, 0o777)
os.write(own, bytes(range(99)))
pair = socket.socketpair()
memory = mmap.mmap(own, 99)
place = ctypes.addressof(ctypes.c_char.from_buffer(memory))
whole = ctypes.c_void_p(place)
vector = (ctypes.c_void_p * 2)(place, 9)

def call(number, on_arm, *rest):
    failed = libc.syscall(number if x86 else on_arm, *rest) < 0
    return errno.errorcode[ctypes.get_errno()] if failed else "none"

found = {
    "unshare": call(272, 97, 0x10000000),
    "clone": call(56, 220, 0x10000000 | 17, 0, 0, 0, 0),
    "clone3": call(435, 435, 0, 0),
    "newer": call(463, 463, 0, 0, 0, 0, 0, 0),
    "vsock": call(41, 198, 40, 1, 0),
    "netlink": call(41, 198, 16, 3, 2),
    "udp": call(41, 198, 2, 2 | 0o2000000, 0),
    "mptcp": call(41, 198, 2, 1, 262),
    "tcp 6": call(41, 198, 10, 1, 0),
    "tcp": call(41, 198, 2, 1 | 0o2000000, 6),
    "policy": call(237, 235, ctypes.c_void_p(place), ctypes.c_ulong(4096), 1, None, 0, 0),
    "policies": "/".join({call(238, 237, 0, None, 0), call(450, 450, 0, 0, 0, 0)}),
    "pages": "/".join({call(256, 238, 0, 0, None, None), call(279, 239, 0, 0, *[None] * 3, 0)}),
    "system v": "/".join({call(*kind, 0, 1, 0o600) for kind in ((64, 190), (29, 194), (68, 186))}),
    "queue": call(240, 180, b"own", 0o102, 0o600, None),
    "pair of others": call(53, 199, 30, 1, 0, steps),
    "socket filter": call(54, 208, pair[0].fileno(), 1, 26, steps, 16),
    "socket buffer": call(54, 208, pair[0].fileno(), 1, 7, ctypes.byref(ctypes.c_int(9999)), 4),
    "seccomp": call(317, 277, 1, 0, steps),
    "prctl": call(157, 167, 22, 2, steps, 0, 0),
    "core": call(157, 167, 62, 1, 0, 0, 0),
    "name of memory": call(157, 167, 0x53564D41, 0, ctypes.c_void_p(place), 99, b"own"),
    "typed for others": call(16, 29, 0, 0x5412, b"x"),
    "bridge": call(16, 29, pair[0].fileno(), 0x8940, 0),
    "line discipline": call(16, 29, pair[0].fileno(), 0x5423, steps),
    "file in memory": call(319, 279, b"own", 0),
    "no program": call(59, 221, b"/tmp/own", 0, 0),
    "access list": call(190, 7, own, b"system.posix_acl_access", entries, 28, 0),
    "lease": call(72, 25, opened, 1024, 0),
    "asynchronous": call(206, 0, 1, ctypes.byref(ctypes.c_long())),
    "lock": call(73, 32, opened, 2),
    "locks": [call(72, 25, opened, kind, lock) for kind in (6, 7, 37, 38)],
    "descriptor": call(72, 25, opened, 1, 0),
    "forgotten files": call(221, 223, opened, 0, 0, 4),
    "image": call(302, 261, 0, 4, steps, None),
    "past the cache": call(257, 56, -100, os.__file__.encode(), os.O_DIRECT),
    "past it later": call(72, 25, opened, 4, os.O_DIRECT),
    "not kept": call(327, 286, opened, ctypes.byref(vector), 1, *[ctypes.c_ulong(0)] * 2, 0x80),
    "kept": call(327, 286, opened, ctypes.byref(vector), 1, *[ctypes.c_ulong(0)] * 2, 0),
    "forgotten memory": [call(28, 233, whole, ctypes.c_ulong(4096), kind) for kind in (20, 21)],
    "equal memory": call(28, 233, whole, ctypes.c_ulong(4096), 12),
    "free memory": call(28, 233, whole, ctypes.c_ulong(4096), 4),
    "timer": call(283, 85, 1, 0),
    "signal": call(289, 74, -1, steps, 8, 0),
    "process": call(434, 434, os.getpid(), 0),
    "new process": call(56, 220, 0x1000 | 17, None, place, None, None),
    "peer": call(55, 209, pair[0].fileno(), 1, 77, steps, ctypes.byref(ctypes.c_int(4))),
    "sent descriptors": "/".join({call(46, 211, 0, steps, 0), call(307, 269, 0, steps, 1, 0)}),
    "huge pages": call(9, 222, None, ctypes.c_ulong(2**21), 3, 0x40022, -1, ctypes.c_ulong(0)),
    "all on the disk": "/".join({call(74, 82, 99), call(75, 83, 99)}),  # no such file is open
    "images": resource.getrlimit(resource.RLIMIT_CORE),
    "files": resource.getrlimit(resource.RLIMIT_NOFILE),
    "signals": resource.getrlimit(resource.RLIMIT_SIGPENDING),
}
thread = threading.Thread(target=lambda: found.update(threads="some"))
thread.start()
thread.join()
child = os.fork()
if child == 0:
    os._exit(7)
found["fork"] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(found)
"""
ALLOWED = {"socket buffer", "descriptor", "kept", "free memory", "all on the disk"}
REFUSED_SOCKETS = ("vsock", "netlink", "udp", "mptcp", "tcp", "tcp 6", "pair of others")
ANSWERS = {
    **dict.fromkeys(REFUSED_SOCKETS, "ENOTSUP"),
    **dict.fromkeys(ALLOWED, "none"),
    **dict.fromkeys(("clone", "access list", "image"), "EPERM"),
    **dict.fromkeys(("prctl", "core", "name of memory", "equal memory"), "EINVAL"),
    **dict.fromkeys(("past the cache", "past it later"), "EINVAL"),
    "forgotten memory": ["EINVAL"] * 2,
    "not kept": "ENOTSUP",
    "huge pages": "ENOMEM",
    **dict.fromkeys(("bridge", "line discipline", "typed for others"), "ENOTTY"),
    **dict.fromkeys(("socket filter", "peer"), "ENOPROTOOPT"),
    "new process": "EINVAL",
    "locks": ["ENOSYS"] * 4,
    "no program": "EACCES",
    "files": (walls.MAX_FILES, walls.MAX_FILES),
    "signals": (walls.MAX_SIGNALS, walls.MAX_SIGNALS),
    "images": (walls.NO_CORE, walls.NO_CORE),
    "threads": "some",
    "fork": 7,
}


@pytest.mark.usefixtures("bubblewrap")
@pytest.mark.parametrize("way", ["forked", "of its own"])
def test_a_kernel_cannot_get_rights_back_or_leave_or_fill_the_machine(way, warm):
    """No control group counts what sockets, locks, lists of access, policies and filters hold."""
    with kernel(warm if way == "forked" else "") as running:
        found = printed(running, REFUSED)
    assert found == {**dict.fromkeys(found, "ENOSYS"), **ANSWERS}


ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
each_machine = pytest.mark.parametrize("machine", ARCHITECTURES)


def numbers(machine: str) -> dict[str, int]:
    """The numbers that the calls have on a machine."""
    with Path(syscalls.__file__).with_name("system_calls.csv").open(newline="") as table:
        return {row["call"]: int(row[machine]) for row in csv.DictReader(table) if row[machine]}


def answer(machine: str, number: int, *given: int, architecture: int | None = None) -> str:
    """What the kernel answers to a call when it runs the filter."""
    told = struct.pack(
        "IIQ6Q",
        number,
        ARCHITECTURES[machine] if architecture is None else architecture,
        0,
        *(*given, *[0] * 6)[:6],
    )
    steps = list(struct.iter_unpack("HBBI", filter_program(machine)))
    place = value = 0
    while True:
        code, when_true, when_false, operand = steps[place]
        place += 1
        match code:
            case 0x20:
                (value,) = struct.unpack_from("I", told, operand)
            case 0x15:
                place += when_true if value == operand else when_false
            case 0x45:
                place += when_true if value & operand else when_false
            case 0x06 if operand == 0x7FFF0000:
                return "allowed"
            case 0x06 if operand == 0x00050000:
                return "nothing to do"
            case 0x06:
                assert operand >> 16 == 0x0005
                return errno.errorcode[operand & 0xFFFF]


@each_machine
def test_calls_of_the_table_are_let_through_and_no_others(machine):
    named = {number: name for name, number in numbers(machine).items()}
    assert len(named) == len(numbers(machine))
    special = {"flock": "ENOSYS", **dict.fromkeys(("setxattr", "lsetxattr", "fsetxattr"), "EPERM")}
    special |= dict.fromkeys(("socket", "socketpair"), "ENOTSUP")
    special |= {"setsockopt": "ENOPROTOOPT", "ioctl": "ENOTTY", "prctl": "EINVAL"}
    special |= dict.fromkeys(("fsync", "fdatasync", "sched_setaffinity"), "nothing to do")
    special |= dict.fromkeys(
        ("setpriority", "sched_setparam", "sched_setscheduler"), "nothing to do"
    )
    for number in [*range(600), *(number | 0x40000000 for number in named)]:
        expected = special.get(named[number], "allowed") if number in named else "ENOSYS"
        assert answer(machine, number) == expected, named.get(number, number)


@each_machine
def test_another_way_of_calling_is_refused(machine):
    (other,) = {*ARCHITECTURES.values()} - {ARCHITECTURES[machine]}
    i386 = 0x40000003
    for architecture in (other, i386, 0):
        for number in (0, numbers(machine)["read"], numbers(machine)["openat"]):
            assert answer(machine, number, architecture=architecture) == "ENOSYS"


@each_machine
@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("socket", (1,), "allowed"),
        ("socket", (2,), "ENOTSUP"),
        ("socketpair", (1,), "allowed"),
        ("setsockopt", (3, 1, 8), "allowed"),
        ("setsockopt", (3, 1, 26), "ENOPROTOOPT"),
        ("clone", (0x00010F00,), "allowed"),  # a thread
        ("clone", (0x01200011,), "allowed"),  # a process
        *(("clone", (1 << bit | 17,), "EPERM") for bit in (17, *range(25, 31))),
        ("clone", (0x1000 | 17,), "EINVAL"),  # a process with its descriptor
        ("getsockopt", (3, 1, 4), "allowed"),
        ("getsockopt", (3, 1, 77), "ENOPROTOOPT"),  # a descriptor of the other process
        ("fcntl", (3, 1030), "allowed"),
        ("fcntl", (3, 6), "ENOSYS"),
        ("fcntl", (3, 1024), "ENOSYS"),
        ("ioctl", (0, 0x541B), "allowed"),
        ("ioctl", (0, 0x5412), "ENOTTY"),
        ("ioctl", (0, 0x5401), "ENOTTY"),  # a terminal's settings
        ("fcntl", (3, 4, 0x800), "allowed"),
        ("setrlimit", (3,), "allowed"),
        ("setrlimit", (4,), "EPERM"),  # a memory image
        ("prlimit64", (0, 7, 1 << 12), "allowed"),
        ("prlimit64", (0, 4, 0, 1 << 12), "allowed"),  # only asks
        ("prlimit64", (0, 4, 1 << 12), "EPERM"),
        ("prlimit64", (0, 4, 1 << 40), "EPERM"),
        ("preadv2", (3, 0, 1, 0, 0, 0), "allowed"),
        ("preadv2", (3, 0, 1, 0, 0, 0x80), "ENOTSUP"),  # the system keeps nothing of it
        ("pwritev2", (3, 0, 1, 0, 0, 0x80), "ENOTSUP"),
        ("mmap", (0, 1 << 21, 3, 0x22), "allowed"),
        ("mmap", (0, 1 << 21, 3, 0x40022), "ENOMEM"),  # huge pages
        ("mmap", (0, 1 << 21, 3, 0x78040022), "ENOMEM"),
        *(("madvise", (0, 0, advice), "allowed") for advice in (4, 8, 14)),
        *(("madvise", (0, 0, advice), "EINVAL") for advice in (12, 20, 21, 25, 100)),
        ("prctl", (15,), "allowed"),
        ("prctl", (22,), "EINVAL"),
        ("prctl", (0x53564D41,), "EINVAL"),
    ],
)
def test_an_argument_decides(machine, name, given, expected):
    assert answer(machine, numbers(machine)[name], *given) == expected


@pytest.mark.parametrize(("machine", "direct"), [("x86_64", 0x4000), ("aarch64", 0x10000)])
def test_a_file_is_not_read_past_the_systems_memory_of_it(machine, direct):
    known = numbers(machine)
    opened = {"open": (0, direct), "openat": (3, 0, direct | 0x80000)}
    for name, given in {**opened, "fcntl": (3, 4, direct | 0x800)}.items():
        if name in known:
            assert answer(machine, known[name], *given) == "EINVAL"
    assert answer(machine, known["openat"], 3, direct, 0x80000) == "allowed"
    assert answer(machine, known["fcntl"], 3, 3, direct) == "allowed"  # only asks


@each_machine
def test_the_filter_ends_in_an_answer_whatever_it_is_asked(machine):
    steps = list(struct.iter_unpack("HBBI", filter_program(machine)))
    assert len(steps) < 4096  # the kernel's bound
    for place, (code, when_true, when_false, _) in enumerate(steps):
        if code != 0x06:  # a return goes nowhere
            assert place + 1 + max(when_true, when_false) < len(steps)
    assert steps[-1][0] == 0x06


def test_a_machine_that_is_not_known_has_no_filter():
    assert filter_program("riscv64") == b""
