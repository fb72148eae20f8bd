"""Sliders and the text field in a real kernel, whose messages the tests read as a client does."""

import asyncio
import base64
import re
from collections.abc import Iterator
from types import SimpleNamespace

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager, start_new_kernel
from jupyter_client.session import Session
from nbclient import NotebookClient

from generative_vision import widgets

TIMEOUT = 120  # seconds for one cell, most of them for the imports
SETUP = """\
import matplotlib.pyplot as plt
from generative_vision import widgets

def draw(spread, seed):
    if seed == 13:
        raise ZeroDivisionError("unlucky <seed>")
    plt.plot([0, spread], [seed, 1])

def answer(text):
    if "purple" in text:
        raise ValueError("'purple' is not a known word")
    print("drawing", text)
    plt.figure().add_subplot().set_title(text)
"""
EXPLORE = "widgets.explore(draw, spread=(0.0, 2.0, 0.5), seed=(0, 20, 1, 7))"
ASK = 'widgets.ask(lambda text: answer(text), ["a bag", "a <b>"])'


class Notebook:
    """A client of a running kernel."""

    def __init__(self, client):
        self.client = client

    def run(self, source: str) -> SimpleNamespace:
        """Run a cell; return its displays, errors, and controls and their states by description."""
        messages = []
        self.client.execute_interactive(source, timeout=TIMEOUT, output_hook=messages.append)
        opened = [m["content"] for m in messages if m["msg_type"] == "comm_open"]
        opened = [m for m in opened if m["data"]["state"].get("description")]
        states = {m["data"]["state"]["description"]: m["data"]["state"] for m in opened}
        controls = {m["data"]["state"]["description"]: m["comm_id"] for m in opened}
        errors = [m["content"]["ename"] for m in messages if m["msg_type"] == "error"]
        displays = [m["content"] for m in messages if m["msg_type"] == "display_data"]
        return SimpleNamespace(controls=controls, states=states, displays=displays, errors=errors)

    def move(self, *changes: tuple[str, object]) -> list[dict]:
        """Give controls new values, all sent at once; return the updates of displays."""
        waiting = set()
        for comm_id, value in changes:
            data = {"method": "update", "state": {"value": value}, "buffer_paths": []}
            message = self.client.session.msg("comm_msg", {"comm_id": comm_id, "data": data})
            self.client.shell_channel.send(message)
            waiting.add(message["header"]["msg_id"])
        updates = []
        while waiting:
            message = self.client.get_iopub_msg(timeout=TIMEOUT)
            if message["msg_type"] == "update_display_data":
                updates.append(message["content"])
            if message["content"].get("execution_state") == "idle":
                waiting.discard(message["parent_header"].get("msg_id"))
        return updates

    def figures(self) -> dict:
        """Return the numbers of the figures that are open in the kernel, as text."""
        expressions = {"open": "plt.get_fignums()"}
        reply = self.client.execute("", user_expressions=expressions, reply=True, timeout=TIMEOUT)
        return reply["content"]["user_expressions"]["open"]["data"]["text/plain"]


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    manager, client = start_new_kernel(cwd=str(tmp_path_factory.mktemp("kernel")))
    notebook = Notebook(client)
    notebook.run(SETUP)
    yield notebook
    client.stop_channels()
    manager.shutdown_kernel()


@pytest.fixture
def static(notebook: Notebook) -> Iterator[Notebook]:
    """The notebook as the book runs it."""
    notebook.run("%env GENERATIVE_VISION_STATIC=1")
    yield notebook
    notebook.run("%env GENERATIVE_VISION_STATIC=")


def image(output: dict) -> tuple[str, bytes]:
    """Return the alternative text and the bytes of an output's only image."""
    html = output["data"]["text/html"]
    ((png, alt),) = re.findall(r'<img src="data:image/png;base64,(.*?)" alt="(.*?)"', html)
    assert output["data"]["image/png"] == png  # what an export without HTML shows
    return alt, base64.b64decode(png)


def text(output: dict) -> str:
    assert set(output["data"]) == {"text/plain"}
    return output["data"]["text/plain"]


class RecordingSession(Session):
    """Notes the type of each message that the client sends."""

    def __init__(self, **options):
        super().__init__(**options)
        self.sent = []

    def clone(self):
        """Return the session of a client, which adds to the same list as its manager's."""
        copy = super().clone()
        copy.sent = self.sent
        return copy

    def send(self, stream, msg_or_type, *args, **options):
        kind = msg_or_type if isinstance(msg_or_type, str) else msg_or_type["msg_type"]
        self.sent.append(kind)
        return super().send(stream, msg_or_type, *args, **options)


def sent_while_running(cells: list[str], folder) -> list[str]:
    """Run a notebook by nbclient, and return the types of the messages that it sent."""
    session = RecordingSession()
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    manager = AsyncKernelManager(session=session)
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(made, km=manager, resources=resources, timeout=TIMEOUT).execute()
    asyncio.run(manager.shutdown_kernel())
    return session.sent


def test_a_client_answers_nothing_while_nobody_moves_a_control(tmp_path):
    sent = sent_while_running([SETUP, EXPLORE, ASK], tmp_path)
    assert sent.count("execute_request") == 3
    assert set(sent) <= {"kernel_info_request", "execute_request", "shutdown_request"}


def test_a_client_answers_an_output_widget(tmp_path):
    """What the test above looks for is there to be seen."""
    cell = "import ipywidgets\nwith ipywidgets.Output():\n    print('hello')"
    assert "comm_msg" in sent_while_running([cell], tmp_path)


