"""formgrader's page of a submission: it loads nothing foreign, and shows formulas without network.

nbgrader's template for it has scripts and handlers in the page, so they cannot be forbidden, as
they are on pages of feedback: what a student wrote is filtered before (``markdown_to_html``).
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from generative_vision.course import mathjax

TEMPLATE = Path(__file__).with_name("templates") / "formgrader.html.j2"
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


def without_network(header: str) -> str:
    """Return a page's beginning with a policy and with MathJax in it, not from elsewhere."""
    policy = f'<head><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    page = header.replace("<head>", policy, 1)
    return _THEIR_MATHJAX.sub(lambda _: _scripts(), page)


@cache
def _scripts() -> str:
    source = (mathjax.folder() / mathjax.SCRIPT).read_text(encoding="utf-8")
    source = source.replace("</script", r"<\/script")
    return f"<script>{_SETTINGS}</script><script>{source}</script>"
