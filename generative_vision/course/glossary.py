"""The course's terms: ``solutions/glossary.toml``, and the book's page that is made of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from generative_vision.course import CourseError
from generative_vision.course.manifest import Course
from generative_vision.course.schema import Table, Text, Texts, read_toml

FILE = "solutions/glossary.toml"


class Term(Table):
    """One word of the field, and the section that introduces it."""

    name: Text
    lesson: Annotated[str, Field(pattern=r"^\d\d$")]  #: the number, such as "02"
    section: Text  #: a heading's number, or its words where it has none
    meaning: Text  #: one sentence, in Markdown
    forms: Texts | None = None  #: how texts write it, in lower case; the name without it


class _Glossary(Table):
    term: Annotated[tuple[Term, ...], Field(strict=False)] = ()


def read_glossary(course: Course) -> tuple[Term, ...]:
    """Return the terms in the file's order; none where a course has no such file.

    Raises:
        CourseError: the file is no TOML or does not fit, names a lesson that is not there, or has
            a term twice.
    """
    path = course.root / FILE
    if not path.is_file():
        return ()
    terms = read_toml(path, _Glossary, "the glossary is made of it").term
    numbers = {lesson.slug[:2] for lesson in course.lessons}
    seen: set[str] = set()
    for term in terms:
        if term.name in seen:
            raise CourseError(f"{path}: {term.name!r} stands twice; keep one of them.")
        if term.lesson not in numbers:
            raise CourseError(
                f"{path}: {term.name!r} names lesson {term.lesson!r}; "
                f"expected one of {', '.join(sorted(numbers))}."
            )
        seen.add(term.name)
    return terms


def make_page(course: Course, terms: tuple[Term, ...]) -> str:
    """Return the book's page of all terms, by alphabet, each with the lesson that explains it."""
    lessons = {lesson.slug[:2]: lesson for lesson in course.lessons}
    lines = ["# Glossary", "", "Each word is introduced in the lesson that its entry names.", ""]
    lines.append(":::{glossary}")
    for term in sorted(terms, key=lambda term: term.name.lower()):
        lesson = lessons[term.lesson]
        where = f"[{int(term.lesson)}. {lesson.title}]({lesson.slug}/{lesson.slug}.ipynb)"
        section = f"section {term.section}" if term.section.isdigit() else f"“{term.section}”"
        lines += [term.name, f"  {term.meaning} {where}, {section}.", ""]
    return "\n".join([*lines[:-1], ":::", ""])
