"""One mark: what a person gave survives, and table, gradebook and page agree after each run."""

from __future__ import annotations

import json
from dataclasses import dataclass

import nbformat
import pytest
from conftest import BOOK, LESSON, SLUG
from hand_ins import FULL, QUIZ, WRONG, Sheet
from marked_run import Run, prepare
from nbgrader.api import Gradebook

from generative_vision.course import CourseError
from generative_vision.course.grading import run as running
from generative_vision.course.grading.results import Result
from generative_vision.course.grading.run import selected
from generative_vision.course.grading.submissions import collect
from generative_vision.course.grading.worker import mark_in_child

pytestmark = pytest.mark.slow

DATED = BOOK.replace("memory_gib = 4", "memory_gib = 4\nlate_percent_per_day = 10")
DATED += "due = 2026-10-01T22:00:00Z\n"


@dataclass
class Step:
    """What there is after a run."""

    result: Result
    page: str
    row: dict[str, str]
    journal: dict
    gradebook: float
    penalty: float
    marked_at: int  #: nanoseconds


def look(run: Run, **options) -> Step:
    result = run.grade(**options)["ana"]
    (row,) = [row for row in run.rows() if row["student"] == "ana"]
    with Gradebook(f"sqlite:///{run.output / 'gradebook.db'}") as gradebook:
        kept = gradebook.find_submission(SLUG, "ana")
        score, penalty = kept.score, kept.late_submission_penalty
    journal = json.loads((run.output / "grades.json").read_text())[f"ana/{SLUG}"]["result"]
    ran = run.output / "autograded" / "ana" / SLUG / f"{SLUG}.ipynb"
    return Step(result, run.page("ana"), row, journal, score, penalty, ran.stat().st_mtime_ns)


@pytest.fixture(scope="module")
def steps(tiny_course, tmp_path_factory, bubblewrap) -> dict[str, Step]:
    """What happens to a mark in a term."""
    run = prepare(tiny_course(book=DATED), tmp_path_factory.mktemp("again"))
    place = run.folder / "submitted" / "ana" / SLUG
    place.mkdir(parents=True)
    nbformat.write(Sheet(run.released).answer(WRONG).notebook, place / f"{SLUG}.ipynb")
    (place / "timestamp.txt").write_text("2026-10-01 10:00:00 UTC")
    steps = {"first": look(run)}
    with Gradebook(f"sqlite:///{run.output / 'gradebook.db'}") as gradebook:
        gradebook.find_grade("double-check", SLUG, SLUG, "ana").manual_score = 1.0
        gradebook.find_comment("double", SLUG, SLUG, "ana").manual_comment = "A good idea."
        gradebook.db.commit()
    steps["by hand"] = look(run)
    (run.output / "feedback" / "ana" / f"{SLUG}.html").unlink()
    steps["page lost"] = look(run)
    nbformat.write(Sheet(run.released).answer().notebook, place / f"{SLUG}.ipynb")
    (place / "timestamp.txt").write_text("2026-10-02 23:00:00 UTC")
    steps["left out"] = look(run, only=lambda submission: submission.student == "ben")
    steps["marked again"] = look(run, only=lambda submission: submission.student == "ana")
    return steps


STEPS = ["first", "by hand", "page lost", "left out", "marked again"]


@pytest.mark.parametrize("name", STEPS)
def test_table_journal_gradebook_agree(steps, name):
    step = steps[name]
    assert float(step.row["score"]) == pytest.approx(step.result.score)
    assert step.journal["score"] == pytest.approx(step.result.score)
    assert step.gradebook - step.penalty == pytest.approx(step.result.score)
    assert step.gradebook == step.result.score_before


def test_points_by_hand_count(steps):
    assert steps["first"].result.score == QUIZ
    assert steps["by hand"].result.score == QUIZ + 1
    assert steps["by hand"].result.remark == "double-check: 1 point by hand"


