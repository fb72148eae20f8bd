"""Names made comparable: without case, accents and signs."""

from __future__ import annotations

import unicodedata

# letters of a name, taken apart: a file's name on a disk, of 255 bytes, has no more. In an archive
# one has thousands, of signs that stand for a whole sentence each
_MAX_LETTERS = 300
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
