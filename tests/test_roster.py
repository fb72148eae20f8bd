"""The class list decides who is who: nothing runs here."""

from __future__ import annotations

import time

import pytest
from conftest import SLUG

from generative_vision.course import CourseError
from generative_vision.course.grading.layouts import Label
from generative_vision.course.grading.roster import Roster, Student, find_roster, read_roster

LIST = """\
id,name,canvas_id,moodle_id,email,section
s001,Jane Doe,12345,111 112,jane@uni.example,A
s002,"Doe, John",12346,,john@uni.example,A
s003,María José López García,,,,B
s004,Ana Ruiz,,,,B
s005,Ana Ruiz,,,,B
"""


@pytest.fixture
def roster(tmp_path) -> Roster:
    (tmp_path / "students.csv").write_text(LIST, encoding="utf-8")
    return read_roster(tmp_path / "students.csv")


@pytest.mark.parametrize(
    ("place", "student"),
    [
        ("s001.ipynb", "s001"),
        (f"S001/{SLUG}.ipynb", "s001"),
        (f"doejane_12345_67890_{SLUG}.ipynb", "s001"),
        (f"renamed_12345_67890_{SLUG}.ipynb", "s001"),
        (f"Jane Doe_112_assignsubmission_file_/{SLUG}.ipynb", "s001"),
        (f"Somebody_111_assignsubmission_file_/{SLUG}.ipynb", "s001"),
        ("jane@uni.example.ipynb", "s001"),
        ("JOHN DOE.ipynb", "s002"),
        (f"Doe, John/{SLUG}.ipynb", "s002"),
        ("maria jose lopez garcia.ipynb", "s003"),
        (f"lopezgarciamariajose_77_88_{SLUG}.ipynb", "s003"),
        (f"anything/Jane Doe/{SLUG}.ipynb", "s001"),
        ("/".join(["Monday", "s002", "work", f"{SLUG}.ipynb"]), "s002"),
    ],
)
def test_who_is_meant(tray, roster, place, student):
    tray.put(place)
    (found,) = tray.collect(roster).values()
    assert (found.student, found.problem, found.remark) == (student, "", "")


@pytest.mark.parametrize(
    ("place", "student"),
    [
        ("jane_doe_homework.ipynb", "s001"),
        ("my work s002 final.ipynb", "s002"),
        (f"s001_{SLUG}_final.ipynb", "s001"),
    ],
)
def test_a_name_that_fits_only_after_cutting_is_a_remark(tray, roster, place, student):
    tray.put(place)
    (found,) = tray.collect(roster).values()
    assert (found.student, found.problem) == (student, "")
    assert found.remark


@pytest.mark.parametrize(
    ("name", "said"),
    [("Ana Ruiz", "'Ana Ruiz' could be s004 or s005"), ("s001 and s002", "could be s001 or s002")],
)
def test_two_who_could_be_meant_are_not_guessed(tray, roster, name, said):
    tray.put(f"{name}.ipynb")
    (found,) = tray.collect(roster).values()
    assert said in found.problem


def test_marks_that_are_vowels_tell_names_apart(tray):
    roster = Roster([Student(id="k1", name="की राम"), Student(id="k2", name="का राम")])
    tray.put("की राम.ipynb")
    tray.put("राम_का.ipynb")
    found = tray.collect(roster)
    assert {place: one.student for place, one in found.items()} == {
        "की राम.ipynb": "k1",
        "राम_का.ipynb": "k2",
    }


def test_who_is_not_in_the_list_is_marked_with_a_remark(tray, roster):
    tray.put("zoe.ipynb")
    (found,) = tray.collect(roster).values()
    assert (found.student, found.problem) == ("zoe", "")
    assert found.remark == "'zoe' fits nobody in students.csv"


def test_what_lies_in_a_listed_students_folder_is_theirs_however_it_is_called(tray, roster):
    for name in ("x", "y"):
        tray.put(f"s001/{name}_1_assignsubmission_file_/{SLUG}.ipynb")
    found = tray.collect(roster).values()
    assert [one.student for one in found] == ["s001", "s001"]
    assert sum(not one.problem for one in found) == 1


def test_the_same_student_through_two_systems_hands_in_twice(tray, roster):
    tray.put(f"doejane_12345_67890_{SLUG}.ipynb")
    tray.put("s001.ipynb")
    found = list(tray.collect(roster).values())
    assert [one.student for one in found] == ["s001", "s001"]
    assert sum(not one.problem for one in found) == 1


