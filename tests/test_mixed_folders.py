"""Folders of several layouts side by side: no name that a student chose costs another a mark."""

from __future__ import annotations

import os

import pytest
from conftest import SLUG

from generative_vision.course.grading import locks
from generative_vision.course.grading.plain_files import InnerArchives
from generative_vision.course.grading.roster import Roster, Student
from generative_vision.course.grading.run import alike_on_disk
from generative_vision.course.grading.submissions import Submission

BEN = Roster([Student(id="ben", name="Ben Miller")])


@pytest.mark.parametrize("roster", [None, BEN])
@pytest.mark.parametrize(
    "own", ["ben/x.ipynb", "ben.ipynb", "ben_1_assignsubmission_file_/x.ipynb"]
)
@pytest.mark.parametrize("name", ["submission", "submitted", SLUG, "week 0", "v2"])
@pytest.mark.parametrize("inside", ["ben/y.ipynb", f"ben/{SLUG}/{SLUG}.ipynb", "ben.ipynb"])
def test_an_archive_called_as_a_group_or_a_lesson_displaces_nobody(tray, roster, own, name, inside):
    os.utime(tray.put(own), (1, 1))
    guest = tray.zip(f"{name}.zip", [inside])
    found = tray.collect(roster)
    assert found[own].problem == ""
    assert found[f"{guest.name}/{inside}"].problem.startswith("a second notebook")


@pytest.mark.parametrize("around", ["section 1", "week 0/group 2", "team2/section 1"])
def test_a_folder_of_ones_own_called_as_an_outer_one_is_no_nearer(tray, around):
    """Two names of one lesson make a folder look like a group's."""
    names = [f"{around}/{name}/x.ipynb" for name in ("ana", "ben")]
    inside = around.split("/")[-1]
    for own in names:
        os.utime(tray.put(own), (1, 1))
    guests = [f"{around}/zoe/{name}/{inside}/x.ipynb" for name in ("ana", "ben", "cem")]
    for guest in guests:
        tray.put(guest)
    found = tray.collect()
    assert {found[own].problem for own in names} == {""}
    assert found[guests[0]].problem.startswith("a second notebook")


@pytest.mark.parametrize(
    ("roster", "own", "guest"),
    [
        (None, "Ben Miller_7_assignsubmission_file_/x.ipynb", "Ben Miller_9_assignsubmission_file"),
        (BEN, "Ben Miller_7_assignsubmission_file_/x.ipynb", "Ben Miller_9_assignsubmission_file"),
        (BEN, "benmiller_11_70_x.ipynb", "benmiller_12_71_x"),
    ],
)
def test_a_platforms_name_in_a_folder_makes_no_twin_beside_it(tray, roster, own, guest):
    tray.put(own)
    tray.put(f"zoe/{guest}.ipynb")
    found = tray.collect(roster)
    assert (found[own].problem, found[own].system != "") == ("", True)
    assert found[f"zoe/{guest}.ipynb"].problem.startswith("a second notebook")


@pytest.mark.parametrize("roster", [None, BEN])
@pytest.mark.parametrize(
    ("own", "guest"),
    [
        ("Ben Miller_7_assignsubmission_file_/x.ipynb", "zzz_7_assignsubmission_file_x"),
        ("benmiller_11_70_x.ipynb", "zzz_11_22_x"),
    ],
)
def test_a_platforms_number_in_a_folder_is_not_anothers(tray, roster, own, guest):
    """It would have a row of its own for that number in what is exported."""
    tray.put(own)
    tray.put(f"zoe/{guest}.ipynb")
    found = tray.collect(roster)
    other = found[f"zoe/{guest}.ipynb"]
    assert (found[own].problem, found[own].remark, found[own].user != "") == ("", "", True)
    assert (other.system, other.user) == ("", "")
    assert f"is that of {found[own].student}, too: look whose" in other.remark


