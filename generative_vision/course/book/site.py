"""The site: every page's source, and Jupyter Book, which makes HTML of them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nbformat

from generative_vision.course import CourseError, mathjax
from generative_vision.course.book.about import TEACHING, find_linked, find_pages, read_page
from generative_vision.course.book.execution import execute
from generative_vision.course.book.pages import make_page
from generative_vision.course.glossary import make_page as make_glossary
from generative_vision.course.glossary import read_glossary
from generative_vision.course.manifest import Course, Lesson
from generative_vision.course.source import copy_companions
from generative_vision.files import write_atomically

CELL_SECONDS = 1800  # more than any cell takes, even on a slow machine
_STATIC = Path(__file__).with_name("static")
_HOSTS = re.compile(r"//(github|gitlab)\.com/")
_LICENCE = (
    'Text: <a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>. '
    'Code: <a href="https://opensource.org/license/mit">MIT</a>.'
)
_INDEX = """\
# {title}

:::{{div}} gv-subtitle
{subtitle}
:::

A course in {count} and about {hours} hours, from the first picture to the last exercise. Each page
is a notebook that has been run: text, code, and what the code gave. Every exercise has its answer,
folded away until you ask for it; every quiz question says at a click whether you are right, and
why.

## Lessons

{lessons}

## Work through it yourself

The same lessons are Jupyter notebooks. In the course's folder, one command sets everything up,
copies them into `work/` and opens them in JupyterLab:

```sh
make lab
```

There you write the answers yourself; `.venv/bin/generative-vision check 00` runs the checks of
lesson 00, those that you do not see included, and says what each found. The course's `README.md`
says more.
"""
_FOR_INSTRUCTORS = f"""
If you teach, [Teaching with this course]({TEACHING}) says how to hand out, collect and mark the
lessons.
"""


def build_book(course: Course, output: Path, *, cell_seconds: int = CELL_SECONDS) -> Path:
    """Execute the lessons and build the site.

    A lesson is executed again only where something that decides its outputs has changed (see
    ``execution.fingerprint``).

    Args:
        output: the folder for the site, its sources and the cache of outputs.
        cell_seconds: how long one cell may take.

    Returns:
        The path of the site's first page.

    Raises:
        CourseError: Jupyter Book is missing or reports a warning or an error; a cell fails,
            takes too long or writes to stderr.
    """
    if find_spec("jupyter_book") is None:
        raise CourseError(
            "The book needs Jupyter Book, which is not installed. `make book` installs it, and so "
            'does: pip install "jupyter-book<2" jupyter-cache'
        )
    output = output.resolve()
    source = output / "source"
    for lesson in course.lessons:
        page = execute(
            course,
            lesson,
            make_page(course, lesson),
            cache=output / "executed",
            cell_seconds=cell_seconds,
        )
        folder = source / lesson.slug
        _clear(folder, keep=f"{lesson.slug}.ipynb")
        copy_companions(course, lesson, folder)
        _write(folder / f"{lesson.slug}.ipynb", nbformat.writes(page, 4))
    _write_about(course, source)
    if terms := read_glossary(course):
        _write(source / "glossary.md", make_glossary(course, terms))
    _write(source / "index.md", _index(course))
    _write(source / "_toc.yml", json.dumps(_contents(course), indent=1))  # JSON is YAML
    _write(source / "_config.yml", json.dumps(_configuration(course), indent=1))
    static = source / "static"
    shutil.copytree(_STATIC, static, dirs_exist_ok=True)
    shutil.copytree(
        mathjax.folder() / "input/tex/extensions",
        static / "mathjax/input/tex/extensions",
        dirs_exist_ok=True,
    )
    shutil.copy2(mathjax.folder() / mathjax.SCRIPT, static / "mathjax")
    return _run_jupyter_book(source, output)


def _write_about(course: Course, source: Path) -> None:
    """Write the pages about the course, and what they show, into the folder of the sources."""
    for page in find_pages(course):
        _write(source / page, read_page(course, page))
        for name in find_linked(course, page):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(course.root / name, source / name)


def _index(course: Course) -> str:
    """Return the first page as Markdown."""
    count = len(course.lessons)
    minutes = sum(lesson.minutes for lesson in course.lessons)
    text = _INDEX.format(
        title=course.title,
        subtitle=course.subtitle,
        count="one lesson" if count == 1 else f"{count} lessons",
        hours=max(1, round(minutes / 60)),
        lessons="\n\n".join(map(_card, course.lessons)),
    )
    return text + _FOR_INSTRUCTORS if TEACHING in find_pages(course) else text


def _card(lesson: Lesson) -> str:
    objectives = "\n".join(f"- {objective}" for objective in lesson.objectives)
    return (
        f":::{{card}} [{_numbered(lesson)}]({lesson.slug}/{lesson.slug}.ipynb)\n\n"
        f"{lesson.minutes} minutes. After this lesson you can:\n\n{objectives}\n:::"
    )


def _numbered(lesson: Lesson) -> str:
    return f"{int(lesson.slug[:2])}. {lesson.title}"


def _contents(course: Course) -> dict[str, Any]:
    """Return Jupyter Book's table of contents."""
    chapters = [
        {"file": f"{lesson.slug}/{lesson.slug}", "title": _numbered(lesson)}
        for lesson in course.lessons
    ]
    if read_glossary(course):
        chapters.append({"file": "glossary"})
    parts = [{"caption": "Lessons", "chapters": chapters}]
    if about := [{"file": page.removesuffix(".md")} for page in find_pages(course)]:
        parts.append({"caption": "About this course", "chapters": about})
    return {"format": "jb-book", "root": "index", "parts": parts}


