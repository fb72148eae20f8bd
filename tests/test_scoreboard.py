"""The scoreboard: rows that last and never mix, files that may be anything, and the table."""

import importlib
import json
import os
from xml.etree import ElementTree

import numpy as np
import pytest

from generative_vision import data, metrics, scoreboard
from generative_vision.files import read_facts, write_facts
from generative_vision.scoreboard import FLOOR, Board, Row

COLUMNS = ("precision", "recall", "density", "coverage")
MEASURES = {name: getattr(metrics, name) for name in ("evaluate", "fcd", "fcd_floor")}
ENTRIES, ASSET = data.entries, data.asset

SHIPPED = """
["tiny, 100 images, classifiers aaaaaaaa and cccccccc"]
"02 VAE" = {fcd = 5, fcd2 = 5, precision = 0.5, recall = 0.5, density = 0.5, coverage = 0.5}
"03 GAN" = {fcd = 4, fcd2 = 4, precision = 0.6, recall = 0.4, density = 0.6, coverage = 0.4}
"real training images" = {fcd = 0.5, fcd2 = 1, precision = 1, recall = 1, density = 1, coverage = 1}

["gpu, 100 images, classifiers aaaaaaaa and cccccccc"]
"03 GAN" = {fcd = 1, fcd2 = 1, precision = 0.6, recall = 0.4, density = 0.6, coverage = 0.4}
"""


def pretend_to_evaluate(images):
    """FCD is the images' grey level times ten."""
    floor = metrics.Scores(len(images), 0.25, 0.0, 0.91, 0.92, 0.99, 0.93)
    return metrics.Scores(
        len(images), 10 * float(images.mean()), 0.1, 0.12346, 0.7, 0.8, 0.6, floor=floor
    )


def pretended_fcd(images, judge):
    """The images' grey level times ten times the judge's number."""
    return 10 * judge * float(images.mean())


def images(level, n=100):
    return np.full((n, 28, 28, 1), level, "float32")


@pytest.fixture
def ship(monkeypatch):
    """Return a function that puts other shipped rows, or another classifier, in place."""

    def put(rows="", classifier="a" * 64, second="c" * 64):
        monkeypatch.setattr(data, "asset", {"scoreboard.toml": rows.encode()}.__getitem__)
        monkeypatch.setattr(
            data,
            "entries",
            lambda: [
                {"path": "x"},
                {"model": "classifier", "sha256": classifier},
                {"model": "classifier-2", "sha256": second},
            ],
        )

    put()
    return put


@pytest.fixture
def kept(tmp_path, monkeypatch):
    path = tmp_path / "below" / "scoreboard.json"
    monkeypatch.setenv("GENERATIVE_VISION_SCOREBOARD", str(path))
    return path


def new_process():
    """Begin anew, as another notebook does: what only this process knows is forgotten."""
    importlib.reload(scoreboard)


@pytest.fixture(autouse=True)
def own_board(monkeypatch, ship, kept):
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "tiny")
    monkeypatch.setattr(metrics, "evaluate", pretend_to_evaluate)
    monkeypatch.setattr(metrics, "fcd", pretended_fcd)
    monkeypatch.setattr(metrics, "fcd_floor", lambda n, judge: 0.125 * judge)
    new_process()


def test_a_generator_cannot_take_the_floors_name():
    with pytest.raises(ValueError, match="name of its own"):
        scoreboard.record(FLOOR, images(0.0), seconds=1)
    assert names() == []


def names(n=100):
    return [row.name for row in scoreboard.rows(n)]


# Rows


def test_a_row_holds_what_was_measured():
    scores = scoreboard.record("02 VAE", images(0.5), seconds=61.27)
    assert scores == pretend_to_evaluate(images(0.5))
    assert scoreboard.rows(100) == [
        scoreboard.Row(FLOOR, 0.25, 0.25, 0.91, 0.92, 0.99, 0.93, None),
        scoreboard.Row("02 VAE", 5.0, 10.0, 0.1235, 0.7, 0.8, 0.6, 61.3),
    ]


def test_rows_survive_and_a_second_run_replaces_its_own():
    scoreboard.record("03 GAN", images(0.3), seconds=5)
    new_process()
    scoreboard.record("02 VAE", images(0.2), seconds=5)
    new_process()
    scoreboard.record("03 GAN", images(0.1), seconds=7)
    for forget in (lambda: None, new_process):
        forget()
        assert [(row.name, row.fcd) for row in scoreboard.rows(100)] == [
            (FLOOR, 0.25),
            ("02 VAE", 2.0),
            ("03 GAN", 1.0),
        ]


def test_the_floor_stands_first_whatever_the_names():
    for name in ("02 VAE", "00 PCA", "zebra"):
        scoreboard.record(name, images(0.5), seconds=1)
    assert names() == [FLOOR, "00 PCA", "02 VAE", "zebra"]


