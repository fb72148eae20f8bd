"""nbgrader's time stamps: which of them says when a notebook was handed in, if any does."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from nbgrader.utils import parse_utc

from generative_vision.course.grading.handed_in import HandedIn
from generative_vision.course.grading.layouts import (
    TIME_STAMP,
    holds_several,
    is_in_tree,
    is_platforms,
)
from generative_vision.course.grading.owners import own_places
from generative_vision.course.grading.reading import Found
from generative_vision.course.grading.spelling import compact

_MAX_TIME, _MAX_SIZE = 100, 1_000  # characters of a time, bytes of its file
_OFFSET = re.compile(r"[+-]\d\d:?\d\d")


def is_stamp(file: HandedIn) -> bool:
    """Tell whether a file is a time stamp by its name; an archive of that name is none."""
    return not file.folder and file.parts[-1] == TIME_STAMP


class TimeStamps:
    """The time stamps among what was handed in.

    The outermost counts, as nbgrader writes it, in a folder of the student's own or below one: in
    a lesson's or a group's, anybody may have left it, unless the lesson's can be in nbgrader's
    tree. One beside files of several students is nobody's, unless a folder around has the student's
    name. A student can have written what lies in an archive, in what comes from Canvas or Moodle,
    or beside a notebook in another's folder.
    """

    def __init__(self, files: Iterable[HandedIn], found: Sequence[Found]):
        stamps = [file for file in files if is_stamp(file)]
        stamps.sort(key=lambda file: file.members, reverse=True)  # of two, the one that is plain
        self.by_folder = {file.parts[:-1]: file for file in stamps}
        self.students: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for one in found:
            for folder in _trusted(one) if one.is_accepted else ():
                self.students[folder].add(one.owner.student)

    def of(self, one: Found) -> datetime | None:
        """Return when a file was handed in, in UTC; a stamp that does not count is a remark."""
        if not one.is_accepted:
            return None
        parts = one.file.parts
        came = sum(parts[:count] in self.by_folder for count in range(len(parts)))
        trusted = [self.by_folder[folder] for folder in _trusted(one) if self._is_own(folder, one)]
        stamp = next((file for file in trusted if not file.members), None)
        if came > (stamp is not None):
            one.remarks.append(f"a {TIME_STAMP} came with the files, and does not count")
        if stamp is None:
            return None
        try:
            return _read_stamp(stamp)
        except Exception:  # whatever a text makes of the parser of dates
            one.remarks.append(f"its {TIME_STAMP} cannot be read as a time")
        return None

    def _is_own(self, folder: tuple[str, ...], one: Found) -> bool:
        """Tell whether a folder has a time stamp for one student, who is this file's."""
        if folder not in self.by_folder:
            return False
        student = one.owner.student
        if compact(student) in map(compact, folder):
            return True
        own = own_places(one.label, one.owner, one.file.parts[:-1])
        has_own = any(place < len(folder) and not holds_several(folder[place]) for place in own)
        return (has_own or is_in_tree(folder)) and self.students[folder] == {student}


def _read_stamp(file: HandedIn) -> datetime:
    if file.size > _MAX_SIZE:  # it is read for each notebook below it
        raise ValueError("too large")
    return read_time(file.read().decode("utf-8").strip())


def read_time(text: str) -> datetime:
    """Return a time in UTC: a date, a time and a zone, such as ``Europe/Berlin`` or ``+0200``.

    Without a zone it is in UTC.

    Raises:
        Exception: it is none; whatever a text makes of the parser of dates.
    """
    if len(text) > _MAX_TIME:  # the parser would take seconds a megabyte
        raise ValueError("too long")
    match text.split(" "):  # nbgrader's parser takes a zone for a path, and opens that
        case [date, time, "UTC" | "GMT" | "Z"]:
            text = f"{date} {time}"
        case [date, time, offset] if _OFFSET.fullmatch(offset):
            text = f"{date} {time}{offset}"
        case [date, time, zone]:
            return parse_utc(parse_utc(f"{date} {time}").replace(tzinfo=ZoneInfo(zone)))
    return parse_utc(text)


def _trusted(one: Found) -> list[tuple[str, ...]]:
    """Return the folders around a file where its student wrote nothing else, the outermost first.

    Below a folder of Canvas or Moodle, or one of another student, whoever filled it did.
    """
    parts = one.file.parts
    names = [unicodedata.normalize("NFC", part) for part in parts[:-1]]
    theirs = (place for place, name in enumerate(names) if _is_theirs(name, one))
    return [parts[:count] for count in range(1, next(theirs, len(names)) + 1)]


def _is_theirs(name: str, one: Found) -> bool:
    return name == one.owner.host or is_platforms(name)
