"""What stands in the way on this machine, and what to do about it.

Each check gives one ``Finding``; those that decide by facts of a machine take the facts, so that
machines that are not at hand can be tried, too.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from generative_vision.course import CourseError
from generative_vision.course.environment import DISK_GIB, fault, machine_fault
from generative_vision.course.manifest import Course

State = Literal["ok", "note", "problem"]

FEW_GIB, ENOUGH_GIB = 3.5, 7.5  # of memory
HOME_REMEDY = "Set HOME to a folder that can be written to."
_PORTS = range(8888, 8938)  # that JupyterLab tries
_KERAS = {"image_data_format": "channels_last", "floatx": "float32", "epsilon": 1e-7}


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        subject: a word or two.
        state: a ``note`` stops nobody, or only instructors and authors; a ``problem`` does.
        text: what was found.
        remedy: what to do, where there is something.
    """

    subject: str
    state: State
    text: str
    remedy: str = ""


def examine(course: Course, *, quick: bool = False) -> Iterator[Finding]:
    """Yield findings about this machine and a course, one by one, as they are made.

    Args:
        quick: leave out what takes more than a moment, and what only instructors need.
    """
    yield examine_python(*sys.version_info[:2], platform.system(), platform.machine())
    yield examine_processor(platform.system(), platform.machine(), _read(Path("/proc/cpuinfo")))
    yield examine_memory(_memory_gib())
    yield examine_disk(course.work)
    yield examine_environment(course.root / ".venv", Path(sys.prefix))
    yield examine_folder(course.work)
    yield examine_home()
    yield examine_keras(Path(os.environ.get("KERAS_HOME") or os.path.expanduser("~/.keras")))
    yield examine_ports()
    if not quick:
        yield examine_kernels()
        yield examine_tensorflow()
        yield examine_bubblewrap()
        yield examine_chromium()


def examine_python(major: int, minor: int, system: str, machine: str) -> Finding:
    """Say whether there is a TensorFlow for this Python on this system."""
    hindrance = machine_fault(major, minor, system, machine)
    text, _, remedy = hindrance.partition(". ")
    if hindrance:
        return Finding("Python", "problem", text, remedy)
    return Finding("Python", "ok", f"{major}.{minor} on {system}, {machine}")


def examine_processor(system: str, machine: str, cpuinfo: str) -> Finding:
    """Say whether the processor has AVX, which TensorFlow's packages for x86 need.

    Args:
        cpuinfo: what Linux says about it in ``/proc/cpuinfo``; empty elsewhere.
    """
    flags = re.search(r"^flags\s*:(.*)$", cpuinfo, re.MULTILINE)
    if machine in ("x86_64", "AMD64") and flags and "avx" not in flags[1].split():
        return Finding(
            "processor",
            "problem",
            "It has no AVX, and TensorFlow ends at once without it (Illegal instruction).",
            "In a virtual machine: let it see the processor as it is (host-passthrough). Else use "
            "another computer, or a server.",
        )
    known = "AVX" if flags and "avx" in flags[1].split() else f"{system}, {machine}"
    return Finding("processor", "ok", known)


def examine_memory(gib: float | None) -> Finding:
    """Say whether there is memory enough, of the machine or of the container."""
    if gib is None:
        return Finding("memory", "note", "This system does not say how much there is.")
    text = f"{gib:.1f} GiB"
    if gib < FEW_GIB:
        remedy = "Give the container or virtual machine 8 GiB, or use another computer."
        return Finding("memory", "problem", f"{text}: training stops for want of it.", remedy)
    if gib < ENOUGH_GIB:
        remedy = "Run one notebook at a time: Kernel, Shut Down All Kernels, before the next."
        return Finding("memory", "note", f"{text}: enough for one notebook.", remedy)
    return Finding("memory", "ok", text)


def examine_disk(folder: Path) -> Finding:
    """Say whether there is room for notebooks and stored results."""
    place = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(place).free / 2**30
    if free < 0.5:
        return Finding("disk", "problem", f"{free:.1f} GiB left at {place}.", "Make room.")
    if free < DISK_GIB:
        return Finding("disk", "note", f"{free:.1f} GiB left at {place}: room for notebooks only.")
    return Finding("disk", "ok", f"{free:.0f} GiB left")


def examine_environment(venv: Path, running: Path) -> Finding:
    """Say whether the environment beside the course is the one that runs, and is whole.

    Args:
        venv: the course's own environment.
        running: the folder of the environment that runs (``sys.prefix``).
    """
    if not venv.is_dir():
        return Finding("environment", "ok", str(running))
    if reason := fault(venv):
        return Finding(
            "environment", "problem", f"{venv} {reason}.", "Run `make lab`: it mends it."
        )
    if not running.samefile(venv):
        return Finding(
            "environment",
            "note",
            f"{running} runs, and not {venv}, which belongs to this course.",
            f"Call {venv / 'bin' / 'generative-vision'}, or leave the other one (deactivate).",
        )
    return Finding("environment", "ok", str(venv))


