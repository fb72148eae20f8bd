"""What comes out of grading: one row a submission, the table of all, a journal of what is done."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from generative_vision.course.grading.outputs import plain_line
from generative_vision.course.grading.submissions import Submission, shown_path
from generative_vision.files import read_facts, write_atomically


@dataclass
class Result:
    """One row of ``grades.csv``; without a score where a submission could not be graded."""

    student: str
    lesson: str
    score: float | None
    max_score: float | None
    status: str  #: "graded" or "not graded"
    remark: str
    file: str

    def __post_init__(self) -> None:
        """Filter what comes from a submission: it reaches a terminal and a table."""
        self.student = plain_line(self.student)
        self.remark = plain_line(self.remark, 1000)
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
        file=shown_path(submission.path),
    )


class Journal:
    """What has been graded so far, written after each submission: an interrupt loses nothing."""

    def __init__(self, path: Path, *, fresh: bool):
        self.path = path
        self.rows = {} if fresh else read_facts(path)  # a damaged file: grade everything again

    def find(self, submission: Submission, key: str) -> Result | None:
        """Return the result of a submission that was graded under this key, or None."""
        row = self.rows.get(f"{submission.student}/{submission.lesson}")
        return Result(**row["result"]) if row and row["key"] == key else None

    def add(self, submission: Submission, key: str, result: Result) -> None:
        """Record a result; one that is not graded is tried again next time."""
        if result.status != "graded":
            return
        row = {"key": key, "result": asdict(result)}
        self.rows[f"{submission.student}/{submission.lesson}"] = row
        write_atomically(self.path, json.dumps(self.rows, indent=1))


def write_table(path: Path, results: Iterable[Result]) -> None:
    """Write ``grades.csv``, one row a submission, none a formula to a spreadsheet."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow([field.name for field in fields(Result)])
    for result in results:
        writer.writerow([_cell(value) for value in asdict(result).values()])
    write_atomically(path, table.getvalue())


def _cell(value: str | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    return f"'{value}" if str(value)[:1] in ("=", "+", "-", "@", "\t", "\r") else str(value)
