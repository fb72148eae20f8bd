"""Sliders and a text field over a figure: live in Jupyter, over pictures drawn beforehand in the book."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable, Sequence
from html import escape

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


def ask(draw: Callable[[str], None], examples: Sequence[str]) -> None:
    """Show a text field, and the figure that ``draw`` makes of what stands in it once Enter is pressed.

    Args:
        draw: draws one matplotlib figure of a prompt; a ValueError's words are shown in place of a figure.
        examples: prompts that the field offers, the first to begin with. In the book, where no kernel is, one
            chooses among them, and their pictures are drawn now.
    """
    if not examples:
        raise ValueError("examples is empty: expected one prompt at least.")
    if os.environ.get("GENERATIVE_VISION_STATIC"):
        options = "".join(f'<option value="{i}">{escape(text)}</option>' for i, text in enumerate(examples))
        control = f'<select onchange="{_CHANGE}">{options}</select></label>'
        frames = [_picture(draw, {"prompt": text}) for text in examples]
        _show_frames("prompt", control, list(examples), frames, 0, "<small>In the notebook you can also write prompts of your own.</small>")
        return
    import ipywidgets
    from IPython.display import display

    def answer(prompt: str) -> None:
        try:
            draw(prompt=prompt)
        except ValueError as error:
            print(error)

    field = ipywidgets.Combobox(
        value=examples[0], options=tuple(examples), description="prompt", continuous_update=False, layout={"width": "420px"},
        style={"description_width": "110px"},
    )  # fmt: skip
    display(ipywidgets.VBox([field, ipywidgets.interactive_output(answer, {"prompt": field})]))


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
    name, (low, high, step, *_) = next(iter(ranges.items()))
    steps = np.arange(round((high - low) / step) + 1)
    chosen = steps[np.linspace(0, len(steps) - 1, min(_FRAMES, len(steps))).round().astype(int)]
    values = [low + int(i) * step for i in chosen]
    first = int(np.argmin([abs(value - start[name]) for value in values]))
    names = [f"{name} = {value:g}" for value in values]
    control = f'<input type="range" min="0" max="{len(values) - 1}" value="{first}" oninput="{_CHANGE}">'
    shown = f"</label> <output>{names[first]}</output>"
    _show_frames(name, control + shown, names, [_picture(draw, {**start, name: v}) for v in values], first, _left_out(list(ranges)[1:]))


_CHANGE = (
    "const box=this.closest('.gv-explore');const frames=box.querySelectorAll('img');"
    "frames.forEach((f,i)=>f.hidden=i!=this.value);const o=box.querySelector('output');if(o)o.value=frames[this.value].alt"
)


def _show_frames(name: str, control: str, names: list[str], frames: list[str], first: int, note: str) -> None:
    from IPython.display import HTML, display

    pictures = "".join(
        f'<img src="data:image/png;base64,{frame}" alt="{escape(name)}" {"" if i == first else "hidden"}>'
        for i, (name, frame) in enumerate(zip(names, frames))
    )
    label = f'<label>{name.replace("_", " ")} {control}'
    display(HTML(f'<div class="gv-explore">{label}<div>{pictures}</div>{note}</div>'))


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
