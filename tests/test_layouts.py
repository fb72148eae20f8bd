"""Whose a file is, by its name and its folders, and which of several counts: nothing runs here."""

from __future__ import annotations

import os
import re
import unicodedata
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from conftest import SLUG
from layouts_tree import Tray

from generative_vision.course.grading.roster import Roster, Student

UNNAMED = "the file's name tells no student: name it STUDENT_LESSON.ipynb"


@pytest.mark.parametrize(
    ("place", "student"),
    [
        (f"doejane_12345_67890_{SLUG}.ipynb", "doejane_12345"),
        (f"roejo_LATE_22345_77890_{SLUG}-1.ipynb", "roejo_22345"),
        ("o_neil_22345_77890_My homework (1).ipynb", "o_neil_22345"),
        (f"lópez_12345_67890_{SLUG}.ipynb", "lópez_12345"),
        (f"doejane_12345_67890_work/{SLUG}.ipynb", "doejane_12345"),
        ("doejane_12345_67890_.ipynb", "doejane_12345"),
        ("doejane_12345_67890_/roejo_22345_77890_x.ipynb", "doejane_12345"),
        ("anon_aB3x_67890_/roejo_22345_77890_x.ipynb", "anon_aB3x"),
        (f"anon_aB3x_67890_{SLUG}.ipynb", "anon_aB3x"),
        (f"LATE_anon_aB3x_67890_99_{SLUG}.ipynb", "anon_aB3x"),
        (f"doejane_12345_67890_roejo_99_assignsubmission_file_{SLUG}.ipynb", "doejane_12345"),
        (f"doejane_12345_67890_assignsubmission_file_/{SLUG}.ipynb", "doejane_12345"),
        (f"Jane Doe_123456_assignsubmission_file_roejo_22345_77890_{SLUG}.ipynb", "Jane_Doe"),
        (f"Jane Doe_123456_assignsubmission_file_/{SLUG}.ipynb", "Jane_Doe"),
        (f"Jane Doe_123456_assignsubmission_file/{SLUG}.ipynb", "Jane_Doe"),
        (f"Jane Doe_123456_assignsubmission_file_{SLUG}.ipynb", "Jane_Doe"),
        ("Participant_123456_assignsubmission_file_/x.ipynb", "Participant"),
        (f"Section A/ana/{SLUG}.ipynb", "ana"),
        ("Section A/ana.ipynb", "ana"),
        (f"student01/ana_{SLUG}.ipynb", "student01"),
        ("Lesson 00/ana.ipynb", "ana"),
        ("Lesson 0/Gruppe 3/ana.ipynb", "ana"),
        (f"submitted/submitted/{SLUG}/{SLUG}.ipynb", "submitted"),
        (f"submitted/00/{SLUG}/ana_{SLUG}.ipynb", "00"),
        (f"submitted/v2/{SLUG}/ana_{SLUG}.ipynb", "v2"),
        (f"ana/attempt 2/{SLUG}.ipynb", "ana"),
        (f"ana_{SLUG} (2).ipynb", "ana"),
        (f"ana_{SLUG}-Copy1.ipynb", "ana"),
        (f"Copy of {SLUG} - ana.ipynb", "ana"),
        (f"ana_{SLUG}-3.ipynb", "ana"),
        (f"{SLUG}_ana - Copy (2).ipynb", "ana"),
        ("ana.IPYNB", "ana"),
        ("ana.ipynb.txt", "ana"),
        ("ana.ipynb.json", "ana"),
        ("ana/.ipynb", "ana"),
        (f"ana/{SLUG}/.ipynb.txt", "ana"),
        (unicodedata.normalize("NFD", "Zoë.ipynb"), "Zoë"),
    ],
)
def test_whose_a_file_is(tray, place, student):
    tray.put(place)
    (found,) = tray.collect().values()
    assert (found.student, found.lesson, found.problem) == (student, SLUG, "")


