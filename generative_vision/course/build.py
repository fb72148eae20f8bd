"""``generative-vision build``: solution and student notebooks from each lesson's source, the same bytes every time."""

from __future__ import annotations

import difflib
import logging
import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sysconfig import get_path

import nbformat
from nbgrader.coursedir import CourseDirectory
from nbgrader.converters import GenerateAssignment
from traitlets.config import Config

from generative_vision.course import CourseError, marking
from generative_vision.course.manifest import Course, Lesson
from generative_vision.course.source import companions, normalise, read_source


def build(course: Course, *, overlay: Path | None = None, output: Path | None = None) -> list[Path]:
    """Write ``solutions/NN/NN.ipynb`` and ``lessons/NN/NN.ipynb`` of every lesson; return the files written.

    The sources are normalised on the way: saved as JupyterLab would save them.

    Args:
        overlay: a folder of private questions and hidden checks (see ``source.read_source``).
        output: where ``solutions/`` and ``lessons/`` go: the course itself, or for an overlay
            ``OVERLAY/built``, so that private checks never enter the public notebooks.

    Raises:
        CourseError: a source is wrong, or a notebook that the build did not write is in its way.
    """
    hold_folders(course, overlay)
    output = output or (overlay / "built" if overlay else course.root)
    with tempfile.TemporaryDirectory() as scratch:
        for lesson in course.lessons:
            _hold_writable(output / "solutions" / lesson.slug / f"{lesson.slug}.ipynb")
        derive(course, course.lessons, Path(scratch), overlay=overlay)
        for lesson in course.lessons:  # only now, when each is known to be readable
            _normalise_file(course.source(lesson))
        written = []
        for made in sorted(path for path in Path(scratch).rglob("*") if path.is_file()):
            target = output / made.relative_to(scratch)
            if not target.is_file() or target.read_bytes() != made.read_bytes():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(made, target)
            written.append(target)
        for stale in _released(output) - set(written):
            if stale.stem == stale.parent.name and _ours(stale):
                stale.unlink()
    return written


def check(course: Course) -> None:
    """Hold that everything derived is what the sources give, to the byte.

    Raises:
        CourseError: names each file that differs, is missing or has nothing that it derives from.
    """
    hold_folders(course, None)
    problems = []
    with tempfile.TemporaryDirectory() as scratch:
        derive(course, course.lessons, Path(scratch))
        for lesson in course.lessons:
            text = course.source(lesson).read_text(encoding="utf-8")
            if normalise(text) != text:
                problems.append(f"{course.source(lesson)} is not in the form that JupyterLab saves.")
        made = {path.relative_to(scratch): path for path in _released(Path(scratch))}
        for name, path in made.items():
            problems += _differences(course.root / name, path)
        for extra in sorted(_released(course.root)):
            if extra.relative_to(course.root) not in made:
                problems.append(f"{extra} derives from nothing: move it away.")
    if problems:
        raise CourseError("\n".join([*problems, "Run `generative-vision build` and commit what it writes."]))


def derive(
    course: Course, lessons: tuple[Lesson, ...], folder: Path, *, overlay: Path | None = None, database: str = ""
) -> None:
    """Write ``folder/solutions`` and, through nbgrader, ``folder/lessons``.

    Args:
        database: the gradebook that is to know the graded cells, as an SQLAlchemy address; none without it.
    """
    for lesson in lessons:
        target = folder / "solutions" / lesson.slug
        target.mkdir(parents=True, exist_ok=True)
        _write(read_source(course, lesson, overlay), target / f"{lesson.slug}.ipynb")
        for file in companions(course, lesson):
            copy = shutil.copytree if file.is_dir() else shutil.copyfile
            copy(file, target / file.name)
    config = nbgrader_config(course, folder, database)
    for lesson in lessons:
        directory = CourseDirectory(config=config)
        directory.assignment_id, directory.notebook_id, directory.student_id = lesson.slug, "*", "."
        run_converter(GenerateAssignment(coursedir=directory, config=config, no_database=not database, force=True))
        released = folder / "lessons" / lesson.slug / f"{lesson.slug}.ipynb"
        _write(nbformat.read(released, 4), released)


