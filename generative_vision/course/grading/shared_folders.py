"""Folders on the disk that hold several students', and have no single student's beside them.

A student who hands in files and archives makes none of these, whatever names are in an archive.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable

from generative_vision.course.grading.handed_in import split_path
from generative_vision.course.grading.reading import Found

Place = tuple[str, ...]  # a folder of a label, with those around it


def name_shared(found: Collection[Found], groups: set[Place]) -> None:
    """Note with each notebook which of the folders around it are such.

    Where one folder is a single student's, those beside it may be, too, and be filled by them.

    Args:
        found: the notebooks of a run.
        groups: folders of several students, of ``owners.groups_among``.
    """
    around = {id(one): list(_on_disk(one)) for one in found}
    places = {place for those in around.values() for place in those}
    single = {place[:-1] for place in places - groups}
    shared = {place for place in places if place[:-1] not in single}
    for one in found:
        one.shared = tuple(place[-1] for place in around[id(one)] if place in shared)


def _on_disk(one: Found) -> Iterable[Place]:
    """Give the folders of a label that are no archive's, but for those called as groups are."""
    folders = one.label.folders
    packed = sum(len(split_path(member)) for member in one.file.members)
    parents = one.file.parts[:-1]  # an archive's name among them
    outer = iter([unicodedata.normalize("NFC", name) for name in parents[: len(parents) - packed]])
    for depth, name in enumerate(folders, 1):
        if name not in outer:  # takes what stands in front of it, too
            return
        if depth > len(folders) - len(one.label.homes):
            yield folders[:depth]
