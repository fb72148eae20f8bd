"""How submissions stand in the gradebook: lateness, points by hand, lessons renumbered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import BOOK, SLUG
from marked_run import MARKED
from nbgrader.api import Gradebook, MissingEntry

from generative_vision.course import CourseError
from generative_vision.course.grading.lateness import (
    late_remark,
    penalty,
    set_due_dates,
    without_time,
)
from generative_vision.course.grading.renumbering import carry_over
from generative_vision.course.grading.results import Result
from generative_vision.course.grading.standing import read_standings, settle
from generative_vision.course.grading.submissions import Submission

DUE = datetime(2026, 10, 1, 22, 0)  # UTC, as nbgrader keeps it
DATED = BOOK + 'due = 2026-10-01T23:59:00+01:59\nformerly = ["01-tiny"]\n'
OLD = "05-tiny"
RENUMBERED = BOOK + f'formerly = ["{OLD}"]\n'
DAY = 86_400


@pytest.mark.parametrize(
    ("seconds", "percent", "lost", "remark"),
    [
        (-5, 10, 0, ""),
        (0, 10, 0, ""),
        (1, 10, 0.4, "1 day late: -10 %"),
        (DAY, 10, 0.4, "1 day late: -10 %"),
        (DAY + 1, 10, 0.8, "2 days late: -20 %"),
        (2 * DAY, 12.5, 1, "2 days late: -25 %"),
        (30 * DAY, 10, 4, "30 days late: -100 %"),
        (DAY + 1, 0, 0, "2 days late"),
    ],
)
def test_a_begun_day_costs_percent_of_the_score(seconds, percent, lost, remark):
    assert penalty(4, seconds, percent) == pytest.approx(lost)
    assert late_remark(seconds, percent) == remark


def test_the_manifest_says_when_a_lesson_is_due(tiny_course):
    (lesson,) = tiny_course(book=DATED).lessons
    assert lesson.due.astimezone(UTC).replace(tzinfo=None) == DUE
    assert tiny_course().lessons[0].due is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("+01:59", "", "due: it needs its distance from UTC"),
        ("2026-10-01T23:59:00+01:59", '"soon"', "due = 'soon'"),
        ("memory_gib = 4", "memory_gib = 4\nlate_percent_per_day = 101", "late_percent_per_day"),
        ("memory_gib = 4", "memory_gib = 4\nlate_percent_per_day = -1", "late_percent_per_day"),
        ('["01-tiny"]', '["00-tiny"]', "formerly '00-tiny', which is the slug of another"),
        ('["01-tiny"]', '["01-tiny", "01-tiny"]', "or stands twice"),
        ('["01-tiny"]', '["tiny"]', "it must look like 01-autoencoder"),
    ],
)
def test_a_mistake_is_a_sentence(tiny_course, old, new, message):
    with pytest.raises(CourseError, match=message):
        tiny_course(book=DATED.replace(old, new))


class Page:
    """A page that counts how often it is made."""

    def __init__(self, path: Path):
        self.path, self.made = path, 0
        path.write_text("a page")

    def make(self, result: Result) -> Result:
        self.made += 1
        self.path.write_text("a page")
        return result


@pytest.fixture
def page(tmp_path) -> Page:
    return Page(tmp_path / "page.html")


def stands(database, page, *, percent=0, shown=None, marked=MARKED, **submission):
    """Return the row of the submission and what its page shows."""
    standing = read_standings(database, "ana", SLUG)["ana", SLUG]
    return settle(
        Submission(Path("ana.ipynb"), "ana", SLUG, **submission),
        marked,
        standing,
        database=database,
        percent_per_day=percent,
        page=page.path,
        shown=standing.digest if shown is None else shown,
        make_page=page.make,
    )


def by_hand(database, **values) -> None:
    """Give points by hand, as formgrader does."""
    with Gradebook(database) as gradebook:
        grade = gradebook.find_grade("double-check", SLUG, SLUG, "ana")
        for name, value in values.items():
            setattr(grade, name, value)
        gradebook.db.commit()


def test_a_mark_without_a_person_or_a_date_stays_as_it_is(database, page):
    row, _ = stands(database, page)
    assert row == replace(MARKED, score_before=3, late_penalty=0)
    assert page.made == 0


def test_lateness_is_in_the_row_and_in_the_gradebook(database, page, tiny_course):
    set_due_dates(database, tiny_course(book=DATED).lessons)
    late = DUE + timedelta(days=1, seconds=1)
    row, _ = stands(database, page, percent=10, submitted=late)
    assert (row.score_before, row.late_penalty) == (3, pytest.approx(0.6))
    assert row.score == pytest.approx(2.4)
    assert row.remark == "2 days late: -20 %"
    assert page.made == 1
    with Gradebook(database) as gradebook:
        kept = gradebook.find_submission(SLUG, "ana")
        assert (kept.score, kept.timestamp) == (3, late)
        assert kept.late_submission_penalty == pytest.approx(0.6)


def test_submissions_without_a_time_are_said(tiny_course):
    course = tiny_course(book=DATED)
    path = Path("x")
    known = [
        Submission(path, "ana", SLUG, submitted=DUE),
        Submission(path, "ben", SLUG, system="canvas"),
        Submission(path, "cem", SLUG, problem="is no notebook"),
    ]
    unknown = [Submission(path, "dea", SLUG), Submission(path, "eva", SLUG, system="moodle")]
    assert without_time(course, known) == ""
    assert without_time(course, [*known, *unknown]).startswith("Of 2 submissions it is not known")
    assert without_time(tiny_course(), unknown) == ""


def test_an_extension_counts(database, page, tiny_course):
    set_due_dates(database, tiny_course(book=DATED).lessons)
    late = DUE + timedelta(hours=30)
    assert stands(database, page, percent=10, submitted=late)[0].score == pytest.approx(2.4)
    with Gradebook(database) as gradebook:
        gradebook.grant_extension(SLUG, "ana", days=1)
    row, _ = stands(database, page, percent=10, submitted=late)
    assert row.remark == "1 day late: -10 %"
    assert row.score == pytest.approx(2.7)


def test_a_due_date_that_is_only_in_the_gradebook_stays(database, tiny_course):
    with Gradebook(database) as gradebook:
        gradebook.update_or_create_assignment(SLUG, duedate=DUE)
    set_due_dates(database, tiny_course().lessons)
    with Gradebook(database) as gradebook:
        assert gradebook.find_assignment(SLUG).duedate == DUE


def test_what_canvas_says_of_lateness_is_said(database, page):
    row, _ = stands(database, page, percent=10, late=True)
    assert row.remark.startswith("late, says Canvas; how late is not known")
    assert row.score == 3


def test_points_by_hand_count_and_the_page_follows(database, page):
    before = stands(database, page)[1]
    by_hand(database, manual_score=2.0)
    row, shows = stands(database, page, shown=before)
    assert row.score == 4
    assert row.remark == "double-check: 2 points by hand"
    assert page.made == 1
    stands(database, page, shown=shows)
    assert page.made == 1


def test_points_by_hand_from_before_a_marking_are_said(database, page):
    by_hand(database, manual_score=0.5, auto_score=2.0, needs_manual_grade=True)
    row, _ = stands(database, page)
    assert row.score == 2.5
    assert row.remark == (
        "double-check: 0.5 points, given by hand before this marking, count and not its 2: "
        "look at it"
    )


def test_extra_points_may_exceed_the_maximum(database, page):
    by_hand(database, manual_score=2.0, extra_credit=1.5)
    row, _ = stands(database, page)
    assert (row.score, row.max_score) == (5.5, 4)
    assert "double-check: 1.5 points extra" in row.remark


def test_a_comment_by_hand_makes_the_page_again(database, page):
    before = stands(database, page)[1]
    with Gradebook(database) as gradebook:
        gradebook.find_comment("double", SLUG, SLUG, "ana").manual_comment = "Well done."
        gradebook.db.commit()
    stands(database, page, shown=before)
    assert page.made == 1


def test_a_page_that_is_missing_is_made_again(database, page):
    page.path.unlink()
    failed = replace(MARKED, remark="its feedback page could not be made: no space; a cell died")
    row, _ = stands(database, page, marked=failed)
    assert page.path.is_file()
    assert row.remark == "a cell died"


def test_what_marking_says_comes_before_the_doubts_of_collecting(database, page):
    row, _ = stands(database, page, marked=replace(MARKED, remark="later"), remark="first")
    assert row.remark == "later; first"


# Lessons that were renumbered


@pytest.fixture
def results(database, tmp_path) -> Path:
    """The results of a lesson under its former slug."""
    for name in (f"feedback/ana/{OLD}.html", f"autograded/ana/{OLD}/{OLD}.ipynb"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("kept")
    with Gradebook(database) as gradebook:
        gradebook.find_notebook(SLUG, SLUG).name = OLD
        gradebook.find_assignment(SLUG).name = OLD
        gradebook.db.commit()
    return tmp_path


def test_results_of_a_renumbered_lesson_go_with_it(tiny_course, results):
    database = f"sqlite:///{results / 'gradebook.db'}"
    course = tiny_course(book=RENUMBERED)
    for _ in range(2):  # again after the work was done
        carry_over(course, results, database)
    with Gradebook(database) as gradebook:
        assert gradebook.find_submission_notebook(SLUG, SLUG, "ana").score == 3
        with pytest.raises(MissingEntry):
            gradebook.find_assignment(OLD)
    assert (results / "feedback" / "ana" / f"{SLUG}.html").read_text() == "kept"
    assert (results / "autograded" / "ana" / SLUG / f"{SLUG}.ipynb").read_text() == "kept"


def test_an_assignment_without_submissions_gives_way(tiny_course, results):
    database = f"sqlite:///{results / 'gradebook.db'}"
    with Gradebook(database) as gradebook:
        gradebook.add_assignment(SLUG)
    carry_over(tiny_course(book=RENUMBERED), results, database)
    with Gradebook(database) as gradebook:
        assert [one.student.id for one in gradebook.assignment_submissions(SLUG)] == ["ana"]


def test_submissions_under_both_slugs_are_not_mixed(tiny_course, results):
    database = f"sqlite:///{results / 'gradebook.db'}"
    with Gradebook(database) as gradebook:
        gradebook.add_assignment(SLUG)
        gradebook.add_submission(SLUG, "ana")
    with pytest.raises(CourseError, match="submissions for '05-tiny' and for '00-tiny'"):
        carry_over(tiny_course(book=RENUMBERED), results, database)
