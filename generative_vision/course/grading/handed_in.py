"""Every file and folder handed in, those in zip archives included: nothing is opened but archives.

An archive counts as a folder of its name. It is read where it lies and never unpacked, so no name
in it, absolute or with ``..``, reaches the disk; its size, entries and depth are bounded.
"""

from __future__ import annotations

import io
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import IO

from generative_vision.course.grading.plain_files import (
    MAX_INNER_ENTRIES,
    InnerArchives,
    list_folder,
    plain_file,
    read_zip,
)

MAX_MEGABYTES = 50  # of one submitted notebook, and of an archive in an archive
MAX_ENTRIES, MAX_LISTED = 5_000, 50_000  # of one archive: looked at, and read the names of
MAX_DEPTH = 20  # of folders in folders
MAX_NAME = 255  # characters of a name in an archive; systems' own bound
MAX_ARCHIVES = 2  # in one another: that of the class, and a student's in it

NOTEBOOK = re.compile(r"\.ipynb(\.txt|\.json)?$", re.IGNORECASE)
_MARKED = re.compile(r"\.ipynb(\.txt|\.json)?$|\.zip$", re.IGNORECASE)
_NOISE = re.compile(  # what systems and Jupyter leave beside a file
    r"\.ipynb_checkpoints|__MACOSX|\._.*|\.DS_Store|Thumbs\.db|desktop\.ini|\.git|\.gitkeep"
    r"|\.gitignore|__pycache__|\.workspace|\.at-work|~\$.*",
    re.IGNORECASE,
)
_COURSE = ("autograded", "feedback", "source", "release", "solutions", "lessons")  # beside these:
_COURSES = {"book.toml", "nbgrader_config.py", "gradebook.db", "submitted"}
_RESULTS = re.compile(  # what a run writes into its folder
    r"gradebook\.db|grades(-.*)?\.(csv|json)|report\.html|autograded|feedback"
)
_ENCRYPTED = 0x1  # this bit of an entry's flags
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # of these no more is unpacked than asked for
_DAMAGED = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error),
    *(EOFError, KeyError, NotImplementedError, RuntimeError),
)


@dataclass(frozen=True)
class HandedIn:
    """A file, or a folder in which there is nothing to look at."""

    path: Path  #: on the disk; of an archive's content, the archive
    parts: tuple[str, ...]  #: names below the folder of submissions, an archive's as a folder's
    members: tuple[str, ...] = ()  #: its name in the archive, and so on inwards
    changed: datetime | None = None  #: when, by the file system or the archive; local time
    problem: str = ""  #: why it cannot be read
    folder: bool = False  #: a folder or an archive as a whole
    size: int = 0  #: bytes

    @property
    def is_notebook(self) -> bool:
        """Whether its name is that of a notebook: ``.ipynb``, in whatever case browsers save it."""
        return not self.problem and NOTEBOOK.search(self.parts[-1]) is not None

    @property
    def stem(self) -> str | None:
        """The file's name without what says of which kind it is; None for a folder."""
        if self.folder:
            return None
        name = self.parts[-1]
        return NOTEBOOK.sub("", name) if NOTEBOOK.search(name) else Path(name).stem

    def read(self) -> bytes:
        """Return the content.

        Raises:
            OSError: it cannot be read.
            ValueError: it is larger than ``MAX_MEGABYTES``.
        """
        with _opened(self.path, self.members) as file:
            content = file.read(MAX_MEGABYTES * 2**20 + 1)
        if len(content) > MAX_MEGABYTES * 2**20:
            raise ValueError(f"larger than {MAX_MEGABYTES} MB: clear its outputs first")
        return content


