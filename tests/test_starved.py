"""Memory that other programs hold: bounds leave it to them, and what it costs is nobody's mark."""

from __future__ import annotations

import signal
import subprocess
import sys
import uuid
from contextlib import closing
from pathlib import Path
from threading import Event, Lock, Thread

import pytest
from kernels import kernel
from test_room import GIB, machine

from generative_vision.course.grading import limits as limits_module
from generative_vision.course.grading import processors, room, run
from generative_vision.course.grading.kernel import KernelEndedError, StarvedError
from generative_vision.course.grading.limits import Limits
from generative_vision.course.grading.processors import Parts
from generative_vision.course.grading.results import STARVED, refused
from generative_vision.course.grading.submissions import Submission

MIB = 2**20
AVAILABLE = "MemTotal: 9 kB\nMemAvailable:   {} kB\n".format


def stat(*files: int, before: str = "") -> str:
    kinds = ("inactive_file", "active_file")
    counted = "".join(f"{before}{kind} {number}\n" for kind, number in zip(kinds, files))
    return f"cache {9 * GIB}\nactive_file {9 * GIB if before else 0}\n" * bool(before) + counted


@pytest.mark.parametrize(
    ("groups", "files", "expected"),
    [
        ("", {"meminfo": AVAILABLE(GIB // 1024)}, GIB),
        (  # its own group holds half of what is around it, some of that files
            "4:memory:/box\n",
            {
                "meminfo": AVAILABLE(3 * GIB // 1024),
                "memory/box/memory.limit_in_bytes": str(2 * GIB),
                "memory/box/memory.usage_in_bytes": str(GIB),
                "memory/box/memory.stat": stat(10 * MIB, 5 * MIB, before="total_"),
            },
            GIB + 15 * MIB,
        ),
        (
            "0::/slice/mine\n",
            {
                "meminfo": AVAILABLE(3 * GIB // 1024),
                "slice/memory.max": str(2 * GIB),
                "slice/memory.current": str(2 * GIB),
                "slice/memory.stat": stat(300 * MIB, 0),
                "slice/mine/memory.max": "max",
                "slice/mine/memory.current": str(GIB),
            },
            300 * MIB,
        ),
        ("0::/mine\n", {"mine/memory.max": str(GIB), "mine/memory.current": str(2 * GIB)}, GIB),
    ],
)
def test_free_is_what_neither_the_machine_nor_a_group_around_holds(
    tmp_path, groups, files, expected
):
    root, own = machine(tmp_path, groups, files)
    assert room.free_memory(root, own, root / "meminfo") == expected


def test_never_is_less_than_nothing_free(tmp_path):
    root, own = machine(
        tmp_path,
        "0::/mine\n",
        {
            "mine/memory.max": str(GIB),
            "mine/memory.current": str(2 * GIB),
            "mine/memory.stat": stat(0, 0),
        },
    )
    assert room.free_memory(root, own, root / "gone") == 0


def test_here_some_memory_is_free():
    assert 0 < room.free_memory() <= room.memory()


@pytest.mark.parametrize(
    ("free", "neighbours", "expected"),
    [
        (16 * GIB, 2, 6 * GIB),
        (90 * GIB, 2, 8 * GIB),
        # a submission that ran into such a bound would lose its mark for others' sake
        (GIB, 1, 2 * GIB),
        (0, 4, 2 * GIB),
    ],
)
def test_a_bound_is_of_what_is_free_and_no_less_than_a_lesson_needs(
    monkeypatch, free, neighbours, expected
):
    monkeypatch.setattr(room, "memory", lambda: 64 * GIB)
    assert room.bytes_of_one(8, neighbours, free) == expected


def test_a_small_machine_has_less():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "memory", lambda: GIB)
        assert room.bytes_of_one(8, 1, GIB) == GIB * 3 // 4


KILLED = {"memory.oom_control": "under_oom 0\noom_kill 12\n"}
COUNTS = {  # the files of a group, and whether what was ended was ended for others' sake
    "memory/mine/memory.oom_control": [
        ({"memory.oom_control": "under_oom 0\noom_kill 0\n"}, False),
        ({**KILLED, "memory.max_usage_in_bytes": str(GIB - 50 * MIB)}, True),
        ({**KILLED, "memory.max_usage_in_bytes": str(GIB - MIB)}, False),
        ({**KILLED, "memory.memsw.max_usage_in_bytes": str(GIB)}, False),
    ],
    "app/memory.events": [
        ({"memory.events": "max 3\noom 0\noom_kill 0\n"}, False),
        ({"memory.events": "max 0\noom 0\noom_kill 1\n"}, True),
        ({"memory.events": "max 9\noom 1\noom_kill 1\n"}, False),
    ],
}


@pytest.mark.parametrize(
    ("version", "files", "expected"),
    [(place, files, starved) for place, cases in COUNTS.items() for files, starved in cases],
)
def test_whose_bound_ended_a_process_is_counted(tmp_path, monkeypatch, version, files, expected):
    for kind in ("memory", "pids"):
        (tmp_path / kind / "mine").mkdir(parents=True)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "cgroup.subtree_control").write_text("memory pids")
    (tmp_path / "app" / "cgroup.procs").touch()
    own = tmp_path / "own"
    own.write_text("4:memory:/mine\n8:pids:/mine\n" if "oom" in version else "0::/app/mine\n")
    limits = Limits(GIB, root=tmp_path, own=own)
    group = next(
        folder
        for folder in limits.folders
        if folder.is_relative_to(tmp_path / Path(version).parent)
    )
    for name, text in files.items():
        (group / name).write_text(text)
    assert limits.starved() is expected
    for folder in limits.folders:
        for file in folder.iterdir():  # the system's own vanish with their group
            file.unlink()
    limits.close()
    assert limits.starved() is expected


@pytest.mark.parametrize(("ended", "expected"), [(5, False), (6, None)])
def test_where_nobody_counts_it_may_be_so(tmp_path, monkeypatch, ended, expected):
    monkeypatch.setenv("PATH", str(tmp_path))  # without systemd-run
    monkeypatch.setattr(limits_module, "ended_by_system", lambda: 5)
    limits = Limits(GIB, root=tmp_path, own=tmp_path / "gone")
    monkeypatch.setattr(limits_module, "ended_by_system", lambda: ended)
    assert limits.starved() is expected


FILLS = """
import os, sys
for file in sys.argv[1].split():
    open(file, "w").write(str(os.getpid()))
open("/proc/self/oom_score_adj", "w").write("1000")
held = bytearray(b"x") * int(sys.argv[2])
"""


@pytest.mark.parametrize(("around", "bound", "starved"), [(100, 400, True), (400, 100, False)])
def test_the_system_counts_so(tmp_path, around, bound, starved):
    """A group in another, and a process that needs more than one of the two bounds."""
    with closing(Limits(GIB)) as probe:
        if not probe.folders:
            pytest.skip("needs control groups")
        parents = [folder.parent for folder in probe.folders]
    root, name = Path("/sys/fs/cgroup"), f"around-{uuid.uuid4().hex}"
    mine = [parent / name for parent in parents if parent.is_relative_to(root / "memory")]
    if not mine:
        pytest.skip("needs version 1")
    mine[0].mkdir()
    try:
        (mine[0] / "memory.limit_in_bytes").write_text(str(around * MIB))
        own = tmp_path / "own"
        inside = mine[0].relative_to(root / "memory")
        groups = Path("/proc/self/cgroup").read_text().splitlines()
        lines = [
            f"{line.rpartition(':')[0]}:/{inside}" if ":memory:" in line else line
            for line in groups
        ]
        own.write_text("\n".join(lines) + "\n")
        with closing(Limits(bound * MIB, own=own)) as limits:
            files = " ".join(str(folder / "cgroup.procs") for folder in limits.folders)
            command = [sys.executable, "-c", FILLS, files, str(200 * MIB)]
            assert subprocess.run(command).returncode == -signal.SIGKILL
            assert limits.ran_out()
            assert limits.starved() is starved
        assert limits.starved() is starved
    finally:
        mine[0].rmdir()


@pytest.mark.parametrize(
    ("said", "neighbours", "starved"),
    [(True, 1, True), (False, 2, False), (None, 2, True), (None, 1, False)],
)
def test_a_kernel_that_others_ended_says_nothing_of_its_cells(
    said, neighbours, starved, bubblewrap
):
    """Where nobody counts, it is marked again alone, and then its mark stands."""
    running = kernel("")
    provisioner = running.manager.provisioner
    provisioner.neighbours = neighbours

    def fail():
        with running:
            provisioner.limits.starved = lambda: said
            raise KernelEndedError

    with pytest.raises(StarvedError if starved else KernelEndedError):
        fail()


def test_who_takes_all_parts_is_alone_and_is_waited_for(monkeypatch):
    entered, order = Event(), []

    class Door:
        """A lock that says when it was taken."""

        def __init__(self):
            self.lock = Lock()

        def __enter__(self):
            self.lock.acquire()
            entered.set()

        def __exit__(self, *_):
            self.lock.release()

    monkeypatch.setattr(processors, "Lock", Door)
    monkeypatch.setattr(processors, "own", lambda: [2, 3, 5])
    parts = Parts(2)

    def take(**options):
        with parts.taken(**options) as some:
            order.append(some)

    with parts.taken():
        entered.clear()
        alone = Thread(target=take, kwargs={"all_parts": True})
        alone.start()
        assert entered.wait(60)
        later = Thread(target=take)
        later.start()
        later.join(0.1)
        assert order == []
    alone.join(60)
    later.join(60)
    assert order[0] == [2, 3, 5]
    assert len(order) == 2


@pytest.mark.parametrize("again", [True, False])
def test_a_starved_submission_is_marked_again_alone(built_course, tmp_path, monkeypatch, again):
    slug = built_course.lessons[0].slug
    place = built_course.root / "lessons" / slug / f"{slug}.ipynb"
    seen, inside = [], []

    def mark(job, *rest):
        inside.append(job.submission.student)
        seen.append((job.submission.student, job.neighbours, sorted(inside), job.seed))
        starved = job.submission.student == "ana" and (again or job.neighbours > 1)
        inside.remove(job.submission.student)
        return refused(job.submission, STARVED if starved else "marked")

    monkeypatch.setattr(run, "mark_in_child", mark)
    handed_in = [Submission(place, student, slug) for student in ("ana", "ben")]
    results = run.grade(built_course, handed_in, tmp_path, isolate=False, jobs=2, trial=False)
    told = {result.student: result.remark for result in results}
    assert told == {"ana": STARVED if again else "marked", "ben": "marked"}
    first, second = [one[1:] for one in seen if one[0] == "ana"]
    assert (first[0], second[0], second[1]) == (2, 1, ["ana"])
    assert first[2] == second[2] != 0  # no better luck with its hidden inputs
    assert len({seed for *_, seed in seen}) == 2
