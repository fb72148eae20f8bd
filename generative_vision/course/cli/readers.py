"""Commands for who reads: ``lab``, ``check``, ``reset`` and ``doctor``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import typer

from generative_vision.course import CourseError
from generative_vision.course.cli.terminal import (
    CourseFolder,
    nearest_course,
    progress_bar,
    show_finding,
    shown,
)
from generative_vision.course.doctor import examine
from generative_vision.course.welcome import lab_options, record_check, write_welcome
from generative_vision.course.work import (
    copy_lesson,
    moved,
    own_notebook,
    reset_lesson,
    worked_on,
    writing,
)
from generative_vision.files import write_atomically


def lab(context: typer.Context, course: CourseFolder = None) -> None:
    """Copy lessons that are not there yet into work/, and open JupyterLab there.

    Further options go to JupyterLab.
    """
    found = nearest_course(course)
    for finding in examine(found, quick=True):
        if finding.state == "problem":
            typer.echo(f"{finding.subject}: {finding.text} {finding.remedy}", err=True)
    for lesson in found.lessons:
        if copy_lesson(found, lesson.slug):
            typer.echo(f"New in {shown(found.work)}/: {lesson.slug}")
    for folder, slug in moved(found):
        typer.echo(f"{shown(folder)}/ is lesson {slug} now. Your work there stays, and counts.")
    with writing(found.work):
        write_welcome(found)
    options = [*lab_options(found.work, context.args), *context.args]
    arguments = [sys.executable, "-m", "jupyterlab", *options]
    os.chdir(found.work)
    if os.name == "nt":
        sys.exit(subprocess.call(arguments))
    sys.stdout.flush()
    os.execv(arguments[0], arguments)


def doctor(course: CourseFolder = None) -> None:
    """Say what stands in the way on this machine, and what to do about it."""
    problems = 0
    for finding in examine(nearest_course(course)):
        show_finding(finding)
        problems += finding.state == "problem"
    if problems:
        raise CourseError("What is marked -- stops the course from working: mend it first.")


def reset(lesson: str, course: CourseFolder = None) -> None:
    """Put a fresh copy of LESSON into work/; the old one stays there with the date in its name."""
    found = nearest_course(course)
    slug = found.lesson(lesson).slug
    backup = reset_lesson(found, slug)
    if backup:
        typer.echo(f"Your copy is now {backup.name}.")
    typer.echo(f"{shown(own_notebook(found, slug))} is as it was released.")


def check(lesson: str, course: CourseFolder = None) -> None:
    """Mark your own copy of LESSON in work/; work/feedback/ says why."""
    from generative_vision.course.grading.locks import OwnFolder
    from generative_vision.course.grading.run import grade
    from generative_vision.course.grading.submissions import Submission

    found = nearest_course(course)
    slug = found.lesson(lesson).slug
    path = worked_on(found, slug)
    if not path.is_file():
        remedy = "open the lessons once with `generative-vision lab`"
        raise CourseError(f"{path} is not there: {remedy}.")
    is_now = "" if path.stem == slug else f", which is lesson {slug} now"
    typer.echo(f"Running {shown(path)}{is_now} ...")
    notebook = path.read_bytes()
    page = found.work / "feedback" / f"{slug}.html"
    with OwnFolder() as folder, writing(page.parent), progress_bar() as bar:
        task = bar.add_task("Cells", total=None)
        (result,) = grade(
            found,
            [Submission(path.resolve(), "me", slug)],
            folder,
            isolate=False,
            trial=False,
            cells=lambda done, count: bar.update(task, completed=done, total=count),
        )
        if result.status != "graded" or result.score is None or result.max_score is None:
            raise CourseError(f"{path} could not be checked: {result.remark}.")
        bar.stop()
        marks = _marks(folder, slug)
        width = max((len(name) for name, *_ in marks), default=0)
        for name, score, points, message in marks:
            sign = "ok" if score >= points else "--"
            typer.echo(f"  {sign}  {name:<{width}} {score:g}/{points:g}  {message}")
        made = folder / "feedback" / "me" / f"{slug}.html"
        text = made.read_text(encoding="utf-8").replace("../mathjax.js", "mathjax.js")
        write_atomically(page, text)
        shutil.copyfile(folder / "feedback" / "mathjax.js", page.with_name("mathjax.js"))
        record_check(found, slug, result.score, result.max_score, notebook)
    total = f"{result.score:g} of {result.max_score:g} points"
    typer.echo(f"{total}. Why, in {shown(page)}")


def _marks(folder: Path, slug: str) -> list[tuple[str, float, float, str]]:
    """Return name, score, points and message of every check of a marked notebook, in its order."""
    import nbformat
    from nbgrader.api import Gradebook

    notebook = nbformat.read(folder / "autograded" / "me" / slug / f"{slug}.ipynb", 4)
    rows = []
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        for cell in notebook.cells:
            if cell.metadata.get("nbgrader", {}).get("grade"):
                name = cell.metadata.nbgrader.grade_id
                mark = gradebook.find_grade(name, slug, slug, "me")
                errors = [output for output in cell.outputs if output.output_type == "error"]
                message = errors[0].evalue or errors[0].ename if errors else ""
                points = mark.max_score or float(cell.metadata.get("extra_credit", 0))
                rows.append((name, mark.score, points, message))
    return rows
