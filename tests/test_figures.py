"""The shared figures: what is drawn and what is refused."""

from itertools import pairwise

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from generative_vision import plotting


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
    assert [t.get_text() for t in axis.texts] == ["first", "second"]
    (left, y), (right, other_y) = (t.get_position() for t in axis.texts)
    assert left < right
    assert y == other_y
    top = int(y) + 1  # the titles stand in a band above the first row
    corners = [(top + 30 * row, 30 * column) for row in (0, 1) for column in (0, 1, 2)]
    found = [picture[y : y + 28, x : x + 28] for y, x in corners]
    assert [tile.mean() for tile in found[:5]] == pytest.approx([-1, -0.5, 0, 0.5, 1])
    assert all(tile.count() == 784 for tile in found[:5])
    assert found[5].count() == 0
    assert picture.count() == 5 * 784  # the gaps are empty


@pytest.mark.parametrize("shape", [(28, 28), (0, 28, 28, 1), (2, 28, 28, 3)])
def test_images_of_another_shape(shape):
    with pytest.raises(ValueError, match="expected"):
        plotting.show_images(np.zeros(shape))


def test_rows():
    plotting.show_rows({"real": np.zeros((4, 28, 28, 1)), "made": np.ones((4, 28, 28, 1))})
    (axis,) = plt.gcf().axes
    picture = axis.images[0].get_array()
    places = {t.get_text(): t.get_position()[1] for t in axis.texts}
    rows = {name: picture[int(y)].compressed().tolist() for name, y in places.items()}
    assert rows == {"real": [0] * 112, "made": [1] * 112}


def test_rows_of_another_shape():
    with pytest.raises(ValueError, match="expected"):
        plotting.show_rows({"colours": np.zeros((2, 28, 28, 3))})
    with pytest.raises(ValueError, match=r"\[1, 2\]"):
        plotting.show_rows({"a": np.zeros((1, 28, 28)), "b": np.zeros((2, 28, 28))})


def test_flow():
    plotting.show_flow({"GAN": ["[noise]", "generator", "[image]"]})
    texts = [text.get_text() for text in plt.gcf().axes[0].texts]
    assert [text for text in texts if text] == ["GAN", "noise", "generator", "image"]


@pytest.mark.parametrize(
    ("lowest", "highest", "written"),
    [
        (0.027, 0.7, "0.05 0.1 0.2 0.5"),
        (8.2, 83, "10 20 50"),
        (0.9, 1100, "1 2 5 10 20 50 100 200 500 1000"),
    ],
)
def test_a_log_scale_has_plain_numbers_that_do_not_touch(lowest, highest, written):
    figure, axis = plt.subplots(figsize=(6.5, 2.8), layout="constrained")
    axis.plot([lowest, highest])
    plotting.set_log_scale(axis)
    figure.draw_without_rendering()
    bottom, top = axis.get_ylim()
    ticks = axis.yaxis.get_ticklabels() + axis.yaxis.get_ticklabels(minor=True)
    labels = [t for t in ticks if t.get_text() and bottom <= t.get_position()[1] <= top]
    assert " ".join(label.get_text() for label in labels) == written
    boxes = [label.get_window_extent() for label in labels]
    assert all(below.y1 <= above.y0 for below, above in pairwise(boxes))


def test_source_is_printed_as_it_stands(capsys):
    from generative_vision.models.samplers import first_order, follow

    plotting.show_source(follow, first_order)
    shown = capsys.readouterr().out
    assert shown.startswith("def follow(")
    assert "for t, s in pairwise(times):" in shown
    assert "\n\ndef first_order(" in shown
