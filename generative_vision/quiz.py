"""The reply of a quiz question's cell to an answer.

The questions themselves are in each lesson's ``quiz.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping


def accept(answer: object, choices: str) -> None:
    """Print that the answer is one of the choices, but not whether it is right.

    Args:
        answer: what the student wrote, such as ``"b"`` or ``" B "``.
        choices: the letters of the choices, such as ``"abcd"``.

    Raises:
        AssertionError: no answer yet, or not one of the letters.
    """
    __tracebackhide__ = True
    chosen = letter(answer, choices)
    print(f"Your answer is ({chosen}). Whether it is right, and why, comes with the marks.")


def mark(answer: object, right: str, reasons: Mapping[str, str]) -> None:
    """Print why the answer is right.

    Marking reads this call and never runs it: its sentences are those of
    ``course.grading.checks.judge_question``, which say the same.

    Args:
        answer: what the student wrote.
        right: the letter of the right choice.
        reasons: letter to reason, for every choice.

    Raises:
        AssertionError: the answer is wrong or none of the letters; its message gives the reason,
            and for a wrong answer the right one.
    """
    __tracebackhide__ = True
    chosen = letter(answer, "".join(reasons))
    if chosen != right:
        raise AssertionError(
            f"({chosen}) is not right. {reasons[chosen]} "
            f"The right answer is ({right}): {reasons[right]}"
        )
    print(f"({chosen}) is right. {reasons[chosen]}")


def tell(answer: object, right: str, reasons: Mapping[str, str]) -> None:
    """Print whether the answer is right, and why: for a quiz without points. Raises no error."""
    try:
        chosen = letter(answer, "".join(reasons))
    except AssertionError as problem:
        print(problem)
    else:
        print(f"({chosen}) is {'' if chosen == right else 'not '}right. {reasons[chosen]}")


def letter(answer: object, choices: str) -> str:
    """Return the letter that an answer means; ``b``, `` B `` and ``(b)`` are alike.

    Raises:
        AssertionError: it is none of the choices; the message says what to write.
    """
    __tracebackhide__ = True
    offered = ", ".join(choices[:-1]) + " or " + choices[-1]
    if not isinstance(answer, str):
        raise AssertionError(f'Write the letter in quotes, such as "{choices[0]}": {offered}.')
    chosen = str.lower(str.strip(answer))  # plain, even if a subclass of str overrides __eq__
    chosen = chosen.removeprefix("(").removesuffix(")").strip()  # as the question prints it
    if not chosen:
        raise AssertionError(f"No answer yet: write {offered} between the quotes.")
    if len(chosen) != 1 or chosen not in choices:
        raise AssertionError(f"{answer[:30]!r} is not one of the choices: write {offered}.")
    return chosen
