"""What comes out of grading: one row a submission, the table of all, a journal of what is done."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from generative_vision.course.grading.outputs import plain_line
from generative_vision.course.grading.spelling import student_name
from generative_vision.course.grading.submissions import Submission
from generative_vision.files import read_facts, write_atomically

MAX_REMARK = 2000  # characters: room for a remark on each answer of a lesson, and for others
PAGE_FAILED = "its feedback page could not be made"
STARVED = "the machine's memory ran out while it was marked: end other programs, and grade again"
AGAIN = "marked again, alone: the machine's memory had run out"

# Spreadsheets of some countries divide lines at semicolons, too, and know the wide signs
_FORMULA = re.compile(r"(?:^|[;|\t\r])[\s\"']*(?=[=+\-@\t\r＝＋－＠])")


@dataclass(kw_only=True)
class Result:
    """One row of ``grades.csv``; without a score where a submission could not be graded."""

    student: str
    lesson: str
    score_before: float | None = None  #: the points reached
    late_penalty: float | None = None  #: what lateness takes off
    score: float | None  #: what is left, and counts
    max_score: float | None
    status: str  #: "graded" or "not graded"
    remark: str
    file: str

    def __post_init__(self) -> None:
        """Filter what comes from a submission: it reaches a terminal and a table."""
        self.student = plain_line(self.student)
        self.remark = plain_line(self.remark, MAX_REMARK)
        self.file = plain_line(self.file)


def refused(submission: Submission, reason: str) -> Result:
    """Return the row of a submission that could not be graded."""
    return Result(
        student=submission.student,
        lesson=submission.lesson,
        score=None,
        max_score=None,
        status="not graded",
        remark=reason,
        file=submission.shown,
    )


def with_remark(result: Result, remark: str) -> Result:
    """Return a row with one more remark."""
    return replace(result, remark="; ".join(filter(None, [result.remark, remark])))


class Journal:
    """What has been graded so far, written after each submission: an interrupt loses nothing."""

    def __init__(self, path: Path, *, fresh: bool):
        self.path = path
        self.rows = {} if fresh else read_facts(path)  # a damaged file: grade everything again

    @property
    def owners(self) -> set[str]:
        """The students who were graded and may have folders, called as they are.

        A name on a platform is one's own choice, and says nothing of folders.
        """
        rows = [row for row in self.rows.values() if not any(row.get("numbers", []))]
        return {row["result"]["student"] for row in rows}

    @property
    def homes(self) -> set[str]:
        """The students who were graded from folders called as they are, or may have been."""
        rows = [(row["result"]["student"], row) for row in self.rows.values()]
        return {who for who, row in rows if who in map(student_name, row.get("folders", [who]))}

    def find(self, submission: Submission, key: str | None = None) -> Result | None:
        """Return the result of a submission's marking under a key, or under any; None if none is.

        What was said of its marking is in the remark, not what a person added since.
        """
        row = self.rows.get(_name(submission))
        if row is None or (key is not None and row["key"] != key):
            return None
        return Result(**{**row["result"], "remark": row.get("marking", row["result"]["remark"])})

    def key(self, submission: Submission) -> str:
        """Return the key under which a submission was graded; empty if it was not."""
        return self.rows.get(_name(submission), {}).get("key", "")

    def others(self, submissions: Iterable[Submission]) -> list[Submission]:
        """Return what was graded in earlier runs and is not among these submissions."""
        here = {_name(submission) for submission in submissions}
        results = [row["result"] for name, row in self.rows.items() if name not in here]
        return [Submission(Path(row["file"]), row["student"], row["lesson"]) for row in results]

    def folders(self, submission: Submission) -> list[str]:
        """Return the folders that a submission lay in when it was graded."""
        return self.rows.get(_name(submission), {}).get("folders", [])

    def numbers(self, submission: Submission) -> list[str]:
        """Return what ``numbers_of`` was of a submission when it was graded; empty if unknown."""
        return self.rows.get(_name(submission), {}).get("numbers", [])

    def users(self, submission: Submission) -> set[str]:
        """Return the numbers that a submission's student has in Canvas, in all lessons."""
        rows = [row for row in self.rows.values() if row["result"]["student"] == submission.student]
        numbers = [tuple(row.get("numbers", [])) for row in rows]
        return {one[1] for one in numbers if one[:1] == ("canvas",) and one[2:] == ("",)}

    def knows(self, student: str) -> bool:
        """Tell whether a student was graded, in any lesson."""
        return any(row["result"]["student"] == student for row in self.rows.values())

    def submission(self, row: Result) -> Submission:
        """Return what an earlier run graded, with the student's number on a platform then."""
        one = Submission(Path(row.file), row.student, row.lesson)
        system, user, doubt = self.numbers(one) or ("", "", "")
        return replace(one, system=system, user=user, doubt=doubt, is_doubtful=True)

    def others_of_number(self, submission: Submission, key: str = "") -> list[Result]:
        """Return the results of other students whose number on a platform a submission has.

        Args:
            key: of the submission; the same notebook under another name is left out.
        """
        number, content = numbers_of(submission)[:2], key.partition("-")[0]
        return [
            Result(**row["result"])
            for row in self.rows.values()
            if number[1] and row.get("numbers", [])[:2] == number
            if row["result"]["student"] != submission.student
            if row["key"].partition("-")[0] != content
        ]

    def page_shows(self, submission: Submission) -> str:
        """Return a hash of the marks that a submission's page shows; empty if that is not known."""
        return self.rows.get(_name(submission), {}).get("page", "")

    def add(
        self, submission: Submission, key: str, marked: Result, settled: Result, page: str
    ) -> None:
        """Record a result; one that is not graded is tried again next time.

        Args:
            key: of what was marked.
            marked: as it came from the marking.
            settled: as it stands.
            page: a hash of the marks that its page shows.
        """
        if settled.status != "graded":
            return
        before = self.rows.get(_name(submission), {})
        is_same = before.get("key") == key
        row = {
            "key": key,
            "result": asdict(settled),
            "marking": marked.remark,
            "page": page,
            "folders": before.get("folders", []) if is_same else [*submission.folders],
            "numbers": before.get("numbers", []) if is_same else numbers_of(submission),
        }
        if before != row:
            self.rows[_name(submission)] = row
            write_atomically(self.path, json.dumps(self.rows, indent=1))

    def forget(self, submission: Submission) -> None:
        """Leave a submission out of what is written next."""
        self.rows.pop(_name(submission), None)

    def rename(self, slugs: Mapping[str, str]) -> None:
        """Give results of lessons with former slugs to the new ones."""
        renamed = {}
        for row in self.rows.values():
            result = row["result"]
            result["lesson"] = slugs.get(result["lesson"], result["lesson"])
            renamed[f"{result['student']}/{result['lesson']}"] = row
        self.rows = renamed


def numbers_of(submission: Submission) -> list[str]:
    """Return the learning platform, the student's number there, and another in the file's name."""
    return [submission.system, submission.user, submission.doubt]


def _name(submission: Submission) -> str:
    return f"{submission.student}/{submission.lesson}"


def write_table(path: Path, results: Iterable[Result]) -> None:
    """Write ``grades.csv``, one row a submission, none a formula to a spreadsheet."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow([field.name for field in fields(Result)])
    for result in results:
        writer.writerow([as_cell(value) for value in asdict(result).values()])
    write_atomically(path, table.getvalue())


def as_cell(value: str | float | None) -> str:
    """Return a value as a cell that is no formula to a spreadsheet."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    return _FORMULA.sub(r"\g<0>'", str(value))
