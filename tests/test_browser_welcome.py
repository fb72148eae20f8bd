"""``generative-vision lab`` opens the welcome page, and shows what a student needs and no more."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import nbformat
import pytest
from browser import MINUTE, needs_chromium, new_page, run_command, running_lab, wait_for_kernel
from conftest import SLUG
from nbgrader.utils import is_solution
from playwright.sync_api import Locator, Page, expect

from generative_vision.course.build import build
from generative_vision.course.manifest import Course, find_root, read_course
from generative_vision.course.source import read_source

SOURCE = read_course(find_root(Path(__file__).parent))
COMMAND = [
    sys.executable,
    "-c",
    "from generative_vision.course.cli import main; main()",
    "lab",
    "--course",
]
ANSWERS = {"right": "2 * x", "wrong": "3 * x"}

pytestmark = [needs_chromium, pytest.mark.slow]


@dataclass
class Lab:
    """A running JupyterLab."""

    course: Course
    address: str
    token: str

    def url(self, path: str = "/") -> str:
        """Return an address that opens without a password."""
        return f"{self.address}{path}?token={self.token}"

    def get(self, path: str) -> dict:
        """Return what the server answers, as a dictionary."""
        connection = HTTPConnection(self.address.removeprefix("http://"))
        connection.request("GET", path, headers={"Authorization": f"token {self.token}"})
        return json.loads(connection.getresponse().read())


def _released(course: Course, slug: str) -> nbformat.NotebookNode:
    return nbformat.read(course.root / "lessons" / slug / f"{slug}.ipynb", 4)


def _hand_in(notebook: nbformat.NotebookNode, sources: dict[str, str], path: Path) -> None:
    """Write a notebook with other sources in the cells of these names."""
    for cell in notebook.cells:
        cell.source = sources.get(cell.id, cell.source)
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, tiny_course) -> Iterator[Lab]:
    """``generative-vision lab`` in a copy of the course, whose folder has a blank in its name.

    In its work/ are also two copies of the tiny lesson, with a right and with a wrong answer.
    """
    home = tmp_path_factory.mktemp("welcome")
    root = home / "my course"
    shutil.copytree(SOURCE.root / "lessons", root / "lessons")
    shutil.copy(SOURCE.root / "book.toml", root)
    tiny = tiny_course()
    build(tiny)
    for name, answer in ANSWERS.items():
        sources = {
            "double": f"def double(x):\n    return {answer}",
            "quiz-main_purpose": 'answer_main_purpose = "b"',
            "quiz-second": 'answer_second = "a"',
        }
        _hand_in(_released(tiny, SLUG), sources, root / "work" / name / f"{name}.ipynb")
    with running_lab([*COMMAND, str(root)], home) as (address, token):
        yield Lab(read_course(root), address, token)


@contextmanager
def _opened(lab: Lab) -> Iterator[tuple[Page, Locator]]:
    """Give JupyterLab's page as it opens, complete, and in it the welcome page."""
    with new_page() as page:
        page.goto(lab.url())
        viewer = page.locator(".jp-MarkdownViewer")
        expect(viewer.locator("h1")).to_contain_text(lab.course.title, timeout=MINUTE)
        page.evaluate("() => window.jupyterapp.restored.then(() => null)")
        yield page, viewer


def test_the_page_is_what_opens(lab: Lab):
    with _opened(lab) as (page, viewer):
        assert page.url == f"{lab.address}/lab/tree/welcome.md"
        titles = viewer.get_by_role("heading", level=2).all_text_contents()
        for title, lesson in zip(titles, lab.course.lessons):
            assert title.startswith(f"{lesson.slug[:2]} {lesson.title}")


def test_every_picture_is_visible(lab: Lab):
    with _opened(lab) as (_, viewer):
        pictures = viewer.locator("img")
        expect(pictures).to_have_count(len(lab.course.lessons))
        for picture in pictures.all():
            picture.scroll_into_view_if_needed()
            expect(picture).to_have_js_property("naturalWidth", 716)


def test_nothing_asks_for_news_or_the_network(lab: Lab):
    (settings,) = [
        found
        for found in lab.get("/lab/api/settings")["settings"]
        if found["id"] == "@jupyterlab/apputils-extension:notification"
    ]
    properties = settings["schema"]["properties"]
    assert properties["fetchNews"]["default"] == "false"
    assert properties["checkForUpdates"]["default"] is False
    with _opened(lab) as (page, viewer):
        expect(viewer.locator("img").first).to_be_visible()
        expect(page.locator(".Toastify__toast")).to_have_count(0)
        assert page.outside == []


def test_nothing_is_for_instructors(lab: Lab):
    with _opened(lab) as (page, _):
        commands = page.evaluate("() => window.jupyterapp.commands.listCommands()")
        assert [name for name in commands if name.startswith("nbgrader:")] == []
        expect(page.get_by_text("Create Assignment")).to_have_count(0)
        expect(page.locator(".lm-MenuBar").get_by_text("Nbgrader")).to_have_count(0)


def test_a_title_opens_its_lesson(lab: Lab):
    first = lab.course.lessons[0]
    with _opened(lab) as (page, viewer):
        viewer.get_by_role("link", name=first.title).click()
        notebook = page.locator(".jp-NotebookPanel")
        expect(notebook.locator("h1").first).to_contain_text(first.title, timeout=MINUTE)
        expect(notebook.get_by_text("Validate", exact=True)).to_be_visible()
        wait_for_kernel(page)
        run_command(page, "notebook:shutdown-kernel")


def test_the_objectives_unfold(lab: Lab):
    objective = lab.course.lessons[0].objectives[0]
    with _opened(lab) as (_, viewer):
        text = viewer.get_by_text(objective)
        expect(text).to_have_count(1)
        expect(text).to_be_hidden()
        viewer.locator("summary").first.click()
        expect(text).to_be_visible()


PASSED, FAILED = "Your notebook passes all the tests.", "The following cell failed:"


def _validate(lab: Lab, name: str) -> str:
    """Open a notebook, press Validate, and return what the dialog says."""
    with new_page() as page:
        page.goto(lab.url(f"/lab/workspaces/{name}/tree/{name}/{name}.ipynb"))
        wait_for_kernel(page)
        page.locator(".jp-NotebookPanel").get_by_text("Validate", exact=True).click()
        results = page.get_by_role("dialog")
        expect(results).to_contain_text("Validation Results", timeout=5 * MINUTE)
        said = results.text_content()
        results.get_by_role("button", name="OK").click()
        run_command(page, "notebook:shutdown-kernel")
        return said


def test_validate_accepts_right_answers(lab: Lab):
    assert PASSED in _validate(lab, "right")


def test_validate_names_what_is_wrong(lab: Lab):
    said = _validate(lab, "wrong")
    assert FAILED in said
    assert "double(2)" in said


@pytest.mark.full
def test_validate_runs_a_whole_lesson(lab: Lab):
    first = lab.course.lessons[0]
    assert FAILED in _validate(lab, first.slug)
    solved = read_source(SOURCE, first)
    answers = {cell.id: cell.source for cell in solved.cells if is_solution(cell)}
    path = lab.course.work / "solved" / "solved.ipynb"
    _hand_in(_released(lab.course, first.slug), answers, path)
    assert PASSED in _validate(lab, "solved")
