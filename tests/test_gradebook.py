"""How submissions stand in the gradebook: lateness, points by hand, lessons renumbered."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import BOOK, SLUG
from marked_run import new_gradebook
from nbgrader.api import Gradebook, MissingEntry

from generative_vision.course import CourseError
from generative_vision.course.grading.lateness import (
    late_remark,
    penalty,
    set_due_dates,
    without_time,
)
from generative_vision.course.grading.register import Register
from generative_vision.course.grading.renumbering import carry_over
from generative_vision.course.grading.results import Journal, Result
from generative_vision.course.grading.standing import read_standings, settle
from generative_vision.course.grading.submissions import Submission
from generative_vision.course.grading.worker import Job

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


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Path:
    """A gradebook with one submission that reached 3 of 4 points."""
    path = tmp_path_factory.mktemp("original") / "gradebook.db"
    with new_gradebook(path) as gradebook:
        gradebook.add_assignment(SLUG)
        gradebook.add_notebook(SLUG, SLUG)
        gradebook.add_student("ana")
        for name, points in (("double-check", 2.0), ("quiz-check", 2.0)):
            gradebook.add_grade_cell(name, SLUG, SLUG, max_score=points, cell_type="code")
        gradebook.add_solution_cell("double", SLUG, SLUG)
        gradebook.add_submission(SLUG, "ana")
        for name, points in (("double-check", 1.0), ("quiz-check", 2.0)):
            grade = gradebook.find_grade(name, SLUG, SLUG, "ana")
            grade.auto_score, grade.needs_manual_grade = points, False
        gradebook.db.commit()
    return path


@pytest.fixture
def database(original, tmp_path) -> str:
    """The address of a copy of that gradebook."""
    return f"sqlite:///{shutil.copy(original, tmp_path)}"


MARKED = Result(
    student="ana", lesson=SLUG, score=3, max_score=4, status="graded", remark="", file="ana.ipynb"
)


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


def test_a_file_that_gets_another_student_keeps_one_row(database, page, tmp_path, tiny_course):
    """A class list that comes later gives other names."""
    with Gradebook(database) as gradebook:
        gradebook.add_student("doejane")
        gradebook.add_submission(SLUG, "doejane")
    shown = Submission(tmp_path / "doejane.ipynb", "doejane", SLUG).shown
    before = replace(MARKED, student="doejane", file=shown)
    journal = Journal(tmp_path / "grades.json", fresh=True)
    journal.add(Submission(Path(shown), "doejane", SLUG), "key", before, before, "")
    made = tmp_path / "feedback" / "ana" / f"{SLUG}.html"
    made.parent.mkdir(parents=True)
    page.path.rename(made)
    job = Job(Submission(tmp_path, ""), tiny_course(), tmp_path, tmp_path, database, False)
    path = tmp_path / "doejane.ipynb"
    other = Register(job, [Submission(path, "ana", SLUG, unlisted="ana")], students=["ana"])
    other.record(0, "key", MARKED)  # lies at a place of that name, in a folder of Ana's
    assert [row.student for row in other.results] == ["ana", "doejane"]
    register = Register(job, [Submission(path, "ana", SLUG, unlisted="doejane")], students=["ana"])
    assert [row.student for row in register.results] == ["doejane"]
    register.record(0, "key", MARKED)
    (row,) = register.results
    assert row.student == "ana"
    assert row.remark == "was doejane before, who is still in the gradebook"
    assert f"doejane/{SLUG}" not in json.loads((tmp_path / "grades.json").read_text())


@pytest.fixture
def register_of(database, tmp_path, tiny_course):
    """What reads the rows of a run with one submission of Ana's, who was graded before."""
    journal = Journal(tmp_path / "grades.json", fresh=True)
    journal.add(Submission(tmp_path / "ana.ipynb", "ana", SLUG), "old-key", MARKED, MARKED, "")
    job = Job(Submission(tmp_path, ""), tiny_course(), tmp_path, tmp_path, database, False)
    return lambda **more: Register(job, [Submission(tmp_path / "new.ipynb", "ana", SLUG, **more)])


@pytest.mark.parametrize(
    ("host", "key", "is_guest"),
    [("ben", "new-key", True), ("ben", "old-key", False), ("", "new-key", False)],
)
def test_a_notebook_in_anothers_folder_does_not_replace_an_earlier_one(
    register_of, host, key, is_guest
):
    assert register_of(within=host, host=host).is_guest(0, key) == is_guest


def test_whoever_becomes_the_host_of_all_in_a_folder_stops_no_resubmission(register_of, page):
    """In a group's folder, one may hand in a notebook without a name."""
    register_of(folders=("monday",)).record(0, "new-key", MARKED)
    for _ in range(2):  # reading what was graded changes nothing
        again = register_of(folders=("tuesday",), within="monday", host="monday")
        assert again.is_guest(0, "third-key") is False
        again.has(0, "new-key")
    assert register_of(within="tuesday", host="tuesday").is_guest(0, "third-key") is True


@pytest.mark.parametrize(("key", "is_guest"), [("new-key", True), ("old-key", False)])
def test_a_name_that_could_be_anothers_does_not_replace_an_earlier_notebook(
    register_of, key, is_guest, page
):
    register = register_of(is_doubtful=True)
    assert register.is_guest(0, key) == is_guest
    register.turn_away(0)
    guest, own = register.results
    assert (guest.score, own.score) == (None, 3)
    assert guest.remark.startswith("may be another student's, and replaces nothing")


def test_a_guest_leaves_the_row_of_who_was_marked_before(register_of, page):
    register = register_of(within="ben", host="ben")
    assert register.results == []
    register.turn_away(0)
    guest, own = register.results
    assert (guest.score, own.score) == (None, 3)
    assert "replaces nothing" in guest.remark
    assert own.remark.startswith("graded in an earlier run")


def test_whose_folder_a_later_notebook_lies_in_is_said(register_of, page):
    register = register_of(within="work")
    register.record(0, "new-key", MARKED)
    assert "lies in the folder 'work': look whose it is" in register.results[0].remark


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
