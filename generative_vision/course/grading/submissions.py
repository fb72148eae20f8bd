"""Who handed in what: every file in a folder, with its student and lesson, or why it has none."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from generative_vision.course import CourseError
from generative_vision.course.grading import owners, platform_numbers
from generative_vision.course.grading.handed_in import HandedIn
from generative_vision.course.grading.layouts import NBGRADERS, Label, read_label, students_in_tree
from generative_vision.course.grading.listing import look_through
from generative_vision.course.grading.outputs import plain_line
from generative_vision.course.grading.reading import Found, look_at_all
from generative_vision.course.grading.recognition import KnownLessons
from generative_vision.course.grading.resubmissions import Candidate, choose_last
from generative_vision.course.grading.roster import Roster
from generative_vision.course.grading.shared_folders import name_shared
from generative_vision.course.grading.spelling import student_name
from generative_vision.course.grading.time_stamps import TimeStamps, is_stamp
from generative_vision.course.manifest import Course

_NAMED = 3  # files beside a notebook that its remark names
_NAME = 40  # characters of a name in a remark


@dataclass
class Submission:
    """One file handed in: whose it is, of which lesson, and why it cannot be graded."""

    path: Path  #: on the disk, without links; of a notebook in an archive, the archive
    student: str
    lesson: str = ""  #: slug; empty where it could not be determined
    problem: str = ""  #: why it could not be graded; empty otherwise
    remark: str = ""  #: what was doubtful about student, lesson or file
    members: tuple[str, ...] = ()  #: its name in the archive, and so on inwards
    submitted: datetime | None = None  #: by nbgrader's time stamp, in UTC
    late: bool = False  #: Canvas says so
    system: str = ""  #: "canvas" or "moodle" where the file's name is theirs
    user: str = ""  #: the student's number there
    content: str = ""  #: SHA-256 of what was looked at; empty where nothing was
    within: tuple[str, ...] = ()  #: folders around the student's own
    host: str = ""  #: such a folder that is another student's
    doubt: str = ""  #: a number by which its name could be that of another student's file
    is_doubtful: bool = False  #: for this reason, or as the student's name is a part of that there
    is_numbered: bool = False  #: the class list knows the student's number there
    folders: tuple[str, ...] = ()  #: folders and archives that it lies in, the outermost first
    unlisted: str = ""  #: the student's name without a class list
    shared: str = ""  #: the name that several students have, where ``student`` has a number, too
    groups: tuple[str, ...] = ()  #: folders around that ``shared_folders`` found

    @property
    def shown(self) -> str:
        """The last parts of its path as text that can be written, whatever bytes it is made of."""
        return plain_line(Path(*Path(self.path, *self.members).parts[-3:]))

    def read(self) -> bytes:
        """Return the content.

        Raises:
            OSError: it cannot be read.
            ValueError: it is too large, or is not any more what was looked at.
        """
        content = HandedIn(self.path, (self.path.name,), self.members).read()
        if self.content not in ("", hashlib.sha256(content).hexdigest()):
            raise ValueError("it was changed after the run had begun")
        return content


def collect(folder: Path, course: Course, roster: Roster | None = None) -> list[Submission]:
    """Return everything below a folder, with its student and lesson.

    Understands nbgrader's tree (``submitted/STUDENT/LESSON/*.ipynb``), one folder for each
    student, folders of groups, lessons and attempts around these, a flat folder whose files are
    named after students (``ana.ipynb``, ``ana_00-start-here.ipynb``), what Canvas and Moodle
    give, and zip archives of all these. The lesson is read from the notebook itself, from its
    graded cells if its metadata were lost. Of several notebooks of a student the last counts. When
    it came, a time stamp says (``time_stamps``). A student's notebook names in its remark what lies
    beside it; every other file or empty folder has a row.

    Args:
        roster: the class list; without it, names are taken as they are.

    Raises:
        CourseError: the folder is missing or contains nothing.
    """
    if not folder.is_dir():
        raise CourseError(
            f"{folder} is not a folder. Name the folder that contains the submitted notebooks."
        )
    files = look_through(folder)
    if not files:
        raise CourseError(f"There is no notebook (.ipynb) in {folder} or below it.")
    slugs = course.slugs
    numbers = {int(slug[:2]) for slug in slugs}
    known = KnownLessons(course)
    read = [file for file in files if not is_stamp(file)]
    around = (folder.name,) if folder.name.lower() == NBGRADERS else ()
    ids = {student.id for student in roster.students} if roster else set()
    paths = [(*around, *file.parts) for file in read]
    students = students_in_tree([(*around, *file.parts) for file in files], slugs)
    if roster:  # another name there is a group's: any file in it may be called as nbgrader's
        students = {one for one in students if roster.find(Label(names=(one,))).students}
    labels = [
        read_label(path, file.stem, slugs, numbers, ids, students)
        for path, file in zip(paths, read)
    ]
    found = look_at_all(read, labels, known)
    _name_owners(found, roster)
    stamps = TimeStamps(files, found)
    submissions = [_submission(one, stamps.of(one)) for one in found]
    _keep_last(found, submissions)
    return _without_companions(found, submissions, known)


def _name_owners(found: list[Found], roster: Roster | None) -> None:
    """Find each file's student, and what is doubtful about that."""
    groups = owners.groups_among((one.label, one.lesson) for one in found if one.is_accepted)
    name_shared([one for one in found if one.is_accepted], groups)
    homes = owners.homes_among(one.label for one in found if one.is_accepted)
    for one in found:
        one.owner = owners.owner_of(one.label, groups, roster, homes)
        if one.is_accepted:
            one.problem = one.owner.problem
        one.remarks += [one.owner.remark] if one.owner.remark else []
    alike = {} if roster else owners.namesakes(one.owner for one in found if one.is_accepted)
    labelled = [(one.label, one.owner) for one in found if one.is_accepted]
    guests = {} if roster else owners.guests(labelled)
    for one in found:
        if one.is_accepted and one.owner.student in alike:
            one.remarks.append(alike[one.owner.student])
        if one.is_accepted and (host := guests.get((one.owner.student, one.owner.within))):
            one.owner = replace(one.owner, host=host)
            one.remarks.append(owners.GUEST.format(host))
        if owners.may_be_forged(one.label, one.owner, roster):
            one.label = replace(one.label, system="", user="")
    accepted = [one for one in found if one.is_accepted]
    # also by numbers that do not count below: who had another name in another lesson has two
    numbers = [(one.label.system, one.label.user) for one in accepted]
    twins = platform_numbers.twins(
        (one.label, one.owner, one.lesson, _distance(one)) for one in accepted
    )
    shared = platform_numbers.owners_of_numbers(
        (one.label, one.owner, _distance(one)) for one in accepted
    )
    for one in accepted:
        if one.label.doubt:
            said = owners.TWICE if one.label.doubt == one.label.user else owners.DOUBT
            one.remarks.append(said.format(one.label.doubt))
        having = shared.get((one.label.system, one.label.user), {})
        if others := owners.others_than(one.owner.student, having):
            said = f"{one.label.system.capitalize()}'s number {one.label.user}"
            one.remarks.append(f"{said} is that of {others}, too: look whose")
            one.label = replace(one.label, system="", user="", doubt=one.label.user)
    listed = roster.numbers if roster else set()
    for one, (system, user) in zip(accepted, numbers):
        student = one.owner.student
        told = twins.get((system, student, one.lesson if system == "moodle" else ""))
        if told is not None and (system, user) not in listed:
            one.remarks.append(platform_numbers.several_remark(system))
            if user in told:
                name = platform_numbers.with_number(student_name(one.owner.said), user)
                one.owner = replace(one.owner, student=name, is_doubtful=False, shared=student)


