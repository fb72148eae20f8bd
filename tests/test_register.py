"""What a run makes of a notebook where one was marked before: which of them has the row."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from conftest import SLUG
from layouts_tree import Tray
from marked_run import MARKED
from nbgrader.api import Gradebook

from generative_vision.course.grading.register import Register
from generative_vision.course.grading.results import Journal
from generative_vision.course.grading.submissions import Submission, collect
from generative_vision.course.grading.worker import Job


@pytest.mark.parametrize("name", ["doejane", "doejane~17"])
def test_a_file_that_gets_another_student_keeps_one_row(database, tmp_path, tiny_course, name):
    """A class list that comes later gives other names."""
    with Gradebook(database) as gradebook:
        gradebook.add_student(name)
        gradebook.add_submission(SLUG, name)
    shown = Submission(tmp_path / "doejane.ipynb", name, SLUG).shown
    before = replace(MARKED, student=name, file=shown)
    journal = Journal(tmp_path / "grades.json", fresh=True)
    journal.add(Submission(Path(shown), name, SLUG), "key", before, before, "")
    made = tmp_path / "feedback" / "ana" / f"{SLUG}.html"
    made.parent.mkdir(parents=True)
    made.write_text("a page")
    job = Job(Submission(tmp_path, ""), tiny_course(), tmp_path, tmp_path, database, False)
    path = tmp_path / "doejane.ipynb"
    other = Register(job, [Submission(path, "ana", SLUG, unlisted="ana")], students=["ana"])
    other.record(0, "key", MARKED)  # lies at a place of that name, in a folder of Ana's
    assert [row.student for row in other.results] == ["ana", name]
    own = Submission(path, "ana", SLUG, user="17", unlisted="doejane")
    register = Register(job, [own], students=["ana"])
    assert [row.student for row in register.results] == [name]
    register.record(0, "key", MARKED)
    (row,) = register.results
    assert row.student == "ana"
    assert row.remark == f"was {name} before, who is still in the gradebook"
    assert f"{name}/{SLUG}" not in json.loads((tmp_path / "grades.json").read_text())


@pytest.fixture
def register_of(database, tmp_path, tiny_course):
    """What reads the rows of a run with one submission of Ana's, who was graded before."""
    journal = Journal(tmp_path / "grades.json", fresh=True)
    journal.add(Submission(tmp_path / "ana.ipynb", "ana", SLUG), "old-key", MARKED, MARKED, "")
    job = Job(Submission(tmp_path, ""), tiny_course(), tmp_path, tmp_path, database, False)

    def register(student: str = "ana", lesson: str = SLUG, **more) -> Register:
        return Register(job, [Submission(tmp_path / "new.ipynb", student, lesson, **more)])

    return register


@pytest.mark.parametrize(
    ("host", "key", "is_guest"),
    [("ben", "new-key", True), ("ben", "old-key", False), ("", "new-key", False)],
)
def test_a_notebook_in_anothers_folder_does_not_replace_an_earlier_one(
    register_of, host, key, is_guest
):
    assert register_of(within=(host,), host=host).is_guest(0, key) == is_guest


@pytest.mark.parametrize("within", [("zoe",), ("monday", "zoe", "inner")])
def test_a_folder_of_whoever_was_marked_before_is_that_students(register_of, tmp_path, within):
    """Names of others, and none of one's own, make it look like a group's."""
    guest = {"folders": within, "within": within}
    assert register_of(**guest).is_guest(0, "new-key") is False
    zoe = replace(MARKED, student="zoe")
    journal = Journal(tmp_path / "grades.json", fresh=False)
    journal.add(Submission(tmp_path / "zoe.ipynb", "zoe", SLUG), "key", zoe, zoe, "")
    register = register_of(**guest)
    assert register.is_guest(0, "new-key") is True
    register.turn_away(0)
    refused, kept = register.results
    assert refused.remark.startswith("lies in another student's folder, and replaces nothing")
    assert (kept.student, kept.score) == ("ana", 3)


