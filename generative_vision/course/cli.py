"""The command line.

Readers use ``generative-vision lab``, ``check``, ``reset`` and ``doctor``; instructors and authors
``grade``, ``build``, ``book``, ``new-lesson`` and ``assets``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from generative_vision.course import CourseError
from generative_vision.course.doctor import examine
from generative_vision.course.manifest import Course, find_root, find_work, read_course
from generative_vision.course.terminal import progress_bar, show_finding, shown
from generative_vision.course.work import copy_lesson, own_notebook, reset_lesson, writing
from generative_vision.files import write_atomically

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A course on generative vision models: work through it, teach it, write it.",
)

CourseFolder = Annotated[
    Path | None,
    typer.Option("--course", help="The folder of book.toml; by default the nearest one."),
]
Overlay = Annotated[
    Path | None, typer.Option(help="A folder of private questions and hidden checks.")
]


def main() -> None:
    """Run the command line; a ``CourseError`` becomes its message and exit status 1."""
    try:
        app()
    except CourseError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(1)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(context: typer.Context, course: CourseFolder = None) -> None:
    """Copy lessons that are not there yet into work/, and open JupyterLab there.

    Further options go to JupyterLab.
    """
    found = _course(course)
    for finding in examine(found, quick=True):
        if finding.state == "problem":
            typer.echo(f"{finding.subject}: {finding.text} {finding.remedy}", err=True)
    for lesson in found.lessons:
        if copy_lesson(found, lesson.slug):
            typer.echo(f"New in {shown(found.work)}/: {lesson.slug}")
    kernels = "generative_vision.course.kernels.CourseKernelSpecManager"
    options = [
        f"--notebook-dir={found.work}",
        f"--ServerApp.kernel_spec_manager_class={kernels}",
        *context.args,
    ]
    arguments = [sys.executable, "-m", "jupyterlab", *options]
    os.chdir(found.work)
    if os.name == "nt":
        sys.exit(subprocess.call(arguments))
    sys.stdout.flush()
    os.execv(arguments[0], arguments)


@app.command()
def doctor(course: CourseFolder = None) -> None:
    """Say what stands in the way on this machine, and what to do about it."""
    problems = 0
    for finding in examine(_course(course)):
        show_finding(finding)
        problems += finding.state == "problem"
    if problems:
        raise CourseError(f"{problems} of these stop the course from working: mend them first.")


@app.command()
def reset(lesson: str, course: CourseFolder = None) -> None:
    """Put a fresh copy of LESSON into work/; the old one stays there with the date in its name."""
    found = _course(course)
    slug = found.lesson(lesson).slug
    backup = reset_lesson(found, slug)
    if backup:
        typer.echo(f"Your copy is now {backup.name}.")
    typer.echo(f"{shown(own_notebook(found, slug))} is as it was released.")


@app.command()
def check(lesson: str, course: CourseFolder = None) -> None:
    """Mark your own copy of LESSON in work/; work/feedback/ says why."""
    from generative_vision.course.grading.run import grade
    from generative_vision.course.grading.submissions import Submission

    found = _course(course)
    slug = found.lesson(lesson).slug
    path = own_notebook(found, slug)
    if not path.is_file():
        remedy = "open the lessons once with `generative-vision lab`"
        raise CourseError(f"{path} is not there: {remedy}.")
    typer.echo(f"Running {shown(path)} ...")
    page = found.work / "feedback" / f"{slug}.html"
    with tempfile.TemporaryDirectory() as scratch, writing(page.parent), progress_bar() as bar:
        folder = Path(scratch)
        task = bar.add_task("Cells", total=None)
        (result,) = grade(
            found,
            [Submission(path, "me", slug)],
            folder,
            isolate=False,
            cells=lambda done, count: bar.update(task, completed=done, total=count),
        )
        if result.status != "graded":
            raise CourseError(f"{path} could not be checked: {result.remark}.")
        bar.stop()
        for name, score, points, message in _marks(folder, slug):
            sign = "ok" if score == points else "--"
            typer.echo(f"  {sign}  {name:<28} {score:g}/{points:g}  {message}")
        made = folder / "feedback" / "me" / f"{slug}.html"
        text = made.read_text(encoding="utf-8").replace("../mathjax.js", "mathjax.js")
        write_atomically(page, text)
        shutil.copyfile(folder / "feedback" / "mathjax.js", page.with_name("mathjax.js"))
    total = f"{result.score:g} of {result.max_score:g} points"
    typer.echo(f"{total}. Why, in {shown(page)}")


@app.command()
def build(
    verify: Annotated[
        bool, typer.Option("--verify", help="Write nothing; fail where a derived file differs.")
    ] = False,
    overlay: Overlay = None,
    output: Annotated[Path | None, typer.Option(help="Where the notebooks go.")] = None,
    course: CourseFolder = None,
) -> None:
    """Derive solution and student notebooks from the sources."""
    from generative_vision.course import build as building

    found = _source(course)
    if verify:
        building.verify(found)
        typer.echo("Everything derived is what its source gives.")
        return
    written = building.build(found, overlay=overlay, output=output)
    typer.echo("\n".join(str(path) for path in written))


@app.command()
def grade(
    folder: Annotated[
        Path, typer.Argument(help="nbgrader's tree, or a folder of submitted notebooks.")
    ],
    output: Annotated[
        Path | None, typer.Option(help="Where the results go; by default FOLDER-graded.")
    ] = None,
    overlay: Overlay = None,
    no_isolation: Annotated[
        bool, typer.Option("--no-isolation", help="Run submissions with your own rights.")
    ] = False,
    force: Annotated[bool, typer.Option(help="Mark again what has been marked already.")] = False,
    jobs: Annotated[
        int | None, typer.Option(help="How many at the same time; by default one for each core.")
    ] = None,
    course: CourseFolder = None,
) -> None:
    """Run and mark every notebook in FOLDER: gradebook.db, grades.csv and feedback pages."""
    from generative_vision.course.grading.run import grade as grade_all
    from generative_vision.course.grading.submissions import collect

    found = _course(course)
    submissions = collect(folder, found)
    output = output or folder.resolve().with_name(folder.resolve().name + "-graded")
    with progress_bar() as bar:
        task = bar.add_task("Grading", total=len(submissions))
        results = grade_all(
            found,
            submissions,
            output,
            overlay=overlay,
            isolate=not no_isolation,
            force=force,
            jobs=jobs,
            progress=lambda result, done: bar.update(
                task, completed=done, description=result.student[:20]
            ),
            notice=bar.console.print,
        )
    for result in results:
        score = "   -   " if result.score is None else f"{result.score:g}/{result.max_score:g}"
        typer.echo(f"{score:>8}  {result.student:<24} {result.lesson:<18} {result.remark}")
    failed = sum(result.status != "graded" for result in results)
    typer.echo(f"{len(results) - failed} graded, {failed} not graded. Results: {output}")


@app.command()
def book(
    output: Annotated[
        Path | None, typer.Option(help="Where the site goes; by default _book.")
    ] = None,
    course: CourseFolder = None,
) -> None:
    """Execute the lessons and build the site for self-learners."""
    from generative_vision.course.book import build_book

    found = _course(course)
    typer.echo(f"Open {build_book(found, output or found.work.with_name('_book'))}")


@app.command("new-lesson")
def new_lesson(
    slug: Annotated[str, typer.Argument(help="A new number and words: 06-style-transfer.")],
    title: Annotated[str, typer.Option(help="The lesson's heading.")],
    course: CourseFolder = None,
) -> None:
    """Write a small lesson that works, to be rewritten section by section."""
    from generative_vision.course import new_lesson as adding

    found = _source(course)
    for path in adding.new_lesson(found, slug, title):
        typer.echo(f"Written: {path}")
    typer.echo("Now run `generative-vision build`, and again after each change.")


@app.command()
def assets() -> None:
    """Compare every data and weight file that ships with its SHA-256."""
    from generative_vision.data import AssetError, verify_assets

    try:
        for name in verify_assets():
            typer.echo(f"ok  {name}")
    except AssetError as error:
        raise CourseError(str(error)) from error


def _course(root: Path | None) -> Course:
    """Return the course that is named, else the nearest, with the work/ of where one stands."""
    if root is not None:
        return read_course(root.resolve())
    nearest = find_root()
    return read_course(nearest, find_work(nearest))


def _source(root: Path | None) -> Course:
    """Return a course that can be edited."""
    course = _course(root)
    if course.is_installed:
        raise CourseError(
            "This is for authors, and needs a copy of the course's repository: go into it, or "
            "name it with --course."
        )
    return course


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
                rows.append((name, mark.score, mark.max_score, message))
    return rows