def walk(base: Path) -> Iterator[HandedIn]:
    """Give everything below a folder but for what grading wrote there."""
    base = base.resolve()  # below it, no link is followed
    waiting: list[tuple[Path, tuple[str, ...]]] = [(base, ())]
    while waiting:
        folder, parts = waiting.pop()
        if len(parts) > MAX_DEPTH:
            problem = f"folders in folders, more than {MAX_DEPTH}: hand in the notebook alone"
            yield HandedIn(folder, parts, problem=problem, folder=True)
            continue
        try:
            entries = list_folder(folder)
        except OSError as error:
            problem = f"a folder that cannot be read ({error.strerror or error})"
            yield HandedIn(folder, parts or (folder.name,), problem=problem, folder=True)
            continue
        seen, names = 0, dict(entries).keys()
        passed_over = _COURSE if not parts and names & _COURSES else ()
        if has_results := bool(parts) and {"gradebook.db", "grades.json"} <= names:
            seen, problem = 1, "results of an earlier run: not looked at"
            yield HandedIn(folder, parts, problem=problem, folder=True)
        for name, kind in entries:
            # nothing but results: in a folder of several students, one may write their names
            is_result = has_results and _RESULTS.fullmatch(name)
            if _NOISE.fullmatch(name) or name in passed_over or is_result:
                continue
            seen += 1
            path, below = folder / name, (*parts, name)
            if kind == "folder":
                waiting.append((path, below))
            elif kind == "link":
                yield HandedIn(path, below, problem="not a notebook but a link")
            else:
                yield from _file(path, below)
        if parts and not seen:
            yield HandedIn(folder, parts, problem="an empty folder", folder=True)


def _file(path: Path, parts: tuple[str, ...]) -> Iterator[HandedIn]:
    """Give a file, or what is in it where it is an archive."""
    try:
        status = path.lstat()
    except OSError as error:
        yield HandedIn(path, parts, problem=f"cannot be read ({error.strerror or error})")
        return
    if not stat.S_ISREG(status.st_mode):
        yield HandedIn(path, parts, problem="not a notebook but a device or a socket")
        return
    changed = None
    with suppress(ValueError, OverflowError, OSError):  # a date beyond the calendar
        changed = datetime.fromtimestamp(status.st_mtime)
    if path.suffix.lower() == ".zip":
        yield from _archive(path, (*parts[:-1], path.stem), (), InnerArchives())
    else:
        yield HandedIn(path, parts, changed=changed, size=status.st_size)


