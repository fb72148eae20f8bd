"""Time to mark a class: ``generative-vision grade`` beside plain ``nbgrader autograde``.

Half of the hand-ins are solved, three eighths have one or two wrong answers, an eighth is blank.
Both run and mark the same notebooks; nbgrader without this course's steps and without isolation.
"""

from __future__ import annotations

import argparse
import copy
import os
import runpy
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from generative_vision.course.manifest import Course, Lesson, find_root, read_course
from generative_vision.course.source import read_source

CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "plain"
c.ExecutePreprocessor.timeout = 600
c.Execute.timeout = 600
"""


def main() -> None:
    """Print the seconds of both for each number of submissions, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lesson", default="01", help="beginning of its slug")
    parser.add_argument("--submissions", type=int, nargs="+", default=[10, 40])
    parser.add_argument(
        "--plain", type=int, help="mark only so many with nbgrader, and multiply what that takes"
    )
    parser.add_argument("--jobs", type=int, help="as in `generative-vision grade`")
    arguments = parser.parse_args()
    course = read_course(find_root())
    lesson = course.lesson(arguments.lesson)
    most = max(arguments.submissions)
    made = hand_ins(course, lesson, most)
    ours = 0.0
    for count in sorted(arguments.submissions):
        ours = grade(course, lesson, made[:count], arguments.jobs)
        print(f"generative-vision grade  {count:>3} submissions  {ours:7.1f} s", flush=True)
    few = arguments.plain or most
    theirs = autograde(course, lesson, made[:few]) * most / few
    how = "" if few == most else f" (from {few})"
    print(f"nbgrader autograde       {most:>3} submissions  {theirs:7.1f} s{how}")
    print(f"ratio 1 / {theirs / ours:.1f}")


def hand_ins(course: Course, lesson: Lesson, count: int) -> list[NotebookNode]:
    """Return notebooks as a class hands them in, the kinds in turn."""
    solved = read_source(course, lesson)
    released = course.root / "lessons" / lesson.slug / f"{lesson.slug}.ipynb"
    blank = nbformat.read(released, 4)
    file = course.root / "tests" / "answers" / f"{lesson.slug}.py"
    answers = runpy.run_path(str(file))["ANSWERS"]
    made = []
    for number in range(count):
        kind = "swswsbsw"[number % 8]  # 4 solved, 3 with wrong answers, 1 blank
        notebook = copy.deepcopy(blank if kind == "b" else solved)
        if kind == "w":
            names = list(answers)
            for name in {names[number % len(names)], names[number // 3 % len(names)]}:
                wrong = answers[name]["wrong"]
                next(cell for cell in notebook.cells if cell.id == name).source = wrong[
                    number % len(wrong)
                ]
        made.append(notebook)
    return made


def grade(course: Course, lesson: Lesson, notebooks: list[NotebookNode], jobs: int | None) -> float:
    """Return how long this course's marking takes, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        hand_in(Path(folder) / "submissions", lesson, notebooks)
        command = [sys.executable, "-c", "from generative_vision.course.cli import main; main()"]
        options = ["--course", str(course.root), *(["--jobs", str(jobs)] if jobs else [])]
        return seconds([*command, "grade", "submissions", *options], folder)


def autograde(course: Course, lesson: Lesson, notebooks: list[NotebookNode]) -> float:
    """Return how long nbgrader's own command takes, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
        source = root / "source" / lesson.slug / f"{lesson.slug}.ipynb"
        source.parent.mkdir(parents=True)
        nbformat.write(read_source(course, lesson), source)
        nbgrader = [sys.executable, "-m", "nbgrader"]
        seconds([*nbgrader, "generate_assignment", lesson.slug], folder)
        hand_in(root / "submitted", lesson, notebooks)
        return seconds([*nbgrader, "autograde", lesson.slug], folder)


def hand_in(folder: Path, lesson: Lesson, notebooks: list[NotebookNode]) -> None:
    """Write notebooks as nbgrader's tree has them."""
    for number, notebook in enumerate(notebooks):
        place = folder / f"student{number:03}" / lesson.slug / f"{lesson.slug}.ipynb"
        place.parent.mkdir(parents=True)
        nbformat.write(notebook, place)


def seconds(command: list[str], folder: str) -> float:
    """Run a command in a folder and return how long it takes."""
    start = time.perf_counter()
    # nbgrader calls alembic by its name
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path}
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
