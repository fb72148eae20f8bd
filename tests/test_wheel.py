"""A wheel works by itself: it carries the lessons, and its commands need no repository."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from generative_vision.course.manifest import read_course

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
COURSE = read_course(ROOT)
FIRST = COURSE.lessons[0].slug


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel of this course; setuptools is that of this environment, so no network is needed."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "course"  # setuptools leaves a build/ behind
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "build", "_book", "work"))
    options = ["--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir", str(folder)]
    command = [sys.executable, "-m", "pip", "wheel", *options, str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The wheel, unpacked where Python finds it before the clone."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture
def run(installed, tmp_path):
    """Run the installed commands in an empty folder."""

    def command(*arguments, **options):
        code = "from generative_vision.course.cli import main; main()"
        environment = {**os.environ, "PYTHONPATH": str(installed)}
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
        )

    return command


def test_a_wheel_carries_what_git_has(wheel):
    tracked = subprocess.run(
        ["git", "ls-files", "lessons", "solutions", "generative_vision"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    content = "generative_vision/course/content"
    wanted = {
        name if name.startswith("generative_vision") else f"{content}/{name}"
        for name in tracked
        if (ROOT / name).exists() and not name.endswith("ruff.toml")
    }
    assert wanted - names == set()
    assert f"{content}/book.toml" in names


def test_a_wheel_carries_nothing_hidden_and_no_solved_notebook(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert [name for name in names if "/." in name or "__pycache__" in name] == []
    solved = f"generative_vision/course/content/solutions/{FIRST}/{FIRST}.ipynb"
    assert solved not in names


def test_lab_in_an_empty_folder_gives_the_lessons(run, tmp_path):
    done = run("lab", "--version")
    assert done.returncode == 0, done.stderr
    for lesson in COURSE.lessons:
        own = tmp_path / "work" / lesson.slug / f"{lesson.slug}.ipynb"
        released = ROOT / "lessons" / lesson.slug / f"{lesson.slug}.ipynb"
        assert own.read_bytes() == released.read_bytes()


def test_check_marks_them_there(run, tmp_path):
    run("lab", "--version")
    own = tmp_path / "work" / FIRST / f"{FIRST}.ipynb"
    notebook = nbformat.read(own, 4)
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type != "code"]  # at once done
    nbformat.write(notebook, own)
    done = run("check", "00")
    assert done.returncode == 0, done.stderr
    assert f"0 of {COURSE.lessons[0].points} points" in done.stdout
    assert (tmp_path / "work" / "feedback" / f"{FIRST}.html").is_file()


@pytest.mark.parametrize("arguments", [["build"], ["new-lesson", "99-new", "--title", "New"]])
def test_authors_commands_ask_for_the_repository(run, arguments):
    done = run(*arguments)
    assert done.returncode == 1
    assert "needs a copy of the course's repository" in done.stderr
