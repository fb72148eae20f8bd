"""Names as folders have them, and made comparable: without case, accents and signs."""

from __future__ import annotations

import hashlib
import re
import unicodedata

# letters of a name, taken apart: a file's name on a disk, of 255 bytes, has no more. In an archive
# one has thousands, of signs that stand for a whole sentence each
_MAX_LETTERS = 300
MAX_NAME_BYTES = 100  # of a student's name
# a file beside the students' folders of feedback; and in formgrader's lists, what each object of
# JavaScript has, and how these number their rows
_TAKEN = re.compile(
    r"mathjax\.js|constructor|hasownproperty|isprototypeof|propertyisenumerable|"
    r"to(locale)?string|valueof|c\d{1,5}"
)
JOINERS = "\u200c\u200d"  # they belong to scripts, and no letter begins with one
MAX_MARKS = 4  # on one letter, in any script
_BEYOND_CYRILLIC = 0x0530  # the first character after Latin, Greek and Cyrillic


def compact(text: str) -> str:
    """Return a name's letters and digits alone, small and without accents: for comparing.

    Only in the alphabets that are kin to Latin a mark is an accent; elsewhere it is a vowel. What
    is too long to be a name has none.
    """
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = []
    has_accents = False
    for character in letters if len(letters) <= _MAX_LETTERS else "":
        kind = unicodedata.category(character)[0]
        if kind in "LN":
            has_accents = ord(character) < _BEYOND_CYRILLIC
        if kind in "LN" or (kind == "M" and not has_accents):
            kept.append(character)
    return "".join(kept)


def words(text: str) -> list[str]:
    """Return the words of a name, each for comparing; none of what is too long to be one."""
    if len(unicodedata.normalize("NFKD", text)) > _MAX_LETTERS:
        return []
    letters = (c if unicodedata.category(c)[0] in "LNM" else " " for c in text)
    return [word for word in map(compact, "".join(letters).split()) if word]


def student_name(text: str) -> str:
    """Return a name that is also a folder's: letters, digits and a few signs, not too long.

    One that something else is called has a sign more.
    """
    text = without_piles(unicodedata.normalize("NFC", text))
    kept = [char if _is_kept(char) else " " for char in text]
    name = re.sub(" +", "_", "".join(kept)).strip("_-.")
    name = f"{name}-" if _TAKEN.fullmatch(name.casefold()) else name
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]  # tells two long names apart
    return name.encode()[: MAX_NAME_BYTES - 9].decode(errors="ignore") + "-" + mark


def without_piles(text: str) -> str:
    """Return a text in which no letter has a pile of marks, which would cover the lines above."""
    kept, marks = [], 0
    for character in text:
        if unicodedata.category(character) in ("Mn", "Me"):
            marks += 1
        elif character not in JOINERS:
            marks = 0
        if marks <= MAX_MARKS:
            kept.append(character)
    return "".join(kept)


def _is_kept(character: str) -> bool:
    """Tell whether a character stays in a name: vowel signs and accents make the letter."""
    category = unicodedata.category(character)
    return category[0] in "LN" or category in ("Mn", "Mc") or character in "_.@-"