def test_a_tree_of_nbgraders_is_one_without_the_course_around_it(tray):
    inner = Tray(tray.course, tray.folder / "submitted")
    inner.put(f"00/{SLUG}/ana.ipynb")
    (found,) = inner.collect().values()
    assert found.student == "00"


@pytest.mark.parametrize(
    "name",
    [
        f"{SLUG} (2)",
        f"Copy of {SLUG}",
        f"{SLUG}-Copy1",
        f"{SLUG}-1",
        f"{SLUG}-2026-01-31-120000",
        "(1)",
        "",
    ],
)
def test_a_copy_without_a_name_is_nobodys(tray, name):
    tray.put(f"{name}.ipynb")
    (found,) = tray.collect().values()
    assert found.problem == UNNAMED


def test_canvas_says_who_is_late(tray):
    tray.put(f"doejane_12345_67890_{SLUG}.ipynb")
    tray.put(f"roejo_LATE_22345_77890_{SLUG}.ipynb")
    tray.put(f"LATE_anon_aB3x_67890_12_34_{SLUG}.ipynb")  # numbers of a title, too
    late = {one.student: one.late for one in tray.collect().values()}
    assert late == {"doejane_12345": False, "roejo_22345": True, "anon_aB3x": True}


def taken(tray: Tray) -> tuple[str, str]:
    """Return which file counts, of those of one student, and its remark."""
    found = tray.collect()
    (counts,) = [place for place, one in found.items() if not one.problem]
    for place, one in found.items():
        if place != counts:
            assert one.problem.startswith("a second notebook of the same student and lesson; ")
    return counts, found[counts].remark


@pytest.mark.parametrize(
    ("first", "last", "sign"),
    [
        (f"doe_12_670_{SLUG}.ipynb", f"doe_12_671_{SLUG}-1.ipynb", "number in Canvas"),
        (f"doe_12_670_{SLUG}-1.ipynb", "doe_LATE_12_671_other.ipynb", "number in Canvas"),
        (f"ana/attempt 1/{SLUG}.ipynb", f"ana/attempt 2/{SLUG}.ipynb", "attempt"),
        (f"ana/{SLUG}.ipynb", f"ana/{SLUG} (1).ipynb", "name"),
        (f"ana/{SLUG} (9).ipynb", f"ana/{SLUG} (10).ipynb", "name"),
        (f"ana_{SLUG}-1.ipynb", f"ana_{SLUG}-2.ipynb", "name"),
        (f"ana/{SLUG}-2026-01-31-120000.ipynb", f"ana/{SLUG}.ipynb", "name"),
    ],
)
def test_the_last_counts(tray, first, last, sign):
    tray.put(last)
    tray.put(first)
    counts, remark = taken(tray)
    assert counts == last
    assert remark == f"2 notebooks were handed in; {last.split('/')[-1]} counts by its {sign}"


def test_a_time_stamp_comes_before_all_other_signs(tray):
    tray.put(f"ana/attempt 2/{SLUG} (1).ipynb")
    tray.put("ana/attempt 2/timestamp.txt", b"2026-10-01 10:00:00 UTC")
    tray.put(f"ana/attempt 1/{SLUG}.ipynb")
    tray.put("ana/attempt 1/timestamp.txt", b"2026-10-01 12:00:01.5 Europe/Berlin")
    counts, remark = taken(tray)
    assert counts == f"ana/attempt 1/{SLUG}.ipynb"
    assert "time stamp" in remark


def test_nbgraders_time_stamp_is_read_in_utc(tray):
    tray.put(f"submitted/ana/{SLUG}/{SLUG}.ipynb")
    tray.put(f"submitted/ana/{SLUG}/timestamp.txt", b"2026-10-01 12:00:00 Europe/Berlin\n")
    (found,) = tray.collect().values()
    assert found.submitted == datetime(2026, 10, 1, 10)
    assert found.remark == ""


def test_a_date_beyond_the_calendar_stops_nothing(tray):
    path = tray.put("ana.ipynb")
    os.utime(path, (10**14, 10**14))  # a file system without such dates takes its last one
    assert tray.collect()["ana.ipynb"].problem == ""


