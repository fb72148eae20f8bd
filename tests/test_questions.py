"""``quiz.toml``: every mistake in it is answered with its place and a remedy."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from conftest import QUIZ

from generative_vision.course import CourseError
from generative_vision.course.questions import read_questions

MISTAKES = {
    "not TOML": ('id = "second"', "id = second", r"quiz\.toml cannot be read as TOML"),
    "unknown key at the top": (
        '[[question]]\nid = "main_purpose"',
        'colour = 1\n[[question]]\nid = "main_purpose"',
        r"the top level: unknown key 'colour'; the known ones are seed, question",
    ),
    "unknown key": (
        'id = "second"',
        'id = "second"\npoints = 3',
        r"number 2 \(second\): unknown key 'points'; the known ones are id, text, choice",
    ),
    "no id": ('id = "second"\n', "", r"number 2: the key 'id' is missing"),
    "no text": (
        'text = "Which of these is even?"\n',
        "",
        r"number 2 \(second\): the key 'text' is missing",
    ),
    "bad id": (
        'id = "second"',
        'id = "2nd-one"',
        r"number 2 \(2nd-one\): id = '2nd-one': it must be a short Python name in lower case",
    ),
    "number as id": (
        'id = "second"',
        "id = 2",
        r"number 2 \(2\): id = 2: expected a text in quotes",
    ),
    "overlong id": ('id = "second"', f'id = "{"s" * 60}"', "it must be a short Python name"),
    "id twice": (
        'id = "second"',
        'id = "main_purpose"',
        r"the question id 'main_purpose' stands twice; give each its own",
    ),
    "one choice": (
        QUIZ[QUIZ.index('[[question.choice]]\ntext = "five"') :],
        "",
        r"number 2 \(second\): choice: expected at least 2, found 1",
    ),
    "no reason": (
        'reason = "Seven is a prime above two."\n',
        "",
        r"number 2 \(second\), \[\[question.choice\]\] number 3: the key 'reason' is missing",
    ),
    "unknown choice key": (
        'text = "five"',
        'text = "five"\nwrong = true',
        r"choice\]\] number 2: unknown key 'wrong'; the known ones are text, reason, right",
    ),
    "empty text": (
        'text = "five"',
        'text = ""',
        r"choice\]\] number 2: text = '': expected a text that is not empty",
    ),
    "too many choices": (
        'text = "five"',
        ('text = "no"\nreason = "no"\n[[question.choice]]\n' * 4) + 'text = "five"',
        r"choice: expected 6 at most, found 7",
    ),
    "two right": (
        'text = "five"',
        'text = "five"\nright = true',
        r"number 2 \(second\): 2 choices are marked right; write right = true in exactly one",
    ),
    "none right": (
        'text = "four"\nright = true',
        'text = "four"',
        r"number 2 \(second\): 0 choices are marked right",
    ),
    "right in quotes": (
        'text = "four"\nright = true',
        'text = "four"\nright = "true"',
        r"number 1: right = 'true': expected true or false",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_place_and_remedy(tmp_path: Path, name: str):
    old, new, message = MISTAKES[name]
    assert QUIZ.count(old) == 1
    path = tmp_path / "quiz.toml"
    path.write_text(QUIZ.replace(old, new))
    with pytest.raises(CourseError, match=message) as caught:
        read_questions(path)
    assert str(path) in str(caught.value)


def test_a_missing_quiz_is_named(tmp_path: Path):
    with pytest.raises(CourseError, match="quiz.toml is missing: each lesson has a quiz"):
        read_questions(tmp_path / "quiz.toml")


def test_a_question_knows_its_choices_by_letter(tmp_path: Path):
    path = tmp_path / "quiz.toml"
    path.write_text(QUIZ.replace("Which of these is even?", "Which of these\\n   is even?"))
    _, second = read_questions(path)
    assert second.text == "Which of these is even?"
    assert second.choices == {"a": "four", "b": "five", "c": "seven"}
    assert second.reasons["c"] == "Seven is a prime above two."
    assert second.right == "a"
    assert second.variable == "answer_second"


MANY = "seed = {seed}\n" + "".join(
    f"""
[[question]]
id = "question_{number}"
text = "Which is right?"
choice = [
    {{ text = "right", reason = "It is.", right = true }},
    {{ text = "one", reason = "No." }},
    {{ text = "two", reason = "No." }},
    {{ text = "three", reason = "No." }},
]
"""
    for number in range(8)
)


@pytest.fixture
def drawn(tmp_path: Path):
    """Return a function that gives the questions in the order that a seed draws."""

    def read(seed: int):
        path = tmp_path / "quiz.toml"
        path.write_text(MANY.replace("{seed}", str(seed)))
        return read_questions(path)

    return read


def test_whoever_knows_seven_answers_is_not_told_the_eighth(drawn):
    """As they are where the right choice stands equally often at each place."""
    keys = [[question.right for question in drawn(seed)] for seed in range(200)]
    assert set(Counter(key[-1] for key in keys)) == set("abcd")
    told = [min("abcd", key=key[:-1].count) == key[-1] for key in keys]
    assert sum(told) < 80


def test_one_seed_gives_two_quizzes_two_keys(tmp_path: Path):
    keys = []
    for name in ("question", "other"):
        path = tmp_path / f"{name}.toml"
        path.write_text(MANY.replace("{seed}", "3").replace("question_", f"{name}_"))
        keys.append([question.right for question in read_questions(path)])
    assert keys[0] != keys[1]


def test_a_private_seed_that_can_be_guessed_is_refused(tmp_path: Path):
    """The seed and the questions' ids are all that the places of the right choices need."""
    path = tmp_path / "quiz.toml"
    path.write_text(MANY.replace("{seed}", "3"))
    with pytest.raises(CourseError, match="knows the key") as refusal:
        read_questions(path, private=True)
    advised = re.search(r"seed = (\d+)", str(refusal.value))
    assert advised is not None
    path.write_text(MANY.replace("{seed}", advised[1]))
    assert len(read_questions(path, private=True)) == 8


def test_a_seed_draws_one_order(drawn):
    assert drawn(3) == drawn(3)


def test_another_seed_draws_another_order(drawn):
    assert [q.choices for q in drawn(3)] != [q.choices for q in drawn(4)]


def test_a_drawn_order_loses_no_choice(drawn):
    kept = {tuple(sorted(question.choices.values())) for question in drawn(3)}
    assert kept == {("one", "right", "three", "two")}


def test_each_choice_keeps_its_reason_in_a_drawn_order(drawn):
    reasons = {question.reasons[question.right] for question in drawn(3)}
    assert reasons == {"It is."}
