"""Who handed in what: nothing runs here."""

from __future__ import annotations

import os
import tracemalloc
import zipfile
from pathlib import Path

import nbformat
import pytest
from conftest import SLUG

from generative_vision.course import CourseError
from generative_vision.course.build import build
from generative_vision.course.grading import handed_in, reading, spelling
from generative_vision.course.grading.recognition import KnownLessons
from generative_vision.course.grading.spelling import compact, words
from generative_vision.course.grading.steps import grade_id
from generative_vision.course.grading.submissions import Submission, collect
from generative_vision.course.grading.turns import in_turn
from generative_vision.course.manifest import Course, read_course

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def course(tiny_course) -> Course:
    course = tiny_course()
    build(course)
    return course


@pytest.fixture
def hand_in(course, tmp_path: Path):
    """Return a function that puts the released notebook at these places, and collects."""

    def put(*places: str) -> list[Submission]:
        for place in places:
            (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / place).write_bytes(
                (course.root / "lessons" / SLUG / f"{SLUG}.ipynb").read_bytes()
            )
        return collect(tmp_path, course)

    return put


@pytest.mark.parametrize(
    "place",
    [
        f"submitted/ana/{SLUG}/{SLUG}.ipynb",
        f"ana/{SLUG}.ipynb",
        f"ana/{SLUG}/{SLUG}.ipynb",
        f"{SLUG}/ana/homework.ipynb",
        f"ana/term/{SLUG}/renamed.ipynb",
        "ana.ipynb",
        f"ana_{SLUG}.ipynb",
        f"{SLUG}-ana.ipynb",
    ],
)
def test_layouts(hand_in, place: str):
    (found,) = hand_in(place)
    assert (found.student, found.lesson, found.problem) == ("ana", SLUG, "")


@pytest.mark.parametrize("lost", ["metadata", "cell ids"])
def test_the_lesson_is_told_by_its_cells_when_metadata_is_lost(hand_in, tmp_path, lost):
    hand_in("ana.ipynb")
    notebook = nbformat.read(tmp_path / "ana.ipynb", 4)
    notebook.metadata = {}
    for number, cell in enumerate(notebook.cells):
        if lost == "metadata":
            cell.metadata = {}
        else:
            cell.id = f"another-{number}"
    nbformat.write(notebook, tmp_path / "ana.ipynb")
    assert hand_in()[0].lesson == SLUG


def test_a_notebook_of_elsewhere_under_a_lessons_name_has_a_remark(course, tmp_path):
    foreign = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    nbformat.write(foreign, tmp_path / f"ana_{SLUG}.ipynb")
    (found,) = collect(tmp_path, course)
    assert found.remark == f"has none of the cells of {SLUG}"


def test_a_lesson_under_anothers_name_has_a_remark():
    known = KnownLessons(read_course(ROOT))
    first, second, *_ = known.cells
    notebook = nbformat.read(ROOT / "lessons" / second / f"{second}.ipynb", 4)
    said = known.doubts(second, notebook, [f"ana_{first}.ipynb"])
    assert said == [f"its name says {first}"]
    assert known.doubts(second, notebook, [f"ana_{second}.ipynb"]) == []


@pytest.mark.parametrize(
    ("answer", "is_said"), [("", True), ("def double(x):\n    return 1", False)]
)
def test_an_answer_in_the_check_is_said_where_the_answers_cell_is_untouched(
    hand_in, tmp_path, answer, is_said
):
    hand_in("ana.ipynb")
    notebook = nbformat.read(tmp_path / "ana.ipynb", 4)
    cells = {cell.id: cell for cell in notebook.cells}
    cells["double"].source = answer or cells["double"].source
    cells["double-check"].source = "double = lambda x: 2 * x\n" + cells["double-check"].source
    nbformat.write(notebook, tmp_path / "ana.ipynb")
    remark = "double-check was changed and is restored: an answer in it does not count"
    assert hand_in()[0].remark == (remark if is_said else "")


