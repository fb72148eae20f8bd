"""Which cells the practice needs, found without running any."""

import pytest

from generative_vision.course.practice import changing_cells, needed_cells, read_names

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
    "a hint": ("x: Shape\ny: Size = z", {"z", "Shape", "Size"}, {"y"}),
    "hints": (
        "def f(a: A, /, b: B[B2] = 1, *c: C, d: D, **e: E) -> t.R:\n    return a",
        {"A", "B", "B2", "C", "D", "E", "t"},
        {"f"},
    ),
    "text as a hint": ("async def f(a: 'A') -> None: pass", set(), {"f"}),
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


LESSON = "import numpy as np\nfrom a import table"
ANSWER = "def answer(x):\n    return np.sum(x) + table[0] + own[0]"


def changing(*own):
    """Which of a student's cells, before an answer of theirs, may change what this reads."""
    sources = {-1: LESSON, **dict(enumerate([*own, ANSWER]))}
    places = frozenset(range(len(own) + 1))
    needed = needed_cells(sources, [len(own)]).cells
    return {sources[place] for place in changing_cells(sources, places, needed)}


@pytest.mark.parametrize(
    "cell",
    [
        "table.b = 1",
        "table[0].b = 1",
        "table[0] += 1",
        "del table[0]",
        "own.append(1)",
        "for x in (1, 2): own.append(x)",
        "last = own.pop()",
        "[own.append(x) for x in (1, 2)]",
        "setattr(own, 'b', 1)",
        "np.add(1, 1, out=own)",
        "same = own",
    ],
)
def test_a_cell_may_change_what_an_answer_reads(cell):
    assert changing("own = [0]", cell) == {cell}


@pytest.mark.parametrize(
    "cells",
    [
        ("def fill(): own[0] = 1", "fill()"),
        ("def fill(x): x[0] = 1", "fill(own)"),
        ("def fill(): own.append(1)", "def twice(): fill()", "twice()"),
        ("def fill(): table[0] = 1", "fill()"),
        ("same = own", "same[0] = 1"),
        ("fill = lambda: own.append(1)", "fill()"),
    ],
)
def test_a_cell_may_change_it_by_a_function_or_under_another_name(cells):
    assert cells[-1] in changing("own = [0]", *cells)


def test_a_cell_may_set_a_name_by_a_function():
    assert changing("def fill():\n    global own\n    own = [1]", "fill()") == {"fill()"}


def test_a_cell_may_change_what_the_answers_own_cell_made():
    sources = {0: "own = [0]\ndef answer(): return own[0]", 1: "own[0] = 1", 2: "answer()"}
    assert changing_cells(sources, {0, 1}, {0, 2}) == {1}


@pytest.mark.parametrize(
    "cell",
    [
        "np.random.seed(0)\nprint(np.pi)",
        "table.show()",
        "print(table)",
        "print(answer(3))",
        "other = [1]\nother.append(2)",
        "def f(:",
    ],
)
def test_a_cell_that_only_looks_changes_nothing(cell):
    assert changing("own = 3", cell) == set()


def test_what_may_be_bound_does_not_end_the_search():
    sources = {0: "a = 1", 1: "if False:\n    a = 2", 2: "a"}
    assert needed_cells(sources, [2]).cells == {0, 1, 2}
