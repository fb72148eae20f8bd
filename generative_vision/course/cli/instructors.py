"""Commands for who teaches or writes: ``release``, ``grade``, ``build``, ``book`` and others."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path
from typing import Annotated, Literal

import typer

from generative_vision.course import CourseError
from generative_vision.course.cli.terminal import CourseFolder, nearest_course, progress_bar
from generative_vision.course.manifest import Course

Overlay = Annotated[
    Path | None, typer.Option(help="A folder of private questions and hidden checks.")
]


def release(
    lessons: Annotated[list[str] | None, typer.Argument(help="Lessons; all without any.")] = None,
    overlay: Overlay = None,
    output: Annotated[
        Path | None, typer.Option(help="Where the archives go; by default release/.")
    ] = None,
    course: CourseFolder = None,
) -> None:
    """Pack what students get of LESSONS: one archive each, without answers and hidden checks."""
    from generative_vision.course.release import release as pack

    found = nearest_course(course)
    chosen = [found.lesson(name) for name in lessons or []] or found.lessons
    folder = output or found.work.with_name("release")
    typer.echo("\n".join(map(str, pack(found, chosen, folder, overlay=overlay))))


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
        int | None,
        typer.Option(help="How many at the same time; by default what fits."),
    ] = None,
    roster: Annotated[
        Path | None, typer.Option(help="The class list; by default students.csv beside FOLDER.")
    ] = None,
    student: Annotated[str, typer.Option(help="Mark only this student's again.")] = "",
    lesson: Annotated[str, typer.Option(help="Mark only this lesson's again.")] = "",
    exported: Annotated[
        Literal["canvas", "moodle"] | None, typer.Option("--export", help="A table to import.")
    ] = None,
    course: CourseFolder = None,
) -> None:
    """Run and mark every notebook in FOLDER: gradebook.db, grades.csv and feedback pages."""
    found = nearest_course(course)
    folder = folder.resolve()
    output = output.resolve() if output else folder.with_name(f"{folder.name}-graded")
    overlay = overlay.resolve() if overlay else None
    if found.root.resolve().is_relative_to(folder):
        raise CourseError(
            f"The course {found.root} lies in the folder of what was handed in, and may be a "
            "student's: name yours with --course."
        )
    listed = roster.resolve() if roster else None
    typer.echo(f"Course: {found.root}")
    # libraries look for files in the folder where a command is called, even while being imported:
    # a student's may lie there
    with chdir("/"):
        from generative_vision.course.grading.export import export
        from generative_vision.course.grading.lateness import without_time
        from generative_vision.course.grading.roster import find_roster, read_roster
        from generative_vision.course.grading.run import grade as grade_all
        from generative_vision.course.grading.run import selected
        from generative_vision.course.grading.submissions import collect

        listed = listed or find_roster(folder)
        students = read_roster(listed) if listed else None
        if students:
            typer.echo(f"Class list: {listed}")
        submissions = collect(folder, found, students)
        only = selected(found, submissions, student, lesson)
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
                students=[student.id for student in students.students] if students else (),
                only=only,
                progress=lambda result, done: bar.update(
                    task, completed=done, description=result.student[:20]
                ),
                notice=bar.console.print,
            )
        for result in results:
            score = "   -   " if result.score is None else f"{result.score:g}/{result.max_score:g}"
            typer.echo(f"{score:>8}  {result.student:<24} {result.lesson:<18} {result.remark}")
        if sentence := without_time(found, submissions):
            typer.echo(sentence, err=True)
        if exported:
            for path in export(exported, output, found, submissions, results, students):
                typer.echo(f"For {exported.capitalize()}: {path}")
        failed = sum(result.status != "graded" for result in results)
        typer.echo(f"{len(results) - failed} graded, {failed} not graded. Results: {output}")
        typer.echo(f"How the class did: {output / 'report.html'}")


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
    for path in written:
        typer.echo(f"Written: {path}")
    if not written:
        typer.echo("Every notebook was up to date.")


def book(
    output: Annotated[
        Path | None, typer.Option(help="Where the site goes; by default _book.")
    ] = None,
    course: CourseFolder = None,
) -> None:
    """Execute the lessons and build the site for self-learners."""
    from generative_vision.course.book import build_book

    found = nearest_course(course)
    typer.echo(f"Open {build_book(found, output or found.work.with_name('_book'))}")


def new_lesson(
    slug: Annotated[str, typer.Argument(help="A new number and words: 10-my-subject.")],
    title: Annotated[str, typer.Option(help="The lesson's heading.")],
    course: CourseFolder = None,
) -> None:
    """Write a small lesson that works, to be rewritten section by section."""
    from generative_vision.course import new_lesson as adding

    found = _source(course)
    for path in adding.new_lesson(found, slug, title):
        typer.echo(f"Written: {path}")
    typer.echo("Now run `generative-vision build`, and again after each change.")


def assets() -> None:
    """Compare every data and weight file that ships with its SHA-256."""
    from generative_vision.data import AssetError, verify_assets

    try:
        for name in verify_assets():
            typer.echo(f"ok  {name}")
    except AssetError as error:
        raise CourseError(str(error)) from error


def _source(root: Path | None) -> Course:
    """Return a course that can be edited."""
    course = nearest_course(root)
    if course.is_installed:
        raise CourseError(
            "This is for authors, and needs a copy of the course's repository: go into it, or "
            "name it with --course."
        )
    return course
