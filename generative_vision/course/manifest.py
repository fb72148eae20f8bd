"""``book.toml``, the course's manifest: the one place that lists lessons and says how to grade."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from generative_vision.course import CourseError
from generative_vision.course.schema import Count, Table, Text, Texts, read_toml


def validate_slug(slug: str) -> str:
    """Return a lesson's slug unchanged; with a number it becomes a notebook's cell id.

    Raises:
        ValueError: it is not two digits, a hyphen and up to 50 lower-case letters.
    """
    if not re.fullmatch(r"\d\d-[a-z0-9-]{1,50}", slug):
        raise ValueError("it must look like 01-autoencoder")
    return slug


class Lesson(Table):
    """One lesson of the manifest."""

    slug: Annotated[str, AfterValidator(validate_slug)]  #: folder and file, such as 00-start-here
    title: Text
    minutes: Count  #: to read and to practise
    points: Count  #: of all graded cells, quiz included
    objectives: Texts


class Quiz(Table):
    """How the lessons' quizzes count."""

    mode: Literal["graded", "instant"]  #: instant: right or wrong at once, worth no points
    points: Count  #: of one graded question


class Grading(Table):
    """Limits for one submission while it is graded."""

    cell_seconds: Count  #: time-out of one cell
    memory_gib: Count  #: address space


class Manifest(Table):
    """The content of ``book.toml``."""

    title: Text
    subtitle: Text
    authors: Texts
    copyright: Text
    quiz: Quiz
    grading: Grading
    lessons: Annotated[tuple[Lesson, ...], Field(strict=False, min_length=1)]


class Course(Manifest):
    """A manifest together with the folder that it was read from."""

    root: Path

    def lesson(self, name: str) -> Lesson:
        """Return the lesson with this slug; a unique prefix such as ``"00"`` is enough."""
        found = [lesson for lesson in self.lessons if lesson.slug == name]
        found = found or [lesson for lesson in self.lessons if lesson.slug.startswith(name)]
        if len(found) != 1:
            slugs = ", ".join(lesson.slug for lesson in self.lessons)
            raise CourseError(f"There is no one lesson called {name!r}. The lessons are: {slugs}.")
        return found[0]

    def source(self, lesson: Lesson) -> Path:
        """Return the path of the lesson's text, the only form of it that is edited."""
        return self.root / "solutions" / lesson.slug / f"{lesson.slug}.md"


def find_root(start: Path | None = None) -> Path:
    """Return the folder of the nearest ``book.toml``.

    It is searched for in ``start`` (the working directory by default), above it, and in the
    clone that this package was installed from.

    Raises:
        CourseError: there is none.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents, Path(__file__).resolve().parents[2]):
        if (folder / "book.toml").is_file():
            return folder
    raise CourseError(
        f"No book.toml in {start} or above it: go to the course's folder, "
        "or give its path with --course."
    )


def read_course(root: Path) -> Course:
    """Read and validate ``book.toml`` in the folder ``root``.

    Raises:
        CourseError: names file, table and key, and what is expected there.
    """
    path = root / "book.toml"
    manifest = read_toml(path, Manifest, "it is the course's manifest")
    slugs = [lesson.slug for lesson in manifest.lessons]
    for slug in slugs:
        if slugs.count(slug) > 1:
            raise CourseError(f"{path}: the slug {slug!r} stands twice; give each lesson its own.")
    return Course(root=root, **dict(manifest))
