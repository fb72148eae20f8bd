"""Files that are written whole or not at all, and small facts stored in them as JSON."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write a file whole or not at all, also when two processes do so at once.

    Text is written as UTF-8, with the line ends that it has. The folder is made.

    Raises:
        OSError: the folder cannot be made or written to.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        fresh.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def read_facts(path: Path) -> dict:
    """Return the dictionary in a JSON file; an empty one where it cannot be read."""
    with contextlib.suppress(OSError, ValueError):
        facts = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(facts, dict):
            return facts
    return {}


def write_facts(path: Path, facts: dict) -> None:
    """Write a dictionary as JSON for the next notebook; a read-only folder is no error."""
    with contextlib.suppress(OSError):
        write_atomically(path, json.dumps(facts, indent=1))
