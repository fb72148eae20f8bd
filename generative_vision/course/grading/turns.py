"""Whose turn it is: one from each folder, and so in each folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def in_turn(places: Iterable[int], folders: Sequence[tuple[str, ...]], depth: int = 0) -> list[int]:
    """Return places in an order that is fair: one from each folder in turn, and so in each folder.

    A folder may hold many names, and who filled it waits longest.

    Args:
        places: of files.
        folders: that each file lies in, by place.
        depth: how many of these places have in common.
    """
    groups: dict[str | int, list[int]] = {}
    for place in places:
        inside = folders[place][depth:]
        groups.setdefault(inside[0] if inside else place, []).append(place)
    waiting = [
        iter(in_turn(some, folders, depth + 1) if len(some) > 1 else some)
        for some in groups.values()
    ]
    ordered: list[int] = []
    while waiting:  # who has nothing left is asked no more: one folder may hold as many as all
        turn = [next(places, None) for places in waiting]
        waiting = [places for places, place in zip(waiting, turn) if place is not None]
        ordered += [place for place in turn if place is not None]
    return ordered
