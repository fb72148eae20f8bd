"""Of which lesson a notebook is: by its metadata, its name or its cells."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import nbformat
from nbformat import NotebookNode

from generative_vision.course.grading.layouts import lesson_in
from generative_vision.course.grading.steps import grade_id
from generative_vision.course.manifest import Course

MAX_SOURCE = 100_000  # characters of a cell that are compared: each line takes some sixty bytes


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

    def of(self, notebook: NotebookNode, parts: Sequence[str]) -> str | None:
        """Return a notebook's lesson: by metadata, by the names around it, by its cells."""
        slug = notebook.metadata.get("generative_vision", {}).get("lesson")
        if not isinstance(slug, str) or slug not in self.slugs:
            slug = lesson_in(parts, self.slugs) or self._by_cells(notebook)
        return self.slugs[slug] if slug else None

    def doubts(self, lesson: str, notebook: NotebookNode, parts: Sequence[str]) -> list[str]:
        """Return why a notebook may be of another lesson or course than the one it counts for."""
        named = lesson_in(parts, self.slugs)
        names = {cell.id for cell in notebook.cells} | set(map(grade_id, notebook.cells))
        said = {
            f"its name says {named}": named and self.slugs[named] != lesson,
            f"has none of the cells of {lesson}": self.cells.get(lesson, names).isdisjoint(names),
        }
        return [sentence for sentence, holds in said.items() if holds]

    def answers_in_checks(self, lesson: str, notebook: NotebookNode) -> list[str]:
        """Return the checks that define something more, where the answer's cell is untouched."""
        released, theirs = self.texts.get(lesson, {}), _named_texts(notebook)
        return [
            check
            for check, text in released.items()
            if check.endswith("-check")
            and _defined(theirs.get(check, "")) - _defined(text)
            and theirs.get(check.removesuffix("-check")) == released.get(check[: -len("-check")])
        ]

    def _by_cells(self, notebook: NotebookNode) -> str | None:
        """Return the lesson that shares most of its cells with a notebook, or None."""
        names = {cell.id for cell in notebook.cells} | set(map(grade_id, notebook.cells))
        shared = {slug: len(cells & names) for slug, cells in self.cells.items()}
        best = max(shared, key=lambda slug: shared[slug], default=None)
        return best if best and shared[best] else None


def _named_texts(notebook: NotebookNode) -> dict[str, str]:
    """Return the text of each cell by its name: nbgrader's, or its id where that was lost."""
    texts = {}
    for cell in notebook.cells:
        lines = (line.strip() for line in cell.source[:MAX_SOURCE].splitlines())
        texts[grade_id(cell) or cell.id] = "\n".join(filter(None, lines))
    return texts


def _defined(text: str) -> set[str]:
    """Return the names that code defines or assigns to, as far as its lines' beginnings tell."""
    found = re.findall(r"^(?:def (\w+)|(\w+)\s*=(?!=))", text, re.MULTILINE)
    return {name or other for name, other in found}
