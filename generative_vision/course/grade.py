"""``generative-vision grade``: from a folder of submissions to gradebook, ``grades.csv`` and feedback pages."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import secrets
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from generative_vision.course import CourseError, mathjax, sandbox
from generative_vision.course.build import derive, validate_folders
from generative_vision.course.converters import nbgrader_config, run_converter
from generative_vision.course.manifest import Course

MOST_MEGABYTES = 50  # of one submitted notebook


@dataclass
class Submission:
    """One submitted notebook: whose it is, of which lesson, and what came of it."""

    path: Path
    student: str
    lesson: str = ""  #: slug; empty where it could not be told
    problem: str = ""  #: why it could not be graded; empty otherwise


@dataclass
class Result:
    """One row of ``grades.csv``. A submission that could not be graded has no score: it needs a person."""

    student: str
    lesson: str
    score: float | None
    max_score: float | None
    status: str  #: "graded" or "not graded"
    remark: str
    file: str


def collect(folder: Path, course: Course) -> list[Submission]:
    """Return every notebook below a folder, with its student and lesson.

    Understands nbgrader's tree (``submitted/STUDENT/LESSON/*.ipynb``), one folder for each student, and
    a flat folder whose files are named after students (``ana.ipynb``, ``ana_00-start-here.ipynb``). The
    lesson is read from the notebook itself, from its graded cells if its metadata were lost.

    Raises:
        CourseError: the folder is missing or holds no notebook.
    """
    if not folder.is_dir():
        raise CourseError(f"{folder} is not a folder. Name the folder that holds the submitted notebooks.")
    base = folder / "submitted" if (folder / "submitted").is_dir() else folder
    slugs = {lesson.slug for lesson in course.lessons}
    paths = sorted(
        (path for path in base.rglob("*.ipynb")
         if not any(part.startswith(".") or part in ("autograded", "feedback") for part in path.relative_to(base).parts)),
        # the notebook named as it was handed out before a student's copies of it
        key=lambda path: (path.parent, path.stem not in slugs, path.name),
    )  # fmt: skip
    if not paths:
        raise CourseError(f"There is no notebook (.ipynb) in {base} or below it.")
    found = [_identify(path, base, course) for path in paths]
    first: dict[tuple[str, str], Path] = {}
    for submission in found:
        key = (submission.student, submission.lesson)
        if not submission.problem and first.setdefault(key, submission.path) != submission.path:
            submission.problem = f"a second notebook of the same student and lesson; {first[key].name} was taken"
    return found


def grade(
    course: Course,
    submissions: Iterable[Submission],
    output: Path,
    *,
    overlay: Path | None = None,
    isolate: bool = True,
    force: bool = False,
    progress: Callable[[Result, int], None] = lambda result, done: None,
) -> list[Result]:
    """Run, mark and comment submissions one by one; one that fails never stops the rest.

    Writes below ``output``: ``gradebook.db`` (nbgrader's), ``grades.csv``, ``feedback/STUDENT/LESSON.html`` and
    ``autograded/`` (what ran, for the instructor's eyes: it holds the hidden tests). May be interrupted:
    a second call takes up where the first stopped, and marks again only what changed since.

    Args:
        overlay: the instructor's private questions and hidden checks.
        isolate: run submissions in bubblewrap. Without it they run with the caller's rights.
        force: mark again what has been marked already.
        progress: called after each submission with its result and how many are done.
    """
    if isolate:
        sandbox.hold_available()
    validate_folders(course, overlay)
    submissions = list(submissions)
    output.mkdir(parents=True, exist_ok=True)
    slugs = {submission.lesson for submission in submissions if not submission.problem}
    lessons = tuple(lesson for lesson in course.lessons if lesson.slug in slugs)
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as scratch:
        workspace = Path(scratch)
        known = not force and (output / "gradebook.db").is_file()
        database = f"sqlite:///{(output / 'gradebook.db').resolve()}"
        try:
            derive(course, lessons, workspace, overlay=overlay, database=database)
        except CourseError as error:
            if "submissions associated" not in str(error):
                raise
            raise CourseError(
                f"{output / 'gradebook.db'} holds marks for other checks or questions than the lesson has now. "
                "Grade into a new folder with --output, or move this one away."
            ) from None
        config = nbgrader_config(course, workspace, database)
        config.Execute.isolate = isolate
        config.CourseDirectory.autograded_directory = str((output / "autograded").resolve())
        config.CourseDirectory.feedback_directory = str(workspace / "feedback")
        journal = _Journal(output / "grades.json", fresh=not known)
        for done, submission in enumerate(submissions, 1):
            result = None
            if submission.problem:
                result = _refused(submission, submission.problem)
            else:
                key = _fingerprint(submission, workspace)
                result = journal.known(submission, key)
                if result is None:
                    result = _grade_one(submission, workspace, config, output)
                    journal.add(submission, key, result)
            results.append(result)
            _write_csv(output / "grades.csv", results)
            progress(result, done)
    return results


def _identify(path: Path, base: Path, course: Course) -> Submission:
    """Tell whose notebook this is and of which lesson."""
    slugs = [lesson.slug for lesson in course.lessons]
    folders = path.relative_to(base).parts[:-1]
    owner = next((name for name in folders if name not in slugs), "")
    if not owner:  # a flat folder: the file is named after the student
        owner = re.sub("|".join(map(re.escape, slugs)), "", path.stem)
    student = re.sub(r"[^\w.@-]+", "_", unicodedata.normalize("NFC", owner)).strip("_-. ")
    if not student:
        name = _printable(path.stem)
        return Submission(path, name, problem="the file's name tells no student: name it STUDENT_LESSON.ipynb")
    if path.is_symlink() or not path.is_file():
        return Submission(path, student, problem="not a notebook but a link or a folder")
    if path.stat().st_size > MOST_MEGABYTES * 2**20:
        return Submission(path, student, problem=f"larger than {MOST_MEGABYTES} MB: clear its outputs first")
    try:
        notebook = nbformat.read(path, as_version=4)
        names = {
            cell.metadata["nbgrader"].get("grade_id") for cell in notebook.cells
            if isinstance(cell.metadata.get("nbgrader"), dict)
        }  # fmt: skip
    except Exception as error:  # whatever a damaged file makes of the parsers
        return Submission(path, student, problem=f"not a readable notebook ({type(error).__name__})")
    told = notebook.metadata.get("generative_vision")
    slug = told.get("lesson") if isinstance(told, dict) else None
    if slug not in slugs:
        slug = next((s for s in slugs if s in path.stem or s in folders), None) or _by_cells(course, names)
    if slug is None:
        return Submission(path, student, problem="not a notebook of this course")
    return Submission(path, student, slug)


def _by_cells(course: Course, names: set[str]) -> str | None:
    """Return the lesson that shares most of its graded cells with a notebook, or None."""
    shared = {}
    for lesson in course.lessons:
        released = course.root / "lessons" / lesson.slug / f"{lesson.slug}.ipynb"
        if released.is_file():
            known = {cell.id for cell in nbformat.read(released, 4).cells}
            shared[lesson.slug] = len(known & names)
    best = max(shared, key=shared.get, default=None)
    return best if best and shared[best] else None


def _grade_one(submission: Submission, workspace: Path, config: Config, output: Path) -> Result:
    slug, student = submission.lesson, submission.student
    place = workspace / "submitted" / student / slug
    place.mkdir(parents=True, exist_ok=True)
    try:
        nbformat.write(_plain(submission.path), place / f"{slug}.ipynb")
        for converter in (Autograde, GenerateFeedback):
            directory = CourseDirectory(config=config)
            directory.assignment_id, directory.student_id, directory.notebook_id = slug, student, slug
            run_converter(converter(coursedir=directory, config=config, force=True))
        with Gradebook(config.CourseDirectory.db_url) as gradebook:
            marked = gradebook.find_submission(slug, student)
            score, most = marked.score, marked.max_score
    except Exception as error:  # whatever a damaged notebook makes of the tools: it must not stop the rest
        return _refused(submission, f"could not be marked: {str(error).strip() or type(error).__name__}".splitlines()[0])
    made = workspace / "feedback" / student / slug / f"{slug}.html"
    page = output / "feedback" / student / f"{slug}.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(_finish_page(made.read_text(encoding="utf-8")), encoding="utf-8")
    if not (output / "feedback" / "mathjax.js").exists():
        shutil.copyfile(mathjax.folder() / mathjax.SCRIPT, output / "feedback" / "mathjax.js")
    shutil.rmtree(place)
    return Result(student, slug, score, most, "graded", _remark(output / "autograded" / student / slug), _name(submission))


def _finish_page(page: str) -> str:
    """Make nbgrader's page show formulas and ask for nothing outside, and name each check in its table of contents."""
    ours = secrets.token_urlsafe()  # marks our scripts: a browser runs no others
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'nonce-{ours}'"
    local = (
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<script nonce="{ours}">window.MathJax = {{tex: {{inlineMath: [["$", "$"]]}}}};</script>'
        f'<script nonce="{ours}" src="../mathjax.js"></script>'
    )
    page = re.sub(r"<script[^>]*mathjax[^>]*>.*?</script>", "", page, flags=re.DOTALL | re.IGNORECASE)
    page = page.replace("<head>", f"<head>{local}", 1)
    return re.sub(r'(<a href="#([\w-]+)">)Test cell</a>', r"\1\2</a>", page)


def _plain(path: Path) -> nbformat.NotebookNode:
    """Return a submitted notebook as nbformat 4.5, with nothing in it that could stop the grader."""
    notebook = nbformat.read(path, as_version=4)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = nbformat.NotebookNode()
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        marks = cell.metadata.get("nbgrader")  # its other metadata counts for nothing
        cell.metadata = nbformat.NotebookNode(nbgrader=marks) if isinstance(marks, dict) else nbformat.NotebookNode()
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def _remark(folder: Path) -> str:
    """Return what an instructor should look at in a marked submission."""
    notebook = nbformat.read(next(folder.glob("*.ipynb")), 4)
    names = [output.ename for cell in notebook.cells if cell.cell_type == "code"
             for output in cell.outputs if output.output_type == "error"]  # fmt: skip
    remarks = {
        "CellTimeout": "a cell could not be stopped",
        "CellTimeoutError": "a cell ran out of time",
        "KernelDied": "a cell ended the kernel",
        "CheckDisabled": "a check was disabled by the submission: look at it",
    }
    return "; ".join(text for name, text in remarks.items() if name in names)


def _refused(submission: Submission, reason: str) -> Result:
    return Result(submission.student, submission.lesson, None, None, "not graded", reason, _name(submission))


def _name(submission: Submission) -> str:
    return _printable(str(Path(*submission.path.parts[-3:])))


def _printable(name: str) -> str:
    """Return a file's name as text that can be written, whatever bytes it is made of."""
    return name.encode("utf-8", "replace").decode()


def _fingerprint(submission: Submission, workspace: Path) -> str:
    """A hash of the submission and of the lesson it is marked by: the same one needs no second marking."""
    source = workspace / "solutions" / submission.lesson / f"{submission.lesson}.ipynb"
    return hashlib.sha256(submission.path.read_bytes() + source.read_bytes()).hexdigest()


class _Journal:
    """What has been marked so far, written after each submission so that an interrupt loses nothing."""

    def __init__(self, path: Path, *, fresh: bool):
        self.path = path
        self.rows: dict[str, dict] = {}
        if path.is_file() and not fresh:
            try:
                self.rows = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:  # cut off in the middle: mark everything again
                self.rows = {}

    def known(self, submission: Submission, key: str) -> Result | None:
        row = self.rows.get(f"{submission.student}/{submission.lesson}")
        return Result(**row["result"]) if row and row["key"] == key else None

    def add(self, submission: Submission, key: str, result: Result) -> None:
        if result.status != "graded":
            return
        self.rows[f"{submission.student}/{submission.lesson}"] = {"key": key, "result": asdict(result)}
        _replace(self.path, json.dumps(self.rows, indent=1))


def _write_csv(path: Path, results: list[Result]) -> None:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(list(Result.__dataclass_fields__))
    for result in results:
        writer.writerow([_cell(value) for value in asdict(result).values()])
    _replace(path, table.getvalue())


def _cell(value) -> str:
    """Write numbers plainly, and no text that a spreadsheet would run as a formula."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    return "'" + value if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, encoding="utf-8", newline="")
    os.replace(fresh, path)
