"""Every file and folder handed in has a row, or is named in one: nothing runs here."""

from __future__ import annotations

import io
import os
import stat
import tempfile
import tracemalloc
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import SLUG
from layouts_tree import Tray

from generative_vision.course.build import build
from generative_vision.course.grading import handed_in, listing


@pytest.fixture(scope="module")
def course(tiny_course):
    course = tiny_course()
    build(course)
    (course.root / "lessons" / SLUG / "picture.png").write_bytes(b"handed out with the lesson")
    return course


@pytest.fixture
def tray(course, tmp_path) -> Tray:
    return Tray(course, tmp_path / "in")


@pytest.mark.parametrize("suffix", [".pdf", ".docx", ".html", ".py", ".rar", ".txt", ""])
def test_what_is_no_notebook_has_a_row(tray, suffix):
    tray.put(f"ana/homework{suffix}", b"%PDF")
    (found,) = tray.collect().values()
    assert found.student == "ana"
    assert found.problem == f"is no notebook ({suffix or 'no suffix'}): ask for the .ipynb file"


def test_an_empty_folder_has_a_row(tray):
    (tray.folder / "submitted" / "ana" / SLUG).mkdir(parents=True)
    (found,) = tray.collect().values()
    assert (found.student, found.lesson, found.problem) == ("ana", SLUG, "an empty folder")


def test_a_folder_named_like_a_notebook_is_a_folder(tray):
    (tray.folder / "ana.ipynb").mkdir()
    assert tray.collect()["ana.ipynb"].problem == "an empty folder"


def test_links_are_not_followed(tray):
    target = tray.put("ana.ipynb")
    (tray.folder / "link.ipynb").symlink_to(target)
    (tray.folder / "ben").symlink_to(tray.folder, target_is_directory=True)
    (tray.folder / "dead.ipynb").symlink_to(tray.folder / "nowhere")
    found = tray.collect()
    assert found["ana.ipynb"].problem == ""
    for name in ("link.ipynb", "ben", "dead.ipynb"):
        assert found[name].problem == "not a notebook but a link"


def test_a_pipe_is_not_waited_for(tray):
    os.mkfifo(tray.folder / "ana.ipynb")
    (found,) = tray.collect().values()
    assert found.problem == "not a notebook but a device or a socket"