def test_sliders_and_their_figure(notebook):
    cell = notebook.run(EXPLORE)
    controls, figure = cell.displays
    assert list(cell.controls) == ["spread", "seed"]
    assert "application/vnd.jupyter.widget-view+json" in controls["data"]
    assert image(figure)[0] == "spread = 1, seed = 7"
    assert figure["data"]["text/plain"] == "[spread = 1, seed = 7]"
    assert image(figure)[1].startswith(b"\x89PNG")


@pytest.mark.parametrize(("step", "digits"), [(0.005, 3), (0.25, 2), (0.5, 1), (1e-5, 5), (2.0, 0)])
def test_a_slider_reads_out_each_of_its_steps(notebook, step, digits):
    ran = notebook.run(f"widgets.explore(draw, spread=(0.0, {4 * step}, {step}), seed=(0, 20, 1))")
    assert ran.states["spread"]["readout_format"] == f".{digits}f"


def test_a_moved_slider_redraws_the_figure_in_place(notebook):
    cell = notebook.run(EXPLORE)
    (update,) = notebook.move((cell.controls["spread"], 2.0))
    figure = cell.displays[1]
    assert update["transient"] == figure["transient"]
    assert image(update)[0] == "spread = 2, seed = 7"
    assert image(update)[1] != image(figure)[1]


def test_two_sliders_moved_quickly(notebook):
    cell = notebook.run(EXPLORE)
    updates = notebook.move((cell.controls["spread"], 0.5), (cell.controls["seed"], 3))
    assert image(updates[-1])[0] == "spread = 0.5, seed = 3"


def test_an_error_takes_the_place_of_the_figure_until_the_next_move(notebook):
    cell = notebook.run(EXPLORE)
    (update,) = notebook.move((cell.controls["seed"], 13))
    assert text(update) == "ZeroDivisionError: unlucky <seed>"
    (update,) = notebook.move((cell.controls["seed"], 14))
    assert image(update)[0] == "spread = 1, seed = 14"


def test_an_error_at_first_fails_the_cell(notebook):
    cell = notebook.run("widgets.explore(draw, spread=(0.0, 2.0, 0.5), seed=(0, 20, 1, 13))")
    assert cell.errors == ["ZeroDivisionError"]
    assert cell.displays == []


def test_no_figure_stays_open(notebook):
    cell = notebook.run(EXPLORE)
    notebook.move((cell.controls["seed"], 13), (cell.controls["seed"], 14))
    notebook.run(ASK)
    assert notebook.figures() == "[]"


def test_what_the_cell_drew_before_stands_above_the_controls(notebook):
    cell = notebook.run(f"plt.plot([1, 2])\n{EXPLORE}")
    assert ["image/png" in display["data"] for display in cell.displays] == [True, False, True]
    assert ["text/html" in display["data"] for display in cell.displays] == [False, False, True]


def test_a_function_may_call_show(notebook):
    notebook.run("def show(t):\n    plt.plot([0, t])\n    plt.show()")
    cell = notebook.run("widgets.explore(show, t=(0, 4, 1))")
    assert image(cell.displays[1])[0] == "t = 2"
    (update,) = notebook.move((cell.controls["t"], 3))
    assert image(update)[0] == "t = 3"


def test_a_prompt_is_drawn(notebook):
    cell = notebook.run(ASK)
    assert image(cell.displays[1])[0] == "a bag"
    (update,) = notebook.move((cell.controls["prompt"], "a <b> & more"))
    assert image(update)[0] == "a &lt;b&gt; &amp; more"
    assert update["data"]["text/html"].startswith("<pre>drawing a &lt;b&gt; &amp; more\n</pre>")


def test_a_prompt_that_is_refused_leaves_the_reason_in_place_of_the_figure(notebook):
    cell = notebook.run('widgets.ask(answer, ["a purple bag"])')
    assert text(cell.displays[1]) == "'purple' is not a known word"
    (update,) = notebook.move((cell.controls["prompt"], "a bag"))
    assert image(update)[0] == "a bag"
    (update,) = notebook.move((cell.controls["prompt"], "purple"))
    assert text(update) == "'purple' is not a known word"


def test_static_slider_has_one_picture_for_each_step(static):
    (page,) = (d["data"]["text/html"] for d in static.run(EXPLORE).displays)
    values = ("0", "0.5", "1", "1.5", "2")
    assert re.findall(r'alt="(.*?)"', page) == [f"spread = {value}" for value in values]
    assert re.findall(r'alt="spread = (\S+)" >', page) == ["1"]  # the only one that is not hidden
    assert "http" not in page
    assert "In the notebook you can also move seed." in page


def test_static_slider_has_nine_pictures_at_most(static):
    cell = static.run("widgets.explore(draw, seed=(20, 120, 1), spread=(0.0, 2.0, 0.5))")
    values = re.findall(r'alt="seed = (.*?)"', cell.displays[0]["data"]["text/html"])
    assert values == ["20", "32", "45", "58", "70", "82", "95", "108", "120"]


def test_static_prompts_have_one_picture_each(static):
    (page,) = (d["data"]["text/html"] for d in static.run(ASK).displays)
    assert re.findall(r'alt="(.*?)"', page) == ["a bag", "a &lt;b&gt;"]
    assert page.count("<option") == 2
    assert "<b>" not in page


def test_static_mode_needs_a_figure(static):
    assert static.run('widgets.ask(print, ["a bag"])').errors == ["ValueError"]
    assert static.figures() == "[]"


@pytest.mark.parametrize("bounds", [(0, 1), (1, 0, 1), (0, 1, 0), (0, 1, 0.1, 2)])
def test_bad_ranges(bounds):
    with pytest.raises(ValueError, match="spread="):
        widgets.explore(print, spread=bounds)


def test_no_range():
    with pytest.raises(ValueError, match="no ranges: expected one"):
        widgets.explore(print)


def test_no_example():
    with pytest.raises(ValueError, match="one prompt at least"):
        widgets.ask(print, [])
