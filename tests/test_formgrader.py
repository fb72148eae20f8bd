"""formgrader shows the marks, takes others, which stand, and loads nothing from elsewhere."""

from __future__ import annotations

import csv
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from browser import needs_chromium, new_page, running_lab
from conftest import SLUG
from hand_ins import FULL, Sheet
from marked_run import Run, prepare
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell
from playwright.sync_api import expect
from traitlets.config import Config

from generative_vision.course.grading.configuration import configure
from generative_vision.course.grading.export import export
from generative_vision.course.grading.formgrader import without_network
from generative_vision.course.grading.submissions import collect

SETTINGS = Path(__file__).parent.parent / "nbgrader_config.py"
HOSTILE = """\
$x^2$ <script>document.title = "evil"</script> ![x](https://example.org/a.png)
<img src="https://example.org/b.png" onerror="document.title = 'evil'">
"""
RAISED = r"$\smash{\raise 9em{\text{HHHHH}}}$ [a page](https://example.org)"
POSING = '<div class="nbgrader_cell"><span id="double-check" class="full-credit">mine</span></div>'
LOAD_FOREIGN_PICTURE = """() => new Promise(done => {
    document.addEventListener("securitypolicyviolation", event => done(event.violatedDirective));
    new Image().src = "https://example.org/c.png";
})"""
# letters of formulas that the page shows above or below their cell
SEEN_OUTSIDE_OF_ITS_CELL = """() =>
[...document.querySelectorAll("mjx-container use")].filter(part => {
    window.scrollBy(0, part.getBoundingClientRect().y - innerHeight / 2);
    const box = part.getBoundingClientRect();
    const cell = part.closest(".text_cell_render").getBoundingClientRect();
    const seen = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return (box.y > cell.bottom || box.bottom < cell.y) && part.closest("svg").contains(seen);
}).map(part => part.outerHTML)"""


def test_a_page_has_a_policy_before_all_else_and_mathjax_inside():
    theirs = (
        '<html><head><script src="x"></script><!-- Load mathjax -->'
        '<script src="https://theirs.example"></script><!-- End of mathjax configuration --></head>'
    )
    page = without_network(theirs)
    assert page.startswith('<html><head><meta http-equiv="Content-Security-Policy" content="defau')
    assert "https://theirs.example" not in page
    assert "window.MathJax" in page


def test_code_that_takes_long_to_colour_is_shown_without_colours(built_course):
    config = Config()
    configure(config, built_course)
    del config.HTMLExporter.template_file
    lines = "\n" * 5_000
    code = [f"@{'a.' * 12_000}b<i>", *6 * [f"({lines}1)"], "def f(): return 1"]
    notebook = new_notebook(cells=[new_code_cell(source) for source in code])
    start = time.process_time()
    page, _ = HTMLExporter(config=config).from_notebook_node(notebook)
    assert time.process_time() - start < 2
    assert "a.a.b&lt;i&gt;" in page
    assert '<span class="k">def</span>' in page


@pytest.fixture(scope="module")
def run(tiny_course, tmp_path_factory, bubblewrap) -> Run:
    """A course whose results are in its own folder, as formgrader wants them."""
    run = prepare(tiny_course(), tmp_path_factory.mktemp("formgrader"))
    run.output = run.course.root
    shutil.copy(SETTINGS, run.course.root)
    sheet = Sheet(run.released).answer(first="a")
    sheet.notebook.cells += [new_markdown_cell(HOSTILE), new_raw_cell(HOSTILE)]
    sheet.notebook.cells += [new_markdown_cell(RAISED)]
    sheet.notebook.cells += [new_markdown_cell(POSING), new_raw_cell(POSING)]
    nbformat.write(sheet.notebook, run.folder / "ana.ipynb")
    run.grade()
    return run


@pytest.fixture(scope="module")
def page(run, tmp_path_factory) -> Iterator:
    """formgrader's list of the lesson's submissions, in a browser."""
    command = [sys.executable, "-m", "jupyterlab"]
    home = tmp_path_factory.mktemp("home")
    with running_lab(command, home, run.course.root) as (address, token), new_page() as page:
        page.goto(f"{address}/lab?token={token}")
        page.goto(f"{address}/formgrader/gradebook/{SLUG}/{SLUG}")
        yield page


@pytest.fixture(scope="module")
def submission(page):
    """The page of the one submission."""
    expect(page.locator("#main-table")).to_contain_text(f"{FULL - 1} / {FULL}")
    page.locator("#main-table a").first.click()
    expect(page.locator("#double-check")).to_have_attribute("placeholder", "2")
    return page


@pytest.mark.full
@needs_chromium
def test_a_submission_is_shown_and_nothing_of_it_runs_or_loads(submission):
    expect(submission.locator("mjx-container").last).to_be_visible()
    assert submission.title() == SLUG
    assert submission.outside == []
    assert submission.evaluate(LOAD_FOREIGN_PICTURE) == "img-src"
    expect(submission.locator("#double-check")).to_have_count(1)
    expect(submission.locator("span.full-credit")).to_have_count(0)
    expect(submission.get_by_text("[a page] (https: //example.org)")).to_be_visible()
    expect(submission.locator(".text_cell_render a[href]")).to_have_count(0)
    assert submission.evaluate(SEEN_OUTSIDE_OF_ITS_CELL) == []


@pytest.mark.full
@needs_chromium
def test_points_that_are_given_there_stand(run, submission):
    points = submission.locator("#double-check")
    with submission.expect_response(lambda r: "/api/grade/" in r.url and r.request.method == "PUT"):
        points.fill("1.5")
        points.press("Tab")
    submissions = collect(run.folder, run.course)
    result = run.grade()["ana"]
    assert (result.score, result.remark) == (FULL - 1.5, "double-check: 1.5 points by hand")
    (table,) = export("canvas", run.output, run.course, submissions, [result])
    rows = list(csv.DictReader(table.open(encoding="utf-8", newline="")))
    assert rows[1][SLUG] == f"{FULL - 1.5:g}"


@pytest.mark.full
@needs_chromium
def test_a_submission_has_the_keys_that_nbgrader_gives_it(submission):
    submission.locator(".help").click()
    expect(submission.get_by_text("Move to the next score or comment input")).to_be_visible()
