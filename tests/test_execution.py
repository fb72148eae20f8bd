"""The book's outputs: a page runs again exactly where something that decides them has changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import LESSON, SLUG

from generative_vision.course.book.execution import execute, fingerprint
from generative_vision.course.book.pages import make_page
from generative_vision.course.manifest import Course

READS = """\
from pathlib import Path

print("helper:", Path("helper.py").read_text(), "table:", Path("data/table.csv").exists())"""


@pytest.fixture
def course(tiny_course) -> Course:
    """A course whose lesson reads the files beside it."""
    course = tiny_course(lesson=LESSON.replace("print(N)", READS))
    folder = course.source(course.lessons[0]).parent
    (folder / "data").mkdir()
    (folder / "helper.py").write_text("first")
    (folder / "data" / "table.csv").write_text("1,2,3")
    return course


@pytest.fixture
def output(course: Course, tmp_path: Path, capsys):
    """Return a function that executes the lesson: what it printed, and whether it was run."""

    def run() -> tuple[str, bool]:
        (lesson,) = course.lessons
        page = make_page(course, lesson)
        page = execute(course, lesson, page, cache=tmp_path / "cache", cell_seconds=60)
        texts = [output.text for cell in page.cells for output in cell.get("outputs", [])]
        return "".join(texts), "running" in capsys.readouterr().out

    return run


def test_a_page_runs_once(output):
    assert output() == ("helper: first table: True\n", True)
    assert output() == ("helper: first table: True\n", False)


def test_a_page_runs_again_where_its_code_has_changed(course, output, edited):
    output()
    edited(course.source(course.lessons[0]), '"helper:"', '"helper now:"')
    assert output() == ("helper now: first table: True\n", True)


def test_a_page_does_not_run_again_where_its_text_has_changed(course, output, edited):
    output()
    edited(course.source(course.lessons[0]), "The end.", "The very end.")
    assert output() == ("helper: first table: True\n", False)


def test_a_page_runs_again_where_a_file_beside_it_has_changed(course, output):
    output()
    course.source(course.lessons[0]).with_name("helper.py").write_text("second")
    assert output() == ("helper: second table: True\n", True)


def test_a_page_does_not_see_a_file_that_has_gone(course, output):
    output()
    shutil.rmtree(course.source(course.lessons[0]).with_name("data"))
    assert output() == ("helper: first table: False\n", True)


def test_a_page_runs_again_where_the_profile_has_changed(output, monkeypatch):
    output()
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "gpu")
    assert output()[1]


def test_outputs_that_were_written_by_halves_are_made_again(output, tmp_path: Path):
    first = output()
    (stored,) = tmp_path.rglob("base.ipynb")
    stored.write_text(stored.read_text()[:100])
    assert output() == first
    assert output() == (first[0], False)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A small package, with an asset."""
    (tmp_path / "package" / "assets").mkdir(parents=True)
    (tmp_path / "package" / "model.py").write_text("x = 1\n")
    (tmp_path / "package" / "assets" / "weights.npz").write_bytes(b"1")
    return tmp_path / "package"


@pytest.mark.parametrize(
    "name", [f"solutions/{SLUG}/quiz.toml", "package/model.py", "package/assets/weights.npz"]
)
def test_questions_code_and_assets_are_part_of_the_fingerprint(course, package, name: str):
    lesson = course.source(course.lessons[0]).parent
    before = fingerprint(lesson, package)
    root = package.parent if name.startswith("package") else course.root
    (root / name).write_text("changed")
    assert fingerprint(lesson, package) != before


def test_a_renamed_file_is_part_of_the_fingerprint(course, package):
    lesson = course.source(course.lessons[0]).parent
    before = fingerprint(lesson, package)
    (package / "model.py").rename(package / "net.py")
    assert fingerprint(lesson, package) != before


def test_an_installed_version_is_part_of_the_fingerprint(course, package, tmp_path, monkeypatch):
    lesson = course.source(course.lessons[0]).parent
    metadata = tmp_path / "site" / "layers-1.0.dist-info" / "METADATA"
    metadata.parent.mkdir(parents=True)
    metadata.write_text("Metadata-Version: 2.1\nName: layers\nVersion: 1.0\n")
    before = fingerprint(lesson, package)
    monkeypatch.syspath_prepend(tmp_path / "site")
    installed = fingerprint(lesson, package)
    metadata.write_text("Metadata-Version: 2.1\nName: layers\nVersion: 1.1\n")
    assert len({before, installed, fingerprint(lesson, package)}) == 3


def test_compiled_code_hidden_files_and_built_notebooks_are_not(course, package):
    lesson = course.source(course.lessons[0]).parent
    before = fingerprint(lesson, package)
    for path in (
        package / "__pycache__" / "model.pyc",
        package / ".cache" / "model.json",
        lesson / ".ipynb_checkpoints" / "x.ipynb",
        lesson / f"{SLUG}.ipynb",
    ):
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    assert fingerprint(lesson, package) == before