class TwoRuns:
    """Tells whether Ana's notebook of a second run is a guest."""

    def __init__(self, tray: Tray, output: Path, database: str):
        self.tray, self.output = tray, output
        self.job = Job(Submission(output, ""), tray.course, output, output, database, False)

    def __call__(
        self,
        earlier: Iterable[str],
        later: Iterable[str],
        inside: Collection[str] = (),
        archive: str = "monday.zip",
    ) -> bool:
        tray = self.tray
        for place in earlier:
            tray.put(f"{place}.ipynb")
        journal = Journal(self.output / "grades.json", fresh=True)
        for one in collect(tray.folder, tray.course):
            row = replace(MARKED, student=one.student)
            journal.add(one, f"{one.content}-", row, row, "")
        shutil.rmtree(tray.folder)
        for place in later:
            tray.put(f"{place}.ipynb")
        if inside:
            tray.zip(archive, inside)
        here = [one for one in collect(tray.folder, tray.course) if not one.problem]
        shutil.rmtree(tray.folder)
        self.register = Register(self.job, here)
        (found,) = [at for at, one in enumerate(here) if one.student.startswith("ana")]
        return self.register.is_guest(found, f"{here[found].content}-")


@pytest.fixture
def in_two_runs(database, tray, tmp_path):
    return TwoRuns(tray, tmp_path, database)


LONG = "Zoe" + " de la Cruz" * 5
MOODLE = "assignsubmission_file_"


@pytest.mark.parametrize(
    ("earlier", "later", "is_guest"),
    [
        ([f"{LONG}/x", "ana/x"], [f"{LONG}/ana/x", f"{LONG}/ben/x"], True),
        ([f"ana_5_{MOODLE}/x", f"Lab 0_7_{MOODLE}/x"], [f"Lab 0/ana_5_{MOODLE}/x"], False),
        (
            ["monday/ana/x", "monday/cem/x"],
            ["monday/ben/x", "monday/cem/x", f"monday/ben/ana_9_{MOODLE}/x"],
            True,
        ),
        (
            ["lab 0/ana/x", "lab 0/cem/x"],
            [
                "lab 0/cem/x",
                "lab 0/ben/x",
                "lab 1/dan/x",
                "lab 1/eva/x",
                f"lab 1/ben/ana_9_{MOODLE}/x",
            ],
            True,
        ),
        (
            ["monday/ana/x", "monday/cem/x"],
            ["monday/ana/y", "monday/cem/x", "monday/ben/monday/x", "monday/ben/zoe/x"],
            False,
        ),
        (["ana_11_12345_x"], ["monday/ana_11_12346_x", f"monday/{SLUG}_22_12347_x"], False),
        (
            ["tuesday/ana_11_12345_x", f"monday/{SLUG}_22_12347_x"],
            ["monday/ana_11_12346_x"],
            False,
        ),
    ],
    ids=["long name", "name in Moodle", "group", "elsewhere", "deeper", "lesson", "lesson before"],
)
def test_whose_folder_it_is_decides_in_the_next_run(in_two_runs, earlier, later, is_guest):
    assert in_two_runs(earlier, later) == is_guest


GROUP = ["monday/ana/x", "monday/ben/x"]
INSIDE = [f"all of them/{place}" for place in (*GROUP, "tuesday/dan/x", "tuesday/eva/x")]


@pytest.mark.parametrize(
    ("own", "later", "archive", "is_guest"),
    [
        ("monday", GROUP, (), False),
        ("week 0/monday", GROUP, (), False),
        ("monday", [*GROUP, "section 1/dan/x", "tuesday/eva/x", "tuesday/fay/x"], (), False),
        ("monday", [*GROUP, "dan"], (["x.ipynb"], "eve.zip"), False),
        ("monday", INSIDE, (), False),
        ("monday/x", GROUP, (), True),
        ("week 0/monday/x", GROUP, (), True),
        ("monday", [*GROUP, "dan/x"], (), True),
        ("monday", ["dan"], (["ana/x.ipynb", "ben/x.ipynb"],), True),
    ],
)
def test_a_group_called_as_a_file_was_before_is_not_its_students(
    in_two_runs, own, later, archive, is_guest
):
    """Unless each has a folder there, or the student may have made it: an archive."""
    assert in_two_runs([own, "ana"], later, *archive) == is_guest


