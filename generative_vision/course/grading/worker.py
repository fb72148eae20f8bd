"""One submission in one child process: whatever it does to that, the other submissions go on."""

from __future__ import annotations

import ctypes
import multiprocessing
import platform
import shutil
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.converters.base import BaseConverter
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from generative_vision.course.converters import nbgrader_config, run_converter
from generative_vision.course.grading.outputs import plain_line
from generative_vision.course.grading.pages import write_page
from generative_vision.course.grading.results import Result, refused
from generative_vision.course.grading.submissions import Submission, read_plain, shown_path
from generative_vision.course.manifest import Course

STAGING_SECONDS = 60  # for reading a notebook, beside the seconds for running it
PAGE_SECONDS = 60  # for its page
MAX_GIB = 6  # address space of the child process
_GRACE = 10  # seconds for a process to end that has sent all
_JOIN_SESSION_KEYRING = 1
_KEYCTL = {"x86_64": 250, "aarch64": 219}  # the number of this system call


@dataclass(frozen=True)
class Job:
    """What a child process needs to mark one submission."""

    submission: Submission
    course: Course
    workspace: Path  #: nbgrader's folders for this run
    output: Path
    database: str  #: SQLAlchemy address of the gradebook
    isolate: bool
    page_seconds: float = PAGE_SECONDS

    def config(self) -> Config:
        """Return nbgrader's configuration."""
        config = nbgrader_config(self.course, self.workspace, self.database)
        config.RunAndMark.isolate = self.isolate
        return config


def mark_in_child(job: Job) -> Result:
    """Run, mark and comment a submission in a process of its own.

    The death of that process, for want of memory or of time for instance, is the result of this
    submission alone. A page that cannot be made costs the page, never the mark.
    """
    context = _context()
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(sender, job))
    process.start()
    sender.close()
    result = refused(job.submission, "its marking ended without a word")
    try:
        if not receiver.poll(job.config().RunAndMark.notebook_seconds + STAGING_SECONDS):
            return refused(job.submission, "its marking took too long")
        result = receiver.recv()
        page_remark = receiver.recv() if receiver.poll(job.page_seconds) else "it took too long"
        process.join(_GRACE)
    except EOFError:  # the process died
        page_remark = "its making ended without a word"
    finally:
        process.kill()
        process.join()
        receiver.close()
    if result.score is not None and page_remark:
        remark = f"its feedback page could not be made: {page_remark}"
        return replace(result, remark="; ".join(filter(None, [result.remark, remark])))
    return result


def _context() -> Any:
    """Return the way to start child processes: forks of one that has imported everything."""
    if "forkserver" not in multiprocessing.get_all_start_methods():  # Windows
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _work(sender: Connection, job: Job) -> None:
    """Mark a submission and send its result; make its page, and send why that failed, if it did."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    _bound_memory()
    _leave_keyring()
    result = _mark(job)
    sender.send(result)
    remark = ""
    try:
        if result.score is not None:
            _make_page(job)
    except Exception as error:  # whatever a page makes of the tools
        remark = plain_line(error) or type(error).__name__
    sender.send(remark)


def _mark(job: Job) -> Result:
    slug, student = job.submission.lesson, job.submission.student
    place = job.workspace / "submitted" / student / slug
    place.mkdir(parents=True, exist_ok=True)
    config = job.config()
    try:
        # a plain notebook, and nothing else: no links, no files beside it
        nbformat.write(read_plain(job.submission.path), place / f"{slug}.ipynb")
        _convert(Autograde, job, config)
        with Gradebook(job.database) as gradebook:
            marked = gradebook.find_submission(slug, student)
            score, max_score = marked.score, marked.max_score
        ran = job.workspace / "autograded" / student / slug / f"{slug}.ipynb"
        remarks = nbformat.read(ran, 4).metadata.generative_vision.remarks
        kept = job.output / "autograded" / student / slug / ran.name
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ran, kept)
    except Exception as error:  # whatever a damaged notebook makes of the tools
        reason = plain_line(error) or type(error).__name__
        return refused(job.submission, f"could not be marked: {reason}")
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return Result(
        student=student,
        lesson=slug,
        score=score,
        max_score=max_score,
        status="graded",
        remark="; ".join(remarks),
        file=shown_path(job.submission.path),
    )


def _make_page(job: Job) -> None:
    slug, student = job.submission.lesson, job.submission.student
    _convert(GenerateFeedback, job, job.config())
    write_page(
        job.workspace / "feedback" / student / slug / f"{slug}.html",
        job.output / "feedback" / student / f"{slug}.html",
        job.output / "feedback",
    )


def _convert(converter: type[BaseConverter], job: Job, config: Config) -> None:
    directory = CourseDirectory(config=config)
    directory.assignment_id, directory.student_id = job.submission.lesson, job.submission.student
    directory.notebook_id = job.submission.lesson
    run_converter(converter(coursedir=directory, config=config, force=True))


def _bound_memory() -> None:
    with suppress(ImportError, ValueError, OSError):  # Windows, macOS
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (MAX_GIB * 2**30, hard))


def _leave_keyring() -> None:
    """Begin a session keyring without keys, so that a submission finds none of the instructor's."""
    number = _KEYCTL.get(platform.machine())
    if sys.platform == "linux" and number is not None:
        ctypes.CDLL(None).syscall(number, _JOIN_SESSION_KEYRING, None)
