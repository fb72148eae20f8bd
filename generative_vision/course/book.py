"""``generative-vision book``: the course as a site that needs neither kernel nor network, through Jupyter Book 1.x."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from generative_vision.course import CourseError, mathjax
from generative_vision.course.kernels import AttentiveKernelManager
from generative_vision.course.manifest import Course, Lesson
from generative_vision.course.questions import Question, read_questions
from generative_vision.course.markers import without_answer, without_hidden, without_markers
from generative_vision.course.source import companions, read_source

_CELL_SECONDS = 1800  # more than any cell takes, even on a slow machine
_PACKAGE = Path(__file__).resolve().parents[1]
_STATIC = Path(__file__).with_name("static")
_LICENCE = (
    'Text: <a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>. '
    'Code: <a href="https://opensource.org/license/mit">MIT</a>.'
)
_INDEX = """\
# {title}

:::{{div}} gv-subtitle
{subtitle}
:::

A course in {count} and about {hours} hours, from the first picture to the last exercise. Each page is a notebook
that has been run: text, code, and what the code gave. Every exercise has its answer, folded away until you ask for
it; every quiz question says at a click whether you are right, and why.

## Lessons

{lessons}

## Work through it yourself

The same lessons are Jupyter notebooks. In the course's folder, one command sets everything up, copies them into
`work/` and opens them in JupyterLab:

```sh
make lab
```

There you write the answers yourself; `.venv/bin/generative-vision check 00` runs the checks of lesson 00, those that
you do not see included, and tells what each found. The course's `README.md` says more.
"""


def build_book(course: Course, output: Path) -> Path:
    """Execute every lesson, build the site below ``output``, and return the path of its ``index.html``.

    A lesson runs again only where its code or the package's has changed since the last build.

    Raises:
        CourseError: Jupyter Book is missing or complains, a cell fails, or a cell writes to stderr.
    """
    if find_spec("jupyter_book") is None:
        raise CourseError('The book needs Jupyter Book, which is not installed: pip install -e ".[book]"')
    output = output.resolve()
    source = output / "source"
    for lesson in course.lessons:
        folder = source / lesson.slug
        folder.mkdir(parents=True, exist_ok=True)
        for file in companions(course, lesson):
            _copy(file, folder / file.name)
        page = _page(course, lesson)
        _execute(page, lesson, folder, output / "executed" / f"{lesson.slug}.json")
        _write(folder / f"{lesson.slug}.ipynb", nbformat.writes(page, 4))
    _write(source / "index.md", _index(course))
    _write(source / "_toc.yml", json.dumps(_contents(course), indent=1))  # JSON is YAML
    _write(source / "_config.yml", json.dumps(_configuration(course), indent=1))
    _copy(_STATIC, source / "static")
    for name in (mathjax.SCRIPT, "input/tex/extensions"):
        _copy(mathjax.folder() / name, source / "static" / "mathjax" / name)
    return _run_jupyter_book(source, output)


def _page(course: Course, lesson: Lesson) -> NotebookNode:
    """Return a lesson as readers see it: answers folded, hidden tests left out, the quiz clickable."""
    page = read_source(course, lesson)
    quiz = read_questions(course.source(lesson).with_name("quiz.toml"))
    clickable = {question.id: _clickable(number, question) for number, question in enumerate(quiz, 1)}
    page.cells = [shown for cell in page.cells for shown in _shown(cell, clickable)]
    for number, cell in enumerate(page.cells):
        cell.id = f"cell-{number}"
    page.metadata.language_info = {**page.metadata.language_info, "pygments_lexer": "ipython3"}
    return page


def _shown(cell: NotebookNode, clickable: dict[str, str]) -> list[NotebookNode]:
    """Return what stands in the page for one cell of the source."""
    if "quiz" in cell.metadata:  # a question's text, then its code, which the clickable form replaces
        return [new_markdown_cell(clickable[cell.metadata.quiz])] if cell.cell_type == "markdown" else []
    if cell.metadata.get("nbgrader", {}).get("solution"):
        task = new_markdown_cell(f"````python\n{without_answer(cell.source)}\n````")
        cell.source = without_markers(cell.source)
        cell.metadata.tags = [*cell.metadata.get("tags", []), "hide-input"]
        cell.metadata.mystnb = {"code_prompt_show": "Show answer", "code_prompt_hide": "Hide answer"}
        return [task, cell]
    cell.source = without_hidden(cell.source)
    return [cell]


def _clickable(number: int, question: Question) -> str:
    """Return a question as HTML around Markdown: what stands between blank lines is rendered, maths included."""
    choices = "\n\n".join(
        f'<button type="button" class="gv-choice" data-right="{str(letter == question.right).lower()}">({letter}) {text}</button>\n\n'
        f'<div role="status"><div class="gv-reason" hidden>\n\n{question.reasons[letter]}\n\n</div></div>'
        for letter, text in question.choices.items()
    )
    name = f"gv-{question.id}"
    return (
        f'<div class="gv-question" role="group" aria-labelledby="{name}">\n<div id="{name}">\n\n'
        f"**Question {number}.** {question.text}\n\n</div>\n\n{choices}\n\n</div>"
    )


def _execute(page: NotebookNode, lesson: Lesson, folder: Path, kept: Path) -> None:
    """Fill in the outputs of a page, from the file ``kept`` if that is of the same code, else by running it."""
    code = [cell for cell in page.cells if cell.cell_type == "code"]
    key = _key(code)
    try:
        row = json.loads(kept.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # not run yet, or cut off in the middle
        row = {"key": None}
    if row["key"] != key:
        print(f"{lesson.slug}: running {len(code)} cells ...", flush=True)
        row = {"key": key, "outputs": _run(page, lesson, folder)}
        _write(kept, json.dumps(row))
    for cell, outputs in zip(code, row["outputs"]):
        cell.outputs = nbformat.from_dict(outputs)


def _key(code: list[NotebookNode]) -> str:
    """A hash of all that decides the outputs: the page's code, the sizes asked for, and the package."""
    known = hashlib.sha256(json.dumps([cell.source for cell in code]).encode())
    known.update(os.environ.get("GENERATIVE_VISION_PROFILE", "").encode())
    for file in sorted(_PACKAGE.rglob("*")):
        if file.suffix in (".py", ".toml") and file.relative_to(_PACKAGE).parts[0] != "course":
            known.update(file.read_bytes())
    return known.hexdigest()


