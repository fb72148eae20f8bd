"""Figures that the lessons share. Each function draws one; the notebook displays it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from generative_vision.typing import Images

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from generative_vision.callbacks import Progress

BLUE, ORANGE, GREEN, RED, GREY = "#3b6fb6", "#e08214", "#3a8f4d", "#c0392b", "#8a8a8a"


def show_images(
    images: Images,
    titles: Sequence[str] | None = None,
    *,
    columns: int = 10,
    title: str = "",
    size: float = 0.9,
) -> None:
    """Show images in a grid, row by row, in grey levels from −1 (black) to 1 (white).

    Args:
        images: ``(n, 28, 28, 1)`` or ``(n, 28, 28)``; values outside [−1, 1] are clipped.
        titles: one for each image, or fewer: the rest have none.
        columns: images in a row.
        title: title of the whole figure.
        size: size of one image, in inches.

    Raises:
        ValueError: no image, or another shape.
    """
    images = _grey(images)
    columns = min(columns, len(images))
    titles = list(titles or ())[: len(images)]
    lines = max((text.count("\n") + 1 for text in titles), default=0)
    rows = [images[i : i + columns] for i in range(0, len(images), columns)]
    lines_above = [lines if i * columns < len(titles) else 0 for i in range(len(rows))]
    axis, corners = _mosaic(rows, title, size, lines_above)
    for text, (x, y) in zip(titles, corners):
        axis.text(x + images.shape[2] / 2, y - 1, text, fontsize=8, ha="center", va="bottom")


def show_rows(rows: dict[str, Images], *, title: str = "", size: float = 0.9) -> None:
    """Show one row of images for each name, with the name at its left, to compare models.

    Args:
        rows: name to images, ``(n, 28, 28, 1)`` or ``(n, 28, 28)``, the same n for all.
        title: title of the whole figure.
        size: size of one image, in inches.

    Raises:
        ValueError: no image, another shape, or rows of different lengths.
    """
    counts = {len(images) for images in rows.values()}
    if len(counts) != 1 or 0 in counts:
        raise ValueError(
            f"every row needs the same number of images, at least one: found {sorted(counts)}"
        )
    images = [_grey(row) for row in rows.values()]
    room = 0.085 * max(map(len, rows)) + 0.15  # inches for the names
    axis, corners = _mosaic(images, title, size, [0] * len(rows), room)
    for name, (_, y) in zip(rows, corners[:: counts.pop()]):
        axis.text(-3, y + images[0].shape[1] / 2, name, fontsize=9, ha="right", va="center")


def _grey(images: Images) -> np.ndarray:
    """Return images as (n, height, width)."""
    images = np.asarray(images)
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim != 3 or len(images) == 0:
        raise ValueError(
            f"images have shape {images.shape}; "
            "expected (n, height, width) or (n, height, width, 1)."
        )
    return images


def _mosaic(
    rows: Sequence[np.ndarray], title: str, size: float, lines: Sequence[int], left: float = 0.0
) -> tuple[Axes, list[tuple[int, int]]]:
    """Draw rows of images (n, h, w) as one picture.

    An axis for each image would take a second for every fifty images.

    Args:
        rows: images of each row.
        title: title of the whole figure.
        size: size of one image, in inches.
        lines: number of lines of text above each row.
        left: inches left free for names at the left.

    Returns:
        The axis, whose unit is a pixel, and the top left corner (x, y) of each image, row by row.
    """
    import matplotlib.pyplot as plt

    (columns, height, width), gap = rows[0].shape, 2
    unit = size / (width + gap)  # inches
    bands = [round(0.14 * count / unit) for count in lines]  # pixels
    tops = np.cumsum(bands) + np.arange(len(rows)) * (height + gap)
    picture = np.full((tops[-1] + height, columns * (width + gap) - gap), np.nan, "float32")
    corners = []
    for row, y in zip(rows, tops):
        for column, image in enumerate(row):
            x = column * (width + gap)
            picture[y : y + height, x : x + width] = image
            corners.append((x, y))
    above = 0.35 if title else 0.0
    pixels_high, pixels_wide = picture.shape
    full_width, full_height = left + pixels_wide * unit, above + pixels_high * unit
    figure = plt.figure(figsize=(full_width, full_height))
    axis = figure.add_axes((left / full_width, 0, 1 - left / full_width, 1 - above / full_height))
    axis.imshow(picture, cmap="gray", vmin=-1, vmax=1, extent=(0, pixels_wide, pixels_high, 0))
    axis.axis("off")
    if title:
        figure.suptitle(title, fontsize=11, y=1, va="top")
    return axis, corners


def show_flow(rows: dict[str, Sequence[str]]) -> None:
    """Draw each model as a row of steps from left to right, with arrows between them.

    Args:
        rows: name of the row (may be empty) to the texts of its steps, which may have line breaks.
            A text in brackets, such as ``"[noise]"``, is data and has no box; the others compute.
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
            text = text.strip("[]")
            step = axis.text(x, y, text, ha="center", va="center", fontsize=10, bbox=box)
            if before is not None:
                ends = {"patchA": before, "patchB": step, "shrinkA": 7, "shrinkB": 7}
                arrow = {"arrowstyle": "-|>", "color": GREY, "lw": 1.3, **ends}
                axis.annotate("", (x, y), (x - 1, y), arrowprops=arrow)
            before = step
    figure.tight_layout(pad=0.2)


def show_losses(runs: dict[str, Progress]) -> None:
    """Plot the losses that ``callbacks.Progress`` has recorded against the training step.

    Args:
        runs: name to the ``Progress`` of a finished training; one line for each of its losses.
    """
    import matplotlib.pyplot as plt

    _, axis = plt.subplots(figsize=(6.5, 2.8), layout="constrained")
    for name, progress in runs.items():
        for loss, values in progress.losses.items():
            label = name if loss == "loss" else f"{name} {loss}"
            axis.plot(progress.steps, values, lw=1.2, label=label)
    axis.set(xlabel="training step", ylabel="loss")
    set_log_scale(axis)
    axis.legend(fontsize=8)


def set_log_scale(axis: Axes) -> None:
    """Make a plot's vertical axis logarithmic, with plain labels: 0.05, 0.1, 0.2, 0.5, 1."""
    from matplotlib.ticker import LogLocator

    axis.set_yscale("log")
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_minor_formatter("")


def show_source(*functions: Callable) -> None:
    """Print the source code of functions or methods, including their docstrings."""
    import inspect
    import textwrap

    sources = (textwrap.dedent(inspect.getsource(function)).strip() for function in functions)
    print("\n\n".join(sources))
