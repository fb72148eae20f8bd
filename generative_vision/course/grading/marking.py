"""nbgrader's step that runs a submission and marks it: student code in a kernel, verdicts here."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from jupyter_client.manager import KernelManager
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Callable, Integer

from generative_vision.course.grading.borrowed import borrowed_names, in_words
from generative_vision.course.grading.checks import (
    Check,
    Inputs,
    Mark,
    Question,
    judge_exercise,
    judge_question,
    read_check,
)
from generative_vision.course.grading.kernel import (
    Kernel,
    KernelEndedError,
    MarkingKernelSpecManager,
    Ran,
    StarvedError,
)
from generative_vision.course.grading.locks import OwnFolder
from generative_vision.course.grading.outputs import new_error, plain_line
from generative_vision.course.grading.sandbox import SandboxedKernelManager
from generative_vision.course.grading.steps import (
    MARKS,
    RestoreCells,
    grade_id,
    released,
    shorten_code,
)
from generative_vision.course.grading.tried import MAX_CALLS
from generative_vision.course.practice import changing_cells, needed_cells

MAX_DEATHS = 3  # cells of one notebook that may end the kernel before the rest is given up

TIMED_OUT = "a cell ran out of time"
NOT_PROOF = "a hidden assertion ran in the student's kernel: its mark is not proof against tricks"
ALL_TIME_USED = "the notebook ran out of time"


class RunAndMark(NbGraderPreprocessor):
    """Runs a submission in a fresh kernel, in a sandbox by default, and marks its checks.

    Only the cells that the practice needs run, where the names in them say so (see
    ``course.practice``): the others are left without output. Afterwards the marks stand in the
    resources, where ``SaveGrades`` reads them, and with the remarks in the notebook's metadata, for
    the pages. A cell that ends the kernel, or cannot be stopped, is left out of another run of all
    the others. Takes the place of nbgrader's ``Execute``.
    """

    isolate = Bool(True, help="Run in bubblewrap, without network and files.").tag(config=True)
    cell_seconds = Integer(120, help="Time-out of one cell.").tag(config=True)
    notebook_seconds = Integer(1200, help="Time-out of a whole notebook.").tag(config=True)
    practice_alone = Bool(True, help="Leave out what the practice does not need.").tag(config=True)
    seed = Integer(0, help="Of the hidden inputs, kept secret; drawn if 0.").tag(config=True)
    starved = Callable(lambda: None, help="Called if others took its memory.").tag(config=True)
    progress = Callable(lambda done, count: None, help="Called after each cell.").tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Run every code cell and mark every check; errors stay in the outputs.

        Checks run outside of the kernel, too: they are restored here, whatever ran before.
        """
        nb, resources = RestoreCells(parent=self.parent).preprocess(nb, resources)
        attempt = _Attempt(nb, released(self, resources), self)
        if self.practice_alone:
            attempt.leave_out_the_body()
        try:
            while not attempt.run():
                pass
        except StarvedError:
            self.starved()
            raise
        shorten_code(nb, attempt.ours)
        resources[MARKS] = attempt.marks
        nb.metadata["generative_vision"] = {
            "lesson": nb.metadata.generative_vision.lesson,
            "marks": {name: asdict(mark) for name, mark in attempt.marks.items()},
            "remarks": list(dict.fromkeys(attempt.remarks)),
        }
        return nb, resources

    def make_kernel(self, folder: str) -> Kernel:
        """Return a kernel that has not started yet, for a working directory."""
        if self.isolate:
            manager: KernelManager = SandboxedKernelManager(
                config=self.config, kernel_spec_manager=MarkingKernelSpecManager()
            )
        else:
            manager = KernelManager(kernel_spec_manager=MarkingKernelSpecManager())
        return Kernel(manager, self.cell_seconds, folder)


