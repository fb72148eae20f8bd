"""What a lesson's questions look like gives no answer away."""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest

from generative_vision.course import questions
from generative_vision.course.manifest import read_course

COURSE = read_course(Path(__file__).resolve().parents[1])
LESSONS = {lesson.slug: lesson for lesson in COURSE.lessons}
each_lesson = pytest.mark.parametrize("slug", LESSONS)
CAUTION = "may|might|can|could|perhaps|probably|often|some|mostly|nearly|almost|hardly|little|about"
FORMS = [
    r"\b(because|since|as)\b",
    ":",
    ";",
    rf"\b({CAUTION})\b",
    r"\b(no|not|none|nothing|never|neither|cannot)\b",
    r"\b(all|any|always|every|each|only|must|whatever)\b",
    r"\b(more|less|fewer|(larg|small|high|low|bett|near|close|sharp|long|short|fast|slow)e?r)\b",
    r"\b(train|learn)\w*",
]


def quiz(slug):
    return questions.read_questions(COURSE.source(LESSONS[slug]).parent / "quiz.toml")


@each_lesson
def test_the_right_choice_is_seldom_the_longest(slug):
    right = [
        max(q.choices, key=lambda letter, q=q: len(q.choices[letter])) == q.right
        for q in quiz(slug)
    ]
    longest = f"of {len(right)} questions of {slug}, {sum(right)} tell the answer by its length"
    assert sum(right) <= 0.4 * len(right), f"{longest}: 40 % at most; lengthen wrong choices"


def test_no_rank_by_length_tells_the_right_choice():
    """Nor does the second longest, of which those who lengthen wrong choices do not think."""
    ranks = Counter()
    for question in chain.from_iterable(map(quiz, LESSONS)):
        length = len(question.choices[question.right])
        ranks[sum(len(text) > length for text in question.choices.values())] += 1
    assert max(ranks.values()) <= 0.35 * ranks.total(), f"by length, from the longest: {ranks}"


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_a_sentence_tells_the_right_choice(form):
    """Where a wrong choice gives a ground, which it can hardly do without, right ones do, too.

    Nor is a cautious choice the right one, or a bold one the wrong one.
    """
    found = expected = variance = 0.0
    for question in chain.from_iterable(map(quiz, LESSONS)):
        choices = question.choices.items()
        having = [letter for letter, text in choices if re.search(form, text, re.IGNORECASE)]
        share = len(having) / len(question.choices)
        found += question.right in having
        expected += share
        variance += share * (1 - share)
    said = f"{form!r} is in {found:.0f} right choices; by chance it would be in {expected:.1f}"
    assert abs(found - expected) <= 2.5 * variance**0.5, said


def test_no_single_word_tells_the_right_choice():
    """Of a word that stands in many choices, a fitting share of these are right."""
    right, offered = Counter(), Counter()
    asked = list(chain.from_iterable(map(quiz, LESSONS)))
    for question in asked:
        offered.update(chain.from_iterable(map(_words, question.choices.values())))
        right.update(_words(question.choices[question.right]))
    share = len(asked) / sum(len(question.choices) for question in asked)
    told = {  # by more than three standard deviations
        word: f"{right[word]} of {n}"
        for word, n in offered.items()
        if n >= 8 and abs(right[word] - n * share) > 3 * (n * share * (1 - share)) ** 0.5
    }
    assert told == {}


def _words(text):
    return set(re.findall(r"[a-z]+", text.lower()))


def test_the_right_choice_stands_as_often_at_each_place_as_by_chance():
    """In no lesson exactly equally often: who knows most answers would know the others."""
    keys = {slug: "".join(question.right for question in quiz(slug)) for slug in LESSONS}
    places = Counter(chain.from_iterable(keys.values()))
    chance, n = places.total() / len(places), places.total()
    assert all(abs(count - chance) < 2.5 * (n * 3 / 16) ** 0.5 for count in places.values()), places
    assert len(set(keys.values())) == len(keys), f"two lessons have one key: {keys}"
