"""Names that students choose in Canvas and Moodle so that another's notebook gives way."""

from __future__ import annotations

import pytest
from conftest import SLUG

from generative_vision.course.grading.roster import Roster, Student
from generative_vision.course.grading.submissions import Submission

CLASS = Roster(
    [
        Student(id="s1", name="Jane Doe", canvas_id="12345", moodle_id="111"),
        Student(id="s2", name="Ben Kim", canvas_id="12346", moodle_id="112"),
    ]
)
WITHOUT_NUMBERS = Roster([Student(id=one.id, name=one.name) for one in CLASS.students])
MOODLE = "assignsubmission_file_"


@pytest.mark.parametrize("roster", [CLASS, WITHOUT_NUMBERS])
@pytest.mark.parametrize(
    "guest",
    [
        f"Jane Doe_77_112_{MOODLE}/x.ipynb",
        f"Jane Doe_77_112_{MOODLE}x.ipynb",
        f"Jane Doe_77_88_112_{MOODLE}/x.ipynb",
        f"Jane Doe_LATE_77_112_{MOODLE}/x.ipynb",
        f"Ben_12345_112_{MOODLE}/x.ipynb",
    ],
)
def test_a_name_in_moodle_that_looks_like_a_file_of_canvas_displaces_nobody(tray, guest, roster):
    own = f"Jane Doe_111_{MOODLE}/{SLUG}.ipynb"
    tray.put(own)
    tray.put(guest)
    found = tray.collect(roster)
    assert (found[own].student, found[own].problem) == ("s1", "")


@pytest.mark.parametrize("roster", [CLASS, WITHOUT_NUMBERS, None])
@pytest.mark.parametrize("guest", ["112_", "112_{0}", "x_112_"])
@pytest.mark.parametrize("place", ["/x.ipynb", f"/{SLUG}.ipynb", "x.ipynb"])
def test_a_name_in_moodle_that_looks_like_its_own_folder_displaces_nobody(
    tray, guest, place, roster
):
    own = f"Jane Doe_111_{MOODLE}/{SLUG}.ipynb"
    tray.put(own)
    other = f"Jane Doe_111_{MOODLE}{guest.format(MOODLE)}{MOODLE}{place}"
    tray.put(other)
    found = tray.collect(roster)
    assert (found[own].student, found[own].problem) == ("s1" if roster else "Jane_Doe", "")
    assert found[other].doubt == "112"


def test_such_a_name_is_doubtful_in_later_runs_too(tray):
    tray.put(f"Jane Doe_77_112_{MOODLE}/x.ipynb")
    (found,) = tray.collect(CLASS).values()
    assert (found.is_doubtful, found.doubt) == (True, "112")


@pytest.mark.parametrize("name", ["_", "-", ".,", SLUG])
def test_a_name_in_canvas_that_names_nobody_lets_no_title_name_another(tray, name):
    own = f"doejane_12345_67890_{SLUG}.ipynb"
    tray.put(own)
    tray.put(f"{name}_12346_67891_Jane Doe.ipynb")
    found = tray.collect(CLASS)
    assert (found[own].student, found[own].problem) == ("s1", "")


@pytest.mark.parametrize(
    "end", ["x", "‿", "x\u0301", "कि", "12345_88888_x", "12345_88888_x_LATE", "12345"]
)
def test_a_name_in_canvas_that_ends_as_another_users_file_displaces_nobody(tray, end):
    own = f"doejane_12345_67890_{SLUG}.ipynb"
    tray.put(own)
    other = f"doejane_12345_99999_{end}_12346_67891_x.ipynb"
    tray.put(other)
    found = tray.collect(CLASS)
    assert (found[own].student, found[own].problem) == ("s1", "")
    assert found[other].doubt == "12346"


LISTED = Roster([Student(id="s1", name="Eve Fox", canvas_id="1050")])


@pytest.mark.parametrize("roster", [LISTED, None])
@pytest.mark.parametrize(
    ("title", "is_late", "doubt"),
    [
        ("1050_51500_hw", False, "1050"),
        ("LATE_1050_51500_hw", True, "1050"),
        ("LATE_1050_515_hw", True, ""),
        ("x_LATE_1050_51500_hw", True, ""),
        ("1050_51001_x_LATE_1050_51500_hw", True, "1050"),
        ("evefox_1050_50000_hw", False, ""),  # handed out by Canvas, and handed in again
        ("My_LATE_1050_51500_hw", False, ""),  # no name as Canvas writes it
        ("LATE_1051_51500_hw", False, "1051"),
        ("LATE_hw", False, ""),
    ],
)
@pytest.mark.parametrize("name", ["evefox_1050_51000", "Eve Fox_1050_assignsubmission_file"])
def test_a_name_in_canvas_that_ends_in_its_own_number_hides_nothing(
    tray, name, title, is_late, doubt, roster
):
    tray.put(f"{name}_{title}.ipynb")
    (found,) = tray.collect(roster).values()
    assert (found.user, found.late, found.doubt) == ("1050", is_late, doubt)
    assert ("its user's number 1050 twice: look which file" in found.remark) == (doubt == "1050")


@pytest.mark.parametrize("end", ["7", "LATE_7", "x_7", "x_LATE_7"])
@pytest.mark.parametrize("name", ["doejane_12345_99999", "janedoe_111_assignsubmission_file"])
def test_a_user_with_a_number_of_one_digit_in_canvas_displaces_nobody(tray, name, end):
    own = f"{name.replace('99999', '67890')}_x.ipynb"
    tray.put(own)
    other = f"{name}_{end}_71001_x.ipynb"
    tray.put(other)
    found = tray.collect()
    assert found[own].problem == ""
    assert found[other].doubt == "7"