@contextmanager
def without_roots_rights() -> Iterator[None]:
    """Root reads everything: be nobody for a moment."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_what_cannot_be_read_stops_nothing():
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        folder.chmod(0o755)
        (folder / "ana.ipynb").write_text("")
        (folder / "ana.ipynb").chmod(0)
        (folder / "ben").mkdir(mode=0)
        with without_roots_rights():
            file, closed = listing.look_through(folder)
            with pytest.raises(PermissionError):
                file.read()
        (folder / "ben").chmod(0o700)
    assert closed.problem == "a folder that cannot be read (Permission denied)"


def test_what_lies_beside_a_notebook_is_named_in_its_row(tray):
    tray.put(f"ana/{SLUG}.ipynb")
    for name in ("notes.pdf", "b.csv", "figures/c.png", "d.txt", "picture.png"):
        tray.put(f"ana/{name}", b"")
    (found,) = tray.collect().values()
    assert found.remark == "not looked at: b.csv, d.txt, c.png and 1 more"


def test_a_file_beside_others_notebooks_has_a_row(tray):
    tray.put("ana.ipynb")
    tray.put("ana.pdf", b"")
    tray.put("Section A/ben.ipynb")
    tray.put("Section A/cem.pdf", b"")
    found = tray.collect()
    assert sorted(found) == ["Section A/ben.ipynb", "Section A/cem.pdf", "ana.ipynb", "ana.pdf"]
    assert found["Section A/cem.pdf"].student == "cem"


def test_a_hidden_folder_is_looked_into_and_leftovers_are_not(tray):
    tray.put(f".ida/{SLUG}.ipynb")
    for name in ("ana/.ipynb_checkpoints/x.ipynb", "ana/__MACOSX/x.ipynb", "ana/.DS_Store"):
        tray.put(name)
    tray.put("ana.ipynb")
    assert sorted(tray.collect()) == [f".ida/{SLUG}.ipynb", "ana", "ana.ipynb"]


def test_results_of_grading_are_no_submissions(tray):
    tray.put("ana.ipynb")
    for name in ("gradebook.db", "grades.json", f"autograded/ana/{SLUG}/{SLUG}.ipynb"):
        tray.put(f"results/{name}")
    found = tray.collect()
    assert sorted(found) == ["ana.ipynb", "results"]
    assert found["results"].problem == "results of an earlier run: not looked at"


def test_files_named_like_results_hide_nobody(tray):
    for name in ("gradebook.db", "grades.json", "ana/x.ipynb", "ben/x.ipynb"):
        tray.put(f"Section A/{name}")
    assert {one.student for one in tray.collect().values() if not one.problem} == {"ana", "ben"}


def test_names_of_any_bytes_have_rows(tray):
    names = [os.fsdecode(name) for name in (b"\xff.ipynb", b"\xfe.ipynb", b"\xfd\xfc.pdf")]
    for name in names:
        tray.put(name)
    found = tray.collect()
    assert set(found) == set(names)
    for one in found.values():
        assert one.problem
        assert one.shown.isprintable()


# Archives


@pytest.mark.parametrize(
    ("archive", "member", "student"),
    [
        (f"ana/{SLUG}.zip", f"{SLUG}.ipynb", "ana"),
        ("ana.ZIP", f"work/deep/{SLUG}.ipynb", "ana"),
        ("ana.zip", f"work\\{SLUG}.IPYNB", "ana"),
        ("submissions.zip", f"doejane_12345_67890_{SLUG}.ipynb", "doejane_12345"),
        ("submissions.zip", f"Jo Roe_12_assignsubmission_file_/{SLUG}.ipynb", "Jo_Roe"),
        ("submissions.zip", "ana.ipynb", "ana"),
    ],
)
def test_an_archive_is_a_folder(tray, archive, member, student):
    tray.zip(archive, [member])
    (found,) = tray.collect().values()
    assert (found.student, found.lesson, found.problem) == (student, SLUG, "")
    assert found.read() == tray.notebook()
    assert found.shown.endswith(member.replace("\\", "/").split("/")[-1])


def test_several_notebooks_in_an_archive_have_a_row_each(tray):
    tray.zip("submissions.zip", ["ana.ipynb", "ben.ipynb", "cem/x.ipynb", "dea.pdf"])
    found = tray.collect()
    assert {one.student for one in found.values()} == {"ana", "ben", "cem", "dea"}
    assert "is no notebook" in found["submissions.zip/dea.pdf"].problem


def test_an_archive_in_an_archive_is_opened_and_no_third(tray):
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr(f"{SLUG}.ipynb", tray.notebook())
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("ana.zip", inner.getvalue())
        archive.writestr("deep/deeper.zip", inner.getvalue())
    tray.put("submissions.zip", outer.getvalue())
    with zipfile.ZipFile(tray.folder / "ben.zip", "w") as archive:
        archive.writestr("outer.zip", outer.getvalue())
    found = tray.collect()
    assert found[f"submissions.zip/ana.zip/{SLUG}.ipynb"].read() == tray.notebook()
    assert found[f"submissions.zip/ana.zip/{SLUG}.ipynb"].student == "ana"
    assert "archives in archives" in found["ben.zip/outer.zip/ana.zip"].problem


@pytest.mark.parametrize(
    "name", ["../../ana.ipynb", "/tmp/ana.ipynb", "C:\\ana.ipynb", "a//b.ipynb"]
)
def test_names_that_lead_outside_are_refused(tray, name):
    tray.zip("eve.zip", [name])
    (found,) = tray.collect().values()
    assert found.problem == "its name in the archive leads outside"


def test_entries_that_are_refused_have_a_row_each(tray):
    tray.zip("eve.zip", ["../ana.ipynb", "../../ben.ipynb"])
    assert sorted(tray.collect()) == ["eve.zip/ana.ipynb", "eve.zip/ben.ipynb"]


def test_endless_names_in_archives_are_refused(tray):
    tray.zip("eve.zip", ["_11" * 20_000 + ".ipynb"])
    (found,) = tray.collect().values()
    assert found.problem == "its name has more than 255 characters"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_is_unpacked_whole_whatever_is_asked_for_is_refused(tray, method):
    with zipfile.ZipFile(tray.folder / "eve.zip", "w", method) as archive:
        archive.writestr(f"{SLUG}.ipynb", b" " * 10_000)
    (found,) = tray.collect().values()
    assert found.problem == "packed in a way that is not read: hand in the notebook itself"


@pytest.mark.parametrize("inner", [True, False])
def test_a_name_that_stands_twice_in_an_archive_is_no_way_around_that(tray, inner):
    """Python opens the last file of a name, whichever was looked at."""
    name = "ana.zip" if inner else f"{SLUG}.ipynb"
    with zipfile.ZipFile(tray.folder / "eve.zip", "w") as archive:
        archive.writestr(name, b"{}")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr(name, bytes(30_000_000), zipfile.ZIP_BZIP2)
    tracemalloc.start()
    found = tray.collect()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert all(one.problem for one in found.values())
    assert most < 10_000_000


def test_an_entry_without_a_name_is_refused(tray):
    path = tray.zip("eve.zip", ["abc"])
    path.write_bytes(path.read_bytes().replace(b"abc", b"\0\0\0"))
    (found,) = tray.collect().values()
    assert found.problem == "its name in the archive leads outside"


def test_archives_in_an_archive_hold_no_more_than_a_student_hands_in(tray):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        for number in range(300):
            archive.writestr(f"{number}.ipynb", b"{}")
    with zipfile.ZipFile(tray.folder / "class.zip", "w") as archive:
        for place in ("eve/1.zip", "eve/2.zip", "ana/1.zip"):
            archive.writestr(place, inner.getvalue())
    problems = Counter(one.problem for one in tray.collect().values() if "files" in one.problem)
    assert problems == {"more than 500 files in archives in an archive": 1}


def test_archives_in_an_archive_hold_no_more_than_a_class_hands_in(tray):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        for number in range(500):
            archive.writestr(f"{number}.x", b"")
    with zipfile.ZipFile(tray.folder / "eve.zip", "w") as archive:
        for place in range(120):
            archive.writestr(f"{place}/1.zip", inner.getvalue())
    assert Counter(one.problem for one in handed_in.walk(tray.folder)) == {
        "": 50_000,
        "more than 50000 files in archives in an archive": 20,
    }


@pytest.mark.parametrize("name", ["eve.zip", "class.zip"])
def test_a_directory_of_too_many_entries_is_not_read(tray, monkeypatch, name):
    monkeypatch.setattr(handed_in, "MAX_LISTED", 5_000)
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(1500 if name == "class.zip" else 6000):
            archive.writestr(f"{number:>350}", b"")
    content = many.getvalue()
    if name == "class.zip":
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w") as archive:
            archive.writestr("eve.zip", content)
        content = outer.getvalue()
    tray.put(name, content)
    (found,) = tray.collect().values()
    assert found.problem == "not a readable archive (LargeZipFile)"


def test_archives_in_an_archive_that_cannot_be_read_are_no_longer_tried_after_some(tray):
    with zipfile.ZipFile(tray.folder / "eve.zip", "w") as archive:
        for number in range(15):
            archive.writestr(f"eve/{number}.zip", b"damaged")
        archive.writestr("ana/x.txt", b"")
    problems = Counter(one.problem for one in tray.collect().values())
    assert problems["more than 500 files in archives in an archive"] == 4


def test_links_in_archives_are_refused(tray):
    link = zipfile.ZipInfo(f"{SLUG}.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    tray.zip("eve.zip", [link])
    (found,) = tray.collect().values()
    assert found.problem == "not a notebook but a link"


def locked(archive: bytes) -> bytes:
    """Return an archive whose only entry says that it is encrypted."""
    raw = bytearray(archive)
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    return bytes(raw)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda raw: b"", "not a readable archive"),
        (lambda raw: raw[: len(raw) // 2], "not a readable archive"),
        (locked, "locked by a password"),
    ],
)
def test_a_damaged_archive_has_a_row(tray, change, problem):
    path = tray.zip("eve.zip", [f"{SLUG}.ipynb"])
    path.write_bytes(change(path.read_bytes()))
    (found,) = tray.collect().values()
    assert problem in found.problem
    assert found.student == "eve"


def test_a_damaged_file_in_an_archive_has_a_row(tray):
    path = tray.zip("eve.zip", [f"{SLUG}.ipynb"])
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"double(x)", b"dOuble(x)", 1))
    (found,) = tray.collect().values()
    assert "cannot be read (the archive is damaged" in found.problem


def test_an_empty_archive_has_a_row(tray):
    tray.zip("eve.zip", [])
    (found,) = tray.collect().values()
    assert found.problem == "an empty archive"


@pytest.mark.parametrize(
    ("bound", "problem"),
    [
        ("MAX_LISTED", "an archive of more than 0 files"),
        ("MAX_MEGABYTES", "larger than 0 MB: clear its outputs first"),
    ],
)
def test_archives_are_bounded(tray, monkeypatch, bound, problem):
    tray.zip("eve.zip", [f"{SLUG}.ipynb"])
    monkeypatch.setattr(handed_in, bound, 0)
    (found,) = tray.collect().values()
    assert found.problem == problem


def test_a_file_that_claims_to_be_small_is_bounded_too(tray, monkeypatch):
    """What an archive says of its sizes may be wrong; what is read counts."""
    path = tray.folder / "eve.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{SLUG}.ipynb", b" " * 3_000_000)
    monkeypatch.setattr(handed_in, "MAX_MEGABYTES", 1)
    (found,) = tray.collect().values()
    assert found.problem == "larger than 1 MB: clear its outputs first"


def test_a_folder_that_became_a_link_is_not_followed(tray, tmp_path):
    tray.put("outer/ana/one.ipynb")
    (found,) = tray.collect().values()
    (tray.folder / "outer" / "ana").rename(tmp_path / "elsewhere")
    (tray.folder / "outer" / "ana").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(OSError, match="one.ipynb|ana"):
        found.read()


def test_a_folder_of_submissions_may_be_reached_through_a_link(tray, tmp_path):
    tray.put("ana.ipynb")
    (tmp_path / "link").symlink_to(tray.folder, target_is_directory=True)
    (found,) = listing.look_through(tmp_path / "link")
    assert found.read() == (tray.folder / "ana.ipynb").read_bytes()


@pytest.mark.parametrize("other", ["another file", "link", "pipe"])
def test_what_was_looked_at_is_what_is_read(tray, tmp_path, other):
    path = tray.put("ana.ipynb")
    (found,) = tray.collect().values()
    secret = tmp_path / "secret"
    secret.write_bytes(path.read_bytes())
    path.unlink()
    if other == "link":
        path.symlink_to(secret)
    elif other == "pipe":
        os.mkfifo(path)
    else:
        path.write_text("{}")
    with pytest.raises((OSError, ValueError)):
        found.read()
