"""One submission in one child process: whatever it does to that, the other submissions go on."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from generative_vision.course.converters import nbgrader_config, run_converter
from generative_vision.course.grading import processors
from generative_vision.course.grading.children import (
    LOOK_SECONDS,
    child_processes,
    end_with_parent,
    start_when_possible,
)
from generative_vision.course.grading.layouts import TIME_STAMP
from generative_vision.course.grading.limits import CLOSING_SECONDS, remove_left
from generative_vision.course.grading.notebooks import read_plain
from generative_vision.course.grading.outputs import plain_line
from generative_vision.course.grading.own_bounds import bound_this_process
from generative_vision.course.grading.pages import write_feedback
from generative_vision.course.grading.results import (
    PAGE_FAILED,
    STARVED,
    Result,
    refused,
    with_remark,
)
from generative_vision.course.grading.standing import read_standings
from generative_vision.course.grading.steps import grade_id
from generative_vision.course.grading.submissions import Submission
from generative_vision.course.grading.syscalls import leave_keyring
from generative_vision.course.manifest import Course

STAGING_SECONDS = 60  # for reading a notebook, beside the seconds for running it
PAGE_SECONDS = 60  # for its page
MIN_FREE = 2**29  # bytes of the disk that marking leaves: of one notebook it keeps up to 20 MB
_GRACE = 10  # seconds for a process to end that has sent all


@dataclass(frozen=True)
class Job:
    """What a child process needs to mark one submission."""

    submission: Submission
    course: Course
    workspace: Path  #: nbgrader's folders for this run
    output: Path
    database: str  #: SQLAlchemy address of the gradebook
    isolate: bool
    warm: str = ""  #: socket of a process to fork the kernel from
    neighbours: int = 1  #: how many are marked at the same time
    free: int = 0  #: bytes of memory for all of them; measured if 0
    seed: int = 0  #: of its hidden inputs, which nobody may know; drawn if 0
    processors: list[int] = field(default_factory=list)  #: of its own; all if there are none
    page_seconds: float = PAGE_SECONDS
    min_free: int = MIN_FREE
    has_page: bool = True
    marked: Result | None = None  #: its mark stands, and only its page is made

    def config(self, **called: Callable) -> Config:
        """Return nbgrader's configuration; ``called`` are functions for ``RunAndMark``."""
        config = nbgrader_config(self.course, self.workspace, self.database)
        config.RunAndMark.isolate = self.isolate
        config.SandboxProvisioner.warm = self.warm
        config.SandboxProvisioner.neighbours = self.neighbours
        config.SandboxProvisioner.free = self.free
        config.RunAndMark.seed = self.seed
        for name, function in called.items():
            config.RunAndMark[name] = function
        return config


def enrol(database: str, students: Iterable[str]) -> None:
    """Write students into a gradebook, before child processes of the same one meet there.

    nbgrader looks for a student and adds who is missing in two steps: of two processes that mark
    lessons of one student at the same time, the second may fail.
    """
    with Gradebook(database) as gradebook:
        for student in sorted(set(students)):
            gradebook.update_or_create_student(student)


def mark_in_child(
    job: Job,
    cells: Callable[[int, int], None] = lambda done, count: None,
    stop: Event | None = None,
) -> Result:
    """Run, mark and comment a submission in a process of its own.

    The death of that process, for want of memory or of time for instance, is the result of this
    submission alone. A page that cannot be made costs the page, never the mark.

    Args:
        cells: called after each cell with how many of all have run.
        stop: once it is set, the process is ended.
    """
    stop = stop or Event()
    context = child_processes(__name__)
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(sender, job))
    try:
        start_when_possible(process, stop)
    except (OSError, EOFError) as error:
        receiver.close()
        return refused(job.submission, f"its marking could not start: {plain_line(error)}")
    finally:
        sender.close()
    result = refused(job.submission, "its marking ended without a word")
    try:
        seconds = job.config().RunAndMark.notebook_seconds + STAGING_SECONDS
        end = time.monotonic() + seconds
        while not isinstance(message := _receive(receiver, end, stop), Result):
            if message is None:
                return refused(job.submission, "its marking took too long, or was stopped")
            cells(*message)
        result = message
        page_remark = receiver.recv() if receiver.poll(job.page_seconds) else "it took too long"
        process.join(_GRACE)
    except (EOFError, OSError):  # the process died, perhaps while it was sending
        process.join(_GRACE)
        if result.score is None and process.exitcode == -signal.SIGKILL:  # nobody else kills it
            result = refused(job.submission, STARVED)
        page_remark = "its making ended without a word"
    finally:
        process.kill()
        process.join()
        receiver.close()
        if process.exitcode and job.isolate and not stop.is_set():
            # what it started ends with it, but not at once, and whoever is next has its memory
            remove_left(seconds=CLOSING_SECONDS)
    if result.score is not None and page_remark:
        return with_remark(result, f"{PAGE_FAILED}: {page_remark}")
    return result


