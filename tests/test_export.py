"""Tables for Canvas and Moodle, and lessons that were renumbered: nothing runs here."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from conftest import BOOK, SLUG
from layouts_tree import Tray
from typer.testing import CliRunner

from generative_vision.course.build import build
from generative_vision.course.cli import app
from generative_vision.course.grading.export import export
from generative_vision.course.grading.results import Journal, Result, as_cell
from generative_vision.course.grading.roster import Roster, Student
from generative_vision.course.grading.submissions import Submission
from generative_vision.course.work import moved, own_notebook, worked_on

TWO = BOOK + BOOK[BOOK.index("[[lessons]]") :].replace(SLUG, "01-other")
THREE = TWO + BOOK[BOOK.index("[[lessons]]") :].replace(SLUG, "02-nobody")
OLD = "05-tiny"
RENUMBERED = BOOK + f'formerly = ["{OLD}"]\n'

CLASS = Roster(
    [
        Student(id="s1", name="Doe, Jane", canvas_id="123", email="jane@uni.example", section="A"),
        Student(id="s2", name="=Roe", canvas_id="124", email="roe@uni.example"),
        Student(id="s3", name="Silent One"),
    ]
)


def graded(student, lesson, score, penalty=0.0, **submission):
    """Return a submission with its row."""
    row = Result(
        student=student,
        lesson=lesson,
        score_before=None if score is None else score + penalty,
        late_penalty=penalty,
        score=score,
        max_score=None if score is None else 4.0,
        status="graded",
        remark="double uses the package's double: look at it",
        file="x",
    )
    return Submission(Path("x"), student, lesson, **submission), row


ALL = [
    graded("s1", SLUG, 3.0),
    graded("s1", "01-other", 2.4, 0.6),
    graded("s2", SLUG, 1 / 3, system="moodle", user="77"),
    graded("s2", "01-other", None),
    graded("s3", "01-other", 4.0),
]


@pytest.fixture
def written(tiny_course, tmp_path):
    """Return a function that exports, and gives the tables by file."""
    course = tiny_course(book=THREE)

    def write(system, pairs=ALL, roster=CLASS):
        here, rows = [pair[0] for pair in pairs[:-1]], [pair[1] for pair in pairs]
        files = export(system, tmp_path, course, here, rows, roster)  # the last is an earlier one
        return {
            path.name: list(csv.reader(path.open(encoding="utf-8", newline=""))) for path in files
        }

    return write


def test_canvas_gets_the_form_of_its_own_export(written):
    (table,) = written("canvas").values()
    assert table == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", SLUG, "01-other"],
        ["Points Possible", "", "", "", "", "4", "4"],
        ["Doe, Jane", "123", "s1", "", "A", "3", "2.4"],
        ["'=Roe", "124", "s2", "", "", "0.33", ""],
        ["Silent One", "", "s3", "", "", "", "4"],
    ]


def test_nobody_is_called_as_canvas_row_of_maxima(written):
    """It reads the maxima of all assignments from any row whose name has these words."""
    pairs = [graded("Ana", SLUG, 3.0), graded("Ben", SLUG, 3.0)]
    people = [Student(id="Ana", name="Ana Points Possible"), Student(id="Ben", name="Ben")]
    (table,) = written("canvas", pairs, Roster(people)).values()
    assert [row[0] for row in table[1:]] == ["Points Possible", "Ana Points-Possible", "Ben"]


def test_canvas_needs_no_class_list(written):
    pairs = [graded("doejane_123", SLUG, 3.0, system="canvas", user="123"), ALL[3]]
    (table,) = written("canvas", pairs, None).values()
    assert table[2:] == [["doejane", "123", "doejane_123", "", "", "3"]]


def test_whoever_is_not_in_the_class_list_has_nobodys_id(written):
    """Canvas looks for the number, then for the id, then for the name, and takes the first."""
    pairs = [
        graded("s1", SLUG, 3.0),
        graded("Doe,_Jane_99", SLUG, 0.0, system="canvas", user="99"),
        graded("Silent_One", SLUG, 0.0),
        graded("s3_98", SLUG, 0.0, system="moodle", user="98"),
        graded("s2", SLUG, 1.0),
    ]
    (table,) = written("canvas", pairs).values()
    assert [(*row[:3], row[5]) for row in table[2:]] == [
        ("Doe, Jane", "123", "s1", "3"),
        ("'=Roe", "124", "s2", "1"),
        ("Silent One", "", "s3", ""),
        ("Doe, Jane", "99", "", "0"),
    ]
    tables = written("moodle", pairs)
    assert [row[0] for row in tables["grades-moodle.csv"][1:]] == ["s1", "s2", "s3"]
    assert [row[0] for row in tables[f"grades-moodle-{SLUG}.csv"][1:]] == ["Participant 98"]


@pytest.mark.parametrize(("doubt", "number"), [("71001", ""), ("", "11")])
def test_no_doubtful_name_has_the_number_of_who_was_marked_before(written, tmp_path, doubt, number):
    """Canvas would take the score for the other's."""
    ben, row = graded("benmiller_11", SLUG, 4.0, system="canvas", user="11")
    numbers = {"system": "canvas", "user": "11", "doubt": doubt, "is_doubtful": doubt != ""}
    zoe = graded("zoe_11", SLUG, 0.0, **numbers)
    journal = Journal(tmp_path / "grades.json", fresh=True)
    for (one, result), key in (((ben, row), "key"), (zoe, "another")):
        journal.add(one, key, result, result, "")
    (table,) = written("canvas", [zoe, (ben, row)], None).values()
    assert [line[1] for line in table[2:]] == [number, ""]


