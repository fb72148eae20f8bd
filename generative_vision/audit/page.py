"""What an audit says: a verdict, a table of the measures, limits; as text and as one HTML page."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import TYPE_CHECKING

from generative_vision import plotting

if TYPE_CHECKING:
    from generative_vision.audit.auditing import Audit, Finding

_CSS = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:52em;margin:2em auto;padding:0 1em;"
    "color:#222;background:#fff}.verdict{border-left:.4em solid;padding:.6em 1em;font-size:110%}"
    "table{border-collapse:collapse}th,td{text-align:left;padding:.35em .8em;"
    "border-bottom:1px solid #ccc;vertical-align:middle}td.number{white-space:nowrap}"
    "img{max-width:100%}dt{font-weight:bold}dd{margin:0 0 .4em 1.5em}"
)


#: what a reader must know of each measure
_MEASURES = {
    "Copied share": "an image is a copy if its nearest training image is less than a third as far "
    "away as the second-nearest. What test images show by chance is taken off.",
    "C_T": "are distances to the nearest training image smaller than those of test images? Mann "
    "and Whitney's Z, averaged over parts of the data; about 0 if the model is honest, far below "
    "if its images are nearer (Meehan et al., 2020).",
    "Authenticity": "the share of images that are not nearer to their nearest training image than "
    "its own nearest one is, minus that share of test images (Alaa et al., 2022).",
    "Membership": "how often a training image has a lower loss than a test image, or, without a "
    "loss, lies nearer to the generated images: ½ if that does not tell which images the model was "
    "trained on, 1 if it always does.",
}


def verdict(audit: Audit) -> str:
    """Return what follows from the four measures, in a few sentences."""
    copied = audit.copied
    if audit.copies:
        low, high = copied.interval or copied.null
        return (
            f"Copies: about {copied.value:.1%} of the images are training images given back "
            f"({low:.1%} to {high:.1%})."
        )
    unseen = f"A copied share below {audit.visible:.1%} can stay unseen with so few images."
    if -1 in (audit.data_copying.side, audit.authenticity.side):
        return (
            "No copies found, but the images lie nearer to the training images than test images "
            "do. Either the model leans on them, or it draws only what is typical: look at the "
            f"pairs. {unseen}"
        )
    if audit.membership.side == 1:
        known = (
            "the model's loss is lower on training images than on test images: it has overfitted"
            if audit.has_loss
            else "training images have a generated image nearer to them than test images have"
        )
        return f"No copies found, but {known}. {unseen}"
    far = (
        "The images lie farther from the training images than test images do: they may be poor. "
        if audit.data_copying.side == 1
        else ""
    )
    return f"No sign of copying found. {far}{unseen}"


def limits(audit: Audit) -> list[str]:
    """Return what an audit cannot see, one sentence or two for each limit."""
    seen_by = (
        "Distances are taken in pixels: a copy that is turned, scaled or moved by more than one "
        "pixel is not seen."
        if audit.judge == "pixels"
        else "Distances are taken in the features of a classifier, which was itself trained on the "
        "course's training images: a copy with noise on it, or changed in another way that moves "
        "the features, may not be seen."
    )
    found = [
        f"{audit.n:,} images were looked at. What the model draws more rarely, or only when asked "
        "for it, was not.",
        "The share counts copies that can be seen: of whole images, also mirrored, brighter, or "
        "shifted by one pixel if that pushes nothing over the edge. Parts of training images, and "
        "mixtures of several, are not seen.",
        seen_by,
        "Where training images are nearly alike, a copy of one is as near to the other, and "
        "d₁/d₂ does not tell it.",
        "Training images are those that were given here. Copies of others are not seen, and test "
        "images must be of the same kind, never seen by the model.",
        "C_T, authenticity and membership are averages: a few copies hardly move them. Images "
        "that are more typical than the data lie nearer to it without being copies.",
        "An honest model lies beyond the end of a null that counts against it, or has an interval "
        "above 0, once in 200 audits by each measure: once in 50 by one of the four, at most.",
    ]
    if audit.different < audit.n:
        found.append(
            f"Only {audit.different:,} of the images are different ones: the intervals, which take "
            "each for a new draw, are too narrow."
        )
    return found


def text(audit: Audit) -> str:
    """Return verdict and measures for a terminal."""
    rows = _rows(audit)
    lines = [f"{name:<34}{value:>26}{null:>20}" for name, value, null, _, _ in rows]
    head = f"{_title(audit)}\n{'':<34}{'value':>26}{'by chance':>20}"
    return "\n".join([head, *lines, verdict(audit)])


def body(audit: Audit) -> str:
    """Return verdict, measures, nearest pairs and limits as HTML, without a page around them."""
    colour = (
        plotting.RED
        if audit.copies
        else plotting.GREEN
        if verdict(audit).startswith("No sign")
        else plotting.ORANGE
    )
    rows = "".join(
        f'<tr><th>{_ct(name)}</th><td class="number">{value}</td><td class="number">{null}</td>'
        f"<td>{_ruler(finding)}</td><td>{meaning}</td></tr>"
        for name, value, null, meaning, finding in _rows(audit)
    )
    ratios = ", ".join(f"{ratio:.2f}" for ratio in audit.pairs.ratios[:10])
    measures = "".join(
        f"<dt>{_ct(name)}</dt><dd>{_ct(is_)}</dd>" for name, is_ in _MEASURES.items()
    )
    listed = "".join(f"<li>{_ct(limit)}</li>" for limit in limits(audit))
    return (
        f'<p class="verdict" style="border-color:{colour}">{escape(verdict(audit))}</p>'
        f"<p>{escape(_title(audit))}</p>"
        "<table><thead><tr><th>measure</th><th>value</th><th>by chance</th><th></th>"
        f"<th>says</th></tr></thead><tbody>{rows}</tbody></table>"
        "<p>By chance: where 99&nbsp;% of draws lie when test images play the generated ones. In "
        "the drawings this is the grey band, and the dot is the value; a line through it is "
        "the interval that holds the true share in 99&nbsp;% of audits.</p>"
        f"<dl>{measures}</dl>"
        "<h2>Nearest pairs</h2>"
        f'<img alt="Generated images above the training images nearest to them" '
        f'src="data:image/png;base64,{_picture(audit)}">'
        f"<p>The images most like copies, d₁/d₂ from left to right: {ratios}. Below 0.33 an image "
        "counts as a copy.</p>"
        f"<h2>What this audit cannot see</h2><ul>{listed}</ul>"
    )


def document(audit: Audit) -> str:
    """Return the whole page, which needs no other file."""
    title = f"Audit of {escape(audit.name)}"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_CSS}</style></head>'
        f"<body><h1>{title}</h1>{body(audit)}</body></html>\n"
    )


def _ct(sentence: str) -> str:
    """Return a sentence as HTML, with C_T as it is printed."""
    return escape(sentence).replace("C_T", "C<sub>T</sub>")


def _title(audit: Audit) -> str:
    seen_in = "pixels" if audit.judge == "pixels" else f"features of classifier {audit.judge}"
    return (
        f"{audit.name}: {audit.n:,} images, against {audit.n_train:,} training and "
        f"{audit.n_test:,} test images, in {seen_in}"
    )


def _rows(audit: Audit) -> list[tuple[str, str, str, str, Finding]]:
    """Return name, value, null, meaning and finding of each measure."""
    low, high = audit.copied.interval or audit.copied.null
    near = {
        -1: "nearer than test images",
        0: "as near as test images",
        1: "farther than test images",
    }
    by = "loss" if audit.has_loss else "distance"
    known = {
        -1: "lower for test images: are they of the same kind?",
        0: "does not tell training from test images",
        1: "tells training from test images",
    }
    share, near_by, kept, roc = (
        audit.copied,
        audit.data_copying,
        audit.authenticity,
        audit.membership,
    )
    return [
        (
            "copied share",
            _minus(f"{share.value:.1%} ({low:.1%} … {high:.1%})"),
            _minus(f"{share.null[0]:.1%} … {share.null[1]:.1%}"),
            "copies" if audit.copies else "no copies seen",
            share,
        ),
        ("data-copying test C_T", *_figures(near_by, 2), near[near_by.side], near_by),
        ("authenticity minus test images'", *_figures(kept, 3), near[kept.side], kept),
        (f"membership by {by}, ROC area", *_figures(roc, 3), known[roc.side], roc),
    ]


def _figures(finding: Finding, digits: int) -> tuple[str, str]:
    low, high = finding.null
    return _minus(f"{finding.value:.{digits}f}"), _minus(f"{low:.{digits}f} … {high:.{digits}f}")


def _minus(figures: str) -> str:
    return figures.replace("-", "−")


def _ruler(finding: Finding) -> str:
    """Draw null, interval and value on one line."""
    null, value = finding.null, finding.value
    ends = finding.interval or (value, value)
    left, right = min(*null, *ends), max(*null, *ends)

    def place(x: float) -> float:
        return round(10 + 140 * (x - left) / (right - left or 1), 1)

    (a, b), (c, d) = map(place, null), map(place, ends)
    return (
        '<svg width="160" height="20" role="img" aria-label="value and what is chance">'
        f'<rect x="{a}" y="3" width="{max(b - a, 1):.1f}" height="14" fill="#ccc"/>'
        f'<path d="M{c} 10H{d}" stroke="#222"/>'
        f'<circle cx="{place(value)}" cy="10" r="4" fill="{plotting.BLUE}"/></svg>'
    )


def _picture(audit: Audit) -> str:
    """Return the nearest pairs as a PNG picture in base64."""
    import matplotlib.pyplot as plt

    audit.pairs.show(10)
    figure, content = plt.gcf(), io.BytesIO()
    figure.savefig(content, format="png", dpi=110)
    plt.close(figure)
    return base64.b64encode(content.getvalue()).decode("ascii")
