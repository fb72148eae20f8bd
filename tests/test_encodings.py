"""Files as other systems save them, and terminals that cannot show every letter."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from conftest import SLUG

from generative_vision.course.build import build
from generative_vision.course.manifest import read_course

MARK = b"\xef\xbb\xbf"  # Notepad's byte order mark


@pytest.mark.parametrize(
    "name", ["book.toml", f"solutions/{SLUG}/{SLUG}.md", f"solutions/{SLUG}/quiz.toml"]
)
def test_a_source_may_begin_with_a_byte_order_mark(tiny_course, name):
    course = tiny_course()
    build(course)
    lesson = course.root / "lessons" / SLUG / f"{SLUG}.ipynb"
    plain = lesson.read_bytes()
    path = course.root / name
    path.write_bytes(MARK + path.read_bytes())
    lesson.unlink()
    build(read_course(course.root))
    assert lesson.read_bytes() == plain


def test_names_outside_the_terminals_alphabet_are_printed_in_part(tiny_course, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "李雷.ipynb").write_text("{")
    arguments = ["grade", str(tmp_path / "in"), "--no-isolation"]
    code = "import sys; from generative_vision.course.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments, "--course", str(tiny_course().root)],
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        encoding="cp1252",
    )
    assert done.returncode == 0
    assert "??" in done.stdout
    assert "李雷" in (tmp_path / "in-graded" / "grades.csv").read_text(encoding="utf-8")
