"""Chromium for the tests that look at pages: found on this machine, started so that it asks nothing of the network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def find_chromium() -> str | None:
    """Return the path of a Chromium: the one that ``$CHROMIUM`` names, else the first one on the path."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((found for found in map(shutil.which, names) if found), None)


needs_chromium = pytest.mark.skipif(find_chromium() is None, reason="needs Chromium: install it, or name it in $CHROMIUM")


@contextmanager
def new_page(width: int = 1280, height: int = 900) -> Iterator:
    """Give a Playwright page; its attribute ``outside`` lists the addresses beyond this machine that it asked for."""
    from playwright.sync_api import sync_playwright

    local = ("file:", "data:", "blob:", "about:", "http://localhost:", "http://127.0.0.1:", "ws://127.0.0.1:")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=_ARGUMENTS)
        page = browser.new_page(viewport={"width": width, "height": height})
        page.outside = []
        page.on("request", lambda request: request.url.startswith(local) or page.outside.append(request.url))
        try:
            yield page
        finally:
            browser.close()
