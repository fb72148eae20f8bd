"""What a machine offers to shut a submission off, and what is said where it offers less."""

from __future__ import annotations

import base64
import io
import os
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

import generative_vision
from generative_vision.course import CourseError
from generative_vision.course.grading import limits, room, sandbox, walls
from generative_vision.course.grading.limits import MAX_STREAMS, Limits
from generative_vision.course.grading.outputs import plain_line, plain_text, rebuild
from generative_vision.course.grading.run import grade

GIB = 2**30


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def only_programs(tmp_path, monkeypatch) -> Path:
    """A folder with the only programs that can be found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_without_bubblewrap_the_remedies_are_named(only_programs):
    with pytest.raises(CourseError) as error:
        sandbox.validate_available()
    for remedy in ("apt-get install bubblewrap", "container", "WSL2", "--no-isolation"):
        assert remedy in str(error.value)


def test_where_bubblewrap_is_forbidden_its_own_words_are_told(only_programs):
    program(only_programs, "bwrap", "echo 'bwrap: No permissions' >&2; exit 1")
    with pytest.raises(CourseError, match="bwrap: No permissions.*--no-isolation"):
        sandbox.validate_available()


@pytest.mark.parametrize("place", ["/usr/src/app", sys.prefix, f"{sys.prefix}/graded"])
def test_what_submissions_could_read_is_refused(place, tmp_path):
    walls.validate_hidden([tmp_path])
    with pytest.raises(CourseError, match=f"^{place} lies in .*, which submissions can read"):
        walls.validate_hidden([tmp_path, Path(place)])


@pytest.mark.parametrize("target", ["/usr/share", "eve"])
def test_a_folder_that_became_a_link_stops_no_run(tmp_path, target):
    """Its student may wait until it has been looked through."""
    (tmp_path / "eve").symlink_to(target, target_is_directory=True)
    walls.validate_hidden([tmp_path / "eve"])


def test_a_run_with_results_where_submissions_could_read_them_does_not_begin(
    built_course, bubblewrap
):
    output = Path(sys.prefix) / "graded"
    with pytest.raises(CourseError, match="which submissions can read"):
        grade(built_course, [], output)
    assert not output.exists()


def test_the_solutions_of_an_installed_course_are_not_there(bubblewrap, monkeypatch):
    templates = Path(generative_vision.__file__).parent / "course" / "lesson_template"
    monkeypatch.setattr(walls, "INSTALLED", templates)  # in a wheel, such a folder has them
    look = (
        f"import os; print(os.listdir({str(templates)!r}), os.listdir({str(templates.parent)!r}))"
    )
    command = ["bwrap", *walls.walls(), sys.executable, "-c", look]
    seen = subprocess.run(command, env=walls.environment(), capture_output=True, text=True)
    assert seen.stdout.startswith("[] [")
    assert "grading" in seen.stdout


def test_no_link_to_the_environment_shows_the_solutions(bubblewrap, monkeypatch, tmp_path):
    """``python -m venv`` below a link keeps the link in its prefix."""
    (tmp_path / "link").symlink_to(Path(sys.prefix).parent)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "link" / Path(sys.prefix).name))
    (hidden,) = Path(sys.prefix).glob("lib/python3*/site-packages/jupyterlab")
    monkeypatch.setattr(walls, "INSTALLED", hidden.resolve())
    look = f"import os; print(os.listdir({str(hidden)!r}), os.listdir({str(hidden.parent)!r}))"
    command = ["bwrap", *walls.walls(), f"{sys.prefix}/bin/python", "-c", look]
    seen = subprocess.run(command, env=walls.environment(), capture_output=True, text=True)
    assert seen.stdout.startswith("[] [")
    assert "jupyterlab" in seen.stdout


@pytest.mark.parametrize("environment", ["", "envs/course"])
def test_the_solutions_of_another_installed_course_are_not_there(
    bubblewrap, monkeypatch, tmp_path, environment
):
    """A clone's environment sees the Python from which it was made."""
    packages = tmp_path / environment / "lib/python3.12/site-packages"
    content = packages / "generative_vision" / "course" / walls.INSTALLED.name
    content.mkdir(parents=True)
    (content / "key.toml").write_text("b")
    monkeypatch.setattr(walls, "seen", lambda: [Path(sys.base_prefix), Path(sys.prefix), tmp_path])
    look = f"import os; print(*(where for where, *_, files in os.walk({str(tmp_path)!r}) if files))"
    command = ["bwrap", *walls.walls(), sys.executable, "-c", f"{look}; print('looked')"]
    seen = subprocess.run(command, env=walls.environment(), capture_output=True, text=True)
    assert seen.stdout == "\nlooked\n", seen.stderr


