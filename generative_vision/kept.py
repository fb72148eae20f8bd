"""Small facts kept for the reader's machine from one notebook to the next, as JSON files."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path


def read_kept(path: Path) -> dict:
    """Return what the file holds; nothing where it is missing, unreadable or no dictionary."""
    with contextlib.suppress(OSError, ValueError):
        kept = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(kept, dict):
            return kept
    return {}


def write_kept(path: Path, kept: dict) -> None:
    """Write the file whole or not at all, also when two notebooks do so together; a read-only home is no error."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps(kept, indent=1), encoding="utf-8")
        fresh.replace(path)
