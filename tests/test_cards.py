"""Cards of models and data: what is measured, what stands there as missing, and what fails."""

from dataclasses import replace

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from generative_vision import cards, data, metrics
from generative_vision.audit import Audit, Finding, Pairs
from generative_vision.cards import Facts, Measured, Statement, checklist, model_card, wilson
from generative_vision.course import CourseError
from generative_vision.course.cli import app
from generative_vision.data import CLASS_NAMES
from generative_vision.energy import Energy

SAID = Statement(
    licence="mit",
    intended_use="Teaching.",
    out_of_scope="Decisions about anybody.",
    marking="A watermark.",
    contact="card@example.org",
)
SCORES = metrics.Scores(
    2000, 2.5, 0.1, 0.9, 0.8, 1.0, 0.5, floor=metrics.Scores(2000, 0.25, 0, 0.95, 0.94, 0.99, 0.55)
)
ENERGY = Energy(0.5, 0.25, 2.0, "counted operations", ("A laptop is assumed.", "So is more."))
TRAINING = Energy(3.6e6, 1.8e6, 7.2e6, "seconds and watts", ("An hour is assumed.",))
SHARES = tuple(Measured(name, 0.1, (0.08, 0.12), 0.1) for name in CLASS_NAMES)
IMAGES, LABELS = data.load_fashion_mnist("test")


def audited(copied=(0.0, 0.01), n=1000):
    honest, none = Finding(0.0, (-0.1, 0.1)), np.zeros((0, 28, 28, 1), "float32")
    return Audit(
        "a model",
        n,
        n,
        60_000,
        n,
        1,
        False,
        Finding(copied[0], (-0.01, 0.01), copied),
        honest,
        honest,
        Finding(0.5, (0.4, 0.6)),
        0.01,
        Pairs(none, none, np.zeros(0)),
    )


FACTS = Facts(
    "my flow",
    "LatentFlow",
    1234,
    SCORES,
    3.5,
    0.5,
    SHARES,
    Measured("brightness", -0.4, (-0.5, -0.3), -0.43),
    seconds=99.0,
    audit=audited(),
    energy=ENERGY,
    training_energy=TRAINING,
    statement=SAID,
)


def head(card):
    return yaml.safe_load(card.split("---\n")[1])


def failing(facts):
    return [item.name for item in checklist(facts).items if not item.passed]


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    # (p̂ + z²/2n ± z·√(p̂(1−p̂)/n + z²/4n²)) / (1 + z²/n) by hand
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (50, 100, 0.4038, 0.5962),
        (1, 4, 0.0456, 0.6994),
    ],
)
def test_wilson_by_hand(count, n, low, high):
    assert wilson(count, n) == pytest.approx((low, high), abs=1e-4)


def test_wilson_holds_the_share_as_often_as_it_says():
    rng, share, n = np.random.default_rng(0), 0.1, 200
    drawn = rng.binomial(n, share, 2000)
    held = np.mean([low <= share <= high for low, high in (wilson(int(k), n) for k in drawn)])
    assert 0.93 <= held <= 0.97


def test_ten_intervals_hold_all_shares_as_often_as_they_say():
    rng, n = np.random.default_rng(0), 1000
    drawn = rng.multinomial(n, [0.1] * 10, 1000)
    z = cards.facts.Z_TEN
    held = [
        all(low <= 0.1 <= high for low, high in (wilson(int(k), n, z) for k in row))
        for row in drawn
    ]
    assert 0.93 <= np.mean(held) <= 0.98


@pytest.mark.parametrize(("count", "n"), [(-1, 5), (6, 5), (0, 0)])
def test_a_share_that_cannot_be_is_refused(count, n):
    with pytest.raises(ValueError, match="expected 0 to n"):
        wilson(count, n)


def test_an_interval_on_one_side_says_so():
    assert [Measured("x", 0.1, ends, 0.1).side for ends in [(0.2, 0.3), (0.0, 0.05)]] == [1, -1]
    assert Measured("x", 0.1, (0.05, 0.2), 0.1).side == 0


def test_shares_of_real_images_are_those_of_real_images():
    found = cards.shares(IMAGES)
    assert [share.name for share in found] == list(CLASS_NAMES)
    assert [share.value for share in found] == [share.real for share in found]
    assert [share.side for share in found] == [0] * 10
    assert sum(share.value for share in found) == pytest.approx(1)