@pytest.mark.parametrize(
    "title", ["hw_7_20261127_x", "7_27112026_x", "hw_7_final", "hw_7_1234_x", "HW_7_123456_x"]
)
def test_a_lessons_number_in_a_title_is_no_users(tray, title):
    tray.put(f"doejane_12345_67890_{title}.ipynb")
    (found,) = tray.collect().values()
    assert (found.doubt, found.remark) == ("", "")


def test_a_lessons_number_in_a_title_in_moodle_is_no_users(tray):
    tray.put(f"Jane Doe_111_{MOODLE}hw_7_1234567_x.ipynb")
    (found,) = tray.collect().values()
    assert (found.doubt, found.remark) == ("", "")


@pytest.mark.parametrize("name", ["_", "-"])
def test_a_name_of_signs_in_canvas_is_told_by_the_number(tray, name):
    tray.put(f"{name}_12346_67891_Jane Doe.ipynb")
    (found,) = tray.collect(CLASS).values()
    assert (found.student, found.user) == ("s2", "12346")


def test_a_lesson_with_a_date_in_front_of_a_name_is_no_file_of_canvas(tray):
    tray.put(f"{SLUG}_2026_10_ana.ipynb")
    (found,) = tray.collect().values()
    assert (found.system, found.doubt) == ("", "")


def test_what_is_inside_an_upload_to_moodle_is_not_around_it(tray):
    tray.put(f"group 1x_112_{MOODLE}/Jane Doe/x.ipynb")
    (found,) = tray.collect(WITHOUT_NUMBERS).values()
    assert found.student == "group_1x"


def test_who_has_two_names_is_a_namesake_by_either(tray):
    """One number under two names counts for neither, but tells two students of one name."""
    own = f"doejane_999_67890_{SLUG}.ipynb"
    tray.put(own)
    for name, file in (("Jane Doe", 67892), ("Other", 67891)):
        tray.put(f"{name}_888_{file}_x.ipynb")
    found = tray.collect(WITHOUT_NUMBERS)
    assert (found[own].student, found[own].problem) == ("doejane_999~999", "")
    assert found["Jane Doe_888_67892_x.ipynb"].student == "Jane_Doe_888~888"


def test_who_has_two_names_is_doubtful_so_that_no_earlier_notebook_gives_way(tray):
    places = [
        f"{name}_888_{file}_x.ipynb" for name, file in (("Jane Doe", 67892), ("Other", 67891))
    ]
    for place in places:
        tray.put(place)
    found = tray.collect(WITHOUT_NUMBERS)
    assert [found[place].is_doubtful for place in places] == [True, True]


@pytest.mark.parametrize("name", ["Ana Ax_17_assignsubmission_file_x", "ana_17_34_x"])
def test_a_number_that_a_student_chose_reaches_no_export(tray, name):
    tray.put(f"ana/{name}.ipynb")
    (found,) = tray.collect(Roster([Student(id="ana", name="Ana Ax")])).values()
    assert (found.student, found.system, found.user) == ("ana", "", "")


def test_a_forged_name_of_moodle_makes_no_twin_of_a_student(tray):
    own = f"hw/ben_17_assignsubmission_file_/{SLUG}.ipynb"
    for place in (own, f"ana/{SLUG}.ipynb", "ana/ben_1_assignsubmission_file_x.ipynb"):
        tray.put(place)
    assert tray.collect()[own].student == "ben"


@pytest.fixture
def two_lessons(tray):
    """What hands in the same name with two numbers, in two lessons."""
    (lesson,) = tray.course.lessons
    other = SLUG.replace("00", "01")
    tray.course = tray.course.model_copy(
        update={"lessons": [lesson, lesson.model_copy(update={"slug": other})]}
    )

    def hand_in(form: str, numbers: tuple[str, str], roster: Roster | None) -> list[Submission]:
        for number, slug in zip(numbers, (SLUG, other)):
            place = form.format(number, slug)
            tray.put(place, tray.notebook(place).replace(SLUG.encode(), slug.encode()))
        found = list(tray.collect(roster).values())
        assert {one.lesson for one in found} == {SLUG, other}
        return found

    return hand_in


@pytest.mark.parametrize("roster", [WITHOUT_NUMBERS, None])
@pytest.mark.parametrize("numbers", [("12345", "12347"), ("12345", "12345")])
def test_one_name_in_two_lessons_is_two_students_if_canvas_numbers_two(
    two_lessons, roster, numbers
):
    found = two_lessons("doejane_{}_67890_{}.ipynb", numbers, roster)
    assert len({one.student for one in found}) == len(set(numbers))
    told = ["Canvas has several students of this name" in one.remark for one in found]
    assert told == [roster is not None and len(set(numbers)) == 2] * 2  # else numbers are names


@pytest.mark.parametrize("roster", [WITHOUT_NUMBERS, None])
def test_in_moodle_a_student_has_another_number_in_each_lesson(two_lessons, roster):
    found = two_lessons(f"Jane Doe_{{}}_{MOODLE}/{{}}.ipynb", ("111", "112"), roster)
    assert len({one.student for one in found}) == 1
    assert [one.remark for one in found] == ["", ""]