def test_numbers_of_images_are_never_mixed():
    scoreboard.record("02 VAE", images(0.5), seconds=1)
    scoreboard.record("03 GAN", images(0.5, n=200), seconds=1)
    for forget in (lambda: None, new_process):
        forget()
        assert names(100) == [FLOOR, "02 VAE"]
        assert names(200) == [FLOOR, "03 GAN"]
        assert names(10) == []


def test_profiles_are_never_mixed(monkeypatch, ship):
    ship(SHIPPED)
    scoreboard.record("05 flow", images(0.5), seconds=1)
    for forget in (lambda: None, new_process):
        forget()
        monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "gpu")
        assert [(row.name, row.fcd) for row in scoreboard.rows(100)] == [("03 GAN", 1.0)]
        monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "laptop")
        assert names() == []
        monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "tiny")
        assert names() == [FLOOR, "02 VAE", "03 GAN", "05 flow"]


def test_classifiers_are_never_mixed(ship):
    scoreboard.record("02 VAE", images(0.5), seconds=1)
    for forget in (lambda: None, new_process):
        forget()
        ship(SHIPPED, classifier="b" * 64)
        assert names() == []
        ship()
        assert names() == [FLOOR, "02 VAE"]


def test_second_classifiers_are_never_mixed(ship):
    scoreboard.record("02 VAE", images(0.5), seconds=1)
    ship(SHIPPED, second="d" * 64)
    new_process()
    assert names() == []


def test_own_rows_stand_in_place_of_shipped_ones(ship):
    ship(SHIPPED)
    assert [(row.name, row.reference) for row in scoreboard.rows(100)] == [
        (FLOOR, True),
        ("02 VAE", True),
        ("03 GAN", True),
    ]
    scoreboard.record("03 GAN", images(0.1), seconds=1)
    found = {row.name: (row.fcd, row.reference) for row in scoreboard.rows(100)}
    assert found == {FLOOR: (0.5, True), "02 VAE": (5.0, True), "03 GAN": (1.0, False)}


def test_a_row_that_another_notebook_renews_is_shown_renewed(kept):
    scoreboard.record("02 VAE", images(0.9), seconds=1)
    new_process()
    scoreboard.record("03 GAN", images(0.5), seconds=1)
    facts = read_facts(kept)
    (rows,) = facts.values()
    rows["02 VAE"]["fcd"] = 1.0
    write_facts(kept, facts)
    assert {row.name: row.fcd for row in scoreboard.rows(100)}["02 VAE"] == 1.0


def test_real_images_are_recorded_as_they_are_measured(monkeypatch):
    for name, measure in MEASURES.items():
        monkeypatch.setattr(metrics, name, measure)
    monkeypatch.setattr(data, "entries", ENTRIES)
    monkeypatch.setattr(
        data, "asset", lambda name: b"" if name == "scoreboard.toml" else ASSET(name)
    )
    few = data.load_fashion_mnist("test")[0][:80]
    scores = scoreboard.record("00 copies", few, seconds=0)
    assert scores == metrics.evaluate(few)
    floor, row = scoreboard.rows(80)
    assert (floor.name, floor.fcd) == (FLOOR, round(scores.floor.fcd, 4))
    assert floor.fcd2 == round(metrics.fcd_floor(80, 2), 4)
    distances = (round(metrics.fcd(few, judge), 4) for judge in (1, 2))
    others = (round(getattr(scores, column), 4) for column in COLUMNS)
    assert row == scoreboard.Row("00 copies", *distances, *others, 0.0)


# The file

ROW = (
    '{"fcd": 1, "fcd2": 1, "precision": 1, "recall": 1, "density": 1, "coverage": 1, "seconds": 1}'
)
KEY = '"tiny, 100 images, classifiers aaaaaaaa and cccccccc"'
FOREIGN = [
    "",
    "{",
    "[]",
    "7",
    "null",
    '"text"',
    "\x00\x01",
    f"{{{KEY}: 5}}",
    f"{{{KEY}: [1]}}",
    f'{{{KEY}: {{"x": 5}}}}',
    f'{{{KEY}: {{"x": [1]}}}}',
    f'{{{KEY}: {{"x": {{}}}}}}',
    f'{{{KEY}: {{"x": {{"fcd": 1}}}}}}',
    f'{{{KEY}: {{"x": null}}}}',
    f'{{{KEY}: {{"x": {ROW[:-1]}, "speed": 3}}}}}}',
    f'{{{KEY}: {{"x": {ROW.replace("1", "null")}}}}}',
    f'{{{KEY}: {{"x": {ROW.replace("1", chr(34) + "one" + chr(34))}}}}}',
    f'{{"laptop": {{"x": {ROW}}}}}',
]


@pytest.mark.parametrize("content", FOREIGN)
def test_a_damaged_or_foreign_file_is_no_error(kept, content):
    kept.parent.mkdir()
    kept.write_text(content)
    assert names() == []
    scoreboard.record("02 VAE", images(0.5), seconds=1)
    for forget in (lambda: None, new_process):
        forget()
        assert names() == [FLOOR, "02 VAE"]
        assert repr(Board(scoreboard.rows(100), 100))