def tree(root: Path, groups: str, **files: str) -> Limits:
    """Return limits on a machine with these control groups and files."""
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    own = root / "own"
    own.write_text(groups, encoding="utf-8")
    return Limits(GIB, 50, root=root, own=own)


def test_version_2_of_control_groups_is_used_where_it_is_delegated(tmp_path, only_programs):
    limits = tree(
        tmp_path,
        "0::/user/app/mine\n",
        user__app__cgroup_DOT_subtree_control="cpu memory pids",
        user__app__cgroup_DOT_procs="",
    )
    (folder,) = limits.folders
    assert folder.parent == tmp_path / "user" / "app"
    assert (folder / "memory.max").read_text() == str(GIB)
    assert (folder / "pids.max").read_text() == "50"
    assert limits.wrap(["true"])[-2:] == [str(folder / "cgroup.procs"), "true"]


def test_version_1_of_control_groups_is_used_as_root(tmp_path, only_programs):
    for kind in ("memory", "pids"):
        (tmp_path / kind / "mine").mkdir(parents=True)
    limits = tree(tmp_path, "4:memory:/mine\n8:pids:/mine\n0::/\n")
    memory, processes = limits.folders  # no folder for the processor, where there is none
    assert (memory / "memory.limit_in_bytes").read_text() == str(GIB)
    assert (processes / "pids.max").read_text() == "50"


def test_the_processor_is_shared_among_groups(tmp_path, only_programs):
    for kind in ("memory", "pids", "cpu"):
        (tmp_path / kind / "mine").mkdir(parents=True)
    limits = tree(tmp_path, "4:memory:/mine\n8:pids:/mine\n3:cpu,cpuacct:/mine\n")
    assert limits.folders[-1].parent == tmp_path / "cpu" / "mine"
    assert str(limits.folders[-1] / "cgroup.procs") in limits.wrap(["true"])[4]


@pytest.mark.parametrize(
    ("files", "enabled"),
    [
        ({"subtree_control": "cpu memory pids"}, ["cpu", "memory", "pids"]),
        ({"subtree_control": "memory pids", "controllers": "cpu io memory pids"}, ["+cpu"]),
        ({"subtree_control": "memory pids", "controllers": "memory pids"}, ["memory", "pids"]),
    ],
)
def test_version_2_divides_the_processor_where_it_may(tmp_path, only_programs, files, enabled):
    files = {f"app__cgroup_DOT_{name}": text for name, text in files.items()}
    limits = tree(tmp_path, "0::/app/mine\n", app__cgroup_DOT_procs="", **files)
    (folder,) = limits.folders
    assert (tmp_path / "app" / "cgroup.subtree_control").read_text().split() == enabled
    assert limits.is_divided == (folder / "cpu.weight").is_file() == ("cpu" in "".join(enabled))


