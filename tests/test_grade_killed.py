"""Grading that is killed and started again gives the marks of a run that nobody disturbed."""

from __future__ import annotations

import csv
import multiprocessing
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import nbformat
import psutil
import pytest
from conftest import SLUG
from hand_ins import Sheet
from marked_run import Run, prepare
from nbgrader.api import Gradebook

from generative_vision.course.grading import children, worker, zygote
from generative_vision.course.grading.locks import FILE_NAME, TEMPORARY
from generative_vision.course.grading.results import STARVED
from generative_vision.course.grading.submissions import Submission
from generative_vision.course.grading.warm import warm_process

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("killable.py")
SEQUENCES = [pytest.param(seed, marks=[pytest.mark.full] if seed else []) for seed in range(17)]
KILLS = 3  # of one run


@pytest.fixture(scope="module")
def run(tiny_course, tmp_path_factory) -> Run:
    run = prepare(tiny_course(), tmp_path_factory.mktemp("killed"))
    for name, first, second in (("ana", "b", "a"), ("ben", "a", "a"), ("cem", "a", "c")):
        sheet = Sheet(run.released).answer(first=first, second=second)
        nbformat.write(sheet.notebook, run.folder / f"{name}.ipynb")
    return run


def start(run: Run, output: Path, place: Path | None = None, **options) -> subprocess.Popen:
    """Start a run; its temporary files go into a place."""
    arguments = map(str, (run.course.root, run.folder, output))
    environment = {**os.environ, "TMPDIR": str(place)} if place else None
    return subprocess.Popen([sys.executable, str(SCRIPT), *arguments], env=environment, **options)


def marks(output: Path) -> list[tuple[str, ...]]:
    """Return the table and the gradebook's scores."""
    with open(output / "grades.csv", encoding="utf-8", newline="") as file:
        rows = [tuple(row.values()) for row in csv.DictReader(file)]
    with Gradebook(f"sqlite:///{output / 'gradebook.db'}") as gradebook:
        scores = {s.student.id: s.score for s in gradebook.assignment_submissions(SLUG)}
    return [*rows, *sorted(scores.items())]


@pytest.fixture(scope="module")
def undisturbed(run, tmp_path_factory) -> tuple[list, float]:
    """The marks of a run that nobody disturbed, and its seconds."""
    output = tmp_path_factory.mktemp("undisturbed")
    began = time.monotonic()
    assert start(run, output).wait() == 0
    return marks(output), time.monotonic() - began


@pytest.mark.parametrize("seed", SEQUENCES)
def test_killed_and_started_again(run, undisturbed, tmp_path, seed):
    expected, seconds = undisturbed
    chance = random.Random(seed)
    output = tmp_path / "out"
    with tempfile.TemporaryDirectory() as name:  # its path is short, as ``short_temporary`` asks
        place = Path(name)
        for _ in range(KILLS):
            process = start(run, output, place)
            time.sleep(chance.uniform(0.3, 1) * seconds)
            process.kill()
            process.wait()
        assert start(run, output, place).wait() == 0
        assert list(place.glob(f"{TEMPORARY}*")) == []
    assert marks(output) == expected
    assert [name for name in (".workspace", FILE_NAME) if (output / name).exists()] == []


@pytest.mark.full
def test_a_long_path_for_temporary_files_stops_no_run(run, undisturbed, tmp_path):
    place = tmp_path / ("long" * 30)
    place.mkdir()
    assert start(run, tmp_path / "out", place).wait() == 0
    assert marks(tmp_path / "out") == undisturbed[0]


def test_of_two_runs_into_one_folder_the_second_says_so(run, undisturbed, tmp_path):
    output = tmp_path / "out"
    first = start(run, output)
    while not (output / FILE_NAME).exists():
        assert first.poll() is None
        time.sleep(0.01)
    second = start(run, output, stderr=subprocess.PIPE, text=True)
    said = second.communicate()[1].strip().splitlines()[-1]
    assert said.endswith(
        f"Another run is at work in {output}: wait until it has ended, or write into another "
        "folder with --output."
    )
    assert first.wait() == 0
    assert marks(output) == undisturbed[0]


STARTS = {
    "cannot start": BlockingIOError(11, "no process is left"),
    "cannot be forked": EOFError("unexpected EOF"),  # as multiprocessing says it
}


