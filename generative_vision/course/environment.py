"""The course's own environment, the folder ``.venv``: made where it is missing, or of no use.

``make`` runs this file with any Python of the machine, before anything is installed: it needs the
standard library alone, and is no part of the package that lessons import.

    python generative_vision/course/environment.py [EXTRA]

What was installed is noted in ``.venv/installed.json``; as long as that holds nothing is done.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

MIN_PYTHON, MAX_PYTHON = (3, 11), (3, 13)
DISK_GIB = 4  # what an environment takes, with pip's own copies
_NOTE = "installed.json"
_BIN = "Scripts" if os.name == "nt" else "bin"
_DECIDES = ("pyproject.toml", "constraints.txt")


class SetUpError(Exception):
    """Why no environment can be made here, and what to do."""


def set_up(root: Path, extra: str = "", *, run=subprocess.run) -> bool:
    """Make ``.venv`` ready for use, and return whether there was something to do.

    Args:
        root: the folder of ``pyproject.toml``.
        extra: a further set of packages that it names, such as ``"test"``.
        run: starts a command, as ``subprocess.run`` does.

    Raises:
        SetUpError: what is in the way, and the remedy.
    """
    venv = root / ".venv"
    reason = fault(venv)
    if not reason and extra in installed_extras(root):
        return False
    hindrance = machine_fault(*sys.version_info[:2], platform.system(), platform.machine())
    hindrance = hindrance or folder_fault(root)
    if hindrance:
        raise SetUpError(hindrance)
    if reason and venv.exists():
        print(f"The environment {venv} {reason}. It is made anew.", flush=True)
    if reason:
        _make(venv, run)
    _install(root, extra, run)
    return True


def fault(venv: Path) -> str:
    """Return why an environment is of no use, as a verb and what follows; empty if it is fine."""
    python = venv / _BIN / ("python.exe" if os.name == "nt" else "python")
    if not venv.is_dir():
        return "is missing"
    try:
        found = subprocess.run(
            [python, "-c", "import sys; print(*sys.version_info[:2])"],
            capture_output=True,
            text=True,
            timeout=60,
        )
        version = tuple(map(int, found.stdout.split()))
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return "was made by halves, or its Python is gone"
    # without its settings a Python is the system's own, in whose folders pip would install
    if found.returncode or len(version) != 2 or not (venv / "pyvenv.cfg").is_file():
        return "was made by halves, or its Python is gone"
    if not MIN_PYTHON <= version <= MAX_PYTHON:
        return f"is of Python {version[0]}.{version[1]}"
    home = _home(venv)
    if home and not (home.is_dir() and home.samefile(venv / _BIN)):
        return f"belongs to {home.parent.parent}, from where this folder was copied or moved"
    return ""


def installed_extras(root: Path) -> set[str]:
    """Return the sets of packages that ``.venv`` holds at today's versions; empty is the basis."""
    try:
        note = json.loads((root / ".venv" / _NOTE).read_text(encoding="utf-8"))
        return set(note["extras"]) if note["key"] == _key(root) else set()
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def machine_fault(major: int, minor: int, system: str, machine: str) -> str:
    """Return why the course cannot run with this Python on this machine; empty if it can."""
    if not MIN_PYTHON <= (major, minor) <= MAX_PYTHON:
        return (
            f"Python {major}.{minor} runs this; the course needs 3.11, 3.12 or 3.13. Install one, "
            "or name it: make lab PYTHON=/path/to/python"
        )
    if (system, machine) == ("Darwin", "x86_64"):
        return (
            "There is no TensorFlow 2.20 or later for Macs with an Intel processor. Run the "
            "course in a Linux container or a virtual machine, or on a server such as Colab. On a "
            "Mac with Apple's own processor this Python is one for Intel: install that for arm64."
        )
    return ""


def folder_fault(root: Path) -> str:
    """Return why nothing can be installed in a folder; empty if it can."""
    if not os.access(root, os.W_OK):
        return f"{root} cannot be written to. Copy the course to a folder of your own."
    free = shutil.disk_usage(root).free / 2**30
    if free < DISK_GIB:
        return (
            f"The disk of {root} has {free:.1f} GiB left, and an environment takes up to "
            f"{DISK_GIB} GiB. Make room, or copy the course to another disk."
        )
    return ""


def _home(venv: Path) -> Path | None:
    """Return the folder of the Python that the installed commands start, if any is installed."""
    for name in ("generative-vision", "pip"):
        script = venv / _BIN / name
        if script.is_file():
            start = script.read_text(encoding="utf-8", errors="replace")[:1000]
            # pip writes the long form where a path is long or holds a blank
            found = re.match(r"#!(/.*)\n", start) if "'''exec'" not in start else None
            found = found or re.search(r"'''exec' \"?(/.*?/python[\d.]*)\"?", start)
            return Path(found[1]).parent if found else None
    return None


def _key(root: Path) -> str:
    """Return a hash of what decides which packages are installed."""
    known = hashlib.sha256()
    for name in _DECIDES:
        known.update((root / name).read_bytes())
    return known.hexdigest()


def _make(venv: Path, run) -> None:
    print(f"Setting up {venv.name} with {sys.executable}: once, some minutes ...", flush=True)
    (venv / _NOTE).unlink(missing_ok=True)  # first: clearing the folder may be interrupted
    done = run([sys.executable, "-m", "venv", "--clear", str(venv)])
    if done.returncode:
        raise SetUpError(
            "No environment could be made; Python's own words stand above. On Debian and Ubuntu: "
            "sudo apt-get install python3-venv"
        )


def _install(root: Path, extra: str, run) -> None:
    """Install the course, as a link to this folder, and what it needs."""
    python = str(root / ".venv" / _BIN / "python")
    version = [python, "-m", "pip", "--version"]
    if run(version, capture_output=True).returncode:  # as uv makes them, or made by halves
        run([python, "-m", "ensurepip"], capture_output=True)
        if run(version, capture_output=True).returncode:
            _make(root / ".venv", run)
    extras = installed_extras(root) | {extra}
    names = ",".join(sorted(filter(None, extras)))
    what = f".[{names}]" if names else "."
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "-c", "constraints.txt"]
    # a bar for each of its 150 packages helps nobody; a pipe has no terminal to draw one on
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    print("Installing what the course needs ...", flush=True)
    done = run([*pip, *quiet, "-e", what], cwd=root)
    if done.returncode:
        raise SetUpError(
            "Not everything could be installed; pip's own words stand above. Is there a network? "
            "The same command goes on where it stopped."
        )
    note = {"key": _key(root), "extras": sorted(extras | {""})}
    (root / ".venv" / _NOTE).write_text(json.dumps(note), encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Set up the environment of the course that this file belongs to; return the exit status."""
    try:
        set_up(Path(__file__).absolute().parents[2], *arguments)
    except SetUpError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. The same command goes on where it stopped.", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"Error: the environment cannot be made: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
