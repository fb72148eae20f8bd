"""Controls and lessons in a real JupyterLab, used through a browser as a student does."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import nbformat
import pytest
from browser import needs_chromium, new_page
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
MINUTE = 60_000  # in Playwright's milliseconds
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},  # cells out of sight are drawn, too
}

pytestmark = needs_chromium


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
    token, port = secrets.token_hex(16), _free_port()
    environment = {
        **os.environ,
        "GENERATIVE_VISION_PROFILE": "tiny",
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--expose-app-in-browser",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={lessons}",
        f"--IdentityProvider.token={token}",
    ]
    with open(home / "log.txt", "wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        _wait_for(server, port, home / "log.txt")
        address = f"http://127.0.0.1:{port}/lab/workspaces/{{0}}/tree/{{0}}/{{0}}.ipynb"
        yield f"{address}?token={token}", lessons
    finally:
        server.terminate()  # which ends its kernels, too
        server.wait()


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def _wait_for(server: subprocess.Popen, port: int, log: Path) -> None:
    """Return once the server answers."""
    while server.poll() is None:
        connection = HTTPConnection("127.0.0.1", port)
        try:
            connection.request("GET", "/api")
            connection.getresponse()
            return
        except OSError:
            time.sleep(0.2)
        finally:
            connection.close()
    pytest.fail(
        "JupyterLab did not start:\n" + log.read_text(encoding="utf-8", errors="replace")[-2000:]
    )


def test_controls_answer_to_the_keyboard(lab: tuple[str, Path]):
    address, _ = lab
    with new_page() as page:
        _open(page, address.format("controls"))
        _command(page, "notebook:run-all-cells")
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
        _command(page, "notebook:shutdown-kernel")


FIRST, *LATER = COURSE.lessons


@pytest.mark.parametrize(  # the later ones take a minute each and wait for ``make test-full``
    "lesson",
    [FIRST, *(pytest.param(lesson, marks=pytest.mark.full) for lesson in LATER)],
    ids=lambda lesson: lesson.slug,
)
def test_an_untouched_lesson_runs_up_to_the_practice(lab: tuple[str, Path], lesson: Lesson):
    address, folder = lab
    with new_page() as page:
        _open(page, address.format(lesson.slug))
        _command(page, "notebook:run-all-cells")  # ends where a cell raises an error
        _command(page, "docmanager:save")
        notebook = nbformat.read(folder / lesson.slug / f"{lesson.slug}.ipynb", 4)
        assert page.locator(f"{OUTPUT} img").count() > 0
        page.wait_for_selector(".jp-RenderedMarkdown mjx-container")
        assert page.locator("mjx-merror").count() == 0
        _move_first_slider(page)
        _command(page, "notebook:shutdown-kernel")
        assert page.outside == []
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    practice = next(i for i, cell in enumerate(code) if cell.metadata.get("nbgrader"))
    assert [cell.source for cell in code[:practice] if cell.execution_count is None] == []
    assert _outputs(code[:practice], name="stderr") == []
    assert _outputs(code[: practice + 1], output_type="error") == []
    assert [o.ename for o in _outputs(code, output_type="error")] == ["NotImplementedError"]


def _outputs(cells: list[nbformat.NotebookNode], **fields: str) -> list[nbformat.NotebookNode]:
    """Return the outputs whose fields have these values."""
    outputs = [output for cell in cells for output in cell.outputs]
    return [o for o in outputs if fields.items() <= o.items()]


def _open(page, address: str) -> None:
    """Open a notebook and wait until its kernel answers: before, JupyterLab runs no cell."""
    page.goto(address)
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=2 * MINUTE)
    page.wait_for_function(
        """async () => {
            const context = window.jupyterapp.shell.currentWidget.sessionContext;
            await context.ready;
            return await context.session.kernel.info;
        }""",
        timeout=2 * MINUTE,
    )


def _command(page, name: str) -> None:
    """Run one of JupyterLab's commands to its end, or fail after five minutes."""
    page.evaluate(
        """([name, limit]) => Promise.race([
            window.jupyterapp.commands.execute(name).then(() => null),
            new Promise((_, reject) => setTimeout(
                () => reject(new Error(name + " does not end")), limit)),
        ])""",
        [name, 5 * MINUTE],
    )


def _move_first_slider(page) -> None:
    """Press an arrow key on the lesson's first slider and wait until another picture is shown."""
    slider = page.locator(SLIDER).first
    picture = page.locator(".jp-CodeCell", has=slider).locator(f"{OUTPUT} img").last
    before = picture.get_attribute("src")
    slider.press("ArrowRight")
    expect(picture).not_to_have_attribute("src", before, timeout=MINUTE)
