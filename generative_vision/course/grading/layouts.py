"""Whose file it is, read from its name and folders: Canvas, Moodle, nbgrader, folders, flat files.

Canvas names a file ``NAME_LATE_USER_FILE_TITLE`` (``LATE_`` only where it is; Canvas' own
``lib/content_zipper.rb``): the sorted name in small letters without spaces, the numbers of the user
and of the uploaded file, and the file's own name, to which a resubmission adds ``-1``, ``-2`` and
so on. A file called ``.zip`` has no name of its own, and is its student's all the same. Moodle puts
a student's files into ``NAME_PARTICIPANT_assignsubmission_file_``, without the last underscore in
newer versions, or puts that in front of the file's name; the participant's number is another in
each assignment.

Who may edit one's own name in Canvas can let it end in numbers, as another's file's name has them.
What stands in front counts all the same, but with doubt (``other_user``). A name without letters is
nothing there, and the file's begins with ``_``. Dates in the names of folders are no such numbers,
and neither are short ones: only what a student packed has Canvas' form there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import dropwhile, takewhile

from generative_vision.course.grading.chosen_names import LONG, is_late, other_user

_DATE = (  # by year, month and day or the other way round, and with a time
    r"20\d\d_[01]\d_|(?<=20\d\d_)[01]\d_[0-3]\d_|[0-3]\d_[01]\d_20\d\d_"
    r"|\d\d_20\d\d(?:\d{4})?_|20\d{6}_(?:\d{4}|\d{6})_"
)
_NUMBERS = rf"_(?!{_DATE})(?P<user>\d{{2,}})_(?P<file>\d{{2,}})_"
_CANVAS = re.compile(rf"(?P<name>.*?)(?P<late>_LATE)?{_NUMBERS}(?P<title>.*)", re.DOTALL)
_ANONYMOUS = re.compile(
    r"(?P<late>LATE_)?(?P<name>anon_[^_]+)_(?P<file>\d{2,})_(?P<title>.*)", re.DOTALL
)
_MOODLE = re.compile(
    r"(?P<name>.+?)_(?P<user>\d+)_assignsubmission_[a-z]+(?:_(?P<title>.*))?", re.DOTALL
)
_UPLOADED = re.compile(rf"_\d+_{LONG}")
_CAPITAL = re.compile("[A-Z]")
_YEAR = 4  # digits
_GROUP = re.compile(  # a folder of several students
    r"(section|sec|group|gruppe|grp|class|klasse|tutorial|tut|tutorium|kurs|course|seminar|team"
    r"|submissions?|submitted|solutions?|abgaben?|downloads?|students?)([ _.-].*|\d*)",
    re.IGNORECASE,
)
_LOGIN = re.compile(r"student[ _.-]?\d+", re.IGNORECASE)  # but that is one student

_LESSON = re.compile(
    r"(lesson|assignment|exercise|homework|hw|week|unit|lektion|aufgabe|blatt|[üu]bung)?"
    r"[ _.-]*0*(\d{1,2})",
    re.IGNORECASE,
)
_SLUG = re.compile(r"\d\d-.+")
_ATTEMPT = re.compile(
    r"(attempt|try|version|v|versuch|resubmission|submission)[ _.-]*(\d{1,3})", re.IGNORECASE
)
_COPIES = (  # what systems add to a name; with a number, the later one has the larger
    ("browser", re.compile(r" ?\((?P<n>\d{1,3})\)$")),
    ("date", re.compile(r"[ _-]*\d{4}-\d\d-\d\d([-_ T]\d{2}[-:]?\d{2}[-:]?\d{2})?$")),
    ("copy", re.compile(r"[ _-]*(copy|kopie|copie|copia)[ _-]?(?P<n>\d{0,3})$", re.IGNORECASE)),
    ("canvas", re.compile(r"-(?P<n>\d{1,3})$")),
    ("copy", re.compile(r"^(copy of|kopie von|copie de|copia de) (?=.*\w)", re.IGNORECASE)),
)
_EDGES = " _-.,;+#"
NBGRADERS = "submitted"  # its folder of submissions: STUDENT/LESSON/LESSON.ipynb below it
_TREE_DEPTH = 4  # names of such a path, that folder's included
TIME_STAMP = "timestamp.txt"  # nbgrader writes it there, beside the notebook


@dataclass(frozen=True)
class Label:
    """What a file's name and folders say about its owner and its place among several."""

    system: str = ""  #: "canvas" or "moodle"
    user: str = ""  #: the number of the student there; Moodle's is another in each assignment
    names: tuple[str, ...] = ()  #: who could be meant, the likeliest first
    cut: tuple[str, ...] = ()  #: of these, what was more than a name
    group: str = ""  #: the innermost folder of several students that it lies in
    doubt: str = ""  #: a number in the name that makes it a file's of another user of Canvas, too
    late: bool = False  #: Canvas says so
    upload: int = 0  #: Canvas' number of the uploaded file: a later one is larger
    attempt: int = 0  #: of a folder such as "attempt 2"
    copy: str = ""  #: "browser", "copy", "date", "canvas": which system added to the name
    number: int = 0  #: that was added
    folders: tuple[str, ...] = field(default=())  #: around, that could be a student's or a group's
    is_certain: bool = False  #: the outermost folder is the student's, as nbgrader's tree says

    @property
    def homes(self) -> tuple[str, ...]:
        """The folders around, without the outer ones that are groups' by their names."""
        return tuple(dropwhile(_is_group, self.folders)) if self.group else self.folders


