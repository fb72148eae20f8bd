"""Sliders over a figure: live in Jupyter, over pictures drawn beforehand in the book."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable

import numpy as np

Range = tuple[float, float, float]

_FRAMES = 9  # pictures that the book's slider steps through


def explore(draw: Callable[..., None], **ranges: Range) -> None:
    """Show one slider for each range, and the figure that ``draw`` makes of their values.

    Args:
        draw: draws one matplotlib figure; called with the sliders' values by name.
        ranges: name=(start, stop, step); whole numbers give a slider of whole numbers. A fourth
            number, where given, is the value to begin with; otherwise the middle.

    With ``GENERATIVE_VISION_STATIC=1``, as when the book is built, no kernel will be there: the
    first slider then steps through pictures drawn now, the others stay at their first value.
    """
    start = {name: _start(name, bounds) for name, bounds in ranges.items()}
    if os.environ.get("GENERATIVE_VISION_STATIC"):
        _show_static(draw, ranges, start)
    else:
        _show_live(draw, ranges, start)


def _start(name: str, bounds: tuple[float, ...]) -> float:
    if len(bounds) not in (3, 4) or not bounds[0] < bounds[1] or not bounds[2] > 0:
        raise ValueError(f"{name}={bounds!r}: expected (start, stop, step) or (start, stop, step, first value).")
    low, high, step = bounds[:3]
    value = bounds[3] if len(bounds) == 4 else low + round((high - low) / 2 / step) * step
    if not low <= value <= high:
        raise ValueError(f"{name}={bounds!r}: the first value {value} lies outside {low} ... {high}.")
    return value


def _show_live(draw: Callable[..., None], ranges: dict[str, tuple], start: dict[str, float]) -> None:
    import ipywidgets
    from IPython.display import display

    sliders = {}
    for name, (low, high, step, *_) in ranges.items():
        whole = all(isinstance(number, int) for number in (low, high, step))
        kind = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
        sliders[name] = kind(
            start[name], min=low, max=high, step=step, description=name.replace("_", " "),
            continuous_update=False, layout={"width": "420px"}, style={"description_width": "110px"},
        )  # fmt: skip
    output = ipywidgets.interactive_output(draw, sliders)
    display(ipywidgets.VBox([*sliders.values(), output]))


def _show_static(draw: Callable[..., None], ranges: dict[str, tuple], start: dict[str, float]) -> None:
    from IPython.display import HTML, display

    name, (low, high, step, *_) = next(iter(ranges.items()))
    steps = np.arange(round((high - low) / step) + 1)
    chosen = steps[np.linspace(0, len(steps) - 1, min(_FRAMES, len(steps))).round().astype(int)]
    values = [low + int(i) * step for i in chosen]
    first = int(np.argmin([abs(value - start[name]) for value in values]))
    frames = [_picture(draw, {**start, name: value}) for value in values]
    pictures = "".join(
        f'<img src="data:image/png;base64,{frame}" alt="{name} = {value:g}" {"" if i == first else "hidden"}>'
        for i, (value, frame) in enumerate(zip(values, frames))
    )
    change = (
        "const box=this.closest('.gv-explore');const frames=box.querySelectorAll('img');"
        "frames.forEach((f,i)=>f.hidden=i!=this.value);box.querySelector('output').value=frames[this.value].alt"
    )
    display(
        HTML(
            f'<div class="gv-explore"><label>{name.replace("_", " ")} '
            f'<input type="range" min="0" max="{len(values) - 1}" value="{first}" oninput="{change}"></label> '
            f"<output>{name} = {values[first]:g}</output><div>{pictures}</div>{_left_out(list(ranges)[1:])}</div>"
        )
    )


def _left_out(names: list[str]) -> str:
    """Say which sliders only the notebook has."""
    told = " and ".join(name.replace("_", " ") for name in names)
    return f"<small>In the notebook you can also move {told}.</small>" if names else ""


def _picture(draw: Callable[..., None], values: dict[str, float]) -> str:
    """Draw one figure and return it as base64 PNG, leaving no figure open."""
    import matplotlib.pyplot as plt

    draw(**values)
    buffer = io.BytesIO()
    plt.gcf().savefig(buffer, format="png", dpi=80)
    plt.close("all")
    return base64.b64encode(buffer.getvalue()).decode("ascii")
