"""What a page tells of the calls that a hidden check made."""

from __future__ import annotations

import numpy as np
import pytest

from generative_vision import check
from generative_vision.answering import Call, Failure, Recipe
from generative_vision.course.grading.checks import Exercise, judge_exercise
from generative_vision.course.grading.tried import MAX_TEXT, describe, describe_call


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "None"),
        (True, "True"),
        (3, "3"),
        (10**30, "1e+30"),
        (0.123456, "0.1235"),
        (np.float32(2.5), "2.5"),
        ("word", '"word"'),
        ([1, 2.0], "[1, 2]"),
        ((1, [2]), "(1, [2])"),
        (list(range(20)), "list of 20, first 0"),
        (np.array([[1.0, 2.0], [3.0, 4.5]]), "[[1, 2], [3, 4.5]]"),
        (np.zeros((6, 28, 28, 1)), "array of 6 × 28 × 28 × 1 (all 0)"),
        (np.linspace(-1, 1, 30), "array of 30 (from -1 to 1)"),
        (np.array([np.nan, *range(9)]), "array of 10 (from 0 to 8; 1 NaN or infinite)"),
        (np.full(9, np.inf), "array of 9 (NaN or infinite)"),
        (np.zeros((0, 3)), "array of 0 × 3 (empty)"),
        (Recipe("rng", {"seed": 3}), "a random generator"),
        (Recipe("linear", {"slope": 0.5, "drift": 2}), "the function 0.5 x + 2 t"),
        (
            Recipe("square", {"slope": np.ones(9), "drift": 2}),
            "the function array of 9 (all 1) x² + 2 t²",
        ),
        (Recipe("tensor", {"array": np.ones(9)}), "tensor of 9 (all 1)"),
        (object(), "object"),
    ],
)
def test_a_value_in_words(value, words):
    assert describe(value) == words


def test_a_value_takes_one_short_line():
    assert len(describe(["word" * 100] * 8)) <= MAX_TEXT + 2
    assert "\n" not in describe("a\nb")


def test_a_call_that_failed_has_no_output():
    assert describe_call("x", Call("double", (1,)), Failure("it stopped")).output == ""


def judge(verdict, outputs: dict) -> list[str]:
    """The names of the calls that are told of."""
    inputs = {name: Call("f", (name,)) for name in outputs}
    mark = judge_exercise(Exercise(lambda rng: inputs, verdict), inputs, outputs)
    return [tried.name for tried in mark.tried]


OUTPUTS = {"first": np.zeros(3), "second": np.ones((3, 2)), "third": 5.0, "fourth": 6.0}


def test_the_call_that_a_check_found_wrong_is_told():
    def verdict(inputs, outputs):
        kept = dict(outputs)
        check.close("first", kept["first"], 0 * kept["first"])
        check.close("a column", kept["second"][:, 0], np.zeros(3))

    assert judge(verdict, OUTPUTS) == ["second"]


def test_so_is_one_of_a_wrong_shape():
    def verdict(inputs, outputs):
        a, b = outputs["first"], outputs["second"]
        check.close("second", b, a)

    assert judge(verdict, OUTPUTS) == ["second"]


def test_where_the_call_is_not_known_those_that_were_looked_at_are_told():
    def verdict(inputs, outputs):
        check.true(outputs["third"] + outputs["first"].sum() < 1, "Too much.")

    assert judge(verdict, OUTPUTS) == ["third", "first"]


def test_so_it_is_where_a_verdict_stops():
    def verdict(inputs, outputs):
        outputs["third"].shape  # noqa: B018

    assert judge(verdict, OUTPUTS) == ["third"]


def test_three_calls_are_enough():
    def verdict(inputs, outputs):
        check.true(sum(np.sum(outputs[name]) for name in outputs) < 1, "Too much.")

    assert judge(verdict, OUTPUTS) == ["first", "second", "third"]
