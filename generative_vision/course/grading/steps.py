"""nbgrader's steps that are this course's own: what is released, restored and recorded."""

from __future__ import annotations

import copy
from collections.abc import Container
from pathlib import Path

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader import preprocessors as steps
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from generative_vision.course import CourseError
from generative_vision.course.grading.outputs import inline_attachments, without_addresses

MAX_PICTURES = 4_000_000  # characters of pictures in a notebook's Markdown, shown as slowly
MAX_CELL_TEXT, MAX_TEXT = 20_000, 100_000  # characters of Markdown: to show more takes minutes
MAX_CODE = 200_000  # characters of a student's own code that are kept
MARKS = "generative_vision_marks"  # where in the resources the marks of the checks are, by name


class ClearSolutions(steps.ClearSolutions):
    """nbgrader's, but a cell that brings its own stub gets that: an empty answer, not an error."""

    def preprocess_cell(self, cell: NotebookNode, resources: ResourcesDict, cell_index: int):
        """Replace the solution by its stub."""
        stub = cell.metadata.pop("stub", None)
        if stub is None:
            return super().preprocess_cell(cell, resources, cell_index)
        cell.source = stub
        return cell, resources


class RestoreCells(NbGraderPreprocessor):
    """Puts every graded cell back as it was released: text, points, lock; deleted ones return.

    A student's own cells stay. A cell that was copied keeps its mark only once, at its last place.
    All metadata are the release's: none of a submission's reaches a mark or a page.
    """

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict):
        """Rebuild the notebook around the student's answers."""
        ids = resources["nbgrader"]
        with Gradebook(ids["db_url"]) as gradebook:
            notebook = gradebook.find_notebook(ids["notebook"], ids["assignment"])
            sources = {cell.name: cell.source for cell in notebook.source_cells}
        theirs: dict[str, NotebookNode] = {}
        for cell in nb.cells:
            name = grade_id(cell)
            cell.metadata = NotebookNode()  # points, locks and tags of a submission do not count
            if name is not None and name in sources:
                theirs[name] = cell
        release = released(self, resources)
        nb.metadata = copy.deepcopy(release.metadata)
        ours = {cell.source for cell in release.cells}
        place = -1  # after which the next missing cell goes
        for expected in filter(grade_id, release.cells):
            name = expected.metadata.nbgrader.grade_id
            locked = expected.metadata.nbgrader.locked
            cell = theirs.get(name)
            if cell is None and not locked:
                continue  # a deleted answer; a stub here would undo a copy of it elsewhere
            if cell is None:
                nb.cells.insert(place + 1 or len(nb.cells), cell := copy.deepcopy(expected))
            place = next(i for i, other in enumerate(nb.cells) if other is cell)
            if cell.cell_type != expected.cell_type:
                nb.cells[place] = cell = NotebookNode(
                    {**copy.deepcopy(expected), "source": cell.source}
                )
            cell.metadata = copy.deepcopy(expected.metadata)
            if locked:
                cell.source = sources[name]
                cell.metadata.nbgrader.checksum = utils.compute_checksum(cell)
        left, pictures = MAX_TEXT, MAX_PICTURES
        for number, cell in enumerate(nb.cells):
            cell.id = f"cell-{number}"
            if cell.cell_type != "code" and cell.source not in ours:
                if len(cell.source) > (most := min(MAX_CELL_TEXT, left)):
                    cell.source = f"{cell.source[:most]} … (cut)"
                left -= min(most, len(cell.source))
            if cell.cell_type == "markdown":
                if cell.source not in ours:
                    cell.source = without_addresses(cell.source)
                pictures = inline_attachments(cell, pictures)
        return nb, resources


class SaveGrades(steps.SaveAutoGrades):
    """Records the marks that ``RunAndMark`` reached; what a cell prints changes nothing.

    The marks come in the resources, which no file that was handed in can write. nbgrader's own rule
    takes points away for any line on stderr, a harmless warning for instance, and takes a number
    that a cell displays for its mark.
    """

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict):
        """Record the marks of all cells.

        Raises:
            CourseError: nothing was marked.
        """
        if MARKS not in resources:
            raise CourseError(
                "Nothing was marked, and no points are recorded: RunAndMark was switched off or "
                "left out. Take that out of nbgrader's configuration."
            )
        self.marks = resources[MARKS]
        return super().preprocess(nb, resources)

    def _add_score(self, cell: NotebookNode, resources: ResourcesDict) -> None:
        name = cell.metadata.nbgrader.grade_id
        grade = self.gradebook.find_grade(
            name, self.notebook_id, self.assignment_id, self.student_id
        )
        right = name in self.marks and self.marks[name].right
        grade.auto_score = float(cell.metadata.nbgrader.points) if right else 0.0
        extra = cell.metadata.get("extra_credit")
        if extra and grade.manual_score is None:
            grade.extra_credit = float(extra) if right else 0.0
        grade.needs_manual_grade = grade.manual_score is not None
        self.gradebook.db.commit()


def shorten_code(notebook: NotebookNode, ours: Container[str]) -> None:
    """Cut the student's own code of a notebook that has run, so that it can be shown.

    Args:
        ours: sources of the released notebook.
    """
    left = MAX_CODE
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.source not in ours and not utils.is_locked(cell):
            if len(cell.source) > left:
                cell.source = f"{cell.source[:left]} … (cut)"
            left = max(0, left - len(cell.source))


def grade_id(cell: NotebookNode) -> str | None:
    """Return a cell's name in nbgrader's metadata, or None."""
    marks = cell.metadata.get("nbgrader")
    return marks.get("grade_id") if isinstance(marks, dict) else None


def released(step: NbGraderPreprocessor, resources: ResourcesDict) -> NotebookNode:
    """Return the release of the notebook that a step works on.

    A step's parent's parent is nbgrader's converter, which knows the course's folders.
    """
    directory, ids = step.parent.parent.coursedir, resources["nbgrader"]
    folder = directory.format_path(directory.release_directory, ".", ids["assignment"])
    return nbformat.read(Path(directory.root) / folder / f"{ids['notebook']}.ipynb", 4)
