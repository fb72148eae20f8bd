"""What the commands share: which course is meant, and what they show in a terminal."""

from __future__ import annotations

import shutil
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from generative_vision.course.doctor import Finding
from generative_vision.course.manifest import Course, find_root, find_work, read_course

if TYPE_CHECKING:
    from rich.progress import Progress

CourseFolder = Annotated[
    Path | None,
    typer.Option("--course", help="The folder of book.toml; by default the nearest one."),
]

_SIGNS = {"ok": "ok", "note": " !", "problem": "--"}


def nearest_course(root: Path | None) -> Course:
    """Return the course that is named, else the nearest, with the work/ of where one stands."""
    if root is not None:
        return read_course(root.resolve())
    nearest = find_root()
    return read_course(nearest, find_work(nearest))


def shown(path: Path) -> str:
    """Return a path as seen from the working directory, where it is below."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def progress_bar() -> Progress:
    """Return a bar with a count and the time, on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=Console(stderr=True))


def show_finding(finding: Finding) -> None:
    """Print what the doctor found and what to do, in lines that fit."""
    head = f"  {_SIGNS[finding.state]}  {finding.subject:<12} "
    width = max(60, shutil.get_terminal_size().columns) - len(head)
    for text in filter(None, (finding.text, finding.remedy)):
        lines = textwrap.wrap(text, width, break_long_words=False)
        typer.echo(head + f"\n{'':<{len(head)}}".join(lines))
        head = " " * len(head)
