"""What Canvas may have put behind a name that its user chose, and that looks like a file's name."""

from __future__ import annotations

import re

_DAY = r"20\d\d[01]\d[0-3]\d_|[0-3]\d[01]\d20\d\d_"
LONG = r"(?!20\d\d[01]\d[0-3]\d_)(?P<file>\d{5,})_"  # of a file, and no date
_EARLY_USER = re.compile(r"_(?P<user>\d)_\d{5,}_")  # one of the first users of a Canvas
_OTHER_USER = re.compile(  # a date's are shorter, but not behind one digit
    rf"(?<![^_])(?P<user>\d{{2,}}(?=_\d{{5,}}_)|\d(?=_(?!{_DAY})\d{{5,}}_))"
)
_OTHER_IN_MOODLE = re.compile(r"(?:^|_)(?P<user>\d+)_assignsubmission_")
_OTHER_FILE = re.compile(LONG)
_LATE = re.compile(r"(?<![^_])LATE_(?P<user>\d+)_\d+_")
_SIGN = re.compile(r"[\x00-/:-@[-^`{-\x7f]")  # Canvas leaves none in a name but "_"
_GLOBAL = 10**13  # from here on Canvas numbers users of elsewhere


def other_user(title: str, user: str, name: str = "", file: int = 0) -> str:
    """Return a number by which a file's name may be that of another user of Canvas; or nothing.

    The number may be the user's own, where it stands again in front of what could be a file's.

    Args:
        title: what stands behind the numbers that count.
        user: the first of these, which is no other.
        name: what stands in front of it.
        file: the second, which is the other user's where the title begins with the file's.
    """
    if early := _EARLY_USER.search(f"{name}_"):
        return early["user"]
    if user and not file:  # Moodle's, and a name there could be a folder's
        theirs = _OTHER_IN_MOODLE.finditer(title)
        if other := next((one["user"] for one in theirs if one["user"] != user), ""):
            return other
    later = _OTHER_FILE.match(title) if user and file else None
    if later and (int(later["file"]) > file or file > _GLOBAL):  # users have smaller numbers
        return later["file"]
    for found in sorted(_OTHER_USER.finditer(title), key=lambda found: len(found["user"]) == 1):
        # a title of one's own in Moodle may say of which lesson it is
        before = (name if len(found["user"]) == 1 else "") + title[: found.start()]
        if found["user"] != user and _may_be_name(before.removesuffix("LATE_")):
            return found["user"]
    is_own = user != "" and re.match(rf"(?:LATE_)?{user}_(?!{_DAY})\d{{5,}}_", title)
    return user if is_own else ""


def is_late(title: str, user: str) -> bool:
    """Tell whether Canvas says so behind what a user's own name has of the form of a file's."""
    return any(
        found["user"] == user and _may_be_name(title[: found.start()])
        for found in _LATE.finditer(title)
    )


def _may_be_name(text: str) -> bool:
    """Tell whether Canvas may have made a text of a name."""
    return text == text.lower() and not _SIGN.search(text)
