"""How much energy does a model take? Estimates, each with a range and with what it assumes.

Three ways lead to joules: counted operations divided by what a machine computes with a joule, busy
seconds times watts, and codecarbon, where it is installed. None of them is a meter at the socket.
``HARDWARE`` holds round assumptions about kinds of machines, for orders of magnitude: whoever knows
better gives a ``Hardware`` of their own.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, TypeVar

from generative_vision import optional

T = TypeVar("T")

JOULES_PER_KWH = 3.6e6
#: of CO₂ for a kWh: nearly all from water, wind or nuclear power; a mixed grid; nearly all coal
GRAMS_PER_KWH = (20.0, 400.0, 800.0)


class Range(NamedTuple):
    """A lowest, a middle and a highest value."""

    low: float
    middle: float
    high: float


_NOTHING = Range(1, 1, 1)


@dataclass(frozen=True)
class Hardware:
    """What is assumed of a kind of machine while it computes."""

    name: str
    watts: Range  #: of the whole machine, or of the card and its share of the machine
    operations_per_joule: Range  #: reached in training or sampling, not at the peak
    overhead: Range = _NOTHING  #: energy of the building / of the machine, at least 1

    def __post_init__(self):
        for name, least in (("watts", 0), ("operations_per_joule", 0), ("overhead", 1)):
            low, middle, high = ends = getattr(self, name)
            if not least <= low <= middle <= high < float("inf") or low == 0:
                raise ValueError(
                    f"{name}={tuple(ends)}: expected (low, middle, high), rising, above 0"
                    f"{' and at least 1' * least}."
                )


HARDWARE = {
    "laptop": Hardware("a laptop", Range(15, 30, 60), Range(0.3e9, 2e9, 6e9)),
    "graphics card": Hardware(
        "a computer with a graphics card", Range(150, 300, 500), Range(5e9, 30e9, 100e9)
    ),
    "data centre": Hardware(
        "a data centre's accelerator",
        Range(400, 700, 1200),
        Range(20e9, 200e9, 700e9),
        Range(1.1, 1.3, 1.6),
    ),
}


@dataclass(frozen=True)
class Energy:
    """An estimate of energy."""

    joules: float
    low: float
    high: float
    source: str  #: how it was found, such as "counted operations"
    assumptions: tuple[str, ...]  #: sentences

    def per(self, n: float) -> Energy:
        """Return the energy of one of n equal parts, such as of one of n images."""
        if not 0 < n < float("inf"):
            raise ValueError(f"{n=}: expected a number above 0.")
        parts = {name: getattr(self, name) / n for name in ("joules", "low", "high")}
        return replace(self, **parts)

    @property
    def kwh(self) -> float:
        """The middle estimate in kilowatt hours."""
        return self.joules / JOULES_PER_KWH

    def carbon(self, grams_per_kwh: tuple[float, float, float] = GRAMS_PER_KWH) -> Range:
        """Return grams of CO₂: the lowest, middle and highest energy on such a grid each."""
        ends = self.low, self.joules, self.high
        return Range(*(j / JOULES_PER_KWH * grams for j, grams in zip(ends, grams_per_kwh)))

    def __str__(self) -> str:
        spread = "" if self.low == self.high else f" ({si(self.low)}J … {si(self.high)}J)"
        lines = [f"{si(self.joules)}J{spread}, from {self.source}", *self.assumptions]
        return "\n  - ".join(lines)


def many(value: float) -> str:
    """Return three figures of a count in words: 1,234,567 is ``"1.23 million"``."""
    for factor, word in ((1e15, "quadrillion"), (1e12, "trillion"), (1e9, "billion")):
        if value >= 0.9995 * factor:
            return f"{value / factor:.3g} {word}"
    return f"{value / 1e6:.3g} million" if value >= 0.9995e6 else f"{value:,.0f}"


def si(value: float) -> str:
    """Return three figures of a number with the prefix for its unit: 1234 is ``"1.23 k"``."""
    for factor, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1, ""), (1e-3, "m")):
        if abs(value) >= 0.9995 * factor:
            return f"{value / factor:.3g} {prefix}"
    return f"{value / 1e-6:.3g} µ" if value else "0 "


def by_operations(operations: float, hardware: str | Hardware = "laptop") -> Energy:
    """Return the energy of so many floating-point operations.

    Args:
        operations: as ``counting.operations`` returns them.
        hardware: a name in ``HARDWARE``, or assumptions of your own.
    """
    if not 0 <= operations < float("inf"):
        raise ValueError(f"{operations=}: expected a count, 0 or more.")
    machine = _hardware(hardware)
    low, middle, high = machine.operations_per_joule
    factors = Range(*(over / rate for over, rate in zip(machine.overhead, (high, middle, low))))
    assumed = (
        f"{many(operations)} operations, of which {machine.name} does {many(middle)} with a joule "
        f"({many(low)} … {many(high)}).",
        *_overhead(machine),
        "A multiplication with its addition counts as two operations; activations, norms, moving "
        "numbers about, and what a machine draws while it waits are left to the range.",
    )
    return _energy(operations, factors, "counted operations", assumed)


def by_time(seconds: float, hardware: str | Hardware = "laptop") -> Energy:
    """Return the energy of a machine that is busy for so many seconds."""
    if not 0 <= seconds < float("inf"):
        raise ValueError(f"{seconds=}: expected 0 or more.")
    machine = _hardware(hardware)
    low, middle, high = machine.watts
    factors = Range(*(over * watts for over, watts in zip(machine.overhead, machine.watts)))
    assumed = (
        f"{seconds:.4g} s, in which {machine.name} draws {middle:g} W ({low:g} … {high:g}).",
        *_overhead(machine),
    )
    return _energy(seconds, factors, "seconds and watts", assumed)


def by_codecarbon(run: Callable[[], T], *, interval: float = 1.0) -> tuple[T, Energy]:
    """Run a function, and return its result and codecarbon's estimate of what it took.

    Nothing is sent or written, and codecarbon's log is silenced: what it took for granted stands in
    the estimate's assumptions. It measures the whole machine, others' programs too. The range goes
    from the processor and graphics cards alone to the sum with the memory.

    Args:
        run: without arguments; a second or longer.
        interval: seconds between two looks at the machine's load.

    Raises:
        MissingPackageError: codecarbon is not installed.
    """
    with _silenced():
        codecarbon = optional.load("codecarbon", "codecarbon", "This estimate of energy")
        tracker = codecarbon.OfflineEmissionsTracker(
            country_iso_code="DEU",  # for its grams, which are not used; energy does not need it
            measure_power_secs=interval,
            output_methods=[],
            allow_multiple_runs=True,
            log_level="critical",
        )
        tracker.start()
        try:
            result = run()
        finally:
            tracker.stop()
        found = tracker.final_emissions_data
    total, memory = found.energy_consumed * JOULES_PER_KWH, found.ram_energy * JOULES_PER_KWH
    watts = [
        f"{found.cpu_power:.3g} W for the processor ({found.cpu_model}, {found.cpu_count} threads, "
        f"busy for {found.cpu_utilization_percent:.0f} %)",
        f"{found.ram_power:.3g} W for {found.ram_total_size:.0f} GiB of memory",
    ]
    if found.gpu_count:
        watts.append(f"{found.gpu_power:.3g} W for {found.gpu_count} × {found.gpu_model}")
    assumed = (
        f"codecarbon {found.codecarbon_version} took, over {found.duration:.1f} s, "
        f"{' and '.join(watts)}: the whole machine's, not this program's alone.",
        "It may have read the processor's own counter of energy."
        if _has_counter()
        else "No counter of energy could be read here, as on most virtual machines: the "
        "processor's watts are assumed from its kind and load, not measured.",
        f"The {si(memory)}J of the memory are assumed from its size; the low end leaves them out.",
    )
    return result, Energy(total, total - memory, total, "codecarbon", assumed)


def _energy(amount: float, factors: Range, source: str, assumptions: tuple[str, ...]) -> Energy:
    low, middle, high = (amount * factor for factor in factors)
    return Energy(middle, low, high, source, assumptions)


def _hardware(given: str | Hardware) -> Hardware:
    if isinstance(given, Hardware):
        return given
    if given not in HARDWARE:
        raise ValueError(
            f"hardware={given!r}: expected one of {', '.join(HARDWARE)}, or a Hardware."
        )
    return HARDWARE[given]


def _overhead(machine: Hardware) -> tuple[str, ...]:
    low, middle, high = machine.overhead
    if high == 1:
        return ()
    return (f"For each joule the building takes {middle:g} ({low:g} … {high:g}), with cooling.",)


def _has_counter() -> bool:
    """Whether Linux lets this process read the processor's counter of energy."""
    counters = Path("/sys/class/powercap").glob("*/energy_uj")
    return any(os.access(counter, os.R_OK) for counter in counters)


@contextlib.contextmanager
def _silenced() -> Iterator[None]:
    """Keep codecarbon's log to itself."""
    log = logging.getLogger("codecarbon")

    def nothing(record: logging.LogRecord) -> bool:
        return False

    log.addFilter(nothing)
    try:
        yield
    finally:
        log.removeFilter(nothing)
