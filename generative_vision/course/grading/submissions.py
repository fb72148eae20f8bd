"""Who handed in what: every notebook in a folder, with its student and lesson."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from generative_vision.course import CourseError
from generative_vision.course.manifest import Course

MAX_MEGABYTES = 50  # of one submitted notebook


@dataclass
class Submission:
    """One submitted notebook: whose it is, of which lesson, and why it cannot be graded."""

    path: Path
    student: str
    lesson: str = ""  #: slug; empty where it could not be determined
    problem: str = ""  #: why it could not be graded; empty otherwise


def collect(folder: Path, course: Course) -> list[Submission]:
    """Return every notebook below a folder, with its student and lesson.

    Understands nbgrader's tree (``submitted/STUDENT/LESSON/*.ipynb``), one folder for each
    student, and a flat folder whose files are named after students (``ana.ipynb``,
    ``ana_00-start-here.ipynb``). The lesson is read from the notebook itself, from its graded
    cells if its metadata were lost.

    Raises:
        CourseError: the folder is missing or contains no notebook.
    """
    if not folder.is_dir():
        raise CourseError(
            f"{folder} is not a folder. Name the folder that contains the submitted notebooks."
        )
    base = folder / "submitted" if (folder / "submitted").is_dir() else folder
    slugs = {lesson.slug for lesson in course.lessons}
    paths = sorted(
        (path for path in base.rglob("*.ipynb") if not _is_left_out(path.relative_to(base))),
        # the notebook named as it was handed out comes before a student's copies of it
        key=lambda path: (path.parent, path.stem not in slugs, path.name),
    )
    if not paths:
        raise CourseError(f"There is no notebook (.ipynb) in {base} or below it.")
    found = [_identify(path, base, course) for path in paths]
    first: dict[tuple[str, str], Path] = {}
    for submission in found:
        key = (submission.student, submission.lesson)
        if not submission.problem and first.setdefault(key, submission.path) != submission.path:
            submission.problem = (
                f"a second notebook of the same student and lesson; {first[key].name} was taken"
            )
    return found


def read_plain(path: Path) -> NotebookNode:
    """Return a submitted notebook as nbformat 4.5, without anything that could stop the grader."""
    notebook = nbformat.read(path, as_version=4)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = NotebookNode()
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        marks = cell.metadata.get("nbgrader")  # its other metadata is ignored
        cell.metadata = NotebookNode(nbgrader=marks) if isinstance(marks, dict) else NotebookNode()
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def shown_path(path: Path) -> str:
    """Return the last parts of a path as text that can be written, whatever bytes it is made of."""
    return _printable(str(Path(*path.parts[-3:])))


def _is_left_out(path: Path) -> bool:
    """Tell whether a path below the collected folder is a checkpoint or a result of grading."""
    return any(part.startswith(".") or part in ("autograded", "feedback") for part in path.parts)


def _identify(path: Path, base: Path, course: Course) -> Submission:
    """Determine whose notebook this is and of which lesson."""
    slugs = [lesson.slug for lesson in course.lessons]
    folders = path.relative_to(base).parts[:-1]
    owner = next((name for name in folders if name not in slugs), "")
    if not owner:  # a flat folder: the file is named after the student
        owner = re.sub("|".join(map(re.escape, slugs)), "", path.stem)
    student = re.sub(r"[^\w.@-]+", "_", unicodedata.normalize("NFC", owner)).strip("_-. ")
    if not student:
        return Submission(
            path,
            _printable(path.stem),
            problem="the file's name tells no student: name it STUDENT_LESSON.ipynb",
        )
    if path.is_symlink() or not path.is_file():
        return Submission(path, student, problem="not a notebook but a link or a folder")
    if path.stat().st_size > MAX_MEGABYTES * 2**20:
        problem = f"larger than {MAX_MEGABYTES} MB: clear its outputs first"
        return Submission(path, student, problem=problem)
    try:
        notebook = nbformat.read(path, as_version=4)
        names = {
            cell.metadata["nbgrader"].get("grade_id")
            for cell in notebook.cells
            if isinstance(cell.metadata.get("nbgrader"), dict)
        }
    except Exception as error:  # whatever a damaged file makes of the parsers
        problem = f"not a readable notebook ({type(error).__name__})"
        return Submission(path, student, problem=problem)
    recorded = notebook.metadata.get("generative_vision")
    slug = recorded.get("lesson") if isinstance(recorded, dict) else None
    if slug not in slugs:
        named = (slug for slug in slugs if slug in path.stem or slug in folders)
        slug = next(named, None) or _lesson_by_cells(course, names)
    if slug is None:
        return Submission(path, student, problem="not a notebook of this course")
    return Submission(path, student, slug)


def _lesson_by_cells(course: Course, names: set[str]) -> str | None:
    """Return the lesson that shares most of its graded cells with a notebook, or None."""
    shared = {}
    for lesson in course.lessons:
        released = course.root / "lessons" / lesson.slug / f"{lesson.slug}.ipynb"
        if released.is_file():
            known = {cell.id for cell in nbformat.read(released, 4).cells}
            shared[lesson.slug] = len(known & names)
    best = max(shared, key=lambda slug: shared[slug], default=None)
    return best if best and shared[best] else None


def _printable(name: str) -> str:
    return name.encode("utf-8", "replace").decode()
