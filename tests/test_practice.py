"""Which cells the practice needs, found without running any."""

import pytest

from generative_vision.course.practice import changed_names, needed_cells, read_names

CELLS = {
    "plain": ("y = x + 1", {"x"}, {"y"}),
    "own": ("x = 1\ny = x", set(), {"x", "y"}),
    "grows": ("x += 1", {"x"}, {"x"}),
    "itself": ("x = x + 1", {"x"}, {"x"}),
    "item": ("images[0] = 1", {"images"}, set()),
    "attribute": ("model.rate += 1", {"model"}, set()),
    "loop": ("for name in names:\n    print(name, other)", {"names", "other"}, {"name"}),
    "function": ("def f(a, b=c):\n    return a + b + d", {"c", "d"}, {"f"}),
    "its own name": ("def f(n):\n    return f(n - 1)", set(), {"f"}),
    "later in the cell": ("def f():\n    return d\n\nd = 1", set(), {"f", "d"}),
    "lambda": ("f = lambda a: a + d", {"d"}, {"f"}),
    "class": (
        "class A(Base):\n    size = n\n    def m(self): return self.k + q",
        {"Base", "n", "q"},
        {"A"},
    ),
    "comprehension": ("xs = [f(x) for x in data if x > low]", {"f", "data", "low"}, {"xs"}),
    "same name": ("images = [g(images) for images in images]", {"images", "g"}, {"images"}),
    "import": ("import a.b\nfrom c import d as e", set(), {"a", "e"}),
    "with": ("with open(path) as file:\n    text = file.read()", {"path"}, {"file", "text"}),
    "walrus": ("if (n := len(xs)) > 1:\n    print(n)", {"xs"}, {"n"}),
    "unpacking": ("(a, *b), c.d = values", {"values", "c"}, {"a", "b"}),
    "declared": ("x: int\ny: int = z", {"z"}, {"y"}),
    "error": ("try:\n    f()\nexcept E as e:\n    print(e)", {"f", "E"}, {"e"}),
    "await": ("x = await f(y)\ndef g(a): return a + z", {"f", "y", "z"}, {"x", "g"}),
    "match": (
        "match f(x):\n    case [a, *b]: pass\n    case {'k': c, **d}: pass\n    case E() as g: 1",
        {"f", "x", "E"},
        {"a", "b", "c", "d", "g"},
    ),
    "global": ("def g():\n    global n\n    n += 1", {"n"}, {"g", "n"}),
    "not Python": ("def f(:", set(), set()),
    "builtins": ("print(len([]))", set(), set()),
}


@pytest.mark.parametrize("name", CELLS)
def test_names_of_a_cell(name):
    source, read, bound = CELLS[name]
    found = read_names(source)
    assert found.read == read
    assert found.bound == bound


DEEP = "x = 1" + " + 1" * 2000
OPEN = ["%run other.py", "from math import *", "exec(text)", "globals()['x'] = 1", "!ls", DEEP]


@pytest.mark.parametrize("source", OPEN, ids=[source[:20] for source in OPEN])
def test_a_cell_may_bind_what_nobody_sees(source):
    assert read_names(source).is_open


@pytest.mark.parametrize("name", CELLS)
def test_an_ordinary_cell_does_not(name):
    assert not read_names(CELLS[name][0]).is_open


NOTEBOOK = dict(
    enumerate(
        [
            "import numpy as np",
            "images = np.zeros(3)",
            "model = Model(images)",
            "error = model.fit()",
            "def answer(x):\n    return np.sum(x)",
            "print(answer(images), helper)",
            "helper = 1",
        ]
    )
)


def test_what_a_check_needs_is_found_backwards():
    needed = needed_cells(NOTEBOOK, [5])
    assert needed.cells == {0, 1, 4, 5}
    assert needed.missing == {"helper"}  # it is bound too late


def test_the_last_binding_before_counts():
    sources = {0: "x = 1", 1: "x = 2", 2: "print(x)", 3: "x = 3"}
    assert needed_cells(sources, [2]).cells == {1, 2}


def test_a_cell_that_changes_a_name_needs_the_cell_before():
    assert needed_cells({0: "x = 1", 1: "x += 1", 2: "x"}, [2]).cells == {0, 1, 2}


def test_one_magic_makes_the_notebook_open():
    assert needed_cells({0: "%run other.py", 1: "1"}, [1]).is_open


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a.b = 1", {"a"}),
        ("a[0].b = 1", {"a"}),
        ("a[0] += 1", {"a"}),
        ("for x in y: a.append(x)", {"a"}),
        ("a = 1\nprint(a.b)", set()),
        ("def f(:", set()),
    ],
)
def test_names_of_what_a_cell_changes(source, names):
    assert changed_names(source) == names


def test_what_may_be_bound_does_not_end_the_search():
    sources = {0: "a = 1", 1: "if False:\n    a = 2", 2: "a"}
    assert needed_cells(sources, [2]).cells == {0, 1, 2}