@pytest.mark.parametrize("stamp", [b"yesterday \xff", b"2026-10-01" + b" " * 10**6 + b"10:00"])
def test_a_time_stamp_that_is_none_is_a_remark(tray, stamp):
    tray.put(f"submitted/ana/{SLUG}/{SLUG}.ipynb")
    tray.put(f"submitted/ana/{SLUG}/timestamp.txt", stamp)
    (found,) = tray.collect().values()
    assert found.submitted is None
    assert found.remark == "its timestamp.txt cannot be read as a time"


MOODLE = "Ana Ax_12_assignsubmission_file_"


@pytest.mark.parametrize("home", ["ana.zip", f"class.zip:ana/{SLUG}", MOODLE])
def test_a_time_stamp_that_a_student_can_have_written_does_not_count(tray, home):
    stamp = b"2020-01-01 00:00:00 UTC"
    if home == MOODLE:
        tray.put(f"{home}/{SLUG}.ipynb")
        tray.put(f"{home}/timestamp.txt", stamp)
    else:
        name, _, inner = home.partition(":")
        with zipfile.ZipFile(tray.folder / name, "w") as archive:
            archive.writestr(f"{inner}/{SLUG}.ipynb".lstrip("/"), tray.notebook())
            archive.writestr(f"{inner}/timestamp.txt".lstrip("/"), stamp)
    (found,) = tray.collect().values()
    assert found.submitted is None
    assert "a timestamp.txt came with the files, and does not count" in found.remark


@pytest.mark.parametrize("folder", ["", "Section A/"])
def test_a_time_stamp_where_files_of_several_lie_counts_for_none(tray, folder):
    for name in ("ana", "ben"):
        tray.put(f"{folder}{name}.ipynb")
    tray.put(f"{folder}timestamp.txt", b"2099-01-01 00:00:00 UTC")
    assert {one.submitted for one in tray.collect().values()} == {None}


@pytest.mark.parametrize("inner", ["", "2020-01-01 00:00:00 UTC"])
def test_the_outermost_time_stamp_counts(tray, inner):
    tray.put(f"submitted/ana/{SLUG}/timestamp.txt", b"2026-10-01 10:00:00 UTC")
    tray.put(f"submitted/ana/{SLUG}/mine/{SLUG}.ipynb")
    if inner:
        tray.put(f"submitted/ana/{SLUG}/mine/timestamp.txt", inner.encode())
    (found,) = tray.collect().values()
    assert found.submitted == datetime(2026, 10, 1, 10)
    assert bool(inner) == ("does not count" in found.remark)


GUEST = "Ben_12_assignsubmission_file_/attempt 9/x.ipynb"


@pytest.mark.parametrize(
    ("own", "guest"),
    [
        (f"Ben/{SLUG}.ipynb", f"ana/Ben/{SLUG}.ipynb"),
        (f"Ben/{SLUG}.ipynb", f"ana/{GUEST}"),
        (f"submitted/Ben/{SLUG}/{SLUG}.ipynb", f"submitted/ana/{SLUG}/{GUEST}"),
    ],
)
def test_a_notebook_in_the_folder_of_another_student_displaces_none(tray, own, guest):
    tray.put(own)
    tray.put(guest)
    for more in ("x", "y"):
        tray.put(f"ana/{more}/{SLUG}.ipynb")
    tray.put(f"ana/{SLUG}.ipynb")
    found = tray.collect()
    assert found[own].problem == ""
    assert found[own].remark.endswith("lie in folders of others: look whose they are")
    assert found[guest].problem.startswith("a second notebook of the same student")