def test_bytes_that_are_no_text_are_no_error(kept):
    kept.parent.mkdir()
    kept.write_bytes(b"\xff\xfe\x80")
    assert names() == []


def test_what_others_wrote_beside_a_bad_row_is_kept(kept):
    kept.parent.mkdir()
    kept.write_text(f'{{{KEY}: {{"x": 5, "04 other": {ROW}}}, "laptop": {{"y": {ROW}}}}}')
    scoreboard.record("02 VAE", images(0.5), seconds=1)
    new_process()
    assert names() == [FLOOR, "02 VAE", "04 other"]
    assert "y" in json.loads(kept.read_text())["laptop"]


def test_an_unwritable_folder_still_shows_what_this_session_recorded(kept):
    kept.parent.write_text("a file where the folder should be")
    scoreboard.record("02 VAE", images(0.5), seconds=1)
    scoreboard.record("03 GAN", images(0.4), seconds=1)
    assert names() == [FLOOR, "02 VAE", "03 GAN"]
    new_process()
    assert names() == []


def test_kept_facts_are_written_whole_and_alone(tmp_path):
    path = tmp_path / "new" / "folder" / "facts.json"
    write_facts(path, {"ä": [1, 2.5, None]})
    assert read_facts(path) == {"ä": [1, 2.5, None]}
    assert os.listdir(path.parent) == ["facts.json"]
    assert read_facts(tmp_path) == read_facts(tmp_path / "none") == {}


# The table


def cells_of(board):
    """The table's rows as a browser would read them: (name, cells, bold cells, pale)."""
    page = ElementTree.fromstring(f"<div>{board._repr_html_()}</div>")
    return [
        (
            row.find("th").text,
            ["".join(cell.itertext()) for cell in row.findall("td")],
            [cell.text for cell in row.findall("td/b")],
            "opacity" in row.get("style", ""),
        )
        for row in page.findall("table/tbody/tr")
    ]


FLOOR_ROW = Row(FLOOR, 0.1, 0.2, 0.99, 0.99, 1.0, 0.99)
ROWS = [
    FLOOR_ROW,
    Row("02 VAE", 5.004, 3.0, 0.5, 0.8, 0.4, 0.7, 61.3),
    Row("03 GAN", 2.0, 4.0, 0.9, 0.2, 0.9, 0.3, 100.6, reference=True),
]


def test_the_best_of_each_column_is_bold_and_the_floor_never_is():
    assert cells_of(Board(ROWS, 100)) == [
        (FLOOR, ["0.10", "0.20", "0.99", "0.99", "1.00", "0.99", ""], [], False),
        (
            "02 VAE",
            ["5.00", "3.00", "0.50", "0.80", "0.40", "0.70", "61"],
            ["3.00", "0.80", "0.70"],
            False,
        ),
        (
            "03 GAN",
            ["2.00", "4.00", "0.90", "0.20", "0.90", "0.30", "101"],
            ["2.00", "0.90", "0.90"],
            True,
        ),
    ]


def test_shipped_rows_are_explained_only_where_there_are_any():
    with_shipped, own = Board(ROWS, 100), Board(ROWS[:2], 100)
    assert "Pale rows ship" in with_shipped._repr_html_()
    assert "Rows with * ship" in repr(with_shipped)
    assert "03 GAN *" in repr(with_shipped)
    assert "02 VAE *" not in repr(with_shipped)
    for text in (own._repr_html_(), repr(own)):
        assert "ship" not in text
        assert "*" not in text


@pytest.mark.parametrize("rows", [[], [FLOOR_ROW]])
def test_a_table_without_generators(rows):
    assert [bold for _, _, bold, _ in cells_of(Board(rows, 100))] == [[]] * len(rows)
    assert len(repr(Board(rows, 100)).splitlines()) == 2 + len(rows)


@pytest.mark.parametrize(
    "name", ["<script>x", "a < b & c", "\"quoted\" 'name'", "</table>", "β-VAE"]
)
def test_a_name_cannot_break_the_table(name):
    scoreboard.record(name, images(0.5), seconds=1)
    table = Board(scoreboard.rows(100), 100)
    assert [row[0] for row in cells_of(table)] == [FLOOR, name]
    assert name in repr(table)


def test_the_table_in_a_terminal():
    head, *rows, note = repr(Board(ROWS, 12_345)).splitlines()
    assert head.split() == [
        "generator",
        "FCD",
        "2nd",
        "judge",
        "precision",
        "recall",
        "density",
        "coverage",
        "seconds",
    ]
    assert rows[1].split() == ["02", "VAE", "5.00", "3.00", "0.50", "0.80", "0.40", "0.70", "61"]
    assert {len(line) for line in rows} == {len(head)}
    assert "12,345 images" in note
    assert "profile tiny" in note


def test_show_shows_the_table(capsys):
    scoreboard.record("02 VAE", images(0.5), seconds=1)
    scoreboard.show(100)
    assert capsys.readouterr().out.strip() == repr(Board(scoreboard.rows(100), 100))
