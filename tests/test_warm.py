"""Kernels that are forked from one process: as shut off from each other as if each had its own."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
import pytest
from kernels import kernel, printed

from generative_vision.course.grading import walls
from generative_vision.course.grading.checks import call
from generative_vision.course.grading.kernel import KernelEndedError
from generative_vision.course.grading.limits import Limits
from generative_vision.course.grading.warm import WarmKernel

pytestmark = pytest.mark.usefixtures("bubblewrap")


LEAVES = """
import os, pathlib, socket
for folder in ("/tmp", "/dev/shm", "/home/student"):
    pathlib.Path(folder, "left").write_text("a message")
hidden = socket.socket(socket.AF_UNIX)
hidden.bind("\\0left")
hidden.listen()
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


@pytest.mark.parametrize("way", ["forked", "of its own"])
def test_a_kernel_waits_for_the_disk_until_nobody_else_does(way, warm):
    with kernel(warm if way == "forked" else "") as running:
        inside = psutil.Process(running.manager.provisioner.pid).children(recursive=True)
        assert {process.ionice().ioclass for process in inside} == {psutil.IOPRIO_CLASS_IDLE}


@pytest.mark.parametrize("way", ["forked", "of its own"])
def test_a_kernel_keeps_to_the_processors_that_it_was_given(way, warm):
    """What it costs besides its share, in interrupts for instance, it costs there."""
    known = os.sched_getaffinity(0)
    given = {min(known)}
    os.sched_setaffinity(0, given)
    try:
        with kernel(warm if way == "forked" else "") as running:
            inside = psutil.Process(running.manager.provisioner.pid)
            all_processes = [inside, *inside.children(recursive=True)]
            assert [set(one.cpu_affinity()) for one in all_processes] == [given] * len(
                all_processes
            )
            tried = f"import os\nos.sched_setaffinity(0, {known})\nprint(os.sched_getaffinity(0))"
            assert printed(running, tried) == given
    finally:
        os.sched_setaffinity(0, known)


YIELDS = """
import os
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
os.setpriority(os.PRIO_PROCESS, 0, 19)
os.nice(19)
print((os.sched_getscheduler(0) == os.SCHED_IDLE, os.getpriority(os.PRIO_PROCESS, 0)))
"""


@pytest.mark.parametrize("way", ["forked", "of its own"])
def test_no_process_gives_way_to_others(way, warm):
    """It would keep what others wait for, as the system's list of mounts, while those are busy."""
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    with kernel(warm if way == "forked" else "") as running:
        assert printed(running, YIELDS) == (False, usual)


RUNS_OUT = """
import os, time
child = os.fork()
if child == 0:
    os._exit(len([bytearray(b"x") * 2**24 for _ in range(200)]))
os.waitpid(child, 0)
while True:
    print("still here")
"""


@pytest.mark.parametrize("way", ["forked", "of its own"])
def test_a_kernel_ends_when_its_memory_has_run_out(way, warm):
    """The system's log grows each time, and others' disk with it: once must do."""
    with closing(Limits(2**30)) as limits:
        if not limits.folders:
            pytest.skip("needs a control group")
    running = kernel(warm if way == "forked" else "")
    running.manager.provisioner.free = 1  # what a lesson needs is left
    with running, pytest.raises(KernelEndedError, match="ended the kernel"):
        running.run(RUNS_OUT)


LOOKS_AROUND = """
import os
found = {}
for name in os.listdir("/proc"):
    place, held = f"/proc/{name}", b""
    try:
        if os.path.isdir(place):
            held = "".join(os.listdir(place)).encode()
        else:
            with open(place, "rb") as file:
                held = file.read(10)
    except OSError:
        pass
    found[name] = len(held)
print({name for name in found if found[name] and not name.isdigit()})
"""


@pytest.mark.parametrize("way", ["forked", "of its own"])
def test_a_kernel_learns_of_the_machine_what_programs_ask_for(way, warm):
    """Whoever reads the list of locks keeps everybody else from locking a file."""
    with kernel(warm if way == "forked" else "") as running:
        seen = printed(running, LOOKS_AROUND)
    usual = {"cpuinfo", "meminfo", "mounts", "self", "stat", "sys", "uptime"}
    others = {"filesystems", "loadavg", "net", "thread-self", "version"}
    assert usual <= seen <= usual | others


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
found = os.listdir("/dev/pts")
try:
    found.append(os.openpty())
except OSError:
    pass
print(found)
"""
SHELL = """
!echo heard; echo "ä as well" >&2; cat; exit 3
print(_exit_code)
written = !echo written
print(*written)
"""


@pytest.mark.parametrize("way", ["forked", "of its own"])
def test_a_kernel_has_no_terminals_and_shell_commands_need_none(way, warm):
    """What is written to one the system works on outside of the control group."""
    with kernel(warm if way == "forked" else "") as running:
        assert printed(running, TERMINALS) == []
        shown = running.run(SHELL).outputs
        assert "".join(output.text for output in shown) == "heard\nä as well\n3\nwritten\n"
        running.seconds = 1
        ran = running.run("!echo waits; sleep 99")
        assert ran.timed_out
        assert ran.outputs[0].text == "waits\n"
        assert printed(running, "print(1)") == 1


def test_a_forked_kernel_reaches_no_key(rights):
    assert rights["keys"] == (-1, errno.ENOSYS)


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
        assert printed(running, RIGHTS)["keys"] == (-1, errno.ENOSYS)


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


def test_a_kernel_ends_with_the_process_that_holds_it(warm):
    with kernel(warm) as running:
        held = running.manager.provisioner.process
        held.connection.close()  # as the end of this process would
        assert held.wait(timeout=60) == 1
