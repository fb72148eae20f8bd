"""What students get of a lesson: their notebook and what lies beside it, and nothing hidden."""

import zipfile
from pathlib import Path

import nbformat
import pytest
from conftest import SLUG
from typer.testing import CliRunner

from generative_vision.course import cli
from generative_vision.course.build import build
from generative_vision.course.release import release


@pytest.fixture
def course(tiny_course):
    course = tiny_course()
    (course.source(course.lessons[0]).parent / "picture.png").write_bytes(b"a picture")
    build(course)
    return course


def test_an_archive_holds_the_lessons_folder(course, tmp_path):
    (archive,) = release(course, course.lessons, tmp_path)
    with zipfile.ZipFile(archive) as opened:
        assert opened.namelist() == [f"{SLUG}/{SLUG}.ipynb", f"{SLUG}/picture.png"]
        released = course.root / "lessons" / SLUG / f"{SLUG}.ipynb"
        assert opened.read(f"{SLUG}/{SLUG}.ipynb") == released.read_bytes()


def test_nothing_hidden_is_in_it(course, tmp_path):
    (archive,) = release(course, course.lessons, tmp_path)
    with zipfile.ZipFile(archive) as opened:
        notebook = nbformat.reads(opened.read(f"{SLUG}/{SLUG}.ipynb").decode(), 4)
    text = "".join(cell.source for cell in notebook.cells)
    assert "hidden line" not in text
    assert "2 * x" not in text


def test_two_releases_are_the_same_bytes(course, tmp_path):
    archives = [release(course, course.lessons, tmp_path / name)[0] for name in ("one", "two")]
    assert archives[0].read_bytes() == archives[1].read_bytes()


def test_what_editors_keep_of_a_source_is_in_no_release(course, tmp_path):
    place = course.source(course.lessons[0]).parent
    for name in ("quiz.toml~", "#quiz.toml#", "x.md.bak", "quiz.TOML", "table.csv"):
        (place / name).write_text("right")
    (archive,) = release(course, course.lessons, tmp_path)
    with zipfile.ZipFile(archive) as opened:
        names = {Path(name).name for name in opened.namelist()}
    assert names == {f"{SLUG}.ipynb", "picture.png", "table.csv"}


def test_private_questions_are_in_the_release_of_their_overlay(course, tmp_path):
    private = tmp_path / "private" / SLUG
    private.mkdir(parents=True)
    text = (course.source(course.lessons[0]).parent / "quiz.toml").read_text()
    (private / "quiz.toml").write_text(
        text.replace("main_purpose", "own").replace("second", "own2")
    )
    (archive,) = release(course, course.lessons, tmp_path, overlay=tmp_path / "private")
    with zipfile.ZipFile(archive) as opened:
        assert "answer_own" in opened.read(f"{SLUG}/{SLUG}.ipynb").decode()


def test_the_command_names_what_it_wrote(course, monkeypatch):
    monkeypatch.chdir(course.root)
    result = CliRunner().invoke(cli.app, ["release", "00"])
    assert result.output.strip() == str(course.root / "release" / f"{SLUG}.zip")