@pytest.mark.parametrize(("processors", "quota"), [(1.5, 150_000), (None, -1)])
def test_no_kernel_takes_the_processors_of_its_neighbours(tmp_path, processors, quota):
    """Shares alone do not hold against a storm of short processes."""
    (tmp_path / "cpu").mkdir()
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "cgroup.procs").touch()
    (tmp_path / "app" / "cgroup.subtree_control").write_text("cpu memory pids")
    own = tmp_path / "own"
    found = {}
    for groups in ("4:memory:/\n8:pids:/\n1:cpu:/\n", "0::/app/mine\n"):
        own.write_text(groups, encoding="utf-8")
        for _, bounds in limits.places(tmp_path, own, GIB, 50, processors):
            found |= bounds
    assert found["cpu.cfs_quota_us"] == quota
    assert found["cpu.max"] == f"{'max' if processors is None else quota} 100000"
    assert room.processors_of_one(1) is None
    assert room.processors_of_one(4) == (os.cpu_count() or 1) / 4


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs root")
def test_a_quota_of_the_processors_is_set_on_this_machine():
    with closing(Limits(GIB, 50, 0.5)) as made:
        names = ("cpu.cfs_quota_us", "cpu.max")
        files = [folder / name for folder in made.folders for name in names]
        found = [file.read_text().split()[0] for file in files if file.is_file()]
    if not found:
        pytest.skip("needs control groups that bound the processor")
    assert found == ["50000"]


def test_it_is_said_where_the_processor_is_not_divided(tmp_path, only_programs, monkeypatch):
    for kind in ("memory", "pids"):
        (tmp_path / kind / "mine").mkdir(parents=True)
    groups = "4:memory:/mine\n8:pids:/mine\n3:cpu,cpuacct:/mine\n"
    monkeypatch.setattr(limits, "CLOSING_SECONDS", 0)  # the files of this tree stay
    monkeypatch.setattr(limits, "Limits", lambda _: tree(tmp_path, groups))
    assert "do not divide the processor" in limits.missing_bounds()
    (tmp_path / "cpu" / "mine").mkdir(parents=True)
    assert limits.missing_bounds() == ""
    monkeypatch.setattr(limits, "Limits", lambda _: tree(tmp_path, ""))
    assert limits.missing_bounds() == limits.UNBOUNDED


@pytest.mark.parametrize(("controllers", "divides"), [("memory pids", False), ("cpu pids", True)])
def test_systemd_says_whether_it_divides_the_processor(
    tmp_path, only_programs, controllers, divides
):
    user = os.getuid()
    manager = tmp_path / "user.slice" / f"user-{user}.slice" / f"user@{user}.service"
    manager.mkdir(parents=True)
    (manager / "cgroup.controllers").write_text(controllers, encoding="utf-8")
    program(only_programs, "systemd-run", "exit 0")
    assert tree(tmp_path, "0::/mine\n").is_divided == divides


@pytest.mark.parametrize(
    ("folder", "file"), [("memory/mine", "memory.oom_control"), ("app", "memory.events")]
)
def test_it_is_known_whether_the_memory_has_run_out(tmp_path, only_programs, folder, file):
    for kind in ("memory", "pids"):
        (tmp_path / kind / "mine").mkdir(parents=True)
    version_2 = {"app__cgroup_DOT_subtree_control": "memory pids", "app__cgroup_DOT_procs": ""}
    own = "4:memory:/mine\n8:pids:/mine\n0::/\n" if folder != "app" else "0::/app/mine\n"
    limits = tree(tmp_path, own, **version_2)
    assert limits.folders[0].parent == tmp_path / folder
    found = []
    for count in (0, 1, 12):
        (limits.folders[0] / file).write_text(f"under_oom 0\noom {count}\noom_kill {count}\n")
        found.append(limits.ran_out())
    assert found == [False, True, True]


def test_systemd_makes_a_control_group_where_it_can(tmp_path, only_programs):
    program(only_programs, "systemd-run", "exit 0")
    limits = tree(tmp_path, "0::/mine\n")
    assert limits.wrap(["true"])[:3] == ["systemd-run", "--user", "--scope"]
    assert {f"MemoryMax={GIB}", "MemorySwapMax=0"} <= set(limits.wrap(["true"]))


