"""A handed-in notebook is built anew from its JSON, and what is in it has bounds."""

from __future__ import annotations

import contextlib
import gc
import json
import tracemalloc

import nbformat
import pytest
from conftest import SLUG

from generative_vision.course.grading import notebooks
from generative_vision.course.grading.notebooks import read_notebook, read_plain

CELL = {"cell_type": "code", "source": "x = 1", "metadata": {}}


def content(*cells: dict, **more) -> bytes:
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": list(cells), **more}).encode()


def test_outputs_and_metadata_of_any_form_are_left_out():
    odd = {"id": 3, "outputs": [{}] * 10_000, "metadata": {"tags": 5, "nbgrader": {"points": 9}}}
    (cell,) = read_notebook(content(CELL | odd)).cells
    assert cell == nbformat.from_dict(
        CELL
        | {"id": "cell-0", "outputs": [], "execution_count": None}
        | {"metadata": {"nbgrader": {"grade_id": None}}}
    )


def test_what_names_lesson_and_cells_stays():
    named = {"metadata": {"nbgrader": {"grade_id": "double"}}, "id": "here"}
    notebook = read_notebook(
        content(CELL | named, metadata={"generative_vision": {"lesson": SLUG, "marks": {}}})
    )
    assert notebook.metadata == {"generative_vision": {"lesson": SLUG}}
    assert notebook.cells[0].metadata.nbgrader.grade_id == "double"
    assert notebook.cells[0].id == "here"


def test_for_marking_it_says_nothing_of_itself_and_is_valid():
    notebook = read_plain(content(CELL, metadata={"generative_vision": {"marks": {}}}))
    assert notebook.metadata == {}
    nbformat.validate(notebook)


def test_a_notebook_of_version_3_is_read():
    cells = [
        {"cell_type": "heading", "level": 2, "source": ["A ", "title"]},
        {"cell_type": "code", "input": "x = 1", "language": "python"},
        {"cell_type": "html", "source": "<b>"},
    ]
    old = {
        "nbformat": 3,
        "metadata": {},
        "worksheets": [{"cells": cells[:1]}, {"cells": cells[1:]}],
    }
    found = [(c.cell_type, c.source) for c in read_notebook(json.dumps(old).encode()).cells]
    assert found == [("markdown", "## A title"), ("code", "x = 1"), ("markdown", "<b>")]


def test_pasted_pictures_are_text_alone():
    pasted = {"a.png": {"image/png": "AAAA", "image/jpeg": [{}] * 9}}
    text = "![](attachment:a.png)"
    cell = {"cell_type": "markdown", "source": text, "attachments": pasted}
    assert read_notebook(content(cell)).cells[0].attachments == {"a.png": {"image/png": "AAAA"}}


def test_pasted_pictures_that_no_text_shows_are_left_out():
    pasted = {"a b": {"image/png": "AAAA"}, "c": {"image/png": "AAAA"}}
    cell = {"cell_type": "markdown", "source": "![](attachment:a%20b)", "attachments": pasted}
    assert read_notebook(content(cell)).cells[0].attachments == {"a b": {"image/png": "AAAA"}}


def test_nothing_is_attached_to_what_is_neither_code_nor_text():
    pasted = {"a": {"image/png": "AAAA"}}
    cell = {"cell_type": "raw", "source": "attachment:a", "attachments": pasted}
    assert "attachments" not in read_notebook(content(cell)).cells[0]


@pytest.mark.parametrize("more", ["%41", " attachment:%41"])
def test_names_of_what_is_not_attached_take_no_memory(more):
    """Decoded, a long one takes eighty times its size."""
    text = "attachment:" + more * 100_000
    raw = content({"cell_type": "markdown", "source": text, "attachments": {"b": {}}})
    tracemalloc.start()
    try:
        (cell,) = read_notebook(raw).cells
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "attachments" not in cell
    assert peak < 4 * len(raw)


@pytest.mark.parametrize("raw", [content(CELL), b"no JSON"])
def test_reading_leaves_pythons_collector_as_it_was(raw):
    with contextlib.suppress(ValueError):
        read_notebook(raw)
    assert gc.isenabled()


@pytest.mark.parametrize(
    ("bound", "reason"),
    [("MAX_CELLS", "larger than 5 cells"), ("MAX_PARTS", "larger than 5 values")],
)
def test_a_notebook_with_too_many_parts_has_a_row_that_says_so(tray, monkeypatch, bound, reason):
    monkeypatch.setattr(notebooks, bound, 5)
    tray.put("ana.ipynb")
    assert tray.collect()["ana.ipynb"].problem.startswith(reason)


@pytest.mark.parametrize("text", [b"[]", b"{}", b'{"cells": null}', b"[" * 100_000, b"\xff\xfe"])
def test_what_is_no_notebook_has_a_row_that_says_so(tray, text):
    tray.put("ana.ipynb", text)
    assert tray.collect()["ana.ipynb"].problem == "not a readable notebook (ValueError)"
