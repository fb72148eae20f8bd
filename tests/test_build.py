"""From the source to the notebooks: the same bytes every time, and no key in the release."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from conftest import BOOK, LESSON, QUIZ, SLUG

from generative_vision.course import CourseError
from generative_vision.course.build import build, verify
from generative_vision.course.manifest import Course, read_course
from generative_vision.course.source import normalise

NAME = f"{SLUG}.ipynb"


@pytest.fixture
def built(tiny_course) -> Course:
    """A course that has been built."""
    course = tiny_course()
    build(course)
    return course


def _released(course: Course) -> Path:
    return course.root / "lessons" / SLUG / NAME


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_two_builds_give_the_same_bytes(built, tiny_course):
    once = _files(built.root)
    other = tiny_course()
    build(other)
    assert _files(other.root) == once
    build(built)
    assert _files(built.root) == once
    assert {"lessons/" + f"{SLUG}/{NAME}", "solutions/" + f"{SLUG}/{NAME}"} < once.keys()


def test_a_built_course_passes_the_check(built):
    verify(built)


def test_a_release_holds_no_answer(built):
    text = _released(built).read_text(encoding="utf-8")
    secrets = ["### BEGIN", "### END", "return 2 * x", "5.5", "hidden line", "quiz.mark", "right"]
    secrets += re.findall(r'reason = "(.*)"', QUIZ)
    assert not [secret for secret in secrets if secret in text]
    cells = {cell.id: cell for cell in nbformat.read(_released(built), 4).cells}
    assert cells["quiz-main_purpose"].source == 'answer_main_purpose = ""  # a or b'
    assert cells["quiz-second"].source == 'answer_second = ""  # a, b or c'
    assert (
        cells["double"].source
        == "def double(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    )


def test_a_solution_holds_the_answers(built):
    text = (built.root / "solutions" / SLUG / NAME).read_text(encoding="utf-8")
    assert "return 2 * x" in text
    assert "hidden line" in text
    assert 'answer_second = \\"a\\"' in text


def test_released_cells_are_marked_for_nbgrader(built):
    cells = {cell.id: cell for cell in nbformat.read(_released(built), 4).cells}
    checks = {
        name: cell.metadata.nbgrader.points
        for name, cell in cells.items()
        if cell.metadata.get("nbgrader", {}).get("grade")
    }
    assert checks == {"double-check": 2, "quiz-main_purpose-check": 1, "quiz-second-check": 1}
    assert all(not cells[name].metadata.editable for name in checks)
    assert "checksum" in cells["double"].metadata.nbgrader


def test_cells_are_named_once_and_for_good(built, edited):
    before = [cell.id for cell in nbformat.read(_released(built), 4).cells]
    assert len(before) == len(set(before))
    edited(built.source(built.lessons[0]), "The end.", "The very end.")
    build(built)
    assert [cell.id for cell in nbformat.read(_released(built), 4).cells] == before


def test_notebooks_are_valid_and_without_output(built):
    for path in built.root.rglob("*.ipynb"):
        notebook = nbformat.read(path, 4)
        nbformat.validate(notebook)
        assert not [
            cell for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")
        ]


def test_the_source_is_saved_as_jupyterlab_saves_it(tiny_course):
    course = tiny_course(lesson=LESSON.replace("  task: false", "  task:   false"))
    build(course)
    text = course.source(course.lessons[0]).read_text(encoding="utf-8")
    assert text == normalise(LESSON)


def test_a_wrong_source_is_left_alone(tiny_course):
    text = LESSON.replace("  task: false", "  task:   false").replace("    ### END SOLUTION\n", "")
    course = tiny_course(lesson=text)
    with pytest.raises(CourseError, match="do not pair up"):
        build(course)
    assert course.source(course.lessons[0]).read_text(encoding="utf-8") == text
    assert not (course.root / "lessons").exists()


# build --verify


def test_a_changed_source_is_noticed(built, edited):
    edited(built.source(built.lessons[0]), "The end.", "The very end.")
    with pytest.raises(
        CourseError,
        match=rf"(?s){NAME} differs from what its source gives:.*very end.*generative-vision build",
    ):
        verify(built)


def test_an_edited_release_is_noticed(built, edited):
    edited(_released(built), "The end.", "My end.")
    with pytest.raises(
        CourseError, match=rf"(?s){NAME} differs from what its source gives:.*My end"
    ):
        verify(built)


def test_a_changed_manifest_is_noticed(built, edited):
    edited(built.root / "book.toml", "double a number", "halve a number")
    with pytest.raises(CourseError, match="halve a number"):
        verify(read_course(built.root))


def test_a_missing_release_is_noticed(built):
    _released(built).unlink()
    with pytest.raises(CourseError, match=f"{_released(built)} is missing"):
        verify(built)


def test_a_stale_release_is_noticed(built):
    stale = built.root / "lessons" / "99-gone" / "99-gone.ipynb"
    stale.parent.mkdir()
    stale.write_bytes(_released(built).read_bytes())
    with pytest.raises(CourseError, match=f"{stale} derives from nothing"):
        verify(built)
    build(built)
    assert not stale.exists()
    verify(built)


def test_what_somebody_put_among_the_lessons_is_kept(built):
    own = [_released(built).with_name("my copy.ipynb"), built.root / "lessons" / "notes.txt"]
    for path in own:
        path.write_bytes(_released(built).read_bytes())
    build(built)
    assert all(path.exists() for path in own)
    with pytest.raises(CourseError, match="notes.txt derives from nothing: move it away"):
        verify(built)


def test_output_in_a_release_is_noticed(built):
    notebook = nbformat.read(_released(built), 4)
    next(cell for cell in notebook.cells if cell.cell_type == "code").execution_count = 1
    nbformat.write(notebook, _released(built))
    with pytest.raises(CourseError, match=f"{NAME} contains output"):
        verify(built)


def test_a_release_that_is_no_notebook_is_noticed(built):
    _released(built).write_text("{")
    with pytest.raises(CourseError, match=f"{NAME} is not a notebook"):
        verify(built)


def test_a_source_in_another_form_is_noticed(built, edited):
    edited(built.source(built.lessons[0]), "tags: [parameters]", "tags:   [parameters]")
    with pytest.raises(CourseError, match=rf"{SLUG}\.md is not in the form that JupyterLab saves"):
        verify(built)


def test_all_differences_are_reported_at_once(built, edited):
    edited(_released(built), "The end.", "My end.")
    (built.root / "lessons" / "x.txt").write_text("")
    with pytest.raises(CourseError) as caught:
        verify(built)
    assert NAME in str(caught.value)
    assert "x.txt" in str(caught.value)


def test_checking_writes_nothing(built, edited):
    edited(built.source(built.lessons[0]), "The end.", "The very end.")
    before = _files(built.root)
    with pytest.raises(CourseError):
        verify(built)
    assert _files(built.root) == before


# What must not be overwritten, copied or mixed up


def test_a_notebook_of_somebody_elses_is_not_overwritten(tiny_course):
    course = tiny_course()
    own = course.root / "solutions" / SLUG / NAME
    for text in (nbformat.writes(nbformat.v4.new_notebook()), "not a notebook"):
        own.write_text(text)
        with pytest.raises(
            CourseError, match=rf"{NAME} was not written by the build.*Move it away.*{SLUG}\.md"
        ):
            build(course)
        assert own.read_text() == text
        assert not (course.root / "lessons").exists()


def test_a_folder_without_a_lesson_is_noticed(built):
    (built.root / "solutions" / ".ipynb_checkpoints").mkdir()
    build(built)
    (built.root / "solutions" / "01-forgotten").mkdir()
    for act in (build, verify):
        with pytest.raises(
            CourseError,
            match="01-forgotten belongs to no lesson of book.toml: list it there, or remove it",
        ):
            act(built)


def test_a_lessons_other_files_are_released_but_no_text_and_no_quiz(tiny_course):
    course = tiny_course()
    folder = course.source(course.lessons[0]).parent
    for name in (
        "cat.png",
        "data/numbers.csv",
        "data/NOTES.md",
        "data/quiz.toml",
        ".hidden",
        "data/own.ipynb",
        "old.ipynb",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("x")
    build(course)
    verify(course)
    assert _files(course.root / "lessons" / SLUG).keys() == {NAME, "cat.png", "data/numbers.csv"}
    assert (folder / "data" / "NOTES.md").read_text() == "x"


def test_an_instant_quiz_answers_at_once(tiny_course):
    course = tiny_course(book=BOOK.replace('"graded"', '"instant"'))
    build(course)
    cells = [
        cell.source
        for cell in nbformat.read(_released(course), 4).cells
        if "quiz.tell" in cell.source
    ]
    assert len(cells) == 2
    assert cells[0].startswith('answer_main_purpose = ""  # a or b\n')
    assert "It learns the distribution" in cells[0]
    assert "return 2 * x" not in _released(course).read_text()


def test_an_overlay_never_enters_the_public_notebooks(built, tmp_path):
    public = _files(built.root)
    (tmp_path / ".git").mkdir()
    (tmp_path / SLUG).mkdir()
    (tmp_path / SLUG / "double-check.py").write_text("check.close('double(77)', double(77), 154)")
    (tmp_path / SLUG / "quiz.toml").write_text(
        QUIZ.replace('"main_purpose"', '"third"').replace('"second"', '"fourth"')
    )
    written = build(built, overlay=tmp_path)
    assert _files(built.root) == public
    assert set(written) == {
        tmp_path / "built" / kind / SLUG / NAME for kind in ("lessons", "solutions")
    }
    release, solution = (
        (tmp_path / "built" / kind / SLUG / NAME).read_text() for kind in ("lessons", "solutions")
    )
    assert "quiz-third-check" in release
    assert "double(77)" not in release
    assert "double(77)" in solution
    verify(built)
    assert build(built, overlay=tmp_path) == []  # nothing has changed, and built/ is no lesson


def test_an_overlay_must_fit_the_course(built, tmp_path):
    with pytest.raises(CourseError, match="none is not a folder"):
        build(built, overlay=tmp_path / "none")
    (tmp_path / "00-tinny").mkdir()
    with pytest.raises(CourseError, match="00-tinny belongs to no lesson"):
        build(built, overlay=tmp_path)


def test_an_error_of_nbgraders_is_one_line(built, monkeypatch):
    from generative_vision.course.grading import steps

    def fail(self, cell, resources, index):
        raise ValueError("the first line\nand a second")

    monkeypatch.setattr(steps.ClearSolutions, "preprocess_cell", fail)
    with pytest.raises(CourseError, match="^ValueError: the first line$"):
        build(built)