def _archive(
    path: Path, parts: tuple[str, ...], members: tuple[str, ...], inner: InnerArchives
) -> Iterator[HandedIn]:
    """Give what an archive holds, or why it cannot be looked into.

    Args:
        inner: what archives in the outermost one hold; counted here.
    """

    def refused(problem: str) -> HandedIn:
        return HandedIn(path, parts, members, problem=problem, folder=True)

    if len(members) >= MAX_ARCHIVES:
        yield refused("archives in archives: hand in the notebook alone")
        return
    owner = inner.owner(split_path(members[0])) if members else ""
    if members and (too_much := inner.count(owner)):
        yield refused(too_much)
        return
    try:
        entries = _directory(path, members, path.stat().st_mtime_ns, os.getpid()).infolist()
    except Exception as error:  # whatever a damaged archive makes of the reader
        if members:  # it took its time as well
            inner.count(owner, MAX_INNER_ENTRIES // 10)
        yield refused(f"not a readable archive ({type(error).__name__})")
        return
    if members:
        size = sum(entry.file_size for entry in entries)
        if too_much := inner.count(owner, len(entries), size):
            yield refused(too_much)
            return
    elif len(entries) > MAX_LISTED:
        yield refused(f"an archive of more than {MAX_LISTED} files")
        return
    named = [(entry, split_path(entry.filename)) for entry in entries if entry.filename[-1:] != "/"]
    named = [(entry, names) for entry, names in named if not any(map(_NOISE.fullmatch, names))]
    if not members:
        inner.look_at([names for _, names in named])
        if (left := len(named) - MAX_ENTRIES) > 0:
            places = inner.fair_part([n for _, n in named], _MARKED.search, MAX_ENTRIES)
            named = [named[place] for place in places]
            yield refused(f"an archive of more than {MAX_ENTRIES} files: {left} were not looked at")
    for entry, names in named:
        problem, inside = _entry_problem(entry, names), (*members, entry.filename)
        if not members and not problem and NOTEBOOK.search(names[-1]):
            problem = inner.count_file(inner.owner(names), entry.file_size)
        if problem:
            kept = [name[:MAX_NAME] for name in names if name not in ("", ".", "..")][:MAX_DEPTH]
            inside = (*members, "/".join(kept))  # to tell its row from others of the archive
            yield HandedIn(path, (*parts, *kept), inside, problem=problem)
        elif names[-1].lower().endswith(".zip"):
            below = (*parts, *names[:-1], names[-1][:-4])
            yield from _archive(path, below, inside, inner)
        else:
            yield HandedIn(path, (*parts, *names), inside, _time(entry), size=entry.file_size)
    if not named:
        yield refused("an empty archive")


def split_path(name: str) -> tuple[str, ...]:
    """Return the folders and the name of a file in an archive, each cut where it is too long."""
    return tuple(part[: MAX_NAME + 1] for part in re.split(r"[/\\]", name.rstrip("/\\")))


def _entry_problem(entry: zipfile.ZipInfo, names: tuple[str, ...]) -> str:
    if any(name in ("", ".", "..") or re.fullmatch(r"[A-Za-z]:", name) for name in names):
        return "its name in the archive leads outside"
    if any(len(name) > MAX_NAME for name in names):
        return f"its name has more than {MAX_NAME} characters"
    if len(names) > MAX_DEPTH:
        return f"folders in folders, more than {MAX_DEPTH}: hand in the notebook alone"
    mode = entry.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "not a notebook but a link"
    if entry.compress_type not in _PACKED:
        return "packed in a way that is not read: hand in the notebook itself"
    if entry.flag_bits & _ENCRYPTED:
        return "locked by a password"
    return ""


def _time(entry: zipfile.ZipInfo) -> datetime | None:
    with suppress(ValueError):
        return datetime(*entry.date_time)
    return None


@contextmanager
def _opened(path: Path, members: tuple[str, ...]) -> Iterator[IO[bytes] | io.FileIO]:
    """Open a file on the disk, or in an archive, or in an archive in an archive.

    Raises:
        OSError: it cannot be read.
        ValueError: an archive in an archive is too large.
    """
    try:
        if members:
            changed, process = path.stat().st_mtime_ns, os.getpid()
            with _entry(_directory(path, members[:-1], changed, process), members[-1]) as file:
                yield file
        else:
            with plain_file(path) as file:
                yield file
    except _DAMAGED as error:
        raise OSError(f"the archive is damaged ({type(error).__name__})") from None


@lru_cache(maxsize=2)  # of an archive and one in it: their files are read one after the other
def _directory(path: Path, members: tuple[str, ...], changed: int, process: int) -> zipfile.ZipFile:
    """Return an archive, or one that is in it, ready to be read.

    Args:
        changed: when the file was; a later one is another.
        process: its number: a child shares its place in an open file with its parent.
    """
    if not members:
        return read_zip(plain_file(path), MAX_LISTED)
    with _entry(_directory(path, (), changed, process), members[0]) as file:
        content = file.read(MAX_MEGABYTES * 2**20 + 1)
    if len(content) > MAX_MEGABYTES * 2**20:
        raise ValueError(f"an archive of more than {MAX_MEGABYTES} MB in an archive")
    return read_zip(io.BytesIO(content), MAX_INNER_ENTRIES)


def _entry(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    """Open the last file of a name in an archive, which need not be the one that was looked at.

    Raises:
        BadZipFile: unpacking it has no bounds.
    """
    entry = archive.getinfo(name)
    if entry.compress_type not in _PACKED:
        raise zipfile.BadZipFile("packed in a way that is not read")
    return archive.open(entry)
