"""A quiz as notebook cells, key and reasons included; the release leaves those out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from generative_vision.course.manifest import Quiz
from generative_vision.course.questions import Question


def cells(questions: Sequence[Question], quiz: Quiz) -> list[NotebookNode]:
    """Return the notebook cells of a quiz.

    A graded question becomes a text, an editable answer with its stub in the metadata
    (nbgrader's own stub would raise an error), and a locked check. In ``instant`` mode it
    becomes a text and one editable cell that judges the answer when it is run.
    """
    made = []
    for number, question in enumerate(questions, 1):
        choices = "\n".join(f"- **({letter})** {text}" for letter, text in question.choices.items())
        text = new_markdown_cell(f"**Question {number}.** {question.text}\n\n{choices}")
        code = [_instant(question)] if quiz.mode == "instant" else _graded(question, quiz.points)
        for cell in (text, *code):
            cell.metadata.quiz = question.id
            made.append(cell)
    return made


def read_choices(text: str) -> tuple[str, dict[str, str]]:
    """Return a question and its choices, letter to text, from the text cell made of them."""
    question, _, choices = text.partition("\n\n")
    question = re.sub(r"^\*\*Question \d+\.\*\* ", "", question)
    return question, dict(re.findall(r"^- \*\*\((\w)\)\*\* (.*)$", choices, re.MULTILINE))


def _instant(question: Question) -> NotebookNode:
    return new_code_cell(
        f"{_answer(question, '')}\nfrom generative_vision import quiz\n\n"
        f"quiz.tell({question.variable}, {question.right!r}, {_reasons(question)})"
    )


def _graded(question: Question, points: int) -> list[NotebookNode]:
    answer = new_code_cell(_answer(question, question.right))
    answer.metadata.stub = _answer(question, "")
    answer.metadata.nbgrader = _metadata(f"quiz-{question.id}", solution=True)
    check = new_code_cell(
        "from generative_vision import quiz\n\n"
        f'quiz.accept({question.variable}, "{"".join(question.choices)}")\n'
        "### BEGIN HIDDEN TESTS\n"
        f"quiz.mark({question.variable}, {question.right!r}, {_reasons(question)})\n"
        "### END HIDDEN TESTS"
    )
    check.metadata.nbgrader = _metadata(f"quiz-{question.id}-check", solution=False)
    check.metadata.nbgrader.points = points
    return [answer, check]


def _answer(question: Question, letter: str) -> str:
    *others, last = question.choices
    return f'{question.variable} = "{letter}"  # {", ".join(others)} or {last}'


def _reasons(question: Question) -> str:
    lines = (f"    {letter!r}: {reason!r},\n" for letter, reason in question.reasons.items())
    return "{\n" + "".join(lines) + "}"


def _metadata(grade_id: str, *, solution: bool) -> NotebookNode:
    return NotebookNode(
        grade=not solution,
        grade_id=grade_id,
        locked=not solution,
        schema_version=3,
        solution=solution,
        task=False,
    )