def test_the_list_is_found_beside_the_folder(tmp_path):
    (tmp_path / "in").mkdir()
    assert find_roster(tmp_path / "in") is None
    (tmp_path / "students.csv").write_text(LIST)
    assert find_roster(tmp_path / "in") == tmp_path / "students.csv"


def test_a_list_in_the_folder_is_a_students_own(tray):
    tray.put("students.csv", LIST.encode())
    assert find_roster(tray.folder) is None
    assert tray.collect()["students.csv"].problem.startswith("is no notebook (.csv)")


@pytest.mark.parametrize(
    "content",
    [
        "id;name\ns1;Zoë Ångström\n".encode("cp1252"),
        "\ufeffID, Name ,colour\r\ns1,Zoë Ångström,red\r\n\r\n".encode(),
        "name\tid\nZoë Ångström\ts1\n".encode(),
    ],
)
def test_the_list_may_come_from_a_spreadsheet(tmp_path, content):
    path = tmp_path / "students.csv"
    path.write_bytes(content)
    (student,) = read_roster(path).students
    assert (student.id, student.name) == ("s1", "Zoë Ångström")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the column 'id' is missing"),
        ("id,email\n1,x\n", "the column 'name' is missing"),
        ("id,name\ns1,\n", "line 2: name is empty or missing"),
        ("id,name\ns1,Ana\n,Ben\n", "line 3: id is empty or missing"),
        ("id,name\ns1,Ana\nS1,Ben\n", "Ana and Ben have the same id, 's1'"),
        ("id,name,canvas_id\n1,Ana,7\n2,Ben,7\n", "have the same canvas_id, '7'"),
        ("id,name,moodle_id\n1,Ana,7 8\n2,Ben,8\n", "have the same moodle_id, '8'"),
    ],
)
def test_a_mistake_in_the_list_names_its_place(tmp_path, text, message):
    path = tmp_path / "students.csv"
    path.write_text(text)
    with pytest.raises(CourseError, match=message):
        read_roster(path)


def test_a_missing_list_is_a_sentence(tmp_path):
    with pytest.raises(CourseError, match="cannot be read: No such file"):
        read_roster(tmp_path / "students.csv")


def test_a_file_named_after_another_student_displaces_none(tray, roster):
    guest, own = "s002 77/Jane Doe.ipynb", f"Jane Doe 78/{SLUG}.ipynb"
    tray.put(guest)
    tray.put(own)
    found = tray.collect(roster)
    assert found[own].problem == ""
    assert found[own].remark.endswith("lie in folders of others: look whose they are")
    assert found[guest].remark == "lies in the folder of 's002 77': look whose it is"


@pytest.mark.parametrize(
    ("own", "guest"),
    [
        (f"Doe, Jane (s001)/s001_{SLUG}.ipynb", f"Doe, John (s002)/s001_{SLUG} (7).ipynb"),
        ("Doe_Jane_jd_1/jane doe.ipynb", "Doe_John_jd_2/jane doe (7).ipynb"),
        ("Section A/Doe, Jane - s001/jane doe.ipynb", "Doe, John - s002/Jane Doe/x (7).ipynb"),
    ],
)
def test_ones_own_folder_comes_first_however_a_system_calls_it(tray, roster, own, guest):
    tray.put(own)
    tray.put(guest)
    found = tray.collect(roster)
    assert (found[own].student, found[own].problem) == ("s001", "")
    assert found[guest].problem.startswith("a second notebook of the same student and lesson")
    assert found[guest].remark.startswith("lies in the folder of 'Doe")


@pytest.mark.parametrize("id", ["00", "v2"])
def test_a_listed_student_who_is_called_as_a_lesson_or_an_attempt_has_a_folder(tray, id):
    roster = Roster([Student(id=id, name="Jane Doe"), Student(id="b04", name="John Roe")])
    own, guest = f"b04/{SLUG}.ipynb", f"{id}/b04_{SLUG}.ipynb"
    for place in (own, guest, f"{id}/{SLUG}.ipynb"):
        tray.put(place)
    found = tray.collect(roster)
    assert (found[own].student, found[own].problem) == ("b04", "")
    assert (found[f"{id}/{SLUG}.ipynb"].student, found[f"{id}/{SLUG}.ipynb"].problem) == (id, "")
    assert id in (found[guest].host, found[guest].student)


