"""The lessons' exercises without a kernel: their cells, and what a check says to an answer."""

from __future__ import annotations

import ast
import contextlib
import functools
import io
import json
import runpy
import warnings
from pathlib import Path

import nbformat
import numpy as np

from generative_vision.answering import Call, Recipe, read_answers, reply, write_request
from generative_vision.course.grading.checks import (
    Exercise,
    Inputs,
    Mark,
    Outputs,
    judge_exercise,
    read_check,
)
from generative_vision.course.manifest import find_root, read_course
from generative_vision.course.source import read_source

TESTS = Path(__file__).parent
COURSE = read_course(find_root(TESTS))
SLUGS = [lesson.slug for lesson in COURSE.lessons]
SLIPS = sorted(path.stem for path in (TESTS / "slips").glob("*.py"))  # lessons that have a list


@functools.cache
def answers(slug: str) -> dict[str, dict]:
    """Right answers and wrong ones, by exercise."""
    return runpy.run_path(str(TESTS / "answers" / f"{slug}.py"))["ANSWERS"]


@functools.cache
def slips(slug: str) -> dict[str, dict[str, str]]:
    """What is easily done wrong, by exercise, and code that does it."""
    return runpy.run_path(str(TESTS / "slips" / f"{slug}.py"))["SLIPS"]


@functools.cache
def notebook(slug: str) -> nbformat.NotebookNode:
    return read_source(COURSE, COURSE.lesson(slug))


class Cells(dict[str, str]):
    """Sources of a lesson's cells by name; one that is missing is told in a sentence."""

    def __init__(self, slug: str, sources: dict[str, str]) -> None:
        super().__init__(sources)
        self.slug = slug

    def __missing__(self, name: str) -> str:
        exercise = name.removesuffix("-check")
        remedy = f"rename or replace the entry {exercise!r} of answers and slips in tests/"
        if exercise in self:
            remedy = "name the check so"
        raise AssertionError(f"{self.slug} has no cell with the grade_id {name!r}: {remedy}.")


@functools.cache
def cells(slug: str) -> Cells:
    """The source of every graded and answer cell, by its name."""
    named = [cell for cell in notebook(slug).cells if "nbgrader" in cell.metadata]
    return Cells(slug, {cell.metadata.nbgrader.grade_id: cell.source for cell in named})


@functools.cache
def lesson_names(slug: str) -> dict:
    """What a lesson's body imports, sets as parameters and defines; nothing else of it runs."""
    names: dict = {}
    for cell in notebook(slug).cells:
        if cell.cell_type == "code" and "nbgrader" not in cell.metadata:
            kept = (ast.Import, ast.ImportFrom, ast.FunctionDef)
            tree = ast.parse(cell.source)
            if "parameters" not in cell.metadata.get("tags", []):
                tree.body = [node for node in tree.body if isinstance(node, kept)]
            exec(compile(tree, slug, "exec"), names)
    return names


def marks(slug: str, name: str, code: str, seed: int = 0) -> list[Mark]:
    """Return the marks of an answer, each with its reason; the functions are called here.

    A seed draws the hidden inputs, so that no test passes or fails by chance.
    """
    exercises = read_check(cells(slug)[f"{name}-check"]).exercises
    assert exercises
    drawn = [one.inputs(np.random.default_rng(seed)) for one in exercises]
    pairs = zip(exercises, drawn, strict=True)
    return [judge_exercise(one, inputs, results(slug, code, inputs)) for one, inputs in pairs]


def answered(slug: str, name: str, code: str, seed: int) -> tuple[Inputs, Outputs]:
    """Return an exercise's calls, and what an answer returns."""
    inputs = exercise(slug, name).inputs(np.random.default_rng(seed))
    return inputs, results(slug, code, inputs)


def results(slug: str, code: str, inputs: Inputs) -> Outputs:
    """Return what an answer's functions return when they are called on these inputs."""
    names = dict(lesson_names(slug))
    exec(code, names)
    return read_answers(json.dumps(reply(write_request(inputs), names)), inputs)


@functools.cache
def exercise(slug: str, name: str) -> Exercise:
    """The inputs and the verdict of an exercise that has one function pair of them."""
    (one,) = read_check(cells(slug)[f"{name}-check"]).exercises
    return one


@functools.cache
def references(slug: str, name: str) -> dict[str, str]:
    """Two right answers: the lesson's own, and another."""
    return {"own": cells(slug)[name], "another": answers(slug)[name]["right"]}


@functools.cache
def asked(slug: str, name: str) -> frozenset[str]:
    """The functions that an answer has to write; others in its cell are given."""
    source = cells(slug)[name]
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    whole = {one.name: ast.get_source_segment(source, one) or "" for one in functions}
    return frozenset(one for one, text in whole.items() if "BEGIN SOLUTION" in text)


def form(value: object) -> str:
    """Return a call or its argument as text, of arrays the shape alone, and no seed."""
    match value:
        case Call(function=function, args=args):
            return f"{function}{form(args)}"
        case Recipe(name=name, values=values):
            return f"{name}{[form(one) for key, one in values.items() if key != 'seed']}"
        case np.ndarray():
            return str(value.shape)
        case list() | tuple():
            return str([form(one) for one in value])
    return repr(value)


def judge(slug: str, name: str, code: str, seed: int = 0) -> str:
    """Return the verdicts' objections to an answer; nothing if they accept it."""
    wrong = [mark for mark in marks(slug, name, code, seed) if not mark.right]
    return " ".join(mark.message or "no reason" for mark in wrong)


@functools.cache
def see(slug: str, name: str, code: str) -> str:
    """Return what the visible part of a check says to an answer; nothing if it is content."""
    names = dict(lesson_names(slug))
    exec(code, names)
    check = read_check(cells(slug)[f"{name}-check"])
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            exec(compile(check.visible, f"{name}-check", "exec"), names)
        except AssertionError as error:
            return str(error)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    return ""