def examine_folder(work: Path) -> Finding:
    """Say whether the reader's copies can be written."""
    place = next(place for place in (work, *work.parents) if place.exists())
    if not os.access(place, os.W_OK):
        remedy = "Go to a folder of your own and call `generative-vision lab` there."
        return Finding("folder", "problem", f"{place} cannot be written to.", remedy)
    return Finding("folder", "ok", str(work))


def examine_home() -> Finding:
    """Say whether this user has a home that can be written to."""
    if lacking := home_fault():
        return Finding("user", "note", f"{lacking}: settings last for a session.", HOME_REMEDY)
    return Finding("user", "ok", f"at home in {Path.home()}")


def home_fault() -> str:
    """Return why this user's home is of no use; empty if it is fine."""
    try:
        home = Path.home()
    except RuntimeError:
        return "This user has no home"
    if not home.is_dir() or not os.access(home, os.W_OK):
        return f"This user's home {home} cannot be written to"
    return ""


def examine_keras(folder: Path) -> Finding:
    """Say whether another project's settings of Keras differ from what the course needs."""
    kept = {}
    with suppress(OSError, ValueError):
        kept = dict(json.loads((folder / "keras.json").read_text(encoding="utf-8")))
    others = [name for name, value in _KERAS.items() if kept.get(name, value) != value]
    if others:
        return Finding(
            "Keras",
            "note",
            f"{folder / 'keras.json'} sets {', '.join(others)} for another project. The course "
            "uses its own settings and leaves that file alone.",
        )
    return Finding("Keras", "ok", "no settings of other projects")


def examine_ports() -> Finding:
    """Say whether JupyterLab finds a port to listen on."""
    for port in _PORTS:
        with socket.socket() as trial, suppress(OSError):
            trial.bind(("127.0.0.1", port))
            if port == _PORTS[0]:
                return Finding("port", "ok", f"{port} is free")
            text = f"{_PORTS[0]} is taken, perhaps by another JupyterLab; {port} is free."
            return Finding("port", "note", text)
    text = f"None of the ports {_PORTS[0]} to {_PORTS[-1]} is free."
    return Finding("port", "problem", text, "Name another: generative-vision lab --port=9999")


def examine_kernels() -> Finding:
    """Say whether the user's own kernel named ``python3`` is that of another Python."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        found = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Finding("kernel", "ok", sys.executable)
    program = Path(found.argv[0])
    by_name = len(program.parts) == 1  # Jupyter itself puts this Python's path there
    if not by_name and program.absolute().parent != Path(sys.executable).absolute().parent:
        return Finding(
            "kernel",
            "note",
            f"Your Jupyter knows {program} as python3. `generative-vision` takes this Python "
            "all the same; a JupyterLab that you start otherwise does not.",
            f"Open the lessons with `generative-vision lab`, or remove {found.resource_dir}",
        )
    return Finding("kernel", "ok", sys.executable)


def examine_tensorflow() -> Finding:
    """Say whether TensorFlow and Keras can be imported: some seconds, in a process of its own."""
    code = "import tensorflow, keras; print(tensorflow.__version__, keras.__version__)"
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode == 0:
        tensorflow, keras = done.stdout.split()[-2:]
        return Finding("TensorFlow", "ok", f"{tensorflow}, Keras {keras}")
    last = (done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"])[-1]
    return Finding(
        "TensorFlow",
        "problem",
        f"It cannot be imported: {last}",
        "Run `make lab` again: it installs what is missing. Where the processor lacks AVX, or "
        "memory is short, that is the reason.",
    )


def examine_bubblewrap() -> Finding:
    """Say whether submissions can be graded isolated."""
    from generative_vision.course.grading.sandbox import validate_available

    try:
        validate_available()
    except CourseError as error:
        text, _, remedy = str(error).partition(". ")
        return Finding("grading", "note", f"Only for instructors: {text}.", remedy)
    return Finding("grading", "ok", "submissions can be isolated by bubblewrap")


def examine_chromium() -> Finding:
    """Say whether the tests that use a browser can run."""
    if find_spec("playwright") is None:
        return Finding("browser", "ok", "its tests are not installed, and only authors need them")
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        return Finding(
            "browser",
            "note",
            "Only for authors: no Chromium was found, and tests in a browser are left out.",
            "On Debian or Ubuntu: sudo apt-get install chromium",
        )
    return Finding("browser", "ok", program)


def _memory_gib() -> float | None:
    """Return the memory of this machine in GiB, or of the container where that has less."""
    from generative_vision.course.grading import room

    with suppress(ValueError, OSError, AttributeError):  # Windows
        return room.memory() / 2**30
    return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
