"""Names of students, as folders have them."""

import pytest

from generative_vision.course.grading.owners import student_name


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
        ("a@b.example", "a@b.example"),
    ],
)
def test_a_name_is_a_folders_name(said, name):
    assert student_name(said) == name


def test_vowel_signs_tell_names_apart():
    assert student_name("कि") != student_name("कु")
