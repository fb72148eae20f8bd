"""What an audit says: verdicts for each outcome, the table, and the page as one file."""

import base64
import io
import re
from html.parser import HTMLParser

import matplotlib.pyplot as plt
import numpy as np
import pytest

from generative_vision.audit import Audit, Finding, Pairs


def finding(side):
    return Finding(2.0 * side, (-1.0, 1.0))


def made(copied=0.0, data_copying=0, authenticity=0, membership=0, **changed):
    """An audit with these outcomes: a copied share, and on which side of its null the rest lies."""
    images = np.linspace(-1, 1, 12 * 784, dtype="float32").reshape(12, 28, 28, 1)
    facts = {
        "name": "My <model>",
        "n": 1000,
        "different": 1000,
        "n_train": 60_000,
        "n_test": 900,
        "judge": 1,
        "has_loss": True,
        "copied": Finding(copied, (-0.01, 0.01), (copied - 0.02, copied + 0.03)),
        "data_copying": finding(data_copying),
        "authenticity": finding(authenticity),
        "membership": finding(membership),
        "visible": 0.009,
        "pairs": Pairs(images, -images, np.linspace(0.1, 0.9, 12)),
    }
    return Audit(**(facts | changed))


UNSEEN = "A copied share below 0.9% can stay unseen"
OUTCOMES = [
    ({}, "No sign of copying found."),
    ({"copied": 0.05}, "Copies: about 5.0% of the images .* (3.0% to 8.0%)."),
    ({"copied": 0.05, "data_copying": 1}, "Copies: about 5.0%"),
    ({"copied": 0.01}, "No sign of copying found."),
    ({"data_copying": -1}, "No copies found, but the images lie nearer"),
    ({"authenticity": -1}, "No copies found, but the images lie nearer"),
    ({"authenticity": -1, "membership": 1}, "No copies found, but the images lie nearer"),
    ({"membership": 1}, "No copies found, but the model's loss is lower on training images"),
    ({"membership": 1, "has_loss": False}, "No copies found, but training images have"),
    ({"membership": -1}, "No sign of copying found."),
    ({"data_copying": 1}, "No sign of copying found. The images lie farther"),
]


@pytest.mark.parametrize(("outcome", "words"), OUTCOMES)
def test_each_outcome_has_its_verdict(outcome, words):
    verdict = made(**outcome).verdict
    start, _, rest = words.partition(" .* ")
    assert verdict.startswith(start)
    assert verdict.endswith(rest)
    assert (UNSEEN in verdict) is not verdict.startswith("Copies")


@pytest.mark.parametrize(("value", "side"), [(-1.1, -1), (-1, 0), (0.3, 0), (1, 0), (1.1, 1)])
def test_a_value_at_the_end_of_its_null_lies_inside(value, side):
    assert Finding(value, (-1, 1)).side == side


@pytest.mark.parametrize(("judge", "words"), [(1, "of a classifier"), ("pixels", "in pixels")])
def test_limits_name_what_distances_are_taken_in(judge, words):
    assert sum(words in limit for limit in made(judge=judge).limits) == 1


def test_the_text_shows_measures_and_verdict():
    lines = str(made(data_copying=-1)).splitlines()
    assert lines[0] == (
        "My <model>: 1,000 images, against 60,000 training and 900 test images, "
        "in features of classifier 1"
    )
    assert " ".join(lines[2].split()) == "copied share 0.0% (−2.0% … 3.0%) −1.0% … 1.0%"
    assert " ".join(lines[3].split()) == "data-copying test C_T −2.00 −1.00 … 1.00"
    assert len(lines) == 7
    assert lines[6] == made(data_copying=-1).verdict


class Page(HTMLParser):
    """Tags that are open, texts and pictures of a page."""

    def __init__(self, source):
        super().__init__()
        self.open, self.texts, self.pictures = [], [], []
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.pictures.append(dict(attributes)["src"])
        elif tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.texts.append(text)


@pytest.fixture
def page(tmp_path):
    path = made(copied=0.05).report(tmp_path / "new" / "audit.html")
    return path.read_text(encoding="utf-8")


def test_the_page_is_whole_and_needs_no_other_file(page):
    assert Page(page).open == []
    assert not re.search(r"https?:|<script|<link", page)


def test_the_page_says_verdict_measures_and_limits(page):
    text = "".join(Page(page).texts)
    audit = made(copied=0.05)
    for said in (audit.verdict, "5.0% (3.0% … 8.0%)", "Audit of My <model>"):
        assert said in text
    for limit in audit.limits:
        assert limit.replace("C_T", "CT") in text


def test_the_page_shows_ten_pairs(page):
    kind, content = Page(page).pictures[0].split(",")
    assert kind == "data:image/png;base64"
    picture = plt.imread(io.BytesIO(base64.b64decode(content)))
    height, width = picture.shape[:2]
    assert 4 < width / height < 7


def test_the_report_leaves_no_figure_open(tmp_path):
    before = plt.get_fignums()
    made().report(tmp_path / "audit.html")
    assert plt.get_fignums() == before


@pytest.mark.parametrize(
    ("outcome", "colour"),
    [({"copied": 0.05}, "#c0392b"), ({"membership": 1}, "#e08214"), ({}, "#3a8f4d")],
)
def test_the_verdicts_colour_warns(outcome, colour):
    assert f'class="verdict" style="border-color:{colour}"' in made(**outcome)._repr_html_()


def test_a_notebook_shows_what_the_page_shows(page):
    assert made(copied=0.05)._repr_html_() in page


def test_pairs_are_drawn_as_two_rows():
    made().pairs.show(4)
    texts = [text.get_text() for text in plt.gcf().axes[0].texts]
    plt.close()
    assert texts == ["generated", "nearest training"]
