"""Each submission that is marked while others are has processors of its own."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from itertools import chain
from threading import Barrier

import pytest
from conftest import SLUG

from generative_vision.course.grading import processors, run, worker
from generative_vision.course.grading.processors import Parts
from generative_vision.course.grading.results import refused
from generative_vision.course.grading.submissions import Submission

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="needs a system that keeps processes to processors"
)


def taken_together(count: int) -> list[list[int]]:
    parts = Parts(count)
    with ExitStack() as stack:
        return [stack.enter_context(parts.taken()) for _ in range(count)]


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_parts_are_all_processors_and_none_twice(monkeypatch, count):
    monkeypatch.setattr(processors, "own", lambda: [2, 3, 5, 7, 11])
    parts = taken_together(count)
    assert sorted(chain(*parts)) == [2, 3, 5, 7, 11]
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_more_parts_than_processors_share_them_evenly(monkeypatch):
    monkeypatch.setattr(processors, "own", lambda: [2, 3])
    assert taken_together(5) == [[2], [3], [2], [3], [2]]


def test_a_part_is_given_back(monkeypatch):
    monkeypatch.setattr(processors, "own", lambda: [2, 3])
    parts = Parts(2)
    with parts.taken() as first:
        for _ in range(3):
            with parts.taken() as second:
                assert first != second


def test_submissions_marked_together_have_different_processors(built_course, tmp_path, monkeypatch):
    place = built_course.root / "lessons" / SLUG / f"{SLUG}.ipynb"
    both = Barrier(2, timeout=60)
    monkeypatch.setattr(processors, "own", lambda: [2, 3, 5])

    def mark(job, *rest):
        both.wait()
        return refused(job.submission, str(job.processors))

    monkeypatch.setattr(run, "mark_in_child", mark)
    handed_in = [Submission(place, student, SLUG) for student in ("ana", "ben")]
    results = run.grade(built_course, handed_in, tmp_path, isolate=False, jobs=2, trial=False)
    assert sorted(result.remark for result in results) == ["[2, 5]", "[3]"]


class Told:
    """A folder of results that is called like the processors of whoever writes its name."""

    def __fspath__(self) -> str:
        return "/"

    def __str__(self) -> str:
        return str(processors.own())


def test_the_process_that_marks_keeps_to_them(built_course, tmp_path):
    one = processors.own()[:1]
    job = worker.Job(
        Submission(tmp_path, "ana"),
        built_course,
        tmp_path,
        Told(),
        "sqlite://",
        isolate=True,
        min_free=2**62,
        processors=one,
    )
    assert worker.mark_in_child(job).remark == f"too little room is left on the disk of {one}"
