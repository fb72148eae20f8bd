"""A check's cell taken apart: what runs in the student's kernel, and what judges outside of it.

The hidden part of a check is one of three:

- ``inputs(rng)`` and ``verdict(inputs, outputs)``: the kernel only calls the student's functions on
  the inputs; the verdict is reached here, on plain data, where no student code runs;
- ``quiz.mark(answer, right, reasons)``: the answer is read from its cell, and nothing runs;
- ordinary assertions: they run in the student's kernel, and so are not proof against tricks.
"""

from __future__ import annotations

import ast
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from generative_vision import check as check_module
from generative_vision import quiz
from generative_vision.answering import Call, Failure, Recipe
from generative_vision.course.grading.outputs import plain_line, plain_text
from generative_vision.course.grading.tried import Tried, Watched, describe_call, describe_calls
from generative_vision.course.markers import hidden_parts, without_hidden

Inputs = dict[str, Call]
Outputs = dict[str, Any]


@dataclass(frozen=True)
class Exercise:
    """Hidden inputs for a student's functions, and the verdict on what they return."""

    inputs: Callable[[np.random.Generator], Inputs]
    verdict: Callable[[Inputs, Outputs], None]

    def draw(self, *seed: int) -> Inputs:
        """Return inputs that nobody can know beforehand, unless by a seed that is secret itself."""
        return self.inputs(np.random.default_rng(seed or secrets.randbits(128)))


@dataclass(frozen=True)
class Question:
    """A quiz question's key: the variable of its answer, the right letter and all reasons."""

    variable: str
    right: str
    reasons: Mapping[str, str]


@dataclass(frozen=True)
class Check:
    """A graded cell taken apart."""

    visible: str  #: the assertions that the student sees
    exercises: list[Exercise] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    assertions: list[str] = field(default_factory=list)  #: that run in the student's kernel

    @property
    def source(self) -> str:
        """What runs in the student's kernel."""
        return "\n".join([self.visible, *self.assertions])

    @property
    def texts(self) -> set[str]:
        """The texts in the assertions that run in the student's kernel: their messages."""
        nodes = [node for part in self.assertions for node in ast.walk(ast.parse(part))]
        constants = [node.value for node in nodes if isinstance(node, ast.Constant)]
        return {value for value in constants if isinstance(value, str)}

    @property
    def names(self) -> str:
        """Code that reads each name that marking this check reads: what runs, and the functions."""
        calls = [call for exercise in self.exercises for call in exercise.draw().values()]
        return "\n".join([self.source, *dict.fromkeys(call.function for call in calls)])


@dataclass(frozen=True)
class Mark:
    """Whether an answer is right, and the sentence that says why."""

    right: bool
    message: str = ""
    remark: str = ""  #: for the instructor: why to look at this answer
    chosen: str = ""  #: the letter that answers a question
    tried: tuple[Tried, ...] = ()  #: calls of an answer that is not right


def read_check(source: str) -> Check:
    """Take a check's cell apart.

    Raises:
        SyntaxError: a hidden part is not Python.
    """
    check = Check(without_hidden(source))
    for part in hidden_parts(source):
        tree = ast.parse(part)
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        questions = list(_questions(tree))
        if {"inputs", "verdict"} <= names:
            check.exercises.append(_exercise(tree))
        elif questions:
            check.questions.extend(questions)
        else:
            check.assertions.append(part)
    return check


def judge_exercise(exercise: Exercise, inputs: Inputs, outputs: Outputs) -> Mark:
    """Return the mark for what a student's functions returned."""
    for name, call in inputs.items():
        output = outputs.get(name, Failure("it gave no answer"))
        if isinstance(output, Failure):
            message = plain_text(f"{call.function}({name}): {output.reason}.", 1000)
            return Mark(False, message, tried=(describe_call(name, call, output),))
    watched = Watched(outputs)
    try:
        exercise.verdict(inputs, watched)
    except AssertionError as error:
        tried = describe_calls(inputs, watched, error.__traceback__)
        return Mark(False, plain_text(error, 1000), tried=tried)
    except Exception as error:  # a result of an odd form, or a mistake in the verdict
        reason = plain_line(f"{type(error).__name__}: {error}")
        remark = f"a verdict stopped with {reason}: look at the answer"
        message = "The result does not have the form that was asked for."
        return Mark(False, message, remark, tried=describe_calls(inputs, watched, None))
    return Mark(True)


def judge_question(question: Question, answer_source: str) -> Mark:
    """Return the mark for a quiz answer, which is read from its cell's source and never run."""
    choices = "".join(question.reasons)
    try:
        chosen = read_letter(answer_source, question.variable, choices)
    except ValueError as error:
        return Mark(False, str(error))
    why = question.reasons[chosen]
    if chosen == question.right:
        return Mark(True, f"({chosen}) is right. {why}", chosen=chosen)
    right = f"The right answer is ({question.right}): {question.reasons[question.right]}"
    return Mark(False, f"({chosen}) is not right. {why} {right}", chosen=chosen)


def read_letter(source: str, variable: str, choices: str) -> str:
    """Return the letter that a cell assigns to a variable; ``b``, `` B `` and ``(b)`` are alike.

    Raises:
        ValueError: there is no such letter; the message says what to write.
    """
    offered = f"{', '.join(choices[:-1])} or {choices[-1]}"
    try:
        values = list(_values(ast.parse(source), variable))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(f"The cell of the answer is not Python: write {offered}.") from None
    value = values[-1] if values else None
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        raise ValueError(f'Write the letter in quotes, {variable} = "{choices[0]}": {offered}.')
    try:
        return quiz.letter(value.value, choices)
    except AssertionError as problem:
        raise ValueError(plain_line(problem, 120)) from None


def call(
    function: str,
    *args: Any,
    traced: bool = False,
    memory: int | None = None,
    slopes: tuple[int, ...] = (),
) -> Call:
    """Return a call of a student's function, for ``inputs``."""
    return Call(function, args, traced, memory, slopes)


def recipe(name: str, **values: Any) -> Recipe:
    """Return a value that is built in the kernel, for ``inputs``."""
    return Recipe(name, values)


#: what ``inputs`` and ``verdict`` may use beside what they define themselves
GIVEN: dict[str, Any] = {"np": np, "check": check_module, "call": call, "recipe": recipe}


def _exercise(tree: ast.Module) -> Exercise:
    namespace = dict(GIVEN)
    exec(compile(tree, "<hidden test>", "exec"), namespace)
    return Exercise(namespace["inputs"], namespace["verdict"])


def _questions(tree: ast.Module) -> Iterator[Question]:
    """Yield what ``quiz.mark(answer_x, "b", {...})`` says; its arguments are literals."""
    for node in tree.body:
        match node:
            case ast.Expr(
                ast.Call(
                    ast.Attribute(ast.Name("quiz"), "mark"),
                    [ast.Name(variable), right, reasons],
                )
            ):
                yield Question(variable, ast.literal_eval(right), ast.literal_eval(reasons))


def _values(tree: ast.Module, variable: str) -> Iterator[ast.expr | None]:
    """Yield what a cell assigns to a variable, in order."""
    for node in tree.body:
        match node:
            case ast.Assign(targets, value) if any(
                isinstance(target, ast.Name) and target.id == variable for target in targets
            ):
                yield value
            case ast.AnnAssign(ast.Name(name), _, value) if name == variable:
                yield value
