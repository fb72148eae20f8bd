"""Who handed in what: every notebook in a folder, with its student and lesson."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from generative_vision.course import CourseError
from generative_vision.course.grading.outputs import plain_line
from generative_vision.course.manifest import Course

MAX_MEGABYTES = 50  # of one submitted notebook
MAX_NAME_BYTES = 100  # of a student's name
MAX_DEPTH = 20  # of folders in folders
_NBGRADERS = ("autograded", "feedback", "source", "release", "solutions", "lessons")


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
    base = folder
    slugs = {lesson.slug for lesson in course.lessons}
    found_files, too_deep = _walk(base)
    paths = sorted(
        found_files,
        # the notebook named as it was handed out comes before a student's copies of it
        key=lambda path: (path.parent, path.stem not in slugs, path.name),
    )
    if not paths and not too_deep:
        raise CourseError(f"There is no notebook (.ipynb) in {base} or below it.")
    found = [_identify(path, base, course) for path in paths]
    first: dict[tuple[str, str], Path] = {}
    for submission in found:
        key = (submission.student, submission.lesson)
        if not submission.problem and first.setdefault(key, submission.path) != submission.path:
            submission.problem = (
                f"a second notebook of the same student and lesson; {first[key].name} was taken"
            )
    for path in too_deep:
        problem = f"folders in folders, more than {MAX_DEPTH}: hand in the notebook alone"
        found.append(Submission(path, _student(path.relative_to(base).parts[0]), problem=problem))
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
    return plain_line(Path(*path.parts[-3:]))


def _walk(base: Path) -> tuple[list[Path], list[Path]]:
    """Return the notebooks below a folder, and the folders that lie too deep to be looked into."""
    notebooks: list[Path] = []
    too_deep: list[Path] = []
    waiting = [base]
    while waiting:
        folder = waiting.pop()
        depth = len(folder.relative_to(base).parts)
        for entry in folder.iterdir():
            if entry.name.startswith(".") or (depth == 0 and entry.name in _NBGRADERS):
                continue
            if entry.suffix == ".ipynb":
                notebooks.append(entry)
            elif entry.is_dir() and not entry.is_symlink():
                (waiting if depth < MAX_DEPTH else too_deep).append(entry)
    return notebooks, too_deep


def _student(owner: str) -> str:
    """Return a name that is also a folder's: letters, digits and a few signs, not too long."""
    name = re.sub(r"[^\w.@-]+", "_", unicodedata.normalize("NFC", owner)).strip("_-. ")
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]  # tells two long names apart
    return name.encode()[: MAX_NAME_BYTES - 9].decode(errors="ignore") + "-" + mark


def _identify(path: Path, base: Path, course: Course) -> Submission:
    """Determine whose notebook this is and of which lesson."""
    slugs = [lesson.slug for lesson in course.lessons]
    folders = path.relative_to(base).parts[:-1]
    owner = next((name for name in folders if name not in (*slugs, "submitted")), "")
    if not owner:  # a flat folder: the file is named after the student
        owner = re.sub("|".join(map(re.escape, slugs)), "", path.stem)
    student = _student(owner)
    if not student:
        return Submission(
            path,
            plain_line(path.stem),
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
