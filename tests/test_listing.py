"""Of too many files each folder has its part, and nobody loses a notebook to another's."""

from __future__ import annotations

import pytest

from generative_vision.course.grading import listing


@pytest.fixture
def flooded(tray, monkeypatch, request):
    """Three students, of whom one hands in archives of far more files than have a row."""
    monkeypatch.setattr(listing, "MAX_FILES", 20)
    around = request.param
    own = {name: tray.put(f"{around}{name}/x.ipynb") for name in ("ana", "eve", "zoe")}
    for number in range(9):
        names = [f"{one}.ipynb" for one in range(4)] + [f"{one}.txt" for one in range(9)]
        tray.zip(f"{around}eve/{number}.zip", names)
    own["stamp"] = tray.put(f"{around}eve/timestamp.txt", b"2026-10-05 10:00")
    return own, listing.look_through(tray.folder)


around_all = pytest.mark.parametrize(
    "flooded", ["", "week 1/", "submitted/", "course/", "a/b/"], indirect=True
)


@around_all
def test_files_without_number_cost_nobody_a_row(flooded):
    own, found = flooded
    assert {own["ana"], own["eve"], own["zoe"]} <= {one.path for one in found if not one.problem}
    assert len(found) <= 20 + 1 + 1  # a row of what is left out, and the time stamp


@around_all
def test_a_time_stamp_is_never_left_out(flooded):
    """It says that somebody was late."""
    own, found = flooded
    assert own["stamp"] in {one.path for one in found if not one.problem}


@around_all
def test_a_row_says_how_many_are_left_out(flooded):
    (row,) = [one for one in flooded[1] if one.problem]
    count = 3 + 9 * 13 + 1 - (len(flooded[1]) - 1)
    assert row.problem == f"of more than 20 files these {count} were not looked at"
    assert row.folder
    assert "eve" in row.parts


def test_as_many_as_are_allowed_are_all_there(tray, monkeypatch):
    monkeypatch.setattr(listing, "MAX_FILES", 20)
    paths = {tray.put(f"ana/{number}.txt") for number in range(20)}
    assert {one.path for one in listing.look_through(tray.folder)} == paths
