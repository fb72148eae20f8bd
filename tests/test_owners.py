"""Names of students, as folders have them."""

import pytest

from generative_vision.course.grading.layouts import read_label
from generative_vision.course.grading.owners import groups_among, owner_of
from generative_vision.course.grading.spelling import student_name

LESSONS = {"Lesson 00 - Tiny": "00-tiny", "Lesson 01 - Small": "01-small"}


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Anna Maria", "Anna_Maria"),
        ("../../etc", "etc"),
        ("José", "José"),
        ("कि", "कि"),  # a vowel sign is no letter of its own, and tells two names apart
        ("a*?[b]", "a_b"),
        (".hidden", "hidden"),
        ("mathjax.js", "mathjax.js-"),  # a file beside the students' folders
        ("MathJax.js", "MathJax.js-"),  # on some disks that is the same
        ("constructor", "constructor-"),  # what each object of JavaScript has
        ("toString", "toString-"),
        ("__proto__", "proto"),
        ("c1", "c1-"),  # formgrader's lists number their rows so
        ("c123456", "c123456"),  # but no class is that large
        ("Constructora", "Constructora"),
        ("a@b.example", "a@b.example"),
        ("q" + 40 * "\u0301" + "a", "q" + 4 * "\u0301" + "a"),  # a pile covers the lines above
    ],
)
def test_a_name_is_a_folders_name(said, name):
    assert student_name(said) == name


def test_vowel_signs_tell_names_apart():
    assert student_name("कि") != student_name("कु")


@pytest.mark.parametrize("outer", ["", "all of them/", "this year/GV/"])
@pytest.mark.parametrize("form", ["{}/x.ipynb", "{}.ipynb"])
@pytest.mark.parametrize("week", LESSONS)
def test_folders_of_lessons_with_titles_hold_several_students(outer, form, week):
    """Each student is in all of them, or there are two for a lesson."""
    weeks = {**LESSONS, f"{week}, again": LESSONS[week]}
    labelled = []
    for folder, lesson in weeks.items():
        for name in ("ana", "ben", "cem"):
            name = f"{name}2" if folder.endswith("again") else name
            parts = tuple(f"{outer}{folder}/{form.format(name)}".split("/"))
            stem = parts[-1].removesuffix(".ipynb")
            labelled.append((read_label(parts, stem, LESSONS.values(), {0, 1}), lesson))
    groups = groups_among(labelled)
    found = {owner_of(label, groups, None).student for label, _ in labelled}
    assert found == {"ana", "ben", "cem", "ana2", "ben2", "cem2"}
