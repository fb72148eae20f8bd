"""What students of the tiny course hand in: honest, broken and hostile submissions."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

FULL, CODE, QUIZ = 4, 2, 2  # points
RIGHT = "def double(x):\n    return x + x"
WRONG = "def double(x):\n    return 0"
HIDDEN = "the hidden line"


class Sheet:
    """A released notebook while a student fills it in."""

    def __init__(self, notebook: NotebookNode):
        self.notebook = copy.deepcopy(notebook)
        self.cells = {cell.id: cell for cell in self.notebook.cells}

    def answer(self, code: str = RIGHT, first: str = "b", second: str = "a") -> Sheet:
        self.cells["double"].source = code
        self.cells["quiz-main_purpose"].source = f'answer_main_purpose = "{first}"'
        self.cells["quiz-second"].source = f'answer_second = "{second}"'
        return self

    def cheat(self, code: str, answer: str = WRONG) -> Sheet:
        """Give nothing but wrong answers, and run code that is to make them count."""
        return self.answer(answer, "a", "b").insert("double", code)

    def insert(self, before: str, code: str) -> Sheet:
        self.notebook.cells.insert(self.place(before), new_code_cell(code))
        return self

    def append(self, code: str) -> Sheet:
        self.notebook.cells.append(new_code_cell(code))
        return self

    def place(self, name: str) -> int:
        cells = self.notebook.cells
        return next(i for i, cell in enumerate(cells) if cell is self.cells[name])


@dataclass(frozen=True)
class Case:
    """What a student hands in, and what it must earn."""

    make: Callable[[Sheet], object]
    score: float
    remark: str | None = ""  #: a part of it; empty if there must be none, None if it is open


CASES: dict[str, Case] = {}


def case(score: float, remark: str | None = ""):
    """Register a function that fills in a sheet as the submission of the student of its name."""

    def register(make):
        CASES[make.__name__] = Case(make, score, remark)
        return make

    return register
