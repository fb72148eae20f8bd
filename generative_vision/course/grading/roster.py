"""Who is who: the class list ``students.csv``, and which student a name, a number or a text means.

The list has a row for each student and at least the columns ``id`` and ``name``; others that the
course knows are in ``Student``, and what it does not know is passed over, so an export of a
learning platform needs only its headings renamed.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from generative_vision.course import CourseError
from generative_vision.course.grading.layouts import Label
from generative_vision.course.grading.outputs import plain_line
from generative_vision.course.grading.spelling import compact, words
from generative_vision.course.schema import Table, Text

FILE_NAME = "students.csv"
MIN_ID = 3  # characters of an id that is recognised in a longer name


class Student(Table):
    """One row of the class list."""

    id: Text  #: names the student in the gradebook, the table and the pages
    name: Text  #: "Jane Doe" or "Doe, Jane"
    canvas_id: str = ""  #: the number in Canvas' file names
    moodle_id: str = ""  #: the numbers in Moodle's folder names, one for each assignment
    email: str = ""
    section: str = ""

    @property
    def moodle_ids(self) -> list[str]:
        """The numbers of the student in Moodle, which has another for each assignment."""
        return self.moodle_id.replace(",", " ").replace(";", " ").split()

    @property
    def turns(self) -> list[list[str]]:
        """The words of the name in any turn, as systems write them: Jane Doe, Doe Jane."""
        found = words(self.name)
        return [found[turn:] + found[:turn] for turn in range(len(found))]


@dataclass(frozen=True)
class Match:
    """Whom a file belongs to."""

    students: tuple[Student, ...]  #: one where it is clear, several where it is not, or none
    remark: str = ""  #: how the name had to be read to fit
    name: str = ""  #: which of the label's names that was; empty where a number told
    is_part: bool = False  #: of a longer name


class Roster:
    """The students of a class."""

    def __init__(self, students: Iterable[Student]):
        self.students = tuple(students)
        # made comparable once: a class hands in thousands of files
        self._by_word: dict[str, list[tuple[int, list[str]]]] = defaultdict(list)
        for place, one in enumerate(self.students):
            for said in (*one.turns, words(one.id) if len(one.id) >= MIN_ID else []):
                self._by_word[said[0] if said else ""].append((place, said))
        self._by_id: dict[str, list[Student]] = defaultdict(list)
        self._by_name: dict[str, list[Student]] = defaultdict(list)
        for one in self.students:
            for text in {compact(one.id), compact(one.email)} - {""}:
                self._by_id[text].append(one)
            for spelling in {"".join(turn) for turn in one.turns} - {""}:
                self._by_name[spelling].append(one)

    @property
    def numbers(self) -> set[tuple[str, str]]:
        """The systems' numbers of students that the list knows, each with its system."""
        moodle = {("moodle", number) for one in self.students for number in one.moodle_ids}
        return moodle | {("canvas", one.canvas_id) for one in self.students if one.canvas_id}

    def find(self, label: Label) -> Match:
        """Return whom a file's label means: by number, by id, address or name, by a part of it.

        Who is listed with another number in Canvas is somebody else of that name.
        """
        if label.user:
            numbered = [
                student
                for student in self.students
                if label.user
                in ([student.canvas_id] if label.system == "canvas" else student.moodle_ids)
            ]
            if numbered:
                return Match(tuple(numbered))
        number = label.user if label.system == "canvas" else ""
        for name in label.names:
            exact = _possible(self._exact(name), number)
            if exact:
                how = f"{name!r} was read from a longer name" if name in label.cut else ""
                return Match(exact, how, name)
        for name in label.names:
            inside = _possible(self._inside(name), number)
            if inside:
                how = f"the name {name!r} fits only after cutting"
                return Match(inside, how, name, is_part=True)
        return Match(())

    def _exact(self, name: str) -> tuple[Student, ...]:
        plain = compact(name)
        return tuple(self._by_id.get(plain, ()) or self._by_name.get(plain, ()))

    def _inside(self, name: str) -> tuple[Student, ...]:
        """Return whose id or whole name stands in a longer text, word by word."""
        said = words(name)
        places = {
            place
            for start, word in enumerate(said)
            for place, part in self._by_word.get(word, ())
            if said[start : start + len(part)] == part
        }
        return tuple(self.students[place] for place in sorted(places))


def _possible(students: tuple[Student, ...], number: str) -> tuple[Student, ...]:
    """Return who may have a number in Canvas, which is the same in all assignments."""
    return tuple(one for one in students if not number or one.canvas_id in ("", number))


def find_roster(folder: Path) -> Path | None:
    """Return the class list beside a folder of submissions; one inside may be a student's own."""
    place = folder.resolve().parent / FILE_NAME
    return place if place.is_file() else None


def read_roster(path: Path) -> Roster:
    """Read a class list: comma, semicolon or tab, in UTF-8 or as Excel saves it on Windows.

    Raises:
        CourseError: it cannot be read, lacks a column, or an id or number stands twice; the
            sentence names the line.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CourseError(f"{path} cannot be read: {error.strerror or error}.") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        headings, *rows = csv.reader(io.StringIO(text), delimiter=separator)
    except csv.Error as error:
        raise CourseError(f"{path} cannot be read as a table: {error}.") from None
    except ValueError:  # nothing is in it
        headings, rows = [], []
    headings = [heading.strip().lower() for heading in headings]
    missing = [name for name in ("id", "name") if name not in headings]
    if missing:
        raise CourseError(
            f"{path}: the column {missing[0]!r} is missing. The first line names the columns: "
            f"{', '.join(Student.model_fields)}."
        )
    students = []
    for line, row in enumerate(rows, 2):
        if not any(cell.strip() for cell in row):
            continue
        known = {
            heading: plain_line(cell.strip())
            for heading, cell in zip(headings, row)
            if heading in Student.model_fields
        }
        try:
            students.append(Student.model_validate(known))
        except ValidationError as error:
            column = ".".join(map(str, error.errors()[0]["loc"]))
            raise CourseError(f"{path}, line {line}: {column} is empty or missing.") from None
    _refuse_twins(path, students)
    return Roster(students)


def _refuse_twins(path: Path, students: list[Student]) -> None:
    for column, values in (
        ("id", [(compact(student.id), student) for student in students]),
        ("canvas_id", [(student.canvas_id, student) for student in students]),
        ("moodle_id", [(number, s) for s in students for number in s.moodle_ids]),
    ):
        seen: dict[str, Student] = {}
        for value, student in values:
            other = seen.setdefault(value, student)
            if value and other is not student:
                raise CourseError(
                    f"{path}: {other.name} and {student.name} have the same {column}, {value!r}."
                )
