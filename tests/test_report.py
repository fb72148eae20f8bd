"""The page that tells whoever teaches how a class did."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace

import pytest
from marked_notebooks import calling, of_lesson

from generative_vision.course.grading.report import (
    Marked,
    make_report,
    read_marked,
    render_report,
)
from generative_vision.course.grading.results import Result
from generative_vision.course.grading.standing import Standing

RIGHT = "def double(x):\n    return x + x"
SQUARE = "def double(x):\n    return x * x"
STUB = "def double(x):\n    raise NotImplementedError()"
EVIL = "<script>steal()</script>"

#: code, answer to the first question, to the second, remark
CLASS = {
    "ana": (RIGHT, "b", "a", ""),
    "ben": (SQUARE, "b", "c", "double uses the package's blur: look at it"),
    "cem": (SQUARE, "b", "c", ""),
    "dan": (STUB, "b", "b", ""),
    "eve": ("def double(x):\n    return [0, 0]", "b", "", ""),
    EVIL: (f'def double(x):\n    raise ValueError("{EVIL}")', "b", "c", EVIL),
}


@pytest.fixture(scope="module")
def course(tiny_course):
    return tiny_course()


def row(student: str, lesson: str, remark: str, score: float | None = None) -> Result:
    return Result(
        student=student,
        lesson=lesson,
        score=score,
        max_score=None if score is None else 4,
        status="not graded" if score is None else "graded",
        remark=remark,
        file=f"{student}.ipynb",
    )


def hand_in(course, student: str) -> Marked:
    """One student's marked submission."""
    code, first, second, remark = CLASS[student]
    marked = of_lesson(course).answer(
        {
            "double": code,
            "quiz-main_purpose": f'answer_main_purpose = "{first}"',
            "quiz-second": f'answer_second = "{second}"',
        }
    )
    standing = marked.mark(calling(code)).standing
    slug = marked.sheet.lesson
    result = row(student, slug, remark, standing.score)
    return Marked(result, f"feedback/x/{slug}.html", marked.marks, standing)


@pytest.fixture(scope="module")
def report(course):
    marked = [hand_in(course, student) for student in CLASS]
    sheet = of_lesson(course).sheet
    results = [one.result for one in marked]
    results.append(row("flo", sheet.lesson, "not readable"))
    results.append(row("gus", "", "of no lesson"))
    return make_report("A tiny course", [sheet], results, marked)


@pytest.fixture(scope="module")
def lesson(report):
    return report.lessons[0]


@pytest.fixture(scope="module")
def said(report) -> str:
    page = re.sub(r"<(head|style)\b.*?</\1>", "", render_report(report), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", page)).split())


def test_marks_are_counted(lesson, said):
    assert dict(lesson.bins) == {"0": 0, "1": 5, "2": 0, "3": 0, "4": 1}
    assert (lesson.median, lesson.mean) == (1, 1.5)
    assert "6 submissions; median 1, mean 1.5 of 4 points." in said


def test_shares_right(lesson):
    shares = {tally.task.name: tally.right for tally in lesson.tasks}
    assert shares == {"double-check": 1, "quiz-main_purpose-check": 6, "quiz-second-check": 1}


def test_what_is_too_hard_and_too_easy_is_named(lesson, said):
    assert [tally.task.name for tally in lesson.hinted("easy")] == ["quiz-main_purpose-check"]
    assert len(lesson.hinted("hard")) == 2
    assert "Nearly all right: Question 1" in said


def test_the_same_mistake_counts_once_whatever_its_numbers(lesson):
    (double,) = lesson.exercises
    assert double.sentences[0][1] == 2
    assert "double(5.5) is 30.25; expected 11" in double.sentences[0][0]
    assert double.unanswered == 1
    assert not [sentence for sentence, _ in double.sentences if "not written" in sentence]


def test_choices_are_counted_and_the_right_one_marked(lesson, said):
    second = lesson.questions[1]
    found = [(choice.letter, choice.count, choice.is_right) for choice in second.choices]
    assert found == [("a", 1, True), ("b", 1, False), ("c", 3, False)]
    assert second.unanswered == 1
    assert "c seven chosen by 3" in said


def test_who_is_flagged_missing_or_not_graded(said):
    assert "ben: double uses the package's blur: look at it" in said
    assert "flo: not readable" in said
    assert "Nothing handed in" not in said
    assert "gus: of no lesson" in said


def test_points_given_by_hand_count(course):
    one = hand_in(course, "ben")
    cells = [replace(cell, score=cell.max_score) for cell in one.standing.cells]
    by_hand = Marked(one.result, one.page, one.marks, Standing(cells))
    (lesson,) = make_report("", [of_lesson(course).sheet], [one.result], [by_hand]).lessons
    assert lesson.tasks[0].right == 1


def test_a_class_too_small_to_tell_has_no_hint(course):
    one = hand_in(course, "ana")
    (lesson,) = make_report("", [of_lesson(course).sheet], [one.result], [one]).lessons
    assert [tally.hint for tally in lesson.tasks] == ["", "", ""]


def test_nothing_that_a_student_wrote_is_markup(report, said):
    page = render_report(report)
    assert re.findall(r"<[^<>]*\bsteal[^<>]*>", page) == []
    assert said.count(EVIL) >= 3
    assert "default-src 'none'" in page


def test_with_a_class_list_the_missing_are_named(course):
    one = hand_in(course, "ana")
    sheets = [of_lesson(course).sheet]
    report = make_report("", sheets, [one.result], [one], ["ana", "zoe"])
    assert report.lessons[0].missing == ("zoe",)
    assert "Nothing handed in: zoe" in render_report(report).replace("</strong>", "")


def test_who_handed_in_what_cannot_be_read_is_not_missing(course):
    one = hand_in(course, "ana")
    unreadable = replace(one.result, student="flo", lesson="", score=None, status="not graded")
    sheets = [of_lesson(course).sheet]
    results = [one.result, unreadable]
    report = make_report("", sheets, results, [one], ["ana", "flo", "zoe"])
    assert report.lessons[0].missing == ("zoe",)


def test_no_submission_at_all(course):
    page = render_report(make_report("A tiny course", [of_lesson(course).sheet], [], []))
    assert "0 graded" in page


def test_marks_are_read_from_the_notebook_that_ran(course, tmp_path):
    one = hand_in(course, "ana")
    place = tmp_path / "autograded" / "ana" / one.result.lesson
    place.mkdir(parents=True)
    notebook = {"cells": [], "metadata": {"generative_vision": {"marks": one.marks}}}
    (place / f"{one.result.lesson}.ipynb").write_text(json.dumps(notebook))
    read = read_marked(tmp_path, one.result, one.standing)
    assert read.marks == one.marks
    assert read.page == f"feedback/ana/{one.result.lesson}.html"
