"""Notebooks that leave the course's folder: their first cell installs what they need."""

import subprocess
import sys

import nbformat
import pytest
from conftest import BOOK, SLUG
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from test_wheel import wheel  # noqa: F401 - a fixture

from generative_vision.course.book.pages import make_page
from generative_vision.course.build import build

PUBLISH = '[publish]\npackage = "{}"\n\n[quiz]'


@pytest.fixture
def published(tiny_course):
    """Return a function of an address: a built course whose notebooks install from there."""

    def write(address):
        course = tiny_course(book=BOOK.replace("[quiz]", PUBLISH.format(address)))
        build(course)
        return course

    return write


def first_code(notebook):
    return next(cell for cell in notebook.cells if cell.cell_type == "code")


def released(course):
    return nbformat.read(course.root / "lessons" / SLUG / f"{SLUG}.ipynb", 4)


def test_the_first_cell_installs_from_the_address_of_the_manifest(published):
    cell = first_code(released(published("course @ git+https://example.org/course.git")))
    assert '%pip install --quiet "course @ git+https://example.org/course.git"' in cell.source


def test_without_an_address_there_is_no_such_cell(tiny_course):
    course = tiny_course()
    build(course)
    assert "%pip" not in "".join(cell.source for cell in released(course).cells)


def test_where_the_package_is_it_does_nothing(published):
    notebook = released(published("there-is-no-such-package"))
    notebook.cells = [first_code(notebook)]
    NotebookClient(notebook).execute()
    assert notebook.cells[0].outputs == []


def test_the_book_does_not_show_it(published):
    course = published("anything")
    assert "remove-cell" in first_code(make_page(course, course.lessons[0])).metadata.tags


class OtherKernels(KernelSpecManager):
    """Gives the kernel of another Python."""

    python = ""

    def get_kernel_spec(self, kernel_name):
        argv = [self.python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="other", language="python")


@pytest.mark.full
def test_it_installs_where_the_package_is_missing(published, wheel, tmp_path):  # noqa: F811
    """As on Colab: a kernel of its own, and nothing of the course. Downloads."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "colab"], check=True)
    python = str(tmp_path / "colab" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "ipykernel<7"], check=True)
    code = ["-c", "import generative_vision"]
    assert subprocess.run([python, *code], cwd=tmp_path, capture_output=True).returncode == 1
    notebook = released(published(wheel))
    manager = KernelManager(kernel_spec_manager=OtherKernels())
    manager.kernel_spec_manager.python = python
    place = {"metadata": {"path": str(tmp_path)}}
    options = {"resources": place, "timeout": 900, "allow_errors": True}
    client = NotebookClient(notebook, km=manager, **options)
    try:
        client.execute(cwd=str(tmp_path))
    finally:
        manager.shutdown_kernel(now=True)
    assert subprocess.run([python, *code], cwd=tmp_path).returncode == 0
    body = [cell for cell in notebook.cells if "N = 3" in cell.source or "print(N)" in cell.source]
    assert [cell.get("execution_count") is not None for cell in body] == [True, True]
