"""Figures that the lessons share. Each function draws one figure and leaves it to the notebook to show."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np

BLUE, ORANGE, GREEN, RED, GREY = "#3b6fb6", "#e08214", "#3a8f4d", "#c0392b", "#8a8a8a"


def show_images(
    images: np.ndarray,
    titles: Sequence[str] | None = None,
    *,
    columns: int = 10,
    title: str = "",
    size: float = 0.9,
) -> None:
    """Show images in a grid, row by row, grey levels from −1 (black) to 1 (white).

    Args:
        images: ``(n, 28, 28, 1)`` or ``(n, 28, 28)``; values outside [−1, 1] are shown as the nearest end.
        titles: one for each image, or fewer: the rest have none.
        columns: images in a row.
        title: above the whole figure.
        size: of one image, in inches.
    """
    import matplotlib.pyplot as plt

    images = np.asarray(images)
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim != 3 or len(images) == 0:
        raise ValueError(f"images have shape {images.shape}; expected (n, height, width) or (n, height, width, 1).")
    columns = min(columns, len(images))
    rows = ceil(len(images) / columns)
    lines = ceil(len(titles) / columns) * 0.2 if titles else 0  # inches for the titles' rows
    figure, axes = plt.subplots(
        rows, columns, squeeze=False, layout="constrained",
        figsize=(columns * size, rows * size + lines + (0.35 if title else 0)),
    )  # fmt: skip
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0.02, hspace=0.02)
    for axis in axes.flat:
        axis.axis("off")
    for i, (axis, image) in enumerate(zip(axes.flat, images)):
        axis.imshow(image, cmap="gray", vmin=-1, vmax=1)
        if titles is not None and i < len(titles):
            axis.set_title(titles[i], fontsize=8, pad=2)
    if title:
        figure.suptitle(title, fontsize=11)


def show_rows(rows: dict[str, np.ndarray], *, title: str = "", size: float = 0.9) -> None:
    """Show one row of images for each name, the name at its left: for comparing models image by image.

    Args:
        rows: name to images ``(n, 28, 28, 1)``, the same n for all.
    """
    import matplotlib.pyplot as plt

    counts = {len(images) for images in rows.values()}
    if len(counts) != 1 or 0 in counts:
        raise ValueError("every row needs the same number of images, at least one: found " + str(sorted(counts)))
    columns = counts.pop()
    label = 0.085 * max(map(len, rows)) + 0.15  # inches for the names
    figure, axes = plt.subplots(
        len(rows), columns, squeeze=False, layout="constrained",
        figsize=(columns * size + label, len(rows) * size + (0.35 if title else 0)),
    )  # fmt: skip
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0.02, hspace=0.02)
    for line, (name, images) in zip(axes, rows.items()):
        for axis, image in zip(line, np.asarray(images)):
            axis.imshow(image.squeeze(), cmap="gray", vmin=-1, vmax=1)
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9, labelpad=6)
    if title:
        figure.suptitle(title, fontsize=11)


def show_flow(rows: dict[str, Sequence[str]]) -> None:
    """Draw each model as a row of steps with arrows between them, data at the left, result at the right.

    Args:
        rows: name of the row (may be empty) to the texts of its steps, line breaks allowed. A text in
            brackets, such as ``"[noise]"``, has no box: something that flows, not something that computes.
    """
    import matplotlib.pyplot as plt

    left = 0.75 if any(rows) else 0.0  # room for the names
    columns = max(map(len, rows.values()))
    figure, axis = plt.subplots(figsize=(1.75 * (columns + left), 0.7 * len(rows)))
    axis.set(xlim=(-0.45 - left, columns - 0.55), ylim=(len(rows) - 0.5, -0.5))
    axis.axis("off")
    for y, (name, texts) in enumerate(rows.items()):
        axis.text(-0.45 - left, y, name, ha="left", va="center", fontsize=11, weight="bold")
        before = None
        for x, text in enumerate(texts):
            flows = text.startswith("[") and text.endswith("]")
            box = None if flows else {"boxstyle": "round,pad=0.4", "fc": "#e8eff8", "ec": BLUE}
            step = axis.text(x, y, text.strip("[]"), ha="center", va="center", fontsize=10, bbox=box)
            if before is not None:
                arrow = {"arrowstyle": "-|>", "color": GREY, "lw": 1.3, "patchA": before, "patchB": step}
                axis.annotate("", (x, y), (x - 1, y), arrowprops={**arrow, "shrinkA": 7, "shrinkB": 7})
            before = step
    figure.tight_layout(pad=0.2)


def show_losses(runs: dict) -> None:
    """Plot the losses that ``callbacks.Progress`` kept, one line for each run and loss, against the step.

    Args:
        runs: name to the ``Progress`` of a finished training.
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(6.5, 2.8), layout="constrained")
    for name, progress in runs.items():
        for loss, values in progress.losses.items():
            axis.plot(progress.steps, values, lw=1.2, label=name if loss == "loss" else f"{name} {loss}")
    axis.set(xlabel="training step", ylabel="loss", yscale="log")
    axis.yaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_minor_formatter("{x:g}")
    axis.legend(fontsize=8)
