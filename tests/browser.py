"""Chromium for the tests that look at pages, started so that it leaves the network alone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

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
