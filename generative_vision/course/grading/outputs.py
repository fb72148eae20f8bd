"""Text and outputs of a submission, rebuilt from what may be stored and shown.

A picture is decoded and encoded again, a text loses its control characters, and metadata is
dropped, as every other type of output is: nothing that a student writes acts in a terminal, a
spreadsheet or a browser.
"""

from __future__ import annotations

import base64
import io
import re
import unicodedata
from typing import Any
from urllib.parse import unquote

from nbformat import NotebookNode
from nbformat.v4 import new_output

from generative_vision.course.grading.spelling import JOINERS, without_piles

MAX_TEXT = 10_000  # characters of one text output
MAX_PIXELS = 4_000_000  # of one picture
MAX_ENCODED = 8_000_000  # characters of one picture in a message
MAX_NAME = 1_000  # characters of an attachment's name

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.?)", re.DOTALL)
# no sign of a formula in it: JupyterLab puts these back into HTML as they are, into attributes, too
_PASTED = re.compile(
    r"!\[[\w .,-]*\]\((attachment:[\w.%~+-]+|data:image/(png|jpeg);base64,[A-Za-z0-9+/=]+)\)"
)
# the beginning of a tag, of a link's address, of any other, and of a formula's link or style
_ADDRESS = re.compile(
    r"<(?=[a-z/!?]|\Z)|\](?=[(:])|:(?=//)|www(?=\.)|attachment(?=:)"
    r"|\\(?=(?:href|url|csname|bbox|style|class|cssid|require|mmltoken|html\w*)\b)",
    re.IGNORECASE,
)
# a block of code that names more than a language, or one that is drawn, which can load pictures
_DRAWN = re.compile(
    r"(`{3,}|~{3,})(?![`~]|[ \t]*((?!mermaid)[\w+-]+[ \t]*)?$)", re.IGNORECASE | re.MULTILINE
)
_ATTACHMENT = re.compile(r"attachment:([^\s)\"'>]+)")


def plain_text(value: Any, limit: int = MAX_TEXT) -> str:
    """Return a value as text without escape codes and control characters, cut at a limit."""
    text = _ESCAPES.sub("", str(value)[: 4 * limit].encode("utf-8", "replace").decode())
    kept = without_piles("".join(character for character in text if _is_shown(character)))
    return kept if len(kept) <= limit else f"{kept[:limit]} …"


def plain_line(value: Any, limit: int = 200) -> str:
    """Return a value as one line of text, for a name, a remark or a cell of a table."""
    return " ".join(plain_text(value, limit).split())


def rebuild(kind: Any, content: Any) -> NotebookNode | None:
    """Return an output built anew from a kernel's message, or None where it shows nothing.

    Args:
        kind: the message's type; of any form, as nothing in a message is trusted.
        content: the message's content.
    """
    match kind, content:
        case "stream", {"name": "stdout" | "stderr" as name, "text": str(text)}:
            return new_output("stream", name=name, text=plain_text(text))
        case "error", {"ename": str(name), "evalue": str(value), "traceback": list(lines)}:
            trace = [plain_text(line) for line in lines[:200]]
            return new_error(plain_line(name), plain_text(value), trace)
        case "display_data" | "execute_result" | "update_display_data", {"data": dict(data)}:
            shown = _rebuild_data(data)
            return new_output("display_data", data=shown) if shown else None
    return None


def new_error(name: str, message: str, trace: list[str] | None = None) -> NotebookNode:
    """Return an error as a cell's output."""
    lines = [f"{name}: {message}"] if trace is None else trace
    return new_output("error", ename=name, evalue=message, traceback=lines)


def shown_files(text: str, attachments: Any) -> dict[str, Any]:
    """Return those of a Markdown cell's attachments that its text shows, in order of their names.

    Nothing is kept of other names: they are as many, and as long, as the notebook allows.
    """
    files = attachments if isinstance(attachments, dict) else {}
    names = map(_file_name, _ATTACHMENT.finditer(text))
    return {name: files[name] for name in sorted({name for name in names if name in files})}


def _file_name(shown: re.Match) -> str:
    """Return an attachment's name; decoding takes a hundred times the memory of a text."""
    return unquote(shown[1]) if len(shown[1]) <= MAX_NAME else ""


def inline_attachments(cell: NotebookNode, limit: int = MAX_ENCODED) -> int:
    """Put the pictures that were pasted into a Markdown cell into its text; other files go.

    Args:
        limit: characters that all of them may take, each as often as it is shown.

    Returns:
        How many of these are left.
    """
    pictures: dict[str, str] = {}
    left = limit
    for name, file in shown_files(cell.source, cell.pop("attachments", None)).items():
        shown = _rebuild_data(file) if isinstance(file, dict) else {}
        kinds = [kind for kind in shown if kind.startswith("image/")]
        pictures[name] = f"data:{kinds[0]};base64,{shown[kinds[0]]}" if kinds else ""

    def picture(match: re.Match) -> str:
        nonlocal left
        found = pictures.get(_file_name(match), "")
        if len(found) > left:
            return ""
        left -= len(found)
        return found

    cell.source = _ATTACHMENT.sub(picture, cell.source)
    return left


def without_addresses(text: str) -> str:
    """Return a student's Markdown in which nothing leads or loads from anywhere, or is HTML.

    Spaces keep tags, links and addresses from being any. JupyterLab would load pictures with the
    rights of whoever opens the notebook, from the server's own addresses, too, some of which run
    what was handed in; and buttons there can run all cells. Emphasis, lists, code, formulas and
    pasted pictures stay as they are.
    """
    kept, end = [], 0
    for picture in _PASTED.finditer(text):
        kept += [_without_addresses(text[end : picture.start()]), picture[0]]
        end = picture.end()
    return "".join([*kept, _without_addresses(text[end:])])


def _without_addresses(text: str) -> str:
    return _ADDRESS.sub(r"\g<0> ", _DRAWN.sub(r"\1\n", text))


def _rebuild_data(data: dict) -> dict[str, str]:
    shown = {}
    for kind, form in (("image/png", "PNG"), ("image/jpeg", "JPEG")):
        picture = _rebuild_picture(data.get(kind), form)
        if picture is not None:
            shown[kind] = picture
    if isinstance(data.get("text/plain"), str):
        shown["text/plain"] = plain_text(data["text/plain"])
    return shown


def _rebuild_picture(encoded: Any, form: str) -> str | None:
    """Return a picture encoded again, without anything but its pixels; None where it is none."""
    from PIL import Image

    if not isinstance(encoded, str) or len(encoded) > MAX_ENCODED:
        return None
    try:
        with Image.open(io.BytesIO(base64.b64decode(encoded)), formats=[form]) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                return None
            pixels = picture.convert("RGB" if form == "JPEG" else "RGBA")
    except Exception:  # whatever a forged picture makes of the decoder
        return None
    pixels.info.clear()  # a comment and a colour profile would be written again
    again = io.BytesIO()
    pixels.save(again, form)
    return base64.b64encode(again.getvalue()).decode("ascii")


def _is_shown(character: str) -> bool:
    category = unicodedata.category(character)
    return (
        character in "\n\t"  # other format characters (Cf) turn a line's direction, or hide in it
        or character in JOINERS
        or category not in ("Cc", "Cf", "Cs", "Zl", "Zp")
    )
