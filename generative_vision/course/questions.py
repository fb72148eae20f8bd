"""A lesson's quiz: ``quiz.toml`` read once, turned into notebook cells here and into clickable questions by the book."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from generative_vision.course import CourseError

_LETTERS = "abcdef"


@dataclass(frozen=True)
class Question:
    """One question of a quiz, with a reason for every choice."""

    id: str  #: a Python name, such as "main_purpose"
    text: str  #: CommonMark
    choices: dict[str, str]  #: letter to text
    reasons: dict[str, str]  #: letter to why it is right or wrong
    right: str  #: a letter

    @property
    def variable(self) -> str:
        """The name that holds a student's answer in the notebook."""
        return f"answer_{self.id}"


def read_questions(path: Path) -> list[Question]:
    """Read ``quiz.toml`` and hold every question to have one right choice and a reason for each.

    Raises:
        CourseError: names the file, the question and the remedy.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CourseError(f"{path} is missing: each lesson has a quiz.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} cannot be read as TOML: {error}.") from None
    if raw.keys() - {"question"}:
        raise CourseError(f"{path}: unknown key {sorted(raw.keys() - {'question'})[0]!r}; a quiz is a list of [[question]].")
    questions = [_question(path, number, entry) for number, entry in enumerate(raw.get("question", []), 1)]
    seen = set()
    for question in questions:
        if question.id in seen:
            raise CourseError(f"{path}: the question id {question.id!r} stands twice; give each its own.")
        seen.add(question.id)
    return questions


def _question(path: Path, number: int, entry: dict) -> Question:
    place = f"{path}, question {number}" + (f" ({entry['id']})" if "id" in entry else "")
    for key in sorted(entry.keys() - {"id", "text", "choice"}):
        raise CourseError(f"{place}: unknown key {key!r}; a question has id, text and [[question.choice]].")
    for key in ("id", "text", "choice"):
        if not entry.get(key):
            raise CourseError(f"{place}: {key} is missing.")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,49}", str(entry["id"])):
        raise CourseError(f"{place}: the id must be a short Python name in lower case, such as main_purpose.")
    if not 2 <= len(entry["choice"]) <= len(_LETTERS):
        raise CourseError(f"{place}: {len(entry['choice'])} choices; write 2 to {len(_LETTERS)}.")
    for letter, choice in zip(_LETTERS, entry["choice"]):
        if choice.keys() - {"text", "reason", "right"}:
            raise CourseError(f"{place}, choice {letter}: unknown key {sorted(choice.keys() - {'text', 'reason', 'right'})[0]!r}.")
        if not choice.get("text") or not choice.get("reason"):
            raise CourseError(f"{place}, choice {letter}: every choice needs a text and a reason.")
    right = [letter for letter, choice in zip(_LETTERS, entry["choice"]) if choice.get("right") is True]
    if len(right) != 1:
        raise CourseError(f"{place}: {len(right)} choices are marked right; write right = true at exactly one.")
    lettered = dict(zip(_LETTERS, entry["choice"]))
    return Question(
        id=entry["id"],
        text=" ".join(entry["text"].split()),
        choices={letter: " ".join(choice["text"].split()) for letter, choice in lettered.items()},
        reasons={letter: " ".join(choice["reason"].split()) for letter, choice in lettered.items()},
        right=right[0],
    )


def cells(questions: list[Question], mode: str, points: int) -> list[NotebookNode]:
    """Return the notebook cells of a quiz, key and reasons included; the release leaves those out.

    A graded question is a text, an editable answer whose stub stands in the metadata (nbgrader's
    own stub would raise an error), and a locked check. An instant one is a text and one open cell.
    """
    result = []
    for number, question in enumerate(questions, 1):
        choices = "\n".join(f"- **({letter})** {text}" for letter, text in question.choices.items())
        text = new_markdown_cell(f"**Question {number}.** {question.text}\n\n{choices}")
        made = [text, _instant(question)] if mode == "instant" else [text, *_graded(question, points)]
        for cell in made:
            cell.metadata.quiz = question.id
        result += made
    return result


def _instant(question: Question) -> NotebookNode:
    return new_code_cell(
        f"{_answer(question, '')}\nfrom generative_vision import quiz\n\n"
        f"quiz.tell({question.variable}, {question.right!r}, {_reasons(question)})"
    )


def _graded(question: Question, points: int) -> tuple[NotebookNode, NotebookNode]:
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
    check.metadata.nbgrader = {**_metadata(f"quiz-{question.id}-check", solution=False), "points": points}
    return answer, check


def _answer(question: Question, letter: str) -> str:
    letters = "".join(question.choices)
    return f'{question.variable} = "{letter}"  # {", ".join(letters[:-1])} or {letters[-1]}'


def _reasons(question: Question) -> str:
    return "{\n" + "".join(f"    {letter!r}: {reason!r},\n" for letter, reason in question.reasons.items()) + "}"


def _metadata(grade_id: str, *, solution: bool) -> dict:
    return {
        "grade": not solution, "grade_id": grade_id, "locked": not solution,
        "schema_version": 3, "solution": solution, "task": False,
    }  # fmt: skip