def test_a_class_that_is_left_out_is_seen_to_be_rarer():
    found = cards.shares(IMAGES[LABELS != 1][:2000])
    trouser = found[1]
    assert trouser.value < 0.02
    assert trouser.side == -1


@pytest.fixture(scope="module")
def measured():
    return cards.measure(IMAGES[:300] * 0.5 - 0.5, "darker tests")


def test_what_is_measured_is_what_metrics_say(measured):
    images = IMAGES[:300] * 0.5 - 0.5
    assert measured.scores.n == 300
    assert measured.scores.fcd == pytest.approx(metrics.fcd(images))
    assert measured.fcd2 == pytest.approx(metrics.fcd(images, 2))
    assert measured.fcd2_floor == metrics.fcd_floor(300, 2)


def test_brightness_has_an_interval_and_a_side(measured):
    light = measured.brightness
    assert light.value == pytest.approx(float((IMAGES[:300] * 0.5 - 0.5).mean()), abs=1e-5)
    assert light.interval[0] < light.value < light.interval[1]
    assert light.real == pytest.approx(float(IMAGES.mean(dtype="float64")))
    assert light.side == -1


def test_what_was_not_given_is_not_there(measured):
    assert (measured.kind, measured.parameters) == ("", None)
    assert (measured.audit, measured.energy, measured.seconds) == (None, None, None)


def test_a_name_is_needed():
    with pytest.raises(ValueError, match="name is empty"):
        cards.measure(IMAGES[:300], " ")


def test_a_whole_release_passes():
    assert failing(FACTS) == []
    assert checklist(FACTS).passed
    assert "all 9 items pass" in str(checklist(FACTS))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"scores": replace(SCORES, n=999)}, "quality is measured"),
        ({"audit": None}, "training images are not given back"),
        ({"audit": audited(n=999)}, "training images are not given back"),
        ({"audit": audited(copied=(0.02, 0.05))}, "training images are not given back"),
        ({"energy": None}, "energy is stated"),
        ({"statement": replace(SAID, licence="")}, "a licence is chosen"),
        ({"statement": replace(SAID, licence="whatever")}, "a licence is chosen"),
        ({"statement": replace(SAID, intended_use=" ")}, "its use is stated"),
        ({"statement": replace(SAID, out_of_scope="")}, "its limits are stated"),
        ({"statement": replace(SAID, marking="")}, "its images can be recognised"),
        ({"statement": replace(SAID, contact="")}, "somebody answers"),
    ],
)
def test_one_thing_that_is_missing_fails_alone(change, name):
    facts = replace(FACTS, **change)
    assert failing(facts) == [name]
    assert not checklist(facts).passed


@pytest.mark.parametrize(("share", "fails"), [(0.049, True), (0.051, False), (0.0, True)])
def test_a_class_that_may_have_less_than_half_its_share_fails(share, fails):
    lost = (replace(SHARES[0], interval=(share, 0.12)), *SHARES[1:])
    assert failing(replace(FACTS, shares=lost)) == ["no class is lost"] * fails


def test_the_share_is_held_against_what_the_classifier_sees_in_real_images():
    often = (replace(SHARES[0], real=0.21), *SHARES[1:])
    assert failing(replace(FACTS, shares=often)) == ["no class is lost"]


def test_a_licence_may_be_written_large():
    assert failing(replace(FACTS, statement=replace(SAID, licence="MIT"))) == []


def test_what_fails_says_what_is_wanted():
    text = str(checklist(replace(FACTS, audit=None, energy=None)))
    assert "not to be released yet; 2 of 9 items fail" in text
    assert text.count("wanted: ") == 2
    assert max(map(len, text.splitlines())) <= 92


def test_a_checklist_is_html_that_nothing_said_can_break():
    found = checklist(replace(FACTS, statement=replace(SAID, contact="<b>& me")))
    page = found._repr_html_()
    assert "&lt;b&gt;&amp; me" in page
    assert page.count("<tr>") == 1 + 9


def test_the_head_is_what_hugging_face_reads():
    found = head(model_card(FACTS))
    assert found["license"] == "mit"
    assert found["pipeline_tag"] == "unconditional-image-generation"
    assert found["datasets"] == ["zalando-datasets/fashion_mnist"]
    assert found["co2_eq_emissions"]["emissions"] == 400  # grams of the kWh above
    (entry,) = found["model-index"]
    assert entry["name"] == "my flow"
    values = {m["type"]: m["value"] for m in entry["results"][0]["metrics"]}
    assert values == {"fcd": 2.5, "precision": 0.9, "recall": 0.8, "density": 1.0, "coverage": 0.5}


