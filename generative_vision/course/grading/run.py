"""From a folder of submissions to ``gradebook.db``, ``grades.csv`` and feedback pages."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from threading import Event

from generative_vision.course import CourseError
from generative_vision.course.build import derive, validate_folders
from generative_vision.course.grading import limits, locks, room, sandbox
from generative_vision.course.grading.lateness import set_due_dates
from generative_vision.course.grading.platform_numbers import with_number
from generative_vision.course.grading.processors import Parts
from generative_vision.course.grading.register import Register
from generative_vision.course.grading.renumbering import carry_over
from generative_vision.course.grading.report import write_report
from generative_vision.course.grading.results import AGAIN, STARVED, Result, with_remark
from generative_vision.course.grading.spelling import student_name
from generative_vision.course.grading.submissions import Submission
from generative_vision.course.grading.trial import find_faults, trial_jobs
from generative_vision.course.grading.turns import in_turn
from generative_vision.course.grading.walls import validate_hidden
from generative_vision.course.grading.worker import Job, enrol, mark_in_child
from generative_vision.course.manifest import Course, Lesson


def grade(
    course: Course,
    submissions: Iterable[Submission],
    output: Path,
    *,
    overlay: Path | None = None,
    isolate: bool = True,
    force: bool = False,
    jobs: int | None = None,
    only: Callable[[Submission], bool] | None = None,
    trial: bool = True,
    students: Iterable[str] = (),
    progress: Callable[[Result, int], None] = lambda result, done: None,
    cells: Callable[[int, int], None] = lambda done, count: None,
    notice: Callable[[str], None] = lambda sentence: None,
) -> list[Result]:
    """Run, mark and comment submissions; one that fails never stops the rest.

    Writes below ``output``: ``gradebook.db`` (nbgrader's), ``grades.csv``,
    ``feedback/STUDENT/LESSON.html`` and ``autograded/`` (what ran, for the instructor only: it
    contains the hidden tests). It may be interrupted: a second call takes up where the first
    stopped, and marks again only what changed since. Points and comments that a person gave in the
    gradebook stand.

    Args:
        overlay: a folder of the instructor's private questions and hidden checks.
        isolate: run submissions in bubblewrap. Otherwise they run with the caller's rights.
        force: mark again what has been marked already.
        jobs: how many to mark at the same time; by default what cores and memory allow.
        only: tells which submissions to mark again; the others keep their marks.
        trial: mark each lesson's own solution first; where it fails, nothing of the lesson is
            marked, and its rows say what is broken.
        students: the ids of the class list, so that the report can say who is missing.
        progress: called after each submission with its result and how many are done.
        cells: called after each cell of a submission with how many of all have run.
        notice: called with what the instructor should know about this machine.

    Returns:
        A row for each submission, in their order, and behind them one for each submission that an
        earlier run into the same folder graded.
    """
    submissions, students = list(submissions), [student_name(one) for one in students]
    if isolate:
        sandbox.validate_available()
        ours = (place.resolve() for place in (course.root, output, overlay) if place)
        validate_hidden([*ours, *{submission.path.parent for submission in submissions}])
    validate_folders(course, overlay)
    output.mkdir(parents=True, exist_ok=True)
    handed_in = [submission for submission in submissions if not submission.problem]
    slugs = {submission.lesson for submission in handed_in}
    lessons = tuple(lesson for lesson in course.lessons if lesson.slug in slugs)
    # several processes write there: each waits for the others
    database = f"sqlite:///{(output / 'gradebook.db').resolve()}?timeout=60"
    waiting: dict[int, str] = {}  # places of submissions to mark, and their fingerprints
    # one start of everything is worth its seconds where there are several submissions
    starting = sandbox.warm_sandbox() if isolate and len(submissions) > 1 else nullcontext()
    if isolate and (sentence := limits.missing_bounds()):
        notice(sentence)
    with locks.short_temporary(), _workspace(output) as workspace, starting as place_to_fork:
        free = room.free_memory() if isolate else 0
        jobs = jobs or (room.possible_neighbours(free) if isolate else os.cpu_count() or 1)
        if isolate and free < room.MEMORY_OF_ONE:
            notice(f"Only {free / 2**30:.1f} GiB of memory are free here: a lesson may need 2.")
        if (output / "gradebook.db").is_file():
            carry_over(course, output, database)
        if lessons:
            _derive(course, lessons, workspace, overlay, database)
            set_due_dates(database, lessons)
        neighbours = max(1, min(jobs, len(submissions)))
        nobody = Submission(output, "")
        job = Job(
            nobody, course, workspace, output, database, isolate, neighbours=neighbours, free=free
        )
        register = Register(job, submissions, progress, students)
        alike = alike_on_disk(output, [*handed_in, *register.earlier])
        for place, submission in enumerate(submissions):
            if problem := submission.problem or alike.get(submission.student, ""):
                register.refuse(place, problem)
                continue
            try:
                key = _fingerprint(submission, workspace)
            except (OSError, ValueError) as error:
                register.refuse(place, f"cannot be read any more: {error}")
                continue
            if register.is_guest(place, key):
                register.turn_away(place)
                continue
            is_wanted = force if only is None else only(submission)
            if is_wanted or not register.has(place, key):
                if only is None or is_wanted:
                    waiting[place] = key
                else:
                    register.leave(place)
        if place_to_fork and waiting:
            if reason := sandbox.try_warm(place_to_fork):
                notice(f"Each submission starts Python anew, which is slower: {reason}.")
            else:
                job = replace(job, warm=str(place_to_fork))
        parts = Parts(neighbours)
        with _pool(jobs) as (pool, stop):

            def mark(one: Job, said: Callable[[int, int], None] = cells) -> Result:
                one = replace(one, seed=secrets.randbits(128))  # the same if it is marked again
                with parts.taken() as processors:
                    result = mark_in_child(replace(one, processors=processors), said, stop)
                if result.remark != STARVED or stop.is_set():
                    return result
                with parts.taken(all_parts=True):  # alone, and with what is free by then
                    result = mark_in_child(replace(one, neighbours=1, free=0), said, stop)
                return result if result.score is None else with_remark(result, AGAIN)

            if trial and waiting:
                faults = find_faults(
                    trial_jobs(job, sorted({submissions[place].lesson for place in waiting})),
                    lambda jobs: pool.map(lambda job: mark(job, lambda done, count: None), jobs),
                )
                for place in [place for place in waiting if submissions[place].lesson in faults]:
                    del waiting[place]
                    register.refuse(place, faults[submissions[place].lesson])
            if waiting:  # else there may be no gradebook yet
                enrol(database, [submissions[place].student for place in waiting])
            marking = {
                pool.submit(mark, replace(job, submission=submissions[place])): place
                for place in in_turn(waiting, [one.folders for one in submissions])
            }
            try:
                for done in as_completed(marking):
                    place = marking[done]
                    register.record(place, waiting[place], done.result())
            finally:  # whoever interrupts the run finds all that is marked in the table
                register.write()
        write_report(course, output, register.results, database, overlay=overlay, students=students)
    return register.results


@contextmanager
def _pool(jobs: int) -> Iterator[tuple[ThreadPoolExecutor, Event]]:
    """Give threads that each wait for a child process, and an event that ends all of these."""
    stop = Event()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            yield pool, stop
        except BaseException:  # Ctrl-C
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def _workspace(output: Path) -> Iterator[Path]:
    """Make a folder for nbgrader's files, solutions among them: a kill leaves none in /tmp.

    It is reached through a link with a plain name, since nbgrader takes its paths for patterns.
    What killed runs and killed child processes left on this machine is removed before and after.

    Raises:
        CourseError: another run is at work in the folder of results.
    """
    workspace = output / ".workspace"
    with locks.alone_in(output), locks.OwnFolder() as folder:
        _remove_left()
        shutil.rmtree(workspace, ignore_errors=True)
        workspace.mkdir()
        try:
            link = folder / "workspace"
            link.symlink_to(workspace.resolve(), target_is_directory=True)
            yield link
        finally:
            shutil.rmtree(workspace, ignore_errors=True)
            _remove_left()


def alike_on_disk(output: Path, rows: Iterable[Submission | Result]) -> dict[str, str]:
    """Return why students cannot be marked whose folders of results would be one, by student.

    On some disks, as of Windows, capitals are small letters.

    Args:
        output: where a run is at work.
    """
    if not (output / locks.FILE_NAME.upper()).exists():
        return {}
    alike: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        alike[row.student.casefold()].add(row.student)
    return {
        student: f"for the disk of {output}, {' and '.join(sorted(students))} are one name: write "
        "to another with --output"
        for students in alike.values()
        if len(students) > 1
        for student in students
    }


def _remove_left() -> None:
    locks.remove_left(Path(tempfile.gettempdir()), shutil.rmtree, locks.TEMPORARY)
    limits.remove_left()


def _derive(
    course: Course,
    lessons: tuple[Lesson, ...],
    workspace: Path,
    overlay: Path | None,
    database: str,
) -> None:
    """Build the lessons into the workspace, and their graded cells into the gradebook."""
    try:
        derive(course, lessons, workspace, overlay=overlay, database=database)
    except CourseError as error:
        if "submissions associated" not in str(error):
            raise
        file = database.removeprefix("sqlite:///").partition("?")[0]
        raise CourseError(
            f"{file} has marks for other checks or questions than the lesson has now. "
            "Grade into a new folder with --output, or move this one away."
        ) from None


def _fingerprint(submission: Submission, workspace: Path) -> str:
    """Return hashes of the submission and of the lesson that it is marked by."""
    source = workspace / "solutions" / submission.lesson / f"{submission.lesson}.ipynb"
    contents = (submission.read(), source.read_bytes())
    return "-".join(hashlib.sha256(content).hexdigest() for content in contents)


def selected(
    course: Course, submissions: Iterable[Submission], student: str, lesson: str
) -> Callable[[Submission], bool] | None:
    """Return what tells the submissions of a student, a lesson or both; None where neither is set.

    Raises:
        CourseError: there is no such lesson, or no notebook of that student and lesson.
    """
    if not student and not lesson:
        return None
    slug = course.lesson(lesson).slug if lesson else ""

    def is_selected(submission: Submission) -> bool:
        numbered = with_number(submission.unlisted, submission.user)
        names = ("", submission.student, submission.shared, numbered)
        return student in names and slug in ("", submission.lesson)

    if not any(is_selected(submission) for submission in submissions if not submission.problem):
        who = " ".join(filter(None, [student, slug]))
        raise CourseError(f"No notebook of {who} was handed in: grades.csv names the students.")
    return is_selected
