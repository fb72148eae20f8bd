"""The course's rules for a lesson's notebook; a violation names file, line, cell and remedy."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from generative_vision.course import CourseError
from generative_vision.course.grading.checks import GIVEN
from generative_vision.course.manifest import Course, Lesson
from generative_vision.course.markers import (
    BEGIN_HIDDEN,
    BEGIN_SOLUTION,
    END_HIDDEN,
    END_SOLUTION,
    hidden_parts,
    without_answer,
    without_hidden,
)
from generative_vision.course.practice import read_names

QUIZ_MARKER = "<!-- quiz -->"
MAX_LINES = 30  # of one code cell, as readers see it

Problem = tuple[NotebookNode | None, str]  # the cell, if it is about one, and what to do


def validate_notebook(path: Path, text: str, notebook: NotebookNode, lesson: Lesson) -> None:
    """Validate a lesson's cells.

    Args:
        path: the lesson's source, for the message.
        text: its content, in which the cell's line is looked up.

    Raises:
        CourseError: the first rule that is violated.
    """
    rules = (
        _structure(notebook, lesson),
        _cells(notebook),
        _names(notebook),
        _exercises(notebook),
        _syntax(notebook),
    )
    for cell, problem in chain(*rules):
        place = str(path)
        if cell is not None:
            place += f", line {text[: max(text.find(cell.source), 0)].count(chr(10)) + 1}"
            name = _nbgrader(cell).get("grade_id")
            place += f" (cell {name})" if name else ""
        raise CourseError(f"{place}: {problem}")


def validate_points(course: Course, lesson: Lesson, practice: float, questions: int) -> None:
    """Validate that practice and quiz add up to the lesson's points in the manifest.

    Raises:
        CourseError: they do not.
    """
    quiz = course.quiz.points * questions
    if practice + quiz != lesson.points:
        raise CourseError(
            f"{course.source(lesson)}: practice ({practice}) and quiz ({questions} questions x "
            f"{course.quiz.points}) add up to {practice + quiz} points, but book.toml says "
            f"{lesson.points} for {lesson.slug}: change one of them."
        )


def _structure(notebook: NotebookNode, lesson: Lesson) -> Iterator[Problem]:
    first = notebook.cells[0] if notebook.cells else new_markdown_cell("")
    if first.source.split("\n")[0] != f"# {lesson.title}":
        yield first, f"the lesson must begin with the heading of book.toml, '# {lesson.title}'."
    markers = [cell for cell in notebook.cells if QUIZ_MARKER in cell.source]
    if len(markers) != 1 or markers[0].source.strip() != QUIZ_MARKER:
        place = "in a Markdown cell of its own (between two +++ lines)"
        yield None, f"write {QUIZ_MARKER} once, {place}."
    if sum("parameters" in cell.metadata.get("tags", []) for cell in notebook.cells) != 1:
        yield None, "mark exactly one code cell with the tag 'parameters'."


def _cells(notebook: NotebookNode) -> Iterator[Problem]:
    """Lengths, and markers that pair up and stand in cells of their kind."""
    for cell in notebook.cells:
        lines = len(without_hidden(cell.source).splitlines())
        if cell.cell_type == "code" and lines > MAX_LINES:
            yield cell, f"the code cell has {lines} lines; split it: {MAX_LINES} at most."
        for begin, end in ((BEGIN_SOLUTION, END_SOLUTION), (BEGIN_HIDDEN, END_HIDDEN)):
            found = re.findall(f"{begin}|{end}", cell.source)
            if found != [begin, end] * (len(found) // 2):
                yield cell, f"'{begin}' and '{end}' do not pair up."
        marks = _nbgrader(cell)
        if BEGIN_SOLUTION in cell.source and not marks.get("solution"):
            remedy = "set solution: true in its nbgrader metadata"
            yield cell, f"contains a solution but is not marked as one: {remedy}."
        if BEGIN_HIDDEN in cell.source and not marks.get("grade"):
            remedy = "set grade: true in its nbgrader metadata"
            yield cell, f"contains hidden tests but is not graded: {remedy}."


def _names(notebook: NotebookNode) -> Iterator[Problem]:
    """Every cell with nbgrader's metadata has a name of its own."""
    seen = set()
    for cell in notebook.cells:
        marks = _nbgrader(cell)
        if not marks:
            continue
        name = marks.get("grade_id")
        if not name:
            yield cell, "has nbgrader metadata without a grade_id."
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,63}", str(name)) or str(name).startswith("quiz-"):
            form = "lower-case words joined by '-', and not begin with 'quiz-'"
            yield cell, f"the grade_id {name!r} must be {form}."
        if name in seen:
            yield cell, f"the grade_id {name!r} stands twice; give each cell its own."
        seen.add(name)


