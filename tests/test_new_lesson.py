"""``generative-vision new-lesson``: what it makes is built, marked and tested as any lesson is."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import BOOK, SLUG

from generative_vision.course import CourseError
from generative_vision.course.build import build, verify
from generative_vision.course.manifest import Course, find_root, read_course
from generative_vision.course.new_lesson import new_lesson
from generative_vision.course.source import read_source

pytestmark = pytest.mark.slow

NEW = "06-double-exposure"
FRESH = "99-double-exposure"  # in the real course
TITLE = 'The "mean" of two images'


@pytest.fixture
def course(tiny_course) -> Course:
    """A course with a new lesson."""
    course = tiny_course()
    for kind in ("answers", "slips"):
        (course.root / "tests" / kind).mkdir(parents=True)
    new_lesson(course, NEW, TITLE)
    return read_course(course.root)


def test_a_new_lesson_is_listed_last(course):
    assert [lesson.slug for lesson in course.lessons] == [SLUG, NEW]
    assert course.lesson("06").title == TITLE


def test_the_manifest_keeps_its_text(tiny_course):
    text = "# My course\n" + BOOK.replace("points = 1", "points  =  1 # each") + "\n\n# The end."
    course = tiny_course(book=text)
    new_lesson(course, NEW, TITLE)
    written = (course.root / "book.toml").read_text(encoding="utf-8")
    assert written.startswith(text + "\n\n[[lessons]]\n")


def test_a_new_lesson_is_built_and_needs_no_change(course):
    written = course.source(course.lesson(NEW)).read_text(encoding="utf-8")
    build(course)
    verify(course)
    assert course.source(course.lesson(NEW)).read_text(encoding="utf-8") == written


def test_the_points_follow_those_of_a_question(tiny_course):
    course = tiny_course(
        book=BOOK.replace("points = 1\n", "points = 3\n").replace("= 4\nobj", "= 8\nobj")
    )
    new_lesson(course, NEW, TITLE)
    course = read_course(course.root)
    assert "26 points" in read_source(course, course.lesson(NEW)).cells[1].source


def test_no_place_holder_is_left(course):
    text = course.source(course.lesson(NEW)).read_text(encoding="utf-8")
    assert re.findall("TITLE|NUMBER", text) == []


def test_the_files_are_named(tiny_course):
    course = tiny_course()
    folder = course.root / "solutions" / NEW
    files = [folder / f"{NEW}.md", folder / "quiz.toml", course.root / "book.toml"]
    assert new_lesson(course, NEW, TITLE) == files


@pytest.mark.parametrize(
    ("slug", "title", "message"),
    [
        ("6-x", "X", "slug '6-x' cannot be used: it must look like 01-autoencoder"),
        ("06-../x", "X", "slug '06-../x' cannot be used"),
        ("00-other", "X", f"number of '00-other' is taken by the lesson '{SLUG}'"),
        (NEW, " \n", "title is empty"),
    ],
)
def test_a_slug_or_a_title_that_cannot_be_used(tiny_course, slug, title, message):
    course = tiny_course()
    with pytest.raises(CourseError, match=re.escape(message)):
        new_lesson(course, slug, title)
    assert read_course(course.root) == course


@pytest.mark.parametrize(
    "name", [f"solutions/{NEW}/notes.txt", f"tests/answers/{NEW}.py", f"tests/slips/{NEW}.py"]
)
def test_nothing_is_overwritten(tiny_course, name: str):
    course = tiny_course()
    own = course.root / name
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    with pytest.raises(CourseError, match="exists already: move it away"):
        new_lesson(course, NEW, TITLE)
    assert own.read_text() == "mine"
    assert read_course(course.root) == course


def test_lessons_in_one_array_are_refused(tiny_course):
    head, table = BOOK.split("[[lessons]]\n")
    inline = "lessons = [{" + ", ".join(table.strip().split("\n")) + "}]\n"
    course = tiny_course(book=inline + head)
    with pytest.raises(CourseError, match=r"write each lesson as a table .* \[\[lessons\]\]"):
        new_lesson(course, NEW, TITLE)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this course with a new lesson, built, and with the tests of its lessons."""
    root = find_root(Path(__file__).parent)
    clone = tmp_path_factory.mktemp("clone")
    for name in ("solutions", "lessons", "tests"):
        shutil.copytree(root / name, clone / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("book.toml", "pyproject.toml"):
        shutil.copyfile(root / name, clone / name)
    new_lesson(read_course(clone), FRESH, TITLE)
    build(read_course(clone))
    return clone


@pytest.mark.parametrize(
    ("file", "chosen"),
    [
        ("test_verdicts.py", FRESH),
        ("test_slips.py", FRESH),
        ("test_lessons.py", f"{FRESH} and (has_what_every_lesson_has or gives_nothing_away)"),
        *(
            pytest.param(f"test_{name}.py", FRESH, marks=pytest.mark.full)  # some minutes each
            for name in ("lessons", "mutants", "right_forms")
        ),
    ],
)
def test_a_new_lesson_passes_the_tests_of_lessons(clone: Path, file: str, chosen: str):
    arguments = ["-q", "-p", "no:cacheprovider", f"tests/{file}", "-k", chosen]
    command = [sys.executable, "-m", "pytest", *arguments]
    done = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert re.search(r"^\d+ passed", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("command", ["check", "format --diff"])
def test_a_new_lesson_is_laid_out_as_make_lint_asks(clone: Path, command: str):
    source = f"solutions/{FRESH}/{FRESH}.md"
    ruff = f"{sys.executable} -m ruff {command} --no-cache {{}}"
    jupytext = [sys.executable, "-m", "jupytext", "--pipe-fmt", "ipynb", "--check", ruff, source]
    done = subprocess.run(jupytext, cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
