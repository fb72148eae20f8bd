"""The welcome page: the lessons in order, how far their reader is, and what to type."""

from __future__ import annotations

import json
import re
import shlex
import sysconfig
from datetime import datetime
from pathlib import Path

import nbformat
import pytest
from conftest import BOOK, SLUG
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image

from generative_vision.course import welcome
from generative_vision.course.manifest import Course, find_root, read_course
from generative_vision.course.welcome import (
    describe_progress,
    lab_options,
    record_check,
    write_welcome,
)
from generative_vision.course.work import copy_lesson, own_notebook, reset_lesson

OTHER = "01-other"
TWO = BOOK + (
    BOOK[BOOK.index("[[lessons]]") :].replace(SLUG, OTHER).replace("tiny lesson", "second lesson")
    + f'needs = ["{SLUG}"]\npicture = "Two squares"\n'
)
COURSE = read_course(find_root(Path(__file__).parent))
CHECKED = r"3 of 4 points, checked on \d+ \w+ \d{4}, \d\d:\d\d"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A course of two lessons in a folder with a blank in its name, with the reader's copies."""
    root = tmp_path / "my course"
    root.mkdir()
    (root / "book.toml").write_text(TWO, encoding="utf-8")
    course = read_course(root)
    for lesson in course.lessons:
        released = root / "lessons" / lesson.slug / f"{lesson.slug}.ipynb"
        released.parent.mkdir(parents=True)
        cells = [new_markdown_cell("# A lesson"), new_code_cell("x = 1")]
        nbformat.write(new_notebook(cells=cells), released)
        if lesson.slug == OTHER:
            Image.new("L", (4, 4)).save(released.with_name("picture.png"))
        copy_lesson(course, lesson.slug)
    return course


def edit(course: Course, source: str = "x = 2", **fields) -> bytes:
    """Change the code cell of the reader's first notebook, and return the whole."""
    path = own_notebook(course, SLUG)
    notebook = nbformat.read(path, 4)
    notebook.cells[1].update(source=source, **fields)
    nbformat.write(notebook, path)
    return path.read_bytes()


def page(course: Course) -> str:
    return write_welcome(course).read_text(encoding="utf-8")


def test_the_page_lies_among_the_readers_copies(course):
    assert write_welcome(course) == course.root / "work" / "welcome.md"
    assert f"`{course.work}`" in page(course)


def test_lessons_stand_in_order_and_link_to_the_readers_copies(course):
    links = re.findall(r"^## (\d\d) \[(.+)\]\((.+)\)$", page(course), re.MULTILINE)
    assert links == [
        ("00", "A tiny lesson", f"{SLUG}/{SLUG}.ipynb"),
        ("01", "A second lesson", f"{OTHER}/{OTHER}.ipynb"),
    ]
    for _, _, link in links:
        assert (course.work / link).is_file()


def test_a_lesson_says_how_long_it_takes_and_what_it_needs(course):
    first, second = page(course).split("## 01")
    assert "**not begun** · 5 minutes · worth 4 points · needs no other lesson" in first
    assert "**not begun** · 5 minutes · worth 4 points · needs lesson 00" in second
    assert "- double a number" in first


@pytest.mark.parametrize(
    ("needs", "sentence"),
    [
        ((), "needs no other lesson"),
        ((SLUG,), "needs lesson 00"),
        ((SLUG, OTHER), "needs lessons 00 and 01"),
        ((SLUG, OTHER, "02-third"), "needs lessons 00, 01 and 02"),
    ],
)
def test_needs_are_a_sentence(course, needs, sentence):
    first, second = course.lessons
    changed = second.model_copy(update={"needs": needs})
    assert (
        sentence in page(course.model_copy(update={"lessons": (first, changed)})).split("## 01")[1]
    )


def test_a_date_is_named_where_there_is_one(course):
    due = datetime(2026, 10, 1, 23, 59).astimezone()
    lesson = course.lessons[0].model_copy(update={"due": due})
    assert "· due 1 October 2026, 23:59\n" in page(course.model_copy(update={"lessons": (lesson,)}))


def test_a_picture_is_shown_where_there_is_one(course):
    first, second = page(course).split("## 01")
    assert f"![Two squares]({OTHER}/picture.png)\n\n*Two squares*" in second
    assert "![" not in first


def test_a_picture_needs_no_words(course):
    lesson = course.lessons[1].model_copy(update={"picture": ""})
    text = page(course.model_copy(update={"lessons": (lesson,)}))
    assert f"![]({OTHER}/picture.png)\n\n**not begun**" in text


def test_an_untouched_notebook_is_not_begun(course):
    assert describe_progress(course, SLUG) == "not begun"


def test_a_missing_notebook_is_not_begun(course):
    own_notebook(course, SLUG).unlink()
    assert describe_progress(course, SLUG) == "not begun"


def test_a_changed_notebook_is_begun(course):
    edit(course)
    assert describe_progress(course, SLUG) == "begun, not checked yet"


def test_a_checked_notebook_has_its_points_and_the_time(course):
    record_check(course, SLUG, 3.0, 4.0, edit(course))
    assert re.fullmatch(CHECKED, describe_progress(course, SLUG))


def test_a_check_writes_the_page_anew(course):
    record_check(course, SLUG, 3.0, 4.0, edit(course))
    text = (course.work / "welcome.md").read_text(encoding="utf-8")
    assert re.search(rf"\*\*{CHECKED}\*\*", text)


