"""What a student is told about a marked notebook, exercise by exercise and question by question."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from nbformat import NotebookNode
from nbgrader.api import Gradebook

from generative_vision.course.grading.outputs import plain_line, plain_text
from generative_vision.course.grading.steps import grade_id
from generative_vision.course.grading.tasks import CodeTask, QuizTask, Sheet

State = Literal["right", "partly right", "not right yet", "not written", "no answer"]

MAX_CODE = 6000  # characters of an answer that a page shows
MAX_LINES = 150
MAX_MESSAGE = 800  # characters of a sentence
MAX_COMMENT = 5000

_FRAME = re.compile(r"^[ \t]*Cell In ?\[(\d+)\], line (\d+)", re.MULTILINE)
_ARROW = re.compile(r"^-+> *\d+ ?(.*)$", re.MULTILINE)
_ERROR = re.compile(r"\w+(?:Error|Exception)\b")
_TOLD = re.compile(r"a cell |the notebook ran out of time")  # remarks that a student can act on


@dataclass(frozen=True)
class Grades:
    """What the gradebook knows of one submission, points given by hand included."""

    score: float
    max_score: float
    penalty: float = 0.0  #: for a late submission
    marks: Mapping[str, tuple[float, float]] = field(default_factory=dict)  #: check: score, points
    by_hand: frozenset[str] = frozenset()  #: checks whose points somebody gave
    comments: Mapping[str, str] = field(default_factory=dict)  #: cell: what somebody wrote


@dataclass(frozen=True)
class Stop:
    """Where a student's code raised an error, and which."""

    message: str
    line: int = 0  #: of their cell; 0 where it is not known
    code: str = ""


@dataclass(frozen=True)
class Trial:
    """A call that a hidden check made."""

    call: str
    name: str  #: what the check calls it
    inputs: tuple[tuple[str, str], ...]  #: parameter and value
    output: str


@dataclass(frozen=True)
class ExercisePart:
    """What is told about an exercise."""

    task: CodeTask
    state: State
    score: float
    points: float
    code: str
    sentences: tuple[str, ...] = ()
    stop: Stop | None = None
    trials: tuple[Trial, ...] = ()
    by_hand: bool = False
    comments: tuple[str, ...] = ()


@dataclass(frozen=True)
class QuestionPart:
    """What is told about a question; without an answer neither key nor reasons."""

    task: QuizTask
    state: State
    score: float
    points: float
    chosen: str  #: a letter; empty without an answer
    sentence: str  #: why there is none
    by_hand: bool = False
    comments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Feedback:
    """All that a page says."""

    course: str
    sheet: Sheet
    student: str
    grades: Grades
    remarks: tuple[str, ...]
    exercises: tuple[ExercisePart, ...]
    questions: tuple[QuestionPart, ...]


def read_grades(gradebook: Gradebook, slug: str, student: str) -> Grades:
    """Read a submission's points and comments from the gradebook."""
    notebook = gradebook.find_submission_notebook(slug, slug, student)
    return Grades(
        score=notebook.score,
        max_score=notebook.max_score,
        penalty=notebook.late_submission_penalty or 0.0,
        marks={grade.name: (grade.score, grade.max_score) for grade in notebook.grades},
        by_hand=frozenset(
            grade.name
            for grade in notebook.grades
            if grade.manual_score is not None or grade.extra_credit
        ),
        comments={
            comment.name: comment.manual_comment
            for comment in notebook.comments
            if comment.manual_comment
        },
    )


def make_feedback(
    course: str, sheet: Sheet, notebook: NotebookNode, grades: Grades, student: str
) -> Feedback:
    """Put together what a student is told.

    Args:
        course: the course's title.
        notebook: as it was marked, with the marks in its metadata.
    """
    facts = notebook.metadata.get("generative_vision", {})
    cells = {name: cell for cell in notebook.cells if (name := grade_id(cell))}
    marks = facts.get("marks", {})
    return Feedback(
        course,
        sheet,
        plain_line(student),
        grades,
        tuple(remark for remark in facts.get("remarks", []) if _TOLD.match(remark)),
        tuple(_exercise(task, cells, marks, grades) for task in sheet.exercises),
        tuple(_question(task, marks, grades) for task in sheet.questions),
    )


