"""Folders of several layouts side by side: no name that a student chose costs another a mark."""

from __future__ import annotations

import os

import pytest
from conftest import SLUG

from generative_vision.course.grading.roster import Roster, Student

BEN = Roster([Student(id="ben", name="Ben Miller")])


@pytest.mark.parametrize("roster", [None, BEN])
@pytest.mark.parametrize("own", ["ben/x.ipynb", "ben.ipynb", "ben_1_assignsubmission_file_/x.ipynb"])
def test_an_archive_called_as_a_group_displaces_nobody(tray, roster, own):
    os.utime(tray.put(own), (1, 1))
    guest = tray.zip("submission.zip", ["ben/y.ipynb"])
    found = tray.collect(roster)
    assert found[own].problem == ""
    assert found[f"{guest.name}/ben/y.ipynb"].problem.startswith("a second notebook")
