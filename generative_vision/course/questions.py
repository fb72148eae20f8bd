"""A lesson's questions: ``quiz.toml`` read and validated."""

from __future__ import annotations

import random
import re
import secrets
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from generative_vision.course import CourseError
from generative_vision.course.schema import Table, read_toml

_LETTERS = "abcdef"
_GUESSABLE = 2**40  # seeds below are tried in hours


def _identifier(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,49}", name):
        raise ValueError("it must be a short Python name in lower case, such as main_purpose")
    return name


def _one_line(text: str) -> str:
    return " ".join(text.split())


Line = Annotated[str, Field(min_length=1), AfterValidator(_one_line)]  # CommonMark


class Choice(Table):
    """One answer that a question offers."""

    text: Line
    reason: Line  #: why it is right or wrong
    right: bool = False


class Question(Table):
    """One question of a quiz; its choices are known by the letters a, b and so on."""

    id: Annotated[str, AfterValidator(_identifier)]
    text: Line
    choice: Annotated[
        tuple[Choice, ...], Field(strict=False, min_length=2, max_length=len(_LETTERS))
    ]

    @model_validator(mode="after")
    def _one_right_choice(self) -> Question:
        marked = sum(choice.right for choice in self.choice)
        if marked != 1:
            raise ValueError(
                f"{marked} choices are marked right; write right = true in exactly one"
            )
        return self

    @property
    def variable(self) -> str:
        """The variable that a student assigns the answer to in the notebook."""
        return f"answer_{self.id}"

    @property
    def choices(self) -> dict[str, str]:
        """Letter to text."""
        return {letter: choice.text for letter, choice in self._lettered()}

    @property
    def reasons(self) -> dict[str, str]:
        """Letter to the reason why it is right or wrong."""
        return {letter: choice.reason for letter, choice in self._lettered()}

    @property
    def right(self) -> str:
        """The letter of the right choice."""
        return next(letter for letter, choice in self._lettered() if choice.right)

    def _lettered(self) -> zip[tuple[str, Choice]]:
        return zip(_LETTERS, self.choice, strict=False)


class _Quiz(Table):
    seed: int | None = None  #: draws the choices' order; without it they stand as in the file
    question: Annotated[tuple[Question, ...], Field(strict=False)] = ()


def read_questions(path: Path, *, private: bool = False) -> tuple[Question, ...]:
    """Read and validate ``quiz.toml``; with ``seed`` in it, the choices come in a drawn order.

    Args:
        private: whether the key is a secret. The order tells it to whoever knows the seed.

    Raises:
        CourseError: names file, question and key, and what is expected there.
    """
    quiz = read_toml(path, _Quiz, "each lesson has a quiz")
    questions = quiz.question
    names = [question.id for question in questions]
    for name in names:
        if names.count(name) > 1:
            raise CourseError(f"{path}: the question id {name!r} stands twice; give each its own.")
    if private and quiz.seed is not None and abs(quiz.seed) < _GUESSABLE:
        raise CourseError(
            f"{path}: who guesses the seed {quiz.seed} knows the key, as the seed alone says where "
            f"the right choices stand. Write seed = {secret_seed()}; or, where "
            "the quiz was handed out already, no seed, and the choices in the order that they had."
        )
    return questions if quiz.seed is None else _shuffled(questions, quiz.seed)


def secret_seed() -> int:
    """Return a seed that nobody guesses."""
    return _GUESSABLE + secrets.randbits(60)


def _shuffled(questions: tuple[Question, ...], seed: int) -> tuple[Question, ...]:
    """Draw the order of each question's choices by itself, by the seed and the question's id.

    Were the right one to stand equally often at each place, whoever knows most answers would know
    the others; and one seed in two quizzes would give both the same key.
    """
    drawn = []
    for question in questions:
        order = random.Random(f"{seed} {question.id}").sample(question.choice, len(question.choice))
        drawn.append(question.model_copy(update={"choice": tuple(order)}))
    return tuple(drawn)
