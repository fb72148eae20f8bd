"""The process that marks a submission: what a kernel sends may fill it, and it alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

START = """
import resource
from generative_vision.course.grading import own_bounds
"""
BOUND = """
own_bounds.bound_this_process()
print(resource.getrlimit(resource.RLIMIT_CORE))
bytearray(3 * 2**30)  # untouched, so that it costs nothing
"""
LIFTED = """
import subprocess, sys
own_bounds.bound_this_process()
with own_bounds.lifted_bound():
    subprocess.run([sys.executable, "-c", "bytearray(3 * 2**30)"], check=True)
bytearray(3 * 2**30)
"""
FLOODED = """
own_bounds.MAX_GIB = 1
own_bounds.bound_this_process()
from kernels import kernel
with kernel("") as running:
    running.run('''
import json, os, socket, stat
port = json.load(open("/run/kernel/kernel.json"))["iopub_port"]
for number in map(int, os.listdir("/proc/self/fd")):
    try:
        end = socket.socket(fileno=os.dup(number))
        if end.getsockname() == f"/run/kernel/socket-{port}" and end.getpeername() is not None:
            end.setblocking(True)
            while True:
                end.sendall(2**19 * bytes([1, 0]))  # an empty part; more follow
    except OSError:
        pass
''')
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    if sys.platform != "linux":
        pytest.skip("other systems bound no address space")
    return subprocess.run(
        [sys.executable, "-c", START + code],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
    )


def test_the_memory_of_a_marking_process_has_a_bound_and_leaves_no_image():
    ended = run(BOUND)
    assert ended.stdout == "(1, 1)\n"
    assert ended.stderr.endswith("MemoryError\n")


def test_a_kernel_does_not_inherit_that_bound():
    ended = run(LIFTED)
    assert ended.stderr.count("MemoryError\n") == 1
    assert ended.stderr.endswith("MemoryError\n")
    assert "CalledProcessError" not in ended.stderr


@pytest.mark.usefixtures("bubblewrap")
def test_a_message_that_never_ends_costs_the_process_that_reads_it():
    assert run(FLOODED).returncode == -6


FORBIDDEN = """
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
from generative_vision.course.grading.sandbox import warm_sandbox
from kernels import kernel, printed
with warm_sandbox() as place:
    for way in ("", place):
        with kernel(way) as running:
            print(printed(running, "print(6 * 7)"))
"""


@pytest.mark.usefixtures("bubblewrap")
def test_where_images_are_forbidden_for_good_kernels_start_all_the_same():
    """Many machines forbid them; only with root's rights could the bound be raised from 0."""
    ended = run(FORBIDDEN)
    assert ended.stdout.split() == ["42", "42"], ended.stderr
