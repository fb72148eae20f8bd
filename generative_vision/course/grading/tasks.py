"""What a lesson asks: its exercises and questions, read from the notebook with all answers."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property

from nbformat import NotebookNode

from generative_vision.course.grading.checks import Question, read_check
from generative_vision.course.grading.steps import grade_id
from generative_vision.course.markers import without_answer
from generative_vision.course.quiz_cells import read_choices

_FENCED = re.compile(r"^(```+|~~~+).*?^\1", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t#]*$", re.MULTILINE)


@dataclass(frozen=True)
class CodeTask:
    """An exercise: a function to write."""

    name: str  #: the grade_id of its check
    title: str
    points: float
    answer: str  #: the grade_id of the cell that the student fills in
    stub: str  #: that cell as it was released
    section: str  #: which part of the lesson to read again; may be empty
    is_extra: bool = False  #: its points count above the maximum

    @cached_property
    def parameters(self) -> dict[str, tuple[str, ...]]:
        """The names of the parameters of each function to write."""
        return {
            node.name: tuple(argument.arg for argument in node.args.args)
            for node in ast.parse(self.stub).body
            if isinstance(node, ast.FunctionDef)
        }


@dataclass(frozen=True)
class QuizTask:
    """A question with its choices, key and reasons."""

    name: str  #: the grade_id of its check
    title: str
    points: float
    answer: str
    text: str  #: Markdown, as are choices and reasons
    choices: dict[str, str]
    key: Question
    is_extra: bool = False


@dataclass(frozen=True)
class Sheet:
    """All that a lesson asks, in its order."""

    lesson: str  #: slug
    title: str
    tasks: tuple[CodeTask | QuizTask, ...]

    @property
    def max_score(self) -> float:
        """The points of all tasks but those that are extra."""
        return sum(task.points for task in self.tasks if not task.is_extra)

    @property
    def exercises(self) -> list[CodeTask]:
        """The tasks that are code."""
        return [task for task in self.tasks if isinstance(task, CodeTask)]

    @property
    def questions(self) -> list[QuizTask]:
        """The tasks of the quiz."""
        return [task for task in self.tasks if isinstance(task, QuizTask)]


def read_sheet(notebook: NotebookNode) -> Sheet:
    """Read what a lesson asks from its complete notebook, answers and hidden checks included."""
    headings: list[str] = []
    answers: dict[str, NotebookNode] = {}
    text, tasks = "", list[CodeTask | QuizTask]()
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text = cell.source
            headings += [match[2] for match in _HEADING.finditer(_FENCED.sub("", text))]
            continue
        name = grade_id(cell)
        if name is None:
            continue
        if not cell.metadata.nbgrader.grade:
            answers[name] = cell
            continue
        extra = float(cell.metadata.get("extra_credit", 0))
        check, points = read_check(cell.source), extra or float(cell.metadata.nbgrader.points)
        answer = list(answers)[-1] if answers else ""
        if check.questions:
            number = 1 + sum(isinstance(task, QuizTask) for task in tasks)
            asked, choices = read_choices(text)
            key = check.questions[0]
            title = f"Question {number}"
            tasks.append(QuizTask(name, title, points, answer, asked, choices, key, extra > 0))
        else:
            cells = [answers[answer], cell] if answer else [cell]
            wanted = next((c.metadata.section for c in cells if "section" in c.metadata), "")
            section = _find_section(str(wanted), headings)
            stub = without_answer(cells[0].source)
            title = headings[-1] if headings else name
            tasks.append(CodeTask(name, title, points, answer, stub, section, extra > 0))
    lesson = notebook.metadata.generative_vision.lesson
    return Sheet(lesson, headings[0] if headings else lesson, tuple(tasks))


def _find_section(wanted: str, headings: list[str]) -> str:
    """Return the heading that begins with a number such as ``4``; other words stay as they are."""
    return next((found for found in headings if found.startswith(f"{wanted}. ")), wanted)
