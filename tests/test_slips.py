"""A typical slip does not pass in silence: the notebook tells it at once, and it earns nothing."""

from __future__ import annotations

import re

import pytest
from verdicts import SLIPS, SLUGS, answers, cells, judge, notebook, see, slips

from generative_vision.course.markers import without_hidden

each_lesson = pytest.mark.parametrize("slug", SLIPS)
PROMISE = "finds typical slips at once; more checks follow with the marks."
ASSERTION = re.compile(r"^check\.(?!shape|dtype)", re.MULTILINE)
MAX_LINES, MAX_COLUMNS = 25, 80  # of a check, as a student sees it


def each_slip(slug: str) -> list[tuple[str, str, str]]:
    """Return exercise, description and code of every slip."""
    return [
        (name, what, code) for name, known in slips(slug).items() for what, code in known.items()
    ]


def visible(slug: str) -> dict[str, str]:
    """Return what a student sees of each exercise's check."""
    return {name: without_hidden(cells(slug)[f"{name}-check"]).strip() for name in slips(slug)}


@pytest.mark.parametrize("slug", SLUGS)
def test_every_lesson_has_slips(slug):
    assert slug in SLIPS, f"tests/slips/{slug}.py is missing: write it in the form of another's"


@each_lesson
def test_every_exercise_has_its_slips(slug):
    file = f"tests/slips/{slug}.py"
    assert slips(slug).keys() == answers(slug).keys(), f"exercises of {file} and of tests/answers"
    few = {name: len(known) for name, known in slips(slug).items() if len(known) < 3}
    assert few == {}, f"{file} needs three slips or more of each exercise"


@each_lesson
def test_the_notebook_tells_every_slip(slug):
    silent = [(name, what) for name, what, code in each_slip(slug) if not see(slug, name, code)]
    assert silent == [], f"the visible checks of {slug} say nothing to: {silent}"


@each_lesson
def test_a_slip_is_told_in_a_sentence(slug):
    told = {(name, what): see(slug, name, code) for name, what, code in each_slip(slug)}
    short = {slip: said for slip, said in told.items() if not said.endswith((".", "?"))}
    assert short == {}, f"no sentence: {short}"


@each_lesson
def test_a_slip_earns_nothing(slug):
    accepted = [(name, what) for name, what, code in each_slip(slug) if not judge(slug, name, code)]
    assert accepted == [], f"the hidden tests of {slug} accept: {accepted}"


@each_lesson
def test_the_notebook_is_content_with_right_answers(slug):
    right = [(name, cells(slug)[name]) for name in slips(slug)]
    right += [(name, answers(slug)[name]["right"]) for name in slips(slug)]
    refused = {name: said for name, code in right if (said := see(slug, name, code))}
    assert refused == {}, f"the visible checks of {slug} refuse right answers: {refused}"


@each_lesson
def test_a_visible_check_is_short(slug):
    for name, source in visible(slug).items():
        lines, told = source.splitlines(), len(ASSERTION.findall(source))
        check = f"the visible part of {name}-check in {slug}"
        assert len(lines) <= MAX_LINES, f"{check} has {len(lines)} lines: {MAX_LINES} at most"
        wide = [line for line in lines if len(line) > MAX_COLUMNS]
        assert wide == [], f"{check} has lines of more than {MAX_COLUMNS} columns: make format"
        assert 1 <= told <= 5, f"{check} has {told} assertions besides shape and dtype: 1 to 5"


@each_lesson
def test_practice_says_once_what_its_checks_do(slug):
    text = "\n".join(cell.source for cell in notebook(slug).cells)
    said = text.split("## Practice")[1].count(PROMISE)
    assert said == 1, f"{slug} says {said} times under Practice, not once: … {PROMISE}"
