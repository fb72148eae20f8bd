"""The rows of a run. Table, journal and gradebook agree: the gradebook decides, the others follow.

``grades.csv`` has a row for each file of this run, and behind these one for each submission that an
earlier run into the same folder graded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from generative_vision.course.grading.outputs import plain_line
from generative_vision.course.grading.platform_numbers import several_remark, with_number
from generative_vision.course.grading.results import (
    Journal,
    Result,
    numbers_of,
    refused,
    with_remark,
    write_table,
)
from generative_vision.course.grading.spelling import student_name
from generative_vision.course.grading.standing import (
    Standing,
    forget_time,
    read_standings,
    settle,
)
from generative_vision.course.grading.submissions import Submission
from generative_vision.course.grading.worker import Job, mark_in_child

_AGAIN = "handed in again:"
_NAME = 40  # characters of a folder's name in a remark
_WRITE_EVERY = 1.0  # seconds between two writings of the table while it grows


class Register:
    """Keeps a row for each submission, in the order in which they were handed over."""

    def __init__(
        self,
        job: Job,
        submissions: Sequence[Submission],
        progress: Callable[[Result, int], None] = lambda result, done: None,
        students: Iterable[str] = (),
    ):
        """Read what earlier runs graded.

        Args:
            job: what marks a submission, whichever that is; its lessons are in the gradebook.
            submissions: of this run.
            progress: called after each new row with it and how many there are.
            students: the class list, if there is one.
        """
        self.students = frozenset(students)
        self.job, self.submissions, self.progress = job, submissions, progress
        self.output: Path = job.output
        self.rows: dict[int, Result] = {}
        self.written = 0.0  #: when the table was, by the monotonic clock
        self.lessons = {one.lesson for one in submissions if not one.problem}
        has_gradebook = (self.output / "gradebook.db").is_file()
        self.journal = Journal(self.output / "grades.json", fresh=not has_gradebook)
        self.journal.rename(job.course.slugs)
        self.known, self.homes = self.journal.owners, self.journal.homes
        self.standings = read_standings(job.database) if has_gradebook else {}
        self._tell_namesakes()
        self.earlier = [
            row
            for one in self.journal.others([one for one in submissions if not one.problem])
            if (row := self._as_before(replace(one, remark="graded in an earlier run")))
        ]

    @property
    def results(self) -> list[Result]:
        """The rows so far, those of earlier runs behind."""
        return [*(self.rows[place] for place in sorted(self.rows)), *self.earlier]

    def refuse(self, place: int, reason: str) -> None:
        """Note that the submission at a place cannot be marked."""
        submission = self.submissions[place]
        row = with_remark(refused(submission, reason), submission.remark)
        standing = self.standings.get((submission.student, submission.lesson))
        if standing is not None and not submission.problem:
            row = with_remark(row, f"an earlier notebook has {standing.score:g} points")
        self._note(place, row)

    def is_guest(self, place: int, key: str) -> bool:
        """Tell whether a notebook that may be another student's would replace one marked before.

        It lies in the other's folder, or has a name that a file of the other's could have; and the
        one before did not.
        """
        submission = self.submissions[place]
        host = self._host(submission)
        before = map(student_name, self.journal.folders(submission))
        moved = host and student_name(host) not in before
        numbers, had = numbers_of(submission), self.journal.numbers(submission)
        has_changed = submission.is_doubtful and (numbers != had or not any(numbers))
        return bool(moved or has_changed) and self._is_another(submission, key)

    def _host(self, submission: Submission) -> str:
        """Return a folder around a submission that is another student's, who may be known since.

        Whoever was marked under its name before may fill it with others' names only. But where no
        student can have made it, one of several students is not that of somebody who was marked
        from elsewhere: a file's name may be that of a later group.
        """
        around = {
            student_name(name): name
            for name in submission.within
            if name not in submission.groups or student_name(name) in self.homes
        }
        theirs = (around[one] for one in around if one in self.known and one != submission.student)
        return submission.host or next(theirs, "")

    def turn_away(self, place: int) -> None:
        """Note that a guest's notebook replaces nothing: the row of the one before it stays."""
        submission = self.submissions[place]
        before = self.journal.find(submission)
        host = self._host(submission)
        why = "lies in another student's folder" if host else "may be another student's"
        known = "" if submission.host or not host else plain_line(host, _NAME)
        advice = f": if it is a group's, call it {f'group {known}'!r}" if known else ""
        self.refuse(place, f"{why}, and replaces nothing{advice}")
        if before is not None:
            path, remark = Path(before.file), "graded in an earlier run"
            earlier = Submission(path, submission.student, submission.lesson, remark=remark)
            self.earlier += filter(None, [self._as_before(earlier)])

    def has(self, place: int, key: str) -> bool:
        """Note the row of a submission that was graded under a key before; tell whether it was."""
        submission = self.submissions[place]
        if self.journal.find(submission, key) is None:
            return False
        row = self._as_before(submission)
        if row is not None:
            self._note(place, row, is_new=False)
        return row is not None

    def leave(self, place: int) -> None:
        """Note the row of a submission that this run is not to mark: its last mark, if any."""
        remark = "handed in again since, and not marked in this run"
        submission = replace(self.submissions[place], submitted=None, late=False, remark=remark)
        row = self._as_before(submission)
        self._note(place, row or refused(submission, "not marked in this run"))

    def record(self, place: int, key: str, marked: Result) -> None:
        """Note what came of marking a submission."""
        submission = self.submissions[place]
        if marked.score is None:
            self.refuse(place, marked.remark)
            return
        said = [self._seen_before(submission, key)]  # in front: nothing that is long cuts it off
        if submission.within and self._is_another(submission, key):
            inner = plain_line(submission.within[-1], _NAME)
            said.append(f"{_AGAIN} lies in the folder {inner!r}: look whose it is")
        marked = replace(marked, remark="; ".join(filter(None, [*said, marked.remark])))
        who = (submission.student, submission.lesson)
        if submission.submitted is None and self._is_another(submission, key):
            forget_time(self.job.database, *who)
        standing = read_standings(self.job.database, *who)[who]
        submission = replace(submission, remark=self._renamed(submission, key))
        self._note(place, self._settle(submission, key, marked, standing, standing.digest))

    def write(self) -> None:
        """Write the table."""
        write_table(self.output / "grades.csv", self.results)
        self.written = time.monotonic()

    def _tell_namesakes(self) -> None:
        """Name students of one name on a platform as earlier runs did.

        Who was marked under the name keeps it, and who has another number has that with it, so
        that nobody replaces a namesake's notebook or goes unmarked.
        """
        ours = [one for one in self.submissions if one.system and one.user and not one.is_numbered]
        taken = {(one.student, one.lesson) for one in self.submissions if not one.problem}
        kept = []
        for one in [one for one in ours if not one.problem]:
            plain = replace(one, student=one.shared or one.student)
            numbered = replace(one, student=with_number(one.unlisted, one.user))
            before = self.journal.numbers(plain)
            is_known = before[:1] == [one.system] and self._is_another(plain, one.content)
            # in Canvas a user has one number for all lessons
            users = self.journal.users(plain) if one.system == "canvas" and not before else set()
            is_known |= bool(users) and one.user not in users
            if before[:2] == [one.system, one.user] or users == {one.user}:
                kept.append((one, plain.student))
            elif one.student != numbered.student and (is_known or self._is_called(numbered)):
                taken -= {(one.student, one.lesson)}
                one.student, said = numbered.student, several_remark(one.system)
                one.remark = "; ".join(filter(None, [one.remark, said]))
        for one, name in kept:  # once nobody else has the name
            one.student = one.student if (name, one.lesson) in taken else name

    def _is_called(self, numbered: Submission) -> bool:
        """Tell whether a student was graded under a name with a number that is hers."""
        if numbered.system == "canvas":  # the same in all lessons
            return self.journal.knows(numbered.student)
        return self.journal.key(numbered) != ""

    def _is_another(self, submission: Submission, key: str) -> bool:
        """Tell whether another notebook of this student and lesson was graded before."""
        content = self.journal.key(submission).partition("-")[0]
        return bool(content) and not key.startswith(content)

    def _seen_before(self, submission: Submission, key: str) -> str:
        """Return a remark on another notebook whose page the student may have seen."""
        content, _, has_lesson = self.journal.key(submission).partition("-")
        before = self.journal.find(submission)
        is_graded = self.job.course.quiz.mode == "graded"
        if before is None:  # the student may have another name since
            return "; ".join(
                f"{_AGAIN} a notebook of {row.student}, who has the same number in "
                f"{submission.system.capitalize()}, had {row.score:g} points: look whose it is"
                for row in self.journal.others_of_number(submission, key)
                if row.lesson == submission.lesson
            )
        if not has_lesson or not is_graded:
            return ""
        if key.startswith(content):  # marked once more: what was said of it holds
            said = before.remark.split("; ")
            return "; ".join(part for part in said if part.startswith(_AGAIN))
        return (
            f"{_AGAIN} a notebook before had {before.score:g} points, and its page tells the "
            "quiz's answers"
        )

    def _renamed(self, submission: Submission, key: str) -> str:
        """Return a submission's remark, after the row of the same file under another name is gone.

        A class list that came later gives students other names. The name tells that it is no file
        that was put at such a place.
        """
        name = submission.unlisted
        before = [
            row
            for row in self.earlier
            if self.students and row.student not in self.students
            if row.student in (name, with_number(name, submission.user))
            if (row.file, row.lesson) == (submission.shown, submission.lesson)
            and self.journal.key(Submission(Path(row.file), row.student, row.lesson)) == key
        ]
        for row in before:
            self.earlier.remove(row)
            self.journal.forget(Submission(Path(row.file), row.student, row.lesson))
        said = [f"was {row.student} before, who is still in the gradebook" for row in before]
        return "; ".join(filter(None, [submission.remark, *said]))

    def _note(self, place: int, row: Result, *, is_new: bool = True) -> None:
        self.rows[place] = row
        # a row that is not new, the table has already; ``grade`` writes it whole at its end
        if is_new and time.monotonic() > self.written + _WRITE_EVERY:
            self.write()
        self.progress(row, len(self.rows))

    def _as_before(self, submission: Submission) -> Result | None:
        """Return the row of what was graded before, as the gradebook has it now."""
        marked = self.journal.find(submission)
        standing = self.standings.get((submission.student, submission.lesson))
        if marked is None or standing is None:
            return None
        key, shown = self.journal.key(submission), self.journal.page_shows(submission)
        return self._settle(submission, key, marked, standing, shown)

    def _settle(
        self, submission: Submission, key: str, marked: Result, standing: Standing, shown: str
    ) -> Result:
        def make_page(row: Result) -> Result:
            return mark_in_child(replace(self.job, submission=submission, marked=row))

        row, page_shows = settle(
            submission,
            marked,
            standing,
            database=self.job.database,
            percent_per_day=self.job.course.grading.late_percent_per_day,
            page=self.output / "feedback" / submission.student / f"{submission.lesson}.html",
            shown=shown,
            make_page=make_page if submission.lesson in self.lessons else None,
        )
        self.journal.add(submission, key, marked, row, page_shows)
        return row