def _run(page: NotebookNode, lesson: Lesson, folder: Path) -> list[list[NotebookNode]]:
    """Run a copy of a page in ``folder`` and return the outputs of its code cells, none of them on stderr."""
    page = copy.deepcopy(page)
    running = NotebookNode(source="", metadata={})

    def note(cell: NotebookNode, cell_index: int) -> None:
        nonlocal running
        running = cell

    client = NotebookClient(
        page, timeout=_CELL_SECONDS, record_timing=False, on_cell_start=note, resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--log-level=ERROR"], kernel_manager_class=AttentiveKernelManager,
    )  # fmt: skip
    board = folder / "scoreboard.json"
    board.unlink(missing_ok=True)
    environment = {
        **os.environ,
        "GENERATIVE_VISION_SCOREBOARD": str(board.resolve()),  # not the builder's own: a page shows its rows and the shipped ones
        "GENERATIVE_VISION_STATIC": "1",  # sliders over pictures drawn now: the site has no kernel
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # whatever the shell says
    }
    try:
        client.execute(env=environment)
    except CellExecutionError as error:
        raise CourseError(f"{_place(lesson, running)} fails: {error.ename}: {error.evalue}") from None
    except CellTimeoutError:
        raise CourseError(f"{_place(lesson, running)} takes more than {_CELL_SECONDS / 60:g} minutes, or waits for ever.") from None
    except DeadKernelError:
        raise CourseError(f"{_place(lesson, running)} ended the kernel.") from None
    code = [cell for cell in page.cells if cell.cell_type == "code"]
    for cell in code:
        for output in cell.outputs:
            if output.get("name") == "stderr":
                raise CourseError(f"{_place(lesson, cell)} writes to stderr: {output.text.strip()}")
    return [cell.outputs for cell in code]


