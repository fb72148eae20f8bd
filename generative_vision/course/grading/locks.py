"""Locks that end with the process that holds them, however that ends.

Folders that a process makes for itself are locked as long as it lives. A folder of ours that
nobody holds is from a process that was killed, and the next run removes it.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from generative_vision.course import CourseError

PREFIX = "generative-vision-"  # of control groups that are removed when nobody holds them
TEMPORARY = f".{PREFIX}"  # of such folders: one that somebody made may be called as the course is
MAX_BYTES = 60  # of a folder's path for sockets below it, whose own paths end at 104 to 107 bytes
FILE_NAME = ".at-work"  # in a folder of results, while a run writes there

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks: nothing can be told there
            pass
        return True


def hold(path: Path, flags: int = os.O_RDONLY) -> int | None:
    """Lock a file or a folder for this process, and return its descriptor.

    Args:
        flags: of ``os.open``.

    Returns:
        None where another process holds it, or where it was removed meanwhile. Closing the
        descriptor gives the lock back, as the end of the process does.
    """
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileNotFoundError:
        return None
    if _lock(descriptor):
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return descriptor
    os.close(descriptor)
    return None


class OwnFolder:
    """A new private folder for temporary files, which a later run removes if this one is killed.

    Attributes:
        path: where it is.
    """

    def __init__(self) -> None:
        self._held: int | None = None
        while True:  # until no other run has taken it for one that was left
            self.path = Path(tempfile.mkdtemp(prefix=TEMPORARY))
            if sys.platform == "win32":  # folders cannot be locked there
                return
            self._held = hold(self.path)
            if self._held is not None:
                return

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *error: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._held is not None:
            os.close(self._held)
            self._held = None


def remove_left(folder: Path, remove: Callable[[Path], object], prefix: str) -> int:
    """Remove this user's folders, in another, that nobody holds and whose names say they are ours.

    Args:
        remove: removes one; an ``OSError`` leaves it for another time.
        prefix: that their names have.

    Returns:
        How many were left.
    """
    left = 0
    if sys.platform == "win32":
        return left
    with suppress(OSError):
        for place in folder.glob(f"{prefix}*"):
            with suppress(OSError):
                is_ours = place.lstat().st_uid == os.getuid() and not place.is_symlink()
                if not is_ours or not place.is_dir() or (held := hold(place)) is None:
                    continue
                try:
                    remove(place)
                except FileNotFoundError:  # another has removed it
                    pass
                except OSError:
                    left += 1
                finally:
                    os.close(held)
    return left


@contextmanager
def short_temporary() -> Iterator[None]:
    """Let temporary files lie in ``/tmp`` where the path of ``TMPDIR`` is too long for sockets.

    For this process and those that it starts.
    """
    usual, short = tempfile.gettempdir(), "/tmp"
    if len(os.fsencode(usual)) <= MAX_BYTES or not os.access(short, os.W_OK | os.X_OK):
        yield
        return
    given = os.environ.get("TMPDIR")
    tempfile.tempdir = os.environ["TMPDIR"] = short
    try:
        yield
    finally:
        tempfile.tempdir = usual
        os.environ.pop("TMPDIR")
        if given is not None:
            os.environ["TMPDIR"] = given


@contextmanager
def alone_in(output: Path) -> Iterator[None]:
    """Let no other run write into a folder of results.

    Raises:
        CourseError: another run is at work there.
    """
    place = output / FILE_NAME
    held = hold(place, os.O_RDWR | os.O_CREAT)
    if held is None:
        raise CourseError(
            f"Another run is at work in {output}: wait until it has ended, or write into another "
            "folder with --output."
        )
    try:
        yield
    finally:
        with suppress(OSError):  # Windows removes no open file
            place.unlink()
        os.close(held)
