"""Controls and lessons in a real JupyterLab, used through a browser as a student does."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from browser import MINUTE, needs_chromium, new_page, open_notebook, run_command, running_lab
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import expect

from generative_vision.course.manifest import Lesson, find_root, read_course

CONTROLS = """\
import matplotlib.pyplot as plt
from generative_vision import widgets

def draw(seed):
    plt.plot([seed, 1])

def answer(text):
    if "purple" in text:
        raise ValueError("'purple' is not a known word")
    plt.figure().add_subplot().set_title(text)

widgets.explore(draw, seed=(0, 20, 1, 7))
widgets.ask(lambda text: answer(text), ["a bag"])
"""
COURSE = read_course(find_root(Path(__file__).parent))
OUTPUT, SLIDER = ".jp-OutputArea-output", ".widget-slider [role=slider]"  # CSS selectors
CONTROLS_BOX = ".widget-vbox"
WIDGET = "application/vnd.jupyter.widget-view+json"
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},  # cells out of sight are drawn, too
}

pytestmark = [needs_chromium, pytest.mark.slow]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A running JupyterLab over a copy of the lessons and a notebook named ``controls``.

    Gives its address with ``{0}`` for the slug, and the folder. Each notebook has a workspace of
    its own, so that JupyterLab does not open the one before beside it.
    """
    home = tmp_path_factory.mktemp("lab")
    lessons = Path(shutil.copytree(COURSE.root / "lessons", home / "lessons"))
    (lessons / "controls").mkdir()
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    controls = new_notebook(cells=[new_code_cell(CONTROLS)], metadata=kernel)
    nbformat.write(controls, lessons / "controls" / "controls.ipynb")
    for name, setting in SETTINGS.items():
        file = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(setting), encoding="utf-8")
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={lessons}"]
    with running_lab(command, home) as (address, token):
        yield f"{address}/lab/workspaces/{{0}}/tree/{{0}}/{{0}}.ipynb?token={token}", lessons


def test_controls_answer_to_the_keyboard(lab: tuple[str, Path]):
    address, _ = lab
    with new_page() as page:
        open_notebook(page, address.format("controls"))
        run_command(page, "notebook:run-all-cells")
        outputs = page.locator(OUTPUT)
        expect(outputs).to_have_count(4)  # two controls, each above its figure
        figure, prompt_figure = outputs.nth(1).locator("img"), outputs.nth(3).locator("img")
        expect(figure).to_have_attribute("alt", "seed = 7")
        slider = page.locator(SLIDER)
        slider.press("ArrowRight")
        expect(figure).to_have_attribute("alt", "seed = 8", timeout=MINUTE)
        slider.press("ArrowRight")
        slider.press("ArrowRight")
        expect(figure).to_have_attribute("alt", "seed = 10", timeout=MINUTE)
        prompt = page.get_by_label("prompt")
        prompt.fill("a boot")
        prompt.press("Enter")
        expect(prompt_figure).to_have_attribute("alt", "a boot", timeout=MINUTE)
        prompt.fill("a purple bag")
        prompt.press("Enter")
        expect(outputs.nth(3)).to_have_text("'purple' is not a known word", timeout=MINUTE)
        prompt.fill("a dress")
        prompt.press("Enter")
        expect(prompt_figure).to_have_attribute("alt", "a dress", timeout=MINUTE)
        expect(outputs).to_have_count(4)
        run_command(page, "notebook:shutdown-kernel")


@pytest.mark.full  # a minute each
@pytest.mark.parametrize("lesson", COURSE.lessons, ids=lambda lesson: lesson.slug)
def test_an_untouched_lesson_runs_up_to_the_practice(lab: tuple[str, Path], lesson: Lesson):
    address, folder = lab
    with new_page() as page:
        open_notebook(page, address.format(lesson.slug))
        run_command(page, "notebook:run-all-cells")  # ends where a cell raises an error
        run_command(page, "docmanager:save")
        notebook = nbformat.read(folder / lesson.slug / f"{lesson.slug}.ipynb", 4)
        assert page.locator(f"{OUTPUT} img").count() > 0
        page.wait_for_selector(".jp-RenderedMarkdown mjx-container")
        assert page.locator("mjx-merror").count() == 0
        views = _outputs(notebook.cells, output_type="display_data")
        views = [view for view in views if WIDGET in view.data]
        expect(page.locator(CONTROLS_BOX)).to_have_count(len(views))
        assert _use_every_control(page) >= len(views) > 0
        run_command(page, "notebook:shutdown-kernel")
        assert page.outside == []
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    practice = next(i for i, cell in enumerate(code) if cell.metadata.get("nbgrader"))
    assert [cell.source for cell in code[:practice] if cell.execution_count is None] == []
    assert _outputs(code[:practice], name="stderr") == []
    assert _outputs(code[: practice + 1], output_type="error") == []
    assert [o.ename for o in _outputs(code, output_type="error")] == ["NotImplementedError"]


def _outputs(cells: list[nbformat.NotebookNode], **fields: str) -> list[nbformat.NotebookNode]:
    """Return the outputs whose fields have these values."""
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return [o for o in outputs if fields.items() <= o.items()]


def _use_every_control(page) -> int:
    """Move every slider by keyboard and by mouse, type into every field; return their number.

    Each time another picture must come, whose description names the control's new value.
    """
    used = 0
    for cell in page.locator(".jp-CodeCell", has=page.locator(CONTROLS_BOX)).all():
        picture = cell.locator(f"{OUTPUT} img").last  # what the cell drew itself stands above
        for slider in cell.locator(".widget-slider").all():
            _move(slider, picture)
            used += 1
        for field in cell.get_by_label("prompt").all():
            for text in ("a bright sneaker", "a dark coat"):
                with _another(picture):
                    field.fill(text)
                    field.press("Enter")
            used += 1
    return used


def _move(slider, picture) -> None:
    """Move a slider by an arrow key, then drag its handle towards the end that is further away."""
    handle, bar = slider.get_by_role("slider"), slider.locator(".noUi-base")
    whole, start = bar.bounding_box(), handle.bounding_box()
    at = start["x"] + start["width"] / 2 - whole["x"]  # aria-valuenow has one decimal only
    with _another(picture):
        handle.press("ArrowLeft" if at > whole["width"] - 1 else "ArrowRight")
    start = handle.bounding_box()
    at = start["x"] + start["width"] / 2 - whole["x"]
    end = 0 if at > whole["width"] / 2 else whole["width"]
    with _another(picture):
        handle.drag_to(bar, target_position={"x": (at + end) / 2, "y": whole["height"] / 2})


@contextmanager
def _another(picture) -> Iterator[None]:
    """Wait until a picture is replaced by one of another description."""
    before = picture.get_attribute("alt")
    yield
    expect(picture).not_to_have_attribute("alt", before, timeout=MINUTE)
