"""Rules that the tests themselves keep, and the package's modules with them."""

import ast
import tokenize
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PACKAGE = sorted((ROOT / "generative_vision").rglob("*.py"))
BENCHMARKS = sorted((ROOT / "benchmarks").rglob("*.py"))


def place(path, line):
    return f"{path.relative_to(ROOT)}:{line}"


@cache
def syntax():
    """Every node of every test file's syntax, with its file."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in TESTS}
    return [(path, node) for path, tree in trees.items() for node in ast.walk(tree)]


def nodes(kind):
    return [(path, node) for path, node in syntax() if isinstance(node, kind)]


def too_long(paths, limit):
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    return [place(path, length) for path, length in lengths.items() if length > limit]


def is_nowhere(places):
    assert not places, "\n" + "\n".join(places)


def is_private(name):
    """Whether a name is private; ``__special__`` and IPython's ``_repr_html_`` are public."""
    return name.startswith("_") and not name.endswith("_")


def test_a_test_file_has_at_most_400_lines():
    is_nowhere(too_long(TESTS, 400))


def test_a_module_of_the_package_has_at_most_300_lines():
    is_nowhere(too_long(PACKAGE, 300))


def test_an_assertion_makes_one_claim():
    chained = [
        place(path, node.lineno)
        for path, node in nodes(ast.Assert)
        if isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.And)
    ]
    is_nowhere(chained)


def test_tests_use_public_attributes():
    private = [
        f"{place(path, node.lineno)} {ast.unparse(node)}"
        for path, node in nodes(ast.Attribute)
        if is_private(node.attr) and ast.unparse(node.value) not in ("self", "cls")
    ]
    is_nowhere(private)


def test_tests_import_public_names():
    private = [
        f"{place(path, node.lineno)} {alias.name}"
        for path, node in nodes(ast.ImportFrom)
        for alias in node.names
        if is_private(alias.name)
    ]
    is_nowhere(private)


def test_tests_replace_and_look_up_public_names():
    """As in ``monkeypatch.setattr(module, "name", …)`` and ``getattr(module, "name")``."""
    private = [
        f"{place(path, node.lineno)} {ast.unparse(node)}"
        for path, node in nodes(ast.Call)
        if ast.unparse(node.func).split(".")[-1] in ("setattr", "delattr", "getattr", "hasattr")
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        if is_private(argument.value.split(".")[-1])
    ]
    is_nowhere(private)


def test_the_formatter_formats_everything():
    exempt = []
    for path in [*TESTS, *PACKAGE, *BENCHMARKS]:
        with path.open("rb") as file:
            comments = [t for t in tokenize.tokenize(file.readline) if t.type == tokenize.COMMENT]
        exempt += [place(path, t.start[0]) for t in comments if "fmt:" in t.string]
    is_nowhere(exempt)
