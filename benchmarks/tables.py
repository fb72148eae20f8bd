"""Tables that lessons show: runs of a name and a seed, and what was measured."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from shipping import list_in_manifest

from generative_vision import data


def fill(
    path: str,
    names: Iterable[str],
    measure: Callable[[str, int], list[dict]],
    description: str,
    seeds: Mapping[str, int] | None = None,
) -> None:
    """Add the rows of each run, a name with a seed, that a table below ``assets`` lacks.

    The table is written after each run, and so may be interrupted. Options of the command line say
    which names and how many seeds, and whether to measure again what is there.

    Args:
        path: of the table; its command in the manifest is that of the script of the same name.
        names: of all runs; the table's rows stand in this order, then by seed.
        measure: (name, seed) -> rows of one run, all with the same columns.
        description: of the script.
        seeds: of each name; without, and on the command line, three of all.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("names", nargs="*", help="of runs; all without")
    parser.add_argument("--seeds", type=int, help="of each name")
    parser.add_argument("--runs", type=int, default=10_000, help="end after so many new ones")
    parser.add_argument("--new", action="store_true", help="measure again what is there")
    arguments = parser.parse_args()
    order, file = list(names), data.ASSETS / path
    if unknown := set(arguments.names) - set(order):
        parser.error(f"{', '.join(sorted(unknown))}: expected some of {', '.join(order)}")
    found: dict[tuple[str, int], list[dict]] = {}
    for row in csv.DictReader(file.read_text("utf-8").splitlines()) if file.exists() else []:
        found.setdefault((next(iter(row.values())), int(row["seed"])), []).append(row)
    found = {run: rows for run, rows in found.items() if run[0] in order}
    counts = dict.fromkeys(order, 3) | dict(seeds or {})
    if arguments.seeds is not None:
        counts = dict.fromkeys(order, arguments.seeds)
    wanted = [
        (name, seed)
        for seed in range(max(counts.values()))
        for name in arguments.names or order
        if seed < counts[name]
    ]
    for run in [run for run in wanted if arguments.new or run not in found][: arguments.runs]:
        found[run] = measure(*run)
        print(*run, *(f"{name} {value}" for name, value in found[run][-1].items()), flush=True)
        runs = sorted(found, key=lambda run: (order.index(run[0]), run[1]))
        write(file, [row for run in runs for row in found[run]])
        list_in_manifest(path, f"python benchmarks/{Path(path).stem}.py")


def write(path: Path, rows: list[dict]) -> None:
    """Write rows as a table; its columns are the first row's."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