def test_a_check_leaves_other_lessons_their_points(course):
    record_check(course, OTHER, 2.5, 4, own_notebook(course, OTHER).read_bytes() + b"\n")
    record_check(course, SLUG, 3, 4, edit(course))
    own_notebook(course, OTHER).write_bytes(own_notebook(course, OTHER).read_bytes() + b"\n")
    assert describe_progress(course, OTHER).startswith("2.5 of 4 points")


def test_a_change_after_the_check_is_named(course):
    record_check(course, SLUG, 3, 4, edit(course))
    edit(course, "x = 3")
    assert re.fullmatch(f"{CHECKED}, changed since", describe_progress(course, SLUG))


def test_a_change_during_the_check_is_named(course):
    checked = edit(course)
    edit(course, "x = 3")
    record_check(course, SLUG, 3, 4, checked)
    assert re.fullmatch(f"{CHECKED}, changed since", describe_progress(course, SLUG))


def test_to_run_a_notebook_is_no_change(course):
    record_check(course, SLUG, 3, 4, edit(course))
    edit(course, execution_count=7)
    assert re.fullmatch(CHECKED, describe_progress(course, SLUG))


def test_a_fresh_copy_is_not_begun(course):
    record_check(course, SLUG, 3, 4, edit(course))
    reset_lesson(course, SLUG)
    assert describe_progress(course, SLUG) == "not begun"


def test_what_is_no_notebook_can_be_described(course):
    own_notebook(course, SLUG).write_text("mine")
    record_check(course, SLUG, 3, 4, b"mine")
    assert re.fullmatch(CHECKED, describe_progress(course, SLUG))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", f'{{"{SLUG}": 3}}', f'{{"{SLUG}": {{"score": "many"}}}}', '{"score": 3}'],
)
def test_a_damaged_record_counts_as_none(course, text):
    notebook = edit(course)
    (course.work / "progress.json").write_text(text)
    assert describe_progress(course, SLUG) == "begun, not checked yet"
    record_check(course, SLUG, 3, 4, notebook)
    assert re.fullmatch(CHECKED, describe_progress(course, SLUG))


def test_the_feedback_is_linked_once_it_is_there(course):
    assert "feedback/" not in page(course)
    feedback = course.work / "feedback" / f"{SLUG}.html"
    feedback.parent.mkdir()
    feedback.touch()
    edit(course)
    assert f"**begun, not checked yet** · [why](feedback/{SLUG}.html)" in page(course)


def commands(course: Course) -> list[list[str]]:
    """Return what the page says to type."""
    return [shlex.split(line) for line in re.findall(r"```sh\n(.*)\n```", page(course))]


def test_a_known_command_is_named_alone(course, monkeypatch, tmp_path):
    (tmp_path / "generative-vision").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    assert commands(course) == [
        ["generative-vision", "check", "00"],
        ["generative-vision", "reset", "00"],
        ["generative-vision", "doctor"],
    ]


def test_an_unknown_command_is_named_by_its_path(course, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sysconfig, "get_path", lambda name: "/with a blank/bin")
    assert commands(course)[0] == ["/with a blank/bin/generative-vision", "check", "00"]


def options(*given: str) -> dict[str, str]:
    """Return ours, by name."""
    return dict(option.split("=", 1) for option in lab_options(Path("w"), given))


def test_jupyterlab_opens_the_page():
    assert options("--no-browser")["--LabApp.default_url"] == "/lab/tree/welcome.md"


def test_a_readers_own_option_replaces_ours():
    own = "--LabApp.default_url"
    assert options().keys() - options(f"{own}=/lab").keys() == {own}


@pytest.mark.parametrize(
    "given", [["--notebook-dir=/mine"], ["--notebook-dir", "/mine"], ["--ServerApp.root_dir=/mine"]]
)
def test_a_folder_of_the_readers_own_is_opened_without_the_page(given):
    """Of two folders JupyterLab would say "only accepts one value", and not start."""
    left_out = options().keys() - options(*given).keys()
    assert left_out == {"--notebook-dir", "--LabApp.default_url"}


def test_the_settings_name_what_is_installed():
    """A new nbgrader or JupyterLab may give its parts other names."""
    share = Path(sysconfig.get_path("data")) / "share" / "jupyter"
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in (share / "labextensions/@jupyter/nbgrader/static").glob("*.js")
    )
    disabled = json.loads((welcome.SETTINGS / "page_config.json").read_text())
    for name in disabled["disabledExtensions"]:
        assert f'"{name}"' in code
    for name, settings in json.loads((welcome.SETTINGS / "overrides.json").read_text()).items():
        schema = share / "lab" / "schemas" / f"{name.replace(':', '/')}.json"
        assert settings.keys() <= json.loads(schema.read_text())["properties"].keys()


@pytest.mark.parametrize("lesson", COURSE.lessons, ids=lambda lesson: lesson.slug)
def test_a_lessons_picture_is_small_and_described(lesson):
    path = COURSE.source(lesson).with_name(welcome.PICTURE)
    assert path.is_file(), f"{path} is missing: a picture of 716 × 116 pixels for the welcome page"
    assert path.stat().st_size < 15_000, f"bytes of {path}"
    assert Image.open(path).size == (716, 116)
    assert lesson.picture, f'{lesson.slug} in book.toml: picture = "…" says what {path.name} shows'
