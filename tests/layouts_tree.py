"""Folders of submissions as learning platforms, browsers and students make them."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

from conftest import SLUG

from generative_vision.course.grading.roster import Roster
from generative_vision.course.grading.submissions import Submission, collect
from generative_vision.course.manifest import Course


class Tray:
    """A folder into which a test hands in."""

    def __init__(self, course: Course, folder: Path):
        self.course, self.folder = course, folder
        folder.mkdir(parents=True, exist_ok=True)
        self.released = (course.root / "lessons" / SLUG / f"{SLUG}.ipynb").read_bytes()

    def notebook(self, mark: str = "") -> bytes:
        """Return the released notebook; with a mark, another file than without."""
        return self.released + b" " * (zlib.crc32(mark.encode(errors="replace")) % 997)

    def put(self, place: str, content: bytes | None = None) -> Path:
        """Write a file, the released notebook by default; each place has content of its own."""
        path = self.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.notebook(place) if content is None else content)
        return path

    def zip(self, place: str, names: Iterable[str | zipfile.ZipInfo]) -> Path:
        """Write an archive of released notebooks under these names."""
        path = self.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, self.notebook())
        return path

    def collect(self, roster: Roster | None = None) -> dict[str, Submission]:
        """Return what was handed in by its path below the folder, an archive's content included."""
        return {
            "/".join((str(one.path.relative_to(self.folder)), *one.members)): one
            for one in collect(self.folder, self.course, roster)
        }
