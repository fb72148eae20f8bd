"""Tables of scores that Canvas and Moodle import.

Canvas (*Grades, Import*) reads the form of its own export. Its ``lib/gradebook_importer.rb`` asks
for ``Student``, ``ID``, ``SIS User ID``, ``SIS Login ID`` and ``Section`` in this order, then one
column for each assignment, and a row ``Points Possible``. It finds a student by ``ID`` (the number
in Canvas' file names), else by the ids of the student information system, else by name, and an
assignment by its title: call it as the lesson's slug, or rename the column. An empty cell takes
away a score that is there, so a lesson without any score has no column.

Where there is a class list, whoever is not in it has a row only by a number that Canvas gave: a
name of one's own choice may be another student's id or name there.

Moodle has two ways. *Grades, Import, CSV file* takes one column for each lesson and one for its
feedback, and asks which column is what; students are found by e-mail address or ID number. An
assignment's *Upload grading worksheet* (``mod/assign/feedback/offline/importgradeslib.php``) asks
for ``Identifier`` (``Participant`` and the number in Moodle's folder names), ``Grade`` and ``Last
modified (grade)``, and takes ``Feedback comments``: a lesson that came from Moodle gets such a
file of its own. A grade that Moodle has already is replaced where *Allow updating records that
have been modified more recently in Moodle* is ticked.

The feedback says score and lateness. Remarks are for the instructor and stay in ``grades.csv``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from generative_vision.course.grading.results import Journal, Result, as_cell
from generative_vision.course.grading.roster import Roster, Student
from generative_vision.course.grading.spelling import student_name
from generative_vision.course.grading.submissions import Submission
from generative_vision.course.manifest import Course
from generative_vision.files import write_atomically

System = Literal["canvas", "moodle"]
_MAXIMA = "Points Possible"


@dataclass(frozen=True)
class _Person:
    """A student with a row, and the results by lesson."""

    student: Student
    results: dict[str, Result]
    is_known: bool = True  #: in the class list, if there is one: the platform knows the id


def export(
    system: System,
    output: Path,
    course: Course,
    submissions: Sequence[Submission],
    results: Sequence[Result],
    roster: Roster | None = None,
) -> list[Path]:
    """Write the tables for a learning platform, and return their files.

    Args:
        output: the folder of ``grades.csv``.
        submissions: of this run.
        results: their rows, in the same order, and behind them those of earlier runs; rows without
            a score are left out.
        roster: the class list: each of its students has a row in the table of all. Others have
            none there but by Canvas' number.
    """
    journal = Journal(output / "grades.json", fresh=False)
    earlier = [journal.submission(row) for row in results[len(submissions) :]]
    numbered = [  # a number that another student had in an earlier run is not doubtful there
        replace(one, system="", user="")
        if one.is_doubtful and journal.others_of_number(one)
        else one
        for one in [*submissions, *earlier]
    ]
    graded = zip(numbered, results)
    pairs = [(submission, result) for submission, result in graded if result.score is not None]
    people = _people(pairs, roster)
    lessons = [
        lesson.slug
        for lesson in course.lessons
        if any(result.lesson == lesson.slug for _, result in pairs)
    ]
    if system == "canvas":
        sure = [one for one in people.values() if one.is_known or one.student.canvas_id]
        return [_write(output / "grades-canvas.csv", _canvas(sure, lessons))]
    known = [one for one in people.values() if one.is_known]
    files = [_write(output / "grades-moodle.csv", _moodle(known, lessons))]
    for lesson in lessons:
        rows = _worksheet(pairs, people, lesson)
        if len(rows) > 1:
            files.append(_write(output / f"grades-moodle-{lesson}.csv", rows))
    return files


def _people(
    pairs: Sequence[tuple[Submission, Result]], roster: Roster | None
) -> dict[str, _Person]:
    """Return the students of the class list, and those who are in none, by their rows' names."""
    people: dict[str, _Person] = {}
    for student in roster.students if roster else ():
        people[student_name(student.id)] = _Person(student, {})
    for submission, result in pairs:
        if submission.student not in people:
            number = submission.user if submission.system == "canvas" else ""
            name = submission.student.partition("~")[0].removesuffix(f"_{number}").replace("_", " ")
            student = Student(id=submission.student, name=name, canvas_id=number)
            people[submission.student] = _Person(student, {}, is_known=roster is None)
        people[submission.student].results[result.lesson] = result
    return people


def _canvas(people: list[_Person], lessons: list[str]) -> list[list[str]]:
    maxima = []
    for lesson in lessons:
        results = [person.results[lesson] for person in people if lesson in person.results]
        maxima.append(_number(results[0].max_score))
    return [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *lessons],
        [_MAXIMA, "", "", "", "", *maxima],
        *(
            [
                # Canvas takes whatever has these two words for the row of maxima
                as_cell(person.student.name.replace(_MAXIMA, "-".join(_MAXIMA.split()))),
                person.student.canvas_id,
                as_cell(person.student.id) if person.is_known else "",
                "",
                as_cell(person.student.section),
                *(_score(person, lesson) for lesson in lessons),
            ]
            for person in people
        ),
    ]


def _moodle(people: list[_Person], lessons: list[str]) -> list[list[str]]:
    headings = ["ID number", "Full name", "Email address"]
    columns = [heading for lesson in lessons for heading in (lesson, f"{lesson} feedback")]
    rows = [[*headings, *columns]]
    for person in people:
        student = person.student
        row = [as_cell(student.id), as_cell(student.name), as_cell(student.email)]
        for lesson in lessons:
            row += [_score(person, lesson), _feedback(person.results.get(lesson))]
        rows.append(row)
    return rows


def _worksheet(
    pairs: Sequence[tuple[Submission, Result]], people: dict[str, _Person], lesson: str
) -> list[list[str]]:
    """Return an assignment's grading worksheet: those who handed in through Moodle."""
    rows = [
        [
            "Identifier",
            "Full name",
            "Email address",
            "Grade",
            "Maximum grade",
            "Last modified (grade)",
            "Feedback comments",
        ]
    ]
    for submission, result in pairs:
        if submission.system == "moodle" and result.lesson == lesson:
            student = people[submission.student].student
            rows.append(
                [
                    f"Participant {submission.user}",
                    as_cell(student.name),
                    as_cell(student.email),
                    _number(result.score),
                    _number(result.max_score),
                    "-",
                    _feedback(result),
                ]
            )
    return rows


def _score(person: _Person, lesson: str) -> str:
    result = person.results.get(lesson)
    return _number(result.score) if result else ""


def _feedback(result: Result | None) -> str:
    if result is None:
        return ""
    late = result.late_penalty or 0
    lost = f" {_number(late)} points were taken off, as it came late." if late else ""
    return f"{_number(result.score)} of {_number(result.max_score)} points.{lost}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{round(value, 2):g}"


def _write(path: Path, rows: Iterable[Sequence[str]]) -> Path:
    table = io.StringIO()
    csv.writer(table, lineterminator="\r\n").writerows(rows)
    write_atomically(path, table.getvalue())
    return path
