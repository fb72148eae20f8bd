"""From what a file's name says to a student; what is doubtful about that is said, never guessed."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice, takewhile

from generative_vision.course.grading.layouts import Label
from generative_vision.course.grading.outputs import plain_line
from generative_vision.course.grading.roster import FILE_NAME, Match, Roster
from generative_vision.course.grading.spelling import compact, student_name

NO_STUDENT = "the file's name tells no student: name it STUDENT_LESSON.ipynb"
DOUBT = "its name could be that of another user's file, too, by its number {}: look whose it is"
TWICE = "its name has its user's number {} twice: look which file it is, and whether it is late"
GUEST = "lies in the folder of {!r}: look whose it is"
_FEW = 2  # folders of one lesson in a folder that make it a group's
_NAMED = 3  # names that a remark lists
_SOME = 3  # files of one lesson in a folder that do


@dataclass(frozen=True)
class Owner:
    """Whose a file is."""

    student: str  #: empty where nobody is named
    said: str = ""  #: the name as the file has it
    remark: str = ""  #: what was doubtful
    problem: str = ""  #: why the file belongs to nobody
    within: tuple[str, ...] = ()  #: folders around those that name the student
    host: str = ""  #: of these, another student's
    is_doubtful: bool = False  #: a learning platform's name for the student was read with doubt
    is_numbered: bool = False  #: the class list knows the student's number there
    shared: str = ""  #: the name that several students have, where ``student`` has a number, too


def groups_among(labels: Iterable[tuple[Label, str]]) -> set[tuple[str, ...]]:
    """Return the folders that hold several students, by what lies in them, with those around them.

    One of the same name elsewhere may be a student's own.

    Args:
        labels: of notebooks, each with its lesson. Several folders in a folder, or some files
            with names of their own, all of one lesson, are several students'; files that have the
            same names in other folders, and are of the same lesson, are not named after students.
    """
    known = [(label, lesson) for label, lesson in labels if not (label.system or label.is_certain)]
    levels = zip(*(label.folders for label, _ in known))
    common = tuple(level[0] for level in takewhile(lambda level: len(set(level)) == 1, levels))
    outside = {common[:count] for count in range(1, len(common))}  # all lie in these
    groups = outside if common in _groups_in(known, outside) else set()
    while found := _groups_in(known, groups) - groups:
        groups |= found
    return groups


def _groups_in(
    labels: Iterable[tuple[Label, str]], around: set[tuple[str, ...]]
) -> set[tuple[str, ...]]:
    """Return the folders of several students that lie in others of these, or in none.

    In another, all folders side by side have to be so: one alone is a student's, who filled it.
    """
    inside: dict[tuple[str, ...], dict[tuple[str, bool], set[str]]]
    inside = defaultdict(lambda: defaultdict(set))
    where: dict[tuple[str, str], set[str]] = defaultdict(set)
    there = set()
    for label, lesson in labels:
        depth = len(_groups_around(label, around))
        names = label.names[depth:]
        if depth == len(label.homes):
            continue
        there.add(_place(label, depth))
        if len(names) < _FEW:
            continue
        outer, inner = names[:2]
        is_folder = depth + 1 < len(label.homes)
        inside[_place(label, depth)][lesson, is_folder].add(inner)
        where[lesson, inner].add(outer)
    several = {
        place
        for place, found in inside.items()
        if any(
            sum(len(where[lesson, name]) == 1 for name in names) >= (_FEW if is_folder else _SOME)
            for (lesson, is_folder), names in found.items()
        )
    }
    others = {place[:-1] for place in there - several} & around
    return {place for place in several if place[:-1] not in others}


def _groups_around(label: Label, groups: set[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the outermost folders of a label that are groups', but for those called so."""
    depths = takewhile(lambda depth: _place(label, depth) in groups, range(len(label.homes)))
    return label.homes[: len(list(depths))]


