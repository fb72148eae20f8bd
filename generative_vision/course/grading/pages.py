"""Pages made of templates: nothing in them runs or loads, whatever a student wrote.

All text is escaped. Markdown is taken from the course's own files alone, and MathJax looks at that
alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import bleach
import nbformat
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from nbconvert.exporters import Exporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]
from pygments.token import STANDARD_TYPES  # type: ignore[import-untyped]
from traitlets import Unicode

from generative_vision.course import mathjax
from generative_vision.course.grading.feedback import Feedback, make_feedback
from generative_vision.course.grading.formgrader import code_as_html
from generative_vision.course.grading.standing import read_standings
from generative_vision.course.grading.tasks import read_sheet
from generative_vision.files import write_atomically

MAX_TABLE_LINES = 200  # of a text: the parser takes each for the head of a table of all below
_TEMPLATES = Path(__file__).with_name("templates")
_TEXT_TAGS = "br del details div dd dl dt hr img p pre s span sub summary sup"
_TABLE_TAGS = "table tbody td th thead tr"
_HEADINGS = "h1 h2 h3 h4 h5 h6"
_OWN_PICTURES = ("data:image/png;base64,", "data:image/jpeg;base64,")
_TAGS = bleach.ALLOWED_TAGS.union(_TEXT_TAGS.split(), _TABLE_TAGS.split(), _HEADINGS.split())
_LINK = re.compile(r"https?://\w|mailto:|#", re.IGNORECASE)  # "http:/a" leads to the page's server
_HIGHLIGHTS = {"highlight", "hl-python3", "hll", *STANDARD_TYPES.values()}  #: classes of code
_MATHJAX = (
    'window.MathJax = {tex: {inlineMath: [["$", "$"]]}, '
    'options: {ignoreHtmlClass: "no-tex", processHtmlClass: "tex"}};'
)


class _Renderer(IPythonRenderer):
    """Makes HTML of Markdown; code in it is Python, whatever language it names, or plain."""

    def block_code(self, code: str, info: str | None = None) -> str:
        return str(code_as_html(code) if info else f"<pre>{escape(code)}</pre>")

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Look for no attachment: none is kept, and without it no page would be made at all."""
        return super().image(text, re.sub("^(attachment:)+", "", url), title)


class _Unlinked(_Renderer):
    """Shows where a link would lead."""

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return text if text == url else f"{text} ({escape(url)})"


def markdown_to_html(source: str) -> str:
    """Return Markdown of the course as HTML that neither runs anything nor loads an address."""
    return _to_html(source, _Renderer, _is_kept)


def students_markdown_to_html(source: str) -> str:
    """Return a student's Markdown likewise, without links.

    JupyterLab obeys whatever page formgrader's frame shows, so no link in it may lead elsewhere.
    """
    return _to_html(source, _Unlinked, lambda tag, *what: tag != "a" and _is_kept(tag, *what))


def _to_html(
    source: str, renderer: type[_Renderer], is_kept: Callable[[str, str, str], bool]
) -> str:
    if sum("|" in line for line in source.splitlines()) > MAX_TABLE_LINES:
        return f"<pre>{escape(source)}</pre>"
    return bleach.clean(
        MarkdownWithMath(renderer=renderer(escape=False)).render(source),
        tags=_TAGS,
        attributes=is_kept,
        protocols=["http", "https", "mailto", "data"],
    )


def render(template: str, title: str, *, script: str = "", **values: Any) -> str:
    """Return a page.

    Args:
        template: the file in ``templates/`` with the page's body.
        title: what a browser shows above the page.
        script: the relative address of MathJax's file; without one, formulas stay as typed.
        values: what the template names.
    """
    body = Markup(_environment().get_template(template).render(values))
    # It marks our scripts, and a browser runs no others. No text of the page can contain it, since
    # it depends on all of them; the same page has the same one.
    nonce = hashlib.sha256(body.encode()).hexdigest()[:40]
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        f"script-src 'nonce-{nonce}'"
    )
    page = _environment().get_template("base.html")
    return page.render(
        title=title,
        body=body,
        style=Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8")),
        policy=Markup(policy),
        nonce=nonce,
        script=script,
        settings=Markup(_MATHJAX),
    )


