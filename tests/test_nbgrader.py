"""nbgrader's own commands mark as ``generative-vision grade`` does, with this folder's settings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import SLUG
from hand_ins import CODE, FULL, Sheet
from marked_run import prepare
from nbgrader.api import Gradebook

pytestmark = pytest.mark.slow

SETTINGS = Path(__file__).parent.parent / "nbgrader_config.py"
CHEAT = "from generative_vision import check as c\nc.close = lambda *a, **k: None\ndouble = abs"


@pytest.fixture(scope="module")
def root(tiny_course, tmp_path_factory, bubblewrap) -> Path:
    """A course folder in which nbgrader's own commands have released, marked and commented."""
    run = prepare(tiny_course(), tmp_path_factory.mktemp("nbgrader"))
    root = run.course.root
    shutil.copy(SETTINGS, root)
    made = {
        "ana": Sheet(run.released).answer(first="(B)"),
        "ben": Sheet(run.released).answer(code=CHEAT, first="a", second="c"),
        "eve": Sheet(run.released).answer(second="c"),
    }
    for student, sheet in made.items():
        place = root / "submitted" / student / SLUG
        place.mkdir(parents=True)
        nbformat.write(sheet.notebook, place / f"{SLUG}.ipynb")
    # nbgrader starts alembic, which lies beside Python
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for command in ("generate_assignment", "autograde", "generate_feedback"):
        options = ["--force"] if command == "generate_assignment" else []
        subprocess.run(
            [sys.executable, "-m", "nbgrader", command, SLUG, *options],
            cwd=root,
            env={**os.environ, "PATH": path},
            check=True,
            capture_output=True,
        )
    return root


@pytest.mark.parametrize(("student", "score"), [("ana", FULL), ("ben", 0), ("eve", CODE + 1)])
def test_autograde_gives_the_same_marks(root, student, score):
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission(SLUG, student).score == score


def test_generate_feedback_makes_the_same_page(root):
    page = (root / "feedback" / "eve" / SLUG / f"{SLUG}.html").read_text(encoding="utf-8")
    assert "Seven is a prime above two." in page
    assert "the hidden line" not in page
    assert "Content-Security-Policy" in page
