"""Each lesson's own solution, marked before the submissions: a broken machine is no bad student."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import nbformat

from generative_vision.course.grading.outputs import plain_line
from generative_vision.course.grading.results import Result
from generative_vision.course.grading.submissions import Submission
from generative_vision.course.grading.worker import Job, enrol

SOLVER = "solution"  # who hands in the solutions


def trial_jobs(template: Job, lessons: Iterable[str]) -> dict[str, Job]:
    """Return what marks the solutions of lessons, in a copy of the gradebook and without pages.

    Args:
        template: of these jobs; its workspace holds the solutions.
        lessons: slugs.
    """
    place = template.workspace / "trial"
    place.mkdir()
    book = place / "gradebook.db"
    shutil.copyfile(template.database.removeprefix("sqlite:///").partition("?")[0], book)
    database = f"sqlite:///{book}?timeout=60"
    enrol(database, [SOLVER])
    return {
        slug: replace(
            template,
            submission=Submission(
                (template.workspace / "solutions" / slug / f"{slug}.ipynb").resolve(), SOLVER, slug
            ),
            output=place,
            database=database,
            has_page=False,
        )
        for slug in lessons
    }


def find_faults(
    jobs: dict[str, Job], mark: Callable[[Iterable[Job]], Iterable[Result]]
) -> dict[str, str]:
    """Mark the solutions; return why nothing of a lesson can be marked here, by its slug.

    Args:
        jobs: of ``trial_jobs``.
        mark: marks them, in this order.
    """
    faults = {}
    for (slug, job), result in zip(jobs.items(), mark(jobs.values())):
        if result.score is None or not _is_right(job):
            faults[slug] = _fault(job, result)
    return faults


def _is_right(job: Job) -> bool:
    """Tell whether every check of the solution that ran was passed."""
    marks = nbformat.read(_ran(job), 4).metadata.generative_vision.marks
    return all(mark.right for mark in marks.values())


def _ran(job: Job) -> Path:
    slug = job.submission.lesson
    return Path(job.output) / "autograded" / SOLVER / slug / f"{slug}.ipynb"


def _fault(job: Job, result: Result) -> str:
    if result.score is None:
        why = [result.remark.removeprefix("could not be marked: ")]
        reached = "cannot be marked"
    else:
        reached = f"earns {result.score:g} of {result.max_score:g} points"
        why = [_first_error(job), result.remark]
    said = plain_line(" ".join(filter(None, why)), 300).removesuffix(".")
    return (
        f"nothing of this lesson was marked: on this machine its own solution {reached}. {said}. "
        f"The Python is {sys.executable}; `generative-vision doctor` says what it lacks"
    )


def _first_error(job: Job) -> str:
    """Return the first error in the solution that ran, with the cell that it is from."""
    for cell in nbformat.read(_ran(job), 4).cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
                where = f"in {name}" if name else "in a cell without a check"
                return f"The first error, {where}: {output.ename}: {output.evalue}"
    return ""
