"""A lesson's source: the MyST notebook that people edit, read and held to the course's rules."""

from __future__ import annotations

import re
from pathlib import Path

import jupytext
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from generative_vision.course import CourseError, questions
from generative_vision.course.manifest import Course, Lesson

QUIZ_MARKER = "<!-- quiz -->"
MOST_LINES = 30  # of one code cell

_BEGIN, _END = "### BEGIN SOLUTION", "### END SOLUTION"
_HIDDEN, _HIDDEN_END = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
_NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}


def normalise(text: str) -> str:
    """Return a MyST notebook as JupyterLab saves it through Jupytext; a second call changes nothing."""
    return jupytext.writes(jupytext.reads(text, fmt="md:myst"), fmt="md:myst")


def read_source(course: Course, lesson: Lesson, overlay: Path | None = None) -> NotebookNode:
    """Return the complete notebook of a lesson, answers and hidden checks included.

    The text comes from ``NN-slug.md``, the objectives from the manifest, the quiz from ``quiz.toml``;
    an overlay adds private questions and hidden checks. Every cell has an id that two builds agree on.

    Raises:
        CourseError: names file, line and remedy of the first thing that is wrong.
    """
    path = course.source(lesson)
    if not path.is_file():
        raise CourseError(f"{path} is missing, though book.toml lists the lesson {lesson.slug!r}.")
    try:
        text = path.read_text(encoding="utf-8")
        notebook = jupytext.reads(text, fmt="md:myst")
    except Exception as error:  # whatever Jupytext's parsers raise
        raise CourseError(f"{path} cannot be read as a MyST notebook: {error}") from None
    _hold_cells(path, text, notebook, lesson)
    asked = questions.read_questions(path.parent / "quiz.toml")
    _hold_points(course, path, notebook, asked, lesson)
    if overlay is not None:
        asked = _add_overlay(overlay / lesson.slug, notebook, asked)
    marker = next(i for i, cell in enumerate(notebook.cells) if cell.source.strip() == QUIZ_MARKER)
    notebook.cells[marker : marker + 1] = questions.cells(asked, course.quiz_mode, course.quiz_points)
    notebook.cells.insert(1, _objectives(lesson, _points(notebook)))
    notebook.metadata = NotebookNode(
        {**_NOTEBOOK_METADATA, "generative_vision": {"lesson": lesson.slug, "built_from": path.name}}
    )
    for position, cell in enumerate(notebook.cells):
        cell.id = cell.metadata.get("nbgrader", {}).get("grade_id") or f"{lesson.slug}-{position:03d}"
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def companions(course: Course, lesson: Lesson) -> list[Path]:
    """Return the files and folders that lie beside a lesson's text and belong to its notebook, pictures for instance."""
    return [
        file for file in sorted(course.source(lesson).parent.iterdir())
        if file.suffix not in (".md", ".toml", ".ipynb") and not file.name.startswith(".")
    ]  # fmt: skip


def without_hidden(source: str) -> str:
    """Return the source of a check without what stands between the hidden-test markers."""
    return re.sub(rf"^[^\n]*{_HIDDEN}.*?{_HIDDEN_END}[^\n]*\n?", "", source, flags=re.DOTALL | re.MULTILINE).rstrip("\n")


def without_answer(source: str) -> str:
    """Return the source of an exercise as it is handed out: an error in place of the answer."""
    return re.sub(
        rf"^([ \t]*){_BEGIN}.*?{_END}[^\n]*", r"\1raise NotImplementedError()", source, flags=re.DOTALL | re.MULTILINE
    )


def empty_answer(handed_out: str) -> str:
    """Return an exercise as handed out, but giving None in place of the error: what its check must refuse.

    An error would be refused by a check whose comparisons were disabled, too.
    """
    return handed_out.replace("raise NotImplementedError()", "return None")


def without_marks(source: str) -> str:
    """Return the source of an exercise with its answer, but without the lines that mark where that begins and ends."""
    return re.sub(rf"^[ \t]*(?:{_BEGIN}|{_END})[^\n]*\n?", "", source, flags=re.MULTILINE).rstrip("\n")


def _points(notebook: NotebookNode) -> float:
    marks = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    return sum(mark["points"] for mark in marks if mark.get("grade"))


def _objectives(lesson: Lesson, points: float) -> NotebookNode:
    lines = "\n".join(f"- {objective}" for objective in lesson.objectives)
    return new_markdown_cell(
        f"*About {lesson.minutes} minutes, {points:g} points.* After this lesson you can:\n\n{lines}"
    )


