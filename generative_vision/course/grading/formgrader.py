"""formgrader's page of a submission: it loads nothing foreign, and shows formulas without network.

nbgrader's template for it has scripts and handlers in the page, so they cannot be forbidden, as
they are on pages of feedback: what a student wrote is filtered before
(``students_markdown_to_html``).
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from nbconvert.filters import Highlight2HTML

from generative_vision.course import mathjax

TEMPLATE = Path(__file__).with_name("templates") / "formgrader.html.j2"
MAX_COLOURED = 6_000  # characters of code: the time for some grows by the square
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'"
)

_THEIR_MATHJAX = re.compile(
    r"<!-- Load mathjax -->.*<!-- End of mathjax configuration -->", re.DOTALL
)
_SETTINGS = (
    # no links, names or classes in a formula, and nothing is loaded
    'window.MathJax = {tex: {inlineMath: [["$", "$"]], macros: {mmlToken: ["", 1]}, '
    'packages: {"[-]": ["require", "autoload"]}}};'
)

# nbgrader's script asks MathJax 2, and without an answer sets up no keys
_FORMER_MATHJAX = (
    "MathJax.Hub = {Startup: {signal: {Interest: tell => "
    'MathJax.startup.promise.then(() => tell("End"))}}};'
)
# a formula may be lowered or overlap as far as it likes: it would stand over another cell's score
_CLIPPED = "<style>.text_cell_render { contain: paint; }</style>"


def without_network(header: str) -> str:
    """Return a page's beginning with a policy and with MathJax in it, not from elsewhere."""
    policy = f'<head><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    page = header.replace("<head>", policy, 1)
    return _THEIR_MATHJAX.sub(lambda _: _scripts(), page)


def code_as_html(source: str, language: str | None = None, metadata: Any = None) -> str:
    """Return code as HTML, coloured where that is quick: nobody else is served meanwhile.

    As Python: IPython's lexer looks for a magic behind each of many empty lines, and colours some
    as other languages, by what else is slow.
    """
    if len(source) > MAX_COLOURED:
        return f'<div class="highlight"><pre>{escape(source)}</pre></div>'
    return Highlight2HTML(pygments_lexer="python3")(source, language, metadata)


@cache
def _scripts() -> str:
    source = (mathjax.folder() / mathjax.SCRIPT).read_text(encoding="utf-8")
    source = source.replace("</script", r"<\/script")
    scripts = (_SETTINGS, source, _FORMER_MATHJAX)
    return _CLIPPED + "".join(f"<script>{script}</script>" for script in scripts)
