"""The page for whoever teaches: how a class did, lesson by lesson and question by question."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any
from urllib.parse import quote

from generative_vision.course.grading.feedback import tidy
from generative_vision.course.grading.pages import render, write_mathjax
from generative_vision.course.grading.results import Result
from generative_vision.course.grading.standing import Standing, read_standings
from generative_vision.course.grading.tasks import CodeTask, QuizTask, Sheet, read_sheet
from generative_vision.course.manifest import Course
from generative_vision.course.source import read_source
from generative_vision.files import read_facts, write_atomically

NAME = "report.html"
HARD, EASY = 1 / 3, 0.95  # shares right, below and from which a task is pointed out
MIN_CLASS = 5  # submissions from which such a share says something
BINS = 10
MAX_SENTENCES = 4  # of one exercise, the most frequent ones

_NUMBER = re.compile(r"-?\d[\d.,]*(?:e[-+]?\d+)?|\bnan\b|-?\binf\b")
_UNWRITTEN = re.compile(r"it is not written yet|^No answer yet")


@dataclass(frozen=True)
class Marked:
    """One graded submission."""

    result: Result
    page: str  #: the address of its feedback page, as seen from the report
    marks: Mapping[str, Any]  #: as the notebook's metadata has them
    standing: Standing

    def has(self, task: CodeTask | QuizTask) -> bool:
        """Whether a task earned all of its points, those given by hand included."""
        given = next((cell for cell in self.standing.cells if cell.name == task.name), None)
        if given is not None:
            return given.score >= (given.max_score or task.points)
        return bool(self.marks[task.name].get("right"))


@dataclass(frozen=True)
class ChoiceTally:
    """How often a choice was made."""

    letter: str
    text: str
    count: int
    is_right: bool


@dataclass(frozen=True)
class TaskTally:
    """How a class did in one exercise or question."""

    task: CodeTask | QuizTask
    right: int
    unanswered: int
    count: int
    sentences: tuple[tuple[str, int], ...] = ()  #: with how often each was the reason
    choices: tuple[ChoiceTally, ...] = ()

    @property
    def share(self) -> float:
        """The share of submissions that got it right."""
        return self.right / self.count if self.count else 0.0

    @property
    def hint(self) -> str:
        """``"hard"``, ``"easy"`` or nothing, for a class large enough to tell."""
        if self.count < MIN_CLASS:
            return ""
        return "hard" if self.share < HARD else "easy" if self.share >= EASY else ""


@dataclass(frozen=True)
class LessonTally:
    """How a class did in one lesson."""

    sheet: Sheet
    marked: tuple[Marked, ...]
    tasks: tuple[TaskTally, ...]
    max_score: float
    bins: tuple[tuple[str, int], ...]  #: of marks, each with its number of submissions
    flagged: tuple[Result, ...]
    missing: tuple[str, ...]  #: who is in the class, and handed in nothing, not even of no lesson
    refused: tuple[Result, ...] = ()

    @property
    def exercises(self) -> list[TaskTally]:
        """The tasks that are code."""
        return [tally for tally in self.tasks if isinstance(tally.task, CodeTask)]

    @property
    def questions(self) -> list[TaskTally]:
        """The tasks of the quiz."""
        return [tally for tally in self.tasks if isinstance(tally.task, QuizTask)]

    @property
    def median(self) -> float:
        """The median mark."""
        return median(self._scores) if self.marked else 0.0

    @property
    def mean(self) -> float:
        """The mean mark."""
        return mean(self._scores) if self.marked else 0.0

    def hinted(self, hint: str) -> list[TaskTally]:
        """Return the tasks that are hard, or easy."""
        return [tally for tally in self.tasks if tally.hint == hint]

    @property
    def _scores(self) -> list[float]:
        return [one.result.score or 0.0 for one in self.marked]


@dataclass(frozen=True)
class Report:
    """All that the page says."""

    course: str
    lessons: tuple[LessonTally, ...]
    unknown: tuple[Result, ...]  #: of no lesson of the course


def write_report(
    course: Course,
    output: Path,
    results: Sequence[Result],
    database: str,
    *,
    overlay: Path | None = None,
    students: Iterable[str] = (),
) -> Path:
    """Write ``report.html`` beside the table of marks, and return its path.

    Args:
        output: the folder of the results, with ``autograded/`` and ``feedback/``.
        results: of all submissions.
        database: SQLAlchemy address of the gradebook.
        overlay: the folder of private questions and hidden checks, if there is one.
        students: the class list; without it, who handed in anything is taken for the class.
    """
    slugs = {result.lesson for result in results}
    sheets = [
        read_sheet(read_source(course, lesson, overlay))
        for lesson in course.lessons
        if lesson.slug in slugs
    ]
    scored = [result for result in results if result.score is not None]
    standings = read_standings(database) if scored else {}
    marked = [
        read_marked(output, result, standings.get((result.student, result.lesson), Standing()))
        for result in scored
    ]
    page = output / NAME
    report = make_report(course.title, sheets, results, marked, students)
    write_atomically(page, render_report(report))
    write_mathjax(output / "feedback" / "mathjax.js")
    return page


def render_report(report: Report) -> str:
    """Return the page."""
    title = f"{report.course}: how the class did"
    return render("report.html", title, script="feedback/mathjax.js", report=report)


def read_marked(output: Path, result: Result, standing: Standing) -> Marked:
    """Read the marks of a submission from its notebook in ``autograded/``."""
    student, slug = result.student, result.lesson
    # nbformat would validate megabytes of outputs
    notebook = read_facts(output / "autograded" / student / slug / f"{slug}.ipynb")
    marks = notebook.get("metadata", {}).get("generative_vision", {}).get("marks", {})
    return Marked(result, f"feedback/{quote(student)}/{slug}.html", marks, standing)


def make_report(
    course: str,
    sheets: Sequence[Sheet],
    results: Sequence[Result],
    marked: Sequence[Marked],
    students: Iterable[str] = (),
) -> Report:
    """Put together what the page says."""
    known = {sheet.lesson for sheet in sheets}
    unknown = tuple(result for result in results if result.lesson not in known)
    listed = set(students) or {result.student for result in results if result.lesson}
    listed -= {result.student for result in unknown}  # theirs may be of any lesson
    lessons = tuple(_tally_lesson(sheet, results, marked, listed) for sheet in sheets)
    return Report(course, lessons, unknown)


def _tally_lesson(
    sheet: Sheet, results: Sequence[Result], marked: Sequence[Marked], students: set[str]
) -> LessonTally:
    own = [result for result in results if result.lesson == sheet.lesson]
    graded = [one for one in marked if one.result.lesson == sheet.lesson]
    graded.sort(key=lambda one: (-(one.result.score or 0.0), one.result.student))
    total = sheet.max_score or sum(task.points for task in sheet.tasks)  # all of them are extra
    return LessonTally(
        sheet,
        tuple(graded),
        tuple(_tally_task(task, graded) for task in sheet.tasks),
        total,
        _bins([one.result.score or 0.0 for one in graded], total),
        flagged=tuple(one.result for one in graded if one.result.remark),
        missing=tuple(sorted(students - {result.student for result in own})),
        refused=tuple(result for result in own if result.score is None),
    )


def _tally_task(task: CodeTask | QuizTask, graded: Sequence[Marked]) -> TaskTally:
    graded = [one for one in graded if task.name in one.marks]  # others had another quiz
    marks = [one.marks[task.name] for one in graded]
    messages = [str(mark.get("message", "")) for mark in marks if not mark.get("right")]
    unanswered = sum(bool(_UNWRITTEN.search(message)) for message in messages)
    right = sum(one.has(task) for one in graded)
    if isinstance(task, CodeTask):
        sentences = _frequent(text for text in messages if not _UNWRITTEN.search(text))
        return TaskTally(task, right, unanswered, len(graded), sentences)
    chosen = Counter(str(mark.get("chosen", "")) for mark in marks)
    choices = tuple(
        ChoiceTally(letter, text, chosen[letter], letter == task.key.right)
        for letter, text in task.choices.items()
    )
    return TaskTally(task, right, chosen[""], len(graded), choices=choices)


def _frequent(messages: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Return the most frequent messages with their counts; numbers make none different.

    The inputs are drawn anew for each submission, so numbers differ in the same mistake.
    """
    groups: dict[str, list[str]] = {}
    for message in filter(None, messages):
        groups.setdefault(_NUMBER.sub("#", message), []).append(message)
    often = sorted(groups.values(), key=lambda group: (-len(group), group[0]))
    return tuple((tidy(group[0]), len(group)) for group in often[:MAX_SENTENCES])


def _bins(scores: Sequence[float], total: float) -> tuple[tuple[str, int], ...]:
    """Return ranges of marks, at most ``BINS``, each with how many lie in it."""
    width = max(1, -(-int(total + 1) // BINS))
    lows = range(0, int(total) + 1, width)
    return tuple(
        (
            f"{low:g}" if width == 1 else f"{low:g} to {min(low + width - 1, int(total)):g}",
            sum(low <= min(score, total) < low + width for score in scores),
        )
        for low in lows
    )