def test_points_and_comments_by_hand_reach_the_page_without_another_marking(steps):
    assert "A good idea." not in steps["first"].page
    assert "A good idea." in steps["by hand"].page
    assert steps["by hand"].marked_at == steps["first"].marked_at


def test_a_lost_page_is_made_again_without_another_marking(steps):
    assert "A good idea." in steps["page lost"].page
    assert steps["page lost"].marked_at == steps["first"].marked_at


def test_who_is_left_out_keeps_the_mark_and_a_remark(steps):
    assert steps["left out"].result.score == QUIZ + 1
    assert "handed in again since" in steps["left out"].result.remark
    assert steps["left out"].marked_at == steps["first"].marked_at


def test_points_by_hand_for_an_earlier_notebook_are_said(steps):
    step = steps["marked again"]
    assert step.marked_at != steps["first"].marked_at
    assert step.result.score_before == FULL - 1
    assert "1 point, given by hand before this marking, count and not its 2" in step.result.remark
    assert "A good idea." in step.page


def test_a_notebook_handed_in_after_a_page_with_the_key_is_said(steps):
    said = "handed in again: a notebook before had 3 points, and its page tells the quiz's answers"
    assert [name for name in STEPS if steps[name].result.remark.startswith(said)] == [
        "marked again"
    ]


def test_lateness_is_taken_off_and_said(steps):
    step = steps["marked again"]
    assert step.result.late_penalty == pytest.approx(0.2 * (FULL - 1))
    assert step.row["late_penalty"] == "0.6"
    assert "2 days late: -20 %" in step.result.remark


# A broken machine


def test_nothing_is_marked_where_the_solution_fails(tiny_course, tmp_path):
    broken = LESSON.replace("    return 2 * x", "    import not_there\n    return 2 * x")
    run = prepare(tiny_course(lesson=broken), tmp_path)
    nbformat.write(Sheet(run.released).answer().notebook, run.folder / "ana.ipynb")
    (run.folder / "ben.ipynb").write_text("{")
    results = run.grade(isolate=False, trial=True)
    assert results["ana"].status == "not graded"
    for words in (
        "its own solution earns 2 of 4 points",
        "in double-check: ModuleNotFoundError: No module named 'not_there'",
        "doctor",
    ):
        assert words in results["ana"].remark
    assert "not a readable notebook" in results["ben"].remark
    with Gradebook(f"sqlite:///{run.output / 'gradebook.db'}") as gradebook:
        assert [student.id for student in gradebook.students] == []


def test_who_is_selected_must_have_handed_in(tiny_course, tmp_path):
    run = prepare(tiny_course(), tmp_path)
    for name in ("ana", "ben"):
        nbformat.write(run.released, run.folder / f"{name}.ipynb")
    found = collect(run.folder, run.course)
    assert selected(run.course, found, "", "") is None
    assert [one.student for one in found if selected(run.course, found, "ana", "00")(one)] == [
        "ana"
    ]
    assert all(selected(run.course, found, "", "00")(one) for one in found)
    with pytest.raises(CourseError, match="No notebook of eve 00-tiny was handed in"):
        selected(run.course, found, "eve", "00")
    with pytest.raises(CourseError, match="no one lesson called '07'"):
        selected(run.course, found, "", "07")


def test_who_is_marked_is_in_the_gradebook_before_processes_meet_there(
    tiny_course, tmp_path, monkeypatch
):
    run, met = prepare(tiny_course(), tmp_path), []
    for name in ("ana", "ben"):
        nbformat.write(Sheet(run.released).answer().notebook, run.folder / f"{name}.ipynb")

    def meet(job, *arguments, **options):
        with Gradebook(job.database) as gradebook:
            students = {student.id for student in gradebook.students}
        met.append((job.submission.student, students))
        return mark_in_child(job, *arguments, **options)

    monkeypatch.setattr(running, "mark_in_child", meet)
    run.grade(isolate=False, trial=True, jobs=1)
    both = {"ana", "ben"}
    assert met == [("solution", {"solution"}), ("ana", both), ("ben", both)]
