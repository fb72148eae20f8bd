"""A lesson's source: mistakes are named with place and remedy; JupyterLab leaves it as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import BOOK, LESSON, QUIZ, SLUG
from jupyter_server.services.contents.largefilemanager import LargeFileManager
from jupytext.sync_contentsmanager import build_sync_jupytext_contents_manager_class
from nbformat.v4 import new_code_cell

from generative_vision.course import CourseError
from generative_vision.course.build import build, verify
from generative_vision.course.manifest import read_course
from generative_vision.course.markers import without_hidden
from generative_vision.course.source import normalise, read_source

SOLUTION = "    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION\n"
CHECK = LESSON[
    LESSON.index("```{code-cell} ipython3\n---\nnbgrader:\n  grade: true") : LESSON.index(
        "<!-- quiz -->"
    )
]
EXERCISE = LESSON[
    LESSON.index("```{code-cell} ipython3\n---\nnbgrader:\n  grade: false") : LESSON.index(CHECK)
]


def _line(text: str) -> int:
    return LESSON[: LESSON.index(text)].count("\n") + 1


DOUBLE, CHECKED = (
    f"line {_line(text)} \\(cell {name}\\): "
    for text, name in (("def double", "double"), ("check.close", "double-check"))
)

MISTAKES = {
    "heading": (
        "# A tiny lesson",
        "# Another",
        r"line 14: the lesson must begin with the heading of book\.toml, '# A tiny lesson'",
    ),
    "no quiz": ("<!-- quiz -->\n", "", r"write <!-- quiz --> once, in a Markdown cell of its own"),
    "quiz inside a text": (
        "<!-- quiz -->\n",
        "Now: <!-- quiz -->\n",
        r"write <!-- quiz --> once, in a Markdown cell of its own",
    ),
    "no parameters": (
        "[parameters]",
        "[other]",
        r"mark exactly one code cell with the tag 'parameters'",
    ),
    "long cell": (
        "print(N)\n",
        "print(N)\n" * 40,
        r"line 25: the code cell has 42 lines; split it: 30 at most",
    ),
    "no end of solution": (
        "    ### END SOLUTION\n",
        "",
        DOUBLE + r"'### BEGIN SOLUTION' and '### END SOLUTION' do not pair up",
    ),
    "end before begin": (
        SOLUTION,
        "    ### END SOLUTION\n    return 2 * x\n    ### BEGIN SOLUTION\n",
        DOUBLE + ".* do not pair up",
    ),
    "no end of hidden tests": (
        "### END HIDDEN TESTS\n",
        "",
        CHECKED + r"'### BEGIN HIDDEN TESTS' and .* do not pair up",
    ),
    "solution not marked": (
        "print(N)\n",
        f"def f():\n{SOLUTION}",
        r"line 25: contains a solution but is not marked as one: set solution: true",
    ),
    "solution in a text": (
        "The end.",
        "### BEGIN SOLUTION\n### END SOLUTION",
        "contains a solution but is not marked as one",
    ),
    "hidden tests not marked": (
        "print(N)\n",
        "### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS\n",
        r"line 25: contains hidden tests but is not graded: set grade: true",
    ),
    "no name": ("  grade_id: double\n", "", r"has nbgrader metadata without a grade_id"),
    "bad name": (
        "  grade_id: double\n",
        "  grade_id: Double It\n",
        r"the grade_id 'Double It' must be lower-case words joined by '-'",
    ),
    "number as name": (
        "  grade_id: double\n",
        "  grade_id: 5\n",
        r"the grade_id 5 must be lower-case words",
    ),
    "name of a quiz": (
        "  grade_id: double\n",
        "  grade_id: quiz-double\n",
        r"and not begin with 'quiz-'",
    ),
    "name twice": (
        "  grade_id: double-check\n",
        "  grade_id: double\n",
        r"the grade_id 'double' stands twice; give each cell its own",
    ),
    "check not locked": (
        "  locked: true\n",
        "  locked: false\n",
        CHECKED + "a graded cell must be a locked code cell",
    ),
    "check with a solution": (
        "  points: 2\n  schema_version: 3\n  solution: false",
        "  points: 2\n  schema_version: 3\n  solution: true",
        CHECKED + "a graded cell must be a locked code cell without a solution",
    ),
    "no points": ("  points: 2\n", "  points: 0\n", CHECKED + "a graded cell needs points above 0"),
    "points in quotes": (
        "  points: 2\n",
        '  points: "2"\n',
        CHECKED + "a graded cell needs points above 0",
    ),
    "empty points": (
        "  points: 2\n",
        "  points:\n",
        CHECKED + "a graded cell needs points above 0",
    ),
    "no solution in the exercise": (
        SOLUTION,
        "    return 2 * x\n",
        DOUBLE + "a solution must be a code cell with '### BEGIN SOLUTION'",
    ),
    "answer outside a function": (
        "def double(x):\n" + SOLUTION,
        "### BEGIN SOLUTION\ndouble = len\n### END SOLUTION\n",
        "the answer must stand inside a function, so that it can be called on hidden inputs",
    ),
    "hidden tests that are no Python": (
        "### END HIDDEN TESTS\n",
        "(\n### END HIDDEN TESTS\n",
        CHECKED + "its hidden tests are not Python",
    ),
    "an answer that is no Python": (
        "return 2 * x",
        "return (2 * x",
        DOUBLE + r"line 3 of the cell is not Python: '\(' was never closed",
    ),
    "inputs without a verdict": (
        "def verdict(",
        "def verdict_(",
        CHECKED + "its hidden tests lack the function verdict: inputs and verdict go together",
    ),
    "a verdict without inputs": (
        "def inputs(",
        "def input_(",
        CHECKED + "its hidden tests lack the function inputs",
    ),
    "a verdict that reads the notebook": (
        'outputs["5.5"], 11)',
        'outputs["5.5"], 11 + N)',
        CHECKED + "its hidden tests read N, but they run outside of the notebook and know np, ",
    ),
    "inputs that stop": (
        'call("double", 5.5)',
        'call("double", 5.5 / 0)',
        r"\(cell double-check\): its hidden tests stop with ZeroDivisionError: .*\.$",
    ),
    "a check that reads what nothing binds": (
        'check.close("double(2)"',
        'chek.close("double(2)"',
        r"\(cell double-check\): the practice reads chek, and no cell before binds that",
    ),
    "check before exercise": (EXERCISE, "", "a check must follow the exercise that it checks"),
    "no hidden tests": (
        LESSON[LESSON.index("### BEGIN H") : LESSON.index("```\n\n<!--")],
        "",
        "a check needs hidden tests between",
    ),
    "exercise without check": (CHECK, "", "no check follows this exercise"),
    "marked by hand": (
        "  solution: false\n  task: false",
        "  solution: false\n  task: true",
        "a task is marked by hand",
    ),
    "points do not add up": (
        "  points: 2\n",
        "  points: 3\n",
        r"practice \(3\) and quiz \(2 questions x 1\) add up to 5 points, "
        r"but book\.toml says 4 for 00-tiny: change one",
    ),
    "damaged metadata": (
        "nbgrader:\n  grade: true",
        "nbgrader: [\n  grade: true",
        "cannot be read as a MyST notebook",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_place_and_remedy(tiny_course, name: str):
    old, new, message = MISTAKES[name]
    assert LESSON.count(old) == 1
    course = tiny_course(lesson=LESSON.replace(old, new))
    with pytest.raises(CourseError, match=message) as caught:
        read_source(course, course.lessons[0])
    assert str(course.source(course.lessons[0])) in str(caught.value)


def test_magics_are_read(tiny_course):
    cell = "%precision 3\nprint?\n!ls"
    course = tiny_course(lesson=f"{LESSON}\n```{{code-cell}} ipython3\n{cell}\n```\n")
    assert cell in [cell.source for cell in read_source(course, course.lessons[0]).cells]


def test_a_missing_or_unreadable_source_is_named(tiny_course):
    course = tiny_course()
    path = course.source(course.lessons[0])
    path.write_bytes(b"# A tiny lesson \xff")
    with pytest.raises(CourseError, match=f"{path} cannot be read as a MyST notebook"):
        read_source(course, course.lessons[0])
    path.unlink()
    with pytest.raises(
        CourseError, match=f"{path} is missing, though book.toml lists the lesson '{SLUG}'"
    ):
        read_source(course, course.lessons[0])


# An overlay


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A lesson's folder in an overlay."""
    folder = tmp_path / "private" / SLUG
    folder.mkdir(parents=True)
    return folder


