"""The command line: ``lab``, ``check`` and ``reset`` for readers, the others for instructors."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import nbformat
import pytest
from conftest import SLUG
from typer.testing import CliRunner

from generative_vision.course import CourseError, cli, manifest
from generative_vision.course.build import build
from generative_vision.course.cli import terminal
from generative_vision.course.manifest import Course

NAME = f"{SLUG}.ipynb"


@pytest.fixture
def course(tiny_course, monkeypatch) -> Course:
    """A built course, with the working directory in it."""
    course = tiny_course()
    build(course)
    monkeypatch.chdir(course.root)
    return course


def _run(*arguments: str) -> str:
    """Run the command line and return what it prints; a ``CourseError`` passes through."""
    result = CliRunner().invoke(cli.app, list(arguments))
    if result.exception:
        raise result.exception
    return result.output


@pytest.fixture
def launched(monkeypatch) -> list[list[str]]:
    """What ``lab`` would have started."""
    commands: list[list[str]] = []
    monkeypatch.setattr(
        os, "execv", lambda program, arguments: commands.append([os.getcwd(), *arguments])
    )
    return commands


def _own(course: Course) -> Path:
    return course.root / "work" / SLUG / NAME


def _edit(path: Path, name: str, source: str) -> None:
    notebook = nbformat.read(path, 4)
    next(cell for cell in notebook.cells if cell.id == name).source = source
    nbformat.write(notebook, path)


def test_lab_copies_the_lessons_and_opens_jupyterlab(course, launched):
    assert f"New in work/: {SLUG}" in _run("lab", "--port=9999", "--no-browser")
    work = course.root / "work"
    ((folder, program, *options),) = launched
    assert (folder, program) == (str(work), sys.executable)
    assert options[:3] == ["-m", "jupyterlab", f"--notebook-dir={work}"]
    assert options[-2:] == ["--port=9999", "--no-browser"]
    assert "--LabApp.default_url=/lab/tree/welcome.md" in options
    assert "**not begun**" in (work / "welcome.md").read_text(encoding="utf-8")
    assert _own(course).read_bytes() == (course.root / "lessons" / SLUG / NAME).read_bytes()


def test_lab_never_overwrites_a_students_file(course, launched):
    _run("lab")
    _own(course).write_text("mine")
    os.chdir(course.root)
    assert "New" not in _run("lab")
    assert _own(course).read_text() == "mine"


def test_lab_takes_a_relative_course(course, launched, monkeypatch):
    monkeypatch.chdir(course.root.parent)
    _run("lab", "--course", course.root.name)
    assert launched[0][0] == str(course.root / "work")
    assert f"--notebook-dir={course.root / 'work'}" in launched[0]


def test_lab_says_that_a_lesson_was_renumbered_and_keeps_the_work(course, launched, edited):
    edited(course.root / "book.toml", "minutes = 5", 'minutes = 5\nformerly = ["05-tiny"]')
    old = course.work / "05-tiny" / "05-tiny.ipynb"
    old.parent.mkdir(parents=True)
    old.write_text("mine")
    said = _run("lab")
    assert f"{Path('work', '05-tiny')}/ is lesson {SLUG} now. Your work there stays" in said
    assert old.read_text() == "mine"


def test_lab_without_built_lessons_names_the_remedy(tiny_course, launched, monkeypatch):
    monkeypatch.chdir(tiny_course().root)
    with pytest.raises(CourseError, match="is missing: run `generative-vision build`"):
        _run("lab")
    assert not launched


def test_lab_uses_the_kernel_of_this_python(course, launched):
    _run("lab")
    (option,) = [text for text in launched[0] if "kernel_spec_manager_class" in text]
    assert option.endswith("=generative_vision.course.kernels.CourseKernelSpecManager")


def test_lab_names_what_stands_in_the_way(course, launched):
    (course.root / ".venv").mkdir()
    said = CliRunner().invoke(cli.app, ["lab"])
    assert "environment: " in said.stderr
    assert "Run `make lab`: it mends it." in said.stderr
    assert launched


def test_lab_says_in_a_sentence_that_a_folder_cannot_be_written_to(course, launched):
    course.work.write_text("a file is in the way")
    with pytest.raises(CourseError, match="cannot be written to .*Go to a folder of your own"):
        _run("lab")


HOMELESS = """
import os, sys
from pathlib import Path
from generative_vision.course import cli
os.execv = lambda program, arguments: print("at", Path.home(), os.access(Path.home(), os.W_OK))
sys.argv = ["generative-vision", "lab"]
cli.main()
"""


@pytest.mark.parametrize("home", [["--unsetenv", "HOME"], ["--setenv", "HOME", "/"]])
def test_a_user_without_a_home_is_lent_one(course, bubblewrap, home):
    """As in a container that is started for a user whom it does not know."""
    root = str(course.root)
    walls = ["--ro-bind", "/", "/", "--dev", "/dev", "--tmpfs", "/tmp", "--bind", root, root]
    for place in (sys.prefix, str(Path(__file__).parents[1])):  # they may lie in /tmp
        walls += ["--ro-bind", place, place]
    user = ["--unshare-user", "--uid", "1234", "--gid", "1234", "--chdir", root, *home]
    command = ["bwrap", *walls, *user, sys.executable, "-c", HOMELESS]
    done = subprocess.run(command, capture_output=True, text=True)
    assert re.search(r"^at /tmp/home-\w+ True$", done.stdout, re.MULTILINE), done.stderr
    assert "settings last for a session. Set HOME to a folder" in done.stderr


def test_the_doctor_ends_well_here(course):
    assert re.search(r"ok  TensorFlow +2\.", _run("doctor"))


@pytest.mark.slow
def test_the_doctor_fails_where_something_stops_the_course(course):
    (course.root / ".venv").mkdir()
    with pytest.raises(CourseError, match="What is marked -- stops the course"):
        _run("doctor")


def test_reset_keeps_the_old_copy(course, launched):
    _run("lab")
    _own(course).write_text("mine")
    said = _run("reset", "00")
    (kept,) = _own(course).parent.glob(f"{SLUG}-*.ipynb")
    assert kept.name in said
    assert re.fullmatch(rf"{SLUG}-\d{{4}}-\d\d-\d\d-\d{{6}}\.ipynb", kept.name)
    assert kept.read_text() == "mine"
    assert _own(course).read_bytes() == (course.root / "lessons" / SLUG / NAME).read_bytes()
    _run("reset", "00")  # an untouched copy is not worth keeping, and must not replace the one kept
    assert list(_own(course).parent.glob(f"{SLUG}-*.ipynb")) == [kept]
    assert kept.read_text() == "mine"


def test_reset_of_an_unknown_lesson_names_the_known_ones(course):
    with pytest.raises(CourseError, match=f"no one lesson called '07'. The lessons are: {SLUG}"):
        _run("reset", "07")


def test_check_marks_a_students_own_copy(course, launched):
    _run("lab")
    _edit(_own(course), "double", "def double(x):\n    return 2 * x")
    _edit(_own(course), "quiz-second", 'answer_second = "b"')
    before = _own(course).read_bytes()
    said = _run("check", "00")
    assert re.search(r"ok  double-check +2/2", said)
    assert re.search(
        r"--  quiz-second-check +0/1  \(b\) is not right\. Halving it leaves a rest\.", said
    )
    assert re.search(r"--  quiz-main_purpose-check +0/1  No answer yet", said)
    assert f"2 of 4 points. Why, in {Path('feedback', f'{SLUG}.html')}" in said
    feedback = course.work / "feedback"
    page = (feedback / f"{SLUG}.html").read_text(encoding="utf-8")
    assert 'src="mathjax.js"' in page
    assert (feedback / "mathjax.js").is_file()
    assert "hidden line" not in page
    assert os.listdir(_own(course).parent) == [NAME]  # nothing beside what is the student's
    assert _own(course).read_bytes() == before
    welcome = (course.work / "welcome.md").read_text(encoding="utf-8")
    assert "**2 of 4 points, checked on " in welcome


@pytest.mark.slow
def test_check_marks_the_work_of_the_folder_one_stands_in(course, launched, tmp_path, monkeypatch):
    """Lessons that were unpacked elsewhere are marked there, and not in the course."""
    _run("lab")
    os.chdir(course.root)
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(course.work, elsewhere / "work")
    _edit(elsewhere / "work" / SLUG / NAME, "double", "def double(x):\n    return 2 * x")
    monkeypatch.chdir(elsewhere / "work" / SLUG)
    monkeypatch.setattr(manifest, "INSTALLED", course.root)
    monkeypatch.setattr(terminal, "find_root", lambda: course.root)
    assert re.search(r"ok  double-check +2/2", _run("check", "00"))
    assert (elsewhere / "work" / "feedback" / f"{SLUG}.html").is_file()
    assert not (course.work / "feedback").exists()


@pytest.mark.slow
def test_check_marks_the_copy_under_a_lessons_former_number(course, launched):
    _run("lab")
    with (course.root / "book.toml").open("a", encoding="utf-8") as book:
        book.write('formerly = ["05-tiny"]\n')
    old = course.work / "05-tiny" / "05-tiny.ipynb"
    old.parent.mkdir()
    old.write_bytes(_own(course).read_bytes())
    _edit(old, "double", "def double(x):\n    return 2 * x")
    said = _run("check", "00")
    assert f"05-tiny.ipynb, which is lesson {SLUG} now ..." in said
    assert re.search(r"ok  double-check +2/2", said)


@pytest.mark.slow
def test_check_names_the_folder_that_it_marks(course, launched, tmp_path, monkeypatch):
    _run("lab")
    monkeypatch.chdir(tmp_path)
    said = _run("check", "00", "--course", str(course.root))
    assert f"Running {_own(course)} ..." in said


def test_check_needs_a_copy(course):
    with pytest.raises(
        CourseError,
        match=f"{NAME} is not there: open the lessons once with `generative-vision lab`",
    ):
        _run("check", SLUG)


def test_check_says_why_a_damaged_copy_cannot_be_marked(course, launched):
    _run("lab")
    _own(course).write_text("{")
    with pytest.raises(CourseError, match=f"{NAME} could not be checked: .*not.*JSON"):
        _run("check", "00")


def test_build_and_its_verification(course):
    assert "Everything derived is what its source gives." in _run("build", "--verify")
    notebook = course.root / "lessons" / SLUG / NAME
    notebook.unlink()
    with pytest.raises(CourseError, match="is missing"):
        _run("build", "--verify")
    assert _run("build") == f"Written: {notebook}\n"
    _run("build", "--verify")
    assert _run("build") == "Every notebook was up to date.\n"


def test_grade_prints_each_result_and_where_they_are(course, tmp_path, bubblewrap):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ana.ipynb").write_bytes(
        (course.root / "solutions" / SLUG / NAME).read_bytes()
    )
    (tmp_path / "in" / "[red]ben.ipynb").write_text("{")
    (tmp_path / "students.csv").write_text("id,name\nana,Ana\n")
    said = _run("grade", str(tmp_path / "in"))
    assert f"Class list: {tmp_path / 'students.csv'}" in said
    assert re.search(rf"4/4  ana +{SLUG}", said)
    assert re.search(r"-  +red_ben +not a readable notebook", said)
    assert f"1 graded, 1 not graded. Results: {tmp_path / 'in-graded'}" in said
    assert (tmp_path / "in-graded" / "grades.csv").is_file()


@pytest.mark.slow
def test_a_student_whose_id_is_no_folders_name_is_not_missing(course, tmp_path, bubblewrap):
    (tmp_path / "in").mkdir()
    released = course.root / "lessons" / SLUG / NAME
    (tmp_path / "in" / "ana 1.ipynb").write_bytes(released.read_bytes())
    (tmp_path / "students.csv").write_text("id,name\nana 1,Ana\nben 2,Ben\n")
    _run("grade", str(tmp_path / "in"))
    report = (tmp_path / "in-graded" / "report.html").read_text()
    assert "Nothing handed in:</strong> ben_2<" in report


PLANTED = "from pathlib import Path\nPath({!r}).touch()\n"


@pytest.mark.slow
def test_nothing_that_lies_where_grade_is_called_runs_or_is_read(course, tmp_path, bubblewrap):
    """A shared folder, say, into which students put more than notebooks."""
    place, planted = tmp_path / "in", tmp_path / "planted"
    place.mkdir()
    (place / "ana.ipynb").write_bytes((course.root / "solutions" / SLUG / NAME).read_bytes())
    # where setuptools found packages without __init__.py, an install that follows the sources adds
    # a folder of this name to Python's path, below wherever Python starts
    hook = f"__editable__.generative_vision-{version('generative-vision')}.finder.__path_hook__"
    (place / hook).mkdir()
    for name in ("nbformat", "multiprocessing", "orjson", f"{hook}/sitecustomize"):
        (place / f"{name}.py").write_text(PLANTED.format(str(planted)))
    (place / "matplotlibrc").write_bytes(b"\xff\xfe")
    (place / "pybuilddir.txt").touch()  # setuptools takes the folder for Python's own sources
    command = [Path(sys.executable).with_name("generative-vision"), "grade", ".", "--course"]
    ran = subprocess.run([*command, course.root], cwd=place, capture_output=True, text=True)
    assert re.search(rf"4/4  ana +{SLUG}", ran.stdout), ran.stderr
    assert not planted.exists()


def test_a_course_among_what_was_handed_in_is_not_taken(course, tmp_path, monkeypatch):
    shutil.copytree(course.root, tmp_path / "in" / "mine")
    monkeypatch.chdir(tmp_path / "in" / "mine")
    with pytest.raises(CourseError, match="lies in the folder of what was handed in"):
        _run("grade", "..")


def test_an_error_is_one_line_and_exit_status_one(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(sys, "argv", ["generative-vision", "build", "--course", str(tmp_path)])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 1
    said = capsys.readouterr().err
    assert said == f"Error: {tmp_path / 'book.toml'} is missing: it is the course's manifest.\n"


def test_new_lesson_names_its_files_and_the_next_step(course):
    written = _run("new-lesson", "06-mixing", "--title", "Mixing")
    assert f"Written: {course.root / 'solutions' / '06-mixing' / '06-mixing.md'}" in written
    assert written.endswith("Now run `generative-vision build`, and again after each change.\n")
    assert "06-mixing.ipynb" in _run("build")
