"""The reader's own copies of the lessons, in the folder ``work/``."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from generative_vision.course import CourseError
from generative_vision.course.manifest import Course


def own_notebook(course: Course, slug: str) -> Path:
    """Return the path of the reader's notebook, which may not be there yet."""
    return course.work / slug / f"{slug}.ipynb"


def worked_on(course: Course, slug: str) -> Path:
    """Return the notebook that the reader filled in, which may bear a former slug of the lesson.

    A copy that was left as it was released gives way to one that was not.
    """
    own = own_notebook(course, slug)
    released = course.root / "lessons" / slug / own.name
    untouched = released.read_bytes() if released.is_file() else b""
    known = (own, *(own_notebook(course, old) for old in course.lesson(slug).formerly))
    there = [path for path in known if path.is_file()]
    return next((path for path in there if path.read_bytes() != untouched), [*there, own][0])


def copy_lesson(course: Course, slug: str) -> bool:
    """Copy the files of a released lesson that are not in ``work/`` yet.

    Returns:
        Whether its notebook was among them.

    Raises:
        CourseError: the lesson has not been built, or its copy cannot be written.
    """
    released = course.root / "lessons" / slug
    if not released.is_dir():
        raise CourseError(f"{released} is missing: run `generative-vision build`.")
    own = own_notebook(course, slug)
    new = not own.exists()
    with writing(own.parent):
        for source in released.rglob("*"):
            target = own.parent / source.relative_to(released)
            if source.is_file() and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
    return new


def reset_lesson(course: Course, slug: str) -> Path | None:
    """Put a fresh copy of a released lesson into ``work/``.

    Returns:
        Where the reader's own notebook is now, if it had been changed: beside the new one, with
        the date in its name.

    Raises:
        CourseError: the lesson has not been built, or its copy cannot be written.
    """
    own = own_notebook(course, slug)
    released = course.root / "lessons" / slug / own.name
    backup = None
    if own.exists() and not (released.exists() and own.read_bytes() == released.read_bytes()):
        backup = own.with_name(f"{slug}-{datetime.now():%Y-%m-%d-%H%M%S}.ipynb")
        with writing(own.parent):
            own.rename(backup)
    copy_lesson(course, slug)
    return backup


def moved(course: Course) -> list[tuple[Path, str]]:
    """Return the reader's folders of lessons that have another slug now, each with that slug."""
    return [
        (course.work / old, lesson.slug)
        for lesson in course.lessons
        for old in lesson.formerly
        if (course.work / old / f"{old}.ipynb").is_file()
    ]


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn an error in writing the reader's own files into a sentence.

    Raises:
        CourseError: a file cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise CourseError(
            f"{folder} cannot be written to ({error.strerror or error}). Go to a folder of your "
            "own and start again there: the lessons are copied into its folder work/."
        ) from None