def test_an_overlay_adds_questions_and_hidden_checks(tiny_course, private: Path):
    (private / "quiz.toml").write_text(
        QUIZ.replace('"main_purpose"', '"third"').replace('"second"', '"fourth"')
    )
    (private / "double-check.py").write_text("check.close('double(0)', double(0), 0)\n\n")
    (private / ".git").mkdir()
    course = tiny_course()
    notebook = read_source(course, course.lessons[0], private.parent)
    cells = {cell.id: cell for cell in notebook.cells}
    assert {"quiz-main_purpose-check", "quiz-third-check", "quiz-fourth"} <= cells.keys()
    assert "double(0)" in cells["double-check"].source
    assert "double(5.5)" in cells["double-check"].source
    assert "double(0)" not in without_hidden(cells["double-check"].source)
    assert "6 points" in notebook.cells[1].source  # what it now earns
    assert "fourth" not in str(read_source(course, course.lessons[0]))


OVERLAY_MISTAKES = {
    "question known": (
        "quiz.toml",
        QUIZ,
        r"quiz\.toml: the lesson already has a question 'main_purpose'; choose another id",
    ),
    "no such check": (
        "double-chek.py",
        "pass",
        r"double-chek\.py belongs to no part of the lesson\. "
        r"Expected quiz\.toml, or one of double-check\.py",
    ),
    "not Python": ("double-check.py", "x = 1\nx ==", r"double-check\.py, line 2: invalid syntax"),
    "with markers": (
        "double-check.py",
        "### BEGIN HIDDEN TESTS\n1\n### END HIDDEN TESTS",
        r"double-check\.py: leave '### BEGIN HIDDEN TESTS' and",
    ),
    "other file": ("notes.txt", "", r"notes\.txt belongs to no part of the lesson"),
}


