"""Kernels that are forked from one process: as shut off from each other as if each had its own."""

from __future__ import annotations

import ast
import ctypes
import os
import socket
import struct
from contextlib import ExitStack
from pathlib import Path

import pytest
from traitlets.config import Config

from generative_vision.course.grading import sandbox, walls
from generative_vision.course.grading.checks import call
from generative_vision.course.grading.kernel import Kernel, MarkingKernelSpecManager
from generative_vision.course.grading.syscalls import filter_program
from generative_vision.course.grading.warm import WarmKernel

pytestmark = pytest.mark.usefixtures("bubblewrap")


@pytest.fixture(scope="module")
def warm(bubblewrap):
    with sandbox.warm_sandbox() as place:
        yield place


def kernel(place) -> Kernel:
    config = Config()
    config.SandboxProvisioner.warm = str(place)
    manager = sandbox.SandboxedKernelManager(
        config=config, kernel_spec_manager=MarkingKernelSpecManager()
    )
    return Kernel(manager, 60, "/tmp")


def printed(running: Kernel, code: str):
    """What a cell prints, as a value."""
    outputs = running.run(code).outputs
    assert [output.output_type for output in outputs] == ["stream"], outputs
    return ast.literal_eval(outputs[0].text)


LEAVES = """
import os, pathlib, socket
for folder in ("/tmp", "/dev/shm", "/home/student"):
    pathlib.Path(folder, "left").write_text("a message")
hidden = socket.socket(socket.AF_UNIX)
hidden.bind("\\0left")
hidden.listen()
terminal = os.openpty()
import generative_vision
generative_vision.left = True
"""
FINDS = """
import os, pathlib, socket
import generative_vision

def error(function, *arguments):
    try:
        function(*arguments)
    except OSError as problem:
        return type(problem).__name__
    return "none"

print({
    "files": [f for f in ("/tmp", "/dev/shm", "/home/student") if pathlib.Path(f, "left").exists()],
    "socket": error(socket.socket(socket.AF_UNIX).connect, "\\0left"),
    "package": hasattr(generative_vision, "left"),
    "processes": sorted(int(name) for name in os.listdir("/proc") if name.isdigit()),
    "signal": error(os.kill, 1, 9),
    "sockets": sorted(os.listdir("/run/kernel")),
    "terminals": os.listdir("/dev/pts"),
})
"""


@pytest.fixture(scope="module")
def found(warm):
    """What one submission finds of another that runs at the same time."""
    with kernel(warm) as first, kernel(warm) as second:
        assert isinstance(first.manager.provisioner.process, WarmKernel)
        assert not first.run(LEAVES).failed
        seen = printed(second, FINDS)
        assert printed(first, "print(1)") == 1  # it still runs
        return seen


def test_a_submission_finds_no_file_of_another(found):
    assert found["files"] == []
    assert found["sockets"] == ["kernel.json", *(f"socket-{number}" for number in range(1, 6))]


def test_a_submission_finds_no_terminal_of_another(found):
    assert found["terminals"] == ["ptmx"]


def test_a_submission_reaches_no_socket_of_another(found):
    assert found["socket"] == "ConnectionRefusedError"


def test_a_submission_shares_no_memory_with_another(found):
    assert not found["package"]


def test_a_submission_sees_and_signals_itself_alone(found):
    assert found["processes"] == [1, 2]
    assert found["signal"] == "PermissionError"


RIGHTS = """
import ctypes, os
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
libc = ctypes.CDLL(None, use_errno=True)
search_keys = 250 if os.uname().machine == "x86_64" else 219
opened = []
for number in os.listdir("/proc/self/fd"):
    if os.path.lexists(f"/proc/self/fd/{number}"):
        opened.append(os.readlink(f"/proc/self/fd/{number}"))
print({
    "rights": {int(status["Cap" + kind], 16) for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")},
    "no new ones": int(status["NoNewPrivs"]),
    "user": os.getuid(),
    "groups": os.getgroups(),
    "keys": (libc.syscall(search_keys, 0, -4, 0), ctypes.get_errno()),
    "open": sorted({name for name in opened if name[0] == "/"} - {"/dev/null"}),
    "proc": [line.split()[3][:2] for line in open("/proc/mounts") if " /proc " in line],
})
"""


