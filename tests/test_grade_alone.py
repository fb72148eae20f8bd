"""Practice is marked without the rest of the lesson, and with it where an answer needs that."""

from __future__ import annotations

import nbformat
import pytest
from conftest import BOOK, LESSON, SLUG

from generative_vision.course import CourseError
from generative_vision.course.build import build
from generative_vision.course.grading.run import grade
from generative_vision.course.grading.submissions import Submission
from generative_vision.course.source import read_source

pytestmark = pytest.mark.slow

ALONE = BOOK.replace("practice_alone = false", "practice_alone = true")
BODY = """\
```{code-cell} ipython3
factor = N - 2
```

```{code-cell} ipython3
factor = factor + 1
print("the body ran")
```

"""
WITH_BODY = LESSON.replace("```{code-cell} ipython3\n---", BODY + "```{code-cell} ipython3\n---", 1)


@pytest.fixture(scope="module")
def course(tiny_course):
    course = tiny_course(book=ALONE, lesson=WITH_BODY)
    build(course)
    return course


@pytest.fixture(scope="module")
def marked(course, tmp_path_factory, bubblewrap):
    """Results and notebooks by student, of answers that need more or less of the body."""
    answers = {
        "alone": "def double(x):\n    return 2 * x",
        "body": "def double(x):\n    return factor * x",
        "typo": "def double(x):\n    return factr * x",
        "magic": "%time\ndef double(x):\n    return factor * x",
        "changed": "def double(x):\n    return settings['two'] * x",
        "filled": "def double(x):\n    return settings['two'] * x",
        "hinted": "def double(x: Sequence[float]) -> Optional[Numbers]:\n    return 2 * x",
    }
    own = {  # cells before the answer, the last first
        "changed": ["settings['two'] = 2", "settings = {}"],
        "hinted": ["from typing import Optional, Sequence\nNumbers = Sequence[float]"],
        "filled": ["fill(settings)", "settings = {}\ndef fill(table):\n    table['two'] = 2"],
    }
    folder = tmp_path_factory.mktemp("submitted")
    made = []
    for student, answer in answers.items():
        notebook = nbformat.read(course.root / "lessons" / SLUG / f"{SLUG}.ipynb", 4)
        place = next(i for i, cell in enumerate(notebook.cells) if cell.id == "double")
        notebook.cells[place].source = answer
        for code in own.get(student, ()):
            notebook.cells.insert(place, nbformat.v4.new_code_cell(code))
        notebook.cells.append(nbformat.v4.new_code_cell("own = 1"))
        path = folder / f"{student}.ipynb"
        nbformat.write(notebook, path)
        made.append(Submission(path, student, SLUG))
    results = grade(course, made, folder / "results")
    ran = folder / "results" / "autograded"
    return {
        result.student: (
            result.score,
            nbformat.read(ran / result.student / SLUG / f"{SLUG}.ipynb", 4),
        )
        for result in results
    }


def ran_the_body(notebook):
    return any("the body ran" in str(cell.get("outputs", "")) for cell in notebook.cells)


def test_the_release_names_the_cells_that_practice_needs(course):
    notebook = read_source(course, course.lessons[0])
    cells = {cell.id: cell.source for cell in notebook.cells}
    needed = [cells[name] for name in notebook.metadata.generative_vision.practice]
    assert needed == ["from generative_vision import check\n\nprint(N)", "N = 3"][::-1]


@pytest.mark.parametrize(
    ("student", "score", "whole"),
    [
        ("alone", 2, False),
        ("body", 2, True),
        ("typo", 0, True),
        ("magic", 2, True),
        ("changed", 2, False),
        ("filled", 2, False),
        ("hinted", 2, False),
    ],
)
def test_the_body_runs_where_an_answer_needs_it(marked, student, score, whole):
    found, notebook = marked[student]
    assert found == score
    assert ran_the_body(notebook) == whole


def test_what_did_not_run_has_no_output(marked):
    _, notebook = marked["alone"]
    left_out = [cell for cell in notebook.cells if "factor" in cell.source]
    assert [cell.outputs for cell in left_out] == [[], []]


def test_a_practice_that_reads_what_nothing_binds_is_refused(tiny_course):
    lesson = LESSON.replace("    return 2 * x", "    return factor * x")
    course = tiny_course(book=ALONE, lesson=lesson)
    with pytest.raises(CourseError, match="the practice reads factor, and no cell before binds"):
        read_source(course, course.lessons[0])
