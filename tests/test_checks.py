"""A check taken apart, answers read and plain data judged; no kernel runs here."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from generative_vision.answering import (
    Call,
    Failure,
    Recipe,
    decode,
    encode,
    read_answers,
    reply,
    write_request,
)
from generative_vision.course.grading.checks import (
    Exercise,
    judge_exercise,
    judge_question,
    read_check,
    read_letter,
)

CHECK = """\
check.true(True, "seen")
### BEGIN HIDDEN TESTS
def inputs(rng):
    return {"one": call("f", rng.normal(size=2))}


def verdict(inputs, outputs):
    check.close("f(x)", outputs["one"], inputs["one"].args[0])
### END HIDDEN TESTS
### BEGIN HIDDEN TESTS
quiz.mark(answer_x, "b", {"a": "why not", "b": "why"})
### END HIDDEN TESTS
### BEGIN HIDDEN TESTS
assert f(1) == 1
### END HIDDEN TESTS
"""


def test_a_check_is_taken_apart():
    parts = read_check(CHECK)
    assert parts.visible == 'check.true(True, "seen")'
    assert len(parts.exercises) == 1
    assert [question.right for question in parts.questions] == ["b"]
    assert parts.source == 'check.true(True, "seen")\nassert f(1) == 1\n'


def test_inputs_are_drawn_anew_each_time():
    (exercise,) = read_check(CHECK).exercises
    draws = {exercise.draw()["one"].args[0].tobytes() for _ in range(10)}
    assert len(draws) == 10
    again = {exercise.draw(7, 1, 0)["one"].args[0].tobytes() for _ in range(3)}
    assert len(again) == 1
    assert exercise.draw(7, 1, 1)["one"].args[0].tobytes() not in again


@pytest.mark.parametrize("answer", ["b", " B ", "(b)", "( b )", "B"])
def test_a_letter_is_read_in_any_dress(answer):
    assert read_letter(f'answer_x = "{answer}"  # a or b', "answer_x", "ab") == "b"


@pytest.mark.parametrize(
    ("source", "letter"),
    [
        ('answer_x = "a"\nanswer_x = "b"', "b"),
        ('answer_x: str = "b"', "b"),
        ('y = answer_x = "b"', "b"),
        ('import os\nos._exit(0)\nanswer_x = "b"', "b"),
    ],
)
def test_the_last_assignment_counts_and_nothing_runs(source, letter):
    assert read_letter(source, "answer_x", "ab") == letter


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('answer_x = ""', "No answer yet: write a or b between the quotes"),
        ("answer_x = b", 'Write the letter in quotes, answer_x = "a": a or b'),
        ("answer_x = 2", "Write the letter in quotes"),
        ("answer_x = 'a' if now else 'b'", "Write the letter in quotes"),
        ("answer_x = chr(98)", "Write the letter in quotes"),
        ("", "Write the letter in quotes"),
        ('answer_x = "c"', "'c' is not one of the choices: write a or b"),
        ('answer_x = "ab"', "'ab' is not one of the choices"),
        ('answer_x = "((b))"', "is not one of the choices"),
        ("answer_x = (", "The cell of the answer is not Python"),
        ("(" * 5000, "The cell of the answer is not Python"),
        ("answer_x = '\0'", "The cell of the answer is not Python"),
    ],
)
def test_what_is_no_letter(source, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        read_letter(source, "answer_x", "ab")


def test_a_question_is_answered_with_reasons():
    (question,) = read_check(CHECK).questions
    assert judge_question(question, 'answer_x = "b"').message == "(b) is right. why"
    wrong = judge_question(question, 'answer_x = "a"')
    assert not wrong.right
    assert wrong.message == "(a) is not right. why not The right answer is (b): why"


def judge(verdict, output):
    return judge_exercise(Exercise(lambda rng: {}, verdict), {"x": Call("f", ())}, {"x": output})


def test_a_verdict_without_objection_is_right():
    assert judge(lambda inputs, outputs: None, 1).right


def test_a_failed_call_is_wrong_whatever_the_verdict_says():
    mark = judge(lambda inputs, outputs: None, Failure("ValueError: no"))
    assert not mark.right
    assert mark.message == "f(x): ValueError: no."


def test_a_missing_answer_is_wrong():
    exercise = Exercise(lambda rng: {}, lambda inputs, outputs: None)
    assert not judge_exercise(exercise, {"x": Call("f", ())}, {}).right


def test_a_verdict_that_stops_is_wrong_and_noted():
    mark = judge(lambda inputs, outputs: outputs["x"].shape, 1)
    assert not mark.right
    assert "AttributeError" in mark.remark


VALUES = [
    None,
    True,
    3,
    -2.5,
    "text",
    [1, [2.0, "x"]],
    (1, 2),
    np.arange(6, dtype="uint8").reshape(2, 3),
    np.array(2.5),
    np.zeros((0, 3)),
    np.ones(3, ">f8"),
    np.array([np.nan, np.inf]),
    np.array([True]),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_plain_data_comes_back_as_it_was(value):
    again = decode(json.loads(json.dumps(encode(value))))
    assert type(again) is type(value)
    np.testing.assert_equal(again, value)


@pytest.mark.parametrize("value", [object(), {1: 2}, np.array([object()]), np.array(["x"]), 1j])
def test_other_data_is_refused(value):
    with pytest.raises(TypeError, match="expected numbers or an array"):
        encode(value)


FORGED = [
    None,
    [],
    3,
    {},
    {"plain": []},
    {"plain": 10**400},
    {"list": [{"plain": -(2**65)}]},
    {"plain": 1, "more": 2},
    {"list": 3},
    {"recipe": "rng", "values": {}},
    {"dtype": "|O", "shape": [1], "data": "AAAAAAAAAAA="},
    {"dtype": "<f8", "shape": [10**12], "data": ""},
    {"dtype": "<f8", "shape": [-1], "data": ""},
    {"dtype": "<f8", "shape": [True], "data": "AAAAAAAAAAA="},
    {"dtype": "<f8", "shape": [2], "data": "AAAA"},
    {"dtype": "<f8", "shape": [1] * 40, "data": "AAAAAAAAAAA="},
    {"dtype": "<f8", "shape": [1], "data": "*"},
]


@pytest.mark.parametrize("forged", FORGED, ids=str)
def test_forged_data_is_a_failure(forged):
    with pytest.raises(ValueError, match=r"not |base64|padding"):
        decode(forged)
    answers = read_answers(json.dumps({"x": {"value": forged}}), {"x": Call("f", ())})
    assert isinstance(answers["x"], Failure)


@pytest.mark.parametrize("text", ["", "[", "[]", "null", '{"x": 3}', "[" * 100_000])
def test_a_forged_answer_is_a_failure(text):
    assert isinstance(read_answers(text, {"x": Call("f", ())})["x"], Failure)


def answers(call, **names):
    calls = {"x": call}
    return read_answers(json.dumps(reply(write_request(calls), names)), calls)["x"]


def test_functions_are_called_on_plain_data_and_recipes():
    call = Call("f", (2, Recipe("rng", {"seed": 1})))
    drawn = np.random.default_rng(1).normal(size=2)
    np.testing.assert_equal(answers(call, f=lambda n, rng: rng.normal(size=n)), drawn)


def leave(x):
    raise SystemExit


def spoil(x):
    x[:] = 0
    return x


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (leave, "SystemExit"),
        (spoil, "it changes what it was given"),
        (lambda x: object(), "expected numbers or an array"),
        (lambda x: np.zeros(10**7), "10,000,000 numbers; 4,000,000 at most"),
    ],
)
def test_a_call_that_fails_says_why(function, reason):
    assert reason in answers(Call("f", (np.ones(3),)), f=function).reason


def test_a_function_that_is_not_there_is_named():
    assert answers(Call("f", ())).reason == "there is no function f in the notebook"


def test_a_call_that_holds_more_memory_than_is_allowed_says_how_much():
    call = Call("f", (2,), memory=10**6)
    assert "it holds 8 MB at a time" in answers(call, f=lambda x: np.zeros(10**6).sum()).reason
    assert answers(call, f=lambda x: np.zeros(10**4).sum()) == 0


def test_a_function_for_a_model_must_be_traceable():
    from keras import ops

    call = Call("f", (np.ones((2, 3), "float32"),), traced=True)
    np.testing.assert_equal(answers(call, f=lambda x: ops.sum(x)), np.float32(6))
    assert "keras.ops" in answers(call, f=lambda x: np.float32(np.asarray(x).sum())).reason
