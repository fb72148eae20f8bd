"""What a kernel in the sandbox sees and may do, as bubblewrap's arguments."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterable
from pathlib import Path

from generative_vision.course import CourseError
from generative_vision.course.manifest import INSTALLED

HOME = "/home/student"
SOCKETS = "/run/kernel"  # inside: the kernel's sockets and its connection file
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
WRITABLE = (HOME, "/tmp", "/dev/shm", SOCKETS)
MAX_FILES = 256  # that a process may have open; all processes together count for the machine
# timers, and signals that wait, of a submission's user. Up to Linux 6.12 a timer whose signal is
# ignored keeps interrupting a processor, and no control group counts that
MAX_SIGNALS = 256
# bytes of a memory image. With 0, a system that hands images to a program would still start it,
# outside and with root's rights; 1 means none (the kernel's fs/coredump.c)
NO_CORE = 1
MAX_MEGABYTES = 256  # of each writable folder
# The system itself works on what is written to a terminal, outside of any control group, and so at
# the cost of others: there are none. One byte wakes all who wait, who may be millions
_TERMINALS = "/dev/pts"
# of /proc beside processes: what programs ask of the machine. Much of the rest holds others up, as
# locks, whose reader keeps everybody from locking a file; or it reads the disk, or devices
_SEEN_IN_PROC = {
    *("self", "thread-self", "mounts", "net", "sys"),
    *("cpuinfo", "filesystems", "loadavg", "meminfo", "stat", "uptime", "version"),
}
_CACHE = f"{HOME}/.cache"
_MATPLOTLIB = f"{_CACHE}/matplotlib"  # its list of fonts
_NOBODY = 65534
_FIRST_USER, _USERS = 10**9, 9 * 10**8  # numbers that no system gives away


def walls(connection_file: tuple[str, str] | None = None, *, is_warm: bool = False) -> list[str]:
    """Return bubblewrap's arguments: which files the kernel sees, nearly all of them read-only.

    Args:
        connection_file: of the kernel, outside and inside.
        is_warm: whether kernels are forked inside. Their namespaces are made there, which needs
            rights that the kernels then give up, and they mount ``/proc`` themselves.
    """
    # Started as root, the kernel becomes nobody instead of the root of a user namespace.
    spaces = ["pid", "net", "ipc", "uts", "cgroup-try"]
    arguments = [f"--unshare-{space}" for space in spaces] if _is_root() else ["--unshare-all"]
    if not _is_root():
        arguments += ["--cap-add" if is_warm else "--cap-drop", "ALL"]
    arguments += ["--die-with-parent", "--new-session", "--proc", "/proc"]
    arguments += ["--dev", "/dev"]
    if not is_warm:
        for place in hidden_in_proc():
            if place.is_dir():
                arguments += ["--tmpfs", str(place), "--remount-ro", str(place)]
            else:
                arguments += ["--ro-bind", "/dev/null", str(place)]
        # not even one's own entries can be written, such as how soon one ends where memory runs out
        arguments += ["--remount-ro", "/proc"]
    for folder in _SYSTEM:
        if os.path.islink(folder):
            arguments += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            arguments += ["--ro-bind", folder, folder]
    arguments += _parents("/etc/fonts")
    files = ("ld.so.cache", "fonts", "alternatives", "localtime", "passwd")
    for file in (f"/etc/{name}" for name in files):
        arguments += ["--ro-bind-try", file, file]
    for folder in WRITABLE:
        arguments += [*_parents(folder), "--perms", "1777"]
        arguments += ["--size", str(MAX_MEGABYTES * 2**20), "--tmpfs", folder]
    for folder in map(str, seen()):
        arguments += [*_parents(folder), "--ro-bind", folder, folder]
    for content in sorted(_installed_content()):
        arguments += ["--tmpfs", str(content)]
    for folder in (_CACHE, _MATPLOTLIB):
        arguments += ["--perms", "1777", "--dir", folder]
    for font_list in _font_lists():
        arguments += ["--ro-bind", str(font_list), f"{_MATPLOTLIB}/{font_list.name}"]
    if connection_file is not None:
        arguments += ["--ro-bind", *connection_file]
    arguments += ["--tmpfs", _TERMINALS, "--remount-ro", _TERMINALS, "--remount-ro", "/dev"]
    return [*arguments, "--remount-ro", "/", "--chdir", HOME]


def hidden_in_proc(proc: Path = Path("/proc")) -> list[Path]:
    """Return what is there for the whole machine, and of which a submission sees nothing."""
    places = (place for place in sorted(proc.iterdir()) if not place.name.isdigit())
    return [place for place in places if place.name not in _SEEN_IN_PROC]


def core_bound() -> int:
    """Return ``NO_CORE``, or 0 where the bound on memory images was set to that for good."""
    import resource  # not on Windows

    return NO_CORE if resource.getrlimit(resource.RLIMIT_CORE)[1] else 0


def new_user() -> int:
    """Return the number of a user that one submission has for itself, where root may choose.

    The system counts many things by user, and one submission could take all of them.
    """
    try:
        known = Path("/proc/self/uid_map").read_text(encoding="utf-8").split()
    except OSError:
        return _NOBODY
    if int(known[2]) < _FIRST_USER + _USERS:  # in a container of a user who is not root
        return _NOBODY
    return _FIRST_USER + secrets.randbelow(_USERS)


def dropped(user: int = _NOBODY) -> list[str]:
    """Return the command that gives up root's rights, where there are any, to be a user.

    Before, it does what bubblewrap cannot: it lets no written file run.
    """
    if not _is_root():
        return []
    bound = "".join(f"mount -o remount,bind,nosuid,nodev,noexec {one}; " for one in WRITABLE)
    return [
        "/bin/sh",
        "-c",
        f'{bound}exec "$@"',
        "sh",
        "setpriv",
        f"--reuid={user}",
        f"--regid={_NOBODY}",
        "--clear-groups",
        "--no-new-privs",
        "--bounding-set=-all",
        "--inh-caps=-all",
    ]


def environment() -> dict[str, str]:
    """Return the kernel's environment: nothing of the instructor's own."""
    return {
        "HOME": HOME,
        "USER": "student",  # its number has no name
        "PATH": f"{sys.prefix}/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "NBGRADER_EXECUTION": "autograde",
        "GENERATIVE_VISION_PROFILE": "tiny",
    }


def seen() -> list[Path]:
    """Return the folders that a kernel needs beside the system's: Python's and the package's."""
    package = Path(__file__).resolve().parents[2]
    return list(dict.fromkeys([Path(sys.base_prefix), Path(sys.prefix), package]))


