"""Feedback pages in a real browser: on a phone, in the dark, and for those who do not see them."""

from __future__ import annotations

import runpy
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from browser import MINUTE, needs_chromium, new_page
from marked_notebooks import of_lesson

from generative_vision.course.grading.pages import write_mathjax
from generative_vision.course.grading.report import Marked, make_report, render_report
from generative_vision.course.grading.results import Result
from generative_vision.course.manifest import read_course

pytestmark = needs_chromium

ROOT = Path(__file__).parents[1]
SLUG = "02-vae"
PHONE = {"width": 320, "height": 640}
DESKTOP = {"width": 1280, "height": 900}
PAGES = ["feedback/ana/page.html", "report.html"]

_TOO_FAINT = """() => {
    const channels = color => color.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
        .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = element => {
        for (let at = element; at; at = at.parentElement) {
            const color = channels(getComputedStyle(at).backgroundColor);
            if (color.length < 4 || color[3] > 0) return color;
        }
        return [255, 255, 255];
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const faint = [];
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        const text = walker.currentNode.data.trim();
        if (!text || element.closest("script, style, mjx-container")) continue;
        const [a, b] = [channels(getComputedStyle(element).color), ground(element)].map(light);
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (contrast < 4.5) faint.push(`${contrast.toFixed(1)} ${text.slice(0, 40)}`);
    }
    return faint;
}"""

_TOO_WIDE = """() => [...document.querySelectorAll("body *")]
    .filter(e => !e.closest("pre, mjx-container, .unseen"))
    .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map(e => e.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A page of a real lesson with wrong answers, and the report of a class of one."""
    folder = tmp_path_factory.mktemp("pages")
    course = read_course(ROOT)
    known = runpy.run_path(str(ROOT / "tests" / "answers" / f"{SLUG}.py"))["ANSWERS"]
    one = of_lesson(course, SLUG)
    one.answer({name: answer["wrong"][0] for name, answer in known.items()})
    for question in one.sheet.questions[::2]:
        one.answer({question.answer: f'{question.key.variable} = "a"'})
    one.mark(lambda call: np.zeros(3))
    (folder / "feedback" / "ana").mkdir(parents=True)
    (folder / PAGES[0]).write_text(one.page(), encoding="utf-8")
    result = Result(
        student="a" * 100,
        lesson=SLUG,
        score=one.standing.score,
        max_score=one.standing.max_score,
        status="graded",
        remark="",
        file="ana.ipynb",
    )
    marked = Marked(result, PAGES[0], one.marks, one.standing)
    page = render_report(make_report(course.title, [one.sheet], [result], [marked]))
    (folder / PAGES[1]).write_text(page, encoding="utf-8")
    write_mathjax(folder / "feedback" / "mathjax.js")
    return folder


@pytest.fixture(scope="module")
def page():
    with new_page() as page:
        page.errors = []
        page.on("console", lambda m: m.type == "error" and page.errors.append(m.text))
        yield page


def show(page, path: Path, *, size: dict = DESKTOP, scheme: str = "light") -> None:
    """Open a page and wait until its formulas are set."""
    page.errors.clear()
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)
    page.goto(path.as_uri())
    page.wait_for_function("window.MathJax?.startup?.promise !== undefined", timeout=MINUTE)
    page.evaluate("MathJax.startup.promise")


def test_a_page_fits_a_phone_shows_formulas_and_asks_for_nothing_outside(page, folder):
    show(page, folder / PAGES[0], size=PHONE)
    assert page.evaluate(_TOO_WIDE) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.locator("mjx-container svg").count() > 0
    assert page.locator("mjx-merror").count() == 0
    assert page.outside == []
    assert page.errors == []


@pytest.mark.full
def test_the_report_fits_a_phone_long_names_too(page, folder):
    show(page, folder / PAGES[1], size=PHONE)
    page.locator("summary").click()
    assert page.evaluate(_TOO_WIDE) == []
    assert page.errors == []


@pytest.mark.full
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_all_text_stands_out_from_its_ground(page, folder, name, scheme):
    show(page, folder / name, scheme=scheme)
    assert page.evaluate(_TOO_FAINT) == []


@pytest.mark.full
def test_the_dark_page_is_dark(page, folder):
    show(page, folder / PAGES[0], scheme="dark")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, ground.strip("rgb()").split(","))) < 50


@pytest.mark.full
@pytest.mark.parametrize("name", PAGES)
def test_headings_are_in_order_and_landmarks_have_names(page, folder, name):
    show(page, folder / name)
    levels = [
        int(tag[1])
        for tag in page.evaluate(
            "[...document.querySelectorAll('h1, h2, h3, h4')].map(e => e.tagName)"
        )
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert max(after - before for before, after in pairwise(levels)) == 1
    for landmark in ("header", "nav[aria-label]", "main"):
        assert page.locator(landmark).count() == 1
    unnamed = page.locator("section:not([aria-labelledby]), .bar:not([aria-label])")
    assert unnamed.count() == 0


@pytest.mark.full
@pytest.mark.parametrize("name", PAGES)
def test_every_link_inside_leads_somewhere_and_every_id_is_one(page, folder, name):
    show(page, folder / name)
    ids = page.evaluate("[...document.querySelectorAll('body [id]')].map(e => e.id)")
    ids = [name for name in ids if not name.startswith("MJX")]
    targets = page.evaluate("[...document.querySelectorAll('a[href^=\"#\"]')].map(e => e.hash)")
    assert len(set(ids)) == len(ids)
    assert {target[1:] for target in targets} <= set(ids)