def test_a_number_of_many_names_is_said_in_few_words(tray):
    """Files of thousands of names had remarks of all these names: gigabytes."""
    names = [f"{'x' * 80}{number:02d}" for number in range(40)]
    tray.zip("zoe/all.zip", [f"{name}_17_{name[-2:]}_x.ipynb" for name in names])
    found = tray.collect()
    remarks = [found[f"zoe/all.zip/{name}_17_{name[-2:]}_x.ipynb"].remark for name in names]
    for name, remark in zip(names, remarks):
        assert f" {name}," not in remark
        assert remark.endswith(" and 36 more, too: look whose")


def test_who_has_a_number_is_open_where_nothing_tells(tray):
    places = [f"{name}_11_7{day}_x.ipynb" for day, name in enumerate(("doejane", "roejane"))]
    for place in places:
        tray.put(place)
    for one in tray.collect().values():
        assert (one.problem, one.user) == ("", "")
        assert "Canvas's number 11 is that of" in one.remark


def test_a_longer_name_in_moodle_neither_displaces_nor_hides_who_has_it(tray):
    names = ("Ben Miller_7", "Zoe Ben Miller_9")
    own, other = (f"{name}_assignsubmission_file_/x.ipynb" for name in names)
    for day, place in enumerate((own, other), 1):
        os.utime(tray.put(place), (day, day))
    found = tray.collect(BEN)
    assert (found[own].student, found[own].problem) == ("ben", "")
    assert (found[other].student, found[other].problem) == ("Zoe_Ben_Miller~9", "")
    assert all("several students of this name" in one.remark for one in found.values())


def beside_bens(tray, ids, name):
    """Return Ben's file, which keeps its place, and a later one of another name."""
    roster = None if ids is None else Roster([Student(id="ben", name="Ben Miller", **ids)])
    places = "benmiller_11_70001_x.ipynb", f"{name}.ipynb"
    for day, place in enumerate(places, 1):
        os.utime(tray.put(place), (day, day))
    found = tray.collect(roster)
    own, other = (found[place] for place in places)
    assert (own.problem, own.user, own.is_doubtful) == ("", "11", False)
    return own, other


FORGED = ["benmiller_11_99999_98_71001_x", "benmiller_11_99999_zoe_LATE_98_71001_x"]


@pytest.mark.parametrize("ids", [{}, {"canvas_id": "11"}, None])
@pytest.mark.parametrize(
    "forged", [*FORGED, "benmiller_7_assignsubmission_file_98_71001_x (5)", "zzz_11_99_98_71001_x"]
)
def test_a_name_of_canvas_that_looks_like_a_files_displaces_nobody(tray, ids, forged):
    """Its user may choose the name, and Canvas itself puts 98_71001 behind it."""
    own, other = beside_bens(tray, ids, forged)
    assert "could be that of another user's file, too, by its number 98: look" in other.remark
    same = other.student == own.student
    assert other.problem.startswith("a second notebook" if same else "")
    assert same or other.user != "11"


@pytest.mark.parametrize("ids", [{}, {"canvas_id": "11"}, None])
@pytest.mark.parametrize("user", ["98", "60012345678901"])  # the second is from another Canvas
def test_a_name_of_canvas_that_ends_in_a_number_displaces_nobody(tray, ids, user):
    """Canvas takes out a number only where a sign of its own follows."""
    _, other = beside_bens(tray, ids, f"benmiller_11_{user}_71001_x")
    assert other.problem.startswith("a second notebook")
    assert other.is_doubtful
    assert "another user's file, too, by its number 71001: look whose" in other.remark


@pytest.mark.parametrize("ids", [{}, {"canvas_id": "11"}, None])
@pytest.mark.parametrize("name", ["_98", "_LATE_98", "zoe_5", "zoe_LATE_5"])
@pytest.mark.parametrize(
    "title", ["benmiller_11_99999999_x", "benmiller_7_assignsubmission_file_x (5)", "Ben Miller"]
)
def test_a_title_names_nobody_where_canvas_name_has_no_letters(tray, ids, name, title):
    """Or the user's number one digit."""
    roster = None if ids is None else Roster([Student(id="ben", name="Ben Miller", **ids)])
    own, other = "benmiller_11_70001_x.ipynb", f"{name}_71001_{title}.ipynb"
    for day, place in enumerate((own, other), 1):
        os.utime(tray.put(place), (day, day))
    found = tray.collect(roster)
    assert (found[own].problem, found[own].user) == ("", "11")
    assert found[other].user != "11" or found[other].problem


