"""MathJax as the package sphinx-mathjax-offline ships it: formulas in pages without network."""

from importlib.metadata import distribution
from pathlib import Path

SCRIPT = "tex-svg.js"  # TeX in, SVG out: one file that needs no fonts


def folder() -> Path:
    """Return MathJax's folder, with ``SCRIPT`` and the extensions that rarer commands load."""
    files = distribution("sphinx-mathjax-offline").files or []
    script = next(file for file in files if file.name == SCRIPT)
    return Path(str(script.locate())).parent
