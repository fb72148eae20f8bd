"""``generative-vision release``: what students get of a lesson, in one archive each."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from generative_vision.course.build import derive, validate_folders
from generative_vision.course.manifest import Course, Lesson
from generative_vision.files import write_atomically

_DATE = (1980, 1, 1, 0, 0, 0)  # the same in every archive, so that equal lessons are equal files


def release(
    course: Course, lessons: Sequence[Lesson], output: Path, *, overlay: Path | None = None
) -> list[Path]:
    """Write ``OUTPUT/NN-slug.zip`` for each lesson: its student notebook and what lies beside it.

    The notebooks are derived anew from the sources; answers and hidden checks are in none. Two
    releases of the same sources give the same bytes.

    Args:
        overlay: a folder of private questions and hidden checks (see ``source.read_source``).

    Returns:
        The archives.

    Raises:
        CourseError: a source is wrong.
    """
    validate_folders(course, overlay)
    written = []
    with tempfile.TemporaryDirectory() as scratch:
        derive(course, lessons, Path(scratch), overlay=overlay)
        for lesson in lessons:
            archive = output / f"{lesson.slug}.zip"
            write_atomically(archive, _pack(Path(scratch) / "lessons", lesson.slug))
            written.append(archive)
    return written


def _pack(released: Path, slug: str) -> bytes:
    """Return an archive of a lesson's folder."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((released / slug).rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(released).as_posix(), _DATE)
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
    return packed.getvalue()
