"""A handed-in notebook, built anew from its JSON: nothing else of it reaches Jupyter's own readers.

These validate whatever they are given, which for some hundred kilobytes of nonsense takes minutes
and gigabytes.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from nbformat import NotebookNode, from_dict

from generative_vision.course.grading.outputs import shown_files

MAX_CELLS = 2_000
MAX_PARTS = 1_000_000  # values in lists and dictionaries: each takes up to a hundred bytes

_KINDS = {"code": "code", "markdown": "markdown", "raw": "raw", "html": "markdown"}
_HEADING = "heading"  # of version 3, as "html" is


def read_notebook(content: bytes) -> NotebookNode:
    """Return a notebook of version 2, 3 or 4 as one of version 4.5 without outputs.

    Of its metadata, what names lesson and cells is left. Cells without an id have a new one.

    Raises:
        ValueError: it is no notebook, or begins with "larger than": it has too many parts.
    """
    if sum(map(content.count, (b",", b"[", b"{"))) > MAX_PARTS:
        raise ValueError(f"larger than {MAX_PARTS:,} values: clear its outputs first")
    with _without_collector():
        try:
            raw = json.loads(content)
        except (ValueError, RecursionError):
            raise ValueError("it is not JSON, as a notebook is") from None
        try:
            return _build(raw)
        except (KeyError, TypeError, AttributeError):
            raise ValueError("it does not have a notebook's form") from None


@contextmanager
def _without_collector() -> Iterator[None]:
    """Let Python's collector rest: a million empty lists take it ten times their own time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def read_plain(content: bytes) -> NotebookNode:
    """Return a handed-in notebook for marking: with cell ids of ours, and without metadata."""
    notebook = read_notebook(content)
    notebook.metadata = NotebookNode()
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    return notebook


def _build(raw: dict[str, Any]) -> NotebookNode:
    cells = raw["cells"] if "cells" in raw else [c for w in raw["worksheets"] for c in w["cells"]]
    if len(cells) > MAX_CELLS:
        raise ValueError(f"larger than {MAX_CELLS:,} cells")
    recorded = raw["metadata"].get("generative_vision")
    lesson = recorded.get("lesson") if isinstance(recorded, dict) else None
    metadata = {"generative_vision": {"lesson": lesson}} if isinstance(lesson, str) else {}
    return from_dict(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": metadata,
            "cells": [_cell(cell, f"cell-{number}") for number, cell in enumerate(cells)],
        }
    )


def _cell(raw: dict[str, Any], name: str) -> dict[str, Any]:
    kind, source = raw["cell_type"], _text(raw["source"] if "source" in raw else raw["input"])
    if kind == _HEADING:
        kind, source = "markdown", f"{'#' * max(1, min(6, int(raw['level'])))} {source}"
    known = raw.get("id")
    cell: dict[str, Any] = {
        "cell_type": _KINDS[kind],
        "id": known if isinstance(known, str) else name,
        "metadata": {},
        "source": source,
    }
    if kind == "code":
        cell |= {"outputs": [], "execution_count": None}
    elif kind != "raw" and (shown := shown_files(source, raw.get("attachments"))):
        cell["attachments"] = {name: _pictures(file) for name, file in shown.items()}
    marks = raw.get("metadata", {}).get("nbgrader")
    if isinstance(marks, dict):
        if not isinstance(marks.get("grade_id"), str | None):
            raise ValueError("a cell's name is no text")
        cell["metadata"] = {"nbgrader": {"grade_id": marks.get("grade_id")}}
    return cell


def _text(value: str | Iterable[str]) -> str:
    return value if isinstance(value, str) else "".join(value)


def _pictures(bundle: dict[str, Any]) -> dict[str, str]:
    return {kind: data for kind, data in bundle.items() if isinstance(data, str)}
