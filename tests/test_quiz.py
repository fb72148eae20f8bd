"""A quiz question's three ways to answer."""

import pytest

from generative_vision import quiz

REASONS = {"a": "Apples.", "b": "Bees."}


@pytest.mark.parametrize("answer", ["b", " B ", "(b)"])
def test_accept_does_not_tell(answer, capsys):
    quiz.accept(answer, "abcd")
    assert "(b)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("", "No answer yet: write a, b, c or d"),
        ("e", "'e' is not one"),
        ("ab", "not one"),
        (2, "letter in quotes"),
        (None, "letter in quotes"),
    ],
)
def test_no_letter(answer, words):
    with pytest.raises(AssertionError, match=words):
        quiz.accept(answer, "abcd")
    with pytest.raises(AssertionError):
        quiz.mark(answer, "a", {**REASONS, "c": "", "d": ""})


def test_mark_gives_the_reason(capsys):
    quiz.mark("a", "a", REASONS)
    assert capsys.readouterr().out == "(a) is right. Apples.\n"
    message = r"\(b\) is not right. Bees. The right answer is \(a\): Apples."
    with pytest.raises(AssertionError, match=message):
        quiz.mark("b", "a", REASONS)


@pytest.mark.parametrize(
    ("answer", "words"),
    [("a", "(a) is right. Apples."), ("b", "(b) is not right. Bees."), ("", "No answer yet")],
)
def test_tell_never_raises(answer, words, capsys):
    quiz.tell(answer, "a", REASONS)
    assert words in capsys.readouterr().out


def test_a_string_that_equals_everything_is_only_its_letter():
    class Sly(str):
        def __eq__(self, other):
            return True

        def __ne__(self, other):
            return False

        __hash__ = str.__hash__

    with pytest.raises(AssertionError, match="not right"):
        quiz.mark(Sly("b"), "a", REASONS)
