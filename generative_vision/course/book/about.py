"""The pages about the course: texts of its repository, which a code host shows as they are.

In the site they keep their folders, so links between pages and to pictures hold in both places.
"""

from __future__ import annotations

import posixpath
import re

from generative_vision.course.manifest import Course

#: in the site's order; a course has those that it wants
PAGES = (
    "docs/results.md",
    "docs/audits.md",
    "docs/help.md",
    "docs/teaching.md",
    "docs/marking.md",
    "docs/architecture.md",
    "CONTRIBUTING.md",
    "benchmarks/README.md",
)
TEACHING = "docs/teaching.md"  #: where the front page leads instructors
_TARGET = re.compile(r"(?<=\]\()(?!https?:)[^)\s#]+")  # of a link or a picture


def find_pages(course: Course) -> list[str]:
    """Return those of ``PAGES`` that a course has."""
    return [page for page in PAGES if (course.root / page).is_file()]


def find_linked(course: Course, page: str) -> set[str]:
    """Return the pictures and other files that a page shows or links to, as paths from the root.

    Pages and notebooks are left out, and so are links that lead nowhere: Jupyter Book complains of
    those.
    """
    text = (course.root / page).read_text(encoding="utf-8")
    paths = {_resolve(page, target) for target in _TARGET.findall(text)}
    files = {path for path in paths if (course.root / path).is_file()}
    return {path for path in files if not path.endswith((".md", ".ipynb"))}


def read_page(course: Course, page: str) -> str:
    """Return a page's text for the site.

    Links to the repository's README lead to the front page, and those to notebooks in ``lessons/``
    to the lessons' pages.
    """
    moved = {"README.md": "index.md"}
    for lesson in course.lessons:
        name = f"{lesson.slug}/{lesson.slug}.ipynb"
        moved[f"lessons/{name}"] = name

    def move(found: re.Match[str]) -> str:
        goal = moved.get(_resolve(page, found[0]))
        return posixpath.relpath(goal, posixpath.dirname(page)) if goal else found[0]

    return _TARGET.sub(move, (course.root / page).read_text(encoding="utf-8"))


def _resolve(page: str, target: str) -> str:
    """Return a link's target as a path from the course's folder."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), target))