def test_who_takes_another_students_name_in_moodle_is_told_by_the_number(tray, roster):
    known, unknown = (f"Jane Doe_{number}_assignsubmission_file_/x.ipynb" for number in (112, 999))
    tray.put(known)
    tray.put(unknown)
    found = tray.collect(roster)
    assert (found[known].student, found[known].problem) == ("s001", "")
    assert (found[unknown].student, found[unknown].problem) == ("Jane_Doe~999", "")
    assert "Moodle has several students of this name" in found[unknown].remark


@pytest.mark.parametrize("known", ["Team 1-Jane Doe_12", "Doe, Dr. Jane Doe_12"])
def test_who_takes_the_name_of_one_who_is_read_with_doubt_displaces_nobody(tray, known):
    roster = Roster([Student(id="s001", name="Jane Doe")])
    own, other = (f"{name}_assignsubmission_file_/x.ipynb" for name in (known, "Jane Doe_13"))
    tray.put(own)
    tray.put(other)
    found = tray.collect(roster)
    assert (found[own].student[-3:], found[own].problem) == ("~12", "")
    assert (found[other].student, found[other].problem) == ("s001", "")
    assert all("several students of this name" in one.remark for one in found.values())


@pytest.mark.parametrize("is_there", [True, False])
def test_who_takes_another_students_name_in_canvas_is_told_by_the_number(tray, roster, is_there):
    known, unknown = (f"doejane_{number}_1001_{SLUG}.ipynb" for number in (12345, 999))
    for name in [known] * is_there + [unknown]:
        tray.put(name)
    found = tray.collect(roster)
    assert {one.student for one in found.values()} == {"doejane_999", *["s001"] * is_there}
    assert found[unknown].remark == "'doejane_999' fits nobody in students.csv"


@pytest.mark.parametrize(
    "title", ["john_doe_99_assignsubmission_file_x-7", "s002_7_assignsubmission_file"]
)
def test_a_title_in_canvas_that_looks_like_moodles_names_nobody(tray, roster, title):
    tray.put(f"doejohn_12346_67890_{SLUG}.ipynb")
    tray.put(f"doejane_LATE_12345_67891_{title}.ipynb")
    found = tray.collect(roster)
    assert {(one.student, one.late, one.problem) for one in found.values()} == {
        ("s002", False, ""),
        ("s001", True, ""),
    }


def test_a_cell_too_long_for_a_table_is_named(tmp_path):
    path = tmp_path / "students.csv"
    path.write_text("id,name\n1," + "x" * 200_000)
    with pytest.raises(CourseError, match="cannot be read as a table: field larger"):
        read_roster(path)


def test_no_sign_of_the_list_steers_a_terminal(tmp_path):
    path = tmp_path / "students.csv"
    path.write_text("id,name\n1,\x1b]0;X\x07Ana\n1,Ben\n")
    with pytest.raises(CourseError) as caught:
        read_roster(path)
    assert "\x1b" not in str(caught.value)


def test_names_that_fit_nobody_are_looked_up_quickly():
    """Whoever hands in thousands of files with names of their own makes nobody wait."""
    students = [
        Student(id=f"student{n}", name=f"Given{n} Middle Family{n}", email=f"{n}@uni.example")
        for n in range(300)
    ]
    roster, start = Roster(students), time.process_time()
    for number in range(30):
        names = tuple(f"folder {number} {place} of this and that" for place in range(17))
        assert not roster.find(Label(names=names)).students
    assert time.process_time() - start < 1


@pytest.mark.parametrize("group", ["section 1", "monday"])
@pytest.mark.parametrize("name", [f"{SLUG}.ipynb", "timestamp.txt"])
def test_a_file_called_as_nbgraders_own_hides_nobody_in_a_groups_folder(tray, group, name):
    places = {one: f"submitted/{group}/{SLUG}/{one}.ipynb" for one in ("ana", "cem")}
    for place in (*places.values(), f"submitted/{group}/{SLUG}/{name}"):
        tray.put(place)
    found = tray.collect(Roster([Student(id=one, name="x") for one in places]))
    for student, place in places.items():
        assert (found[place].student, found[place].problem) == (student, "")