def _submission(one: Found, submitted: datetime | None) -> Submission:
    return Submission(
        one.file.path,
        one.owner.student or plain_line(one.file.stem or one.file.parts[-1]),
        one.lesson,
        one.problem,
        "; ".join(one.remarks),
        one.file.members,
        submitted,
        one.label.late,
        one.label.system,
        one.label.user,
        one.content,
        one.owner.within,
        one.owner.host,
        one.label.doubt,
        one.label.doubt != "" or one.owner.is_doubtful,
        one.owner.is_numbered,
        one.file.parts[:-1],
        student_name(one.owner.said),
        one.owner.shared,
        one.shared,
    )


def _keep_last(found: list[Found], submissions: list[Submission]) -> None:
    """Of several notebooks of the same student and lesson, let the last count."""
    several: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, submission in enumerate(submissions):
        if not submission.problem:
            several[submission.student, submission.lesson].append(index)
    for group in several.values():
        places = {found[index].owner.within for index in group}
        distances = {_distance(found[index]) for index in group}
        nearest = min(distances)
        indices = [index for index in group if _distance(found[index]) == nearest]
        candidates = [
            Candidate(
                plain_line(found[index].file.parts[-1], _NAME),
                found[index].label,
                submissions[index].submitted,
                found[index].file.changed,
                found[index].content,
            )
            for index in indices
        ]
        last, remark = choose_last(candidates)
        taken = submissions[indices[last]]
        doubt = "notebooks of this student lie in folders of others: look whose they are"
        said = [taken.remark, remark, doubt if len(places) > 1 or len(distances) > 1 else ""]
        taken.remark = "; ".join(filter(None, said))
        for index in group:
            if submissions[index] is not taken:
                submissions[index].problem = (
                    "a second notebook of the same student and lesson; "
                    f"{candidates[last].name} was taken"
                )


def _distance(one: Found) -> tuple:
    return owners.distance(one.label, one.owner, one.file.parts[:-1])


def _without_companions(
    found: list[Found], submissions: list[Submission], known: KnownLessons
) -> list[Submission]:
    """Name what lies beside a student's notebook in the notebook's remark, and leave its row out.

    Files that were handed out with a lesson are not named.
    """
    marked: dict[tuple[str, str], Submission] = {}
    for one, submission in zip(found, submissions):
        if not submission.problem and len(one.file.parts) > 1:
            marked.setdefault((submission.student, one.file.parts[0]), submission)
    beside: dict[int, list[str]] = defaultdict(list)
    rows = []
    for one, submission in zip(found, submissions):
        home = marked.get((submission.student, one.file.parts[0]))
        plain = not one.file.is_notebook and (
            not one.file.problem or one.file.problem == "an empty folder"
        )
        if home is None or not plain or len(one.file.parts) == 1:
            rows.append(submission)
        elif one.file.parts[-1] not in known.files.get(home.lesson, ()):
            beside[id(home)].append(plain_line(one.file.parts[-1], _NAME))
    for submission in rows:
        names = beside.get(id(submission), [])
        if names:
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            note = f"not looked at: {', '.join(names[:_NAMED])}{more}"
            submission.remark = "; ".join(filter(None, [submission.remark, note]))
    return rows
