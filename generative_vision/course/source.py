"""A lesson's source: the MyST notebook that people edit, read as a complete notebook."""

from __future__ import annotations

import shutil
from pathlib import Path

import jupytext
from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_code_cell, new_markdown_cell

from generative_vision.course import CourseError, quiz_cells
from generative_vision.course.grading.checks import read_check
from generative_vision.course.manifest import Course, Lesson
from generative_vision.course.markers import BEGIN_HIDDEN, END_HIDDEN
from generative_vision.course.practice import needed_cells, read_names
from generative_vision.course.questions import Question, read_questions
from generative_vision.course.validation import QUIZ_MARKER, validate_notebook, validate_points

_KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_LANGUAGE = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"}

_INSTALL = """\
from importlib.util import find_spec

if find_spec("generative_vision") is None:  # on Colab and the like
    %pip install --quiet "{package}"\
"""


def normalise(text: str) -> str:
    """Return a MyST notebook as JupyterLab saves it through Jupytext; this is idempotent."""
    return jupytext.writes(jupytext.reads(text, fmt="md:myst"), fmt="md:myst")


def read_source(course: Course, lesson: Lesson, overlay: Path | None = None) -> NotebookNode:
    """Return the complete notebook of a lesson, answers and hidden checks included.

    The text comes from ``NN-slug.md``, the objectives from the manifest, the quiz from
    ``quiz.toml``. Cell ids are the same in every build.

    Args:
        overlay: a folder of private questions and hidden checks, ``NN-slug/quiz.toml`` and
            ``NN-slug/NAME-OF-A-CHECK.py``, which are added to the lesson's own.

    Raises:
        CourseError: names file, line and remedy of the first problem.
    """
    path = course.source(lesson)
    if not path.is_file():
        raise CourseError(f"{path} is missing, though book.toml lists the lesson {lesson.slug!r}.")
    try:
        text = path.read_text(encoding="utf-8-sig")
        notebook = jupytext.reads(text, fmt="md:myst")
    except Exception as error:  # whatever Jupytext's parsers raise
        raise CourseError(f"{path} cannot be read as a MyST notebook: {error}") from None
    validate_notebook(path, text, notebook, lesson)
    questions = read_questions(path.with_name("quiz.toml"))
    validate_points(course, lesson, _points(notebook), len(questions))
    if overlay is not None:
        questions = _add_overlay(overlay / lesson.slug, notebook, questions)
    marker = next(i for i, cell in enumerate(notebook.cells) if cell.source.strip() == QUIZ_MARKER)
    notebook.cells[marker : marker + 1] = quiz_cells.cells(questions, course.quiz)
    _set_extra_credit(notebook, lesson)
    notebook.cells.insert(1, _objectives(lesson, notebook))
    notebook.metadata = from_dict(
        {
            "kernelspec": _KERNELSPEC,
            "language_info": _LANGUAGE,
            "generative_vision": {"lesson": lesson.slug, "built_from": path.name},
        }
    )
    for position, cell in enumerate(notebook.cells):
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.id = grade_id or f"{lesson.slug}-{position:03d}"
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.metadata.generative_vision.practice = _practice(path, notebook)
    if course.publish.package:
        first = next(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code")
        notebook.cells.insert(first, _installation(course, lesson))
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


_SOURCES = tuple(f"*.{kind}*" for kind in ("[mM][dD]", "[tT][oO][mM][lL]", "[iI][pP][yY][nN][bB]"))
_SOURCES += (".*", "#*", "*~")


def copy_companions(course: Course, lesson: Lesson, folder: Path) -> None:
    """Copy what lies beside a lesson's text and belongs to its notebook, such as images.

    Texts, questions, notebooks and hidden files are left out, and what editors keep of them.
    """
    for path in sorted(course.source(lesson).parent.iterdir()):
        if any(path.match(pattern) for pattern in _SOURCES):
            continue
        if path.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", *_SOURCES)
            shutil.copytree(path, folder / path.name, ignore=ignored)
        else:
            shutil.copy2(path, folder / path.name)


def _points(notebook: NotebookNode) -> float:
    marks = [
        cell.metadata.nbgrader
        for cell in notebook.cells
        if "nbgrader" in cell.metadata and not cell.metadata.get("extra_credit")
    ]
    return sum(mark["points"] for mark in marks if mark.get("grade"))


def _set_extra_credit(notebook: NotebookNode, lesson: Lesson) -> None:
    """Turn the points of exercises that are extra into nbgrader's extra credit."""
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("grade") and (lesson.extra_credit or cell.metadata.get("extra_credit")):
            cell.metadata.extra_credit, marks["points"] = marks["points"], 0


def _objectives(lesson: Lesson, notebook: NotebookNode) -> NotebookNode:
    lines = "\n".join(f"- {objective}" for objective in lesson.objectives)
    extra = sum(cell.metadata.get("extra_credit", 0) for cell in notebook.cells)
    points = f"{_points(notebook):g} points" + (f" and {extra:g} extra" if extra else "")
    return new_markdown_cell(
        f"*About {lesson.minutes} minutes, {points}.* After this lesson you can:\n\n{lines}"
    )


def _practice(path: Path, notebook: NotebookNode) -> list[str]:
    """Return the ids of the cells that the practice needs beside its answers and checks.

    Raises:
        CourseError: an answer or a check reads a name that no cell before it binds, or a check's
            hidden tests stop when they draw inputs.
    """
    sources = {i: cell.source for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"}
    graded = [i for i in sources if "nbgrader" in notebook.cells[i].metadata]
    checks = [i for i in graded if notebook.cells[i].metadata.nbgrader.grade]
    sources |= {i: _what_marking_reads(path, notebook.cells[i]) for i in checks}
    needed = needed_cells(sources, graded)
    if needed.missing:
        names = ", ".join(sorted(needed.missing))
        readers = [i for i in graded if read_names(sources[i]).read & needed.missing]
        place = f"{path} (cell {', '.join(notebook.cells[i].id for i in readers)})"
        raise CourseError(
            f"{place if readers else path}: the practice reads {names}, and no cell before binds "
            "that. Practice is marked without the rest of the lesson: import and define what it "
            "needs."
        )
    return [notebook.cells[i].id for i in sorted(needed.cells - set(graded))]


def _what_marking_reads(path: Path, check: NotebookNode) -> str:
    """Return code that reads each name that marking a check reads."""
    try:
        return read_check(check.source).names
    except Exception as error:  # whatever its hidden tests raise
        reason = f"{type(error).__name__}: {error}"
        message = f"{path} (cell {check.id}): its hidden tests stop with {reason}."
        raise CourseError(message) from None


def _installation(course: Course, lesson: Lesson) -> NotebookNode:
    """Return a cell that installs the package where it is missing; the book leaves it out."""
    cell = new_code_cell(_INSTALL.format(package=course.publish.package))
    cell.id = f"{lesson.slug}-install"
    cell.metadata.tags = ["remove-cell"]
    return cell


def _add_overlay(
    folder: Path, notebook: NotebookNode, questions: tuple[Question, ...]
) -> tuple[Question, ...]:
    """Add hidden checks to the notebook and return the questions with the private ones added."""
    if not folder.is_dir():
        return questions
    checks = {
        cell.metadata.nbgrader.grade_id: cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }
    for file in sorted(file for file in folder.iterdir() if not file.name.startswith(".")):
        if file.name == "quiz.toml":
            private = read_questions(file, private=True)
            known = {question.id for question in questions}
            for name in [question.id for question in private if question.id in known]:
                raise CourseError(
                    f"{file}: the lesson already has a question {name!r}; choose another id."
                )
            questions += private
        elif file.suffix == ".py" and file.stem in checks:
            body = _read_checks(file)
            checks[file.stem].source += f"\n{BEGIN_HIDDEN}\n{body}\n{END_HIDDEN}"
        else:
            names = ", ".join(f"{name}.py" for name in checks)
            raise CourseError(
                f"{file} belongs to no part of the lesson. Expected quiz.toml, or one of {names}."
            )
    return questions


def _read_checks(file: Path) -> str:
    body = file.read_text(encoding="utf-8-sig").rstrip()
    try:
        compile(body, str(file), "exec")
    except SyntaxError as error:
        raise CourseError(f"{file}, line {error.lineno}: {error.msg}.") from None
    if BEGIN_HIDDEN in body or END_HIDDEN in body:
        remedy = f"leave '{BEGIN_HIDDEN}' and '{END_HIDDEN}' out"
        raise CourseError(f"{file}: {remedy}; all of this file is hidden.")
    return body
