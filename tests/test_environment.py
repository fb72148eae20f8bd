"""The course's own environment: made where it is missing, and again where it is of no use."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from generative_vision.course import environment

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs a shell's folders")


class Pip:
    """Starts commands; of pip's only ``--version`` is let through, so that nothing is loaded."""

    def __init__(self):
        self.installed: list[list[str]] = []

    def __call__(self, command, **options):
        if "install" not in command:
            return subprocess.run(command, **options)
        self.installed.append(command)
        script = Path(command[0]).with_name("generative-vision")
        script.write_text(f"#!{command[0]}\n")
        return SimpleNamespace(returncode=0)


@pytest.fixture
def clone(tmp_path):
    """A folder with what decides an environment, and none yet."""
    root = tmp_path / "my course"
    root.mkdir()
    for name in ("pyproject.toml", "constraints.txt"):
        (root / name).write_text("one")
    return root


@pytest.fixture
def pip():
    return Pip()


def make_without_pip(venv):
    """What ``uv venv`` makes, and what Ctrl-C leaves in the first seconds."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)


def has_pip(venv):
    command = [venv / "bin" / "python", "-m", "pip", "--version"]
    return subprocess.run(command, capture_output=True).returncode == 0


@POSIX
def test_it_is_made_once(clone, pip):
    assert environment.set_up(clone, run=pip)
    assert has_pip(clone / ".venv")
    assert not environment.set_up(clone, run=pip)
    assert len(pip.installed) == 1


@POSIX
def test_more_packages_are_added_and_stay(clone, pip):
    make_without_pip(clone / ".venv")
    environment.set_up(clone, run=pip)
    assert environment.set_up(clone, "test", run=pip)
    assert pip.installed[-1][-2:] == ["-e", ".[test]"]
    assert " -c constraints.txt " in " ".join(pip.installed[-1])
    assert not environment.set_up(clone, run=pip)
    (clone / "constraints.txt").write_text("two")
    assert environment.set_up(clone, run=pip)  # other versions
    assert not environment.set_up(clone, "", run=pip)


@POSIX
def test_one_without_pip_gets_it(clone, pip):
    make_without_pip(clone / ".venv")
    (clone / ".venv" / "mine").write_text("stays")
    environment.set_up(clone, run=pip)
    assert has_pip(clone / ".venv")
    assert (clone / ".venv" / "mine").is_file()


@POSIX
@pytest.mark.parametrize(
    "left",
    ["nothing", "half of pip", "no settings", "no Python", "a broken link"],
)
def test_one_that_was_made_by_halves_is_made_anew(clone, pip, left):
    venv = clone / ".venv"
    if left == "nothing":
        venv.mkdir()
    else:
        make_without_pip(venv)
        python = venv / "bin" / "python"
        if left == "half of pip":
            (site,) = venv.glob("lib/python*/site-packages")
            (site / "pip").mkdir()
            (site / "pip" / "__init__.py").write_text("raise ImportError")
            (site / "pip-99.dist-info").mkdir()
            (site / "pip-99.dist-info" / "METADATA").write_text("Name: pip\nVersion: 99\n")
        elif left == "no settings":
            (venv / "pyvenv.cfg").unlink()
        else:
            python.unlink()
        if left == "a broken link":
            python.symlink_to("/nowhere/python")
    environment.set_up(clone, run=pip)
    assert has_pip(venv)
    assert (venv / "pyvenv.cfg").is_file()
    assert environment.fault(venv) == ""


@POSIX
def test_what_is_noted_ends_before_the_folder_is_cleared(clone, pip):
    """Ctrl-C may come while some of the old packages are there, and their note with them."""
    environment.set_up(clone, run=pip)
    (clone / ".venv" / "bin" / "python").unlink()

    def interrupted(command, **options):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        environment.set_up(clone, run=interrupted)
    assert environment.installed_extras(clone) == set()


@POSIX
@pytest.mark.parametrize("way", ["copied", "moved"])
def test_one_of_another_folder_is_made_anew(clone, pip, way, capsys):
    make_without_pip(clone / ".venv")
    environment.set_up(clone, run=pip)
    other = clone.with_name("its new place")
    (shutil.copytree if way == "copied" else shutil.move)(clone, other)
    assert f"belongs to {clone}," in environment.fault(other / ".venv")
    assert environment.set_up(other, run=pip)
    assert "was copied or moved" in capsys.readouterr().out
    assert environment.fault(other / ".venv") == ""


@POSIX
def test_a_path_through_a_link_is_the_same_folder(clone, pip):
    make_without_pip(clone / ".venv")
    environment.set_up(clone, run=pip)
    link = clone.with_name("link")
    link.symlink_to(clone)
    assert not environment.set_up(link, run=pip)


def test_what_pip_writes_for_a_path_with_a_blank_is_read(tmp_path):
    make_without_pip(tmp_path / ".venv")
    script = tmp_path / ".venv" / "bin" / "generative-vision"
    script.write_text('#!/bin/sh\n\'\'\'exec\' "/some where/.venv/bin/python3.11" "$0" "$@"\n')
    assert "belongs to /some where," in environment.fault(tmp_path / ".venv")


def test_a_failure_of_pip_is_not_taken_for_success(clone):
    def fail(command, **options):
        return SimpleNamespace(returncode=int("install" in command))

    make_without_pip(clone / ".venv")
    with pytest.raises(environment.SetUpError, match="pip's own words.*goes on where it stopped"):
        environment.set_up(clone, run=fail)
    assert environment.installed_extras(clone) == set()


@pytest.mark.parametrize("note", ["", "{", "[]", '{"extras": 3}'])
def test_a_damaged_note_means_nothing_is_installed(clone, note):
    (clone / ".venv").mkdir()
    (clone / ".venv" / "installed.json").write_text(note)
    assert environment.installed_extras(clone) == set()


def test_a_folder_that_cannot_be_written_to_is_named(clone, bubblewrap):
    place = f"pathlib.Path({str(clone)!r})"
    code = f"import environment, pathlib; print(environment.folder_fault({place}))"
    walls = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev"]
    done = subprocess.run(
        [*walls, sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=Path(environment.__file__).parent,
    )
    assert f"{clone} cannot be written to. Copy the course" in done.stdout


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        ((3, 10, "Linux", "x86_64"), "3.11, 3.12 or 3.13"),
        ((3, 14, "Windows", "AMD64"), "3.11, 3.12 or 3.13"),
        ((3, 12, "Darwin", "x86_64"), "Intel"),
    ],
)
def test_machines_without_tensorflow_are_told(machine, words):
    assert words in environment.machine_fault(*machine)


@pytest.mark.parametrize("system", [("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64")])
def test_machines_with_tensorflow_are_fine(system):
    assert environment.machine_fault(3, 12, *system) == ""


def test_it_needs_nothing_but_python(clone):
    """``make`` runs the file with any Python: here one that sees no installed package."""
    place = clone / "generative_vision" / "course"
    place.mkdir(parents=True)
    shutil.copy(environment.__file__, place)
    (clone / ".venv").mkdir()
    (clone / "pyproject.toml").unlink()
    command = [sys.executable, "-I", "-S", str(place / "environment.py")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Error: " in done.stderr
