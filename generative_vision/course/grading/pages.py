"""Feedback pages: what a student may see of a graded notebook; nothing in them runs or loads."""

from __future__ import annotations

import re
import secrets
import shutil
from pathlib import Path
from typing import Any

import bleach
from nbconvert.exporters import HTMLExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.filters import markdown2html
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor

from generative_vision.course import mathjax
from generative_vision.course.markers import without_hidden

_TEXT_TAGS = "br del details div dd dl dt hr img p pre s span sub summary sup"
_TABLE_TAGS = "table tbody td th thead tr"
_HEADINGS = "h1 h2 h3 h4 h5 h6"
_OWN_PICTURES = ("data:image/png;base64,", "data:image/jpeg;base64,")
_TAGS = bleach.ALLOWED_TAGS.union(_TEXT_TAGS.split(), _TABLE_TAGS.split(), _HEADINGS.split())


class HideTests(NbGraderPreprocessor):
    """Removes hidden tests, and the traceback through them, from a notebook for feedback."""

    def preprocess_cell(self, cell: NotebookNode, resources: ResourcesDict, cell_index: int):
        """Shorten a graded cell to what a student may see."""
        if utils.is_grade(cell) and cell.cell_type == "code":
            cell.source = without_hidden(cell.source)
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
            for output in cell.outputs:
                if output.output_type == "error":
                    output.traceback = [f"{output.ename}: {output.evalue}"]
        return cell, resources


def markdown_to_html(source: str) -> str:
    """Return Markdown as HTML that neither runs anything nor loads an address."""
    return bleach.clean(
        markdown2html(source),
        tags=_TAGS,
        attributes=_is_kept,
        protocols=["http", "https", "mailto", "data"],
    )


def _is_kept(tag: str, name: str, value: str) -> bool:
    """Tell whether to keep a tag's attribute: a foreign picture tells who opened the page."""
    if tag == "img":
        return name == "alt" or (name == "src" and value.startswith(_OWN_PICTURES))
    return name in ("class", "id") or (tag == "a" and name == "href")


class FeedbackExporter(HTMLExporter):
    """Makes pages that load nothing foreign, run no script but ours, and name each check."""

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **options: Any) -> Any:
        """Return the page and its resources."""
        page, resources = super().from_notebook_node(nb, resources, **options)
        return _finish(page), resources


def write_page(made: Path, page: Path, scripts: Path) -> None:
    """Copy a page to its place, and MathJax's file beside it.

    Args:
        made: the page as nbgrader made it.
        page: where it goes, one folder below ``scripts``.
        scripts: the folder for MathJax's file, which all pages share.
    """
    page.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(made, page)
    if not (scripts / "mathjax.js").exists():
        shutil.copyfile(mathjax.folder() / mathjax.SCRIPT, scripts / "mathjax.js")


def _finish(page: str) -> str:
    ours = secrets.token_urlsafe()  # marks our scripts: a browser runs no others
    policy = (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'nonce-{ours}'"
    )
    local = (
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<script nonce="{ours}">window.MathJax = {{tex: {{inlineMath: [["$", "$"]]}}}};</script>'
        f'<script nonce="{ours}" src="../mathjax.js"></script>'
    )
    page = re.sub(
        r"<script[^>]*mathjax[^>]*>.*?</script>", "", page, flags=re.DOTALL | re.IGNORECASE
    )
    page = page.replace("<head>", f"<head>{local}", 1)
    return re.sub(r'(<a href="#([\w-]+)">)Test cell</a>', r"\1\2</a>", page)