def _place(lesson: Lesson, cell: NotebookNode) -> str:
    name = cell.metadata.get("nbgrader", {}).get("grade_id")
    return f"{lesson.slug}: the cell " + (name or f"that begins with {cell.source.splitlines()[0]!r}")


def _index(course: Course) -> str:
    count = len(course.lessons)
    minutes = sum(lesson.minutes for lesson in course.lessons)
    return _INDEX.format(
        title=course.title,
        subtitle=course.subtitle,
        count="one lesson" if count == 1 else f"{count} lessons",
        hours=max(1, round(minutes / 60)),
        lessons="\n\n".join(map(_card, course.lessons)),
    )


def _card(lesson: Lesson) -> str:
    objectives = "\n".join(f"- {objective}" for objective in lesson.objectives)
    return (
        f":::{{card}} [{_numbered(lesson)}]({lesson.slug}/{lesson.slug}.ipynb)\n\n"
        f"{lesson.minutes} minutes. After this lesson you can:\n\n{objectives}\n:::"
    )


def _numbered(lesson: Lesson) -> str:
    return f"{int(lesson.slug[:2])}. {lesson.title}"


def _contents(course: Course) -> dict:
    chapters = [{"file": f"{lesson.slug}/{lesson.slug}", "title": _numbered(lesson)} for lesson in course.lessons]
    return {"format": "jb-book", "root": "index", "chapters": chapters}


def _configuration(course: Course) -> dict:
    """Return Jupyter Book's configuration; what is left out of its defaults would load something from outside."""
    return {
        "title": course.title,
        "author": ", ".join(course.authors),
        "copyright": course.copyright,
        "only_build_toc_files": True,
        "execute": {"execute_notebooks": "off"},
        "parse": {"myst_enable_extensions": ["amsmath", "colon_fence", "dollarmath"]},
        "html": {"extra_footer": _LICENCE, "use_multitoc_numbering": False},
        "latex": {"use_jupyterbook_latex": False},
        "repository": {"url": ""},
        "sphinx": {
            "recursive_update": True,
            "config": {
                "extensions": [
                    "sphinx_copybutton", "myst_nb", "jupyter_book", "sphinx_comments", "sphinx_external_toc", "sphinx_design",
                    "sphinx_book_theme",
                ],
                "html_static_path": ["static"],
                "html_css_files": ["book.css"],
                "html_js_files": ["book.js"],
                "html_copy_source": False,
                "html_theme_options": {
                    "use_download_button": False,
                    "search_bar_text": "Search",
                    "navbar_persistent": [],  # the search field has its place in the sidebar
                },
                "mathjax_path": f"mathjax/{mathjax.SCRIPT}",
                "mathjax3_config": {"options": {"enableMenu": False}},
                "nb_ipywidgets_js": {},
            },
        },
    }  # fmt: skip


def _run_jupyter_book(source: Path, output: Path) -> Path:
    """Build the site anew from ``source``, a warning counting as an error, and return its first page."""
    site = output / "_build" / "html"
    shutil.rmtree(site, ignore_errors=True)  # pages of lessons that are gone
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    done = subprocess.run(
        [*command, "build", str(source), "--path-output", str(output), "-W"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace",
        env={**os.environ, "NO_COLOR": "1", "PYTHONUTF8": "1"},
    )  # fmt: skip
    if done.returncode or not (site / "index.html").is_file():
        said = done.stdout.split("Traceback (most recent call last)")[0].strip().splitlines()
        raise CourseError("Jupyter Book could not build the site:\n" + "\n".join(said[-15:]))
    return site / "index.html"


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def _write(path: Path, text: str) -> None:
    """Write a file unless that is what it holds: Sphinx reads again whatever is new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