@pytest.mark.parametrize("system", ["canvas", "moodle"])
def test_who_handed_in_nothing_new_keeps_the_number(written, tmp_path, system):
    """A name alone may be somebody else's by now, who calls oneself so on the platform."""
    ben, row = graded("benmiller_11", SLUG, 3.0, system=system, user="11")
    Journal(tmp_path / "grades.json", fresh=True).add(ben, "key", row, row, "")
    pairs = [graded("doejane_12", SLUG, 4.0, system=system, user="12")]
    pairs.append((Submission(Path("x"), "benmiller_11", SLUG), row))
    *_, table = written(system, pairs, None).values()
    numbers = {"canvas": [line[1] for line in table], "moodle": [line[0][12:] for line in table]}
    assert numbers[system][-2:] == ["12", "11"]


def test_moodle_gets_a_table_of_all_lessons(written):
    table = written("moodle")["grades-moodle.csv"]
    assert table[0] == [
        "ID number",
        "Full name",
        "Email address",
        SLUG,
        f"{SLUG} feedback",
        "01-other",
        "01-other feedback",
    ]
    assert table[1] == [
        "s1",
        "Doe, Jane",
        "jane@uni.example",
        "3",
        "3 of 4 points.",
        "2.4",
        "2.4 of 4 points. 0.6 points were taken off, as it came late.",
    ]


def test_moodle_gets_a_worksheet_of_what_came_from_it(written):
    tables = written("moodle")
    assert sorted(tables) == ["grades-moodle-00-tiny.csv", "grades-moodle.csv"]
    rows = csv.DictReader([",".join(row) for row in tables["grades-moodle-00-tiny.csv"]])
    (row,) = rows
    assert row["Identifier"] == "Participant 77"
    assert row["Grade"] == "0.33"
    assert row["Maximum grade"] == "4"
    assert row["Last modified (grade)"] == "-"
    assert row["Feedback comments"] == "0.33 of 4 points."


@pytest.mark.parametrize("roster", [None, CLASS])
def test_students_of_one_name_each_have_a_row(written, roster):
    pairs = [
        graded(f"Jane_Doe~{number}", SLUG, float(score), system="moodle", user=number)
        for score, number in enumerate(("111", "222"))
    ]
    table = written("moodle", [*pairs, ALL[3]], roster)["grades-moodle-00-tiny.csv"]
    assert [[row[0], row[1], row[3]] for row in table[1:]] == [
        ["Participant 111", "Jane Doe", "0"],
        ["Participant 222", "Jane Doe", "1"],
    ]


