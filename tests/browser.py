"""Chromium and JupyterLab for the tests that look at pages; Chromium leaves the network alone."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

MINUTE = 60_000  # in Playwright's milliseconds

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_LOCAL = (
    *("file:", "data:", "blob:", "about:"),
    *("http://localhost:", "http://127.0.0.1:", "ws://127.0.0.1:"),
)


def find_chromium() -> str | None:
    """Return the path of the Chromium that ``$CHROMIUM`` names, else of the first one found."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((found for found in map(shutil.which, names) if found), None)


needs_chromium = pytest.mark.skipif(
    find_chromium() is None, reason="needs Chromium: install it, or name it in $CHROMIUM"
)


@contextmanager
def new_page(width: int = 1280, height: int = 900) -> Iterator:
    """Give a Playwright page; its attribute ``outside`` lists its requests beyond this machine."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=_ARGUMENTS)
        page = browser.new_page(viewport={"width": width, "height": height})
        page.outside = []
        page.on("request", lambda r: r.url.startswith(_LOCAL) or page.outside.append(r.url))
        try:
            yield page
        finally:
            browser.close()


@contextmanager
def running_lab(
    command: Sequence[str], home: Path, folder: Path | None = None
) -> Iterator[tuple[str, str]]:
    """Start a JupyterLab by a command to which options are added; give its address and token.

    Args:
        home: the folder of its settings, and of its log.
        folder: where it is started; by default where the tests are.
    """
    token, port = secrets.token_hex(16), _free_port()
    environment = {
        **os.environ,
        "GENERATIVE_VISION_PROFILE": "tiny",
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }
    options = [
        "--no-browser",
        "--allow-root",
        "--expose-app-in-browser",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}",
    ]
    with open(home / "log.txt", "wb") as log:
        server = subprocess.Popen(
            [*command, *options], env=environment, stdout=log, stderr=log, cwd=folder
        )
    try:
        _wait_for(server, port, home / "log.txt")
        yield f"http://127.0.0.1:{port}", token
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


def open_notebook(page, address: str) -> None:
    """Open a notebook and wait until its kernel answers: before, JupyterLab runs no cell."""
    page.goto(address)
    wait_for_kernel(page)


def wait_for_kernel(page) -> None:
    """Return once the kernel of the notebook in front answers."""
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=2 * MINUTE)
    page.wait_for_function(
        """async () => {
            const context = window.jupyterapp.shell.currentWidget?.sessionContext;
            await context?.ready; // the notebook may not be in front yet
            return await context?.session?.kernel?.info;
        }""",
        timeout=2 * MINUTE,
    )


def run_command(page, name: str) -> None:
    """Run one of JupyterLab's commands to its end, or fail after five minutes."""
    page.evaluate(
        """([name, limit]) => Promise.race([
            window.jupyterapp.commands.execute(name).then(() => null),
            new Promise((_, reject) => setTimeout(
                () => reject(new Error(name + " does not end")), limit)),
        ])""",
        [name, 5 * MINUTE],
    )
