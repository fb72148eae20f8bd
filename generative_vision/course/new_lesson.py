"""``generative-vision new-lesson``: a small lesson that works, to be rewritten section by section.

It comes from ``lesson_template/`` and passes the build, the lessons' tests and the grading.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from generative_vision.course import CourseError
from generative_vision.course.manifest import Course, validate_slug
from generative_vision.course.questions import read_questions, secret_seed
from generative_vision.course.source import normalise
from generative_vision.files import write_atomically

_TEMPLATE = Path(__file__).with_name("lesson_template")
_ENTRY = """\
[[lessons]]
slug = {slug}
title = {title}
minutes = 60
points = {points}
objectives = [
    "mix two images, and say what the mean of two images lacks",
    "predict the variance of a mixture, and compare it with a measurement",
    "find out whether a generator copies its training images",
]
"""


def new_lesson(course: Course, slug: str, title: str) -> list[Path]:
    """Write a new lesson's text and quiz, and add it to the end of ``book.toml``.

    Where the course has a folder ``tests/answers`` or ``tests/slips``, what its tests hand in is
    written there, too. Layout and comments of ``book.toml`` stay as they are.

    Args:
        slug: folder and file name, a number that no lesson has yet and words, such as
            ``"10-my-subject"``.
        title: the lesson's heading.

    Returns:
        The files written; the last is ``book.toml``.

    Raises:
        CourseError: the slug or the title cannot be used, or a file is in the way.
    """
    title = " ".join(title.split())
    _validate(course, slug, title)
    folder = course.root / "solutions" / slug
    lesson = (_TEMPLATE / "lesson.md").read_text(encoding="utf-8")
    lesson = lesson.replace("TITLE", title).replace("NUMBER", slug[:2])
    asked = (_TEMPLATE / "quiz.toml").read_text(encoding="utf-8")
    texts = {
        folder / f"{slug}.md": normalise(lesson),
        folder / "quiz.toml": asked.replace("seed = 0", f"seed = {secret_seed()}", 1),
    }
    for kind in ("answers", "slips"):
        handed_in = course.root / "tests" / kind
        if handed_in.is_dir():
            text = (_TEMPLATE / f"{kind}.py").read_text(encoding="utf-8")
            texts[handed_in / f"{slug}.py"] = text
    practice = sum(map(int, re.findall(r"^  points: (\d+)$", lesson, re.MULTILINE)))
    quiz = len(read_questions(_TEMPLATE / "quiz.toml")) * course.quiz.points
    texts[course.root / "book.toml"] = _manifest_with(course, slug, title, practice + quiz)
    for path in [folder, *list(texts)[:-1]]:
        if path.exists():
            raise CourseError(f"{path} exists already: move it away, or choose another slug.")
    for path, text in texts.items():
        write_atomically(path, text)
    return list(texts)


def _validate(course: Course, slug: str, title: str) -> None:
    try:
        validate_slug(slug)
    except ValueError as error:
        raise CourseError(f"The slug {slug!r} cannot be used: {error}.") from None
    if not title:
        raise CourseError("The title is empty: it becomes the heading of the lesson.")
    for lesson in course.lessons:
        if lesson.slug[:2] == slug[:2]:
            raise CourseError(
                f"The number of {slug!r} is taken by the lesson {lesson.slug!r}: choose another."
            )


def _manifest_with(course: Course, slug: str, title: str, points: int) -> str:
    """Return the text of ``book.toml`` with a lesson added."""
    path = course.root / "book.toml"
    entry = _ENTRY.format(slug=json.dumps(slug), title=_quote(title), points=points)
    text = path.read_bytes().decode("utf-8").rstrip() + "\n\n" + entry
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise CourseError(
            f"{path} lists its lessons in one array, to which no table can be added: write each "
            "lesson as a table that begins with [[lessons]]."
        ) from None
    return text


def _quote(text: str) -> str:
    """Return a TOML string: JSON's, whose escapes TOML knows."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
