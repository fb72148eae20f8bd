"""Points above the maximum: of an exercise, or of a whole lesson."""

from __future__ import annotations

import csv

import nbformat
import pytest
from conftest import BOOK, LESSON, SLUG
from hand_ins import CODE, FULL, QUIZ, WRONG, Sheet
from marked_run import Run, prepare
from nbgrader.api import Gradebook

from generative_vision.course import CourseError
from generative_vision.course.grading.export import export
from generative_vision.course.grading.submissions import collect
from generative_vision.course.source import read_source

pytestmark = pytest.mark.slow

EXTRA = LESSON.replace(
    "---\nnbgrader:\n  grade: true", "---\nextra_credit: true\nnbgrader:\n  grade: true"
)
LESS = BOOK.replace("points = 4", f"points = {QUIZ}")
WHOLE = BOOK + "extra_credit = true\n"


def graded(course) -> dict[str, tuple[float, float]]:
    """The points and the extra points of each check."""
    cells = read_source(course, course.lessons[0]).cells
    return {
        cell.id: (cell.metadata.nbgrader.points, cell.metadata.get("extra_credit", 0))
        for cell in cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }


def test_an_exercise_can_be_extra(tiny_course):
    course = tiny_course(book=LESS, lesson=EXTRA)
    assert graded(course) == {
        "double-check": (0, CODE),
        "quiz-main_purpose-check": (1, 0),
        "quiz-second-check": (1, 0),
    }
    text = read_source(course, course.lessons[0]).cells[1].source
    assert f"{QUIZ} points and {CODE} extra." in text


def test_a_lesson_can_be_extra(tiny_course):
    assert {points for points, _ in graded(tiny_course(book=WHOLE)).values()} == {0}
    assert sum(extra for _, extra in graded(tiny_course(book=WHOLE)).values()) == FULL


def test_extra_points_are_none_of_the_lessons_own(tiny_course):
    course = tiny_course(lesson=EXTRA)
    with pytest.raises(CourseError, match="add up to 2 points, but book.toml says 4"):
        read_source(course, course.lessons[0])


@pytest.fixture(scope="module")
def run(tiny_course, tmp_path_factory) -> Run:
    course = tiny_course(book=LESS, lesson=EXTRA)
    run = prepare(course, tmp_path_factory.mktemp("extra"))
    for name, answer in (("ana", "def double(x):\n    return 2 * x"), ("ben", WRONG)):
        sheet = Sheet(run.released).answer(answer)
        nbformat.write(sheet.notebook, run.folder / f"{name}.ipynb")
    run.results = run.grade(isolate=False, trial=True)
    return run


@pytest.mark.parametrize(("student", "score"), [("ana", QUIZ + CODE), ("ben", QUIZ)])
def test_they_count_above_the_maximum(run, student, score):
    result = run.results[student]
    assert (result.score, result.max_score, result.remark) == (score, QUIZ, "")


def test_they_are_nbgraders_extra_credit(run):
    with Gradebook(f"sqlite:///{run.output / 'gradebook.db'}") as gradebook:
        found = gradebook.find_submission(SLUG, "ana")
        extra = gradebook.find_grade("double-check", SLUG, SLUG, "ana").extra_credit
        assert (found.score, found.max_score, extra) == (QUIZ + CODE, QUIZ, CODE)


def test_pages_say_which_points_are_extra(run):
    assert f"{CODE} of {CODE} points, extra" in run.page("ana")
    assert f"0 of {CODE} points, extra" in run.page("ben")
    assert "given by hand" not in run.page("ana")
    report = (run.output / "report.html").read_text(encoding="utf-8")
    assert "1 of 2 right" in report


def test_tables_have_the_maximum_without_them(run):
    submissions = collect(run.folder, run.course)
    (table,) = export("canvas", run.output, run.course, submissions, list(run.results.values()))
    points, ana, _ = csv.DictReader(table.open(encoding="utf-8", newline=""))
    assert (points[SLUG], ana[SLUG]) == (str(QUIZ), str(QUIZ + CODE))


def test_a_lesson_that_is_extra_has_no_maximum(tiny_course, tmp_path):
    run = prepare(tiny_course(book=WHOLE), tmp_path)
    nbformat.write(Sheet(run.released).answer(WRONG).notebook, run.folder / "ana.ipynb")
    result = run.grade(isolate=False)["ana"]
    assert (result.score, result.max_score) == (QUIZ, 0)
    assert f"<strong>{QUIZ}</strong> points, extra" in run.page("ana")
    assert "not right yet" in run.page("ana")


def test_extra_points_that_a_person_changed_stand(tiny_course, tmp_path):
    run = prepare(tiny_course(book=LESS, lesson=EXTRA), tmp_path)
    nbformat.write(Sheet(run.released).answer().notebook, run.folder / "ana.ipynb")
    run.grade(isolate=False)
    with Gradebook(f"sqlite:///{run.output / 'gradebook.db'}") as gradebook:
        gradebook.find_grade("double-check", SLUG, SLUG, "ana").extra_credit = 0.5
        gradebook.db.commit()
    result = run.grade(isolate=False, force=True)["ana"]
    assert result.score == QUIZ + 0.5
    assert result.remark.startswith("double-check: 0.5 extra, given by hand before this marking")
