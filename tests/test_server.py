"""No address of formgrader acts by being opened."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import nbformat
import pytest
from nbformat.v4 import new_notebook
from nbgrader.server_extensions.assignment_list import handlers as assignments
from nbgrader.server_extensions.course_list import handlers as courses
from nbgrader.server_extensions.formgrader import apihandlers, handlers
from nbgrader.server_extensions.validate_assignment import handlers as validation

from generative_vision.course.grading import server

SECONDS = 120
PAGES = [
    "manage_students/{}",
    "manage_students/ana/{}",
    "manage_submissions/{}",
    "gradebook/{}",
    "gradebook/a/{}",
]

PAIRED = """---
jupytext:
  formats: eve///md,mine///ipynb
kernelspec: {display_name: Python 3, language: python, name: python3}
---

```python
evil()
```
"""


def test_parts_of_an_address_are_names_and_no_code(monkeypatch):
    for module in (handlers, apihandlers, assignments, courses, validation):
        monkeypatch.setattr(module, "default_handlers", list(module.default_handlers))
    server.shield()
    pages = [re.compile(pattern + "$") for pattern, *_ in handlers.default_handlers]
    for page in PAGES:
        for name in ("ana_lee-2", "Zo%C3%AB~17", "%2522", "00-start-here"):
            assert any(pattern.match("/formgrader/" + page.format(name)) for pattern in pages), name
        for code in ("%22;a();", "a%3cb", "%3Cb%3E", "%5C", "'", "a\\", "%27", "%26quot;", "a&b"):
            address = "/formgrader/" + page.format(code)
            assert not any(pattern.match(address) for pattern in pages), address


@pytest.fixture(scope="module")
def opened(tmp_path_factory) -> Iterator:
    """Return a function that opens an address of a server, and gives status, type and page."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", "--allow-root", f"--port={port}", "--IdentityProvider.token=t"]
    command = [sys.executable, "-m", "jupyter_server", *options, f"--ServerApp.root_dir={folder}"]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL)

    def read(address: str) -> tuple[int, str, str]:
        try:
            address = f"http://127.0.0.1:{port}/{address}"
            mark = "&" if "?" in address else "?"
            with urllib.request.urlopen(f"{address}{mark}token=t", timeout=SECONDS) as page:
                return page.status, page.headers.get_content_type(), page.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get_content_type(), error.read().decode()

    end = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            read("api")
            break
        except OSError:
            time.sleep(0.2)
    read.folder = folder
    yield read
    process.terminate()
    process.wait()


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_every_server_of_the_environment_is_told(opened, page):
    assert opened("formgrader/" + page.format("ana"))[0] == 200
    status, _, shown = opened("formgrader/" + page.format(quote('";evil();"', safe="")))
    assert status == 404
    assert "evil" not in shown


@pytest.mark.slow
def test_data_are_no_page(opened):
    """A folder in ``submitted/`` may have any name."""
    assert opened("formgrader/api/assignments") == (200, "application/json", "[]")
    for address in ("nbgrader_version?version=%3Cb%3E", "formgraders", "assignments?course_id=a"):
        assert opened(address)[:2] == (200, "application/json")


@pytest.mark.slow
def test_no_address_runs_the_settings_of_a_folder(opened, tmp_path: Path):
    """A picture is enough to ask for one, and a hand-in may have them."""
    acted = tmp_path / "acted"
    (tmp_path / "nbgrader_config.py").write_text(f"open({str(acted)!r}, 'w')", encoding="utf-8")
    status, *_ = opened(f"formgrader/?path={quote(str(tmp_path))}")
    assert not acted.exists()
    assert status == 403
    assert opened("formgrader/")[0] == 200


@pytest.mark.slow
@pytest.mark.parametrize("form", ["script", "SCRIPT"])
def test_no_address_imports_what_a_notebook_names(opened, form):
    (opened.folder / f"{form}.py").write_text("open('acted', 'w')", encoding="utf-8")
    metadata = {"language_info": {"name": "python", "nbconvert_exporter": f"{form}.X"}}
    notebook = nbformat.writes(new_notebook(metadata=metadata))
    (opened.folder / "eve.ipynb").write_text(notebook, encoding="utf-8")
    status, *_ = opened(f"nbconvert/{form}/eve.ipynb")
    assert not (opened.folder / "acted").exists()
    assert status == 403
    assert opened("nbconvert/python/eve.ipynb")[0] == 200


@pytest.mark.slow
def test_no_text_file_opens_in_place_of_a_notebook(opened):
    """Its cells would have run in the instructor's kernel."""
    mine, hers = opened.folder / "mine" / "own.ipynb", opened.folder / "eve" / "own.md"
    for path, text in ((mine, nbformat.writes(new_notebook())), (hers, PAIRED)):
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
    os.utime(mine, (1, 1))
    status, _, shown = opened("api/contents/eve/own.md")
    assert "evil" not in opened("api/contents/mine/own.ipynb")[2]
    assert (status, json.loads(shown)["type"]) == (200, "file")
