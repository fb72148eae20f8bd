"""``book.toml``, the course's manifest: the one place that lists the lessons and says how they are graded."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from generative_vision.course import CourseError

_COURSE_KEYS = {
    "title": str, "subtitle": str, "authors": list, "copyright": str, "quiz": dict, "grading": dict, "lessons": list,
}  # fmt: skip
_TABLE_KEYS = {
    "quiz": {"mode": str, "points": int},
    "grading": {"cell_seconds": int, "memory_gib": int},
}
_LESSON_KEYS = {"slug": str, "title": str, "minutes": int, "points": int, "objectives": list}
_KINDS = {str: "a text in quotes", int: "a whole number", list: "a list", dict: "a table"}


@dataclass(frozen=True)
class Lesson:
    """One lesson of the manifest."""

    slug: str  #: folder and file name, such as "00-start-here"
    title: str
    minutes: int  #: to read and to practise
    points: int  #: of all graded cells, quiz included
    objectives: tuple[str, ...]


@dataclass(frozen=True)
class Course:
    """The manifest, read and held to be complete."""

    root: Path  #: the folder of book.toml
    title: str
    subtitle: str
    authors: tuple[str, ...]
    copyright: str
    quiz_mode: str  #: "graded": a quiz earns points; "instant": it answers at once and earns none
    quiz_points: int  #: of one graded question
    cell_seconds: int  #: time-out of one cell while grading
    memory_gib: int  #: address space of one submission while grading
    lessons: tuple[Lesson, ...]

    def lesson(self, name: str) -> Lesson:
        """Return the lesson with this slug; a unique beginning such as ``"00"`` is enough."""
        found = [lesson for lesson in self.lessons if lesson.slug == name]
        found = found or [lesson for lesson in self.lessons if lesson.slug.startswith(name)]
        if len(found) != 1:
            slugs = ", ".join(lesson.slug for lesson in self.lessons)
            raise CourseError(f"There is no one lesson called {name!r}. The lessons are: {slugs}.")
        return found[0]

    def source(self, lesson: Lesson) -> Path:
        """Return the lesson's text, the only form of it that is edited."""
        return self.root / "solutions" / lesson.slug / f"{lesson.slug}.md"


def find_root(start: Path | None = None) -> Path:
    """Return the nearest folder with a ``book.toml`` at or above ``start`` (the working directory), or the clone's."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents, Path(__file__).resolve().parents[2]):
        if (folder / "book.toml").is_file():
            return folder
    raise CourseError(f"No book.toml in {start} or above it: go to the course's folder, or name it with --course.")


def read_course(root: Path) -> Course:
    """Read ``book.toml`` and hold it to be complete and without unknown keys.

    Raises:
        CourseError: names the key, its place and what is expected.
    """
    path = root / "book.toml"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CourseError(f"{path} is missing: it is the course's manifest.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} cannot be read as TOML: {error}.") from None
    _hold_table(path, "the top level", raw, _COURSE_KEYS)
    for table, keys in _TABLE_KEYS.items():
        _hold_table(path, f"[{table}]", raw[table], keys)
    lessons = []
    for number, entry in enumerate(raw["lessons"], 1):
        place = f"[[lessons]] number {number}"
        _hold_table(path, place, entry, _LESSON_KEYS)
        if not re.fullmatch(r"\d\d-[a-z0-9-]{1,50}", entry["slug"]):  # with a number, a notebook's cell id
            raise CourseError(f"{path}, {place}: slug {entry['slug']!r} must look like 01-autoencoder.")
        lessons.append(Lesson(**{**entry, "objectives": tuple(entry["objectives"])}))
    slugs = [lesson.slug for lesson in lessons]
    for slug in slugs:
        if slugs.count(slug) > 1:
            raise CourseError(f"{path}: the slug {slug!r} stands twice; give each lesson its own.")
    if raw["quiz"]["mode"] not in ("graded", "instant"):
        raise CourseError(f"{path}, [quiz]: mode is {raw['quiz']['mode']!r}; write \"graded\" or \"instant\".")
    return Course(
        root=root,
        title=raw["title"],
        subtitle=raw["subtitle"],
        authors=tuple(raw["authors"]),
        copyright=raw["copyright"],
        quiz_mode=raw["quiz"]["mode"],
        quiz_points=raw["quiz"]["points"],
        cell_seconds=raw["grading"]["cell_seconds"],
        memory_gib=raw["grading"]["memory_gib"],
        lessons=tuple(lessons),
    )


def _hold_table(path: Path, place: str, table, keys: dict[str, type]) -> None:
    if not isinstance(table, dict):
        raise CourseError(f"{path}, {place}: expected a table with the keys {', '.join(keys)}.")
    for key in sorted(table.keys() - keys.keys()):
        raise CourseError(f"{path}, {place}: unknown key {key!r}; the known ones are {', '.join(sorted(keys))}.")
    for key, kind in keys.items():
        if key not in table:
            raise CourseError(f"{path}, {place}: the key {key!r} is missing.")
        value = table[key]
        if not isinstance(value, kind) or isinstance(value, bool):
            raise CourseError(f"{path}, {place}: {key} = {value!r}; expected {_KINDS[kind]}.")
        if kind is int and value < 1:
            raise CourseError(f"{path}, {place}: {key} = {value}; expected 1 or more.")
        if kind is list and not value:
            raise CourseError(f"{path}, {place}: {key} is empty; expected at least one.")
        if kind is list and key != "lessons" and not all(isinstance(item, str) for item in value):
            raise CourseError(f"{path}, {place}: {key} = {value!r}; expected texts in quotes.")