def test_how_a_group_gets_another_name_is_said(in_two_runs, tray):
    """An archive of that name would be its student's as well as a group's."""
    inside = ["ana/x.ipynb", "ben/x.ipynb"]
    assert in_two_runs(["monday", "ana"], [], inside)
    register = in_two_runs.register
    register.turn_away([one.student for one in register.submissions].index("ana"))
    said = "replaces nothing: if it is a group's, call it 'group monday'"
    assert said in register.results[0].remark
    assert not in_two_runs(["monday", "ana"], [], inside, "group monday.zip")


def test_whoever_becomes_the_host_of_all_in_a_folder_stops_no_resubmission(register_of):
    """In a group's folder, one may hand in a notebook without a name."""
    register_of(folders=("monday",)).record(0, "new-key", MARKED)
    for _ in range(2):  # reading what was graded changes nothing
        again = register_of(folders=("tuesday",), within=("monday",), host="monday")
        assert again.is_guest(0, "third-key") is False
        again.has(0, "new-key")
    assert register_of(within=("tuesday",), host="tuesday").is_guest(0, "third-key") is True


@pytest.mark.parametrize(("key", "is_guest"), [("new-key", True), ("old-key", False)])
def test_a_name_that_could_be_anothers_does_not_replace_an_earlier_notebook(
    register_of, key, is_guest
):
    register = register_of(is_doubtful=True)
    assert register.is_guest(0, key) == is_guest
    register.turn_away(0)
    guest, own = register.results
    assert (guest.score, own.score) == (None, 3)
    assert guest.remark.startswith("may be another student's, and replaces nothing")


@pytest.mark.parametrize(
    ("before", "now", "student", "is_guest"),
    [
        ("7", {"user": "9"}, "ana~9", False),
        ("7", {"user": "9", "is_numbered": True}, "ana", False),
        ("7", {"user": "9", "system": "canvas"}, "ana", False),
        ("7", {"user": "7"}, "ana", False),
        ("7", {"user": "7", "shared": "ana", "student": "ana~7"}, "ana", False),
        ("", {"user": "9"}, "ana", False),
        ("7", {"user": "7", "is_doubtful": True}, "ana", False),
        ("7", {"user": "9", "is_doubtful": True}, "ana~9", False),
        ("", {"user": "9", "is_doubtful": True}, "ana", True),
        ("7", {"user": "7", "is_doubtful": True, "doubt": "98"}, "ana", True),
    ],
)
def test_who_has_another_number_does_not_replace_an_earlier_notebook(
    register_of, before, now, student, is_guest
):
    """In Canvas and Moodle one may call oneself as another student."""
    register_of(system="moodle" if before else "", user=before).record(0, "new-key", MARKED)
    again = {"system": "moodle", "unlisted": "ana", "content": "third", **now}
    register = register_of(**again)
    assert register.submissions[0].student == student
    assert ("several students" in register.submissions[0].remark) == (student == "ana~9")
    assert register.is_guest(0, "third-key") is is_guest
    again["content"] = "new"
    assert register_of(**again).is_guest(0, "new-key") is False


def test_students_of_one_name_keep_what_they_were_called(register_of):
    """Who comes alone later goes neither under the other's name nor unmarked."""
    seventh, ninth = ({"system": "moodle", "user": user, "unlisted": "ana"} for user in "79")
    register_of(**seventh, content="new").record(0, "new-key", MARKED)
    both = register_of(**seventh, content="third", shared="ana", student="ana~7")
    both.submissions.append(replace(both.submissions[0], user="9", student="ana"))
    names = [one.student for one in Register(both.job, both.submissions).submissions]
    assert names == ["ana", "ana~9"]
    assert register_of(**ninth, content="fourth").submissions[0].student == "ana~9"


