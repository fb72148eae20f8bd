"""A submission run in a fresh kernel, whatever its cells do."""

from __future__ import annotations

import shutil
import tempfile

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader import preprocessors as steps
from nbgrader import utils
from traitlets import Bool

from generative_vision.course.grading.sandbox import SandboxedKernelManager
from generative_vision.course.grading.steps import errors_of, grade_id, has_passed, released_cells
from generative_vision.course.kernels import AttentiveKernelManager
from generative_vision.course.markers import empty_answer

MAX_OUTPUT = 100_000  # characters that one cell may print
MAX_MESSAGE = 10_000  # characters of an error's message, and of each line of its traceback
MAX_DEATHS = 3  # cells of one notebook that may end the kernel before the rest is given up


class Execute(steps.Execute):
    """Runs a submission in a fresh kernel, in a sandbox by default, and tries every check twice.

    After the run each check that passed is run again on an empty answer, where it must fail. A
    check that passes there was disabled by the submission, and counts as failed. A cell that ends
    the kernel, or cannot be stopped at the time-out, is left out of a second run of all the others.
    """

    isolate = Bool(True, help="Run in bubblewrap, without network and files.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict):
        """Execute every code cell; errors stay in the outputs."""
        stubs = _stubs(released_cells(self, resources))
        self.kernel_manager_class = (
            SandboxedKernelManager if self.isolate else AttentiveKernelManager
        )
        fatal: dict[int, str] = {}
        folder = tempfile.mkdtemp()  # the working directory: without any of the course's files
        resources["metadata"]["path"] = folder
        try:
            while True:
                try:
                    self._run(nb, resources, fatal, stubs)
                    break
                except (DeadKernelError, CellTimeoutError) as error:
                    timed_out = isinstance(error, CellTimeoutError)
                    fatal[self._current] = "CellTimeout" if timed_out else "KernelDied"
                    if len(fatal) > MAX_DEATHS:
                        told = f"{len(fatal)} cells ended the kernel; nothing was marked."
                        for cell in nb.cells:
                            _fail(cell, "KernelDied", told)
                        break
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return nb, resources

    def _run(
        self,
        nb: NotebookNode,
        resources: ResourcesDict,
        fatal: dict[int, str],
        stubs: dict[str, str],
    ) -> None:
        NotebookClient.__init__(self, nb)  # as nbconvert's own preprocess does
        self.reset_execution_trackers()
        self._check_assign_resources(resources)
        with self.setup_kernel():
            for index, cell in enumerate(nb.cells):
                self._current, self._printed = index, 0
                if cell.cell_type == "code":
                    cell.outputs, cell.execution_count = [], None
                if index in fatal:
                    left_out = "This cell ended the kernel or ran for ever; it was left out."
                    _fail(cell, fatal[index], left_out)
                else:
                    self.preprocess_cell(cell, resources, index)
            for index, cell in enumerate(nb.cells):
                name = grade_id(cell)
                if name in stubs and utils.is_grade(cell) and has_passed(cell):
                    self._current, self._printed = index, 0
                    trial = nbformat.v4.new_code_cell(stubs[name] + "\n" + cell.source)
                    self.execute_cell(trial, index)
                    nb.cells[index] = cell  # nbclient has put the trial there
                    if not errors_of(trial):
                        disabled = "This check passes on an empty answer, too: it was disabled."
                        _fail(cell, "CheckDisabled", disabled)

    def process_message(self, msg: dict, cell: NotebookNode, cell_index: int):
        """Drop what a cell shows beyond a bound, so that endless output cannot fill the memory."""
        shows = ("stream", "display_data", "update_display_data", "execute_result", "error")
        if msg["msg_type"] in shows:
            self._printed += _size(msg["content"])
            if self._printed > MAX_OUTPUT:
                return None
        return super().process_message(msg, cell, cell_index)

    def on_cell_executed(self, **kwargs):
        """Keep a cell's error, however hidden, and notice a request to end the kernel."""
        super().on_cell_executed(**kwargs)
        for error in errors_of(kwargs["cell"]):
            error.evalue = error.evalue[:MAX_MESSAGE]
            error.traceback = [line[:MAX_MESSAGE] for line in error.traceback]
        payload = kwargs["execute_reply"]["content"].get("payload", [])
        if any(item.get("source") == "ask_exit" for item in payload):
            raise DeadKernelError("quit() was called")  # here, or the next cell would be blamed


def _size(content: dict) -> int:
    """Return a message's part of ``MAX_OUTPUT``: a figure of 100 kB as much as 3,000 characters."""
    return len(content.get("text", "")) or 1000 + len(str(content)) // 50


def _fail(cell: NotebookNode, name: str, message: str) -> None:
    if cell.cell_type == "code":
        output = nbformat.v4.new_output(
            "error", ename=name, evalue=message, traceback=[f"{name}: {message}"]
        )
        cell.outputs = [output]


def _stubs(released: list[NotebookNode]) -> dict[str, str]:
    """Return empty answers that each check must refuse: the stubs since the check before it."""
    stubs: dict[str, str] = {}
    waiting: list[str] = []
    for cell in released:
        if utils.is_grade(cell):
            stubs[cell.metadata.nbgrader.grade_id], waiting = "\n".join(waiting), []
        elif utils.is_solution(cell):
            waiting.append(empty_answer(cell.source))
    return stubs
