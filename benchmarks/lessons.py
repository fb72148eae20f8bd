"""Time to Run All of each solved lesson, in a fresh kernel, and of importing the package."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import tomllib
from datetime import datetime
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from shipping import list_in_manifest

from generative_vision import data
from generative_vision.course.manifest import find_root, read_course
from generative_vision.course.source import read_source
from generative_vision.runtime import PROFILES, setup


def main() -> None:
    """Print one line for the machine and one for each measurement, in seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--profile", choices=PROFILES, help="sizes to use; by the machine without it"
    )
    parser.add_argument(
        "--reference", action="store_true", help="ship what these lessons put on the scoreboard"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep the executed notebooks there, to look at"
    )
    parser.add_argument(
        "--cells",
        type=int,
        default=0,
        metavar="N",
        help="name the N cells of each lesson that took longest, too",
    )
    parser.add_argument("lessons", nargs="*", help="beginnings of slugs; all without them")
    arguments = parser.parse_args()
    if arguments.profile:
        os.environ["GENERATIVE_VISION_PROFILE"] = arguments.profile
    board = Path(tempfile.mkdtemp()) / "scoreboard.json"
    os.environ["GENERATIVE_VISION_SCOREBOARD"] = str(board)
    course = read_course(find_root())
    setup(seed=0)
    best = min(import_seconds() for _ in range(5))
    print(f"import generative_vision   {best:.2f} s (best of 5, in a new Python)")
    chosen = [course.lesson(name) for name in arguments.lessons] or course.lessons
    for lesson in chosen:
        notebook = read_source(course, lesson)
        start = time.perf_counter()
        NotebookClient(notebook, timeout=1800).execute()
        seconds = time.perf_counter() - start
        if arguments.keep:
            arguments.keep.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, arguments.keep / f"{lesson.slug}.ipynb")
        print(f"{lesson.slug:<26} {seconds:.0f} s", flush=True)
        for spent, line in sorted(cell_seconds(notebook), reverse=True)[: arguments.cells]:
            print(f"    {spent:>6.1f} s  {line}", flush=True)
    if arguments.reference:
        ship(json.loads(board.read_text(encoding="utf-8")))


def cell_seconds(notebook: nbformat.NotebookNode) -> list[tuple[float, str]]:
    """Return the seconds that each code cell of an executed notebook took, and its last line."""
    found = []
    for cell in notebook.cells:
        if times := cell.metadata.get("execution"):
            begin, end = (
                datetime.fromisoformat(times[f"iopub.{name}"])
                for name in ("execute_input", "status.idle")
            )
            found.append(((end - begin).total_seconds(), cell.source.rstrip().splitlines()[-1]))
    return found


def ship(board: dict[str, dict[str, dict]]) -> None:
    """Write the rows to the package's scoreboard.toml, and its SHA-256 to the manifest."""
    path = data.ASSETS / "scoreboard.toml"
    shipped = tomllib.loads(path.read_text(encoding="utf-8"))
    text = path.read_text(encoding="utf-8").splitlines()[0] + "\n"
    for key in board:  # rows of other judges go
        for name, figures in sorted({**shipped.get(key, {}), **board.get(key, {})}.items()):
            given = "".join(
                f"{column} = {figure}\n" for column, figure in figures.items() if figure is not None
            )
            text += f'\n["{key}"."{name}"]\n{given}'
    path.write_text(text, encoding="utf-8")
    list_in_manifest(path.name, "python benchmarks/lessons.py --reference")


def import_seconds() -> float:
    """Return what ``import generative_vision`` adds to starting Python."""
    command = (
        "import time; t = time.perf_counter(); import generative_vision; "
        "print(time.perf_counter() - t)"
    )
    return float(
        subprocess.run(
            [sys.executable, "-c", command], capture_output=True, text=True, check=True
        ).stdout
    )


if __name__ == "__main__":
    main()
