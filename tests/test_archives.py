"""What an archive in an archive may cost, before anybody is marked."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest

from generative_vision.course.grading import plain_files
from generative_vision.course.grading.handed_in import look_through


def archive_of(names: list[str], size: int = 0) -> bytes:
    """Return an archive of files that are all blanks, and so hardly take room in it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, b" " * size)
    return made.getvalue()


def hand_in(folder: Path, inner: dict[str, bytes]) -> None:
    with zipfile.ZipFile(folder / "eve.zip", "w") as archive:
        for name, content in inner.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    ("bound", "most", "refused"),
    [("MAX_INNER_MEGABYTES", 2, ["a/2.zip"]), ("MAX_ALL_INNER_MEGABYTES", 4, ["b.zip", "c.zip"])],
)
def test_archives_in_an_archive_are_not_unpacked_without_end(
    tmp_path, monkeypatch, bound, most, refused
):
    monkeypatch.setattr(plain_files, bound, most)
    content = archive_of(["1.ipynb", "2.ipynb"], size=800_000)
    hand_in(tmp_path, dict.fromkeys(["a/1.zip", "a/2.zip", "b.zip", "c.zip"], content))
    found = look_through(tmp_path)
    problem = f"more than {most} MB in archives in an archive"
    assert [file.members[0] for file in found if file.problem == problem] == refused


def test_files_of_one_archive_are_read_one_after_the_other(tmp_path):
    """Two archives of one name would otherwise be unpacked anew for each of their files in turn."""
    names = [f"{number}.ipynb" for number in range(5)]
    hand_in(tmp_path, dict.fromkeys(["a/x.zip", "a/x.ZIP"], archive_of(names)))
    found = [file.members[0] for file in look_through(tmp_path)]
    assert Counter(found) == {"a/x.zip": 5, "a/x.ZIP": 5}
    assert len(list(groupby(found))) == 2


@pytest.mark.parametrize("around", ["", "hw 3/", "Section A/", "00-tiny/", "hw/Lesson 3/"])
def test_a_students_archive_leaves_room_for_others_in_the_same_folder(tmp_path, around):
    content = archive_of([f"{number}.x" for number in range(300)])
    inner = [f"{around}{name}" for name in ("ana_12_34_w.zip", "ben_13_35_w.zip", "eve/1.zip")]
    hand_in(tmp_path, dict.fromkeys([*inner, "__MACOSX/x"], content))
    assert {file.problem for file in look_through(tmp_path)} == {""}
    hand_in(tmp_path, dict.fromkeys([*inner, f"{around}eve/2.zip"], content))
    found = [file.members[0] for file in look_through(tmp_path) if file.problem]
    assert found == [f"{around}eve/2.zip"]
