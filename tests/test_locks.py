"""What a killed process leaves is removed by the next one, and nothing else is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from generative_vision.course import CourseError
from generative_vision.course.grading import limits
from generative_vision.course.grading.locks import (
    PREFIX,
    TEMPORARY,
    OwnFolder,
    alone_in,
    remove_left,
)

IMPORTS = """
import sys
from pathlib import Path
from generative_vision.course.grading.limits import Limits
from generative_vision.course.grading.locks import OwnFolder, alone_in
"""


@contextmanager
def process(code: str, folder: Path):
    """Give what a process printed that runs code, and then waits to be killed."""
    wait = "; sys.stdout.flush(); sys.stdin.read()"
    running = subprocess.Popen(
        [sys.executable, "-c", IMPORTS + code + wait],
        env={**os.environ, "TMPDIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield running.stdout.readline().strip()
    finally:
        running.kill()
        running.communicate()


@pytest.fixture
def killed(tmp_path):
    """A folder that a killed process left, with a link in it to a file that is not its own."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").touch()
    with process("print((folder := OwnFolder()).path)", tmp_path) as said:
        (Path(said) / "link").symlink_to(tmp_path / "kept")
        remove_left(tmp_path, shutil.rmtree, TEMPORARY)
        assert Path(said).is_dir()  # as long as the process lives
    return Path(said)


def test_a_folder_goes_after_its_process(killed, tmp_path):
    remove_left(tmp_path, shutil.rmtree, TEMPORARY)
    assert not killed.exists()
    assert (tmp_path / "kept" / "file").exists()


def test_a_folder_that_is_not_ours_stays(killed, tmp_path):
    other = killed.rename(tmp_path / "other")
    link = tmp_path / f"{TEMPORARY}link"
    link.symlink_to(other)
    theirs = tmp_path / "generative-vision-main"  # a repository's archive, unpacked
    theirs.mkdir()
    remove_left(tmp_path, shutil.rmtree, TEMPORARY)
    assert [path.name for path in (other, link, theirs) if not path.exists()] == []


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="needs root")
def test_a_folder_of_another_user_stays(killed, tmp_path):
    os.chown(killed, 65534, 65534)
    remove_left(tmp_path, shutil.rmtree, TEMPORARY)
    assert killed.exists()


def test_a_folder_that_is_in_use_stays(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with OwnFolder() as folder:
        remove_left(tmp_path, shutil.rmtree, TEMPORARY)
        assert folder.is_dir()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["user/app", "memory/mine"])
def test_an_empty_control_group_that_nobody_holds_is_removed(tmp_path, place):
    left, busy = (tmp_path / place / f"{PREFIX}{name}" for name in ("left", "busy"))
    left.mkdir(parents=True)
    (busy / "process").mkdir(parents=True)  # as a group with processes, it cannot be removed
    limits.remove_left(tmp_path)
    assert [folder.exists() for folder in (left, busy)] == [False, True]


@pytest.mark.parametrize("seconds", [0, 60])
def test_it_is_waited_for_a_control_group_whose_processes_are_ending(tmp_path, seconds):
    busy = tmp_path / "memory" / f"{PREFIX}busy"
    (busy / "process").mkdir(parents=True)
    end = threading.Timer(0.5, (busy / "process").rmdir)
    end.start()
    limits.remove_left(tmp_path, seconds)
    assert busy.exists() == (seconds == 0)
    end.join()


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="needs root")
def test_a_control_group_of_this_machine_goes_after_its_process(tmp_path):
    code = "print(*(group := Limits(2**30)).folders, sep='|')"
    with process(code, tmp_path) as said:
        if not said:
            pytest.skip("needs control groups that may be written to")
        folders = [Path(name) for name in said.split("|")]
        limits.remove_left()
        assert [folder.is_dir() for folder in folders] == [True] * len(folders)
    limits.remove_left()
    assert [folder.is_dir() for folder in folders] == [False] * len(folders)


def test_a_folder_of_results_has_one_run_at_a_time(tmp_path):
    code = f"print((run := alone_in(Path({str(tmp_path)!r}))).__enter__())"
    with process(code, tmp_path), pytest.raises(CourseError, match="Another run is at work in"):
        alone_in(tmp_path).__enter__()
    with alone_in(tmp_path):  # the lock ended with the process
        pass
    assert list(tmp_path.iterdir()) == []