@pytest.mark.parametrize(
    "title",
    [
        "hw_10_27_final",
        "lesson_05_10_2026_x",
        "HW_10_20261005_x",
        "roejo_11_70002_x",
        "20261005_x",
        "10027_x",
    ],
)
def test_other_titles_leave_no_doubt(tray, title):
    tray.put(f"doejane_11_70001_{title}.ipynb")
    (found,) = tray.collect().values()
    assert (found.student, found.remark, found.is_doubtful) == ("doejane_11", "", False)


def test_a_forged_name_uses_up_nothing_of_the_others():
    archives = InnerArchives()
    names = ("benmiller_11_70001_x", *FORGED, "benmiller_11_98_71001_x")
    places = [archives.owner([f"{name}.zip"]) for name in names]
    assert places == ["benmiller_11", *["benmiller_11?"] * 3]


def test_names_that_are_one_on_the_disk_are_not_mixed_up(tmp_path):
    submissions = [Submission(tmp_path, name, SLUG) for name in ("Ana", "ana", "ben")]
    (tmp_path / locks.FILE_NAME).touch()
    assert alike_on_disk(tmp_path, submissions) == {}
    (tmp_path / locks.FILE_NAME.upper()).touch()  # as if it were the same
    found = alike_on_disk(tmp_path, submissions)
    assert found.keys() == {"Ana", "ana"}
    assert "Ana and ana are one name: write to another with --output" in found["ana"]


@pytest.mark.parametrize("around", ["", "submitted/"])
def test_what_a_folder_holds_says_nothing_of_one_of_that_name_elsewhere(tray, around):
    own = f"{around}ana/homework.ipynb"
    for place in (own, *(f"{around}team3/ana/{name}/{SLUG}.ipynb" for name in ("one", "two"))):
        tray.put(place)
    assert tray.collect()[own].student == "ana"


@pytest.mark.parametrize(
    ("places", "own"),
    [
        (("eve/ben/x", "eve/zoe/x"), "eve.ipynb"),
        (("eve/ben/x", "eve/zoe/x"), "eve/eve/x.ipynb"),
        (("eve/ben/x", "eve/zoe/x"), "eve/eve.ipynb"),
        (("eve/ben", "eve/zoe", "eve/ida"), "eve/eve.ipynb"),
        (("eve/ben", "eve/zoe", "eve/ida"), "eve/eve/x.ipynb"),
    ],
)
def test_a_folder_is_its_students_where_a_notebook_there_has_its_name(tray, places, own):
    """Whatever else lies in it: in a later run that would replace others' marks."""
    for place in places:
        tray.put(f"{place}.ipynb")
    tray.put(own)
    found = tray.collect()
    assert (found[own].student, found[own].host) == ("eve", "")
    for place in places:
        guest = found[f"{place}.ipynb"]
        assert (guest.student, guest.host) == (place.split("/")[1], "eve")


def test_a_name_on_a_platform_makes_nobody_the_host_of_all(tray):
    for name in ("eve", "Ana Ax"):
        tray.put(f"eve/{name}_7_assignsubmission_file_/x.ipynb")
    assert {one.host for one in tray.collect().values()} == {""}


def test_students_of_one_name_in_moodle_are_told_by_their_numbers(tray):
    """Who takes another's name displaces nobody; where names are hidden, all have the same."""
    for number in ("111", "222", "333"):
        tray.put(f"Participant_{number}_assignsubmission_file_/{SLUG}.ipynb")
    found = tray.collect().values()
    assert [(one.student, one.problem) for one in found] == [
        (f"Participant~{number}", "") for number in ("111", "222", "333")
    ]
    assert all("Moodle has several students of this name" in one.remark for one in found)


