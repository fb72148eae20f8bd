"""Every file handed in, read in turn: of which lesson it is, or why it is none."""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from generative_vision.course.grading import owners
from generative_vision.course.grading.handed_in import HandedIn
from generative_vision.course.grading.layouts import Label, lesson_in
from generative_vision.course.grading.notebooks import read_notebook
from generative_vision.course.grading.outputs import plain_line
from generative_vision.course.grading.recognition import KnownLessons
from generative_vision.course.grading.turns import in_turn

MAX_SECONDS = 60  # of the processor, for what lies side by side
MAX_ALL_SECONDS = 600  # for all that lies in a folder, however deep: some ten thousand files
_TOO_MUCH = "too much to look through: hand in the notebook alone"


@dataclass
class Found:
    """A file on its way to its row."""

    file: HandedIn
    label: Label
    lesson: str = ""
    problem: str = ""
    content: str = ""  #: a hash
    remarks: list[str] = field(default_factory=list)
    shared: tuple[str, ...] = ()  #: folders around, of ``shared_folders``
    owner: owners.Owner = field(default_factory=lambda: owners.Owner(""))

    @property
    def is_accepted(self) -> bool:
        """Whether it is a notebook of the course, and somebody's."""
        return not self.problem and self.file.is_notebook


def look_at_all(
    files: Sequence[HandedIn], labels: Sequence[Label], known: KnownLessons
) -> list[Found]:
    """Return what each file is, in the order given.

    They are read in turn, so that what takes long in one folder comes after the others' files, and
    no folder may take long without end. Where files of several lie side by side, the small ones
    come first: the large ones of one student use up nobody's time.
    """
    reading = _ReadingTime()
    notebooks = [place for place, file in enumerate(files) if file.is_notebook]
    others = sorted(set(range(len(files))) - set(notebooks))
    notebooks.sort(key=lambda place: files[place].size)
    found: dict[int, Found] = {}
    for place in others + in_turn(notebooks, [file.parts[:-1] for file in files]):
        file, label = files[place], labels[place]
        with reading.of(file, label) as is_over:
            if is_over and not file.problem:
                file = replace(file, problem=_TOO_MUCH)
            found[place] = _look_at(file, label, known)
    return [found[place] for place in range(len(files))]


class _ReadingTime:
    """How long files took that lie in one folder."""

    def __init__(self) -> None:
        self.spent: dict[tuple, float] = defaultdict(float)  # seconds, by what files have in common

    @contextmanager
    def of(self, file: HandedIn, label: Label) -> Iterator[bool]:
        """Count the time until the end for a file; tell whether no more is left for it."""
        parts = file.parts[:-1]
        alone = file.path if file.members or not parts else None
        who = label.user, label.names[-1:], label.doubt != ""  # as files have it that lie flat
        beside = (alone, parts, who)
        around: list[tuple] = [parts[:count] for count in range(1, len(parts) + 1)]
        if label.system or not parts:  # a student may upload several files there
            around.append(who)
        start = time.process_time()
        yield self.spent[beside] > MAX_SECONDS or any(
            self.spent["around", one] > MAX_ALL_SECONDS for one in around
        )
        seconds = time.process_time() - start
        self.spent[beside] += seconds
        for one in around:
            self.spent["around", one] += seconds


def _look_at(file: HandedIn, label: Label, known: KnownLessons) -> Found:
    """Read a file, and tell its lesson or its problem."""
    found = Found(file, label, problem=file.problem)
    named = lesson_in(file.parts, known.slugs)
    found.lesson = known.slugs[named] if named else ""
    if found.problem:
        return found
    if not file.is_notebook:
        kind = Path(file.parts[-1]).suffix.lower() or "no suffix"
        found.problem = f"is no notebook ({plain_line(kind, 20)}): ask for the .ipynb file"
        return found
    try:
        content = file.read()
        found.content = hashlib.sha256(content).hexdigest()
        notebook = read_notebook(content)
        lesson = known.of(notebook, file.parts)
        changed = known.answers_in_checks(lesson or "", notebook)
        found.remarks += known.doubts(lesson, notebook, file.parts) if lesson else []
    except OSError as error:
        found.problem = f"cannot be read ({error.strerror or error})"
    except ValueError as error:
        large = str(error).startswith("larger than")
        kind = type(error).__name__
        found.problem = str(error) if large else f"not a readable notebook ({kind})"
    except Exception as error:  # whatever a damaged file makes of the parsers
        found.problem = f"not a readable notebook ({type(error).__name__})"
    else:
        found.lesson = lesson or ""
        if lesson is None:
            found.problem = "not a notebook of this course"
        found.remarks += [
            f"{check} was changed and is restored: an answer in it does not count"
            for check in changed
        ]
    return found