class _Attempt:
    """One notebook on its way to its marks."""

    def __init__(self, notebook: NotebookNode, release: NotebookNode, settings: RunAndMark):
        self.release = release
        self.ours = {str(cell.source) for cell in release.cells}
        self.cells: list[NotebookNode] = notebook.cells
        self.settings = settings
        self.end = time.monotonic() + settings.notebook_seconds
        self.fatal: dict[int, str] = {}  # cells that ended the kernel, and how
        self.marks: dict[str, Mark] = {}
        self.drawn: dict[tuple[int, int], Inputs] = {}  # of checks and their exercises
        self.remarks: list[str] = []
        self.checks: dict[int, Check] = {
            index: read_check(cell.source)
            for index, cell in enumerate(self.cells)
            if utils.is_grade(cell)
        }
        self.chosen = [index for index, cell in enumerate(self.cells) if cell.cell_type == "code"]

    def leave_out_the_body(self) -> None:
        """Choose the cells that answers and checks need, if their names say which these are.

        The release's metadata list the cells of the body that are known to be enough. Where an
        answer reads what another of its cells made, the whole notebook must run: what that is may
        depend on any cell between.
        """
        proven = self.release.metadata.get("generative_vision", {}).get("practice")
        if proven is None:
            return
        sources = {index: str(self.cells[index].source) for index in self.chosen}
        sources |= {index: check.names for index, check in self.checks.items()}
        answers = [index for index in self.chosen if grade_id(self.cells[index])]
        needed = needed_cells(sources, [*self.checks, *answers])
        # the student's own cells may change what those read
        own = {i for i in self.chosen if str(self.cells[i].source) not in self.ours}
        while more := changing_cells(sources, own, needed.cells):
            needed = needed_cells(sources, [*needed.cells, *more])
        others = {
            cell.source
            for cell in self.release.cells
            if cell.cell_type == "code" and not grade_id(cell) and cell.id not in proven
        }
        if needed.is_open or needed.missing or others & {sources[i] for i in needed.cells}:
            return
        self.chosen = sorted(needed.cells)

    def run(self) -> bool:
        """Run all cells that do not end the kernel; return whether this came to its end."""
        self.remarks = [f"a cell {how}" for how in self.fatal.values()]
        current = -1
        for cell in self.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        try:
            if len(self.fatal) > MAX_DEATHS:
                self._give_up()
                return True
            with (
                OwnFolder() as folder,  # without any of the course's files
                self.settings.make_kernel(str(folder)) as kernel,
            ):
                for done, current in enumerate(self.chosen, 1):
                    self._run_cell(kernel, current, self.cells[current])
                    self.settings.progress(done, len(self.chosen))
            return True
        except KernelEndedError as error:
            self.fatal[current] = str(error)
            return False

    def _give_up(self) -> None:
        for index in self.checks:
            self._mark(index, self.cells[index], Ran(failed=True), None)

    def _run_cell(self, kernel: Kernel, index: int, cell: NotebookNode) -> None:
        check = self.checks.get(index)
        ran = Ran(failed=True)
        if index in self.fatal:
            message = "This cell ended the kernel or could not be stopped; it was left out."
            ran.outputs = [new_error("KernelEnded", message)]
        elif self._seconds() > 0:
            ran = kernel.run(check.visible if check else cell.source, self._seconds())
            if check and check.assertions and not ran.failed:
                self._run_hidden(kernel, check, ran)
            cell.execution_count = index + 1
            if ran.timed_out:
                self.remarks.append(TIMED_OUT)
        else:
            self.remarks.append(ALL_TIME_USED)
        cell.outputs = ran.outputs
        if check is not None:
            self._mark(index, cell, ran, None if index in self.fatal else kernel)

    def _run_hidden(self, kernel: Kernel, check: Check, ran: Ran) -> None:
        """Run ordinary hidden assertions after the visible ones; show no more than their texts.

        A student's function may read them while they run, and would say what it read.
        """
        hidden = kernel.run("\n".join(check.assertions), self._seconds(), recorded=False)
        ran.failed, ran.timed_out = hidden.failed, ran.timed_out or hidden.timed_out
        if hidden.failed:
            said = {str(output.get("evalue", "")) for output in hidden.outputs}
            known = sorted(said & check.texts) or ["A hidden assertion failed."]
            ran.outputs.append(new_error("AssertionError", known[0]))

    def _mark(self, index: int, cell: NotebookNode, ran: Ran, kernel: Kernel | None) -> None:
        """Record the mark of a check, and show in its outputs what the verdict says."""
        check = self.checks[index]
        marks = [
            judge_question(question, self._answer_to(question, index))
            for question in check.questions
        ]
        for number, exercise in enumerate(check.exercises):
            # a cell that ends the kernel brings another run, but no better luck
            seed = (self.settings.seed, index, number) if self.settings.seed else ()
            inputs = self.drawn.setdefault((index, number), exercise.draw(*seed))
            outputs: dict[str, Any] = {}
            used: list[str] = []
            if kernel is not None and self._seconds() > 0:
                outputs, asked = kernel.ask(inputs, self._seconds())
                used = asked.used
                if asked.timed_out:
                    self.remarks.append(TIMED_OUT)
            self._flag_borrowed(index, dict.fromkeys(c.function for c in inputs.values()), used)
            marks.append(judge_exercise(exercise, inputs, outputs))
        if check.assertions or not marks:  # then what the kernel says is all there is
            marks.append(Mark(not ran.failed, remark=NOT_PROOF))
        for mark in marks:
            if mark.message:
                cell.outputs.append(_as_output(mark))
        self.remarks.extend(mark.remark for mark in marks if mark.remark)
        self.marks[str(grade_id(cell))] = Mark(
            right=all(mark.right for mark in marks),
            message=" ".join(mark.message for mark in marks if mark.message),
            chosen=next((mark.chosen for mark in marks if mark.chosen), ""),
            tried=tuple(tried for mark in marks for tried in mark.tried)[:MAX_CALLS],
        )

    def _answer_to(self, question: Question, index: int) -> str:
        """Return the source of a question's answer: by its cell's name, or by its variable.

        A copy in another program loses the cells' metadata, and with it their names; and some
        people answer in a cell of their own and leave the one that is there as it is.
        """
        code = [cell for cell in self.cells if cell.cell_type == "code"]
        assigned = re.compile(rf"^{question.variable}\s*[:=]", re.MULTILINE)
        unnamed = [cell for cell in code if not grade_id(cell) and assigned.search(cell.source)]
        found = [str(cell.source) for cell in [*unnamed, *self._named_answers(index)]]
        answered = [source for source in found if source not in self.ours]
        return (answered or found or [""])[-1]

    def _flag_borrowed(self, index: int, functions: Iterable[str], used: Iterable[str]) -> None:
        """Note for the instructor which of the package's functions an answer calls.

        Checks are not the student's, whatever they change.

        Args:
            functions: that are asked for.
            used: what the kernel saw of such calls.
        """
        code = {
            i: str(cell.source)
            for i, cell in enumerate(self.cells)
            if cell.cell_type == "code" and i not in self.checks
        }
        named = borrowed_names(functions, code, index, self.ours)
        if names := {*named, *(plain_line(name, 60) for name in used)}:
            name = str(grade_id(self.cells[index])).removesuffix("-check")
            self.remarks.append(f"{name} uses the package's {in_words(names)}: look at it")

    def _named_answers(self, index: int) -> list[NotebookNode]:
        """Return the cells that bear the name of a check's answer."""
        name = str(grade_id(self.cells[index])).removesuffix("-check")
        return [cell for cell in self.cells if grade_id(cell) == name and cell.cell_type == "code"]

    def _seconds(self) -> float:
        """Return how long the next cell may take."""
        return min(self.settings.cell_seconds, self.end - time.monotonic())


def _as_output(mark: Mark) -> NotebookNode:
    if mark.right:
        return new_output("stream", name="stdout", text=f"{mark.message}\n")
    return new_error("AssertionError", mark.message)