def test_the_command_exports_and_takes_a_class_list(tiny_course, tmp_path):
    course = tiny_course()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "broken.ipynb").write_text("{")
    (tmp_path / "students.csv").write_text("id,name\nbroken,Broken One\n")
    options = ["--course", str(course.root), "--no-isolation", "--export"]
    for system in ("canvas", "moodle"):
        said = CliRunner().invoke(app, ["grade", str(tmp_path / "in"), *options, system])
        assert said.exit_code == 0
        assert f"For {system.capitalize()}: " in said.stdout
        assert "Broken One" in (tmp_path / "in-graded" / f"grades-{system}.csv").read_text()


@pytest.mark.parametrize("system", ["canvas", "moodle"])
def test_students_read_no_remark_for_the_instructor(written, system):
    for table in written(system).values():
        assert "look at it" not in str(table)


# Lessons that were renumbered


def test_the_journal_follows(tiny_course, tmp_path):
    path = tmp_path / "grades.json"
    submission, row = graded("ana", OLD, 3.0)
    journal = Journal(path, fresh=True)
    journal.add(submission, "key", row, row, "page")
    journal.rename(tiny_course(book=RENUMBERED).slugs)
    submission.lesson = SLUG
    assert journal.find(submission, "key").lesson == SLUG
    assert journal.find(submission, "another") is None
    assert journal.page_shows(submission) == "page"
    assert json.loads(path.read_text())[f"ana/{OLD}"]["result"]["score"] == 3.0


def test_submissions_under_the_former_slug_count(tiny_course, tmp_path):
    course = tiny_course(book=RENUMBERED)
    build(course)
    tray = Tray(course, tmp_path / "in")
    content = tray.notebook().replace(SLUG.encode(), OLD.encode())
    tray.put(f"submitted/ana/{OLD}/{OLD}.ipynb", content)
    tray.put(f"ben_{OLD}.ipynb", content)
    found = {one.student: (one.lesson, one.problem) for one in tray.collect().values()}
    assert found == {"ana": (SLUG, ""), "ben": (SLUG, "")}


def test_a_readers_folder_of_a_renumbered_lesson_is_found(tiny_course):
    course = tiny_course(book=RENUMBERED)
    assert moved(course) == []
    own = course.work / OLD / f"{OLD}.ipynb"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    assert moved(course) == [(course.work / OLD, SLUG)]
    assert course.lesson(OLD).slug == SLUG


def test_of_two_folders_of_a_renumbered_lesson_the_one_that_was_worked_on_counts(tiny_course):
    course = tiny_course(book=RENUMBERED)
    new, old = own_notebook(course, SLUG), own_notebook(course, OLD)
    assert worked_on(course, SLUG) == new  # where there is none
    for path in (new, old, course.root / "lessons" / SLUG / new.name):
        path.parent.mkdir(parents=True)
        path.write_text("as released")
    assert worked_on(course, SLUG) == new
    old.write_text("mine")
    assert worked_on(course, SLUG) == old
    new.write_text("mine, too")
    assert worked_on(course, SLUG) == new


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        (" ＝1", " '＝1"),
        ("x;=HYPERLINK(1);y", "x;'=HYPERLINK(1);y"),
        ("first; -1", "first; '-1"),
        ("a=b; 3 of 4", "a=b; 3 of 4"),
    ],
)
def test_no_cell_is_a_formula_wherever_a_spreadsheet_divides_it(text, cell):
    assert as_cell(text) == cell


def test_students_of_one_name_in_moodle_have_a_row_each_in_its_worksheet(written):
    """Who takes another's name there keeps nobody from the table."""
    twins = [graded(f"Doe~{n}", SLUG, 1.0, system="moodle", user=n) for n in ("111", "222")]
    found = written("moodle", [*twins, *ALL], None)[f"grades-moodle-{SLUG}.csv"]
    assert [(row[0], row[1], row[3]) for row in found[1:3]] == [
        ("Participant 111", "Doe", "1"),
        ("Participant 222", "Doe", "1"),
    ]
