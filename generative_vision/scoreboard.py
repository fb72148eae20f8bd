"""The course's scoreboard: every lesson's generator, measured the same way, in one table.

Rows belong to this machine and to one profile, one pair of classifiers and one number of samples:
figures of another profile or of other feature networks are never shown beside them. Lessons not yet
run appear with the figures that ship with the course. GENERATIVE_VISION_SCOREBOARD names another
file than the one in the user's data folder.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from html import escape
from pathlib import Path

from platformdirs import user_data_path

from generative_vision import data, metrics, runtime
from generative_vision.files import read_facts, write_facts
from generative_vision.typing import Images

FLOOR = "real training images"
_COLUMNS = ("fcd", "fcd2", "precision", "recall", "density", "coverage")


@dataclass(frozen=True)
class Row:
    """One generator's line."""

    name: str
    fcd: float
    fcd2: float  #: by the second classifier, in a unit of its own
    precision: float
    recall: float
    density: float
    coverage: float
    seconds: float | None = None  #: of training; None where nothing is trained
    reference: bool = False  #: shipped with the course, not measured on this machine


def record(name: str, images: Images, *, seconds: float) -> metrics.Scores:
    """Measure a generator's images and keep its row, in place of an older one of the same name.

    Args:
        name: the lesson's number and the generator, such as ``"02 VAE"``; rows are sorted by it.
        images: samples, as many as the other rows have (``runtime.choose`` in the lessons): ``(n,
            28, 28, 1)`` in [−1, 1].
        seconds: that training took.
    """
    if name == FLOOR:
        raise ValueError(
            f"name={name!r} is the row of the real images: give the generator a name of its own."
        )
    scores = metrics.evaluate(images)
    key = _key(scores.n)
    stored = read_facts(_path())
    kept = stored[key] if isinstance(stored.get(key), dict) else {}
    fresh: dict[str, dict] = {
        name: {**_figures(scores, metrics.fcd(images, 2)), "seconds": round(seconds, 1)}
    }
    if FLOOR not in {row.name for row in rows(scores.n)}:
        floor = _figures(scores.floor, metrics.fcd_floor(scores.n, 2))
        fresh[FLOOR] = {**floor, "seconds": None}
    _session[key] = {**_session.get(key, {}), **fresh}
    write_facts(_path(), {**stored, key: {**kept, **fresh}})
    return scores


def show(n: int) -> None:
    """Show the table of generators measured on n images in this profile, best figures bold."""
    from IPython.display import display

    display(Board(rows(n), n))


def rows(n: int) -> list[Row]:
    """Return the rows for n images in this profile: the floor first, then by name."""
    key = _key(n)
    shipped = tomllib.loads(data.asset("scoreboard.toml").decode("utf-8"))
    found = {
        name: Row(name, **figures, reference=True) for name, figures in shipped.get(key, {}).items()
    }
    own = read_facts(_path()).get(key)
    for name, figures in {
        **(own if isinstance(own, dict) else {}),
        **_session.get(key, {}),
    }.items():
        try:
            row = Row(name, **figures)
            _cells(row)
        except (TypeError, ValueError):  # of another version of the course, or not numbers
            continue
        found[name] = row
    return sorted(found.values(), key=lambda row: (row.name != FLOOR, row.name))


class Board:
    """The table as notebooks and terminals show it."""

    def __init__(self, rows: list[Row], n: int):
        self.rows, self.n = rows, n

    def __repr__(self) -> str:
        head = f"{'generator':<34}" + "".join(
            f"{name:>11}" for name in ("FCD", "2nd judge", *_COLUMNS[2:], "seconds")
        )
        names = [row.name + " *" * row.reference for row in self.rows]
        lines = [
            f"{name:<34}" + "".join(f"{c:>11}" for c in _cells(row))
            for name, row in zip(names, self.rows)
        ]
        return "\n".join([head, *lines, self._note("Rows with *")])

    def _repr_html_(self) -> str:
        best = self._best()
        lines = []
        for row in self.rows:
            cells = "".join(
                f"<td>{f'<b>{cell}</b>' if row.name == best.get(column) else cell}</td>"
                for column, cell in zip((*_COLUMNS, "seconds"), _cells(row))
            )
            pale = ' style="opacity:.6"' if row.reference else ""
            lines.append(
                f'<tr{pale}><th style="text-align:left">{escape(row.name)}</th>{cells}</tr>'
            )
        heads = "".join(
            f"<th>{name}</th>"
            for name in (
                "",
                "FCD ↓",
                "2nd judge ↓",
                "precision ↑",
                "recall ↑",
                "density ↑",
                "coverage ↑",
                "seconds",
            )
        )
        table = f"<thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody>"
        return f"<table>{table}</table><small>{self._note('Pale rows')}</small>"

    def _best(self) -> dict[str, str]:
        """Name of the best generator in each column."""
        made = [row for row in self.rows if row.name != FLOOR]
        if not made:
            return {}
        better = dict.fromkeys(_COLUMNS, max) | {"fcd": min, "fcd2": min}
        return {
            column: choose(made, key=lambda row: getattr(row, column)).name
            for column, choose in better.items()
        }

    def _note(self, shipped: str) -> str:
        note = (
            f"{self.n:,} images each, against the 10,000 test images; profile {runtime.profile()}. "
            "2nd judge: FCD by another classifier, in a unit of its own."
        )
        return note + (
            f" {shipped} ship with the course: run their lesson to see your own."
            if any(r.reference for r in self.rows)
            else ""
        )


_session: dict[str, dict] = {}  # what this process recorded, in case nothing can be written


def _figures(scores: metrics.Scores | None, fcd2: float) -> dict[str, float]:
    """Return the columns' figures of a measurement, rounded."""
    found = {"fcd2": fcd2, **{n: getattr(scores, n) for n in _COLUMNS if n != "fcd2"}}
    return {name: round(found[name], 4) for name in _COLUMNS}


def _cells(row: Row) -> list[str]:
    return [
        *(f"{getattr(row, name):.2f}" for name in _COLUMNS),
        "" if row.seconds is None else f"{row.seconds:.0f}",
    ]


def _key(n: int) -> str:
    """What rows must have in common to stand in one table."""
    sums = {entry["model"]: entry["sha256"][:8] for entry in data.entries() if "model" in entry}
    judges = f"classifiers {sums['classifier']} and {sums['classifier-2']}"
    return f"{runtime.profile()}, {n} images, {judges}"


def _path() -> Path:
    given = os.environ.get("GENERATIVE_VISION_SCOREBOARD")
    return Path(given) if given else user_data_path("generative-vision") / "scoreboard.json"
