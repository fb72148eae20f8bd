"""``book.toml``, the course's manifest: the one place that lists lessons and says how to grade."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from generative_vision.course import CourseError
from generative_vision.course.schema import Count, Table, Text, Texts, read_toml

#: where a wheel has ``book.toml``, ``lessons/`` and ``solutions/``
INSTALLED = Path(__file__).resolve().with_name("content")


def validate_slug(slug: str) -> str:
    """Return a lesson's slug unchanged; with a number it becomes a notebook's cell id.

    Raises:
        ValueError: it is not two digits, a hyphen and up to 50 lower-case letters.
    """
    if not re.fullmatch(r"\d\d-[a-z0-9-]{1,50}", slug):
        raise ValueError("it must look like 01-autoencoder")
    return slug


def validate_due(due: datetime | None) -> datetime | None:
    """Return a date unchanged.

    Raises:
        ValueError: it does not say of which time zone it is.
    """
    if due is not None and due.tzinfo is None:
        raise ValueError("it needs its distance from UTC, as in 2026-10-01T23:59:00+02:00")
    return due


Slug = Annotated[str, AfterValidator(validate_slug)]


class Lesson(Table):
    """One lesson of the manifest."""

    slug: Slug  #: folder and file, such as 00-start-here
    title: Text
    minutes: Count  #: to read and to practise
    points: Count  #: of all graded cells, quiz included
    objectives: Texts
    needs: Annotated[tuple[Text, ...], Field(strict=False)] = ()  #: slugs of lessons before it
    picture: str = ""  #: what its picture.png shows
    formerly: Annotated[tuple[Slug, ...], Field(strict=False)] = ()  #: slugs that it had before
    extra_credit: bool = False  #: all its points count above the maximum
    due: Annotated[datetime | None, AfterValidator(validate_due)] = None


class Quiz(Table):
    """How the lessons' quizzes count."""

    mode: Literal["graded", "instant"]  #: instant: right or wrong at once, worth no points
    points: Count  #: of one graded question


class Grading(Table):
    """Limits for one submission while it is graded."""

    cell_seconds: Count  #: time-out of one cell
    memory_gib: Count  #: address space
    late_percent_per_day: Annotated[float, Field(ge=0, le=100)] = 0  #: of the score, a begun day
    practice_alone: bool = True  #: leave out the cells that answers and checks do not need


class Publish(Table):
    """Where the course can be had; what is not named is not offered."""

    package: str = ""  #: what pip installs where the package is missing: a name, an address
    repository: str = ""  #: the address of the course's repository on a code host
    branch: Text = "main"
    hub: str = ""  #: the address of a JupyterHub with nbgitpuller


class Manifest(Table):
    """The content of ``book.toml``."""

    title: Text
    subtitle: Text
    authors: Texts
    copyright: Text
    quiz: Quiz
    grading: Grading
    publish: Publish = Publish()
    lessons: Annotated[tuple[Lesson, ...], Field(strict=False, min_length=1)]


class Course(Manifest):
    """A manifest together with the folder that it was read from."""

    root: Path
    work: Path  #: where the reader's own copies are

    @property
    def is_installed(self) -> bool:
        """Whether this is the copy inside an installed package, which nobody edits."""
        return self.root == INSTALLED

    @property
    def slugs(self) -> dict[str, str]:
        """The slug of each lesson by each slug that it has or had."""
        return {
            slug: lesson.slug for lesson in self.lessons for slug in (lesson.slug, *lesson.formerly)
        }

    def lesson(self, name: str) -> Lesson:
        """Return the lesson that has or had this slug; a unique prefix, as ``"00"``, is enough."""
        found = [lesson for lesson in self.lessons if lesson.slug == self.slugs.get(name)]
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

    It is searched for in ``start`` (the working directory by default), above it, in the clone that
    this package was installed from, and in the package itself: a wheel carries the lessons.

    Raises:
        CourseError: there is none.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents, Path(__file__).resolve().parents[2], INSTALLED):
        if (folder / "book.toml").is_file():
            return folder
    raise CourseError(
        f"No book.toml in {start} or above it: go to the course's folder, "
        "or give its path with --course."
    )


def find_work(root: Path, start: Path | None = None) -> Path:
    """Return the folder of the reader's own copies: ``work/`` of the folder one stands in.

    Args:
        root: the course's folder. Its ``work/`` is meant where neither ``start`` (the working
            directory by default) nor a folder above it holds lessons in a ``work/`` of its own;
            for an installed course, that of ``start``.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "book.toml").is_file() or any((folder / "work").glob("[0-9][0-9]-*/*.ipynb")):
            return folder / "work"
    return (start if root == INSTALLED else root) / "work"


def read_course(root: Path, work: Path | None = None) -> Course:
    """Read and validate ``book.toml`` in the folder ``root``.

    Args:
        work: the folder of the reader's own copies, by default ``work/`` beside ``book.toml``.

    Raises:
        CourseError: names file, table and key, and what is expected there.
    """
    path = root / "book.toml"
    manifest = read_toml(path, Manifest, "it is the course's manifest")
    slugs = [lesson.slug for lesson in manifest.lessons]
    for slug in slugs:
        if slugs.count(slug) > 1:
            raise CourseError(f"{path}: the slug {slug!r} stands twice; give each lesson its own.")
    known = set(slugs)
    for position, lesson in enumerate(manifest.lessons):
        for slug in lesson.formerly:
            if slug in known:
                raise CourseError(
                    f"{path}: {lesson.slug!r} was formerly {slug!r}, which is the slug of another "
                    "lesson or stands twice."
                )
            known.add(slug)
        for slug in lesson.needs:
            if slug not in slugs[:position]:
                raise CourseError(
                    f"{path}: {lesson.slug!r} needs {slug!r}, which is no lesson before it."
                )
    return Course(root=root, work=work or root / "work", **dict(manifest))
