"""The glossary: each term is introduced where it says, and not used before; the book shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from generative_vision.course import CourseError
from generative_vision.course.glossary import FILE, Term, make_page, read_glossary
from generative_vision.course.manifest import Course, read_course
from generative_vision.course.source import read_source

COURSE = read_course(Path(__file__).resolve().parents[1])
TERMS = read_glossary(COURSE)
HEADING = re.compile(r"##? +(?:(\d+)\. +)?(.*)")
NOT_PROSE = re.compile(r"```.*?```|\$\$.*?\$\$|\$[^$\n]*\$|`[^`]*`|\]\([^)]*\)", re.DOTALL)
POINTER = re.compile(r"\b(lessons?|sections?) \d|\| 0\d \|")  # or a table's column of lessons
END = ("Practice", "Quiz", "References")
ONE = """
[[term]]
name = "grey level"
lesson = "00"
section = "1"
meaning = "How bright a pixel is."
"""


@lru_cache
def prose() -> list[tuple[tuple[str, str], str]]:
    """Return ((lesson, section), paragraph) of all lessons up to their practice, in order.

    A section is named by its number, or by its words where it has none. The list of objectives, the
    second cell, is left out.
    """
    return list(read_prose(COURSE))


def read_prose(course: Course) -> Iterator[tuple[tuple[str, str], str]]:
    for lesson in course.lessons:
        section = ""
        for number, cell in enumerate(read_source(course, lesson).cells):
            if cell.cell_type != "markdown" or number == 1:
                continue
            for text in re.split(r"\n\s*\n", NOT_PROSE.sub("", cell.source)):
                if found := HEADING.match(text.strip()):
                    section = found[1] or found[2]
                if section not in END:
                    yield (lesson.slug[:2], section), " ".join(text.split())


def pattern(term: Term) -> str:
    return "|".join(re.escape(form) for form in term.forms or (term.name.lower(),))


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
def test_the_section_of_a_term_introduces_it_in_bold(term):
    words = f"{re.escape(term.name.lower())}|{pattern(term)}"
    bold = re.compile(rf"\*\*[^*]*(?:{words})[^*]*\*\*")
    own = [text for place, text in prose() if place == (term.lesson, term.section)]
    assert any(bold.search(text.lower()) for text in own)


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
def test_a_term_is_used_before_only_where_the_text_says_where_it_comes(term):
    written = re.compile(rf"(?<![\w-])(?:{pattern(term)})(?![\w-])")
    places = [place for place, _ in prose()]
    before = prose()[: places.index((term.lesson, term.section))]
    assert [
        (place, text)
        for place, text in before
        if written.search(text.lower()) and not POINTER.search(text)
    ] == []


def test_the_page_names_each_term_and_its_lesson():
    page = make_page(COURSE, TERMS)
    missing = [t.name for t in TERMS if f"\n{t.name}\n  {t.meaning} [{int(t.lesson)}. " not in page]
    assert missing == []


def test_a_course_without_a_glossary_has_no_terms(tiny_course):
    assert read_glossary(tiny_course()) == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ONE + ONE, "'grey level' stands twice"),
        (ONE.replace('"00"', '"77"'), "names lesson '77'; expected one of"),
        (ONE.replace("meaning", "sense"), "unknown key 'sense'"),
    ],
)
def test_a_mistake_is_named(tiny_course, text, message):
    course = tiny_course()
    (course.root / FILE).write_text(text)
    with pytest.raises(CourseError, match=message):
        read_glossary(course)
