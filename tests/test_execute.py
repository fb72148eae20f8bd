"""Every lesson by plain ``jupyter execute``: a client that knows nothing of the course."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from generative_vision.course.manifest import find_root, read_course
from generative_vision.course.source import read_source

COURSE = read_course(find_root(Path(__file__).parent))
CELL_SECONDS = 600  # a lost reply shows as a cell that does not end

pytestmark = pytest.mark.full


@pytest.mark.parametrize("lesson", COURSE.lessons, ids=lambda lesson: lesson.slug)
def test_a_lesson_runs_without_a_word_on_stderr(tmp_path, lesson):
    folder = shutil.copytree(COURSE.source(lesson).parent, tmp_path / lesson.slug)
    path = folder / f"{lesson.slug}.ipynb"
    nbformat.write(read_source(COURSE, lesson), path)
    jupyter = Path(sys.executable).with_name("jupyter")
    run = subprocess.run(
        [jupyter, "execute", "--inplace", f"--timeout={CELL_SECONDS}", path],
        env={**os.environ, "GENERATIVE_VISION_PROFILE": "tiny"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    code = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    outputs = [output for cell in code for output in cell.outputs]
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    assert [cell.source for cell in code if cell.execution_count is None] == []
