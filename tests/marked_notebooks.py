"""Notebooks as they come out of marking, and their pages, made without running a kernel."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from nbformat import NotebookNode, from_dict

from generative_vision.answering import Call, Failure
from generative_vision.course.grading.checks import judge_exercise, judge_question, read_check
from generative_vision.course.grading.feedback import make_feedback
from generative_vision.course.grading.pages import render_feedback
from generative_vision.course.grading.standing import CellMark, Standing
from generative_vision.course.grading.steps import grade_id
from generative_vision.course.grading.tasks import read_sheet
from generative_vision.course.manifest import Course
from generative_vision.course.source import read_source


def calling(code: str) -> Callable[[Call], Any]:
    """Return a function that answers a call as the kernel would that has run this code."""
    namespace: dict[str, Any] = {}

    def answer(call: Call) -> Any:
        try:
            exec(code, namespace)
            return namespace[call.function](*call.args)
        except NotImplementedError:
            return Failure("it is not written yet")
        except Exception as error:
            return Failure(f"{type(error).__name__}: {error}")

    return answer


@dataclass
class Marked:
    """A lesson's complete notebook on its way to a student's page."""

    source: NotebookNode
    course: str = "A tiny course"
    student: str = "ana"
    remarks: Sequence[str] = ()
    by_hand: dict[str, float] = field(default_factory=dict)  #: points of checks
    comments: dict[str, str] = field(default_factory=dict)
    penalty: float = 0.0
    submitted: datetime | None = None

    def __post_init__(self) -> None:
        self.sheet = read_sheet(self.source)
        self.notebook = copy.deepcopy(self.source)
        self.cells = {name: cell for cell in self.notebook.cells if (name := grade_id(cell))}

    def answer(self, answers: Mapping[str, str]) -> Marked:
        """Put these texts into the cells of these names."""
        for name, text in answers.items():
            self.cells[name].source = text
        return self

    def mark(self, answer: Callable[[Call], Any]) -> Marked:
        """Judge all answers; ``answer`` says what a student's function returns."""
        marks = {}
        for name, cell in self.cells.items():
            if not cell.metadata.nbgrader.grade:
                continue
            check = read_check(cell.source)
            if check.questions:
                (question,) = check.questions
                text = self.cells[name.removesuffix("-check")].source
                marks[name] = asdict(judge_question(question, text))
            else:
                (exercise,) = check.exercises
                inputs = exercise.draw()
                outputs = {key: answer(call) for key, call in inputs.items()}
                marks[name] = asdict(judge_exercise(exercise, inputs, outputs))
        facts = {"lesson": self.sheet.lesson, "marks": marks, "remarks": list(self.remarks)}
        self.notebook.metadata.generative_vision = from_dict(facts)
        return self

    @property
    def marks(self) -> dict[str, Any]:
        return self.notebook.metadata.generative_vision.marks

    @property
    def standing(self) -> Standing:
        """Return what the gradebook would say."""
        cells = []
        for task in self.sheet.tasks:
            reached = task.points if self.marks[task.name].right else 0.0
            given = self.by_hand.get(task.name)
            score = reached if given is None else given
            cells.append(CellMark(task.name, score, task.points, reached, given, None, False))
        return Standing(cells, list(self.comments.items()), self.penalty, self.submitted)

    def page(self) -> str:
        """Return the student's page."""
        return render_feedback(
            make_feedback(self.course, self.sheet, self.notebook, self.standing, self.student)
        )


def of_lesson(course: Course, slug: str = "") -> Marked:
    """Return the complete notebook of a lesson, the first by default, to be marked."""
    lesson = course.lesson(slug) if slug else course.lessons[0]
    return Marked(read_source(course, lesson), course.title)
