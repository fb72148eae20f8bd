"""Every lesson in a real JupyterLab, used through a browser as a student would who has not answered anything yet."""

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

from generative_vision.course.manifest import Lesson, find_root, read_course

COURSE = read_course(find_root(Path(__file__).parent))
MINUTE = 60_000  # in Playwright's milliseconds
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},  # cells out of sight are drawn, too
}

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A running JupyterLab over a copy of the lessons: its address with ``{0}`` for the slug, and the folder.

    Each lesson has a workspace of its own, so that JupyterLab does not open the one before beside it.
    """
    home = tmp_path_factory.mktemp("lab")
    lessons = Path(shutil.copytree(COURSE.root / "lessons", home / "lessons"))
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
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser",
        "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={lessons}",
        f"--IdentityProvider.token={token}",
    ]  # fmt: skip
    with open(home / "log.txt", "wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        _wait_for(server, port, home / "log.txt")
        yield f"http://127.0.0.1:{port}/lab/workspaces/{{0}}/tree/{{0}}/{{0}}.ipynb?token={token}", lessons
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
    pytest.fail("JupyterLab did not start:\n" + log.read_text(encoding="utf-8", errors="replace")[-2000:])


@pytest.mark.parametrize(  # the later ones take a minute each and wait for ``make test-full``
    "lesson", [pytest.param(a, marks=pytest.mark.full if number else (), id=a.slug) for number, a in enumerate(COURSE.lessons)]
)
def test_an_untouched_lesson_runs_up_to_the_practice(lab: tuple[str, Path], lesson: Lesson):
    address, folder = lab
    with new_page() as page:
        _open(page, address.format(lesson.slug))
        _command(page, "notebook:run-all-cells")  # ends where a cell raises an error
        _command(page, "docmanager:save")
        _hold_outputs(nbformat.read(folder / lesson.slug / f"{lesson.slug}.ipynb", 4))
        assert page.locator(".jp-OutputArea-output img").count() > 0
        page.wait_for_selector(".jp-RenderedMarkdown mjx-container")
        assert page.locator("mjx-merror").count() == 0
        _move_first_slider(page)
        _command(page, "notebook:shutdown-kernel")
        assert page.outside == []


def _open(page, address: str) -> None:
    """Open a notebook and wait until its kernel answers: earlier, JupyterLab runs nothing and says nothing."""
    page.goto(address)
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=2 * MINUTE)
    page.evaluate(
        """async () => {
            const context = window.jupyterapp.shell.currentWidget.sessionContext;
            await context.ready;
            await context.session.kernel.info;
        }"""
    )


def _command(page, name: str) -> None:
    """Run one of JupyterLab's commands to its end, or fail after five minutes."""
    page.evaluate(
        """([name, limit]) => Promise.race([
            window.jupyterapp.commands.execute(name).then(() => null),
            new Promise((_, reject) => setTimeout(() => reject(new Error(name + " does not end")), limit)),
        ])""",
        [name, 5 * MINUTE],
    )


def _hold_outputs(notebook: nbformat.NotebookNode) -> None:
    """Hold that the body ran in silence, and that the first thing to fail is an exercise that nobody has answered."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    practice = next(i for i, cell in enumerate(code) if cell.metadata.get("nbgrader"))
    for cell in code[:practice]:
        assert cell.execution_count is not None, f"not run: {cell.source}"
        assert [output for output in cell.outputs if output.get("name") == "stderr"] == []
    failed = [(i, output.ename) for i, cell in enumerate(code) for output in cell.outputs if output.output_type == "error"]
    assert [name for _, name in failed] == ["NotImplementedError"]
    assert failed[0][0] > practice


def _move_first_slider(page) -> None:
    """Press an arrow key on the lesson's first slider and wait until another picture is shown."""
    from playwright.sync_api import expect

    handle = page.locator(".widget-slider [role=slider]").first
    picture = page.locator(".widget-vbox", has=handle).first.locator("img").first
    before = picture.get_attribute("src")
    handle.press("ArrowRight")
    expect(picture).not_to_have_attribute("src", before, timeout=MINUTE)
