"""nbgrader's steps trust nothing that a handed-in notebook says of itself, whatever is left out."""

from __future__ import annotations

import base64
import copy
import io

import nbformat
import numpy as np
import pytest
from conftest import SLUG
from hand_ins import CODE, Sheet
from marked_run import prepare
from nbformat.v4 import new_markdown_cell
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from PIL import Image
from traitlets.config import Config

from generative_vision.course import CourseError
from generative_vision.course.build import derive
from generative_vision.course.converters import nbgrader_config, run_converter
from generative_vision.course.grading.steps import MAX_PICTURES

FORGED = {
    "generative_vision": {
        "lesson": "another",
        "marks": {name: {"right": True} for name in ("double-check", "quiz-second-check")},
        "remarks": ["a cell says this"],
    },
    "title": "forged",
    "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {}}},
}


@pytest.fixture(scope="module")
def handed_in(tiny_course, tmp_path_factory):
    """A course folder with a gradebook, and what one student made of its notebook."""
    run = prepare(tiny_course(), tmp_path_factory.mktemp("steps"))
    place = tmp_path_factory.mktemp("workspace")
    database = f"sqlite:///{place / 'gradebook.db'}"
    derive(run.course, run.course.lessons, place, database=database)
    sheet = Sheet(run.released).answer(second="c")
    sheet.notebook.metadata.update(copy.deepcopy(FORGED))
    sheet.cells["double-check"].source = OUTSIDE.replace("PLACE", str(place / "outside"))
    sheet.append(f"# {'a' * 300_000}").notebook.cells.append(new_markdown_cell("a" * 30_000))
    name = f"DATA-{'CommandLinker' * 3}-command"
    button = f'<button {name}="notebook:run-all-cells">Next</button>'
    sheet.notebook.cells.insert(0, new_markdown_cell(button))
    folder = place / "submitted" / "eve" / SLUG
    folder.mkdir(parents=True)
    for _ in range(2):  # one picture, in cells together far too often
        cell = new_markdown_cell(
            "![](attachment:a)" * 1000, attachments={"a": {"image/png": NOISE}}
        )
        sheet.notebook.cells.insert(0, cell)
    nbformat.write(sheet.notebook, folder / f"{SLUG}.ipynb")
    return run.course, place, database


def _noise() -> str:
    """A PNG of some 15 kB, in base64."""
    picture = io.BytesIO()
    pixels = np.random.default_rng(0).integers(256, size=(60, 60, 3), dtype="uint8")
    Image.fromarray(pixels).save(picture, "PNG")
    return base64.b64encode(picture.getvalue()).decode()


NOISE = _noise()
OUTSIDE = """\
### BEGIN HIDDEN TESTS
from pathlib import Path
Path("PLACE").write_text("ran with the instructor's rights")
def inputs(rng):
    return {}
def verdict(inputs, outputs):
    pass
### END HIDDEN TESTS
"""


def autograde(handed_in, **settings: dict) -> None:
    course, place, database = handed_in
    config = nbgrader_config(course, place, database)
    config.RunAndMark.isolate = False
    config.merge(Config(settings))
    directory = CourseDirectory(config=config)
    directory.assignment_id = directory.notebook_id = SLUG
    directory.student_id = "eve"
    run_converter(Autograde(coursedir=directory, config=config, force=True))


def score(handed_in) -> float:
    with Gradebook(handed_in[2]) as gradebook:
        return gradebook.find_submission(SLUG, "eve").score


def test_without_a_marking_nothing_is_recorded(handed_in):
    with pytest.raises(CourseError, match="Nothing was marked, and no points are recorded"):
        autograde(handed_in, RunAndMark={"enabled": False})
    assert score(handed_in) == 0


@pytest.mark.parametrize(
    "settings",
    [{}, {"RestoreCells": {"enabled": False}}, {"Autograde": {"sanitize_preprocessors": []}}],
    ids=["as it is", "without restoring", "without sanitizing"],
)
def test_metadata_and_checks_are_the_releases(handed_in, settings):
    autograde(handed_in, **settings)
    assert score(handed_in) == CODE + 1
    ran = nbformat.read(handed_in[1] / "autograded" / "eve" / SLUG / f"{SLUG}.ipynb", 4)
    assert set(ran.metadata) == {"generative_vision", "kernelspec", "language_info"}
    assert ran.metadata.generative_vision.lesson == SLUG
    assert ran.metadata.generative_vision.remarks == []
    assert not (handed_in[1] / "outside").exists()


def test_a_picture_that_is_shown_too_often_is_left_out_then(handed_in):
    autograde(handed_in)
    ran = nbformat.read(handed_in[1] / "autograded" / "eve" / SLUG / f"{SLUG}.ipynb", 4)
    shown = [cell.source.count("data:image/png;base64,") for cell in ran.cells[:2]]
    assert 0 < shown[0] < 1000
    assert shown[1] < 5  # what is left of the notebook's share
    assert len(ran.cells[0].source) < MAX_PICTURES + 20_000


def test_no_button_in_a_text_runs_a_command_of_jupyterlab(handed_in):
    """It would run all cells, for whoever opens the notebook that ran and clicks."""
    autograde(handed_in)
    ran = nbformat.read(handed_in[1] / "autograded" / "eve" / SLUG / f"{SLUG}.ipynb", 4)
    (text,) = [cell.source for cell in ran.cells if "button" in cell.source]
    assert "<button" not in text


def test_text_that_takes_long_to_show_is_cut(handed_in):
    autograde(handed_in)
    ran = nbformat.read(handed_in[1] / "autograded" / "eve" / SLUG / f"{SLUG}.ipynb", 4)
    assert ran.cells[-1].source == "a" * 20_000 + " … (cut)"


def test_code_that_takes_long_to_show_is_cut(handed_in):
    autograde(handed_in)
    ran = nbformat.read(handed_in[1] / "autograded" / "eve" / SLUG / f"{SLUG}.ipynb", 4)
    assert ran.cells[-2].source.endswith("aa … (cut)")
    assert 199_000 < len(ran.cells[-2].source) < 201_000
    assert score(handed_in) == CODE + 1
