"""What a quiz question does when its cell runs. The questions themselves stand in each lesson's ``quiz.toml``."""

from __future__ import annotations

from collections.abc import Mapping


def accept(answer, choices: str) -> None:
    """Print that the answer is one of the letters offered, without saying whether it is right.

    Args:
        answer: what the student wrote, such as ``"b"`` or ``" B "``.
        choices: the letters offered, such as ``"abcd"``.

    Raises:
        AssertionError: no answer yet, or not one of the letters.
    """
    __tracebackhide__ = True
    print(f"Your answer is ({_letter(answer, choices)}). Whether it is right, and why, comes with the marks.")


def mark(answer, right: str, reasons: Mapping[str, str]) -> None:
    """Print why the answer is right, or raise ``AssertionError`` with why it is not and what is.

    Args:
        answer: what the student wrote.
        right: the letter of the right choice.
        reasons: letter to reason, for every choice.
    """
    __tracebackhide__ = True
    chosen = _letter(answer, "".join(reasons))
    if chosen != right:
        raise AssertionError(f"({chosen}) is not right. {reasons[chosen]} The right answer is ({right}): {reasons[right]}")
    print(f"({chosen}) is right. {reasons[chosen]}")


def tell(answer, right: str, reasons: Mapping[str, str]) -> None:
    """Print at once whether the answer is right, and why; for quizzes that carry no points. Never raises."""
    try:
        chosen = _letter(answer, "".join(reasons))
    except AssertionError as problem:
        print(problem)
    else:
        print(f"({chosen}) is {'' if chosen == right else 'not '}right. {reasons[chosen]}")


def _letter(answer, choices: str) -> str:
    __tracebackhide__ = True
    offered = ", ".join(choices[:-1]) + " or " + choices[-1]
    if not isinstance(answer, str):
        raise AssertionError(f'write the letter in quotes, such as "{choices[0]}": {offered}.')
    chosen = str.lower(str.strip(answer))  # a plain string, also from a subclass that compares as it likes
    if not chosen:
        raise AssertionError(f"no answer yet: write {offered} between the quotes.")
    if len(chosen) != 1 or chosen not in choices:
        raise AssertionError(f"{answer!r} is not one of the choices: write {offered}.")
    return chosen
