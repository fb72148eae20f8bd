"""Files and archives of others, opened so that no link, pipe or endless directory does harm."""

from __future__ import annotations

import io
import os
import re
import stat
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

from generative_vision.course.grading.chosen_names import other_user
from generative_vision.course.grading.layouts import holds_several
from generative_vision.course.grading.turns import in_turn

MAX_ARCHIVE_MEGABYTES = 2000  # of one student's files that are unpacked to be read
MAX_INNER_ENTRIES = 500  # of all archives in a folder of an archive: a student's, in a class's
MAX_INNER_MEGABYTES = 500  # that these hold
MAX_ALL_INNER_ENTRIES = 50_000  # of all archives in an archive, whatever folders they lie in
MAX_ALL_INNER_MEGABYTES = 20_000  # to unpack more takes many minutes
_STUDENT = re.compile(r"(.+?_(\d+))_(?:(\d+)|assignsubmission)_")  # Canvas' and Moodle's beginning
_DEPTH = 20  # of folders in folders that have their turn each
_ENTRY = 400  # bytes of an entry in an archive's directory, its name included
_COMMENT = 100_000  # bytes at an archive's end that are read in any case


def plain_file(path: Path) -> io.FileIO:
    """Open a file: neither a link, which may lead to the course, nor a pipe, which never ends.

    No folder on its way may be a link either: it may have become one since it was looked through.

    Raises:
        OSError: it is none, or not any more.
    """
    flags = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if os.open in os.supports_dir_fd:
        with _folder(path.absolute().parent) as folder:
            descriptor = os.open(path.name, os.O_RDONLY | flags, dir_fd=folder)
    else:
        descriptor = os.open(path, os.O_RDONLY | flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("it is not a plain file any more")
    return io.FileIO(descriptor)


def list_folder(path: Path) -> list[tuple[str, str]]:
    """Return the names in a folder, in order, each with its kind: "link", "folder" or "file".

    The folder, or one on its way, may have become a link since its name was read: to all of the
    disk, for instance.

    Raises:
        OSError: it cannot be read, or is no folder any more.
    """
    if os.scandir not in os.supports_fd:  # Windows
        return _kinds(os.scandir(path))
    with _folder(path.absolute()) as folder:
        descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=folder)
        try:
            return _kinds(os.scandir(descriptor))
        finally:
            os.close(descriptor)


def _kinds(entries: Iterable[os.DirEntry[str]]) -> list[tuple[str, str]]:
    return sorted(
        (entry.name, "link" if entry.is_symlink() else "folder" if entry.is_dir() else "file")
        for entry in entries
    )


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    """Give a descriptor of a folder, reached from the root on without any link."""
    only_path = getattr(os, "O_PATH", os.O_RDONLY)  # asks for no right to list it
    descriptor = os.open(path.anchor, only_path)
    try:
        for name in path.parts[1:]:
            flags = only_path | os.O_DIRECTORY | os.O_NOFOLLOW
            inner = os.open(name, flags, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


class InnerArchives:
    """What one student's part of an archive holds, and all archives in it together.

    The archive may be that of a whole class, and one student may fill only what is theirs.
    """

    def __init__(self) -> None:
        self.entries: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter()
        self.files: Counter[str] = Counter()  # bytes of files that are no archives
        self.common = 0  # folders around all that is in the archive

    def look_at(self, entries: Sequence[tuple[str, ...]]) -> None:
        """Note which folders are around everything in the outermost archive.

        Args:
            entries: the folders and the name of each of its files.
        """
        folders = [names[:-1] for names in entries]
        around = zip(*folders, strict=False)
        self.common = sum(1 for _ in takewhile(lambda level: len(set(level)) == 1, around))

    def owner(self, names: Sequence[str]) -> str:
        """Return what tells the student of a file in the outermost archive.

        That is the first folder that is not for several, or the file itself where files of several
        lie side by side; of a name that a system gave it, the beginning.
        """
        last = len(names) - 1
        places = range(self.common, last)  # after folders of sections and lessons, too
        place = next((one for one in places if not holds_several(names[one])), last)
        if found := _STUDENT.match(names[place]):
            title = names[place][found.end() :]
            is_doubtful = other_user(title, found[2], file=int(found[3] or 0))
            return f"{found[1]}?" if is_doubtful else found[1]
        return "/".join(names[: place + 1])

    def fair_part(
        self, entries: Sequence[tuple[str, ...]], is_wanted: Callable[[str], object], most: int
    ) -> list[int]:
        """Return places of so many files: some of each student, and first what is wanted.

        Args:
            entries: the folders and the name of each file in the outermost archive.
            is_wanted: tells by a file's name.
        """
        folders = [(self.owner(names), *names[:_DEPTH][:-1]) for names in entries]
        wanted = [place for place, names in enumerate(entries) if is_wanted(names[-1])]
        others = sorted(set(range(len(entries))) - set(wanted))
        return sorted([*in_turn(wanted, folders), *in_turn(others, folders)][:most])

    def count_file(self, owner: str, size: int) -> str:
        """Count a file; return in words that this is too much, or nothing."""
        self.files[owner] += size
        too_much = self.files[owner] > MAX_ARCHIVE_MEGABYTES * 2**20
        return f"an archive of more than {MAX_ARCHIVE_MEGABYTES} MB" if too_much else ""

    def count(self, owner: str, entries: int = 0, size: int = 0) -> str:
        """Count an archive; return in words that this is too much, or nothing.

        Args:
            owner: what tells its student.
            entries: that it has.
            size: bytes of all of them, by its own account.
        """
        for name, most, megabytes in (
            (owner, MAX_INNER_ENTRIES, MAX_INNER_MEGABYTES),
            ("", MAX_ALL_INNER_ENTRIES, MAX_ALL_INNER_MEGABYTES),
        ):
            self.entries[name] += entries
            self.bytes[name] += size
            if self.entries[name] > most:
                return f"more than {most} files in archives in an archive"
            if self.bytes[name] > megabytes * 2**20:
                return f"more than {megabytes} MB in archives in an archive"
        return ""


class _Bounded(io.BufferedReader):
    """A file of which nobody may ask for more than so many bytes at once."""

    most: int | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        """Return so many bytes, or what is left.

        Raises:
            LargeZipFile: that is more than is allowed.
        """
        if self.most is not None and size is not None and size > self.most:
            raise zipfile.LargeZipFile("more files than are looked at")
        return super().read(size)


def read_zip(file: io.FileIO | io.BytesIO, most: int) -> zipfile.ZipFile:
    """Read the directory of an archive, which the reader takes whole, if it is not too long.

    Names are UTF-8 where they can be, whether or not the archive says so: macOS does not.

    Raises:
        LargeZipFile: it has room for far more than ``most`` entries.
    """
    bounded = _Bounded(file)
    bounded.most = most * _ENTRY + _COMMENT
    try:
        archive = zipfile.ZipFile(bounded, metadata_encoding="utf-8")
    except UnicodeDecodeError:
        archive = zipfile.ZipFile(bounded)
    bounded.most = None
    return archive
