"""Due dates, and what a late submission loses.

``book.toml`` says when a lesson is due and how many percent of its score a begun day costs. The
gradebook keeps the points as they were reached, and beside them what lateness costs
(``late_submission_penalty``), as nbgrader's own commands do; an extension given there counts.
``grades.csv``, ``grades.json`` and the pages show both and the difference, which is the score.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from nbgrader.api import Gradebook
from nbgrader.plugins import BasePlugin
from traitlets import Float

from generative_vision.course.grading.layouts import TIME_STAMP
from generative_vision.course.grading.submissions import Submission
from generative_vision.course.manifest import Course, Lesson

_DAY = 86_400  # seconds


class LatePenalty(BasePlugin):
    """nbgrader's plug-in that says what a late submission loses."""

    percent_per_day = Float(0, help="Percent of the score for each day begun.").tag(config=True)

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float:
        """Return the points that a submission loses."""
        return penalty(score, total_seconds_late, self.percent_per_day)


def penalty(score: float, seconds_late: float, percent_per_day: float) -> float:
    """Return the points that a score loses: so many percent of it for each day begun."""
    return max(score, 0.0) * _percent(seconds_late, percent_per_day) / 100


def late_remark(seconds_late: float, percent_per_day: float) -> str:
    """Return how late a submission is and what that costs, in words; empty if it is not late."""
    if seconds_late <= 0:
        return ""
    days = math.ceil(seconds_late / _DAY)
    cost = _percent(seconds_late, percent_per_day)
    return f"{days} day{'s' if days > 1 else ''} late" + (f": -{cost:g} %" if cost else "")


def without_time(course: Course, submissions: Iterable[Submission]) -> str:
    """Return a sentence on submissions of which nobody knows whether they are late, or none.

    Canvas says in a file's name that it is late; elsewhere only a time stamp tells.
    """
    due = {lesson.slug for lesson in course.lessons if lesson.due is not None}
    unknown = sum(
        submission.lesson in due and submission.submitted is None
        for submission in submissions
        if not submission.problem and submission.system != "canvas"
    )
    if not unknown:
        return ""
    return (
        f"Of {unknown} submissions it is not known when they came: they have no {TIME_STAMP}, and "
        "count as in time."
    )


def set_due_dates(database: str, lessons: Iterable[Lesson]) -> None:
    """Write the lessons' due dates into the gradebook; one that is not in ``book.toml`` stays."""
    with Gradebook(database) as gradebook:
        for lesson in lessons:
            if lesson.due is not None:
                gradebook.update_or_create_assignment(lesson.slug, duedate=lesson.due)


def _percent(seconds_late: float, percent_per_day: float) -> float:
    return min(100.0, math.ceil(max(seconds_late, 0) / _DAY) * percent_per_day)