@pytest.mark.parametrize(
    "day", ["_2026_11_27", " 2026_11_27", "_27_11_2026", "_11_20261127", "_20261127_143000"]
)
def test_a_folder_with_a_date_is_nobodys_name_in_canvas(tray, day):
    for name in ("ana", "ben"):
        tray.put(f"handed in{day}_L00/{name}/{SLUG}.ipynb")
    tray.put(f"handed in{day}_L00/doejane_12345_67890_{SLUG}.ipynb")
    found = {one.student: one.system for one in tray.collect().values()}
    assert found == {"ana": "", "ben": "", "doejane_12345": "canvas"}


@pytest.mark.parametrize(
    "name",
    [
        "CS_101_2026_Fall",
        "GAN_101_5567_lab",
        "submissions_2026_11_5567_x",
        "CS_101_20261127_x",
        "CS_101_202610_x",
    ],
)
def test_a_folder_with_a_courses_numbers_holds_a_class(tray, name):
    """An archive from Canvas has a longer number, wherever one's own name there may have others."""
    for student in ("ana", "ben"):
        tray.put(f"{name}/{student}/x.ipynb")
    tray.put(f"{name}/doejane_11_98_123456_y/x.ipynb")
    found = {one.student: one.doubt for one in tray.collect().values()}
    assert found == {"ana": "", "ben": "", "doejane_11": "123456"}
    tray.zip(f"{name}.zip", ["Eva Ruiz_1_assignsubmission_file_/x.ipynb", "cem/x.ipynb"])
    assert {"Eva_Ruiz", "cem"} <= {one.student for one in tray.collect().values()}


def test_a_student_in_a_groups_folder_makes_no_group_of_ones_own(tray):
    for place in ("ana/x", "ben/x", "eve/cem/x", "eve/dan/x"):
        tray.put(f"monday/{place}.ipynb")
    assert {one.student for one in tray.collect().values()} == {"ana", "ben", "eve"}


@pytest.mark.parametrize("roster", [None, Roster([Student(id="s1", name="Jane Doe")])])
@pytest.mark.parametrize("guest", ["ben/ana_5_{}/x", "ben/ana_5_{}x", "ben/ana_12_98765_x"])
@pytest.mark.parametrize("around", ["section 1", f"{SLUG}/section 1", "submissions", "monday"])
def test_a_platforms_name_in_a_groups_folder_is_no_nearer(tray, around, guest, roster):
    """Whoever has nothing of one's own in the folder, and is in no class list."""
    own, guest = f"{around}/ana/x.ipynb", guest.format("assignsubmission_file_")
    for place in (own, f"{around}/cem/x.ipynb", f"{around}/{guest}.ipynb"):
        tray.put(place)
    found = tray.collect(roster)
    assert (found[own].student, found[own].problem) == ("ana", "")


def test_a_number_in_a_groups_name_may_be_somebodys_id(tray):
    names = {"1": "Doe, Jane (jd)", "2": "Roe, John (jr)", "3": "Ruiz, Ana (ar)"}
    places = {f"CS 101 Homework/{name}/x.ipynb": f"10{end}" for end, name in names.items()}
    for place in places:
        tray.put(place)
    roster = Roster(
        [Student(id=f"10{end}", name=name.partition(" (")[0]) for end, name in names.items()]
    )
    found = tray.collect(roster)
    assert {place: found[place].student for place in places} == places
    assert {found[place].problem for place in places} == {""}


def test_a_folder_of_a_name_and_more_is_its_students_beside_others(tray):
    """Names of others that a student gives to folders in it displace nobody."""
    roster = Roster(
        [Student(id="jd", name="Jane Doe"), *[Student(id=f"b{n}", name=f"Ben {n}x") for n in "12"]]
    )
    own = [f"{name} (id)/x.ipynb" for name in ("Doe, Jane", "Ben 1x", "Ben 2x")]
    guests = [f"Doe, Jane (id)/Ben {n}x/x.ipynb" for n in "12"]
    for place in (*own, *guests):
        tray.put(place)
    found = tray.collect(roster)
    assert [found[place].problem for place in own] == [""] * 3