def _configuration(course: Course) -> dict[str, Any]:
    """Return Jupyter Book's configuration.

    Of its defaults, what would load something from the network is left out.
    """
    extensions = [
        "sphinx_copybutton",
        "myst_nb",
        "jupyter_book",
        "sphinx_comments",
        "sphinx_external_toc",
        "sphinx_design",
        "sphinx_book_theme",
    ]
    theme = {
        "use_download_button": False,
        "search_bar_text": "Search",
        "navbar_persistent": [],  # the search field has its place in the sidebar
    }
    sphinx = {
        "extensions": extensions,
        "html_static_path": ["static"],
        "html_css_files": ["book.css"],
        "html_js_files": ["book.js"],
        "html_copy_source": False,
        "html_theme_options": theme,
        "mathjax_path": f"mathjax/{mathjax.SCRIPT}",
        "mathjax3_config": {"options": {"enableMenu": False}},
        "nb_ipywidgets_js": {},
    }
    publish = course.publish
    launch = {
        "notebook_interface": "jupyterlab",
        "colab_url": "https://colab.research.google.com",
        "binderhub_url": "https://mybinder.org",
        **({"jupyterhub_url": publish.hub} if publish.hub else {}),
    }
    return {
        "title": course.title,
        "author": ", ".join(course.authors),
        "copyright": course.copyright,
        "only_build_toc_files": True,
        "execute": {"execute_notebooks": "off"},
        "parse": {"myst_enable_extensions": ["amsmath", "colon_fence", "dollarmath"]},
        "html": {
            "extra_footer": _LICENCE,
            "use_multitoc_numbering": False,
            "use_repository_button": bool(_HOSTS.search(publish.repository)),
        },
        "latex": {"use_jupyterbook_latex": False},
        # the buttons open the student notebooks: those of lessons/, which lie as the pages do
        "repository": {
            "url": publish.repository,
            "branch": publish.branch,
            "path_to_book": "lessons",
        },
        # the theme makes them for these hosts alone
        "launch_buttons": launch if _HOSTS.search(publish.repository) else {},
        "sphinx": {"recursive_update": True, "config": sphinx},
    }


def _run_jupyter_book(source: Path, output: Path) -> Path:
    """Build the HTML anew, a warning counting as an error, and return its first page."""
    site = output / "_build" / "html"
    shutil.rmtree(site, ignore_errors=True)  # pages of lessons that are gone
    program = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    done = subprocess.run(
        [*program, "build", str(source), "--path-output", str(output), "-W"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "NO_COLOR": "1", "PYTHONUTF8": "1"},
    )
    if done.returncode or not (site / "index.html").is_file():
        log = done.stdout.split("Traceback (most recent call last)")[0].strip().splitlines()
        raise CourseError("Jupyter Book could not build the site:\n" + "\n".join(log[-15:]))
    return site / "index.html"


def _clear(folder: Path, keep: str) -> None:
    """Remove all but one file from a folder, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != keep:
            path.unlink()


def _write(path: Path, text: str) -> None:
    """Write a file unless that is its content already: Sphinx reads changed files again."""
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_atomically(path, text)