def nbgrader_config(course: Course, folder: Path, database: str = "") -> Config:
    """Return nbgrader's configuration for a course directory at ``folder``, the course's own marking included."""
    config = Config()
    config.CourseDirectory.root = str(folder)
    if database:
        config.CourseDirectory.db_url = database
    marking.configure(config, course)
    if not database:
        config.GenerateAssignment.preprocessors = [
            step for step in config.GenerateAssignment.preprocessors if step.__name__ != "SaveCells"
        ]
    return config


def run_converter(converter) -> None:
    """Run an nbgrader converter; its log is kept quiet and told only when it fails."""
    records: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())
    log = logging.getLogger(f"generative_vision.nbgrader.{id(converter)}")
    log.propagate, log.handlers = False, [handler]
    log.setLevel(logging.ERROR)
    converter.log = log
    try:
        with warnings.catch_warnings(), _own_scripts():
            warnings.simplefilter("ignore")  # nbgrader's use of SQLAlchemy warns
            converter.start()
    except Exception as error:  # nbgrader raises many kinds, SystemExit-like ones among them
        trace = next((record for record in records if record.startswith("Traceback")), str(error))
        named = re.findall(r"^[\w.]*(?:Error|Exception)\b.*", trace, re.MULTILINE)  # a message may have many lines
        raise CourseError((named or trace.strip().splitlines() or [type(error).__name__])[-1]) from error


@contextmanager
def _own_scripts() -> Iterator[None]:
    """Put the programs beside this Python on the path: alembic, by which nbgrader stamps a new gradebook."""
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = get_path("scripts") + os.pathsep + before
    try:  # nbgrader's own setenv forgets what was there before
        yield
    finally:
        os.environ["PATH"] = before


def hold_folders(course: Course, overlay: Path | None) -> None:
    """Hold that every folder of sources or of an overlay belongs to a lesson of the manifest."""
    slugs = {lesson.slug for lesson in course.lessons}
    if overlay is not None and not overlay.is_dir():
        raise CourseError(f"The overlay {overlay} is not a folder.")
    for parent in (course.root / "solutions", *([overlay] if overlay else [])):
        for folder in sorted(parent.iterdir()) if parent.is_dir() else []:
            if folder.is_dir() and not folder.name.startswith(".") and folder.name not in slugs | {"built"}:
                raise CourseError(f"{folder} belongs to no lesson of book.toml: list it there, or remove it.")


def _write(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write a notebook with sorted keys and one final newline, on every system the same bytes."""
    path.write_bytes((nbformat.writes(notebook, 4).rstrip("\n") + "\n").encode("utf-8"))


def _normalise_file(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if normalise(text) != text:
        path.write_bytes(normalise(text).encode("utf-8"))


def _hold_writable(path: Path) -> None:
    """Refuse to overwrite somebody's own notebook among the sources."""
    if path.exists() and not _ours(path):
        raise CourseError(
            f"{path} was not written by the build, which would overwrite it. Move it away, or carry its "
            f"changes over into {path.with_suffix('.md').name} and delete it."
        )


def _ours(path: Path) -> bool:
    """Whether the build wrote this notebook."""
    try:
        return "built_from" in nbformat.read(path, 4).metadata.get("generative_vision", {})
    except Exception:  # not even a notebook: certainly not ours
        return False


def _released(folder: Path) -> set[Path]:
    return {
        path for path in (folder / "lessons").rglob("*")
        if path.is_file() and ".ipynb_checkpoints" not in path.parts
    }  # fmt: skip


def _differences(found: Path, expected: Path) -> list[str]:
    if not found.is_file():
        return [f"{found} is missing."]
    if found.read_bytes() == expected.read_bytes():
        return []
    if found.suffix == ".ipynb":
        try:
            notebook = nbformat.read(found, 4)
        except Exception as error:
            return [f"{found} is not a notebook: {error}"]
        if any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells):
            return [f"{found} carries output: notebooks in the repository carry none."]
    lines = difflib.unified_diff(
        found.read_text(encoding="utf-8", errors="replace").splitlines(),
        expected.read_text(encoding="utf-8", errors="replace").splitlines(),
        "found", "expected", lineterm="", n=0,
    )  # fmt: skip
    return [f"{found} differs from what its source gives:\n" + "\n".join(list(lines)[2:8])]
