"""What is a notebook, and of which lesson: by its metadata, its name or its cells."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

import nbformat
from nbformat import NotebookNode

from generative_vision.course.grading.layouts import lesson_in
from generative_vision.course.manifest import Course


class KnownLessons:
    """What tells a lesson's notebook."""

    def __init__(self, course: Course):
        self.slugs: Mapping[str, str] = course.slugs
        self.cells: dict[str, set[str]] = {}
        self.texts: dict[str, dict[str, str]] = {}  # of its answer and check cells
        self.files: dict[str, set[str]] = {}  # handed out beside the notebook
        for lesson in course.lessons:
            place = course.root / "lessons" / lesson.slug
            released = place / f"{lesson.slug}.ipynb"
            if released.is_file():
                notebook = nbformat.read(released, 4)
                self.cells[lesson.slug] = {cell.id for cell in notebook.cells}
                self.texts[lesson.slug] = _named_texts(notebook)
                self.files[lesson.slug] = {file.name for file in place.rglob("*")}

    def of(self, notebook: Mapping, parts: Sequence[str]) -> str | None:
        """Return a notebook's lesson: by metadata, by the names around it, by its cells."""
        recorded = notebook["metadata"].get("generative_vision")
        slug = recorded.get("lesson") if isinstance(recorded, dict) else None
        if not isinstance(slug, str) or slug not in self.slugs:
            slug = lesson_in(parts, self.slugs) or self._by_cells(notebook)
        return self.slugs[slug] if slug else None

    def answers_in_checks(self, lesson: str, notebook: Mapping) -> list[str]:
        """Return the checks that define something more, where the answer's cell is untouched."""
        released, theirs = self.texts.get(lesson, {}), _named_texts(notebook)
        return [
            check
            for check, text in released.items()
            if check.endswith("-check")
            and _defined(theirs.get(check, "")) - _defined(text)
            and theirs.get(check.removesuffix("-check")) == released.get(check[: -len("-check")])
        ]

    def _by_cells(self, notebook: Mapping) -> str | None:
        """Return the lesson that shares most of its cells with a notebook, or None."""
        names = {cell.get("id") for cell in notebook["cells"]}
        for cell in notebook["cells"]:
            marks = cell["metadata"].get("nbgrader")
            names |= {marks.get("grade_id")} if isinstance(marks, dict) else set()
        shared = {slug: len(cells & names) for slug, cells in self.cells.items()}
        best = max(shared, key=lambda slug: shared[slug], default=None)
        return best if best and shared[best] else None


def parse(content: bytes) -> Mapping:
    """Return a notebook; nbformat, which is slow, reads what is not plainly of version 4.

    Raises:
        Exception: of any kind, it is no notebook.
    """
    raw = json.loads(content)
    if isinstance(raw, dict) and raw.get("nbformat") == 4 and isinstance(raw.get("cells"), list):
        plain = isinstance(raw.get("metadata"), dict) and all(map(_is_plain, raw["cells"]))
        if plain:
            return raw
    notebook = _read(content)
    marks = [cell.metadata.get("nbgrader") for cell in notebook.cells]
    named = [mark.get("grade_id", "") for mark in marks if isinstance(mark, dict)]
    if not all(isinstance(name, str) for name in named):
        raise ValueError("a cell's name is no text")
    return notebook


def read_plain(content: bytes) -> NotebookNode:
    """Return a submitted notebook as nbformat 4.5, without anything that could stop the grader."""
    notebook = _read(content)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = NotebookNode()
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        marks = cell.metadata.get("nbgrader")  # its other metadata is ignored
        cell.metadata = NotebookNode(nbgrader=marks) if isinstance(marks, dict) else NotebookNode()
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def _named_texts(notebook: Mapping) -> dict[str, str]:
    """Return the text of each cell by its name: nbgrader's, or its id where that was lost."""
    texts = {}
    for cell in notebook["cells"]:
        marks = cell["metadata"].get("nbgrader")
        name = (marks.get("grade_id") if isinstance(marks, dict) else None) or cell.get("id")
        if isinstance(name, str):
            lines = "".join(cell["source"]).splitlines()
            texts[name] = "\n".join(filter(None, (line.strip() for line in lines)))
    return texts


def _defined(text: str) -> set[str]:
    """Return the names that code defines or assigns to, as far as its lines' beginnings tell."""
    found = re.findall(r"^(?:def (\w+)|(\w+)\s*=(?!=))", text, re.MULTILINE)
    return {name or other for name, other in found}


def _read(content: bytes) -> NotebookNode:
    return nbformat.reads(content.decode(json.detect_encoding(content)), as_version=4)


def _is_plain(cell: object) -> bool:
    if not isinstance(cell, dict) or not isinstance(cell.get("metadata"), dict):
        return False
    marks = cell["metadata"].get("nbgrader")
    name = marks.get("grade_id") if isinstance(marks, dict) else None
    return (
        cell.get("cell_type") in ("code", "markdown", "raw")
        and isinstance(cell.get("source"), str | list)
        and isinstance(name, str | None)
        and isinstance(cell.get("id"), str | None)
    )
