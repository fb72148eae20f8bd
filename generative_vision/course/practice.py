"""Which cells a lesson's practice needs: it is marked without running the lesson before it.

A cell needs the last cell before it that binds a name that it reads, and of those that may bind it
(under a condition, in a loop) all behind that. From the answers and checks
backwards this gives the cells to run; what trains and draws in the lesson's body is left out.
"""

from __future__ import annotations

import ast
import builtins
import symtable
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import lru_cache

_OPEN = {"exec", "eval", "globals", "locals", "vars", "get_ipython"}
_CONDITIONAL = (ast.If, ast.While, ast.Try, ast.Match)
_KNOWN = {*dir(builtins), "__name__", "get_ipython", "display", "In", "Out", "_", "__file__"}


@dataclass
class Names:
    """The names of the notebook that a cell reads, and those that it binds."""

    read: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    surely: set[str] = field(default_factory=set)  #: bound whenever the cell runs to its end
    later: set[str] = field(default_factory=set)  #: read by its functions when they are called
    changed: set[str] = field(default_factory=set)  #: of which it sets or deletes a part
    sent: set[str] = field(default_factory=set)  #: of whose methods a statement calls one
    imported: set[str] = field(default_factory=set)  #: bound by imports
    functions: set[str] = field(default_factory=set)  #: bound by definitions of functions
    constants: set[str] = field(default_factory=set)  #: bound to numbers or texts
    is_open: bool = False  #: whether it may bind more: by a magic, ``import *`` or ``exec``


@dataclass(frozen=True)
class Needed:
    """The cells that some cells need, those themselves included."""

    cells: frozenset[int]
    missing: frozenset[str]  #: names that are read, and that no cell before binds
    is_open: bool  #: whether some cell of the notebook may bind names that nobody can see


@lru_cache(maxsize=4096)  # more than a notebook has cells
def read_names(source: str) -> Names:
    """Return the names of a code cell, found without running it; none where it is not Python.

    ``a.b = 1``, ``a[0] = 1`` and ``del a[0]`` change a, as does a function that declares it as the
    notebook's.
    """
    names = Names(is_open=any(line.lstrip().startswith(("%", "!")) for line in source.splitlines()))
    try:
        inner = symtable.symtable(source, "<cell>", "exec").get_children()
        tree = ast.parse(source)
        _follow(tree, names)
    except RecursionError:  # too deep to look through, but it may run
        names.is_open = True
        return names
    except (SyntaxError, ValueError, MemoryError):
        return names
    names.surely = _surely_bound(tree)
    # what a function reads, it reads when it is called: all of its cell has run then
    names.later = {name for scope in inner for name in _globals(scope)} - _KNOWN
    names.read |= {name for scope in inner for name in _globals(scope)} - names.bound
    for node in ast.walk(tree):
        _note(node, names)
    names.is_open |= bool(names.read & _OPEN)
    names.read -= _KNOWN
    return names


def needed_cells(sources: Mapping[int, str], wanted: Iterable[int]) -> Needed:
    """Return the cells that must run for ``wanted`` ones to find what they read.

    Args:
        sources: of a notebook's code cells, by place and in order.
        wanted: places.
    """
    names = {place: read_names(source) for place, source in sources.items()}
    needed: set[int] = set()
    missing: set[str] = set()
    waiting = [place for place in wanted if place in names]
    while waiting:
        place = waiting.pop()
        if place in needed:
            continue
        needed.add(place)
        for name in names[place].read:
            before = [other for other in names if other < place and name in names[other].bound]
            certain = [other for other in before if name in names[other].surely]
            waiting += [other for other in before if not certain or other >= certain[-1]]
            if not certain:
                missing.add(name)
    is_open = any(found.is_open for found in names.values())
    return Needed(frozenset(needed), frozenset(missing), is_open)


def changing_cells(sources: Mapping[int, str], own: Set[int], needed: Set[int]) -> set[int]:
    """Return which of a student's own cells may change what needed cells read.

    Such a cell changes an object itself, or mentions one that own cells made: it may be changed by
    a function, or under another name. Whoever uses what this cell defines may do so, too. What
    imports bind is no object here, as ``plt.show()`` and ``np.random.seed(0)`` change nothing that
    an answer reads; and what a lesson made is often printed and drawn, so it counts only where it
    is changed in plain sight.

    Args:
        sources: of a notebook's code cells, by place and in order.
        own: places of the student's cells.
        needed: places.
    """
    names = {place: read_names(source) for place, source in sources.items()}
    imported = {name for found in names.values() for name in found.imported}
    functions = {name for place in own for name in names[place].functions}
    wanted = {name for place in needed for name in names[place].read | names[place].later}
    made: dict[int, set[str]] = {}
    users: dict[str, set[int]] = defaultdict(set)
    for place in own:
        made[place] = names[place].bound - imported - names[place].constants
        for name in names[place].read | names[place].later:
            users[name].add(place)
    objects = {name for found in made.values() for name in found} - functions
    waiting = [
        place
        for place in own
        if (names[place].changed | (names[place].sent - imported)) & wanted
        or (names[place].read | names[place].later) & objects & wanted
    ]
    changing: set[int] = set()
    while waiting:
        place = waiting.pop()
        if place not in changing:
            changing.add(place)
            waiting += [user for name in made[place] for user in users[name]]
    return changing - needed