def _exercises(notebook: NotebookNode) -> Iterator[Problem]:
    """Every exercise is followed by a check, and both can be marked by running them."""
    unchecked = None  # the last exercise that no check has followed yet
    for cell in notebook.cells:
        marks = _nbgrader(cell)
        if marks.get("task"):
            remedy = "make it a solution and a check"
            yield cell, f"a task is marked by hand, and this course marks by running: {remedy}."
        if marks.get("grade"):
            yield from _check(cell, marks)
            if unchecked is None:
                yield cell, "a check must follow the exercise that it checks."
            if BEGIN_HIDDEN not in cell.source:
                markers = f"'{BEGIN_HIDDEN}' and '{END_HIDDEN}'"
                yield cell, f"a check needs hidden tests between {markers}."
            unchecked = None
        elif marks.get("solution"):
            yield from _exercise(cell)
            unchecked = cell
    if unchecked is not None:
        yield unchecked, "no check follows this exercise."


def _syntax(notebook: NotebookNode) -> Iterator[Problem]:
    """Every code cell can be read, its magics included."""
    magics = TransformerManager()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            try:
                ast.parse(magics.transform_cell(cell.source))
            except SyntaxError as error:
                yield cell, f"line {error.lineno} of the cell is not Python: {error.msg}."


def _check(cell: NotebookNode, marks: NotebookNode) -> Iterator[Problem]:
    if cell.cell_type != "code" or marks.get("solution") or not marks.get("locked"):
        reason = "so that it can be marked by running it"
        yield cell, f"a graded cell must be a locked code cell without a solution, {reason}."
    points = marks.get("points")
    if not isinstance(points, int | float) or points <= 0:
        yield cell, "a graded cell needs points above 0."
    for part in hidden_parts(cell.source):
        try:
            ast.parse(part)
        except SyntaxError as error:
            yield cell, f"its hidden tests are not Python: {error.msg}."
        else:
            yield from _judged(cell, part)


def _judged(cell: NotebookNode, part: str) -> Iterator[Problem]:
    """Hidden tests that are functions: both of them, and they read nothing of the notebook."""
    functions = {node.name for node in ast.parse(part).body if isinstance(node, ast.FunctionDef)}
    pair = {"inputs", "verdict"}
    if not functions & pair:
        return  # ordinary assertions
    for name in sorted(pair - functions):
        yield cell, f"its hidden tests lack the function {name}: inputs and verdict go together."
    if unknown := read_names(part).read - GIVEN.keys():
        reason = f"they run outside of the notebook and know {', '.join(GIVEN)} and their own names"
        yield cell, f"its hidden tests read {', '.join(sorted(unknown))}, but {reason}."


def _exercise(cell: NotebookNode) -> Iterator[Problem]:
    if cell.cell_type != "code" or BEGIN_SOLUTION not in cell.source:
        markers = f"'{BEGIN_SOLUTION}' and '{END_SOLUTION}'"
        yield cell, f"a solution must be a code cell with {markers} around the answer."
    try:
        body = ast.parse(without_answer(cell.source)).body
    except SyntaxError as error:
        yield cell, f"the exercise as released is not Python: {error.msg}."
    else:
        if not any(isinstance(node, ast.FunctionDef) for node in body):
            reason = "so that it can be called on hidden inputs"
            yield cell, f"the answer must stand inside a function, {reason}."


def _nbgrader(cell: NotebookNode) -> NotebookNode:
    return cell.metadata.get("nbgrader", NotebookNode())
