"""What an archive in an archive may cost, before anybody is marked."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest

from generative_vision.course.grading import handed_in, plain_files
from generative_vision.course.grading.listing import look_through


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


@pytest.mark.parametrize("name", ["b_11_{}_x.txt", "b_{}_11_x.txt", "b_11_22_{}_x.txt", "{}"])
def test_a_number_without_end_in_a_name_stops_nobody(tmp_path, monkeypatch, name):
    """Python makes no number of more than 4,300 digits."""
    monkeypatch.setattr(handed_in, "MAX_ENTRIES", 3)
    long = name.format("9" * 5000)
    (tmp_path / "eve.zip").write_bytes(archive_of([long, *(f"d/{one}.txt" for one in range(5))]))
    assert len(look_through(tmp_path)) == 1 + handed_in.MAX_ENTRIES


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


@pytest.mark.parametrize("around", ["", "class/", "submissions/", "section 1/"])
def test_archives_side_by_side_leave_room_for_each_other(tmp_path, around):
    large, small = (archive_of([f"{n}.x" for n in range(count)]) for count in (501, 2))
    inner = {"aaa_eve.zip": large, "bob.zip": small, "cleo.zip": small}
    inner["section 2/aaa_eve.zip"] = small
    hand_in(tmp_path, {f"{around}{name}": content for name, content in inner.items()})
    refused = [file.members[0] for file in look_through(tmp_path) if file.problem]
    assert refused == [f"{around}aaa_eve.zip"]


def test_an_archive_that_becomes_a_huge_one_is_a_file_that_cannot_be_read(tmp_path, monkeypatch):
    hand_in(tmp_path, {"ana/x.ipynb": b"{}"})
    (file,) = look_through(tmp_path)
    monkeypatch.setattr(handed_in, "MAX_LISTED", 1)
    hand_in(tmp_path, dict.fromkeys(["ana/x.ipynb", *("x" * 60_000 + n for n in "12")], b"{}"))
    with pytest.raises(OSError, match="the archive is damaged"):
        file.read()


CANVAS = ("adamant_{}_{}_x.zip", "ruizeva_22_900_x.zip")
MOODLE = ("Ada_{}_assignsubmission_file_{}.zip", "Eva_22_assignsubmission_file_x.zip")
IN_FOLDERS = ("Homework 1/ada {}/{}.zip", "Homework 1/eva/x.zip")


@pytest.mark.parametrize(("many", "other"), [CANVAS, MOODLE, IN_FOLDERS])
def test_one_students_archives_leave_room_for_others(tmp_path, monkeypatch, many, other):
    """They lie side by side in a class's archive, or in a folder around all of it."""
    monkeypatch.setattr(plain_files, "MAX_INNER_ENTRIES", 6)
    monkeypatch.setattr(plain_files, "MAX_ALL_INNER_ENTRIES", 12)
    content = archive_of(["1.ipynb", "2.ipynb"])
    hand_in(tmp_path, {**{many.format(11, 100 + n): content for n in range(9)}, other: content})
    refused = [file.members[0] for file in look_through(tmp_path) if file.problem]
    assert refused == [many.format(11, 100 + n) for n in range(3, 9)]


def test_one_students_files_leave_room_for_others(tmp_path, monkeypatch):
    """What is no notebook is not unpacked and does not count: a film, for instance."""
    monkeypatch.setattr(plain_files, "MAX_ARCHIVE_MEGABYTES", 2)
    large, small = b" " * 3 * 2**20, b"{}"
    files = {"adamant_11_100_film.mp4": large, "ruizeva_22_200_x.ipynb": small}
    hand_in(tmp_path, {**files, "adamant_11_101_x.ipynb": large, "poebo_33_300_x.ipynb": small})
    problems = {file.members[0]: file.problem for file in look_through(tmp_path) if file.problem}
    assert problems == {"adamant_11_101_x.ipynb": "an archive of more than 2 MB"}


@pytest.mark.parametrize("form", ["{}_{}_99_{}", "hw/{0}/{2}", "hw/{0}/a/b/{2}"])
def test_one_students_many_files_leave_the_others_in_a_class_archive(tmp_path, monkeypatch, form):
    monkeypatch.setattr(handed_in, "MAX_ENTRIES", 10)
    names = [form.format("ada", 11, f"{number}.ipynb") for number in range(90)]
    names += [form.format(who, n, "x.ipynb") for n, who in enumerate(("ben", "eve"), 22)]
    names += [form.format(who, n, "y.txt") for n, who in enumerate(("ben", "eve"), 22)]
    hand_in(tmp_path, dict.fromkeys(names, b"{}"))
    refused, *found = sorted(look_through(tmp_path), key=lambda file: not file.problem)
    assert refused.problem == "an archive of more than 10 files: 84 were not looked at"
    read = [file.members[0] for file in found]
    assert len(read) == 10
    assert {name for name in names[90:] if name.endswith(".ipynb")} <= {*read}


def test_names_of_endless_folders_in_an_archive_of_many_files_stop_nobody(tmp_path, monkeypatch):
    monkeypatch.setattr(handed_in, "MAX_ENTRIES", 2)
    deep = "eve/" + "a/" * 3000
    hand_in(tmp_path, dict.fromkeys(["ada/x.ipynb", f"{deep}1.ipynb", f"{deep}2.ipynb"], b"{}"))
    assert "ada/x.ipynb" in {file.members[0] for file in look_through(tmp_path) if file.members}


@pytest.mark.parametrize("place", ["eve", "eve/inner"])
def test_a_folder_that_became_a_link_is_not_listed(tmp_path, place):
    """It could lead to all of the disk, while the folders before it are looked through."""
    (tmp_path / "elsewhere" / "inner").mkdir(parents=True)
    (tmp_path / "eve").symlink_to("elsewhere", target_is_directory=True)
    with pytest.raises(NotADirectoryError):
        plain_files.list_folder(tmp_path / place)
    assert plain_files.list_folder(tmp_path) == [("elsewhere", "folder"), ("eve", "link")]


@pytest.mark.parametrize(
    ("written", "read"),
    [("Σοφία".encode(), "Σοφία"), ("Olé".encode("cp437"), "Olé")],
)
def test_names_in_an_archive_are_utf8_where_they_can_be(tmp_path, written, read):
    """Finder's archives do not say that they are; other systems' names are not."""
    placeholder = b"x" * len(written)  # the writer would say it
    archive = archive_of([f"{placeholder.decode()}/1.ipynb"])
    (tmp_path / "class.zip").write_bytes(archive.replace(placeholder, written))
    (found,) = look_through(tmp_path)
    assert (found.parts, found.problem) == (("class", read, "1.ipynb"), "")
    assert found.read() == b""
