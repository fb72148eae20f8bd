"""Lessons that had another slug: their marks, pages and kept notebooks go to the new one.

Each step can be taken again, so a run that was ended in the middle is completed by the next.
"""

from __future__ import annotations

from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry

from generative_vision.course import CourseError
from generative_vision.course.manifest import Course


def carry_over(course: Course, output: Path, database: str) -> None:
    """Give what earlier runs wrote for lessons under their former slugs to the new ones.

    Args:
        output: where the results are.
        database: SQLAlchemy address of the gradebook, which is there.

    Raises:
        CourseError: the gradebook has submissions under both slugs.
    """
    for lesson in course.lessons:
        for old in lesson.formerly:
            _rename_assignment(database, old, lesson.slug)
            for page in output.glob(f"feedback/*/{old}.html"):
                _move(page, page.with_name(f"{lesson.slug}.html"))
            for notebook in output.glob(f"autograded/*/{old}/{old}.ipynb"):
                folder = notebook.parent
                _move(notebook, folder / f"{lesson.slug}.ipynb")
                _move(folder, folder.with_name(lesson.slug))


def _rename_assignment(database: str, old: str, new: str) -> None:
    with Gradebook(database) as gradebook:
        try:
            assignment = gradebook.find_assignment(old)
        except MissingEntry:
            return
        try:
            other = gradebook.find_assignment(new)
        except MissingEntry:
            pass
        else:
            if other.submissions:
                raise CourseError(
                    f"The gradebook has submissions for {old!r} and for {new!r}, which are one "
                    "lesson. Grade into a new folder with --output, or move this one away."
                )
            gradebook.remove_assignment(new)
        for notebook in assignment.notebooks:
            if notebook.name == old:
                notebook.name = new
        assignment.name = new
        gradebook.db.commit()


def _move(old: Path, new: Path) -> None:
    if not new.exists():
        old.rename(new)
