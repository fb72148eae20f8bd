"""Time to Run All of each solved lesson, in a fresh kernel, and of importing the package."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time

import nbformat
from nbclient import NotebookClient

from generative_vision.course.manifest import find_root, read_course
from generative_vision.course.source import read_source
from generative_vision.training import PROFILES, setup


def main() -> None:
    """Print one line for the machine and one for each measurement, in seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", choices=PROFILES, help="sizes to use; by the machine without it")
    parser.add_argument("lessons", nargs="*", help="beginnings of slugs; all without them")
    arguments = parser.parse_args()
    if arguments.profile:
        os.environ["GENERATIVE_VISION_PROFILE"] = arguments.profile
    course = read_course(find_root())
    setup(seed=0)
    print(f"import generative_vision   {min(import_seconds() for _ in range(5)):.2f} (best of 5, in a new Python)")
    chosen = [course.lesson(name) for name in arguments.lessons] or course.lessons
    for lesson in chosen:
        notebook = read_source(course, lesson)
        start = time.perf_counter()
        NotebookClient(notebook, timeout=3600).execute()
        print(f"{lesson.slug:<26} {time.perf_counter() - start:.0f}", flush=True)


def import_seconds() -> float:
    """Return what ``import generative_vision`` adds to starting Python."""
    command = "import time; t = time.perf_counter(); import generative_vision; print(time.perf_counter() - t)"
    return float(subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    main()
