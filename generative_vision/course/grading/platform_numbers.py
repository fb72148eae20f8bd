"""Numbers of students in Canvas and Moodle: who has which, and who shares a name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from generative_vision.course.grading.layouts import Label
from generative_vision.course.grading.owners import Owner, without_doubt
from generative_vision.course.grading.roster import FILE_NAME


def twins(
    found: Iterable[tuple[Label, Owner, str, tuple]],
) -> dict[tuple[str, str, str], set[str]]:
    """Return the numbers of several students of one name in Canvas or Moodle.

    They stand by system, student and, for Moodle, which numbers them anew in each, lesson. Those
    that the name alone does not tell have to be told by their numbers: all of the nearest where
    these are several, and whoever had to be read with doubt.

    Args:
        found: label, owner, lesson and distance of each file. The nearest count: elsewhere, a
            student may have written the number.
    """
    numbers: dict[tuple[str, str, str], set[tuple[tuple, str]]] = defaultdict(set)
    for label, owner, lesson, far in found:
        if label.system and label.user and owner.student:
            where = lesson if label.system == "moodle" else ""
            numbers[label.system, owner.student, where].add((far, label.user))
    told = {}
    for key, those in numbers.items():
        nearest = _nearest(those)
        beside = _nearest({(without_doubt(far), number) for far, number in those})
        if len(beside) > 1:
            told[key] = beside - (nearest if len(nearest) == 1 else set())
    return told


def several_remark(system: str) -> str:
    """Return what is said of students who have one name on a platform."""
    return (
        f"{system.capitalize()} has several students of this name, told by their numbers: a "
        f"{FILE_NAME} with {system}_id names them"
    )


def with_number(name: str, number: str) -> str:
    """Return a student's name that nobody can choose: with the platform's number behind a sign."""
    return f"{name}~{number}"  # ``student_name`` leaves none in a name


def owners_of_numbers(
    found: Iterable[tuple[Label, Owner, tuple]],
) -> dict[tuple[str, str], dict[str, None]]:
    """Return who has a number of Canvas or Moodle, in order, where several students' files say so.

    Args:
        found: label, owner and distance of each file. The nearest has the number; if that are
            several, all of them.
    """
    students: dict[tuple[str, str], set[tuple[tuple, str]]] = defaultdict(set)
    for label, owner, far in found:
        if label.system and label.user and owner.student:
            students[label.system, label.user].add((far, owner.student))
    return {
        number: dict.fromkeys(sorted(_nearest(those)))
        for number, those in students.items()
        if len({student for _, student in those}) > 1
    }


def _nearest(those: set[tuple[tuple, str]]) -> set[str]:
    nearest = min(far for far, _ in those)
    return {text for far, text in those if far == nearest}