def _installed_content() -> set[Path]:
    """Return where wheels have their solutions, in what a kernel sees.

    This course's own, under each name that a link gives them; and another's beside it, as in the
    Python from which a clone's environment was made, or in one of conda's.
    """
    found: set[Path] = set()
    for place in [*seen(), Path("/usr"), Path("/usr/local")]:
        for wheels in ("lib/python3*/*-packages", "envs/*/lib/python3*/*-packages"):
            found.update(place.glob(f"{wheels}/generative_vision/course/{INSTALLED.name}"))
        if INSTALLED.is_dir() and INSTALLED.is_relative_to(there := place.resolve()):
            found.add(place / INSTALLED.relative_to(there))
    return found


def validate_hidden(places: Iterable[Path]) -> None:
    """Check that no submission can read these folders.

    Args:
        places: absolute, and without links: one may since lead where its student wants.

    Raises:
        CourseError: one lies where the system's programs or Python do.
    """
    folders = {folder: folder.resolve() for folder in (*map(Path, _SYSTEM), *seen())}
    for place in places:
        for folder, there in folders.items():
            if place.is_relative_to(there) and not place.is_relative_to(INSTALLED):
                raise CourseError(
                    f"{place} lies in {folder}, which submissions can read. Move it elsewhere, for "
                    "instance below /srv."
                )


def _is_root() -> bool:
    return os.geteuid() == 0


def _parents(folder: str) -> list[str]:
    """Return arguments that make a folder's parents, which bubblewrap would close to others."""
    return [
        argument
        for parent in reversed(Path(folder).parents[:-1])
        if str(parent) not in ("/usr", "/dev")
        for argument in ("--perms", "0755", "--dir", str(parent))
    ]


def _font_lists() -> list[Path]:
    """Return matplotlib's lists of fonts, which it would otherwise make anew in every kernel."""
    import matplotlib

    return list(Path(matplotlib.get_cachedir()).glob("fontlist-*.json"))
