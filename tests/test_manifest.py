"""``book.toml``: every mistake in it is answered with its place and a remedy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import BOOK, SLUG

import generative_vision
from generative_vision.course import CourseError
from generative_vision.course.manifest import find_root, read_course

TWO = BOOK + BOOK[BOOK.index("[[lessons]]") :].replace(SLUG, "01-other")

MISTAKES = {
    "not TOML": ('subtitle = "', "subtitle = ", r"book\.toml cannot be read as TOML: .*line 2"),
    "unknown key": (
        'copyright = "2026"',
        'copyright = "2026"\ncolour = 1',
        r"the top level: unknown key 'colour'; the known ones are .*title",
    ),
    "missing key": ('copyright = "2026"\n', "", r"the top level: the key 'copyright' is missing"),
    "title no text": (
        'title = "A tiny course"',
        "title = 3",
        r"the top level: title = 3: expected a text in quotes",
    ),
    "authors no list": ('["Ana", "Ben"]', '"Ana"', r"authors = 'Ana': expected a list"),
    "authors no texts": ('["Ana", "Ben"]', "[1]", r"authors\[1\] = 1: expected a text in quotes"),
    "unknown mode": (
        '"graded"',
        '"secret"',
        r"\[quiz\]: mode = 'secret': expected 'graded' or 'instant'",
    ),
    "unknown quiz key": (
        "points = 1\n",
        "points = 1\ncolour = 1\n",
        r"\[quiz\]: unknown key 'colour'; the known ones are mode, points",
    ),
    "missing quiz key": ("points = 1\n", "", r"\[quiz\]: the key 'points' is missing"),
    "number in quotes": (
        "cell_seconds = 4",
        'cell_seconds = "4"',
        r"\[grading\]: cell_seconds = '4': expected a whole number",
    ),
    "number a truth value": (
        "cell_seconds = 4",
        "cell_seconds = true",
        r"cell_seconds = True: expected a whole number",
    ),
    "number below one": (
        "memory_gib = 4",
        "memory_gib = 0",
        r"\[grading\]: memory_gib = 0: expected 1 or more",
    ),
    "lesson key missing": (
        "minutes = 5\n",
        "",
        r"\[\[lessons\]\] number 1 \(00-tiny\): the key 'minutes' is missing",
    ),
    "slug": (
        f'slug = "{SLUG}"',
        'slug = "Tiny Lesson"',
        r"number 1 \(Tiny Lesson\): slug = 'Tiny Lesson': it must look like 01-autoencoder",
    ),
    "no objective": (
        '["double a number"]',
        "[]",
        r"number 1 \(00-tiny\): objectives: expected at least 1, found 0",
    ),
    "no lessons": (
        BOOK[BOOK.index("[[lessons]]") :],
        "",
        r"the top level: the key 'lessons' is missing",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_place_and_remedy(tmp_path: Path, name: str):
    old, new, message = MISTAKES[name]
    assert BOOK.count(old) == 1
    (tmp_path / "book.toml").write_text(BOOK.replace(old, new))
    with pytest.raises(CourseError, match=message) as caught:
        read_course(tmp_path)
    assert str(tmp_path / "book.toml") in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "lessons = []\n" + BOOK[: BOOK.index("[[lessons]]")],
            "lessons: expected at least 1, found 0",
        ),
        (
            'lessons = ["x"]\n' + BOOK[: BOOK.index("[[lessons]]")],
            r"lessons\[1\] = 'x': expected a table",
        ),
        (
            "quiz = 1\n" + BOOK.replace('[quiz]\nmode = "graded"\npoints = 1\n', ""),
            "quiz = 1: expected a table",
        ),
        (TWO.replace("01-other", SLUG), f"the slug '{SLUG}' stands twice"),
        (
            TWO.replace("minutes", 'needs = ["01-other"]\nminutes', 1),
            f"'{SLUG}' needs '01-other', which is no lesson before it",
        ),
    ],
)
def test_tables_and_slugs(tmp_path: Path, text: str, message: str):
    (tmp_path / "book.toml").write_text(text)
    with pytest.raises(CourseError, match=message):
        read_course(tmp_path)


def test_a_missing_or_unreadable_file_is_named(tmp_path: Path):
    with pytest.raises(CourseError, match="book.toml is missing"):
        read_course(tmp_path)
    (tmp_path / "book.toml").write_bytes(b"\xff")
    with pytest.raises(CourseError, match="book.toml cannot be read as TOML"):
        read_course(tmp_path)


def test_a_complete_manifest_is_read(tmp_path: Path):
    (tmp_path / "book.toml").write_text(TWO)
    course = read_course(tmp_path)
    assert (course.title, course.authors) == ("A tiny course", ("Ana", "Ben"))
    assert (course.quiz.mode, course.quiz.points) == ("graded", 1)
    assert (course.grading.cell_seconds, course.grading.memory_gib) == (4, 4)
    assert course.root == tmp_path
    assert [lesson.slug for lesson in course.lessons] == [SLUG, "01-other"]
    assert course.source(course.lessons[0]) == tmp_path / "solutions" / SLUG / f"{SLUG}.md"


def test_a_lesson_is_found_by_the_beginning_of_its_name(tmp_path: Path):
    (tmp_path / "book.toml").write_text(TWO)
    course = read_course(tmp_path)
    assert course.lesson(SLUG) is course.lesson("00") is course.lessons[0]
    for name in ("0", "2", ""):
        with pytest.raises(
            CourseError, match=f"no one lesson called '{name}'. The lessons are: {SLUG}, 01-other"
        ):
            course.lesson(name)


def test_the_course_is_found_from_a_folder_in_it(tmp_path: Path):
    (tmp_path / "book.toml").write_text(BOOK)
    (tmp_path / "work" / SLUG).mkdir(parents=True)
    assert find_root(tmp_path / "work" / SLUG) == tmp_path


def test_outside_a_course_the_remedy_is_named(tmp_path: Path):
    own = Path(generative_vision.__file__).parent
    site = tmp_path / "site-packages"  # as an ordinary installation has it: away from the course
    shutil.copytree(own, site / own.name, ignore=shutil.ignore_patterns("assets", "__pycache__"))
    done = subprocess.run(
        [sys.executable, "-c", "from generative_vision.course.cli import main; main()", "build"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: No book.toml in {tmp_path} or above it")
    assert "--course" in done.stderr