def read_label(
    parts: tuple[str, ...],
    stem: str | None,
    slugs: Collection[str],
    numbers: Collection[int],
    listed: Collection[str] = (),
    known: Collection[str] = (),
) -> Label:
    """Read the names of a file and of the folders around it.

    Args:
        parts: of its path below the folder of submissions, its own name included.
        stem: its own name without what says that it is a notebook; None for a folder.
        slugs: of all lessons, former ones included: they name no student.
        numbers: of the lessons: a folder "Lesson 3" is none's either.
        listed: ids of the class list, which are students' whatever they look like.
        known: students of nbgrader's tree, of ``students_in_tree``: all in their folders is theirs.
    """
    parts = tuple(unicodedata.normalize("NFC", part) for part in parts)
    folders = parts if stem is None else parts[:-1]
    stem = unicodedata.normalize("NFC", stem or "")
    is_nbgraders = folders[:1] != () and folders[0].lower() == NBGRADERS
    folders = folders[1:] if is_nbgraders else folders
    # in nbgrader's tree a student may be called "03" or "v2"
    certain = folders[: is_nbgraders and [part in slugs for part in folders[:2]] == [False, True]]
    around = certain + tuple(
        folder
        for folder in folders[len(certain) :]
        if folder in listed
        or not (_is_lesson(folder, slugs, numbers) or _ATTEMPT.fullmatch(folder))
    )
    is_certain = certain[:1] != () and certain[0] in known
    groups = () if is_certain else tuple(takewhile(_is_group, around))
    inner, other = around[len(groups) :], ""
    for depth, part in enumerate(certain if is_certain else (*folders, *([stem] if stem else []))):
        outer = () if part in groups else inner  # what is inside a platform's folder is not around
        outer = inner[: inner.index(part)] if part in inner else outer
        outer = outer if outer[: len(certain)] == certain else certain + outer
        moodle = _MOODLE.fullmatch(part)
        found = _canvas(part, is_folder=depth < len(folders) and not moodle)
        if found and found["name"].strip(_EDGES) and _is_lesson(found["name"], slugs, ()):
            # or somebody in Canvas calls oneself so; a date's numbers are shorter
            other, found = found["user"] if len(found["file"]) > _YEAR else other, None
        # a title is the student's own and comes last, whatever it says of another student
        if moodle and not (found and found.start("file") <= moodle.start("user")):
            title = (moodle["title"] or "") if part == stem else stem
            doubt = other_user(moodle["title"] or "", moodle["user"], moodle["name"])
            label = Label("moodle", moodle["user"], (moodle["name"],), doubt=doubt, folders=outer)
            label = replace(label, late=is_late(moodle["title"] or "", moodle["user"]))
            return _with_copy(label, title, folders, slugs)
        if found:
            user = found.groupdict().get("user") or ""
            doubt = other_user(found["title"], user, found["name"], int(found["file"]))
            label = Label(
                "canvas",
                user,
                (found["name"],),
                doubt=moodle["user"] if moodle else doubt,  # a name in Moodle may end in a number
                late=bool(found["late"]) or is_late(found["title"], user),
                upload=int(found["file"]),
                folders=outer,
            )
            return _with_copy(label, found["title"], folders, slugs)
    names, cut, label = _own_name(stem, slugs)
    if is_certain:
        around, inner, names, cut = certain, certain, (), ()
    return Label(
        names=(*inner, *names),
        cut=cut,
        doubt=other or ("" if inner else other_user("", "", stem)),
        group=groups[-1] if groups else "",
        attempt=_attempt(folders),
        copy=label.copy,
        number=label.number,
        folders=around,
        is_certain=is_certain,
    )


