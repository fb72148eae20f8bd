"""How much memory and how many processes a run counts on: no more than its container has."""

from __future__ import annotations

from pathlib import Path

import pytest

from generative_vision.course.grading import room
from generative_vision.course.grading.limits import MAX_PROCESSES, MORE_PROCESSES

GIB = 2**30
UNBOUNDED = str(2**63 - 4096)  # as version 1 writes it


def machine(root: Path, groups: str, files: dict[str, str]) -> tuple[Path, Path]:
    """A tree of control groups, and the file that names those of a process."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", encoding="utf-8")
    own = root / "own"
    own.write_text(groups, encoding="utf-8")
    return root, own


@pytest.mark.parametrize(
    ("groups", "files"),
    [
        ("4:memory:/box\n0::/\n", {"memory/box/memory.limit_in_bytes": str(GIB)}),
        (
            "4:memory:/box/inner\n",
            {
                "memory/memory.limit_in_bytes": UNBOUNDED,
                "memory/box/memory.limit_in_bytes": str(GIB),
                "memory/box/inner/memory.limit_in_bytes": UNBOUNDED,
            },
        ),
        # in a container, whose own group is what is mounted there
        ("4:memory:/docker/1f\n", {"memory/memory.limit_in_bytes": str(GIB)}),
        ("0::/\n", {"memory.max": str(GIB)}),
        (
            "0::/user.slice/app/grade.scope\n",
            {
                "user.slice/memory.max": str(GIB),
                "user.slice/app/memory.max": "max",
                "user.slice/app/grade.scope/memory.max": str(2 * GIB),
            },
        ),
    ],
)
def test_memory_is_what_all_control_groups_around_allow(tmp_path, groups, files):
    assert room.memory(*machine(tmp_path, groups, files)) == GIB


@pytest.mark.parametrize("groups", ["", "0::/\n", "4:memory:/gone\n", "0::/other\n"])
def test_memory_is_the_machines_where_no_control_group_bounds_it(tmp_path, groups):
    root, own = machine(tmp_path, groups, {"box/memory.max": "1", "other/memory.max": "max"})
    assert room.memory(root, own) == room.memory(root, tmp_path / "gone") > 1


@pytest.mark.parametrize(
    ("groups", "files", "expected"),
    [
        ("8:pids:/box\n", {"pids/box/pids.max": "900"}, 900),
        ("8:pids:/box\n", {"pids/box/pids.max": "max"}, 20_000),
        ("0::/slice/mine\n", {"slice/pids.max": "700", "slice/mine/pids.max": "max"}, 700),
    ],
)
def test_processes_are_what_the_system_and_all_control_groups_allow(
    tmp_path, groups, files, expected
):
    system = {"system/pid_max": "32768", "system/threads-max": "20000"}
    root, own = machine(tmp_path, groups, files | system)
    assert room.processes(root, own, root / "system") == expected
    assert room.processes(root / "gone", own, root / "gone") is None


def test_all_kernels_together_leave_something_for_what_marks_them(monkeypatch):
    monkeypatch.setattr(room.os, "cpu_count", lambda: 32)
    monkeypatch.setattr(room, "memory", lambda: 6 * GIB)
    monkeypatch.setattr(room, "processes", lambda: 32_768)
    neighbours = room.possible_neighbours(room.memory())
    assert neighbours == 2
    assert neighbours * room.bytes_of_one(8, neighbours, 6 * GIB) < 5 * GIB
    monkeypatch.setattr(room, "processes", lambda: 200)
    assert room.possible_neighbours(room.memory()) == 1
    assert room.processes_of_one(1) == 150
    monkeypatch.setattr(room, "memory", lambda: 600 * GIB)
    monkeypatch.setattr(room, "processes", lambda: 32_768)
    assert room.possible_neighbours(room.memory()) == 32
    assert 32 * room.processes_of_one(32) < 25_000
    monkeypatch.setattr(room, "processes", lambda: None)
    assert room.processes_of_one(32) == MAX_PROCESSES + MORE_PROCESSES + 32
    assert room.processes_of_one(1) == MAX_PROCESSES + 32 * MORE_PROCESSES + 32