@pytest.mark.parametrize("more", [(), (SLUG,), (SLUG, "ana"), (SLUG, "ana", "ben")])
@pytest.mark.parametrize(
    ("own", "name"),
    [
        (f"submitted/team01/{SLUG}/{SLUG}.ipynb", f"team01_{SLUG}.ipynb"),
        (f"submitted/team01/{SLUG}/{SLUG}.ipynb", "team01_12_assignsubmission_file_/x.ipynb"),
        (f"team01/{SLUG}.ipynb", f"team01_{SLUG}.ipynb"),
    ],
)
def test_who_is_called_as_a_group_is_displaces_none(tray, own, name, more):
    home = own.replace("team01", "team02").removesuffix(f"{SLUG}.ipynb")
    guest = f"{home}{name}"
    for place in (own, guest, *(f"{home}{name}.ipynb" for name in more)):
        tray.put(place)
    for place, day in ((own, 1), (guest, 2)):
        os.utime(tray.folder / place, (day, day))
        stamp = f"2026-10-0{day} 12:00:00 UTC"
        tray.put(str(Path(place).with_name("timestamp.txt")), stamp.encode())
    found = tray.collect()
    assert (found[own].student, found[own].problem) == ("team01", "")
    if own.startswith("submitted") and (more or "/" not in name):
        assert (found[own].remark, found[guest].student) == ("", "team02")
    else:
        assert found[own].remark.endswith("lie in folders of others: look whose they are")
        assert found[guest].problem.startswith("a second notebook of the same student")


LOGINS = Roster([Student(id=login, name="x") for login in ("ben", "team2", "03", "zoe")])


@pytest.mark.parametrize("login", ["team2", "03", "zoe"])
@pytest.mark.parametrize("names", [(SLUG, "ben", "ana"), (SLUG, f"ben/{SLUG}", f"ana/{SLUG}")])
@pytest.mark.parametrize("roster", [None, LOGINS])
def test_all_in_a_folder_of_nbgraders_tree_is_its_students(tray, login, names, roster):
    """Whatever login the student has."""
    own = f"submitted/ben/{SLUG}/{SLUG}.ipynb"
    places = [f"submitted/{login}/{SLUG}/{name}.ipynb" for name in names]
    for day, place in enumerate((own, *places), 1):
        os.utime(tray.put(place), (day, day))
    found = tray.collect(roster)
    assert (found[own].student, found[own].problem, found[own].remark) == ("ben", "", "")
    assert {found[place].student for place in places} == {login}


def test_a_name_in_a_groups_folder_displaces_no_folder_of_ones_own(tray):
    own, other = f"ben/{SLUG}.ipynb", "team2/ben.ipynb"
    for day, place in enumerate((own, other, "team2/ana.ipynb", f"team2/{SLUG}.ipynb"), 1):
        os.utime(tray.put(place), (day, day))
    found = tray.collect()
    assert found[own].problem == ""
    assert found[own].remark.endswith("lie in folders of others: look whose they are")
    assert found[other].problem.startswith("a second notebook of the same student")


def test_a_folder_called_submitted_may_hold_groups(tray):
    for name in ("ana", "ben", "zoe"):
        tray.put(f"submitted/section 1/{SLUG}/{name}.ipynb")
    assert {one.student for one in tray.collect().values()} == {"ana", "ben", "zoe"}


def test_a_name_in_a_folder_of_a_lessons_number_displaces_no_folder(tray):
    own, guest = f"12/{SLUG}.ipynb", f"0/12_{SLUG}.ipynb"
    for place, day in ((own, 1), (guest, 2)):
        os.utime(tray.put(place), (day, day))
    counts, remark = taken(tray)
    assert counts == own
    assert remark.endswith("lie in folders of others: look whose they are")


def test_a_notebook_in_the_folder_of_another_student_has_a_remark(tray):
    tray.put(f"ana/{SLUG}.ipynb")
    tray.put(f"ana/{GUEST}")
    found = tray.collect()[f"ana/{GUEST}"]
    assert found.remark == "lies in the folder of 'ana': look whose it is"
    assert found.host == "ana"


def test_a_copy_that_jupyter_made_does_not_count_and_is_doubtful(tray):
    tray.put(f"ana/{SLUG}-Copy1.ipynb")
    tray.put(f"ana/{SLUG}.ipynb")
    counts, remark = taken(tray)
    assert counts == f"ana/{SLUG}.ipynb"
    assert "look whether that is right" in remark


