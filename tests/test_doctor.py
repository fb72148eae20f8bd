"""What the doctor finds: on this machine nothing to mend, on others a sentence and a remedy."""

import contextlib
import json
import os
import socket
import subprocess
import sys

import pytest
from conftest import SLUG

from generative_vision.course import doctor
from generative_vision.course.build import build

CPUINFO = "processor\t: 0\nflags\t\t: fpu sse sse2 {}\nbugs\t\t:\n"


def test_nothing_is_a_problem_here(tiny_course):
    found = list(doctor.examine(tiny_course()))
    assert [finding for finding in found if finding.state == "problem"] == []
    assert len({finding.subject for finding in found}) == len(found)
    assert "TensorFlow" in {finding.subject for finding in found}


def test_the_quick_part_leaves_out_what_takes_time(tiny_course):
    quick = {finding.subject for finding in doctor.examine(tiny_course(), quick=True)}
    assert "TensorFlow" not in quick
    assert {"memory", "environment", "folder"} <= quick


@pytest.mark.parametrize(
    ("facts", "state", "words"),
    [
        (("Linux", "x86_64", CPUINFO.format("avx avx2")), "ok", "AVX"),
        (("Linux", "x86_64", CPUINFO.format("sse4_2 avxless")), "problem", "no AVX"),
        (("Linux", "aarch64", "Features : asimd\n"), "ok", "aarch64"),
        (("Darwin", "arm64", ""), "ok", "arm64"),
    ],
)
def test_processors(facts, state, words):
    found = doctor.examine_processor(*facts)
    assert found.state == state
    assert words in found.text


def test_a_mac_with_an_intel_processor_has_a_remedy():
    found = doctor.examine_python(3, 12, "Darwin", "x86_64")
    assert found.state == "problem"
    assert "container" in found.remedy


@pytest.mark.parametrize(
    ("gib", "state"), [(2.0, "problem"), (4.0, "note"), (16.0, "ok"), (None, "note")]
)
def test_memory(gib, state):
    assert doctor.examine_memory(gib).state == state


@pytest.mark.parametrize("kept", ["{", "[]", "{}", '{"floatx": "float32", "epsilon": 1e-07}'])
def test_keras_settings_that_do_no_harm(tmp_path, kept):
    (tmp_path / "keras.json").write_text(kept)
    assert doctor.examine_keras(tmp_path).state == "ok"


def test_settings_of_another_project_are_named(tmp_path):
    (tmp_path / "keras.json").write_text(json.dumps({"floatx": "float16", "epsilon": 1e-3}))
    found = doctor.examine_keras(tmp_path)
    assert found.state == "note"
    assert "floatx, epsilon" in found.text


def test_a_port_that_is_taken():
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):  # taken by somebody else: as good
            other.bind(("127.0.0.1", 8888))
        found = doctor.examine_ports()
    assert found.state == "note"
    assert "8888 is taken" in found.text


def test_an_environment_of_no_use_is_mended_by_make(tmp_path):
    (tmp_path / ".venv").mkdir()
    found = doctor.examine_environment(tmp_path / ".venv", tmp_path)
    assert found.state == "problem"
    assert "make lab" in found.remedy


def test_another_environment_than_the_courses_own_is_named(tmp_path):
    venv = tmp_path / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    found = doctor.examine_environment(venv, tmp_path)
    assert found.state == "note"
    assert f"{tmp_path} runs, and not {venv}" in found.text
    assert doctor.examine_environment(venv, venv).state == "ok"


def test_a_kernel_of_another_python_is_named(tmp_path, monkeypatch):
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    argv = ["/opt/another/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Python 3", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    found = doctor.examine_kernels()
    assert found.state == "note"
    assert "/opt/another/bin/python" in found.text
    assert str(folder) in found.remedy


NOBODY = """
import sys
from pathlib import Path
from generative_vision.course import doctor, manifest
course = manifest.read_course(Path(sys.argv[1]))
for finding in doctor.examine(course, quick=True):
    print(finding)
"""


@pytest.fixture(scope="module")
def without_a_home(tiny_course, bubblewrap):
    """What the doctor says to a user without a home, in a course that cannot be written."""
    course = tiny_course()
    build(course)
    walls = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--unshare-user"]
    user = ["--uid", "1234", "--gid", "1234", "--unsetenv", "HOME"]
    command = ["bwrap", *walls, *user, sys.executable, "-c", NOBODY, str(course.root)]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_user_without_a_home_is_examined_to_the_end(without_a_home):
    assert without_a_home.returncode == 0, without_a_home.stderr
    assert "This user has no home" in without_a_home.stdout


def test_a_course_that_cannot_be_written_to_is_a_problem(without_a_home):
    assert "cannot be written to" in without_a_home.stdout
    assert "generative-vision lab" in without_a_home.stdout


def test_memory_and_disk_of_this_machine_are_measured(tiny_course):
    course = tiny_course()
    found = {finding.subject: finding for finding in doctor.examine(course, quick=True)}
    assert "GiB" in found["memory"].text
    assert "GiB" in found["disk"].text
    assert os.fspath(course.work) in found["folder"].text
    assert SLUG not in found["folder"].text
