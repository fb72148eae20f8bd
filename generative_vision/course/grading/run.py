"""From a folder of submissions to ``gradebook.db``, ``grades.csv`` and feedback pages."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from generative_vision.course import CourseError
from generative_vision.course.build import derive, validate_folders
from generative_vision.course.grading import sandbox
from generative_vision.course.grading.results import Journal, Result, refused, write_table
from generative_vision.course.grading.submissions import Submission
from generative_vision.course.grading.worker import Job, mark_in_child
from generative_vision.course.manifest import Course, Lesson


def grade(
    course: Course,
    submissions: Iterable[Submission],
    output: Path,
    *,
    overlay: Path | None = None,
    isolate: bool = True,
    force: bool = False,
    progress: Callable[[Result, int], None] = lambda result, done: None,
) -> list[Result]:
    """Run, mark and comment submissions one by one; one that fails never stops the rest.

    Writes below ``output``: ``gradebook.db`` (nbgrader's), ``grades.csv``,
    ``feedback/STUDENT/LESSON.html`` and ``autograded/`` (what ran, for the instructor only: it
    contains the hidden tests). It may be interrupted: a second call takes up where the first
    stopped, and marks again only what changed since.

    Args:
        overlay: a folder of the instructor's private questions and hidden checks.
        isolate: run submissions in bubblewrap. Otherwise they run with the caller's rights.
        force: mark again what has been marked already.
        progress: called after each submission with its result and how many are done.
    """
    if isolate:
        sandbox.validate_available()
    validate_folders(course, overlay)
    submissions = list(submissions)
    output.mkdir(parents=True, exist_ok=True)
    slugs = {submission.lesson for submission in submissions if not submission.problem}
    lessons = tuple(lesson for lesson in course.lessons if lesson.slug in slugs)
    database = f"sqlite:///{(output / 'gradebook.db').resolve()}"
    known = not force and (output / "gradebook.db").is_file()
    journal = Journal(output / "grades.json", fresh=not known)
    results: list[Result] = []
    with _workspace(output) as workspace:
        _derive(course, lessons, workspace, overlay, database)
        for done, submission in enumerate(submissions, 1):
            result: Result | None
            if submission.problem:
                result = refused(submission, submission.problem)
            else:
                key = _fingerprint(submission, workspace)
                result = journal.find(submission, key)
                if result is None:
                    result = mark_in_child(
                        Job(submission, course, workspace, output, database, isolate)
                    )
                    journal.add(submission, key, result)
            results.append(result)
            write_table(output / "grades.csv", results)
            progress(result, done)
    return results


@contextmanager
def _workspace(output: Path) -> Iterator[Path]:
    """Make a folder for nbgrader's files, solutions among them: a kill leaves none in /tmp.

    It is reached through a link with a plain name, since nbgrader takes its paths for patterns.
    """
    workspace = output / ".workspace"
    shutil.rmtree(workspace, ignore_errors=True)
    workspace.mkdir()
    with tempfile.TemporaryDirectory(prefix="gv-") as folder:
        link = Path(folder) / "workspace"
        try:
            link.symlink_to(workspace.resolve(), target_is_directory=True)
            yield link
        finally:
            shutil.rmtree(workspace, ignore_errors=True)


def _derive(
    course: Course,
    lessons: tuple[Lesson, ...],
    workspace: Path,
    overlay: Path | None,
    database: str,
) -> None:
    """Build the lessons into the workspace, and their graded cells into the gradebook."""
    try:
        derive(course, lessons, workspace, overlay=overlay, database=database)
    except CourseError as error:
        if "submissions associated" not in str(error):
            raise
        file = database.removeprefix("sqlite:///")
        raise CourseError(
            f"{file} has marks for other checks or questions than the lesson has now. "
            "Grade into a new folder with --output, or move this one away."
        ) from None


def _fingerprint(submission: Submission, workspace: Path) -> str:
    """Return a hash of the submission and of the lesson that it is marked by."""
    source = workspace / "solutions" / submission.lesson / f"{submission.lesson}.ipynb"
    return hashlib.sha256(submission.path.read_bytes() + source.read_bytes()).hexdigest()