@pytest.mark.parametrize("name", ["a: b", "- x", '"quoted"', "#1", "ein Fluß … \\n", "yes", "{a}"])
def test_any_name_survives_the_head(name):
    assert head(model_card(replace(FACTS, name=name)))["model-index"][0]["name"] == name


def test_without_a_licence_the_head_has_none():
    card = model_card(replace(FACTS, statement=Statement()))
    assert "license" not in head(card)
    assert "none: nobody may use it" in card


def test_without_energy_of_training_the_head_has_no_emissions():
    assert "co2_eq_emissions" not in head(model_card(replace(FACTS, training_energy=None)))


@pytest.mark.parametrize(
    "words",
    [
        "| Fréchet classifier distance | 2.500 | 0.250 |",
        "| the same by a second classifier, in its own unit | 3.500 | 0.500 |",
        "| trouser | 10.0% | 8.0% … 12.0% | 10.0% |",
        "**Made for:** Teaching.",
        "**Not for:** Decisions about anybody.",
        "A watermark.",
        "card@example.org",
        "**One image:** 500 mJ (250 mJ … 2 J), from counted operations.",
        "- A laptop is assumed.",
        "**Parameters:** 1,234",
        "for 99 s",
        "1,000 images were looked at",
        "As CO₂, training is 400 g (10 g … 1.6 kg), at 400 g for a kWh (20 … 800)",
        "- [x] somebody answers: card@example.org",
    ],
)
def test_a_card_says(words):
    assert words in model_card(FACTS)


@pytest.mark.parametrize(
    "words",
    [
        "**Made for:** not stated.",
        "Not audited: nobody has looked",
        "**One image:** not estimated.",
        "They are not marked.",
        "Nobody is named.",
        "- [ ] somebody answers: nothing said",
    ],
)
def test_what_is_missing_stands_there_as_missing(measured, words):
    assert words in model_card(measured)


def test_a_class_that_is_rarer_is_marked():
    rare = (replace(SHARES[0], value=0.02, interval=(0.01, 0.03)), *SHARES[1:])
    assert "| 2.0% | 1.0% … 3.0% | 10.0% | rarer |" in model_card(replace(FACTS, shares=rare))


@pytest.fixture(scope="module")
def about_data():
    return cards.data_card()


def test_the_data_card_counts(about_data):
    for number, name in enumerate(CLASS_NAMES):
        light = IMAGES[number == LABELS].mean(dtype="float64")
        row = next(line for line in about_data.splitlines() if line.startswith(f"| {name} |"))
        assert row.endswith(f"| 1,000 | {light:.2f} |".replace("-", "−"))
        assert "| 6,000 |" in row


def test_the_data_cards_head(about_data):
    found = head(about_data)
    assert found["license"] == "mit"
    assert found["size_categories"] == ["10K<n<100K"]


def test_no_image_of_the_data_stands_there_twice(about_data):
    """What an audit relies on: see ``audit.images.validate_split``."""
    assert "training images none is equal to an earlier one" in about_data
    assert "of the test images none to a training image" in about_data


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, ["card", *arguments])


def test_the_command_writes_the_datas_card(run, tmp_path, about_data):
    done = run("fashion-mnist")
    assert done.exit_code == 0
    assert "Written: fashion-mnist-card.md" in done.output
    assert (tmp_path / "fashion-mnist-card.md").read_text(encoding="utf-8") == about_data


def test_the_command_measures_a_model_and_says_what_is_lacking(run, tmp_path):
    done = run(
        "gan", "--images", "200", "--no-audit", "--licence", "mit", "--output", "x/README.md"
    )
    assert done.exit_code == 0
    assert "--  quality is measured: 200 images" in done.output
    assert "ok  a licence is chosen: mit" in done.output
    assert "--  training images are not given back: no audit" in done.output
    card = (tmp_path / "x" / "README.md").read_text(encoding="utf-8")
    assert head(card)["model-index"][0]["name"] == "gan"
    assert "11.5 million operations" in card


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nobody", "There are no weights called 'nobody'. There are: "),
        ("classifier", "classifier is of the class Classifier, which draws no new images"),
        ("fashion-mnist", "cannot be written"),
    ],
)
def test_the_command_says_why_not(run, tmp_path, name, words):
    (tmp_path / "file").write_text("")
    done = run(name, "--images", "200", "--no-audit", "--output", "file/below.md")
    assert isinstance(done.exception, CourseError)
    assert words in str(done.exception)
