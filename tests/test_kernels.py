"""The kernel that runs is this Python's, whatever other kernel its user calls ``python3``."""

import json
import sys

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from generative_vision.course.kernels import CourseKernelManager, CourseKernelSpecManager


@pytest.fixture(autouse=True)
def others(tmp_path, monkeypatch):
    """A user's own kernels: one named as Jupyter's own, and one of R."""
    for name, argv in (("python3", ["/opt/another/bin/python"]), ("ir", ["R"])):
        folder = tmp_path / "kernels" / name
        folder.mkdir(parents=True)
        spec = {"argv": argv, "display_name": f"my {name}", "language": "R"}
        (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))


def test_jupyter_would_take_the_users_own():
    assert KernelSpecManager().get_kernel_spec("python3").argv == ["/opt/another/bin/python"]


def test_the_course_takes_that_of_this_python():
    assert CourseKernelSpecManager().get_kernel_spec("python3").argv[0] == sys.executable


def test_the_launcher_shows_it_and_the_users_others():
    specs = CourseKernelSpecManager().get_all_specs()
    assert specs["python3"]["spec"]["argv"][0] == sys.executable
    assert specs["ir"]["spec"]["display_name"] == "my ir"


def test_a_notebook_runs_on_it():
    notebook = new_notebook(cells=[new_code_cell("import sys; print(sys.executable)")])
    NotebookClient(notebook, kernel_manager_class=CourseKernelManager).execute()
    assert notebook.cells[0].outputs[0].text.strip() == sys.executable
