"""Who comes to the repository finds the way, on a page that is short, to pages that are there."""

import posixpath
import re
from pathlib import Path

import pytest

from generative_vision.course.book.about import PAGES, find_linked, read_page
from generative_vision.course.cli import app
from generative_vision.course.manifest import read_course

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
COMMANDS = {command.name or command.callback.__name__ for command in app.registered_commands}
COURSE = read_course(ROOT)


def links(text):
    """Return the targets of a text's links and pictures, without those on the web."""
    return re.findall(r"\]\((?!https?:)([^)\s]+)\)", text)


def anchors(text):
    """Return the names that a code host gives to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_has_at_most_150_lines():
    assert len(README.splitlines()) <= 150


def test_the_readme_begins_with_its_three_kinds_of_reader():
    headings = re.findall(r"^## (.+)$", README, re.MULTILINE)
    kinds = ["If you are a student", "If you learn on your own", "If you teach"]
    assert headings[:3] == kinds


def test_the_first_commands_are_to_learn_to_test_and_to_list_the_others():
    block = re.search(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)[1]
    assert [line.split("#")[0].split() for line in block.splitlines()] == [
        ["make", "lab"],
        ["make", "test"],
        ["make", "help"],
    ]


@pytest.mark.parametrize("lesson", COURSE.lessons, ids=lambda lesson: lesson.slug)
def test_the_readme_names_every_lesson(lesson):
    row = f"| {lesson.slug[:2]} |"
    assert README.count(f"\n{row}") == 1, f"README's table of lessons needs one row {row} … |"


def test_the_readme_has_the_lessons_in_their_order():
    numbers = re.findall(r"^\| (\d\d) \|", README, re.MULTILINE)
    assert numbers == [lesson.slug[:2] for lesson in COURSE.lessons]


def test_the_readme_leads_to_every_page_about_the_course():
    assert set(PAGES) <= set(links(README))


def test_the_site_has_every_page_of_docs():
    found = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert found <= set(PAGES)


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md", *PAGES])
def test_no_link_is_dead(page):
    for link in links((ROOT / page).read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("page", PAGES)
def test_a_link_of_a_page_leads_to_what_the_site_has(page):
    lessons = {f"{lesson.slug}/{lesson.slug}.ipynb" for lesson in COURSE.lessons}
    held = {"index.md", *PAGES, *lessons, *find_linked(COURSE, page)}
    for link in links(read_page(COURSE, page)):
        path = posixpath.join(posixpath.dirname(page), link.partition("#")[0])
        assert posixpath.normpath(path) in held, link


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("docs/")])
def test_code_of_a_page_is_no_wider_than_the_site_shows(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    code = re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    assert [line for block in code for line in block.splitlines() if len(line) > 82] == []


@pytest.mark.parametrize("page", ["README.md", *PAGES])
def test_a_page_names_commands_that_are_there(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    made = re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)
    called = re.findall(r"(?:^|`|bin/)generative-vision ([a-z-]+)", text, re.MULTILINE)
    assert set(made) <= set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    assert set(called) <= COMMANDS
