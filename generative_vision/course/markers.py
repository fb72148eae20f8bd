"""nbgrader's markers in a cell's source: what stands between them, and the source without it."""

from __future__ import annotations

import re

BEGIN_SOLUTION, END_SOLUTION = "### BEGIN SOLUTION", "### END SOLUTION"
BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"

_HIDDEN = re.compile(
    rf"^[^\n]*{BEGIN_HIDDEN}[^\n]*\n(.*?)^[^\n]*{END_HIDDEN}[^\n]*\n?",
    flags=re.DOTALL | re.MULTILINE,
)
_SOLUTION = re.compile(
    rf"^([ \t]*){BEGIN_SOLUTION}.*?{END_SOLUTION}[^\n]*", flags=re.DOTALL | re.MULTILINE
)
_SOLUTION_LINES = re.compile(
    rf"^[ \t]*(?:{BEGIN_SOLUTION}|{END_SOLUTION})[^\n]*\n?", flags=re.MULTILINE
)


def without_hidden(source: str) -> str:
    """Return the source of a check without its hidden tests."""
    return _HIDDEN.sub("", source).rstrip("\n")


def hidden_parts(source: str) -> list[str]:
    """Return the hidden tests of a check, each as it stands between its markers."""
    return _HIDDEN.findall(source)


def without_answer(source: str) -> str:
    """Return the source of an exercise as it is released: an error in place of the answer."""
    return _SOLUTION.sub(r"\1raise NotImplementedError()", source)


def without_markers(source: str) -> str:
    """Return the source of an exercise with its answer, without the lines that delimit it."""
    return _SOLUTION_LINES.sub("", source).rstrip("\n")
