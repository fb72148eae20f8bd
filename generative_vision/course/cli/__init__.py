"""The command line.

Readers use ``generative-vision lab``, ``check``, ``reset``, ``doctor`` and ``card``; instructors
and authors ``release``, ``grade``, ``build``, ``book``, ``new-lesson`` and ``assets``.
"""

from __future__ import annotations

import atexit
import io
import os
import shutil
import sys
import tempfile

import typer

from generative_vision.course import CourseError
from generative_vision.course.cli import cards, instructors, readers
from generative_vision.course.doctor import HOME_REMEDY, home_fault

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
app.command()(cards.card)
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
    _find_a_home()
    try:
        app()
    except CourseError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(1)


def _find_a_home() -> None:
    """Lend this user a home for the session where there is none: Jupyter does not start without."""
    if lacking := home_fault():
        home = tempfile.mkdtemp(prefix="home-")
        atexit.register(shutil.rmtree, home, ignore_errors=True)  # not where JupyterLab takes over
        os.environ["HOME"] = home
        typer.echo(f"{lacking}: settings last for a session. {HOME_REMEDY}", err=True)
