"""A notebook that ends its kernel runs again, and meets the inputs that it has seen."""

from __future__ import annotations

import pytest
from hand_ins import FULL, Sheet
from marked_run import prepare
from nbformat import write

NOTES = """\
def double(x):
    with open(@PLACE@, "a") as file:
        print(x, file=file)
    return x + x
"""
ENDS = 'answer_second = "a"\nimport os\nos._exit(1)'


@pytest.fixture(scope="module")
def run(tiny_course, tmp_path_factory):
    return prepare(tiny_course(), tmp_path_factory.mktemp("luck"))


def test_ending_the_kernel_draws_no_other_inputs(run, tmp_path):
    notes = tmp_path / "notes.txt"
    sheet = Sheet(run.released).answer(NOTES.replace("@PLACE@", repr(str(notes))))
    sheet.cells["quiz-second"].source = ENDS
    write(sheet.notebook, run.folder / "eve.ipynb")
    result = run.grade(isolate=False)["eve"]
    assert (result.score, "ended the kernel" in result.remark) == (FULL, True)
    seen = notes.read_text().splitlines()
    first, second = seen[: len(seen) // 2], seen[len(seen) // 2 :]
    assert sorted(first) == sorted(second)  # the order of the calls is drawn anew
    assert len(set(first)) > 1