def homes_among(labels: Iterable[Label]) -> set[str]:
    """Return the students that are called as groups are, such as "team2".

    A notebook in such a folder names nobody else, and no two others do.
    """
    named: dict[str, set[str]] = defaultdict(set)
    for label in labels:
        if label.group:
            named[student_name(label.group)].update(label.names[:1] or [""])
    return {group for group, names in named.items() if "" in names and len(names - {""}) < _FEW}


def owner_of(
    label: Label, groups: set[tuple[str, ...]], roster: Roster | None, homes: Container[str] = ()
) -> Owner:
    """Return whose file this is, by the class list where there is one.

    Args:
        groups: folders of several students, of ``groups_among``.
        homes: students that are called as groups are, of ``homes_among``.
    """
    guess = _by_structure(label, groups, homes)
    if roster is None:
        return guess
    match = roster.find(replace(label, names=(*label.names, *filter(None, [label.group]))))
    around = () if label.system else _groups_around(label, groups)
    if match.is_part and match.name in around:  # "CS 101", and somebody's id is 101
        inner = roster.find(Label(names=label.names[len(around) :]))
        match = inner if inner.students else match
    if not match.students:  # what lies in a listed student's folder is that student's
        match = roster.find(Label(names=label.folders))
    if len(match.students) == 1:
        within = tuple(takewhile(lambda name: not _is_home(roster, name, match), label.folders))
        those = set(match.students)
        hosts = [one for one in within if set(roster.find(Label(names=(one,))).students) - those]
        guest = GUEST.format(hosts[0]) if hosts else ""
        student = student_name(match.students[0].id)
        remark = "; ".join(filter(None, [match.remark, guest]))
        host = hosts[0] if hosts else ""
        is_doubtful, is_numbered = bool(label.system) and match.is_part, match.name == ""
        return Owner(student, guess.said, remark, "", within, host, is_doubtful, is_numbered)
    said = guess.said or "this file"
    if match.students:
        who = " or ".join(student.id for student in match.students)
        return Owner(guess.student, guess.said, problem=f"{said!r} could be {who}: rename it")
    if guess.problem:
        return guess
    unknown = f"{said!r} fits nobody in {FILE_NAME}"
    return replace(guess, remark="; ".join(filter(None, [guess.remark, unknown])))


def namesakes(owners: Iterable[Owner]) -> dict[str, str]:
    """Return remarks on students whose names differ by case, accents or signs only, by student."""
    alike: dict[str, set[str]] = defaultdict(set)
    written: dict[str, set[str]] = defaultdict(set)
    for owner in owners:
        if owner.student:
            alike[compact(owner.student)].add(owner.student)
            written[owner.student].add(plain_line(owner.said))
    remarks = {}
    for students in (dict.fromkeys(sorted(one)) for one in alike.values()):
        for student in students:
            if others := others_than(student, students):
                remarks[student] = f"perhaps the same student as {others}"
            elif len(written[student]) > 1:
                names = " and ".join(map(repr, sorted(written[student])[:_NAMED]))
                more = len(written[student]) - _NAMED
                names += f" and {more} more" if more > 0 else ""
                remarks[student] = f"the names {names} were taken for one student"
    return remarks


def others_than(student: str, students: dict[str, None]) -> str:
    """Return the first of these students but this one for a remark, and how many more they are.

    Thousands of files may each have a remark on thousands of students.
    """
    first = [name for name in islice(students, _NAMED + 1) if name != student][:_NAMED]
    more = len(students) - (student in students) - len(first)
    return ", ".join(first) + (f" and {more} more" if more else "")


def distance(
    label: Label, owner: Owner, parents: tuple[str, ...]
) -> tuple[bool, bool, int, bool, int]:
    """Return how far a file lies from its student's own folder: another's is farthest.

    In a folder of no student, such as "3" or "group 2", a name may be another's; an archive may be
    called as one.

    Args:
        parents: all folders around the file, the outermost first.
    """
    own = own_places(label, owner, parents)
    is_elsewhere = not label.system and parents != () and not own
    is_doubtful = owner.is_doubtful or label.doubt != ""
    around = max(0, len(label.homes) - len(own))
    return bool(owner.host), is_doubtful, around, is_elsewhere, own[0] if own else 0


