"""MathJax as the package sphinx-mathjax-offline ships it: formulas in pages without network."""

from importlib.metadata import distribution
from pathlib import Path

SCRIPT = "tex-svg.js"  # TeX in, SVG out: one file that needs no fonts


def folder() -> Path:
    """Return MathJax's folder; in it lie ``SCRIPT`` and what rarer TeX commands load."""
    script = next(file for file in distribution("sphinx-mathjax-offline").files or [] if file.name == SCRIPT)
    return Path(str(script.locate())).parent