@pytest.fixture(scope="module")
def rights(warm):
    with kernel(warm) as running:
        return printed(running, RIGHTS)


def test_a_forked_kernel_has_no_rights(rights):
    assert rights["rights"] == {0}
    assert rights["no new ones"] == 1
    assert [group for group in rights["groups"] if group != 65534] == []


@pytest.mark.parametrize("way", ["forked", "of its own"])
def test_each_kernel_has_a_user_of_its_own(way, warm):
    """Where root may choose: the system counts many things by user."""
    place = warm if way == "forked" else ""
    with kernel(place) as first, kernel(place) as second:
        users = {printed(running, "import os\nprint(os.getuid())") for running in (first, second)}
    may_choose = os.geteuid() == 0 and walls.new_user() > 65534
    assert len(users) == (2 if may_choose else 1)
    assert 0 not in users


@pytest.mark.parametrize("way", ["forked", "of its own"])
def test_a_kernel_is_the_first_to_end_where_memory_runs_out(way, warm):
    """It cannot take that back: another's would end first."""
    with kernel(warm if way == "forked" else "") as running:
        tried = running.run("open('/proc/self/oom_score_adj', 'w').write('0')")
        assert printed(running, "print(open('/proc/self/oom_score_adj').read())") == 1000
        assert [output.ename for output in tried.outputs] == ["OSError"]


CRASHES = """
import os, resource
child = os.fork()
if child == 0:
    os.kill(os.getpid(), 11)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), resource.getrlimit(resource.RLIMIT_CORE))
"""


@pytest.mark.parametrize("way", ["forked", "of its own"])
def test_a_crash_inside_starts_no_program_outside(way, warm):
    """A bound of 0 bytes would not keep the system from handing the memory to a program."""
    with kernel(warm if way == "forked" else "") as running:
        assert "".join(o.text for o in running.run(CRASHES).outputs) == "-11 (1, 1)\n"


TERMINALS = """
import os
found = []
while len(found) < 9:
    try:
        found.append(os.openpty())
    except OSError:
        break
print(len(found))
"""


@pytest.mark.parametrize("way", ["forked", "of its own"])
def test_a_kernel_has_a_few_terminals_that_keep_the_system_busy(way, warm):
    """What is written to them the system works on outside of the control group."""
    if way == "of its own" and os.geteuid():
        pytest.skip("bubblewrap makes these, and only root may bound them")
    with kernel(warm if way == "forked" else "") as running:
        assert printed(running, TERMINALS) == 2
        running.run("for one in found: [os.close(end) for end in one]")
        shown = running.run("for _ in range(3):\n    !echo heard").outputs
        assert "".join(output.text for output in shown).split() == ["heard"] * 3


def test_a_forked_kernel_reaches_no_key(rights):
    assert rights["keys"] == (-1, 1)  # not permitted


def test_a_forked_kernel_holds_no_file_of_the_warm_process(rights):
    assert rights["open"] == []
    assert rights["proc"][-1] == "ro"  # what lies on top


def test_forks_do_not_run_out(warm):
    with ExitStack() as stack:
        for _ in range(3):
            running = stack.enter_context(kernel(warm))
            assert printed(running, "import os; print(os.getpid())") == 2


def test_a_kernel_that_ends_is_noticed_and_leaves_nothing(warm):
    with kernel(warm) as running:
        process = running.manager.provisioner.process
        group = list(running.manager.provisioner.limits.folders)
        assert process.poll() is None
    assert process.poll() is not None
    assert not Path(f"/proc/{process.pid}/root/run").exists()
    assert [folder for folder in group if folder.exists()] == []


def test_where_nothing_can_be_forked_a_sandbox_of_its_own_starts(tmp_path):
    with kernel(tmp_path / "nothing") as running:
        assert not isinstance(running.manager.provisioner.process, WarmKernel)
        assert printed(running, "print([1])") == [1]


