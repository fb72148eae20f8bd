"""Numbers of students in Canvas and Moodle: who has which, and who shares a name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from generative_vision.course.grading.layouts import Label
from generative_vision.course.grading.owners import Owner


def twins(found: Iterable[tuple[Label, Owner, str, tuple]]) -> set[tuple[str, str, str]]:
    """Return system, student and lesson where Canvas or Moodle has several students of one name.

    Args:
        found: label, owner, lesson and distance of each file. The nearest count: elsewhere, a
            student may have written the number.
    """
    numbers: dict[tuple[str, str, str], set[tuple[tuple, str]]] = defaultdict(set)
    for label, owner, lesson, far in found:
        if label.system and label.user and owner.student:
            numbers[label.system, owner.student, lesson].add((far, label.user))
    return {key for key, those in numbers.items() if len(_nearest(those)) > 1}


def with_number(name: str, number: str) -> str:
    """Return a student's name that nobody can choose: with the platform's number behind a sign."""
    return f"{name}~{number}"  # ``student_name`` leaves none in a name


def owners_of_numbers(
    found: Iterable[tuple[Label, Owner, tuple]],
) -> dict[tuple[str, str], set[str]]:
    """Return who has a number of Canvas or Moodle, where files of several students say so.

    Args:
        found: label, owner and distance of each file. The nearest has the number; if that are
            several, all of them.
    """
    students: dict[tuple[str, str], set[tuple[tuple, str]]] = defaultdict(set)
    for label, owner, far in found:
        if label.system and label.user and owner.student:
            students[label.system, label.user].add((far, owner.student))
    return {
        number: _nearest(those)
        for number, those in students.items()
        if len({student for _, student in those}) > 1
    }


def _nearest(those: set[tuple[tuple, str]]) -> set[str]:
    nearest = min(far for far, _ in those)
    return {text for far, text in those if far == nearest}
