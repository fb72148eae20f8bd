"""Every exercise's verdict, reached on right and wrong answers; the functions are called here."""

from __future__ import annotations

import ast
import functools
import importlib.util
import json
from pathlib import Path

import nbformat
import pytest

from generative_vision.answering import read_answers, reply, write_request
from generative_vision.course.grading.checks import judge_exercise, read_check
from generative_vision.course.manifest import find_root, read_course
from generative_vision.course.source import read_source

COURSE = read_course(find_root(Path(__file__).parent))


@functools.cache
def notebook(slug: str) -> nbformat.NotebookNode:
    return read_source(COURSE, COURSE.lesson(slug))


@functools.cache
def answers(slug: str) -> dict[str, dict]:
    path = Path(__file__).parent / "answers" / f"{slug}.py"
    spec = importlib.util.spec_from_file_location(f"answers_{slug[:2]}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ANSWERS


@functools.cache
def cells(slug: str) -> dict[str, str]:
    """The source of every graded and answer cell, by its name."""
    return {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in notebook(slug).cells
        if "nbgrader" in cell.metadata
    }


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


def judge(slug: str, name: str, code: str) -> str:
    """Return the verdicts' objections to an answer; nothing if they accept it."""
    names = dict(lesson_names(slug))
    exec(code, names)
    marks = []
    for exercise in read_check(cells(slug)[f"{name}-check"]).exercises:
        inputs = exercise.draw()
        outputs = read_answers(json.dumps(reply(write_request(inputs), names)), inputs)
        marks.append(judge_exercise(exercise, inputs, outputs))
    assert marks
    return " ".join(mark.message or "no reason" for mark in marks if not mark.right)


EXERCISES = [(lesson.slug, name) for lesson in COURSE.lessons for name in answers(lesson.slug)]


@pytest.mark.parametrize(("slug", "name"), EXERCISES)
def test_the_lessons_own_answer_is_right(slug, name):
    assert judge(slug, name, cells(slug)[name]) == ""


@pytest.mark.parametrize(("slug", "name"), EXERCISES)
def test_another_right_answer_is_right(slug, name):
    assert judge(slug, name, answers(slug)[name]["right"]) == ""


@pytest.mark.parametrize(("slug", "name"), EXERCISES)
def test_wrong_answers_are_wrong(slug, name):
    accepted = [code for code in answers(slug)[name]["wrong"] if not judge(slug, name, code)]
    assert accepted == []


@pytest.mark.parametrize("slug", [lesson.slug for lesson in COURSE.lessons])
def test_no_exercise_is_left_to_the_students_kernel(slug):
    checks = {name: read_check(source) for name, source in cells(slug).items() if "-check" in name}
    assert [name for name, check in checks.items() if check.assertions] == []
