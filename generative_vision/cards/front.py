"""The head of a card: metadata in YAML, between two lines of three dashes."""

from __future__ import annotations

import json

DATA_SET = "zalando-datasets/fashion_mnist"  #: its name at Hugging Face


def front_matter(found: dict) -> str:
    """Return metadata as the YAML head of a Markdown page: dictionaries, lists, text, numbers."""
    return "---\n" + "\n".join(_lines(found)) + "\n---\n"


def _lines(value: dict) -> list[str]:
    lines = []
    for key, entry in value.items():
        if isinstance(entry, dict):
            lines += [f"{key}:", *("  " + line for line in _lines(entry))]
        elif isinstance(entry, list):
            lines.append(f"{key}:")
            for item in entry:
                first, *rest = _lines(item) if isinstance(item, dict) else [_scalar(item)]
                lines += [f"- {first}", *("  " + line for line in rest)]
        else:
            lines.append(f"{key}: {_scalar(entry)}")
    return lines


def _scalar(value) -> str:
    return json.dumps(value, ensure_ascii=False)  # JSON is YAML, too
