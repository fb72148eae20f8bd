"""Controls that redraw a figure: live in Jupyter, pictures drawn in advance in the book."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable, Sequence
from functools import partial
from html import escape

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML, display
from IPython.utils.capture import capture_output

Bounds = tuple[float, float, float] | tuple[float, float, float, float]
Bundle = dict[str, str]  # one output in several formats, by MIME type

_FRAMES = 9  # pictures that the book's slider steps through
_STYLE = {"layout": {"width": "420px"}, "style": {"description_width": "110px"}}


def explore(draw: Callable[..., None], **ranges: Bounds) -> None:
    """Display one slider for each range, and below them the figure that ``draw`` makes.

    Args:
        draw: draws with matplotlib; called with the sliders' values as keyword arguments. What it
            prints is displayed above the figure.
        ranges: ``name=(start, stop, step)`` or ``name=(start, stop, step, initial value)``; the
            middle of the range is the default. Integers give a slider of integers.

    Raises:
        ValueError: no range, or one that is not of this form.

    An error that ``draw`` raises fails the cell the first time; after that it is displayed in
    place of the figure. With ``GENERATIVE_VISION_STATIC=1``, as in the book, where no kernel runs,
    the first slider steps through pictures drawn now, and the others keep their initial values.
    """
    if not ranges:
        raise ValueError("explore has no ranges: expected one at least, such as t=(0.0, 1.0, 0.1).")
    initial = {name: _initial(name, bounds) for name, bounds in ranges.items()}
    if _is_static():
        _display_frame_slider(draw, ranges, initial)
        return
    sliders = {name: _slider(name, bounds, initial[name]) for name, bounds in ranges.items()}

    def render() -> Bundle:
        values = {name: slider.value for name, slider in sliders.items()}
        return _render(partial(draw, **values), ", ".join(map(_describe, values, values.values())))

    _display_live(list(sliders.values()), render)


def ask(draw: Callable[[str], None], examples: Sequence[str]) -> None:
    """Display a text field, and below it the figure that ``draw`` makes of its text.

    Args:
        draw: draws with matplotlib; called with the text as its only argument each time that Enter
            is pressed. If it raises ValueError, the message is displayed in place of the figure.
        examples: suggestions that the field offers; the first is its initial text.

    Raises:
        ValueError: no examples.

    With ``GENERATIVE_VISION_STATIC=1``, as in the book, a menu of the examples replaces the field.
    """
    if not examples:
        raise ValueError("examples is empty: expected one prompt at least.")
    if _is_static():
        _display_frame_menu(draw, examples)
        return
    field = ipywidgets.Combobox(
        value=examples[0],
        options=tuple(examples),
        description="prompt",
        continuous_update=False,
        **_STYLE,
    )

    def render() -> Bundle:
        try:
            return _render(partial(draw, field.value), field.value)
        except ValueError as error:
            return {"text/plain": str(error)}

    _display_live([field], render)


def _is_static() -> bool:
    return bool(os.environ.get("GENERATIVE_VISION_STATIC"))


def _initial(name: str, bounds: Bounds) -> float:
    """Return the value that a slider starts from, the middle by default."""
    if len(bounds) not in (3, 4) or not bounds[0] < bounds[1] or not bounds[2] > 0:
        raise ValueError(
            f"{name}={bounds!r}: expected (start, stop, step) or (start, stop, step, initial)."
        )
    low, high, step = bounds[:3]
    value = bounds[3] if len(bounds) == 4 else low + round((high - low) / 2 / step) * step
    if not low <= value <= high:
        raise ValueError(
            f"{name}={bounds!r}: the initial value {value} lies outside {low} ... {high}."
        )
    return value


def _slider(name: str, bounds: Bounds, value: float) -> ipywidgets.DOMWidget:
    low, high, step = bounds[:3]
    whole = all(isinstance(number, int) for number in (low, high, step))
    kind = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
    digits = len(np.format_float_positional(step, trim="-").partition(".")[2])
    return kind(
        value,
        min=low,
        max=high,
        step=step,
        description=name.replace("_", " "),
        continuous_update=False,
        readout_format="d" if whole else f".{digits}f",
        **_STYLE,
    )


def _display_live(controls: Sequence[ipywidgets.DOMWidget], render: Callable[[], Bundle]) -> None:
    """Display controls and an output below them, which is rendered again when one of them changes.

    The output is an ordinary one with a display id. An ``ipywidgets.Output`` would not do: a client
    answers it with messages of its own while the cell runs, and jupyter_client can lose the reply
    to the cell that arrives meanwhile, so that a run without a browser never ends.

    JupyterLab forgets display ids when its page is reloaded: the cell must then run again.
    """
    plt.show()  # what the cell has drawn so far stands above the controls
    first = render()
    display(ipywidgets.VBox(list(controls)))
    output = display(first, raw=True, display_id=True)

    def update(change: object) -> None:
        try:
            bundle = render()
        except Exception as error:  # anything: a callback has no cell that could report it
            bundle = {"text/plain": f"{type(error).__name__}: {error}"}
        output.update(bundle, raw=True)

    for control in controls:
        control.observe(update, "value")


def _render(draw: Callable[[], None], description: str) -> Bundle:
    """Return what ``draw`` prints and draws, the description as the figures' alternative text.

    JupyterLab shows the HTML, since it ignores the alternative text of an image/png output; the
    last figure as image/png is for exports that take no HTML.
    """
    printed, figures = _run(draw, bbox_inches="tight")
    text = [f"<pre>{escape(printed)}</pre>"] if printed else []
    images = [_image(figure, description) for figure in figures]
    bundle = {"text/html": "".join(text + images), "text/plain": f"{printed}[{description}]"}
    return bundle | ({"image/png": figures[-1]} if figures else {})


def _run(draw: Callable[[], None], **options) -> tuple[str, list[str]]:
    """Call ``draw``, and close the figures that it opened, also after an error.

    Args:
        options: of matplotlib's ``savefig``.

    Returns:
        What it printed, and its figures as PNG in base64: those it showed and those it left open.
    """
    before = set(plt.get_fignums())
    plt.figure()  # for a function that draws on the current figure
    try:
        with capture_output(stderr=False) as captured:
            draw()
        shown = [output.data for output in captured.outputs]  # by plt.show()
        figures = [plt.figure(number) for number in plt.get_fignums() if number not in before]
        return captured.stdout, [
            *(data["image/png"] for data in shown if "image/png" in data),
            *(_png(figure, **options) for figure in figures if figure.axes),
        ]
    finally:
        for number in set(plt.get_fignums()) - before:
            plt.close(number)


def _png(figure: plt.Figure, **options) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", **options)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _image(png: str, description: str, attribute: str = "") -> str:
    return f'<img src="data:image/png;base64,{png}" alt="{escape(description)}" {attribute}>'


def _describe(name: str, value: float) -> str:
    return f"{name} = {value:g}"


_CHANGE = (  # shows the picture whose number is the control's value
    "const box=this.closest('.gv-explore');const frames=box.querySelectorAll('img');"
    "frames.forEach((f,i)=>f.hidden=i!=this.value);"
    "const o=box.querySelector('output');if(o)o.value=frames[this.value].alt"
)


def _display_frame_slider(
    draw: Callable[..., None], ranges: dict[str, Bounds], initial: dict[str, float]
) -> None:
    """Display the first slider over pictures at evenly spaced values."""
    name, *others = ranges
    low, high, step = ranges[name][:3]
    steps = np.arange(round((high - low) / step) + 1)
    chosen = steps[np.linspace(0, len(steps) - 1, min(_FRAMES, len(steps))).round().astype(int)]
    values = [low + int(i) * step for i in chosen]
    first = int(np.argmin([abs(value - initial[name]) for value in values]))
    frames = [(_describe(name, v), partial(draw, **{**initial, name: v})) for v in values]
    control = (
        f'<input type="range" min="0" max="{len(values) - 1}" value="{first}" '
        f'oninput="{_CHANGE}"></label> <output>{_describe(name, values[first])}</output>'
    )
    movable = " and ".join(other.replace("_", " ") for other in others)
    note = f"In the notebook you can also move {movable}." if others else ""
    _display_frames(name, control, frames, first, note)


def _display_frame_menu(draw: Callable[[str], None], examples: Sequence[str]) -> None:
    """Display a menu of the examples over their pictures."""
    options = "".join(f'<option value="{i}">{escape(e)}</option>' for i, e in enumerate(examples))
    control = f'<select onchange="{_CHANGE}">{options}</select></label>'
    frames = [(text, partial(draw, text)) for text in examples]
    note = "In the notebook you can also write prompts of your own."
    _display_frames("prompt", control, frames, 0, note)


def _display_frames(
    name: str,
    control: str,
    frames: Sequence[tuple[str, Callable[[], None]]],
    first: int,
    note: str,
) -> None:
    """Display a control and its pictures, of which it shows one at a time.

    Args:
        name: of the control.
        control: HTML that closes the label.
        frames: for each picture its description and the function that draws it.
        first: number of the picture that is visible at first.
        note: a sentence below, or nothing.
    """
    images = ""
    for i, (description, draw) in enumerate(frames):
        _, figures = _run(draw, dpi=80)
        if not figures:
            raise ValueError(f"no figure was drawn for {description!r}.")
        images += _image(figures[-1], description, "" if i == first else "hidden")
    label = f"<label>{name.replace('_', ' ')} {control}"
    note = note and f"<small>{note}</small>"
    display(HTML(f'<div class="gv-explore">{label}<div>{images}</div>{note}</div>'))