@pytest.mark.parametrize("name", OVERLAY_MISTAKES)
def test_a_mistake_in_an_overlay_is_named(tiny_course, private: Path, name: str):
    file, text, message = OVERLAY_MISTAKES[name]
    (private / file).write_text(text)
    course = tiny_course()
    with pytest.raises(CourseError, match=message):
        read_source(course, course.lessons[0], private.parent)


def test_the_source_between_markers_alone_is_left_out():
    lines = [
        "a = 1",
        "if a:",
        "    ### BEGIN HIDDEN TESTS",
        "    b = 2",
        "    ### END HIDDEN TESTS",
        "    c = 3",
        "### BEGIN HIDDEN TESTS",
        "d",
        "### END HIDDEN TESTS",
    ]
    assert without_hidden("\n".join(lines)) == "a = 1\nif a:\n    c = 3"
    assert without_hidden("a = 1") == "a = 1"


# JupyterLab


def test_normalising_twice_changes_nothing(tiny_course):
    untidy = LESSON.replace(
        "```{code-cell} ipython3\n:tags: [parameters]\n\n", "```{code-cell}\n:tags: [parameters]\n"
    ).replace("  task: false", "  task:   false")
    once = normalise(untidy)
    assert once != untidy
    assert normalise(once) == once


@pytest.fixture
def jupyterlab():
    """Return a function that opens and saves a course's files as JupyterLab with Jupytext does."""

    def manage(root: Path):
        return build_sync_jupytext_contents_manager_class(LargeFileManager)(root_dir=str(root))

    return manage


def _save(manager, path: str, notebook) -> None:
    manager.save({"type": "notebook", "format": "json", "content": notebook}, path)


def test_jupyterlab_saves_a_source_as_it_is(tiny_course, jupyterlab):
    course = tiny_course(lesson=normalise(LESSON))
    source = course.source(course.lessons[0])
    before = source.read_text()
    place = str(source.relative_to(course.root))
    _save(
        jupyterlab(course.root),
        place,
        jupyterlab(course.root).get(place, type="notebook")["content"],
    )
    assert source.read_text() == before


def test_an_edit_in_jupyterlab_changes_that_alone(tiny_course, jupyterlab):
    course = tiny_course(lesson=normalise(LESSON))
    source = course.source(course.lessons[0])
    before = source.read_text().splitlines()
    place = str(source.relative_to(course.root))
    manager = jupyterlab(course.root)
    notebook = manager.get(place, type="notebook")["content"]
    edited = next(cell for cell in notebook.cells if "Some text" in cell.source)
    edited.source = edited.source.replace("Some text", "Some other text")
    marks = {
        "grade": False,
        "locked": True,
        "schema_version": 3,
        "solution": False,
        "task": False,
        "grade_id": "read-only",
    }
    added = new_code_cell(
        "print('given')", metadata={"nbgrader": marks}
    )  # as nbgrader's toolbar marks it
    notebook.cells.insert(notebook.cells.index(edited) + 1, added)
    _save(manager, place, notebook)
    after = source.read_text().splitlines()
    gone, come = [
        [line for line in a if line not in b] for a, b in ((before, after), (after, before))
    ]
    assert gone == ["Some text with $x^2$."]
    assert come[0] == "Some other text with $x^2$."
    assert "  grade_id: read-only" in come
    assert "print('given')" in come
    assert not list(source.parent.glob("*.ipynb"))
    fresh = jupyterlab(course.root)
    _save(fresh, place, fresh.get(place, type="notebook")["content"])
    assert source.read_text().splitlines() == after
    build(read_course(course.root))
    verify(read_course(course.root))
    assert source.read_text().splitlines() == after


def test_an_instant_quiz_earns_nothing(tiny_course):
    course = tiny_course(book=BOOK.replace('"graded"', '"instant"'))
    notebook = read_source(course, course.lessons[0])
    assert [
        cell.id for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")
    ] == ["double-check"]
    assert "2 points" in notebook.cells[1].source