def test_the_date_of_change_is_the_last_sign_and_doubtful(tray):
    for name, seconds in (("homework", 1_700_000_100), ("homework_final", 1_700_000_000)):
        os.utime(tray.put(f"ana/{name}.ipynb"), (seconds, seconds))
    counts, remark = taken(tray)
    assert counts == "ana/homework.ipynb"
    assert "counts by its date of change: look whether that is right" in remark


def test_a_tie_is_said(tray):
    for name in ("homework", "homework_final"):
        os.utime(tray.put(f"ana/{name}.ipynb"), (1_700_000_000, 1_700_000_000))
    assert "nothing tells which is the last" in taken(tray)[1]


def test_the_same_file_twice_is_no_doubt(tray):
    for name in ("homework", "homework_final"):
        tray.put(f"ana/{name}.ipynb", tray.notebook())
    assert taken(tray)[1] == "2 notebooks were handed in, all alike"


def test_folders_of_groups_are_told_by_what_lies_in_them(tray):
    for place in ("Monday/ana", "Monday/ben", "Tuesday/cem", "Tuesday/dea"):
        tray.put(f"{place}/{SLUG}.ipynb")
    found = tray.collect()
    assert [one.student for one in found.values()] == ["ana", "ben", "cem", "dea"]
    for one in found.values():
        assert "was taken for a group of students" in one.remark


@pytest.mark.parametrize("outer", ["Section A", "submitted", "A"])
def test_a_group_in_an_archive_of_the_class_is_one_too(tray, outer):
    names = ("ana", "ben", "eve")
    tray.zip("submissions.zip", [f"{outer}/{name}/{SLUG}.ipynb" for name in names])
    assert {one.student for one in tray.collect().values() if not one.problem} == {*names}


def test_files_named_alike_in_many_folders_are_no_students(tray):
    for name in ("first", "second", "third"):
        for student in ("ana", "ben"):
            tray.put(f"{student}/{name}.ipynb")
    assert {one.student for one in tray.collect().values()} == {"ana", "ben"}


def test_a_folder_of_a_group_without_names_is_the_groups(tray):
    tray.put(f"Team 3/{SLUG}.ipynb")
    (found,) = tray.collect().values()
    assert found.student == "Team_3"
    assert found.remark == "no student is named in the folder 'Team 3'"


def test_a_name_that_was_cut_is_a_remark(tray):
    tray.put(f"ana_{SLUG}_final.ipynb")
    (found,) = tray.collect().values()
    assert found.student == "ana"
    assert found.remark == "the name 'ana' was cut from a longer one"


def test_names_that_differ_by_case_and_accents_only_are_a_remark(tray):
    for name in ("José", "jose", "ben"):
        tray.put(f"{name}.ipynb")
    remarks = {one.student: one.remark for one in tray.collect().values()}
    assert remarks["José"] == "perhaps the same student as jose"
    assert remarks["jose"] == "perhaps the same student as José"
    assert remarks["ben"] == ""


def test_of_many_names_that_are_alike_a_few_are_said(tray):
    for number in range(1, 7):
        tray.put(f"a{'_' * number}b.ipynb")
    for one in tray.collect().values():
        assert re.fullmatch(r"perhaps the same student as (\w+, ){2}\w+ and 2 more", one.remark)


def test_names_that_become_the_same_are_a_remark(tray):
    for name in ("a b", "a_b"):
        tray.put(f"{name}.ipynb")
    assert "the names 'a b' and 'a_b' were taken for one student" in taken(tray)[1]


def test_folders_of_moodles_names_in_a_folder_leave_the_students_own_alone(tray):
    tray.put(f"ben/{SLUG}/{SLUG}.ipynb")
    for number in (1, 2):
        tray.put(f"ana/{SLUG}/ben_{number}_assignsubmission_file_/x.ipynb")
    assert tray.collect()[f"ben/{SLUG}/{SLUG}.ipynb"].problem == ""
