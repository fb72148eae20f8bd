"""Figures that the lessons share. Each function draws one figure and leaves it to the notebook to show."""

from __future__ import annotations

from collections.abc import Sequence

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
    images = _grey(images)
    columns = min(columns, len(images))
    titles = list(titles or ())[: len(images)]
    lines = max((text.count("\n") + 1 for text in titles), default=0)
    rows = [images[i : i + columns] for i in range(0, len(images), columns)]
    axis, corners = _mosaic(rows, title, size, [lines * (i * columns < len(titles)) for i in range(len(rows))])
    for text, (x, y) in zip(titles, corners):
        axis.text(x + images.shape[2] / 2, y - 1, text, fontsize=8, ha="center", va="bottom")


def show_rows(rows: dict[str, np.ndarray], *, title: str = "", size: float = 0.9) -> None:
    """Show one row of images for each name, the name at its left: for comparing models image by image.

    Args:
        rows: name to images ``(n, 28, 28, 1)``, the same n for all.
    """
    counts = {len(images) for images in rows.values()}
    if len(counts) != 1 or 0 in counts:
        raise ValueError("every row needs the same number of images, at least one: found " + str(sorted(counts)))
    images = [_grey(row) for row in rows.values()]
    axis, corners = _mosaic(images, title, size, [0] * len(rows), 0.085 * max(map(len, rows)) + 0.15)
    for name, (_, y) in zip(rows, corners[:: counts.pop()]):
        axis.text(-3, y + images[0].shape[1] / 2, name, fontsize=9, ha="right", va="center")


def _grey(images) -> np.ndarray:
    """Return images as (n, height, width)."""
    images = np.asarray(images)
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim != 3 or len(images) == 0:
        raise ValueError(f"images have shape {images.shape}; expected (n, height, width) or (n, height, width, 1).")
    return images


def _mosaic(rows: Sequence[np.ndarray], title: str, size: float, lines: Sequence[int], left: float = 0.0):
    """Draw rows of images (n, h, w) as one picture: an axis for each image would take a second for every fifty.

    Args:
        lines: of text above each row.
        left: inches for names at the left.

    Returns:
        The axis, one unit a pixel, and the top left corner of each image, row by row.
    """
    import matplotlib.pyplot as plt

    (columns, height, width), gap = rows[0].shape, 2
    unit = size / (width + gap)  # inches
    bands = [round(0.14 * count / unit) for count in lines]  # pixels
    tops = np.cumsum(bands) + np.arange(len(rows)) * (height + gap)
    picture = np.full((tops[-1] + height, columns * (width + gap) - gap), np.nan, "float32")
    corners = [(column * (width + gap), top) for row, top in zip(rows, tops) for column in range(len(row))]
    for (x, y), image in zip(corners, (image for row in rows for image in row)):
        picture[y : y + height, x : x + width] = image
    above = 0.35 if title else 0.0
    full_width, full_height = left + picture.shape[1] * unit, above + picture.shape[0] * unit
    figure = plt.figure(figsize=(full_width, full_height))
    axis = figure.add_axes((left / full_width, 0, 1 - left / full_width, 1 - above / full_height))
    axis.imshow(picture, cmap="gray", vmin=-1, vmax=1, extent=(0, picture.shape[1], picture.shape[0], 0))
    axis.axis("off")
    if title:
        figure.suptitle(title, fontsize=11, y=1, va="top")
    return axis, corners


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
    axis.set(xlabel="training step", ylabel="loss")
    set_log_scale(axis)
    axis.legend(fontsize=8)


def set_log_scale(axis) -> None:
    """Make a plot's vertical axis logarithmic, with 1, 2 and 5 times each power of ten written out: 0.05, 0.1, 0.2."""
    from matplotlib.ticker import LogLocator

    axis.set_yscale("log")
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_minor_formatter("")


def show_source(*functions) -> None:
    """Print the code of functions or methods, docstrings and all: plain text, which every page shows alike."""
    import inspect
    import textwrap

    print("\n\n".join(textwrap.dedent(inspect.getsource(function)).strip() for function in functions))
