"""From a folder of submissions to ``gradebook.db``, ``grades.csv`` and feedback pages."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from generative_vision.course import CourseError
from generative_vision.course.build import derive, validate_folders
from generative_vision.course.converters import nbgrader_config, run_converter
from generative_vision.course.grading import sandbox
from generative_vision.course.grading.pages import write_page
from generative_vision.course.grading.results import Journal, Result, refused, write_table
from generative_vision.course.grading.submissions import Submission, read_plain, shown_path
from generative_vision.course.manifest import Course


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
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as scratch:
        workspace = Path(scratch)
        known = not force and (output / "gradebook.db").is_file()
        database = f"sqlite:///{(output / 'gradebook.db').resolve()}"
        try:
            derive(course, lessons, workspace, overlay=overlay, database=database)
        except CourseError as error:
            if "submissions associated" not in str(error):
                raise
            raise CourseError(
                f"{output / 'gradebook.db'} has marks for other checks or questions than the "
                "lesson has now. Grade into a new folder with --output, or move this one away."
            ) from None
        config = nbgrader_config(course, workspace, database)
        config.RunAndMark.isolate = isolate
        config.CourseDirectory.autograded_directory = str((output / "autograded").resolve())
        config.CourseDirectory.feedback_directory = str(workspace / "feedback")
        journal = Journal(output / "grades.json", fresh=not known)
        for done, submission in enumerate(submissions, 1):
            result: Result | None
            if submission.problem:
                result = refused(submission, submission.problem)
            else:
                key = _fingerprint(submission, workspace)
                result = journal.find(submission, key)
                if result is None:
                    result = _grade_one(submission, workspace, config, output)
                    journal.add(submission, key, result)
            results.append(result)
            write_table(output / "grades.csv", results)
            progress(result, done)
    return results


def _grade_one(submission: Submission, workspace: Path, config: Config, output: Path) -> Result:
    slug, student = submission.lesson, submission.student
    place = workspace / "submitted" / student / slug
    place.mkdir(parents=True, exist_ok=True)
    try:
        nbformat.write(read_plain(submission.path), place / f"{slug}.ipynb")
        for converter in (Autograde, GenerateFeedback):
            directory = CourseDirectory(config=config)
            directory.assignment_id, directory.student_id = slug, student
            directory.notebook_id = slug
            run_converter(converter(coursedir=directory, config=config, force=True))
        with Gradebook(config.CourseDirectory.db_url) as gradebook:
            marked = gradebook.find_submission(slug, student)
            score, max_score = marked.score, marked.max_score
    except Exception as error:  # whatever a damaged notebook makes of the tools
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        return refused(submission, f"could not be marked: {reason}")
    write_page(
        workspace / "feedback" / student / slug / f"{slug}.html",
        output / "feedback" / student / f"{slug}.html",
        output / "feedback",
    )
    shutil.rmtree(place)
    remark = _remark(output / "autograded" / student / slug)
    return Result(student, slug, score, max_score, "graded", remark, shown_path(submission.path))


def _remark(folder: Path) -> str:
    """Return what an instructor should look at in a marked submission."""
    notebook = nbformat.read(next(folder.glob("*.ipynb")), 4)
    return "; ".join(notebook.metadata.generative_vision.remarks)


def _fingerprint(submission: Submission, workspace: Path) -> str:
    """Return a hash of the submission and of the lesson that it is marked by."""
    source = workspace / "solutions" / submission.lesson / f"{submission.lesson}.ipynb"
    return hashlib.sha256(submission.path.read_bytes() + source.read_bytes()).hexdigest()