def students_in_tree(paths: Iterable[tuple[str, ...]], slugs: Collection[str]) -> set[str]:
    """Return the students with what nbgrader puts into STUDENT/LESSON: LESSON.ipynb or its time.

    Args:
        paths: of files below the folder of submissions, that folder's own name in front.
    """
    names = (tuple(unicodedata.normalize("NFC", part) for part in parts) for parts in paths)
    return {
        parts[1]
        for parts in names
        if len(parts) == _TREE_DEPTH and parts[0].lower() == NBGRADERS
        if parts[2] in slugs and parts[3] in (f"{parts[2]}.ipynb", TIME_STAMP)
    }


def is_platforms(name: str) -> bool:
    """Tell whether Canvas or Moodle gives archives and folders such names."""
    return bool(_MOODLE.fullmatch(name) or _canvas(name, is_folder=True))


def _canvas(name: str, *, is_folder: bool) -> re.Match[str] | None:
    """Return what a name says in Canvas' form, if it has that.

    A folder has it as an archive's. With nothing but short numbers, and dates, or with capitals, it
    is an instructor's, such as "CS_101_2026_Fall" or "CS_101_202610", and may hold a class.
    """
    found = _CANVAS.fullmatch(name) if _UPLOADED.search(name) or not is_folder else None
    if found and is_folder and _CAPITAL.search(found["name"]):
        found = None
    return _ANONYMOUS.fullmatch(name) or found


def holds_several(folder: str) -> bool:
    """Tell whether a folder is of a lesson or of a group of students, by its name alone."""
    return _is_group(folder) or any(form.fullmatch(folder) for form in (_LESSON, _SLUG))


def is_in_tree(folder: Sequence[str]) -> bool:
    """Tell whether a folder can be one of nbgrader's tree, STUDENT/LESSON, whatever is around."""
    return len(folder) > 1 and bool(_SLUG.fullmatch(folder[-1])) and not holds_several(folder[-2])


def lesson_in(texts: Iterable[str], slugs: Iterable[str]) -> str | None:
    """Return the lesson that a file's or a folder's name tells, the longest where several do."""
    said = " ".join(texts)
    return max((slug for slug in slugs if slug in said), key=len, default=None)


def _is_group(folder: str) -> bool:
    return _GROUP.fullmatch(folder) is not None and not _LOGIN.fullmatch(folder)


def _is_lesson(name: str, slugs: Collection[str], numbers: Collection[int]) -> bool:
    if name in slugs or _strip_slugs(name, slugs) == ("", ""):
        return True
    found = _LESSON.fullmatch(name)
    return found is not None and int(found[2]) in numbers


def _strip_slugs(text: str, slugs: Collection[str]) -> tuple[str, str]:
    """Return what stands before and after a lesson's slug; all of it before where there is none."""
    slug = max((slug for slug in slugs if slug in text), key=len, default="")
    if not slug:
        return text.strip(_EDGES), ""
    before, _, after = text.partition(slug)
    return before.strip(_EDGES), after.strip(_EDGES)


def _without_copy(text: str, *kinds: str) -> tuple[str, str, int]:
    """Return a name without what a system added to it, which system that was, and its number."""
    for kind, pattern in _COPIES:
        if kind in kinds and (found := pattern.search(text)):
            number = found.groupdict().get("n") or "0"
            rest, inner, _ = _without_copy(text[: found.start()] + text[found.end() :], *kinds)
            return rest, inner or kind, int(number)
    return text, "", 0


def _own_name(stem: str, slugs: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...], Label]:
    """Return who a file's own name could mean, which of these were cut, and how it was copied."""
    text, copy, number = _without_copy(stem, "browser", "date", "copy")
    before, after = _strip_slugs(text, slugs)
    if after and (resubmitted := re.fullmatch(r"\d{1,3}", after)):  # ana_00-tiny-1
        after, copy, number = "", copy or "canvas", number or int(resubmitted[0])
    label = Label(copy=copy, number=number)
    if before and after:
        return (before, after), (before, after), label
    return ((before or after,) if before or after else ()), (), label


def _with_copy(label: Label, title: str, folders: tuple[str, ...], slugs: Collection[str]) -> Label:
    """Add to a label what the student's own name of the file says of copies."""
    _, copy, number = _without_copy(title, "browser", "date", "copy", "canvas")
    return replace(label, attempt=_attempt(folders), copy=copy, number=number)


def _attempt(folders: tuple[str, ...]) -> int:
    return max((int(found[2]) for found in map(_ATTEMPT.fullmatch, folders) if found), default=0)
