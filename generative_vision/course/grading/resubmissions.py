"""Which of several notebooks of a student is the last, and by which sign."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from generative_vision.course.grading.layouts import Label


@dataclass(frozen=True)
class Candidate:
    """One of several notebooks of the same student and lesson."""

    name: str  #: of the file
    label: Label
    submitted: datetime | None  #: by its time stamp
    changed: datetime | None  #: by the file system
    content: str  #: a hash


def _by_name(candidate: Candidate) -> float:
    """Order a name's additions: a backup with a date is older, a number counts upwards.

    The notebook as it was handed out comes before a copy that Jupyter or a file manager made.
    """
    match candidate.label.copy:
        case "date":
            return -2
        case "copy":
            return -1
        case "":
            return 0
    return candidate.label.number


#: signs from the surest on: what it is called, and its value in a candidate or None
_SIGNS: tuple[tuple[str, Callable[[Candidate], Any]], ...] = (
    ("time stamp", lambda candidate: candidate.submitted),
    ("number in Canvas", lambda candidate: candidate.label.upload or None),
    ("attempt", lambda candidate: candidate.label.attempt),
    ("name", _by_name),
    ("date of change", lambda candidate: candidate.changed),
)


def choose_last(candidates: Sequence[Candidate]) -> tuple[int, str]:
    """Return which candidate was handed in last, and a remark that says how that was told."""
    if len(candidates) == 1:
        return 0, ""
    left = list(range(len(candidates)))
    sign = ""
    for name, value in _SIGNS:
        values = {index: value(candidates[index]) for index in left}
        if None in values.values() or len(set(values.values())) == 1:
            continue
        last = max(values.values())
        left = [index for index in left if values[index] == last]
        sign = name
        if len(left) == 1:
            break
    count = f"{len(candidates)} notebooks were handed in"
    taken = candidates[left[0]]
    if len({candidate.content for candidate in candidates}) == 1:
        return left[0], f"{count}, all alike"
    if len(left) > 1:
        return left[0], f"{count}, and nothing tells which is the last: {taken.name} was taken"
    doubt = sign == "date of change" or any(
        candidate.label.copy == "copy" for candidate in candidates
    )
    look = ": look whether that is right" if doubt else ""
    return left[0], f"{count}; {taken.name} counts by its {sign}{look}"