def render_feedback(feedback: Feedback, script: str = "../mathjax.js") -> str:
    """Return the page for a student."""
    standing = feedback.standing
    return render(
        "feedback.html",
        f"{feedback.sheet.title}: feedback",
        script=script,
        feedback=feedback,
        standing=standing,
        total=max(0.0, standing.score - standing.penalty),
    )


def write_feedback(
    course: str, solution: Path, marked: Path, database: str, student: str, page: Path
) -> None:
    """Write a student's page, and MathJax's file into the folder above.

    Args:
        course: the course's title.
        solution: the lesson's notebook with answers, key and reasons.
        marked: the student's notebook as it ran.
        database: SQLAlchemy address of the gradebook.
        page: where the page goes.
    """
    sheet = read_sheet(nbformat.read(solution, 4))
    standing = read_standings(database, student, sheet.lesson)[student, sheet.lesson]
    # without validation, which takes long and was done when it was written
    notebook = nbformat.v4.reads(marked.read_text(encoding="utf-8"))
    feedback = make_feedback(course, sheet, notebook, standing, student)
    write_atomically(page, render_feedback(feedback))
    write_mathjax(page.parent.parent / "mathjax.js")


def write_mathjax(path: Path) -> None:
    """Copy the script that shows formulas, unless it is there; all pages share it."""
    if not path.exists():
        write_atomically(path, (mathjax.folder() / mathjax.SCRIPT).read_bytes())


class FeedbackExporter(Exporter):
    """Makes the same page where nbgrader's ``generate_feedback`` asks for it."""

    course_title = Unicode("", help="What the page names above the lesson.").tag(config=True)

    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **options: Any) -> Any:
        """Return the page and its resources.

        The parent is nbgrader's converter, which knows the course's folders.
        """
        nb, resources = super().from_notebook_node(nb, resources, **options)
        assert self.parent is not None
        directory, ids = self.parent.coursedir, resources["nbgrader"]
        folder = directory.format_path(directory.source_directory, ".", ids["assignment"])
        solution = Path(directory.root) / folder / f"{ids['notebook']}.ipynb"
        sheet = read_sheet(nbformat.read(solution, 4))
        student, lesson = ids["student"], ids["assignment"]
        standing = read_standings(ids["db_url"], student, lesson)[student, lesson]
        feedback = make_feedback(self.course_title, sheet, nb, standing, student)
        return render_feedback(feedback), resources


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "markdown": _text,
        "markdown_line": _line,
        "moment": _moment,
        "python": _highlight,
    }
    return environment


@lru_cache(maxsize=1000)
def _text(source: str) -> Markup:
    """Return Markdown of the course as HTML, its formulas for MathJax."""
    return Markup(f'<div class="tex">{markdown_to_html(source).strip()}</div>')


@lru_cache(maxsize=1000)
def _line(source: str) -> Markup:
    """Return a line of Markdown of the course as HTML that may stand in a line."""
    # "4. The bound" is a heading here, and no list
    made = markdown_to_html(re.sub(r"^(\d+)([.)])", r"\1\\\2", source)).strip()
    if made.startswith("<p>") and made.count("<p>") == 1:
        made = made.removeprefix("<p>").removesuffix("</p>")
    return Markup(f'<span class="tex">{made}</span>') if "$" in source else Markup(made)


def _highlight(code: str) -> Markup:
    return Markup(highlight(code, PythonLexer(), HtmlFormatter(nowrap=True)))


def _moment(at: datetime) -> str:
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def _is_kept(tag: str, name: str, value: str) -> bool:
    """Tell whether to keep a tag's attribute: a foreign picture tells who opened the page."""
    if tag == "img":
        return name == "alt" or (name == "src" and value.startswith(_OWN_PICTURES))
    if tag == "a":
        # a relative one could become another when nbgrader's template takes its beginning away
        return name == "href" and _LINK.match(value) is not None
    return name == "class" and set(value.split()) <= _HIGHLIGHTS  # others mean something to a page
