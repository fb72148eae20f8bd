"""Hostile submissions: each gets the mark it deserves, reads nothing hidden, harms nobody else."""

from __future__ import annotations

import re
import socket
import sys
from pathlib import Path

import attacks
import harms
import pytest
from hand_ins import CASES, FULL
from marked_run import SECRETS, chosen, each, hand_in, prepare

import generative_vision

pytestmark = pytest.mark.slow

MODULES = (attacks.__name__, harms.__name__)
HOSTILE = {name: case for name, case in CASES.items() if case.make.__module__ in MODULES}


#: one of each kind, and those that the tests below look at
FEW = {
    "check_patched_and_restored",
    "escape_codes",
    "key_from_memory",
    "lying_object",
    "many_processes",
    "picture_with_metadata",
    "reason_with_escape_codes",
    "reply_forged",
    "scripts",
    "searches_memory",
    "spy",
    "tampered_points",
    "tells_all_it_knows",
}


@pytest.fixture(scope="module")
def marked(request, tiny_course, tmp_path_factory, bubblewrap):
    course = tiny_course()
    patient = course.grading.model_copy(update={"cell_seconds": 40})  # a search takes its time
    course = course.model_copy(update={"grading": patient})
    run = prepare(course, tmp_path_factory.mktemp("attacks"))
    listener = socket.create_server(("127.0.0.1", 0))
    with pytest.MonkeyPatch.context() as patch, listener:
        patch.setenv("HOST_SECRET", "of the instructor")
        hand_in(run, chosen(request, HOSTILE, FEW), listener)
        run.results = run.grade()
    return run


@each(HOSTILE, FEW)
def test_an_attack_earns_what_it_deserves(marked, student):
    result, expected = marked.results[student], HOSTILE[student]
    assert (result.status, result.score, result.max_score) == ("graded", expected.score, FULL)
    if expected.remark is not None:
        assert expected.remark in result.remark
        assert bool(expected.remark) == bool(result.remark)


def test_no_hidden_word_is_in_the_kernels_memory(marked):
    found = marked.printed("searches_memory", "FOUND")
    assert found["memory"] == [0]  # the word that it put there itself


def test_no_hidden_word_is_in_a_file_of_the_sandbox(marked):
    found = marked.printed("searches_memory", "FOUND")
    assert found["files"] == [0]


@pytest.mark.parametrize(
    "student", ["tells_all_it_knows", "searches_memory", "spy", "key_from_memory"]
)
def test_a_page_shows_no_hidden_word(marked, student):
    text = re.sub(r"<[^>]*>", "", marked.page(student))
    hidden = [secret for secret in SECRETS[:1] if secret in text]
    assert hidden == []
    assert "quiz.mark(answer" not in text


def test_feedback_runs_nothing_of_the_students(marked):
    page = marked.page("scripts")
    (nonce,) = set(re.findall(r'nonce="([^"]+)"', page))
    ours = [f'<script nonce="{nonce}">', f'<script nonce="{nonce}" src="../mathjax.js">']
    assert re.findall(r"<script[^>]*>", page) == ours
    assert re.findall(r"<[^>]*\b(?:steal|evil|javascript:|onerror)[^>]*>", page) == []
    assert "<iframe" not in page


def test_a_picture_is_encoded_again_without_metadata(marked):
    outputs = [o for c in marked.ran("picture_with_metadata").cells for o in c.get("outputs", [])]
    pictures = [o for o in outputs if o.output_type == "display_data"]
    assert sorted(pictures[0].data) == ["image/png", "text/plain"]
    assert {key for o in pictures for key in o.data} <= {"image/png", "text/plain"}
    assert [o.metadata for o in pictures if o.metadata] == []
    assert "steal" not in str([o.data for o in pictures])


def test_no_escape_code_is_stored(marked):
    printed = [
        o.text
        for c in marked.ran("escape_codes").cells
        for o in c.get("outputs", [])
        if "text" in o
    ]
    assert "plain\n" in printed


def test_a_reason_has_no_escape_code(marked):
    shown = marked.page("reason_with_escape_codes")
    assert [character for character in "\x1b\u202e\x00" if character in shown] == []
    assert "evil" in shown


@pytest.mark.full
def test_outputs_have_a_bound_together(marked):
    assert len(str(marked.ran("large_errors"))) < 2_000_000


@pytest.fixture
def seen(marked) -> dict:
    return marked.printed("spy", "SEEN")


def test_a_submission_sees_neither_course_nor_other_files(seen):
    assert seen["course"] == "FileNotFoundError"
    assert seen["tests"] == "FileNotFoundError"
    assert set(seen["home"]) <= {".ipython", ".config", ".cache"}
    places = [Path(place) for place in (generative_vision.__file__, sys.prefix)]
    ours = {place.parts[2] for place in places if place.is_relative_to("/tmp")}  # a clone there
    assert set(seen["tmp"]) <= ours


def test_a_submission_has_no_network(seen):
    assert seen["network"] in ("ConnectionRefusedError", "OSError")
    assert seen["interfaces"] == ["lo"]


def test_a_submission_sees_nothing_of_the_instructors_environment(seen):
    assert "of the instructor" not in seen["environment"].values()
    assert seen["environment"]["HOME"] == "/home/student"
    assert seen["processes"] < 10


@pytest.mark.parametrize("place", ["write", "usr", "root", "dev", "sysctl"])
def test_a_submission_cannot_write_outside(seen, place):
    assert seen[place] in ("OSError", "PermissionError")


@pytest.mark.parametrize("folder", ["/tmp", "/dev/shm", "/run/kernel", "."])
def test_a_submission_cannot_fill_the_disk(seen, folder):
    assert seen[f"fill {folder}"] == "OSError"


def test_a_submission_cannot_make_one_huge_file(seen):
    assert seen["huge file"] == "OSError"


def test_a_submission_has_no_rights(seen):
    assert seen["user"] != 0
    assert seen["rights"] == ["CapEff:\t0000000000000000\n"]