def test_neither_swap_nor_waiting_streams_go_beyond_the_bound():
    """Where the system counts them: what it does not offer cannot be asked for."""
    bounds = {
        "memory.memsw.limit_in_bytes": GIB,
        "memory.kmem.tcp.limit_in_bytes": MAX_STREAMS,
        "memory.swap.max": 0,
    }
    with closing(Limits(GIB)) as limits:
        files = [file for folder in limits.folders for file in folder.iterdir()]
        found = {file.name: int(file.read_text()) for file in files if file.name in bounds}
    assert found == {name: bounds[name] for name in found}


def test_systemd_is_found_and_the_command_does_not_find_it(tmp_path, only_programs, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/1/bus")
    program(only_programs, "systemd-run", "exit 0")
    limits = tree(tmp_path, "0::/mine\n")
    assert limits.environment() == {
        "XDG_RUNTIME_DIR": "/run/user/1",
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/user/1/bus",
    }
    command = limits.wrap(["env"])
    assert command[command.index("--") + 1 :] == [
        "env",
        "--unset=XDG_RUNTIME_DIR",
        "--unset=DBUS_SESSION_BUS_ADDRESS",
        "env",
    ]


@pytest.mark.parametrize("groups", ["", "0::/\n", "0::/gone/mine\n", "4:memory:/gone\n8:pids:/x\n"])
def test_without_control_groups_the_command_runs_all_the_same(tmp_path, only_programs, groups):
    limits = tree(tmp_path, groups)
    assert not limits.is_bounded
    assert limits.wrap(["true"]) == ["true"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs root")
def test_a_control_group_of_this_machine_is_removed_after_use():
    limits = Limits(GIB)
    if not limits.folders:
        pytest.skip("needs control groups that may be written to")
    folders = list(limits.folders)
    assert [folder.is_dir() for folder in folders] == [True] * len(folders)
    limits.close()
    assert [folder.is_dir() for folder in folders] == [False] * len(folders)


def test_text_has_no_control_characters():
    told = plain_text("a\x1b[31mred\x1b[0m\x1b]0;title\x07 \x00\u202eb\ud800\tc\r\n")
    assert told == "ared b?\tc\n"


def test_a_line_is_one_line_and_not_too_long():
    assert plain_line("a\nb\x85c") == "a bc"
    assert len(plain_line("x" * 10_000)) < 210


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (None, None),
        ("stream", {"name": "stdout", "text": 3}),
        ("stream", {"name": "other", "text": "x"}),
        ("error", {"ename": "E", "evalue": "x"}),
        ("display_data", {"data": {"text/html": "<b>x</b>"}}),
        ("display_data", {"data": {"image/svg+xml": "<svg/>", "image/png": "AAAA"}}),
        ("display_data", {"data": [1]}),
        ("comm_open", {"data": {"text/plain": "x"}}),
    ],
)
def test_what_is_not_on_the_list_is_left_out(kind, content):
    assert rebuild(kind, content) is None


def test_a_pile_of_marks_stands_over_no_other_line():
    made = rebuild("stream", {"name": "stdout", "text": "a" + 150 * "\u20dd\u200d" + "é"})
    assert made.text.count("\u20dd") == 4
    assert made.text.endswith("é")


@pytest.mark.parametrize(("form", "kind"), [("JPEG", "image/jpeg"), ("PNG", "image/png")])
def test_nothing_but_pixels_is_left_of_a_picture(form, kind):
    file = io.BytesIO()
    extra = {"comment": b"hidden words"} if form == "JPEG" else {"icc_profile": b"hidden words"}
    Image.new("RGB", (2, 2)).save(file, form, **extra)
    data = {kind: base64.b64encode(file.getvalue()).decode()}
    made = rebuild("display_data", {"data": data, "metadata": {}})
    left = base64.b64decode(made.data[kind])
    assert b"hidden" not in left
    assert b"iCCP" not in left