def test_keys_are_out_of_reach_of_a_kernel_with_a_sandbox_of_its_own(tmp_path):
    with kernel("") as running:
        assert printed(running, RIGHTS)["keys"] == (-1, 1)


def test_neither_names_nor_order_of_calls_reach_the_kernel(warm):
    calls = {f"even {number}": call("f", 0) for number in range(40)}
    with kernel(warm) as running:
        running.run("import sys\nturn = iter(range(100))\ndef f(x): return next(turn)")
        counted, _ = running.ask(calls)
        running.run("def f(x): return str(In[-3:]) + str(sys._getframe(1).f_back.f_locals)")
        seen, _ = running.ask(calls)
    assert list(counted) == list(calls)
    assert list(counted.values()) != list(range(40))
    assert [text for text in seen.values() if "even" in text] == []


def test_figures_are_shown(warm):
    with kernel(warm) as running:
        ran = running.run("import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
        assert "image/png" in ran.outputs[-1].data


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
ALLOWED = {"socket buffer", "descriptor"}
REFUSED_SOCKETS = ("vsock", "netlink", "udp", "mptcp", "tcp", "tcp 6", "pair of others")
ANSWERS = {
    **dict.fromkeys(REFUSED_SOCKETS, "ENOTSUP"),
    **dict.fromkeys(("clone3", "newer", "lease", "lock"), "ENOSYS"),
    **dict.fromkeys(ALLOWED, "none"),
    "locks": ["ENOSYS"] * 4,
    "no program": "EACCES",
    "files": (walls.MAX_FILES, walls.MAX_FILES),
    "signals": (walls.MAX_SIGNALS, walls.MAX_SIGNALS),
    "threads": "some",
    "fork": 7,
}


@pytest.mark.parametrize("way", ["forked", "of its own"])
def test_a_kernel_cannot_get_rights_back_or_leave_or_fill_the_machine(way, warm):
    """No control group counts what sockets, locks, lists of access, policies and filters hold."""
    with kernel(warm if way == "forked" else "") as running:
        found = printed(running, REFUSED)
    assert found == {**dict.fromkeys(found, "EPERM"), **ANSWERS}


ELSEWHERE = """
import os, signal, time
from ipykernel.kernelapp import IPKernelApp

path = f"/run/kernel/socket-{IPKernelApp.instance().hb_port}"
os.unlink(path)
os.symlink("HOST", path)
kernel = os.getpid()
if os.fork() == 0:
    os.kill(kernel, signal.SIGSTOP)
    time.sleep(2)
    os.kill(kernel, signal.SIGCONT)
    os._exit(0)
time.sleep(2.5)
print(1)
"""


def test_nothing_outside_follows_a_link_to_a_socket_of_the_host(warm, tmp_path):
    """A heartbeat would be opened again while the kernel is silent, by way of the link."""
    with socket.socket(socket.AF_UNIX) as host, kernel(warm) as running:
        host.bind(str(tmp_path / "host"))
        host.listen()
        host.settimeout(0.1)
        assert printed(running, ELSEWHERE.replace("HOST", str(tmp_path / "host"))) == 1
        with pytest.raises(TimeoutError):
            host.accept()


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_ends_in_an_answer_whatever_it_is_asked(machine):
    steps = list(struct.iter_unpack("HBBI", filter_program(machine)))
    assert len(steps) < 4096  # the kernel's bound
    for place, (code, when_true, when_false, _) in enumerate(steps):
        if code != 0x06:  # a return goes nowhere
            assert place + 1 + max(when_true, when_false) < len(steps)
    assert steps[-1][0] == 0x06


def test_a_machine_that_is_not_known_has_no_filter():
    assert filter_program("riscv64") == b""
    assert ctypes.sizeof(ctypes.c_void_p) == struct.calcsize("P")


def test_a_kernel_ends_with_the_process_that_holds_it(warm):
    with kernel(warm) as running:
        held = running.manager.provisioner.process
        held.connection.close()  # as the end of this process would
        assert held.wait(timeout=60) == 1