def _note(node: ast.AST, names: Names) -> None:
    """Note what a part of a cell, however deep in it, binds or changes."""
    match node:
        case ast.Global(names=declared):
            names.bound |= set(declared)
            names.changed |= set(declared)
        case (
            ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del())
        ):
            names.changed |= {_root(node)} - {""}
        case ast.Expr(value=ast.Call(func=ast.Attribute() as function)):
            names.sent |= {_root(function)} - {""}
        case ast.Import(names=items) | ast.ImportFrom(names=items):
            names.imported |= {(item.asname or item.name).split(".")[0] for item in items}
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            names.functions.add(name)
        case ast.Assign(targets=targets, value=ast.Constant()):
            names.constants |= {target.id for target in targets if isinstance(target, ast.Name)}


def _root(node: ast.AST) -> str:
    """Return the name at the beginning of ``a.b[0].c``."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _follow(node: ast.AST, names: Names) -> None:
    """Note the names of a cell in the order in which it runs, without the inside of functions."""
    match node:
        case ast.Name(id=name, ctx=ast.Load()):
            names.read |= {name} - names.bound
        case ast.Name(id=name):
            names.bound.add(name)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            names.bound.add(node.name)
        case ast.Import(names=items) | ast.ImportFrom(names=items):
            names.bound |= {(item.asname or item.name).split(".")[0] for item in items}
            names.is_open |= any(item.name == "*" for item in items)
        case (
            ast.ExceptHandler(name=str(name))
            | ast.MatchAs(name=str(name))
            | ast.MatchStar(name=str(name))
            | ast.MatchMapping(rest=str(name))
        ):
            names.bound.add(name)
        case ast.AugAssign(target=target):  # it reads before it binds
            read = {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}
            names.read |= read - names.bound
    for part in _parts(node):
        _follow(part, names)


def _surely_bound(tree: ast.Module) -> set[str]:
    """Return the names that a cell binds at its top level, under no condition."""
    plain = [part for part in tree.body if not isinstance(part, _CONDITIONAL)]
    found = Names()
    for part in plain:
        _follow(part, found)
    # a loop over what is not empty, and what is open for a while, bind as well as not
    return found.bound


def _parts(node: ast.AST) -> Iterable[ast.AST]:
    """Return the parts of a node that run with it, in their order."""
    match node:
        case ast.Assign(value=value, targets=targets):
            return [value, *targets]
        case ast.AnnAssign(value=ast.expr() as value, target=target, annotation=hint):
            return [value, target, hint]
        case ast.AnnAssign(value=None, annotation=hint):  # declares, and binds nothing
            return [hint]
        case ast.AugAssign(value=value, target=target) | ast.NamedExpr(value=value, target=target):
            return [value, target]
        case ast.For(iter=over, target=target, body=body, orelse=orelse):
            return [over, target, *body, *orelse]
        case ast.FunctionDef(args=args) | ast.AsyncFunctionDef(args=args) | ast.Lambda(args=args):
            decorators = getattr(node, "decorator_list", [])
            return [*decorators, *args.defaults, *filter(None, args.kw_defaults), *_hints(node)]
        case ast.ClassDef(decorator_list=decorators, bases=bases, keywords=keywords):
            return [*decorators, *bases, *(keyword.value for keyword in keywords)]
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            return [node.generators[0].iter]  # the rest is a scope of its own
    return ast.iter_child_nodes(node)


def _hints(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Iterator[ast.expr]:
    """Yield the type hints of a function's head: they are read when it is defined.

    Those of a head with type parameters are a scope of its own.
    """
    if isinstance(function, ast.Lambda) or getattr(function, "type_params", []):
        return
    yield from (
        part.annotation
        for part in ast.walk(function.args)
        if isinstance(part, ast.arg) and part.annotation is not None
    )
    if function.returns is not None:
        yield function.returns


def _globals(scope: symtable.SymbolTable) -> Iterator[str]:
    """Yield the notebook's names that a function, class or comprehension reads."""
    for symbol in scope.get_symbols():
        # "n += 1" reads, too, where a function declares n as the notebook's
        if symbol.is_declared_global() or (symbol.is_referenced() and symbol.is_global()):
            yield symbol.get_name()
    for child in scope.get_children():
        yield from _globals(child)
