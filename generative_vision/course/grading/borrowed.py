"""Which functions of the package an answer calls, found by the names in it and never by running.

Not only the answer's own cell counts: a cell that a student added may bind the function that is
asked for, or a helper that the answer calls. Names can be hidden in many ways: what runs when the
answer is called, the kernel says (``answering``). It sees more, and may lie.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping

from IPython.core.inputtransformer2 import TransformerManager

from generative_vision.course.grading.outputs import plain_line
from generative_vision.course.practice import changing_cells, needed_cells, read_names

_PACKAGE = __name__.partition(".")[0]
_MODELS = f"{_PACKAGE}.models"
EVERYTHING = f"from {_PACKAGE} import *"
MAX_NAMES, MAX_WORDS = 5, 100  # of functions in a remark, and characters of these together


def borrowed_names(
    functions: Iterable[str], sources: Mapping[int, str], place: int, ours: Iterable[str]
) -> list[str]:
    """Return the names of the package that a student's functions use.

    Args:
        functions: that are asked for.
        sources: of the notebook's code cells, by place and in order; magics are allowed.
        place: of the check; cells before it count.
        ours: sources of the released notebook: a cell or a statement of it is not the student's,
            such as a check that was merged with the answer above it.
    """
    plain = {number: _plain(source) for number, source in sources.items() if number < place}
    released = set(map(_plain, ours))
    asked = "\n".join(functions)
    needed = needed_cells({**plain, place: asked}, [place]).cells - {place}
    needed |= {number for number, source in plain.items() if read_names(source).is_open}
    theirs = {number for number, source in plain.items() if source not in released}
    while more := changing_cells(plain, theirs, needed):
        needed |= needed_cells(plain, more).cells
    handed_out = {ast.dump(statement) for source in released for statement in _body(source)}
    bound: set[str] = set()
    for source in plain.values():
        bound |= _bound(source, is_ours=source in released)
    models: set[str] = set()
    for source in plain.values():
        models |= _bound(source, is_ours=True, within=_MODELS)
    made = {
        name for source in plain.values() if source in released for name in _made(source, models)
    }
    found = {name for name in functions if name in bound}
    for number in needed & theirs:  # one that cannot be parsed binds nothing
        body = [one for one in _body(plain[number]) if ast.dump(one) not in handed_out]
        tree = ast.Module(body, [])
        # code in a text, too: that of a magic, or for exec
        trees = [tree, *filter(None, map(_parse, _texts(tree)))]
        nodes = (node for tree in trees for node in ast.walk(tree))
        found |= {node.id for node in nodes if isinstance(node, ast.Name)} & bound
        found |= read_names(ast.unparse(tree)).read & made
        found |= {plain_line(text, 60) for text in _texts(tree) if _PACKAGE in text}
    if "*" in bound:
        found.add(EVERYTHING)
    return sorted(plain_line(name, 60) for name in found)


def in_words(names: Collection[str]) -> str:
    """Return names for a remark: functions first, and then texts, which the student wrote.

    A row has room for the remarks on all answers, whatever is in them.
    """
    ordered = sorted(names, key=lambda name: (not name.replace(".", "").isidentifier(), name))
    said = plain_line(", ".join(ordered[:MAX_NAMES]), MAX_WORDS)
    return said + (f" and {len(ordered) - MAX_NAMES} more" if len(ordered) > MAX_NAMES else "")


def _plain(source: str) -> str:
    """Return a cell as plain Python: magics and shell commands become calls."""
    try:
        return TransformerManager().transform_cell(source)
    except Exception:  # whatever odd text makes of IPython's parser
        return source


def _bound(source: str, *, is_ours: bool, within: str = _PACKAGE) -> set[str]:
    """Return the names that a cell's imports of the package bind; ``*`` stands for all of a module.

    In a student's own cell names count, too, that are assigned from these.

    Args:
        within: the part of the package whose names count.
    """
    tree = _parse(source)
    if tree is None:
        return set()
    bound: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module), names=names) if _is_in(module, within):
                bound |= {name.asname or name.name for name in names}
            case ast.Import(names=names):
                found = [name for name in names if _is_in(name.name, within)]
                bound |= {name.asname or _PACKAGE for name in found}
    for node in () if is_ours else ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value) if _first(value) in bound:
                bound |= {target.id for target in targets if isinstance(target, ast.Name)}
    return bound


def _made(source: str, bound: set[str]) -> set[str]:
    """Return the names of objects that a cell makes by calling one of these names."""
    tree = _parse(source)
    return {
        target.id
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if _first(node.value.func) in bound and _makes_a_model(node.value.func)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _makes_a_model(function: ast.expr) -> bool:
    """Tell whether what is called is a class, by its capital, or loads a model."""
    name = ast.unparse(function).rpartition(".")[2]
    return name[:1].isupper() or name == "pretrained"


def _first(value: ast.expr) -> str:
    """Return the name at the beginning of ``a.b.c``."""
    while isinstance(value, ast.Attribute):
        value = value.value
    return value.id if isinstance(value, ast.Name) else ""


def _texts(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _parse(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _body(source: str) -> list[ast.stmt]:
    tree = _parse(source)
    return tree.body if tree is not None else []


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
