"""A model card in the form that Hugging Face shows: a head for machines, then a page."""

from __future__ import annotations

from generative_vision.cards.checklist import checklist
from generative_vision.cards.facts import Facts, Measured
from generative_vision.cards.front import DATA_SET, front_matter
from generative_vision.energy import GRAMS_PER_KWH, Energy, si

_METRICS = {
    "fcd": "Fréchet classifier distance",
    "precision": "precision",
    "recall": "recall",
    "density": "density",
    "coverage": "coverage",
}


def model_card(facts: Facts) -> str:
    """Return a model's card in Markdown, with its metadata in YAML, for a file README.md.

    What was not measured or not said stands there as that.
    """
    sections = {
        "The model": _model(facts),
        "Uses": _uses(facts),
        "Quality": _quality(facts),
        "Who and what is missing": _bias(facts),
        "Copies of training images": _copies(facts),
        "Energy": _energy(facts),
        "How its images can be recognised": facts.statement.marking or "They are not marked.",
        "Contact": facts.statement.contact or "Nobody is named.",
        "Ready for release?": _checklist(facts),
    }
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items())
    return f"{front_matter(_metadata(facts))}\n# {facts.name}\n\n{body}\n"


def _metadata(facts: Facts) -> dict:
    task = "unconditional-image-generation"
    found: dict = {"library_name": "keras", "pipeline_tag": task}
    if facts.statement.licence:
        found["license"] = facts.statement.licence.lower()
    found["tags"] = ["image-generation"]
    found["datasets"] = [DATA_SET]
    if facts.training_energy is not None:
        _, grams, _ = facts.training_energy.carbon()
        found["co2_eq_emissions"] = {
            "emissions": float(f"{grams:.3g}"),  # in grams
            "source": f"estimated from {facts.training_energy.source}",
            "training_type": "pre-training",
        }
    metrics = [
        {"type": name, "name": title, "value": round(getattr(facts.scores, name), 4)}
        for name, title in _METRICS.items()
    ]
    result = {
        "task": {"type": task},
        "dataset": {"type": DATA_SET, "name": "Fashion-MNIST", "split": "test"},
        "metrics": metrics,
    }
    found["model-index"] = [{"name": facts.name, "results": [result]}]
    return found


def _model(facts: Facts) -> str:
    lines = [f"- **Kind:** {facts.kind or 'not stated'}"]
    if facts.parameters is not None:
        lines.append(f"- **Parameters:** {facts.parameters:,}, of all networks and their averages")
    time = "" if facts.seconds is None else f", for {facts.seconds:.0f} s"
    lines.append(f"- **Trained on:** {facts.statement.training_data or 'not stated'}{time}")
    lines.append(f"- **Licence:** {facts.statement.licence or 'none: nobody may use it'}")
    return "\n".join(lines)


def _uses(facts: Facts) -> str:
    said = facts.statement
    return (
        f"**Made for:** {said.intended_use or 'not stated.'}\n\n"
        f"**Not for:** {said.out_of_scope or 'not stated.'}"
    )


def _quality(facts: Facts) -> str:
    scores, floor = facts.scores, facts.scores.floor
    rows = [
        (title, getattr(scores, name), None if floor is None else getattr(floor, name))
        for name, title in _METRICS.items()
    ]
    second = "the same by a second classifier, in its own unit"
    rows.insert(1, (second, facts.fcd2, facts.fcd2_floor))
    table = [
        f"| {name} | {value:.3f} | {'' if real is None else f'{real:.3f}'} |"
        for name, value, real in rows
    ]
    return "\n".join(
        [
            f"{scores.n:,} images, against the 10,000 test images; beside them as many real "
            "training images, the floor that no generator can be told from.",
            "",
            "| measure | this model | real images |",
            "|---|---:|---:|",
            *table,
        ]
    )


def _bias(facts: Facts) -> str:
    table = [
        f"| {share.name} | {share.value:.1%} | {share.interval[0]:.1%} … {share.interval[1]:.1%} "
        f"| {share.real:.1%} | {_side(share)} |"
        for share in facts.shares
    ]
    light = facts.brightness
    low, high = light.interval
    return "\n".join(
        [
            "Classes as the course's classifier sees them, among this model's images and among "
            "real ones. All ten intervals hold the true share at once in 95 % of cases.",
            "",
            "| class | share | interval | among real images | |",
            "|---|---:|---:|---:|---|",
            *table,
            "",
            f"Mean brightness, from −1 to 1: {light.value:.3f} ({low:.3f} … {high:.3f}); real "
            f"images have {light.real:.3f}{_than(light)}.".replace("-", "−"),
            "",
            "The data show clothes without people: what this model does to groups of people "
            "cannot be told from it.",
        ]
    )


def _side(found: Measured) -> str:
    return {-1: "rarer", 0: "", 1: "more often"}[found.side]


def _than(found: Measured) -> str:
    return {-1: ": this model is darker", 0: "", 1: ": this model is brighter"}[found.side]


def _copies(facts: Facts) -> str:
    if facts.audit is None:
        return "Not audited: nobody has looked whether it gives training images back."
    limits = "\n".join(f"- {limit}" for limit in facts.audit.limits)
    return f"{facts.audit.verdict}\n\nWhat the audit cannot see:\n\n{limits}"


def _energy(facts: Facts) -> str:
    parts = [
        _estimate("One image", facts.energy),
        _estimate("Training", facts.training_energy),
    ]
    if facts.training_energy is not None:
        (low, grams, high), (least, middle, most) = facts.training_energy.carbon(), GRAMS_PER_KWH
        parts.append(
            f"As CO₂, training is {si(grams)}g ({si(low)}g … {si(high)}g), at "
            f"{middle:g} g for a kWh ({least:g} … {most:g}): from the least energy on a grid "
            "nearly without fossil fuel to the most on one of coal."
        )
    return "\n\n".join(parts)


def _estimate(what: str, energy: Energy | None) -> str:
    if energy is None:
        return f"**{what}:** not estimated."
    head, *assumed = str(energy).split("\n  - ")
    return "\n".join([f"**{what}:** {head}.", "", *(f"- {sentence}" for sentence in assumed)])


def _checklist(facts: Facts) -> str:
    found = checklist(facts)
    rows = [
        f"- [{'x' if item.passed else ' '}] {item.name}: {item.found}"
        + ("" if item.passed else f" (wanted: {item.wanted})")
        for item in found.items
    ]
    return "\n".join(rows)
