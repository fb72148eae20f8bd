"""The shared figures and the sliders: what is drawn, what is refused, and that no figure is left open."""

import re

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from generative_vision import plotting, widgets


@pytest.fixture(autouse=True)
def no_figures_left():
    yield
    plt.close("all")


def test_images_fill_the_grid_row_by_row():
    images = np.linspace(-1, 1, 5)[:, None, None, None] * np.ones((5, 28, 28, 1))
    plotting.show_images(images, ["first", "second"], columns=3, title="Five")
    (axis,) = plt.gcf().axes
    picture = axis.images[0].get_array()
    assert axis.images[0].get_clim() == (-1, 1)
    (_, first), (_, second) = ((t.get_text(), t.get_position()) for t in axis.texts)
    assert [t.get_text() for t in axis.texts] == ["first", "second"] and first[0] < second[0] and first[1] == second[1]
    top = int(first[1]) + 1  # the titles stand in a band above the first row
    corners = [(top + 30 * row, 30 * column) for row in (0, 1) for column in (0, 1, 2)]
    found = [picture[y : y + 28, x : x + 28] for y, x in corners]
    assert [tile.mean() for tile in found[:5]] == pytest.approx([-1, -0.5, 0, 0.5, 1])
    assert all(tile.count() == 784 for tile in found[:5])
    assert found[5].count() == 0 and picture.count() == 5 * 784  # nothing in the gaps, nor in the sixth place


@pytest.mark.parametrize("images", [np.zeros((28, 28)), np.zeros((0, 28, 28, 1)), np.zeros((2, 28, 28, 3))])
def test_images_of_another_shape(images):
    with pytest.raises(ValueError, match="expected"):
        plotting.show_images(images)


def test_rows():
    plotting.show_rows({"real": np.zeros((4, 28, 28, 1)), "made": np.ones((4, 28, 28, 1))})
    (axis,) = plt.gcf().axes
    picture = axis.images[0].get_array()
    places = {t.get_text(): t.get_position()[1] for t in axis.texts}
    assert {name: picture[int(y)].compressed().tolist() for name, y in places.items()} == {"real": [0] * 112, "made": [1] * 112}
    with pytest.raises(ValueError, match="expected"):
        plotting.show_rows({"colours": np.zeros((2, 28, 28, 3))})
    with pytest.raises(ValueError, match=r"\[1, 2\]"):
        plotting.show_rows({"a": np.zeros((1, 28, 28)), "b": np.zeros((2, 28, 28))})


def test_flow():
    plotting.show_flow({"GAN": ["[noise]", "generator", "[image]"]})
    texts = [text.get_text() for text in plt.gcf().axes[0].texts]
    assert [text for text in texts if text] == ["GAN", "noise", "generator", "image"]


def draw(spread, seed):
    plt.plot([0, spread], [seed, 1])


def test_live_sliders(monkeypatch):
    import ipywidgets

    monkeypatch.delenv("GENERATIVE_VISION_STATIC", raising=False)
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    widgets.explore(draw, spread=(0.0, 2.0, 0.5), seed=(0, 9, 1, 7))
    spread, seed, _ = shown[0].children
    assert isinstance(spread, ipywidgets.FloatSlider) and isinstance(seed, ipywidgets.IntSlider)
    assert (spread.value, seed.value, spread.continuous_update) == (1.0, 7, False)


def test_static_slider_has_one_picture_for_each_step(monkeypatch):
    monkeypatch.setenv("GENERATIVE_VISION_STATIC", "1")
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    widgets.explore(draw, spread=(0.0, 2.0, 0.5), seed=(0, 9, 1))
    page = shown[0].data
    assert re.findall(r'alt="(.*?)"', page) == [f"spread = {value}" for value in ("0", "0.5", "1", "1.5", "2")]
    assert page.count("hidden>") == 4 and "http" not in page
    assert "In the notebook you can also move seed." in page
    assert plt.get_fignums() == []


@pytest.mark.parametrize("bounds", [(0, 1), (1, 0, 1), (0, 1, 0), (0, 1, 0.1, 2)])
def test_bad_ranges(bounds):
    with pytest.raises(ValueError, match="spread="):
        widgets.explore(draw, spread=bounds)


def asked(prompt):
    if "purple" in prompt:
        raise ValueError("'purple' is not known")
    plt.figure()


def test_a_prompt_is_drawn_or_answered(monkeypatch, capsys):
    import ipywidgets

    monkeypatch.delenv("GENERATIVE_VISION_STATIC", raising=False)
    made, call = [], {}
    monkeypatch.setattr(ipywidgets, "interactive_output", lambda f, controls: call.update(f=f, **controls) or ipywidgets.Output())
    widgets.ask(lambda prompt: made.append(prompt) or asked(prompt), ["a bag", "a <b>"])
    assert call["prompt"].value == "a bag" and call["prompt"].continuous_update is False
    call["f"](prompt="a bag")
    call["f"](prompt="a purple bag")
    assert made == ["a bag", "a purple bag"]
    assert "'purple' is not known" in capsys.readouterr().out


def test_static_prompts_have_one_picture_each(monkeypatch):
    shown = []
    monkeypatch.setenv("GENERATIVE_VISION_STATIC", "1")
    monkeypatch.setattr("IPython.display.display", lambda html: shown.append(html.data))
    widgets.ask(asked, ["a bag", "a <b>"])
    assert shown[0].count("<img") == shown[0].count("<option") == 2 and "a &lt;b&gt;" in shown[0] and "<b>" not in shown[0]
    with pytest.raises(ValueError, match="one prompt at least"):
        widgets.ask(asked, [])


@pytest.mark.parametrize(("lowest", "highest", "written"), [(0.027, 0.7, "0.05 0.1 0.2 0.5"), (8.2, 83, "10 20 50"), (0.9, 1100, "1 2 5 10 20 50 100 200 500 1000")])
def test_a_log_scale_has_plain_numbers_that_do_not_touch(lowest, highest, written):
    figure, axis = plt.subplots(figsize=(6.5, 2.8), layout="constrained")
    axis.plot([lowest, highest])
    plotting.set_log_scale(axis)
    figure.draw_without_rendering()
    bottom, top = axis.get_ylim()
    labels = [tick for which in ("major", "minor") for tick in axis.yaxis.get_ticklabels(which=which) if bottom <= tick.get_position()[1] <= top]
    labels = [label for label in labels if label.get_text()]
    assert " ".join(label.get_text() for label in labels) == written
    boxes = [label.get_window_extent() for label in labels]
    assert all(below.y1 <= above.y0 for below, above in zip(boxes, boxes[1:]))


def test_source_is_printed_as_it_stands(capsys):
    from generative_vision.models.samplers import first_order, follow

    plotting.show_source(follow, first_order)
    shown = capsys.readouterr().out
    assert shown.startswith("def follow(")
    assert "for t, s in pairwise(times):" in shown
    assert "\n\ndef first_order(" in shown