@pytest.mark.parametrize("line", ["ab=\n", "ab\n", "\n"])
def test_a_long_cell_takes_little_more_memory_than_its_text(line):
    """It is compared in the process that marks the whole class."""
    known = KnownLessons(read_course(ROOT))
    lesson = next(iter(known.cells))
    notebook = nbformat.read(ROOT / "lessons" / lesson / f"{lesson}.ipynb", 4)
    check = next(cell for cell in notebook.cells if (grade_id(cell) or "").endswith("-check"))
    check.source = line * (3_000_000 // len(line))
    tracemalloc.start()
    try:
        known.answers_in_checks(lesson, notebook)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * len(check.source) + 8_000_000


def test_checkpoints_and_results_are_no_submissions(hand_in):
    found = hand_in(
        "ana.ipynb",
        ".ipynb_checkpoints/ana-checkpoint.ipynb",
        f"autograded/ana/{SLUG}/{SLUG}.ipynb",
        "gradebook.db",
    )
    assert [one.path.name for one in found if not one.problem] == ["ana.ipynb"]


def test_a_folder_called_as_one_of_a_courses_is_passed_over_beside_a_course_only(hand_in):
    (found,) = hand_in(f"solutions/ana/{SLUG}.ipynb")
    assert (found.student, found.problem) == ("ana", "")


def test_of_two_notebooks_the_one_handed_out_counts(hand_in):
    kept = f"{SLUG}-2026-01-31-120000.ipynb"  # by `generative-vision reset`
    second, first = hand_in(f"ana/{SLUG}/{SLUG}.ipynb", f"ana/{SLUG}/{kept}")
    assert (first.path.name, first.problem) == (f"{SLUG}.ipynb", "")
    assert second.path.name == kept
    assert (
        f"a second notebook of the same student and lesson; {SLUG}.ipynb was taken"
        == second.problem
    )


def test_an_overlarge_file_is_not_read(hand_in, tmp_path, monkeypatch):
    monkeypatch.setattr(handed_in, "MAX_MEGABYTES", 0)
    assert "larger than 0 MB" in hand_in("ana.ipynb")[0].problem


def test_nothing_to_grade_is_an_error(tiny_course, tmp_path):
    course = tiny_course()
    with pytest.raises(CourseError, match="no notebook .*in "):
        collect(tmp_path, course)
    with pytest.raises(CourseError, match="is not a folder"):
        collect(tmp_path / "none", course)


def test_a_folder_named_like_nbgraders_hides_nobody(hand_in):
    found = hand_in("ana.ipynb", f"submitted/eve/{SLUG}.ipynb", f"ben/{SLUG}.ipynb")
    assert sorted(submission.student for submission in found) == ["ana", "ben", "eve"]


def test_folders_in_folders_stop_nobody(hand_in, tmp_path, monkeypatch):
    (tmp_path / "eve").mkdir()
    monkeypatch.chdir(tmp_path / "eve")
    for _ in range(1100):
        os.mkdir("d")
        os.chdir("d")
    found = {submission.student: submission.problem for submission in hand_in("ana.ipynb")}
    for _ in range(1100):  # pytest's own cleaning gives up on so many
        os.chdir("..")
        os.rmdir("d")
    assert found["ana"] == ""
    assert "folders in folders" in found["eve"]


def test_names_too_long_for_a_folder_stay_apart(hand_in):
    long = "\u1e9b\u0323" * 40
    first, second = hand_in(f"{long}a.ipynb", f"{long}b.ipynb")
    assert first.student != second.student
    assert len(first.student.encode()) <= spelling.MAX_NAME_BYTES


def test_names_carry_no_escape_codes(hand_in):
    (found,) = hand_in("ana\x1b[2J\u202e.ipynb")
    assert found.student == "ana_2J"


@pytest.mark.parametrize("outer", [(), ("class",), ("class", "Section A")])
def test_who_fills_a_folder_waits_longest(outer):
    folders = [(*outer, "ana", name) for name in "abcd"] + [(*outer, "ben"), (*outer, "cleo")]
    assert in_turn(range(6), folders) == [0, 4, 5, 1, 2, 3]


def test_folders_in_a_folder_are_not_read_without_end(hand_in, tmp_path, monkeypatch):
    """Each of them was, for a minute: an archive of 64 kB kept all others waiting for two."""
    monkeypatch.setattr(reading, "MAX_ALL_SECONDS", 0, raising=False)
    for number in range(4):
        (tmp_path / f"class/eve/{number}").mkdir(parents=True)
        (tmp_path / f"class/eve/{number}/slow.ipynb").write_text("[]")
    found = hand_in(f"ana/{SLUG}.ipynb", f"ben/{SLUG}.ipynb")
    problems = [one.problem for one in found if "eve" in one.folders]
    assert sum("too much to look through" in problem for problem in problems) == 3
    assert [one.student for one in found if not one.problem] == ["ana", "ben"]


def test_large_files_in_a_folder_of_several_use_up_nobodys_time(hand_in, tmp_path, monkeypatch):
    """A download of Canvas in a folder: one student's archives come first by their names."""
    monkeypatch.setattr(reading, "MAX_ALL_SECONDS", 0)
    place = tmp_path / "submissions"
    place.mkdir()
    for number in range(100, 103):
        with zipfile.ZipFile(place / f"abel_22222_33{number}_x.zip", "w", 8) as archive:
            archive.writestr("x.ipynb", "[" + " " * 2**20)
    found = hand_in(f"submissions/roe_11111_33999_{SLUG}.ipynb")
    assert [one.student for one in found if not one.problem] == ["roe_11111"]
    assert sum("too much to look through" in one.problem for one in found) == 3


def test_what_is_too_long_to_be_a_name_is_not_compared():
    """Each of these signs is eighteen letters, taken apart, and an archive holds 50,000 names."""
    assert words("\ufdfa" * 250) == []
    assert compact("\ufdfa" * 250) == ""
    assert words("Doe, Jane " + "9" * 200)[:2] == ["doe", "jane"]