@pytest.mark.parametrize("end", [*STARTS, "ends while it sends"])
def test_a_process_that_cannot_start_or_tell_costs_one_row(tiny_course, tmp_path, monkeypatch, end):
    """A submission that starts processes without end, where nothing bounds them."""

    def process(args, **_):
        def start():
            if end in STARTS:
                raise STARTS[end]
            os.write(args[0].fileno(), b"\0\0\0\x99half")

        return SimpleNamespace(start=start, kill=lambda: None, join=lambda *_: None, exitcode=None)

    context = SimpleNamespace(Pipe=multiprocessing.Pipe, Process=process)
    monkeypatch.setattr(worker, "child_processes", lambda _: context)
    monkeypatch.setattr(children, "STARTING_SECONDS", 0)
    submission = Submission(tmp_path / "ana.ipynb", "ana", SLUG)
    job = worker.Job(submission, tiny_course(), tmp_path, tmp_path, "sqlite://", isolate=True)
    result = worker.mark_in_child(job)
    assert (result.status, result.score) == ("not graded", None)


WORDLESS = "its marking ended without a word"


@pytest.mark.parametrize(
    ("ends", "waits", "said"),
    [
        (-9, [worker.CLOSING_SECONDS], STARVED),  # nobody but the system kills it
        (-6, [worker.CLOSING_SECONDS], WORDLESS),
        (0, [], WORDLESS),
    ],
)
def test_after_a_process_that_was_killed_its_memory_is_waited_for(
    tiny_course, tmp_path, monkeypatch, ends, waits, said
):
    """Its kernel ends with it, but not at once: whoever is next would be short of memory."""
    ended = SimpleNamespace(
        start=lambda: None, kill=lambda: None, join=lambda *_: None, exitcode=ends
    )
    context = SimpleNamespace(Pipe=multiprocessing.Pipe, Process=lambda **_: ended)
    monkeypatch.setattr(worker, "child_processes", lambda _: context)
    waited = []
    monkeypatch.setattr(worker, "remove_left", lambda seconds: waited.append(seconds))
    submission = Submission(tmp_path / "ana.ipynb", "ana", SLUG)
    job = worker.Job(submission, tiny_course(), tmp_path, tmp_path, "sqlite://", isolate=True)
    assert worker.mark_in_child(job).remark == said
    assert waited == waits


def test_a_disk_that_is_nearly_full_is_not_filled(tiny_course, tmp_path):
    """A thousand names, each with pictures, would take the room that tables and gradebook need."""
    submission = Submission(tmp_path / "ana.ipynb", "ana", SLUG)
    job = worker.Job(submission, tiny_course(), tmp_path, tmp_path, "sqlite://", isolate=True)
    result = worker.mark_in_child(replace(job, min_free=2**62))
    assert result.remark == f"too little room is left on the disk of {tmp_path}"
    assert not (tmp_path / "submitted").exists()


def test_a_process_that_cannot_start_yet_starts_later(monkeypatch):
    monkeypatch.setattr(worker, "LOOK_SECONDS", 0.01)
    outcomes = iter([EOFError("unexpected EOF"), BlockingIOError(11, "none is left"), None])

    def start():
        if error := next(outcomes):
            raise error

    children.start_when_possible(SimpleNamespace(start=start), Event())
    assert list(outcomes) == []


def test_the_warm_process_outlives_a_fork_that_fails(monkeypatch):
    outcomes = iter([BlockingIOError(11, "no process is left"), KeyboardInterrupt])

    def fork():
        raise next(outcomes)

    monkeypatch.setattr(zygote.os, "fork", fork)
    monkeypatch.setattr(zygote, "libc", SimpleNamespace(prctl=lambda *_: 0))
    for step in ("import_everything", "leave_keyring"):
        monkeypatch.setattr(zygote, step, lambda: None)
    place = f"\0{os.getpid()}"
    server, *asking = (socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(3))
    server.bind(place)
    server.listen()
    for one in asking:
        one.connect(place)
    end, held = os.pipe()
    monkeypatch.setattr(sys, "argv", ["zygote", str(server.detach()), str(end)])
    with pytest.raises(KeyboardInterrupt):
        zygote.main()
    assert [one.recv(1) for one in asking] == [b"", b""]
    for descriptor in (end, held):
        os.close(descriptor)


def test_the_warm_process_ends_with_its_run_though_nothing_ends_it(tmp_path):
    """Bubblewrap does not, where it has just begun when its parent ends."""
    known = tmp_path / "process"
    behind = f'"$@" & echo $! > {known}; wait'
    command = ["/bin/sh", "-c", behind, "sh", sys.executable, "-m", zygote.__name__]
    with warm_process(command, dict(os.environ)):
        while not (known.exists() and known.read_text(encoding="utf-8")):
            time.sleep(0.01)
        process = psutil.Process(int(known.read_text(encoding="utf-8")))
    assert process.is_running()
    try:
        for _ in range(1200):
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                return
            time.sleep(0.1)
        pytest.fail("it still waits to be asked")
    finally:
        with suppress(psutil.NoSuchProcess):
            process.kill()