def _receive(receiver: Connection, end: float, stop: Event) -> Any:
    """Return the next message of a child process; None after ``end``, or once it is to stop."""
    while not receiver.poll(LOOK_SECONDS):
        if stop.is_set() or time.monotonic() > end:
            return None
    return receiver.recv()


def _work(sender: Connection, job: Job) -> None:
    """Mark a submission and send its result; make its page, and send why that failed, if it did."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    processors.keep_to(job.processors)  # so do kernels, which start from here
    end_with_parent()
    bound_this_process()
    leave_keyring()
    result = job.marked or _mark(job, lambda done, count: sender.send((done, count)))
    sender.send(result)
    remark = ""
    try:
        if result.score is not None and job.has_page:
            _make_page(job)
    except Exception as error:  # whatever a page makes of the tools
        remark = plain_line(error) or type(error).__name__
    sender.send(remark)


def _mark(job: Job, progress: Callable[[int, int], None]) -> Result:
    if shutil.disk_usage(job.output).free < job.min_free:
        return refused(job.submission, f"too little room is left on the disk of {job.output}")
    slug, student = job.submission.lesson, job.submission.student
    place = job.workspace / "submitted" / student / slug
    place.mkdir(parents=True, exist_ok=True)
    starved: list[bool] = []
    # a function, which is not copied with its configuration
    config = job.config(progress=progress, starved=lambda: starved.append(True))
    by_hand = _extra_by_hand(job)
    try:
        # a plain notebook, and nothing else: no links, no files beside it
        nbformat.write(read_plain(job.submission.read()), place / f"{slug}.ipynb")
        if job.submission.submitted is not None:
            (place / TIME_STAMP).write_text(f"{job.submission.submitted} UTC", encoding="utf-8")
        _convert(Autograde, job, config)
        with Gradebook(job.database) as gradebook:
            for name, points in by_hand.items():
                gradebook.find_grade(name, slug, slug, student).extra_credit = points
            gradebook.db.commit()
            marked = gradebook.find_submission(slug, student)
            score, max_score = marked.score, marked.max_score
        ran = job.workspace / "autograded" / student / slug / f"{slug}.ipynb"
        remarks = nbformat.read(ran, 4).metadata.generative_vision.remarks
        remarks += [
            f"{name}: {points:g} extra, given by hand before this marking, count: look at it"
            for name, points in by_hand.items()
        ]
        kept = job.output / "autograded" / student / slug / ran.name
        kept.parent.mkdir(parents=True, exist_ok=True)
        ran.replace(kept)
    except Exception as error:  # whatever a damaged notebook makes of the tools
        reason = plain_line(error) or type(error).__name__
        said = STARVED if starved else f"could not be marked: {reason}"
        return refused(job.submission, said)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return Result(
        student=student,
        lesson=slug,
        score=score,
        max_score=max_score,
        status="graded",
        remark="; ".join(remarks),
        file=job.submission.shown,
    )


def _extra_by_hand(job: Job) -> dict[str, float]:
    """Return the points of extra exercises that a person changed since they were marked."""
    slug, student = job.submission.lesson, job.submission.student
    last = job.output / "autograded" / student / slug / f"{slug}.ipynb"
    standing = read_standings(job.database, student, slug).get((student, slug))
    if standing is None or not last.is_file():
        return {}
    notebook = nbformat.v4.reads(last.read_text(encoding="utf-8"))
    marks = notebook.metadata.generative_vision.marks
    given = {
        str(name): float(cell.metadata.extra_credit) if marks[name].right else 0.0
        for cell in notebook.cells
        if (name := grade_id(cell)) in marks and "extra_credit" in cell.metadata
    }
    now = {cell.name: cell.extra for cell in standing.cells if cell.extra is not None}
    return {name: now[name] for name in given if now.get(name, given[name]) != given[name]}


def _make_page(job: Job) -> None:
    slug, student = job.submission.lesson, job.submission.student
    write_feedback(
        job.course.title,
        job.workspace / "solutions" / slug / f"{slug}.ipynb",
        job.output / "autograded" / student / slug / f"{slug}.ipynb",
        job.database,
        student,
        job.output / "feedback" / student / f"{slug}.html",
    )


def _convert(converter: type[BaseConverter], job: Job, config: Config) -> None:
    directory = CourseDirectory(config=config)
    directory.assignment_id, directory.student_id = job.submission.lesson, job.submission.student
    directory.notebook_id = job.submission.lesson
    run_converter(converter(coursedir=directory, config=config, force=True))
