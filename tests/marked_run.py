"""A folder of submissions to the tiny course, marked once; what came of it, to be looked at."""

from __future__ import annotations

import csv
import json
import os
import re
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from conftest import QUIZ as QUESTIONS
from conftest import SLUG
from hand_ins import HIDDEN, Case, Sheet
from nbformat import NotebookNode
from nbgrader.api import Gradebook

import generative_vision
from generative_vision.course.build import build
from generative_vision.course.grading.results import Result
from generative_vision.course.grading.run import grade
from generative_vision.course.grading.submissions import collect
from generative_vision.course.manifest import Course

REASONS = re.findall(r'reason = "(.*)"', QUESTIONS)
SECRETS = [HIDDEN, *REASONS]
PRESENT = "word-that-is-here"  # what a search of memory and files must find
MARKED = Result(  # what the fixture ``database`` holds
    student="ana", lesson=SLUG, score=3, max_score=4, status="graded", remark="", file="ana.ipynb"
)


@dataclass
class Run:
    """A course, what was handed in, and what grading made of it."""

    course: Course
    folder: Path
    output: Path
    released: NotebookNode

    def grade(self, *, trial: bool = False, **options) -> dict[str, Result]:
        submissions = collect(self.folder, self.course)
        results = grade(self.course, submissions, self.output, trial=trial, **options)
        return {result.student: result for result in results}

    def rows(self) -> list[dict[str, str]]:
        with open(self.output / "grades.csv", encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def page(self, student: str) -> str:
        return (self.output / "feedback" / student / f"{SLUG}.html").read_text(encoding="utf-8")

    def ran(self, student: str) -> NotebookNode:
        return nbformat.read(self.output / "autograded" / student / SLUG / f"{SLUG}.ipynb", 4)

    def printed(self, student: str, mark: str) -> dict:
        """Return the JSON that a submission printed after a mark."""
        outputs = [o for cell in self.ran(student).cells for o in cell.get("outputs", [])]
        text = next(o.text for o in outputs if o.get("text", "").startswith(mark))
        return json.loads(text.removeprefix(mark))


def chosen(
    request: pytest.FixtureRequest, cases: dict[str, Case], few: set[str]
) -> dict[str, Case]:
    """Return all cases where a test marked ``full`` of this file is to run, else the few."""
    here = [item for item in request.session.items if item.path == request.path]
    if any(item.get_closest_marker("full") for item in here):
        return cases
    return {name: case for name, case in cases.items() if name in few}


def each(cases: dict[str, Case], few: set[str]) -> pytest.MarkDecorator:
    """Parametrize a test by student; all but the few are left to ``make test-full``."""
    marks = {name: () if name in few else (pytest.mark.full,) for name in cases}
    names = [pytest.param(name, marks=marks[name]) for name in cases]
    return pytest.mark.parametrize("student", names)


def prepare(course: Course, place: Path) -> Run:
    """Build a course, and make a folder for submissions to it."""
    build(course)
    (place / "in").mkdir()
    released = nbformat.read(course.root / "lessons" / SLUG / f"{SLUG}.ipynb", 4)
    return Run(course, place / "in", place / "out" / "graded [x] (1)", released)


def new_gradebook(path: Path) -> Gradebook:
    """Return a new gradebook. nbgrader starts alembic for it, which lies beside Python."""
    before = os.environ["PATH"]
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        return Gradebook(f"sqlite:///{path}")
    finally:
        os.environ["PATH"] = before


def hand_in(run: Run, cases: dict[str, Case], listener: socket.socket | None = None) -> None:
    """Write the notebook of each case into the run's folder."""
    words = ["".join(f"[{c}]" for c in word) for word in [PRESENT, *SECRETS]]
    places = {
        "@COURSE@": str(run.course.root),
        "@TESTS@": str(Path(__file__).parent),
        "@PACKAGE@": str(Path(generative_vision.__file__).parent),
        "@WORDS@": repr(words),
        "@PORT@": str(listener.getsockname()[1]) if listener else "0",
    }
    for name, case in cases.items():
        sheet = Sheet(run.released)
        case.make(sheet)
        for cell in sheet.notebook.cells:
            for place, value in places.items():
                cell.source = cell.source.replace(place, value)
        nbformat.write(sheet.notebook, run.folder / f"{name}.ipynb")