def without_doubt(far: tuple) -> tuple:
    """Return a distance that leaves out whether the student's name was read with doubt."""
    return far[:1] + far[2:]


def _place(label: Label, depth: int) -> tuple[str, ...]:
    """Return a folder of a label, with those around it: at depth 0 the first not called a group."""
    return label.folders[: len(label.folders) - len(label.homes) + depth + 1]


def _by_structure(label: Label, groups: set[tuple[str, ...]], homes: Container[str]) -> Owner:
    if label.system == "canvas":
        said = f"{label.names[0]}_{label.user}" if label.user else label.names[0]
        return Owner(student_name(said), said, within=label.folders)
    names = list(label.names)
    within = label.folders if label.system else ()
    remark = ""
    if not label.system and (around := _groups_around(label, groups)[: len(names) - 1]):
        remark = f"the folder {'/'.join(around)!r} was taken for a group of students"
        within, names = around, names[len(around) :]
    if not names and label.group:
        remark = f"no student is named in the folder {label.group!r}"
        names = [label.group]
    elif label.group and any(student_name(name) in homes for name in (label.group, *names[:1])):
        within = (label.group,)
    said = names[0] if names else ""
    student = student_name(said)
    if not student:
        return Owner("", said, problem=NO_STUDENT)
    if said in label.cut:
        remark = f"the name {said!r} was cut from a longer one"
    return Owner(student, said, remark, within=within)


def guests(labelled: Iterable[tuple[Label, Owner]]) -> dict[tuple[str, tuple[str, ...]], str]:
    """Return the folders of other students that files lie in, by student and folders around.

    Whoever may hand in folders may name them after others. A folder is a student's where a notebook
    lies beside or in it under its name, there or elsewhere, but not deeper, where one may have put
    it oneself; and one's name on a platform, doubtful or not, says nothing of folders.
    """
    known = list(labelled)
    depths: dict[str, int] = {}  # of folders around the outermost that is a student's
    for label, owner in known:
        depth = len(owner.within)
        if depth and not label.system and student_name(owner.within[-1]) == owner.student:
            depth -= 1
        if not (label.doubt or (label.system and depth)):
            depths[owner.student] = min(depth, depths.get(owner.student, depth))
    found = {}
    for _, owner in known:
        around = [(name, student_name(name)) for name in owner.within]
        homes = [pair for at, pair in enumerate(around) if depths.get(pair[1], len(around)) <= at]
        hosts = [name for name, who in homes if compact(who) != compact(owner.student)]
        if hosts:
            found[owner.student, owner.within] = hosts[0]
    return found


def may_be_forged(label: Label, owner: Owner, roster: Roster | None) -> bool:
    """Tell whether a name of Canvas' or Moodle's form lies in a student's folder, who chose it."""
    if not label.system or roster is None:
        return bool(label.system and owner.host)
    return any(roster.find(Label(names=(name,))).students for name in label.folders)


def own_places(label: Label, owner: Owner, parents: Sequence[str]) -> list[int]:
    """Return which of all folders around a file are its student's, by their names or their places.

    Names alone do not tell: in a folder of one's own there may be one called as an outer one is.
    """
    groups = len(label.folders) - len(label.homes)
    end = groups + len(owner.within)
    if label.folders[groups:end] != owner.within:  # they begin with the outermost
        end = max(groups, len(owner.within))
    names = [unicodedata.normalize("NFC", name) for name in parents]
    own, at = [], -1
    for place, name in enumerate(label.folders):
        at = names.index(name, at + 1)
        if place >= end or compact(name) == compact(owner.student):
            own.append(at)
    return own


def _is_home(roster: Roster, name: str, match: Match) -> bool:
    """Tell whether a folder's name is what tells the student of a match, or would tell as well."""
    return name == match.name or roster.find(Label(names=(name,))).students == match.students
