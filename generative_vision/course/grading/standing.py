"""How a submission stands in the gradebook, which decides: the table and the page follow it.

Points and comments given by hand (in formgrader) are the gradebook's. They survive another
``grade``; where they are from before a new marking, the table says so.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    SubmittedAssignment,
    SubmittedNotebook,
)

from generative_vision.course.grading.lateness import late_remark, penalty
from generative_vision.course.grading.results import PAGE_FAILED, Result
from generative_vision.course.grading.submissions import Submission

LATE_IN_CANVAS = "late, says Canvas; how late is not known: no points were taken"


@dataclass(frozen=True)
class CellMark:
    """The mark of one check."""

    name: str
    score: float
    max_score: float
    reached: float | None  #: by the check itself
    by_hand: float | None
    extra: float | None
    is_old: bool  #: the points by hand are from before the last marking

    @property
    def has_extra_by_hand(self) -> bool:
        """Whether a person gave extra points; those of an extra exercise are from its marking."""
        return bool(self.extra) and self.max_score > 0

    @property
    def remark(self) -> str:
        """What a person added, in words."""
        said = []
        if self.by_hand is not None and self.is_old and self.by_hand != self.reached:
            said.append(
                f"{self.name}: {_points(self.by_hand)}, given by hand before this marking, count "
                f"and not its {self.reached or 0:g}: look at it"
            )
        elif self.by_hand is not None:
            said.append(f"{self.name}: {_points(self.by_hand)} by hand")
        if self.extra and self.has_extra_by_hand:
            said.append(f"{self.name}: {_points(self.extra)} extra")
        return "; ".join(said)


@dataclass
class Standing:
    """All that the gradebook knows of a submission."""

    cells: list[CellMark] = field(default_factory=list)
    comments: list[tuple[str, str]] = field(default_factory=list)  #: by hand
    penalty: float = 0.0
    timestamp: datetime | None = None
    due: datetime | None = None

    @property
    def score(self) -> float:
        """The points without what lateness costs."""
        return sum(cell.score for cell in self.cells)

    @property
    def max_score(self) -> float:
        """The points that could be reached."""
        return sum(cell.max_score for cell in self.cells)

    @property
    def seconds_late(self) -> float:
        """How late it is; 0 where that is not known."""
        if self.timestamp is None or self.due is None:
            return 0.0
        return max(0.0, (self.timestamp - self.due).total_seconds())

    @property
    def digest(self) -> str:
        """A hash of what the page shows of all this."""
        shown = (
            sorted((cell.name, cell.score, cell.by_hand, cell.extra) for cell in self.cells),
            sorted(self.comments),
            self.penalty,
        )
        return hashlib.sha256(repr(shown).encode()).hexdigest()


def read_standings(
    database: str, student: str | None = None, lesson: str | None = None
) -> dict[tuple[str, str], Standing]:
    """Return how every submission stands, by student and lesson; or that of one of them."""
    found: dict[tuple[str, str], Standing] = defaultdict(Standing)
    with Gradebook(database) as gradebook:

        def rows(*columns: Any, of: Any = None) -> list[tuple]:
            keys = (SubmittedAssignment.student_id, Assignment.name)
            query = gradebook.db.query(*keys, *columns).select_from(SubmittedNotebook)
            query = query.join(SubmittedNotebook.assignment).join(SubmittedAssignment.assignment)
            if of is not None:
                query = query.join(of, of.notebook_id == SubmittedNotebook.id)
                query = query.join(BaseCell, of.cell_id == BaseCell.id)
            if student is not None:
                query = query.filter(SubmittedAssignment.student_id == student)
            if lesson is not None:
                query = query.filter(Assignment.name == lesson)
            return [tuple(row) for row in query.all()]

        for who, what, lost, timestamp, due, extension in rows(
            SubmittedNotebook.late_submission_penalty,
            SubmittedAssignment.timestamp,
            Assignment.duedate,
            SubmittedAssignment.extension,
        ):
            standing = found[who, what]
            standing.penalty, standing.timestamp = lost or 0.0, timestamp
            standing.due = due + extension if due and extension else due
        for who, what, *values in rows(
            BaseCell.name,
            Grade.score,
            Grade.max_score,
            Grade.auto_score,
            Grade.manual_score,
            Grade.extra_credit,
            Grade.needs_manual_grade,
            of=Grade,
        ):
            found[who, what].cells.append(CellMark(*values))
        for who, what, name, comment in rows(BaseCell.name, Comment.manual_comment, of=Comment):
            if comment:
                found[who, what].comments.append((name, comment))
    return dict(found)


def forget_time(database: str, student: str, lesson: str) -> None:
    """Take out of the gradebook when the notebook came that another one has replaced."""
    with Gradebook(database) as gradebook:
        gradebook.update_or_create_submission(lesson, student, timestamp=None)


def settle(
    submission: Submission,
    result: Result,
    standing: Standing,
    *,
    database: str,
    percent_per_day: float,
    page: Path,
    shown: str,
    make_page: Callable[[Result], Result] | None,
) -> tuple[Result, str]:
    """Return a submission's row as the gradebook has it, and a hash of what its page shows.

    Args:
        result: of its marking.
        percent_per_day: what a late submission loses.
        page: its feedback page, which is made again if it is missing or shows something else.
        shown: a hash of what that page shows.
        make_page: makes it, and adds to the row why it could not; None where it cannot be made.
    """
    _note_time(submission, standing, database, percent_per_day)
    remarks = [
        *(part for part in result.remark.split("; ") if not part.startswith(PAGE_FAILED)),
        *(cell.remark for cell in standing.cells),
        late_remark(standing.seconds_late, percent_per_day),
    ]
    if submission.late and not standing.seconds_late:
        remarks.append(LATE_IN_CANVAS)
    settled = replace(
        result,
        score=standing.score - standing.penalty,
        score_before=standing.score,
        late_penalty=standing.penalty,
        max_score=standing.max_score,
        # what marking says comes first: names that the student chose may fill the rest
        remark="; ".join(filter(None, [*remarks, submission.remark])),
    )
    if page.is_file() and shown == standing.digest:
        return settled, shown
    return (settled, shown) if make_page is None else (make_page(settled), standing.digest)


def _note_time(
    submission: Submission, standing: Standing, database: str, percent_per_day: float
) -> None:
    """Write into the gradebook when a submission came, and what its lateness costs."""
    student, lesson = submission.student, submission.lesson
    submitted = submission.submitted
    if submitted is not None and standing.timestamp != submitted:
        with Gradebook(database) as gradebook:
            gradebook.update_or_create_submission(lesson, student, timestamp=submitted)
        standing.timestamp = submitted
    lost = penalty(standing.score, standing.seconds_late, percent_per_day)
    if abs(lost - standing.penalty) > 1e-9:
        with Gradebook(database) as gradebook:
            notebook = gradebook.find_submission_notebook(lesson, lesson, student)
            notebook.late_submission_penalty = lost
            gradebook.db.commit()
        standing.penalty = lost


def _points(number: float) -> str:
    return f"{number:g} point{'' if number == 1 else 's'}"
