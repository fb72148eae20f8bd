"""The page that ``generative-vision lab`` opens: the lessons, and how far their reader is."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shlex
import shutil
import sysconfig
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ValidationError

from generative_vision.course.manifest import Course, Lesson
from generative_vision.course.work import worked_on
from generative_vision.files import read_facts, write_atomically

PAGE, PROGRESS = "welcome.md", "progress.json"  # in the folder of the reader's copies
PICTURE = "picture.png"  # beside a lesson
SETTINGS = Path(__file__).with_name("lab")  # JupyterLab's for readers, and the page's text
_KERNELS = "generative_vision.course.kernels.CourseKernelSpecManager"
_FOLDER_OPTIONS = (  # the names under which Jupyter knows the folder that it opens
    "--notebook-dir",
    "--ServerApp.root_dir",
    "--ServerApp.notebook_dir",
)


class LastCheck(BaseModel):
    """What ``generative-vision check`` found in a reader's notebook."""

    score: float
    max_score: float
    at: datetime
    cells: str  #: ``fingerprint`` of the notebook


def lab_options(work: Path, given: Sequence[str] = ()) -> list[str]:
    """Return the options that make JupyterLab open the page, with the settings for readers.

    Args:
        work: the folder of the reader's copies.
        given: the reader's own options. JupyterLab takes each once, so theirs replace ours; in
            a folder of their own there is no page to open.
    """
    options = {
        "--ServerApp.kernel_spec_manager_class": _KERNELS,
        "--LabApp.app_settings_dir": SETTINGS,
    }
    names = {argument.partition("=")[0] for argument in given}
    if names.isdisjoint(_FOLDER_OPTIONS):
        options = {
            _FOLDER_OPTIONS[0]: work,
            **options,
            "--LabApp.default_url": f"/lab/tree/{PAGE}",
        }
    return [f"{name}={value}" for name, value in options.items() if name not in names]


def record_check(
    course: Course, slug: str, score: float, max_score: float, notebook: bytes
) -> None:
    """Note the points that a check gave, and write the page anew.

    Args:
        notebook: what was checked; its reader may have saved another state meanwhile.
    """
    path = course.work / PROGRESS
    last = LastCheck(
        score=score,
        max_score=max_score,
        at=datetime.now().replace(microsecond=0),
        cells=fingerprint(notebook),
    )
    facts = {**read_facts(path), slug: last.model_dump(mode="json")}
    write_atomically(path, json.dumps(facts, indent=1) + "\n")
    write_welcome(course)


def fingerprint(notebook: bytes) -> str:
    """Return a SHA-256 of what stands in a notebook's cells: to run them leaves it as it is."""
    content = notebook  # where it is none, all of it counts
    with contextlib.suppress(ValueError, KeyError, TypeError):
        cells = json.loads(notebook)["cells"]
        texts = [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
        content = json.dumps(texts).encode()
    return hashlib.sha256(content).hexdigest()


def describe_progress(course: Course, slug: str) -> str:
    """Return in a few words how far a reader is with a lesson."""
    own = worked_on(course, slug)
    released = course.root / "lessons" / slug / f"{slug}.ipynb"
    notebook = own.read_bytes() if own.is_file() else b""
    if not notebook or (released.is_file() and notebook == released.read_bytes()):
        return "not begun"
    try:
        last = LastCheck.model_validate(read_facts(course.work / PROGRESS).get(slug))
    except ValidationError:  # there is none, or the file is damaged
        return "begun, not checked yet"
    changed = "" if last.cells == fingerprint(notebook) else ", changed since"
    points = f"{last.score:g} of {last.max_score:g} points"
    return f"{points}, checked on {_moment(last.at)}{changed}"


def write_welcome(course: Course) -> Path:
    """Write the page into the folder of the reader's copies, and return its path.

    It is Markdown, whose links JupyterLab opens beside it.
    """
    number = course.lessons[0].slug[:2]
    page = course.work / PAGE
    text = (
        (SETTINGS / PAGE)
        .read_text(encoding="utf-8")
        .format(
            title=course.title,
            subtitle=course.subtitle,
            work=course.work,
            lessons="\n\n".join(_describe_lesson(course, lesson) for lesson in course.lessons),
            check=_command("check", number),
            reset=_command("reset", number),
            doctor=_command("doctor"),
            now=_moment(datetime.now()),
        )
    )
    write_atomically(page, text)
    return page


def _describe_lesson(course: Course, lesson: Lesson) -> str:
    own = worked_on(course, lesson.slug)
    facts = [
        f"**{describe_progress(course, lesson.slug)}**",
        f"{lesson.minutes} minutes",
        f"worth {lesson.points} points",
        _describe_needs([slug[:2] for slug in lesson.needs]),
    ]
    if lesson.due:
        facts.append(f"due {_moment(lesson.due.astimezone())}")
    feedback = course.work / "feedback" / f"{lesson.slug}.html"
    if feedback.is_file():
        facts.insert(1, f"[why](feedback/{feedback.name})")
    pictured = (course.work / lesson.slug / PICTURE).is_file()
    parts = [
        f"## {lesson.slug[:2]} [{lesson.title}]({own.relative_to(course.work).as_posix()})",
        f"![{lesson.picture}]({lesson.slug}/{PICTURE})" if pictured else "",
        f"*{lesson.picture}*" if pictured and lesson.picture else "",
        " · ".join(facts),
        "<details><summary>What you can do after this lesson</summary>",
        "\n".join(f"- {objective}" for objective in lesson.objectives),
        "</details>",
    ]
    return "\n\n".join(filter(None, parts))


def _describe_needs(numbers: Sequence[str]) -> str:
    if len(numbers) < 2:
        return f"needs lesson {numbers[0]}" if numbers else "needs no other lesson"
    return f"needs lessons {', '.join(numbers[:-1])} and {numbers[-1]}"


def _command(*words: str) -> str:
    """Return what to type in a terminal: by its path, where the bare name starts another."""
    name, folder = "generative-vision", sysconfig.get_path("scripts")
    found = shutil.which(name)
    if not found or Path(found).parent != Path(folder):
        path = str(Path(folder, name))
        name = path if " " not in path else f'& "{path}"' if os.name == "nt" else shlex.quote(path)
    return " ".join([name, *words])


def _moment(at: datetime) -> str:
    return f"{at.day} {at:%B %Y, %H:%M}"