@pytest.mark.parametrize(
    ("system", "names"), [("canvas", ["ana", "ana~9"]), ("moodle", ["ana~7", "ana"])]
)
def test_in_canvas_a_user_of_another_lesson_has_the_same_number(register_of, system, names):
    """Who calls oneself as a student who did not hand in that lesson is somebody else."""
    seventh, ninth = ({"system": system, "user": user, "unlisted": "ana"} for user in "79")
    register_of(**seventh, content="new").record(0, "new-key", MARKED)
    both = register_of(**seventh, lesson="01-other", shared="ana", student="ana~7")
    alone = register_of(**ninth, lesson="01-other")
    assert [one.submissions[0].student for one in (both, alone)] == names


@pytest.mark.parametrize(("system", "name"), [("canvas", "doejane~9"), ("moodle", "s1")])
def test_who_was_told_by_a_number_in_canvas_is_so_in_other_lessons(
    register_of, tmp_path, system, name
):
    """Two students of one name were, and one of them comes alone with another lesson."""
    ninth = {"system": system, "user": "9", "unlisted": "doejane"}
    before = Submission(tmp_path / "x.ipynb", "doejane~9", SLUG, **ninth)
    row = replace(MARKED, student="doejane~9")
    Journal(tmp_path / "grades.json", fresh=False).add(before, "key", row, row, "")
    assert register_of("s1", lesson="01-other", **ninth).submissions[0].student == name


def test_a_number_in_a_title_that_stays_is_the_students_own(register_of):
    numbers = {"system": "canvas", "user": "7", "doubt": "3456789", "is_doubtful": True}
    register_of(**numbers).record(0, "new-key", MARKED)
    assert register_of(**numbers).is_guest(0, "third-key") is False


@pytest.mark.parametrize(
    ("user", "key", "is_said"),
    [
        ("7", "third-key", True),
        ("7", "new-key", False),  # a class list that came later gave another name
        ("9", "third-key", False),
        ("", "third-key", False),
    ],
)
def test_a_student_with_another_name_and_the_same_number_has_a_remark(
    database, register_of, tmp_path, user, key, is_said
):
    with Gradebook(database) as gradebook:
        gradebook.add_student("anna")
        gradebook.add_submission(SLUG, "anna")
    named = {"system": "moodle" if user else "", "user": user}
    register_of(system="moodle", user="7").record(0, "new-key", MARKED)
    register = register_of(**named)
    register.submissions = [Submission(tmp_path / "anna.ipynb", "anna", SLUG, **named)]
    register.record(0, key, MARKED)
    said = "handed in again: a notebook of ana, who has the same number in Moodle, had 3 points"
    assert register.results[0].remark.startswith(said) is is_said


@pytest.mark.parametrize(("key", "is_kept"), [("new-key", False), ("old-lesson", True)])
def test_the_time_of_a_notebook_is_not_that_of_the_next(database, register_of, key, is_kept):
    came = datetime(2030, 1, 1)
    with Gradebook(database) as gradebook:
        gradebook.update_or_create_submission(SLUG, "ana", timestamp=came)
    register_of().record(0, key, MARKED)
    with Gradebook(database) as gradebook:
        assert gradebook.find_submission(SLUG, "ana").timestamp == (came if is_kept else None)


def test_a_guest_leaves_the_row_of_who_was_marked_before(register_of):
    register = register_of(within=("ben",), host="ben")
    assert register.results == []
    register.turn_away(0)
    guest, own = register.results
    assert (guest.score, own.score) == (None, 3)
    assert "replaces nothing" in guest.remark
    assert own.remark.startswith("graded in an earlier run")


def test_whose_folder_a_later_notebook_lies_in_is_said(register_of):
    register = register_of(within=("work",))
    register.record(0, "new-key", MARKED)
    assert "lies in the folder 'work': look whose it is" in register.results[0].remark
