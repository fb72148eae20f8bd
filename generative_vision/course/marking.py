"""How nbgrader marks this course: its own steps, with ours where marks must be trusted.

``configure`` puts them into any nbgrader configuration, so that ``generative-vision grade`` and
nbgrader's own commands and formgrader mark alike.
"""

from __future__ import annotations

import copy
import shutil
import tempfile
from pathlib import Path

import bleach
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.filters import markdown2html
from nbconvert.preprocessors import ClearMetadataPreprocessor, CSSHTMLHeaderPreprocessor
from nbformat import NotebookNode
from nbgrader import preprocessors as steps
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool
from traitlets.config import Config

from generative_vision.course.kernels import AttentiveKernelManager
from generative_vision.course.manifest import Course
from generative_vision.course.sandbox import IsolatedKernelManager
from generative_vision.course.markers import empty_answer, without_hidden

MOST_OUTPUT = 100_000  # characters that one cell may print
MOST_MESSAGE = 10_000  # characters of an error's message, and of each line of its traceback
MOST_DEATHS = 3  # cells of one notebook that may kill the kernel before the rest is given up
_SHOWN_TAGS = bleach.ALLOWED_TAGS | set(
    "br del details div dd dl dt h1 h2 h3 h4 h5 h6 hr img p pre s span sub summary sup table tbody td th thead tr".split()
)


def configure(config: Config, course: Course) -> None:
    """Make an nbgrader configuration build, mark and give feedback as this course does."""
    config.CourseDirectory.source_directory = "solutions"
    config.CourseDirectory.release_directory = "lessons"
    config.CourseDirectory.ignore = [
        ".ipynb_checkpoints", "*.pyc", "__pycache__", ".pytest_cache", "*.md", "quiz.toml",
    ]  # fmt: skip
    config.GenerateAssignment.preprocessors = [
        steps.LockCells, ClearSolutions, steps.ClearOutput, steps.CheckCellMetadata, steps.ComputeChecksums,
        steps.SaveCells, steps.ClearHiddenTests, steps.ComputeChecksums, steps.CheckCellMetadata,
    ]  # fmt: skip
    config.Autograde.sanitize_preprocessors = [
        steps.ClearOutput, steps.OverwriteKernelspec, RestoreCells, steps.CheckCellMetadata,
    ]  # fmt: skip
    config.Autograde.autograde_preprocessors = [
        Execute, ClearMetadataPreprocessor, SaveGrades, steps.AssignLatePenalties, steps.CheckCellMetadata,
    ]  # fmt: skip
    config.ClearMetadataPreprocessor.preserve_cell_metadata_mask = {"nbgrader"}
    config.ClearMetadataPreprocessor.preserve_nb_metadata_mask = {"kernelspec", "language_info", "generative_vision"}
    config.GenerateFeedback.preprocessors = [steps.GetGrades, HideTests, CSSHTMLHeaderPreprocessor]
    config.HTMLExporter.sanitize_html = True  # the instructor opens these pages: no scripts of a submission's
    config.HTMLExporter.filters = {"markdown2html": _markdown}  # nbgrader's template leaves Markdown as it is
    config.Execute.timeout = course.grading.cell_seconds
    config.IsolatedKernelManager.memory_gib = course.grading.memory_gib


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
    """

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict):
        """Rebuild the notebook around the student's answers."""
        ids = resources["nbgrader"]
        with Gradebook(ids["db_url"]) as gradebook:
            notebook = gradebook.find_notebook(ids["notebook"], ids["assignment"])
            sources = {cell.name: cell.source for cell in notebook.source_cells}
        released = _released_cells(self, resources)
        theirs: dict[str, NotebookNode] = {}
        for cell in nb.cells:
            name = _grade_id(cell)
            cell.metadata = NotebookNode()  # points, locks, tags: none of a submission's say counts
            if name in sources:
                theirs[name] = cell
        place = -1  # after which the next missing cell goes
        for expected in released:
            name = expected.metadata.nbgrader.grade_id
            locked = expected.metadata.nbgrader.locked
            cell = theirs.get(name)
            if cell is None and not locked:
                continue  # an answer that is gone; a stub here would undo a copy of it elsewhere
            if cell is None:
                nb.cells.insert(place + 1 or len(nb.cells), cell := copy.deepcopy(expected))
            place = next(i for i, other in enumerate(nb.cells) if other is cell)
            if cell.cell_type != expected.cell_type:
                nb.cells[place] = cell = NotebookNode({**copy.deepcopy(expected), "source": cell.source})
            cell.metadata = copy.deepcopy(expected.metadata)
            if locked:
                cell.source = sources[name]
                cell.metadata.nbgrader.checksum = utils.compute_checksum(cell)
        for number, cell in enumerate(nb.cells):
            cell.id = f"cell-{number}"
        return nb, resources


