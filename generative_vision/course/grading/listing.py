"""The list of everything handed in: of too many files each folder's have their part in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from generative_vision.course.grading.handed_in import NOTEBOOK, HandedIn, walk
from generative_vision.course.grading.plain_files import InnerArchives
from generative_vision.course.grading.time_stamps import is_stamp

MAX_FILES = 50_000  # a row takes kilobytes, and a small archive of archives may have as many


def look_through(base: Path) -> list[HandedIn]:
    """Return everything below a folder, in a stable order.

    Of more than ``MAX_FILES`` files each folder has some, notebooks first, and rows say how many
    are left out.
    """
    files: list[HandedIn] = []
    left_out: dict[str, tuple[int, HandedIn]] = {}
    for file in walk(base):
        files.append(file)
        if len(files) > 2 * MAX_FILES:  # sharing takes its time: not for each
            files = _fair_part(files, left_out)
    if len(files) > MAX_FILES:
        files = _fair_part(files, left_out)
    for count, file in left_out.values():
        problem = f"of more than {MAX_FILES} files these {count} were not looked at"
        files.append(replace(file, problem=problem, folder=True))
    # what lies in one archive stands together, so that each is unpacked once
    return sorted(files, key=lambda file: (file.path, file.members[:-1], file.parts, file.members))


def _fair_part(files: list[HandedIn], left_out: dict[str, tuple[int, HandedIn]]) -> list[HandedIn]:
    """Return so many of these files that each folder has some; count the others.

    Args:
        left_out: by outermost folder, how many are left out, and one of them; more are added.
    """
    names = [file.parts for file in files]
    places = set(InnerArchives().fair_part(names, NOTEBOOK.search, MAX_FILES))
    kept = []
    for place, file in enumerate(files):
        if place in places or (is_stamp(file) and not file.members):
            kept.append(file)
        else:
            count, _ = left_out.get(file.parts[0], (0, file))
            left_out[file.parts[0]] = count + 1, file
    return kept
