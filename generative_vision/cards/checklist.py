"""What a release needs, held against what is known: each item passes or fails."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from generative_vision.cards.facts import Facts

FEWEST = 1000  #: images that a measurement stands on
RAREST = 0.5  #: of its share among real images that each class must surely have
#: licences by which others may use a model, as Hugging Face writes them
LICENCES = (
    "mit",
    "apache-2.0",
    "bsd-3-clause",
    "cc0-1.0",
    "cc-by-4.0",
    "cc-by-sa-4.0",
    "cc-by-nc-4.0",
    "gpl-3.0",
    "openrail",
    "creativeml-openrail-m",
)


@dataclass(frozen=True)
class Item:
    """One thing that a release needs."""

    name: str
    passed: bool
    found: str
    wanted: str  #: and why


@dataclass(frozen=True)
class Checklist:
    """Everything that a release needs."""

    name: str
    items: tuple[Item, ...]

    @property
    def passed(self) -> bool:
        """Whether no item fails."""
        return all(item.passed for item in self.items)

    def __str__(self) -> str:
        lines = [self._title()]
        for item in self.items:
            sign = "ok" if item.passed else "--"
            lines += _wrap(f"{item.name}: {item.found}", f"  {sign}  ")
            lines += [] if item.passed else _wrap(f"wanted: {item.wanted}", " " * 6)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{'✓' if item.passed else '✗'}</td>"
            f'<th style="text-align:left">{escape(item.name)}</th>'
            f'<td style="text-align:left">{escape(item.found)}</td>'
            f'<td style="text-align:left">{escape(item.wanted)}</td></tr>'
            for item in self.items
        )
        heads = "<th></th><th></th><th>found</th><th>wanted</th>"
        table = f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
        return f"<p>{escape(self._title())}</p><table>{table}</table>"

    def _title(self) -> str:
        failed = sum(not item.passed for item in self.items)
        total = len(self.items)
        if not failed:
            return f"{self.name}: all {total} items pass."
        return f"{self.name}: not to be released yet; {failed} of {total} items fail."


def checklist(facts: Facts) -> Checklist:
    """Hold what is known about a model against what a release needs.

    The limits are this course's: whoever releases for a purpose sets their own, before measuring.
    """
    return Checklist(facts.name, (*_measured(facts), *_said(facts)))


def _measured(facts: Facts) -> Iterator[Item]:
    scores, audit = facts.scores, facts.audit
    yield Item(
        "quality is measured",
        scores.n >= FEWEST,
        f"{scores.n:,} images: FCD {scores.fcd:.2f}, precision {scores.precision:.2f}, recall "
        f"{scores.recall:.2f}",
        f"{FEWEST:,} images or more, or the numbers are mostly chance.",
    )
    worst = min(facts.shares, key=lambda share: share.interval[0] / share.real)
    yield Item(
        "no class is lost",
        worst.interval[0] >= RAREST * worst.real,
        f"farthest below real images: {worst.name}, {worst.value:.1%} of the images "
        f"({worst.interval[0]:.1%} … {worst.interval[1]:.1%}), {worst.real:.1%} of real ones",
        f"each class at least {RAREST:g} times as often as among real images, wherever in its "
        "interval the truth lies.",
    )
    yield Item(
        "training images are not given back",
        audit is not None and not audit.copies and audit.n >= FEWEST,
        "no audit" if audit is None else f"audit of {audit.n:,} images: {_of_audit(audit)}",
        f"an audit of {FEWEST:,} images or more that finds no copies: audit.audit(model, …).",
    )
    yield Item(
        "energy is stated",
        facts.energy is not None,
        "nothing" if facts.energy is None else f"one image: {_first_line(facts.energy)}",
        "an estimate for one image, with its range and assumptions.",
    )


def _said(facts: Facts) -> Iterator[Item]:
    said = facts.statement
    yield Item(
        "a licence is chosen",
        said.licence.lower() in LICENCES,
        said.licence or "none",
        f"one of {', '.join(LICENCES)}: without a licence nobody may use the model.",
    )
    for name, words, wanted in (
        ("its use is stated", said.intended_use, "what it was made for."),
        ("its limits are stated", said.out_of_scope, "what it must not be used for."),
        (
            "its images can be recognised",
            said.marking,
            "how they are marked: a watermark, a signature, or both.",
        ),
        ("somebody answers", said.contact, "where harm can be reported, and who replies."),
    ):
        yield Item(name, bool(words.strip()), words.strip() or "nothing said", wanted)


def _wrap(text: str, head: str) -> list[str]:
    return textwrap.wrap(text, 92, initial_indent=head, subsequent_indent=" " * len(head))


def _of_audit(audit) -> str:
    low, high = audit.copied.interval or audit.copied.null
    found = "copies" if audit.copies else "no copies"
    share = f"copied share {audit.copied.value:.1%} ({low:.1%} … {high:.1%})"
    return f"{found}; {share.replace('-', '−')}"


def _first_line(energy) -> str:
    return str(energy).splitlines()[0]
