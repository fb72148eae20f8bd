"""``generative-vision build``: solution and student notebooks from each lesson's source.

Two builds of the same sources give the same bytes.
"""

from __future__ import annotations

import difflib
import tempfile
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory

from generative_vision.course import CourseError
from generative_vision.course.converters import nbgrader_config, run_converter
from generative_vision.course.manifest import Course, Lesson
from generative_vision.course.source import copy_companions, normalise, read_source
from generative_vision.files import write_atomically


def build(course: Course, *, overlay: Path | None = None, output: Path | None = None) -> list[Path]:
    """Write every lesson's ``solutions/NN/NN.ipynb`` and ``lessons/NN/NN.ipynb``.

    The sources are normalised: saved as JupyterLab would save them.

    Args:
        overlay: a folder of private questions and hidden checks (see ``source.read_source``).
        output: where ``solutions/`` and ``lessons/`` go. The default is the course itself, or
            for an overlay ``OVERLAY/built``: private checks never enter the public notebooks.

    Returns:
        The files that changed: what is up to date already is left alone.

    Raises:
        CourseError: a source is wrong, or it would overwrite a notebook that it did not write.
    """
    validate_folders(course, overlay)
    output = output or (overlay / "built" if overlay else course.root)
    with tempfile.TemporaryDirectory() as scratch:
        for lesson in course.lessons:
            _refuse_foreign(output / "solutions" / lesson.slug / f"{lesson.slug}.ipynb")
        derive(course, course.lessons, Path(scratch), overlay=overlay)
        for lesson in course.lessons:  # only now, when every source has proved readable
            _normalise_file(course.source(lesson))
        derived, written = set(), []
        for made in sorted(path for path in Path(scratch).rglob("*") if path.is_file()):
            target = output / made.relative_to(scratch)
            derived.add(target)
            if not target.is_file() or target.read_bytes() != made.read_bytes():
                write_atomically(target, made.read_bytes())
                written.append(target)
        for stale in _released(output) - derived:
            if stale.stem == stale.parent.name and _is_built(stale):
                stale.unlink()
    return written


def verify(course: Course) -> None:
    """Compare everything derived with what the sources give, to the byte.

    Raises:
        CourseError: names each file that differs, is missing or derives from no source.
    """
    validate_folders(course, None)
    problems = []
    with tempfile.TemporaryDirectory() as scratch:
        derive(course, course.lessons, Path(scratch))
        for lesson in course.lessons:
            text = course.source(lesson).read_text(encoding="utf-8-sig")
            if normalise(text) != text:
                problems.append(
                    f"{course.source(lesson)} is not in the form that JupyterLab saves."
                )
        made = {path.relative_to(scratch): path for path in _released(Path(scratch))}
        for name, path in made.items():
            problems += _differences(course.root / name, path)
        for extra in sorted(_released(course.root)):
            if extra.relative_to(course.root) not in made:
                problems.append(f"{extra} derives from nothing: move it away.")
    if problems:
        remedy = "Run `generative-vision build` and commit what it writes."
        raise CourseError("\n".join([*problems, remedy]))


def derive(
    course: Course,
    lessons: Sequence[Lesson],
    folder: Path,
    *,
    overlay: Path | None = None,
    database: str = "",
) -> None:
    """Write ``folder/solutions`` and, through nbgrader, ``folder/lessons``.

    Args:
        database: SQLAlchemy address of the gradebook in which to record the graded cells.
    """
    for lesson in lessons:
        target = folder / "solutions" / lesson.slug
        target.mkdir(parents=True, exist_ok=True)
        _write(read_source(course, lesson, overlay), target / f"{lesson.slug}.ipynb")
        copy_companions(course, lesson, target)
    config = nbgrader_config(course, folder, database)
    for lesson in lessons:
        directory = CourseDirectory(config=config)
        directory.assignment_id, directory.notebook_id = lesson.slug, "*"
        directory.student_id = "."
        run_converter(
            GenerateAssignment(
                coursedir=directory, config=config, no_database=not database, force=True
            )
        )
        released = folder / "lessons" / lesson.slug / f"{lesson.slug}.ipynb"
        _write(nbformat.read(released, 4), released)


def validate_folders(course: Course, overlay: Path | None) -> None:
    """Validate that every folder of sources, or of an overlay, belongs to a lesson.

    Raises:
        CourseError: names the folder that does not, or the overlay that is no folder.
    """
    slugs = {lesson.slug for lesson in course.lessons}
    if overlay is not None and not overlay.is_dir():
        raise CourseError(f"The overlay {overlay} is not a folder.")
    parents = [course.root / "solutions", *([overlay] if overlay else [])]
    folders = [path for parent in parents if parent.is_dir() for path in sorted(parent.iterdir())]
    for folder in folders:
        known = folder.name in slugs | {"built"} or folder.name.startswith(".")
        if folder.is_dir() and not known:
            raise CourseError(
                f"{folder} belongs to no lesson of book.toml: list it there, or remove it."
            )


def _write(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write a notebook with sorted keys and one final newline: on every system the same bytes."""
    path.write_bytes((nbformat.writes(notebook, 4).rstrip("\n") + "\n").encode("utf-8"))


def _normalise_file(path: Path) -> None:
    text = path.read_text(encoding="utf-8-sig")
    if normalise(text) != text:
        write_atomically(path, normalise(text))


def _refuse_foreign(path: Path) -> None:
    """Raise an error where somebody's own notebook would be overwritten."""
    if path.exists() and not _is_built(path):
        raise CourseError(
            f"{path} was not written by the build, which would overwrite it. Move it away, or "
            f"carry its changes over into {path.with_suffix('.md').name} and delete it."
        )


def _is_built(path: Path) -> bool:
    """Whether the build wrote this notebook."""
    try:
        return "built_from" in nbformat.read(path, 4).metadata.get("generative_vision", {})
    except Exception:  # it is not even a notebook
        return False


def _released(folder: Path) -> set[Path]:
    return {
        path
        for path in (folder / "lessons").rglob("*")
        if path.is_file() and ".ipynb_checkpoints" not in path.parts
    }


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
            return [f"{found} contains output: notebooks in the repository have none."]
    old, new = (
        path.read_text("utf-8", errors="replace").splitlines() for path in (found, expected)
    )
    lines = list(difflib.unified_diff(old, new, "found", "expected", lineterm="", n=0))
    return [f"{found} differs from what its source gives:\n" + "\n".join(lines[2:8])]
