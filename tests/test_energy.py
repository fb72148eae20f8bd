"""Estimates of energy: arithmetic by hand, stated assumptions, and operations counted by hand."""

import sys

import pytest

from generative_vision import energy, optional
from generative_vision.energy import HARDWARE, Energy, Hardware, Range

needs_codecarbon = pytest.mark.skipif(
    not optional.available("codecarbon"), reason="needs codecarbon"
)

PLAIN = Hardware("a machine", Range(10, 20, 40), Range(1e9, 2e9, 4e9))
COOLED = Hardware("a machine", Range(10, 20, 40), Range(1e9, 2e9, 4e9), Range(1, 1.5, 2))


def ends(found):
    return found.low, found.joules, found.high


def test_seconds_times_watts():
    assert ends(energy.by_time(3, PLAIN)) == (30, 60, 120)


def test_operations_over_operations_a_joule():
    assert ends(energy.by_operations(8e9, PLAIN)) == (2, 4, 8)


def test_a_building_takes_its_share_of_each_end():
    assert ends(energy.by_time(3, COOLED)) == (30, 90, 240)
    assert ends(energy.by_operations(8e9, COOLED)) == (2, 6, 16)


@pytest.mark.parametrize("estimate", [energy.by_time, energy.by_operations])
def test_nothing_takes_nothing(estimate):
    assert ends(estimate(0)) == (0, 0, 0)


@pytest.mark.parametrize("name", HARDWARE)
def test_every_assumption_is_printed(name):
    machine = HARDWARE[name]
    text = str(energy.by_time(1, name)) + str(energy.by_operations(1e9, name))
    assert machine.name in text
    for watts in machine.watts:
        assert f"{watts:g}" in text
    for rate in machine.operations_per_joule:
        assert energy.many(rate) in text
    assert all(f"{over:g}" in text for over in machine.overhead if machine.overhead.high > 1)


def test_a_laptop_has_no_building_around_it():
    assert "cooling" not in str(energy.by_time(1, "laptop"))
    assert "cooling" in str(energy.by_time(1, "data centre"))


def test_an_operation_is_cheaper_in_a_data_centre_than_on_a_laptop():
    laptop, centre = (energy.by_operations(1e9, name) for name in ("laptop", "data centre"))
    assert centre.high < laptop.low


def test_parts_add_up_to_the_whole():
    whole = energy.by_time(3, PLAIN)
    assert ends(whole.per(60)) == (0.5, 1, 2)
    assert whole.per(60).assumptions == whole.assumptions


@pytest.mark.parametrize("n", [0, -1, float("inf"), float("nan")])
def test_parts_must_be_some(n):
    with pytest.raises(ValueError, match="expected a number above 0"):
        energy.by_time(1).per(n)


def test_a_kilowatt_hour_is_so_many_joules():
    assert energy.by_time(3600, Hardware("oven", Range(1, 1000, 2000), Range(1, 1, 1))).kwh == 1


def test_carbon_pairs_least_with_cleanest():
    found = Energy(3.6e6, 1.8e6, 7.2e6, "a meter", ())
    assert found.carbon((10, 100, 1000)) == (5, 100, 2000)


@pytest.mark.parametrize(
    ("ranges", "words"),
    [
        ({"watts": Range(0, 1, 2)}, r"watts=\(0, 1, 2\): .* above 0\."),
        ({"watts": Range(3, 2, 4)}, "watts="),
        ({"operations_per_joule": Range(1, 2, float("inf"))}, "operations_per_joule="),
        ({"operations_per_joule": Range(1, float("nan"), 2)}, "operations_per_joule="),
        ({"overhead": Range(0.9, 1, 1)}, r"overhead=\(0.9, 1, 1\): .* at least 1"),
    ],
)
def test_assumptions_that_cannot_be_are_refused(ranges, words):
    given = {"watts": Range(1, 2, 3), "operations_per_joule": Range(1, 2, 3)} | ranges
    with pytest.raises(ValueError, match=words):
        Hardware("x", **given)


@pytest.mark.parametrize("estimate", [energy.by_time, energy.by_operations])
@pytest.mark.parametrize("amount", [-1, float("nan"), float("inf")])
def test_an_amount_that_cannot_be_is_refused(estimate, amount):
    with pytest.raises(ValueError, match="expected .*0 or more"):
        estimate(amount)


def test_an_unknown_machine_is_refused():
    with pytest.raises(ValueError, match="expected one of laptop, graphics card, data centre"):
        energy.by_time(1, "toaster")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234, "1.23 k"),
        (0.00575, "5.75 m"),
        (1, "1 "),
        (999.6, "1 k"),
        (2.5e13, "25 T"),
        (3e-5, "30 µ"),
        (0, "0 "),
    ],
)
def test_a_number_has_its_units_prefix(value, text):
    assert energy.si(value) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (12_345, "12,345"),
        (999_600, "1 million"),
        (11_490_304, "11.5 million"),
        (2e9, "2 billion"),
        (7e13, "70 trillion"),
        (1.5e16, "15 quadrillion"),
    ],
)
def test_a_count_is_told_in_words(count, text):
    assert energy.many(count) == text


@needs_codecarbon
def test_codecarbon_gives_an_estimate_and_the_result(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    result, found = energy.by_codecarbon(lambda: sum(range(10**7)), interval=0.5)
    assert result == 49999995000000
    assert found.joules > 0
    assert 0 < found.low < found.high == found.joules
    assert capfd.readouterr() == ("", "")  # nothing printed,
    assert list(tmp_path.iterdir()) == []  # and nothing written


@needs_codecarbon
def test_codecarbon_says_what_it_took_for_granted():
    _, found = energy.by_codecarbon(lambda: sum(range(10**7)), interval=0.5)
    assert found.source == "codecarbon"
    text = str(found)
    for words in ("W for the processor", "GiB of memory", "counter of energy"):
        assert words in text


@needs_codecarbon
def test_an_error_of_what_is_measured_comes_through():
    def fail():
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        energy.by_codecarbon(fail)


@needs_codecarbon
def test_codecarbons_log_speaks_again_afterwards(caplog):
    import logging

    energy.by_codecarbon(lambda: None)
    log = logging.getLogger("codecarbon")
    log.addHandler(caplog.handler)
    log.critical("heard")
    log.removeHandler(caplog.handler)
    assert "heard" in caplog.text


def test_without_codecarbon_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "codecarbon", None)  # Python's own way: not to be found
    with pytest.raises(optional.MissingPackageError, match="needs the package codecarbon: install"):
        energy.by_codecarbon(lambda: None)