def _hold_cells(path: Path, text: str, notebook: NotebookNode, lesson: Lesson) -> None:
    def fail(cell: NotebookNode, problem: str) -> None:
        line = text[: max(text.find(cell.source), 0)].count("\n") + 1
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        raise CourseError(f"{path}, line {line}" + (f" (cell {name})" if name else "") + f": {problem}")

    first = notebook.cells[0] if notebook.cells else new_markdown_cell("")
    if not first.source.startswith(f"# {lesson.title}\n") and first.source != f"# {lesson.title}":
        fail(first, f"the lesson must begin with the heading of book.toml, '# {lesson.title}'.")
    markers = [cell for cell in notebook.cells if QUIZ_MARKER in cell.source]
    if len(markers) != 1 or markers[0].source.strip() != QUIZ_MARKER:
        raise CourseError(f"{path}: write {QUIZ_MARKER} once, in a Markdown cell of its own (between two +++ lines).")
    if sum("parameters" in cell.metadata.get("tags", []) for cell in notebook.cells) != 1:
        raise CourseError(f"{path}: mark exactly one code cell with the tag 'parameters'.")
    seen: set[str] = set()
    waiting = None  # a solution that no check has followed yet
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader", {})
        name = marks.get("grade_id")
        if cell.cell_type == "code" and len(cell.source.splitlines()) > MOST_LINES:
            fail(cell, f"the code cell has {len(cell.source.splitlines())} lines; split it: {MOST_LINES} at most.")
        for begin, end in ((_BEGIN, _END), (_HIDDEN, _HIDDEN_END)):
            found = re.findall(f"{begin}|{end}", cell.source)
            if found != [begin, end] * (len(found) // 2):
                fail(cell, f"'{begin}' and '{end}' do not pair up.")
        if _BEGIN in cell.source and not marks.get("solution"):
            fail(cell, "holds a solution but is not marked as one: set solution: true in its nbgrader metadata.")
        if _HIDDEN in cell.source and not marks.get("grade"):
            fail(cell, "holds hidden tests but is not graded: set grade: true in its nbgrader metadata.")
        if not marks:
            continue
        if not name:
            fail(cell, "has nbgrader metadata without a grade_id.")
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,63}", str(name)) or name.startswith("quiz-"):
            fail(cell, f"the grade_id {name!r} must be lower-case words joined by '-', and not begin with 'quiz-'.")
        if name in seen:
            fail(cell, f"the grade_id {name!r} stands twice; give each cell its own.")
        seen.add(name)
        if marks.get("grade") and (cell.cell_type != "code" or marks.get("solution") or not marks.get("locked")):
            fail(cell, "a graded cell must be a locked code cell without a solution, so that it can be marked by running it.")
        if marks.get("grade") and not (isinstance(marks.get("points"), int | float) and marks["points"] > 0):
            fail(cell, "a graded cell needs points above 0.")
        if marks.get("task"):
            fail(cell, "a task is marked by hand, and this course marks by running: make it a solution and a check.")
        if marks.get("solution"):
            if cell.cell_type != "code" or _BEGIN not in cell.source:
                fail(cell, f"a solution must be a code cell with '{_BEGIN}' and '{_END}' around the answer.")
            try:
                compile(empty_answer(without_answer(cell.source)), name, "exec")
            except SyntaxError as error:
                fail(cell, f"the answer must stand inside a function, so that an empty one can be tried ({error.msg}).")
            waiting = cell
        elif marks.get("grade"):
            if waiting is None:
                fail(cell, "a check must follow the exercise that it checks.")
            if _HIDDEN not in cell.source:
                fail(cell, f"a check needs hidden tests between '{_HIDDEN}' and '{_HIDDEN_END}'.")
            waiting = None
    if waiting is not None:
        fail(waiting, "no check follows this exercise.")


def _hold_points(course: Course, path: Path, notebook: NotebookNode, asked: list, lesson: Lesson) -> None:
    practice = _points(notebook)
    quiz = course.quiz_points * len(asked)
    if practice + quiz != lesson.points:
        raise CourseError(
            f"{path}: practice ({practice}) and quiz ({len(asked)} questions x {course.quiz_points}) add up to "
            f"{practice + quiz} points, but book.toml says {lesson.points} for {lesson.slug}: change one of them."
        )


def _add_overlay(folder: Path, notebook: NotebookNode, asked: list) -> list:
    """Add an instructor's private questions and hidden checks to a lesson; return all its questions."""
    if not folder.is_dir():
        return asked
    checks = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")}
    for file in sorted(file for file in folder.iterdir() if not file.name.startswith(".")):
        if file.name == "quiz.toml":
            private = questions.read_questions(file)
            for question in private:
                if question.id in {known.id for known in asked}:
                    raise CourseError(f"{file}: the lesson already has a question {question.id!r}; choose another id.")
            asked = asked + private
        elif file.suffix == ".py" and file.stem in checks:
            body = file.read_text(encoding="utf-8").rstrip()
            try:
                compile(body, str(file), "exec")
            except SyntaxError as error:
                raise CourseError(f"{file}, line {error.lineno}: {error.msg}.") from None
            if _HIDDEN in body or _HIDDEN_END in body:
                raise CourseError(f"{file}: leave '{_HIDDEN}' and '{_HIDDEN_END}' out; all of this file is hidden.")
            checks[file.stem].source += f"\n{_HIDDEN}\n{body}\n{_HIDDEN_END}"
        else:
            names = ", ".join(f"{name}.py" for name in checks)
            raise CourseError(f"{file} fits no part of the lesson. Expected quiz.toml, or one of {names}.")
    return asked
