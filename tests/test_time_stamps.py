"""When a notebook came: no file of a student's makes it late, early or of unknown time."""

from __future__ import annotations

from datetime import datetime

import pytest
from conftest import SLUG

from generative_vision.course.grading.roster import Roster, Student
from generative_vision.course.grading.time_stamps import read_time

CLASS = Roster([Student(id="ana", name="Ana Ax"), Student(id="ben", name="Ben Miller")])
HOME = f"submitted/ana/{SLUG}"
STAMP, FORGED = b"2026-10-05 10:00:00 UTC", b"2026-01-01 00:00:00 UTC"
CAME = datetime(2026, 10, 5, 10)


@pytest.mark.parametrize("roster", [None, CLASS])
@pytest.mark.parametrize("names", [[], ["a.x"], None])
def test_an_archive_called_a_time_stamp_is_none(tray, roster, names):
    own = f"{HOME}/{SLUG}.ipynb"
    tray.put(own)
    tray.put(f"{HOME}/timestamp.txt", STAMP)
    if names is None:
        tray.put(f"{HOME}/timestamp.txt.zip", FORGED)
    else:
        tray.zip(f"{HOME}/timestamp.txt.zip", names)
    found = tray.collect(roster)
    assert found[own].submitted == CAME
    assert (f"{HOME}/timestamp.txt.zip" in found) == (names != ["a.x"])


@pytest.mark.parametrize(
    ("roster", "own"),
    [
        (None, "ana_1_assignsubmission_file_x.ipynb"),
        (None, "Ana_1_assignsubmission_file_/x.ipynb"),
        (None, "ana/x.ipynb"),
        (CLASS, "ana_1_assignsubmission_file_x.ipynb"),
        (CLASS, "ana_12_34_x.ipynb"),
        (CLASS, "Ben Miller and Ana/ana.ipynb"),
    ],
)
@pytest.mark.parametrize("guest", ["", "ben_1_assignsubmission_file_/x.ipynb", "ben/x.ipynb"])
def test_no_name_makes_a_time_stamp_above_it_count_no_more(tray, roster, own, guest):
    tray.put(f"{HOME}/{own}")
    tray.put(f"{HOME}/timestamp.txt", STAMP)
    if guest:
        tray.put(f"{HOME}/{guest}")
    assert tray.collect(roster)[f"{HOME}/{own}"].submitted == CAME


@pytest.mark.parametrize("roster", [None, CLASS])
def test_a_guest_has_no_time(tray, roster):
    """A time that a guest brought would stay when the student hands in without one."""
    guest = "ana/ben_1_assignsubmission_file_x.ipynb"
    tray.put(f"ana/{SLUG}.ipynb")
    tray.put(guest)
    tray.put("ana/timestamp.txt", STAMP)
    assert tray.collect(roster)[guest].submitted is None


def test_a_guest_in_a_folder_of_the_name_has_no_time(tray):
    roster = Roster([Student(id="a7", name="Ana Ax"), Student(id="b8", name="Ben")])
    tray.put(f"Ana Ax 7/ben/{SLUG}.ipynb")
    tray.put("Ana Ax 7/ben/timestamp.txt", STAMP)
    (found,) = tray.collect(roster).values()
    assert (found.student, found.host, found.submitted) == ("b8", "Ana Ax 7", None)


@pytest.mark.parametrize("roster", [None, CLASS])
@pytest.mark.parametrize(
    ("folder", "own"),
    [
        (SLUG, "ana.ipynb"),
        ("group 1", "ana.ipynb"),
        ("group 1", f"ana/{SLUG}.ipynb"),
        ("monday", "ana_1_assignsubmission_file_/x.ipynb"),
        ("monday", "ana_12_34_x.ipynb"),
    ],
)
def test_a_time_stamp_in_a_folder_of_no_student_is_nobodys(tray, roster, folder, own):
    """Nobody else may have handed in anything there."""
    tray.put(f"{folder}/{own}")
    tray.put(f"{folder}/timestamp.txt", STAMP)
    (found,) = tray.collect(roster).values()
    assert (found.submitted, found.problem) == (None, "")
    assert found.remark == "a timestamp.txt came with the files, and does not count"


@pytest.mark.parametrize("folder", ["Ana Ax", "Ana Ax 7", f"group 1/{SLUG}/Ana Ax", "anna"])
def test_a_time_stamp_in_a_folder_that_the_class_list_knows_counts(tray, folder):
    roster = Roster([Student(id="a7", name="Ana Ax", email="anna")])
    tray.put(f"{folder}/{SLUG}/{SLUG}.ipynb")
    tray.put(f"{folder}/{SLUG}/timestamp.txt", STAMP)
    (found,) = tray.collect(roster).values()
    assert (found.student, found.submitted) == ("a7", CAME)


@pytest.mark.parametrize("roster", [None, CLASS, Roster([Student(id="s2", name="Ben Kim")])])
@pytest.mark.parametrize("name", ["Ben Kim_5_{}x", "Ben Kim_5_{}/x", "kimben_11_98765_x", "Zoe"])
@pytest.mark.parametrize("around", ["submitted/", "submissions/", ""])
def test_no_name_escapes_the_time_in_nbgraders_tree(tray, around, roster, name):
    home = f"{around}ben/{SLUG}"
    tray.put(f"{home}/timestamp.txt", STAMP)
    tray.put(f"{home}/{name.format('assignsubmission_file_')}.ipynb")
    (found,) = tray.collect(roster).values()
    assert found.submitted == CAME


@pytest.mark.parametrize(
    ("text", "came"),
    [
        ("2026-10-05 10:00:00.25 UTC", datetime(2026, 10, 5, 10, 0, 0, 250_000)),
        ("2026-10-05 12:00:00 +0200", CAME),
        ("2026-10-05 04:30:00 -05:30", CAME),
        ("2026-10-05 12:00:00 Europe/Berlin", CAME),
        ("2026-01-05 11:00:00 Europe/Berlin", datetime(2026, 1, 5, 10)),
        ("2026-10-05T12:00:00+02:00", CAME),
        ("2026-10-05 10:00", CAME),
    ],
)
def test_a_time_is_read_in_utc(text, came):
    assert read_time(text) == came


@pytest.mark.parametrize("zone", ["/{}", "../../../../{}", "Europe/../{}", "{}/Atlantis", ":/{}"])
def test_a_zone_is_a_name_and_no_path(zone):
    """A path would be opened: a pipe, or a device, on which the run would wait for ever."""
    with pytest.raises((ValueError, KeyError)):
        read_time(f"2026-10-05 10:00 {zone.format('Nowhere')}")


def test_a_time_stamp_that_names_a_file_is_none(tray):
    tray.put(f"ana/{SLUG}/{SLUG}.ipynb")
    tray.put("ana/timestamp.txt", b"2026-10-05 10:00 /Nowhere")
    (found,) = tray.collect().values()
    assert found.remark == "its timestamp.txt cannot be read as a time"


@pytest.mark.parametrize(("size", "is_read"), [(900, True), (2_000, False)])
def test_a_time_stamp_is_small(tray, size, is_read):
    """It is read for each notebook: of 50 MB above an archive's thousands, for hours."""
    tray.put(f"ana/{SLUG}/{SLUG}.ipynb")
    tray.put("ana/timestamp.txt", b"2026-10-05 10:00".ljust(size))
    (found,) = tray.collect().values()
    remark = "" if is_read else "its timestamp.txt cannot be read as a time"
    assert (found.submitted is not None, found.remark) == (is_read, remark)
