"""Grading that is killed and started again gives the marks of a run that nobody disturbed."""

from __future__ import annotations

import csv
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import pytest
from conftest import SLUG
from hand_ins import Sheet
from marked_run import Run, prepare
from nbgrader.api import Gradebook

SCRIPT = Path(__file__).with_name("killable.py")
SEQUENCES = [pytest.param(seed, marks=[pytest.mark.full] if seed else []) for seed in range(17)]
KILLS = 3  # of one run


@pytest.fixture(scope="module")
def run(tiny_course, tmp_path_factory) -> Run:
    run = prepare(tiny_course(), tmp_path_factory.mktemp("killed"))
    for name, first, second in (("ana", "b", "a"), ("ben", "a", "a"), ("cem", "a", "c")):
        sheet = Sheet(run.released).answer(first=first, second=second)
        nbformat.write(sheet.notebook, run.folder / f"{name}.ipynb")
    return run


def start(run: Run, output: Path) -> subprocess.Popen:
    arguments = map(str, (run.course.root, run.folder, output))
    return subprocess.Popen([sys.executable, str(SCRIPT), *arguments])


def marks(output: Path) -> list[tuple[str, ...]]:
    """Return the table and the gradebook's scores."""
    with open(output / "grades.csv", encoding="utf-8", newline="") as file:
        rows = [tuple(row.values()) for row in csv.DictReader(file)]
    with Gradebook(f"sqlite:///{output / 'gradebook.db'}") as gradebook:
        scores = {s.student.id: s.score for s in gradebook.assignment_submissions(SLUG)}
    return [*rows, *sorted(scores.items())]


@pytest.fixture(scope="module")
def undisturbed(run, tmp_path_factory) -> tuple[list, float]:
    """The marks of a run that nobody disturbed, and its seconds."""
    output = tmp_path_factory.mktemp("undisturbed")
    began = time.monotonic()
    assert start(run, output).wait() == 0
    return marks(output), time.monotonic() - began


def links() -> list[str]:
    """Return where the links to workspaces in the system's folder for such files lead."""
    found = Path(tempfile.gettempdir()).glob("gv-*/workspace")
    return [os.readlink(link) for link in found if link.is_symlink()]


@pytest.mark.parametrize("seed", SEQUENCES)
def test_killed_and_started_again(run, undisturbed, tmp_path, seed):
    expected, seconds = undisturbed
    chance = random.Random(seed)
    output = tmp_path / "out"
    for _ in range(KILLS):
        process = start(run, output)
        time.sleep(chance.uniform(0.3, 1) * seconds)
        process.kill()
        process.wait()
    assert start(run, output).wait() == 0
    assert marks(output) == expected
    assert not (output / ".workspace").exists()
    assert str(output / ".workspace") not in links()
