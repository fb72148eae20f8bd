"""The command line.

Readers use ``generative-vision lab``, ``check``, ``reset`` and ``doctor``; instructors and authors
``release``, ``grade``, ``build``, ``book``, ``new-lesson`` and ``assets``.
"""

from __future__ import annotations

import io
import sys

import typer

from generative_vision.course import CourseError
from generative_vision.course.cli import instructors, readers

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A course on generative vision models: work through it, teach it, write it.",
)
_TO_JUPYTERLAB = {"allow_extra_args": True, "ignore_unknown_options": True}
app.command(context_settings=_TO_JUPYTERLAB)(readers.lab)
app.command()(readers.check)
app.command()(readers.reset)
app.command()(readers.doctor)
app.command()(instructors.release)
app.command()(instructors.grade)
app.command()(instructors.build)
app.command()(instructors.book)
app.command("new-lesson")(instructors.new_lesson)
app.command()(instructors.assets)


def main() -> None:
    """Run the command line; a ``CourseError`` becomes its message and exit status 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name outside the terminal's alphabet
            stream.reconfigure(errors="replace")
    try:
        app()
    except CourseError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(1)