class Execute(steps.Execute):
    """Runs a submission in a fresh kernel, isolated unless told otherwise, and tries every check twice.

    After the run each check that passed is run again on an empty answer, where it must fail. A
    check that passes there was disabled by the submission, and counts as failed. A cell that kills
    the kernel, or cannot be stopped at the time-out, is left out of a second run of all the others.
    """

    isolate = Bool(True, help="Run in bubblewrap, without network and files.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict):
        """Execute every code cell; errors stay in the outputs."""
        stubs = _stubs(_released_cells(self, resources))
        self.kernel_manager_class = IsolatedKernelManager if self.isolate else AttentiveKernelManager
        fatal: dict[int, str] = {}
        folder = tempfile.mkdtemp()  # the working directory: never where the hidden tests lie
        resources["metadata"]["path"] = folder
        try:
            while True:
                try:
                    self._run(nb, resources, fatal, stubs)
                    break
                except (DeadKernelError, CellTimeoutError) as error:
                    fatal[self._current] = "CellTimeout" if isinstance(error, CellTimeoutError) else "KernelDied"
                    if len(fatal) > MOST_DEATHS:
                        for cell in nb.cells:
                            _fail(cell, "KernelDied", f"{len(fatal)} cells ended the kernel; nothing was marked.")
                        break
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return nb, resources

    def _run(self, nb: NotebookNode, resources: ResourcesDict, fatal: dict[int, str], stubs: dict[str, str]) -> None:
        NotebookClient.__init__(self, nb)  # as nbconvert's own preprocess does
        self.reset_execution_trackers()
        self._check_assign_resources(resources)
        with self.setup_kernel():
            for index, cell in enumerate(nb.cells):
                self._current, self._printed = index, 0
                if cell.cell_type == "code":
                    cell.outputs, cell.execution_count = [], None
                if index in fatal:
                    _fail(cell, fatal[index], "This cell ended the kernel or could not be stopped; it was left out.")
                else:
                    self.preprocess_cell(cell, resources, index)
            for index, cell in enumerate(nb.cells):
                name = _grade_id(cell)
                if name in stubs and utils.is_grade(cell) and _passed(cell):
                    self._current, self._printed = index, 0
                    trial = nbformat.v4.new_code_cell(stubs[name] + "\n" + cell.source)
                    self.execute_cell(trial, index)
                    nb.cells[index] = cell  # nbclient has put the trial there
                    if not _errors(trial):
                        _fail(cell, "CheckDisabled", "This check also passes on an empty answer: something disabled it.")

    def process_message(self, msg: dict, cell: NotebookNode, cell_index: int):
        """Drop what a cell shows beyond a bound, so that endless output cannot fill the memory."""
        if msg["msg_type"] in ("stream", "display_data", "update_display_data", "execute_result", "error"):
            self._printed += _size(msg["content"])
            if self._printed > MOST_OUTPUT:
                return None
        return super().process_message(msg, cell, cell_index)

    def on_cell_executed(self, **kwargs):
        """Keep the error of a cell, whatever the cell did to hide it, and see when it asked the kernel to end."""
        super().on_cell_executed(**kwargs)
        for error in _errors(kwargs["cell"]):
            error.evalue = error.evalue[:MOST_MESSAGE]
            error.traceback = [line[:MOST_MESSAGE] for line in error.traceback]
        if any(item.get("source") == "ask_exit" for item in kwargs["execute_reply"]["content"].get("payload", [])):
            raise DeadKernelError("quit() was called")  # here, or the next cell would be blamed


class SaveGrades(steps.SaveAutoGrades):
    """All points for a check that ran to its end, none otherwise; what is printed changes nothing.

    nbgrader's own rule takes points away for any line on stderr, a harmless warning for instance,
    and takes a number that a cell displays for its mark.
    """

    def _add_score(self, cell: NotebookNode, resources: ResourcesDict) -> None:
        grade = self.gradebook.find_grade(
            cell.metadata.nbgrader.grade_id, self.notebook_id, self.assignment_id, self.student_id
        )
        grade.auto_score = float(cell.metadata.nbgrader.points) if _passed(cell) else 0.0
        grade.needs_manual_grade = grade.manual_score is not None
        self.gradebook.db.commit()


class HideTests(NbGraderPreprocessor):
    """For feedback: leaves hidden tests and the traceback through them out, and keeps the sentence."""

    def preprocess_cell(self, cell: NotebookNode, resources: ResourcesDict, cell_index: int):
        """Shorten a graded cell to what a student may see."""
        if utils.is_grade(cell) and cell.cell_type == "code":
            cell.source = without_hidden(cell.source)
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
            for error in _errors(cell):
                error.traceback = [f"{error.ename}: {error.evalue}"]
        return cell, resources


def _passed(cell: NotebookNode) -> bool:
    """Whether a cell ran, and to its end."""
    return cell.execution_count is not None and not _errors(cell)


def _markdown(source: str) -> str:
    """Return Markdown as HTML that neither runs anything nor asks for an address."""
    return bleach.clean(
        markdown2html(source),
        tags=_SHOWN_TAGS,
        attributes={"*": ["class", "id"], "a": ["href"], "img": ["src", "alt"]},
        protocols=["http", "https", "mailto", "data"],
    )


def _size(content: dict) -> int:
    """How much of ``MOST_OUTPUT`` a message takes: a figure of 100 kB as much as 3,000 characters of text."""
    return len(content.get("text", "")) or 1000 + len(str(content)) // 50


def _errors(cell: NotebookNode) -> list[NotebookNode]:
    return [output for output in cell.outputs if output.output_type == "error"]


def _fail(cell: NotebookNode, name: str, message: str) -> None:
    if cell.cell_type == "code":
        cell.outputs = [nbformat.v4.new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])]


def _grade_id(cell: NotebookNode) -> str | None:
    marks = cell.metadata.get("nbgrader")
    return marks.get("grade_id") if isinstance(marks, dict) else None


def _released_cells(step: NbGraderPreprocessor, resources: ResourcesDict) -> list[NotebookNode]:
    """The graded and answer cells of the release, in order; a step's parent's parent is nbgrader's converter."""
    directory, ids = step.parent.parent.coursedir, resources["nbgrader"]
    folder = Path(directory.root) / directory.format_path(directory.release_directory, ".", ids["assignment"])
    notebook = nbformat.read(folder / f"{ids['notebook']}.ipynb", 4)
    return [cell for cell in notebook.cells if _grade_id(cell)]


def _stubs(released: list[NotebookNode]) -> dict[str, str]:
    """For each check, empty answers that it must refuse: the stubs since the check before it."""
    stubs, waiting = {}, []
    for cell in released:
        if utils.is_grade(cell):
            stubs[_grade_id(cell)], waiting = "\n".join(waiting), []
        elif utils.is_solution(cell):
            waiting.append(empty_answer(cell.source))
    return stubs
