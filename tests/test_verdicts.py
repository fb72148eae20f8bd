"""Every exercise's verdict, reached on right and wrong answers; the functions are called here."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from verdicts import SLUGS, Cells, answered, answers, cells, exercise, form, judge, marks

from generative_vision.answering import Failure, write_request
from generative_vision.course.grading.checks import Mark, judge_exercise, read_check

EXERCISES = [(slug, name) for slug in SLUGS for name in answers(slug)]
NO_INPUTS = {"reading"}  # exercises that ask for opinions, the same for everybody
# what takes no thought: expressions in the arguments
CHEAP = {
    "nothing": "None",
    "zero": "0.0",
    "one": "1",
    "not a number": "np.nan",
    "a text": "'1'",
    "an empty list": "[]",
    "a table of texts": "np.array([['1']])",
    "the first argument": "given[0]",
    "the second": "given[1]",
    "the last": "given[-1]",
    "the first two": "given[:2]",
    "zeros": "np.zeros(np.shape(given[0]))",
    "two of zeros": "(0 * np.asarray(given[0]), 0 * np.asarray(given[0]))",
    "zeros in a list's shapes": "[np.zeros_like(part) for part in given[0]]",
    "NaN everywhere": "np.full(np.shape(given[0]), np.nan)",
    "an axis more": "np.asarray(given[0])[None]",
    "one row": "np.asarray(given[0])[:1]",
    "the mean": "np.mean(given[0])",
    "a column of means": "np.mean(given[0], axis=-1, keepdims=True)",
}


@pytest.mark.parametrize(("slug", "name"), EXERCISES)
def test_the_lessons_own_answer_is_right(slug, name):
    assert judge(slug, name, cells(slug)[name]) == ""


@pytest.mark.parametrize(("slug", "name"), EXERCISES)
def test_other_right_answers_are_right(slug, name):
    known = answers(slug)[name]
    for code in (known["right"], *known.get("also right", ())):
        assert judge(slug, name, code) == "", code


@pytest.mark.parametrize(("slug", "name"), EXERCISES)
def test_wrong_answers_are_wrong(slug, name):
    accepted = [code for code in answers(slug)[name]["wrong"] if not judge(slug, name, code)]
    assert accepted == []


@pytest.mark.parametrize(("slug", "name"), [one for one in EXERCISES if one[1] not in NO_INPUTS])
def test_most_calls_are_new_in_each_draw(slug, name):
    """Else a table of what was asked before answers them."""
    draws = [exercise(slug, name).inputs(np.random.default_rng(seed)) for seed in range(9)]
    *earlier, new = [{write_request({"": call}) for call in draw.values()} for draw in draws]
    assert len(new.difference(*earlier)) > len(new) * 2 / 5


@functools.cache
def cheap_marks(slug: str, name: str) -> dict[str, Mark]:
    """The mark of each cheap answer: every function of the exercise returns the same expression."""
    (exercise,) = read_check(cells(slug)[f"{name}-check"]).exercises
    functions = dict.fromkeys(call.function for call in exercise.draw().values())
    found = {}
    for what, expression in CHEAP.items():
        lines = (f"{function} = lambda *given: {expression}" for function in functions)
        (found[what],) = marks(slug, name, "\n".join(lines))
    return found


@pytest.mark.parametrize(("slug", "name"), EXERCISES)
def test_cheap_answers_are_wrong(slug, name):
    assert [what for what, mark in cheap_marks(slug, name).items() if mark.right] == []


@pytest.mark.parametrize(("slug", "name"), [one for one in EXERCISES if one[1] not in NO_INPUTS])
def test_a_table_of_earlier_draws_is_wrong(slug, name):
    """What was right once, looked up by the shapes of arrays and by small values, never by data."""
    known: dict[str, object] = {}
    for seed in range(1, 4):
        inputs, outputs = answered(slug, name, cells(slug)[name], seed)
        known |= {form(call): outputs[which] for which, call in inputs.items()}
    (exercise,) = read_check(cells(slug)[f"{name}-check"]).exercises
    inputs = exercise.inputs(np.random.default_rng(0))
    found = {which: known.get(form(call), Failure("new")) for which, call in inputs.items()}
    advice = "inputs(rng) calls the functions alike each time: let it draw a shape or a number, too"
    assert not judge_exercise(exercise, inputs, found).right, advice


@pytest.mark.parametrize(("slug", "name"), EXERCISES)
def test_a_result_of_an_odd_form_is_judged_in_words(slug, name):
    """No verdict stops, so that the instructor need not look at the answer."""
    marked = cheap_marks(slug, name).items()
    assert {what: mark.remark for what, mark in marked if mark.remark} == {}


def test_an_entry_without_an_exercise_is_named():
    with pytest.raises(AssertionError, match="grade_id 'old-check': .* the entry 'old' of"):
        judge(SLUGS[0], "old", "")


def test_a_check_of_another_name_is_told():
    with pytest.raises(AssertionError, match=r"grade_id 'old-check': name the check so\.$"):
        Cells(SLUGS[0], {"old": "", "new-check": ""})["old-check"]


@pytest.mark.parametrize("slug", SLUGS)
def test_no_exercise_is_left_to_the_students_kernel(slug):
    checks = {name: read_check(source) for name, source in cells(slug).items() if "-check" in name}
    assert [name for name, check in checks.items() if check.assertions] == []
