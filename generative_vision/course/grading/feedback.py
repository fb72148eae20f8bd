"""What a student is told about a marked notebook, exercise by exercise and question by question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nbformat import NotebookNode

from generative_vision.course.grading.outputs import plain_line, plain_text
from generative_vision.course.grading.standing import CellMark, Standing
from generative_vision.course.grading.steps import grade_id
from generative_vision.course.grading.tasks import CodeTask, QuizTask, Sheet

State = Literal["right", "partly right", "not right yet", "not written", "no answer"]

MAX_CODE = 6000  # characters of an answer that a page shows
MAX_LINES = 150
MAX_MESSAGE = 800  # characters of a sentence
MAX_COMMENT = 5000

_FRAME = re.compile(r"[ \t]*Cell In ?\[(\d+)\], line (\d+)")
_ARROW = re.compile(r"^-+> *\d+ ?(.*)$", re.MULTILINE)
_NUMBER = re.compile(r"-?\d[\d.,]*(?:e[-+]?\d+)?")
_PLACE = re.compile(r" \(\d+\.py, line \d+\)")  # IPython's, of a cell
_ERROR = re.compile(r"\w+(?:Error|Exception)\b")
_TOLD = re.compile(r"a cell |the notebook ran out of time")  # remarks that a student can act on


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
    seen: str = ""  #: what the check in the notebook says
    stop: Stop | None = None
    hidden: str = ""  #: what was wrong with other inputs, where that says more
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
    standing: Standing
    remarks: tuple[str, ...]
    exercises: tuple[ExercisePart, ...]
    questions: tuple[QuestionPart, ...]


def make_feedback(
    course: str, sheet: Sheet, notebook: NotebookNode, standing: Standing, student: str
) -> Feedback:
    """Put together what a student is told.

    Args:
        course: the course's title.
        notebook: as it was marked, with the marks in its metadata.
        standing: what the gradebook says, points and comments by hand included.
    """
    facts = notebook.metadata.get("generative_vision", {})
    cells = {name: cell for cell in notebook.cells if (name := grade_id(cell))}
    marks = facts.get("marks", {})
    return Feedback(
        course,
        sheet,
        plain_line(student),
        standing,
        tuple(remark for remark in facts.get("remarks", []) if _TOLD.match(remark)),
        tuple(_exercise(task, cells, marks, standing) for task in sheet.exercises),
        tuple(_question(task, marks, standing) for task in sheet.questions),
    )


def _exercise(
    task: CodeTask, cells: Mapping[str, NotebookNode], marks: Mapping[str, Any], standing: Standing
) -> ExercisePart:
    mark = marks.get(task.name, {})
    message = str(mark.get("message", ""))
    given = _given(task, standing)
    score, points = _points(task, mark, given)
    answer, check = cells.get(task.answer), cells.get(task.name)
    # IPython counts a cell's lines from the first that is not empty
    source = re.sub(r"^(?:[ \t]*\n)+", "", str(answer.source)) if answer is not None else ""
    written = bool(source.strip()) and not _same(source, task.stub)
    state = _state(score, points, written)
    stop, seen, hidden = None, "", ""
    if written and score < points:
        errors = _errors(check, leave_out=message)
        stop = _stop(_errors(answer), source) or _stop(errors, source, in_check=True)
        seen = "" if stop or not errors else tidy(errors[0].evalue)
        hidden = "" if _repeats(message, stop.message if stop else seen) else tidy(message)
    return ExercisePart(
        task,
        state,
        score,
        points,
        code=_shorten(source) if written else "",
        seen=seen,
        stop=stop,
        hidden=hidden,
        trials=tuple(_trials(task, mark)) if hidden or seen else (),
        by_hand=_is_by_hand(given),
        comments=_comments(task, standing),
    )


def _question(task: QuizTask, marks: Mapping[str, Any], standing: Standing) -> QuestionPart:
    mark = marks.get(task.name, {})
    given = _given(task, standing)
    score, points = _points(task, mark, given)
    chosen = str(mark.get("chosen", ""))
    state = _state(score, points, bool(chosen))
    return QuestionPart(
        task,
        "no answer" if state == "not written" else state,
        score,
        points,
        chosen,
        "" if chosen else str(mark.get("message", "")),
        _is_by_hand(given),
        _comments(task, standing),
    )


def tidy(message: str) -> str:
    """Return an error's message without what a tracing backend wraps it into, and not too long."""
    lines = [line.strip() for line in message.strip().splitlines()]
    if "in user code:" in lines:
        errors = [line for line in lines if _ERROR.match(line)]
        lines = errors[-1:] or lines
    text = _PLACE.sub("", "\n".join(lines)).replace(": see above.", ".")
    return plain_text(text.removesuffix("..") + "." if text.endswith("..") else text, MAX_MESSAGE)


def _state(score: float, points: float, written: bool) -> State:
    if score >= points:
        return "right"
    if score > 0:
        return "partly right"
    return "not right yet" if written else "not written"


def _given(task: CodeTask | QuizTask, standing: Standing) -> CellMark | None:
    """Return what the gradebook says of a task."""
    return next((cell for cell in standing.cells if cell.name == task.name), None)


def _points(
    task: CodeTask | QuizTask, mark: Mapping[str, Any], given: CellMark | None
) -> tuple[float, float]:
    if given is not None:
        return given.score, given.max_score or task.points
    return (task.points if mark.get("right") else 0.0), task.points


def _is_by_hand(given: CellMark | None) -> bool:
    return given is not None and (given.by_hand is not None or given.has_extra_by_hand)


def _comments(task: CodeTask | QuizTask, standing: Standing) -> tuple[str, ...]:
    said = [text for name, text in standing.comments if name in (task.answer, task.name)]
    return tuple(plain_text(text, MAX_COMMENT) for text in said)


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
    frames = list(_frames("\n".join(error.traceback)))
    if in_check:
        frames = [frame for frame in frames if frame[0] != frames[0][0]]
    lines = dict(enumerate(map(plain_line, source.splitlines()), 1))
    theirs = [frame[1:] for frame in frames if frame[2] and lines.get(frame[1]) == frame[2]]
    if theirs:
        return Stop(message, *theirs[-1])
    return Stop(message, 0, frames[-1][2] if frames else "")


def _frames(trace: str) -> Iterator[tuple[str, int, str]]:
    """Yield the cells that IPython's traceback leads through: execution count, line and code."""
    for part in re.split(r"^(?=File |[ \t]*Cell In ?\[)", trace, flags=re.MULTILINE):
        if frame := _FRAME.match(part):
            arrow = _ARROW.search(part)
            code = arrow[1] if arrow else "".join(part.splitlines()[1:2])
            yield frame[1], int(frame[2][:6]), plain_line(code)


def _repeats(message: str, said: str) -> bool:
    """Whether a verdict says no more than what was said already, or only follows from it."""
    start = said.split("\n")[0].removesuffix(".")[:60]
    if not message or (start and ("there is no function" in message or start in message)):
        return True
    return bool(said) and _NUMBER.sub("#", message) == _NUMBER.sub("#", said)


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
