"""A page's outputs: from jupyter-cache where nothing that decides them has changed, else by a run.

jupyter-cache comes with MyST-NB, which Jupyter Book renders pages with. It compares a notebook's
code, cell metadata and kernelspec; whatever else decides the outputs is hashed into the
kernelspec as its ``fingerprint``.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.reader import NotJSONError

from generative_vision.course import CourseError
from generative_vision.course.kernels import CourseKernelManager
from generative_vision.course.manifest import Course, Lesson
from generative_vision.course.source import copy_companions

MAX_CACHED = 50  #: executed pages that are stored; the oldest goes first
_PACKAGE = Path(__file__).resolve().parents[2]
_VARIABLES = (  # of the environment, that choose backend, device or sizes
    "CUDA_VISIBLE_DEVICES",
    "GENERATIVE_VISION_PROFILE",
    "KERAS_BACKEND",
    "NBGRADER_EXECUTION",
)


def execute(
    course: Course, lesson: Lesson, page: NotebookNode, *, cache: Path, cell_seconds: int
) -> NotebookNode:
    """Return a page with its outputs.

    Args:
        cache: the folder of jupyter-cache.
        cell_seconds: how long one cell may take.

    Raises:
        CourseError: a cell fails, takes too long or writes to stderr.
    """
    from jupyter_cache import get_cache  # of the extra "book"
    from jupyter_cache.base import CacheBundleIn

    page = copy.deepcopy(page)
    page.metadata.kernelspec.fingerprint = fingerprint(course.source(lesson).parent)
    store = get_cache(cache)
    store.change_cache_limit(MAX_CACHED)
    try:
        return store.merge_match_into_notebook(page)[1]
    except (KeyError, NotJSONError):  # not in the cache, or written by halves
        code = sum(cell.cell_type == "code" for cell in page.cells)
        print(f"{lesson.slug}: running {code} cells ...", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        copy_companions(course, lesson, Path(folder))
        executed = _run(page, lesson, Path(folder), cell_seconds)
    bundle = CacheBundleIn(executed, uri=lesson.slug)
    store.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    return executed


def fingerprint(folder: Path, package: Path = _PACKAGE) -> str:
    """Return a hash of everything beside a page's code that decides its outputs.

    These are the files in ``folder`` beside the lesson's text, the files of this package
    (source and assets), the version of Python and of each installed distribution, and the
    environment variables that choose backend, device or sizes.
    """
    text = (f"{folder.name}.md", f"{folder.name}.ipynb")  # its code is compared as such
    known = hashlib.sha256()
    for root in (folder, package):
        for path in _files(root):
            if root == package or path.name not in text:
                known.update(path.relative_to(root).as_posix().encode())
                known.update(hashlib.sha256(path.read_bytes()).digest())
    installed = sorted({f"{found.name}=={found.version}" for found in distributions()})
    machine = [platform.python_version(), platform.machine(), platform.system()]
    variables = {name: os.environ.get(name, "") for name in _VARIABLES}
    known.update(json.dumps([installed, machine, variables]).encode())
    return known.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    """Yield the files below a folder in a fixed order, without hidden ones and compiled code."""
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in parts):
            yield path


def _run(page: NotebookNode, lesson: Lesson, folder: Path, cell_seconds: int) -> NotebookNode:
    """Run a page in ``folder`` and return it with its outputs, none of them on stderr."""
    running = NotebookNode(source="", metadata={})

    def note(cell: NotebookNode, cell_index: int) -> None:
        nonlocal running
        running = cell

    client = NotebookClient(
        page,
        kernel_manager_class=CourseKernelManager,
        timeout=cell_seconds,
        record_timing=False,
        store_widget_state=False,
        on_cell_start=note,
        resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--log-level=ERROR"],
    )
    environment = {
        **os.environ,
        "GENERATIVE_VISION_SCOREBOARD": str(folder / "scoreboard.json"),  # not the builder's own
        "GENERATIVE_VISION_STATIC": "1",  # the site has no kernel: sliders step through pictures
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # whatever the shell says
    }
    try:
        client.execute(env=environment)
    except CellExecutionError as error:
        problem = f"fails: {error.ename}: {error.evalue}"
        raise CourseError(f"{_place(lesson, running)} {problem}") from None
    except CellTimeoutError:
        problem = f"takes more than {cell_seconds / 60:g} minutes, or waits for ever"
        raise CourseError(f"{_place(lesson, running)} {problem}.") from None
    except DeadKernelError:
        raise CourseError(f"{_place(lesson, running)} ended the kernel.") from None
    for cell in page.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                problem = f"writes to stderr: {output.text.strip()}"
                raise CourseError(f"{_place(lesson, cell)} {problem}")
    return page


def _place(lesson: Lesson, cell: NotebookNode) -> str:
    name = cell.metadata.get("nbgrader", {}).get("grade_id")
    return f"{lesson.slug}: the cell " + (
        name or f"that begins with {cell.source.splitlines()[0]!r}"
    )
