"""Shipped files and their entries in the package's manifest, for the scripts that make them."""

from __future__ import annotations

import hashlib
import io
import json

import numpy as np

from generative_vision import data


def list_in_manifest(path: str, command: str, **model) -> None:
    """Replace, or add, the entry of a file below ``assets``: SHA-256, licence and command.

    Args:
        model: for weights, what else the entry says: model, class and arguments.
    """
    fields = {
        "path": path,
        "sha256": hashlib.sha256((data.ASSETS / path).read_bytes()).hexdigest(),
        "licence": "weights/LICENSE",
        **model,
        "command": command,
    }
    entry = "".join(f"{name} = {_toml(value)}\n" for name, value in fields.items())
    manifest = data.ASSETS / "manifest.toml"
    head, *entries = manifest.read_text(encoding="utf-8").split("[[file]]\n")
    entries = [other.rstrip() + "\n" for other in entries]
    same = [i for i, other in enumerate(entries) if f'path = "{path}"\n' in other]
    if same:
        entries[same[0]] = entry
    else:
        entries.append(entry)
    manifest.write_text(
        head + "\n".join("[[file]]\n" + entry for entry in entries), encoding="utf-8"
    )


def keep_pictures(path: str, name: str, pictures: np.ndarray, command: str) -> None:
    """Put pictures, uint8 (..., 28, 28), under a name into a file below ``assets``, .npz."""
    file, stored = data.ASSETS / path, {}
    if file.exists():
        with np.load(file) as found:
            stored = dict(found)
    content = io.BytesIO()
    np.savez_compressed(content, **(stored | {name: pictures}))
    file.write_bytes(content.getvalue())
    list_in_manifest(path, command)


def _toml(value) -> str:
    if isinstance(value, dict):
        return (
            "{ " + ", ".join(f"{name} = {json.dumps(part)}" for name, part in value.items()) + " }"
        )
    return json.dumps(value, ensure_ascii=False)