def _exercise(
    task: CodeTask, cells: Mapping[str, NotebookNode], marks: Mapping[str, Any], grades: Grades
) -> ExercisePart:
    mark = marks.get(task.name, {})
    message = str(mark.get("message", ""))
    score, points = _points(task, mark, grades)
    answer, check = cells.get(task.answer), cells.get(task.name)
    source = str(answer.source) if answer is not None else ""
    written = bool(source.strip()) and not _same(source, task.stub)
    state = _state(score, points, written)
    stop = None
    sentences: list[str] = []
    if not score and written:
        errors = _errors(check, leave_out=message)
        stop = _stop(_errors(answer), source) or _stop(errors, source, in_check=True)
        if stop is None:
            sentences += [error.evalue for error in errors]
        if message and not (stop and _follows_from(message, stop)):
            sentences.append(message)
    elif score < points and message:
        sentences.append(message)
    told = dict.fromkeys(tidy(sentence) for sentence in sentences)
    return ExercisePart(
        task,
        state,
        score,
        points,
        code=_shorten(source) if written else "",
        sentences=tuple(told),
        stop=stop,
        trials=tuple(_trials(task, mark)) if written and score < points else (),
        by_hand=task.name in grades.by_hand,
        comments=_comments(task, grades),
    )


def _question(task: QuizTask, marks: Mapping[str, Any], grades: Grades) -> QuestionPart:
    mark = marks.get(task.name, {})
    score, points = _points(task, mark, grades)
    chosen = str(mark.get("chosen", ""))
    state = _state(score, points, bool(chosen))
    return QuestionPart(
        task,
        "no answer" if state == "not written" else state,
        score,
        points,
        chosen,
        "" if chosen else str(mark.get("message", "")),
        task.name in grades.by_hand,
        _comments(task, grades),
    )


def tidy(message: str) -> str:
    """Return an error's message without what a tracing backend wraps it into, and not too long."""
    lines = [line.strip() for line in message.strip().splitlines()]
    if "in user code:" in lines:
        errors = [line for line in lines if _ERROR.match(line)]
        lines = errors[-1:] or lines
    return plain_text("\n".join(lines).replace(": see above.", "."), MAX_MESSAGE)


def _state(score: float, points: float, written: bool) -> State:
    if score >= points:
        return "right"
    if score > 0:
        return "partly right"
    return "not right yet" if written else "not written"


def _points(
    task: CodeTask | QuizTask, mark: Mapping[str, Any], grades: Grades
) -> tuple[float, float]:
    right = task.points if mark.get("right") else 0.0
    return grades.marks.get(task.name, (right, task.points))


def _comments(task: CodeTask | QuizTask, grades: Grades) -> tuple[str, ...]:
    found = [grades.comments.get(name, "") for name in (task.answer, task.name)]
    return tuple(plain_text(text, MAX_COMMENT) for text in found if text)


def _errors(cell: NotebookNode | None, leave_out: str | None = None) -> list[NotebookNode]:
    """Return the errors among a cell's outputs, without the one that shows the verdict."""
    if cell is None:
        return []
    errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
    return [e for e in errors if leave_out is None or e.evalue != leave_out]


def _stop(errors: Sequence[NotebookNode], source: str, *, in_check: bool = False) -> Stop | None:
    """Return where the first error was raised; None where an assertion was, or nothing.

    Args:
        source: of the answer's cell.
        in_check: whether the check's cell raised it. Its own lines, the first that the traceback
            leads through, are then left out: they may be hidden.
    """
    if not errors or errors[0].ename == "AssertionError":
        return None
    error = errors[0]
    message = tidy(f"{error.ename}: {error.evalue}".rstrip(": "))
    trace = "\n".join(error.traceback)
    frames = list(_FRAME.finditer(trace))
    if in_check:
        frames = [frame for frame in frames if frame[1] != frames[0][1]]
    if not frames:
        return Stop(message)
    shown = re.split(r"^(?:File|Cell) ", trace[frames[-1].end() :], maxsplit=1, flags=re.MULTILINE)
    arrow = _ARROW.search(shown[0])
    code = plain_line(arrow[1] if arrow else "".join(shown[0].splitlines()[1:2]))
    number = int(frames[-1][2][:6])
    lines = source.splitlines()
    is_theirs = 0 < number <= len(lines) and plain_line(lines[number - 1]) == code
    return Stop(message, number if is_theirs else 0, code)


def _follows_from(message: str, stop: Stop) -> bool:
    """Whether a verdict only repeats that the code stopped, or was never defined."""
    return "there is no function" in message or stop.message.split("\n")[0][:80] in message


def _trials(task: CodeTask, mark: Mapping[str, Any]) -> list[Trial]:
    made = []
    for tried in mark.get("tried", ()):
        names = task.parameters.get(tried["function"], ())
        inputs = list(tried["inputs"])
        names = (*names, *(f"input {place}" for place in range(len(names) + 1, len(inputs) + 1)))
        call = f"{tried['function']}({', '.join(names[: len(inputs)])})"
        made.append(Trial(call, tried["name"], tuple(zip(names, inputs)), tried["output"]))
    return made


def _same(source: str, stub: str) -> bool:
    return source.split() == stub.split()


def _shorten(source: str) -> str:
    lines = source[:MAX_CODE].splitlines()[:MAX_LINES]
    text = plain_text("\n".join(lines), MAX_CODE)
    return text if len(text) >= len(source.rstrip()) - 2 else f"{text}\n# … and more"
