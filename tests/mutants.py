"""Single changes to an answer: what a verdict must refuse, unless the change changes nothing."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

OTHER_ARITHMETIC = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.MatMult: (ast.Mult,),
}
OTHER_COMPARISONS = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq, ast.LtE, ast.GtE),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
OTHER_FUNCTIONS = {
    "sum": ("mean", "max"),
    "mean": ("sum", "max", "median"),
    "median": ("mean",),
    "min": ("max", "mean"),
    "max": ("min", "mean"),
    "minimum": ("maximum",),
    "maximum": ("minimum",),
    "std": ("var",),
    "var": ("std",),
    "argmin": ("argmax",),
    "argmax": ("argmin",),
    "any": ("all",),
    "all": ("any",),
    "sin": ("cos",),
    "cos": ("sin",),
    "log": ("log2", "log1p"),
    "exp": ("expm1",),
    "sqrt": ("square",),
    "square": ("abs",),
    "abs": ("square",),
    "ceil": ("floor",),
    "floor": ("ceil",),
    "normal": ("uniform",),
    "zeros": ("ones",),
    "ones": ("zeros",),
}
#: what a function may make of an argument, ``x``, instead of using it
ARGUMENTS = {
    "zeros": "0 * x",
    "ones": "0 * x + 1",
    "its negative": "-x",
    "its size without sign": "abs(x)",
    "twice": "2 * x",
    "a little more": "1.01 * x",
    "the first only": "x[:1]",
    "without the last": "x[:-1]",
    "without the first": "x[1:]",
    "backwards": "x[::-1]",
    "the first everywhere": "0 * x + x[:1]",
    "the last everywhere": "0 * x + x[-1:]",
    "its mean": "0 * x + np.mean(x)",
    "its mean along the first axis": "0 * x + np.mean(x, axis=0)",
    "its mean along the last axis": "0 * x + np.mean(x, axis=-1, keepdims=True)",
    "the first channel": "0 * x + x[..., :1]",
    "rounded": "np.round(x)",
    "ranks": "np.argsort(np.argsort(x, axis=0), axis=0)",
    "positive": "np.maximum(x, 0)",
    "at most one": "np.minimum(x, 1)",
    "sorted": "np.sort(x, axis=0)",
    "one more": "x + 1",
}
#: the same of an argument that is a generator of random numbers
GENERATORS = {
    "another": "np.random.default_rng(0)",
    "NumPy's own": "np.random",
}
#: what a function may return instead of its result, ``r``
RESULTS = {
    "minus": "-r",
    "without sign": "abs(r)",
    "0.1 % more": "1.001 * r",
    "1 % more": "1.01 * r",
    "2 % less": "0.98 * r",
    "a thousandth more": "r + 0.001",
    "the first only": "r[:1]",
    "the first": "r[0]",
    "the last": "r[-1]",
    "backwards": "r[::-1]",
    "backwards along the last axis": "r[..., ::-1]",
    "without the last": "r[:-1]",
    "the first for the last": "np.concatenate([r[:-1], r[:1]])",
    "zero for the last": "np.concatenate([r[:-1], 0 * r[-1:]])",
    "zero for the first": "np.concatenate([0 * r[:1], r[1:]])",
    "the first everywhere": "0 * r + r[:1]",
    "its mean": "np.mean(r)",
    "its mean everywhere": "0 * r + np.mean(r)",
    "its mean along the first axis": "0 * r + np.mean(r, axis=0)",
    "its mean along the last axis": "0 * r + np.mean(r, axis=-1, keepdims=True)",
    "its median everywhere": "0 * r + np.median(r)",
    "sorted": "np.sort(r, axis=0)",
    "rolled": "np.roll(r, 1, axis=0)",
    "transposed": "np.transpose(r)",
    "an axis more": "r[None]",
    "one at least": "np.maximum(r, 1)",
    "zero at least": "np.maximum(r, 0)",
    "one at most": "np.minimum(r, 1)",
    "zero at most": "np.minimum(r, 0)",
    "a whole number": "np.round(r)",
    "two digits": "np.round(r, 2)",
    "float16": "np.asarray(r).astype('float16')",
    "not": "np.logical_not(r)",
    "the parts swapped": "(r[1], r[0], *r[2:])",
    "the first part twice": "(r[0], r[0], *r[2:])",
    "a part less": "(*r[:-1], 0 * r[-1])",
    "the first part zero": "(0 * r[0], *r[1:])",
    "a list twice": "r + r if isinstance(r, list) else None",
    "a list without its first": "r[1:] if isinstance(r, list) else None",
    "square": "r * r",
    "root": "np.sqrt(r)",
}


def mutants(code: str, names: Collection[str]) -> dict[str, str]:
    """Return variants of the functions of these names, each by a text that says what changed."""
    tree = ast.parse(code)
    functions = [one for one in tree.body if isinstance(one, ast.FunctionDef)]
    functions = [one for one in functions if one.name in names]
    whole, found = ast.unparse(tree), {}
    changed = (change for one in functions for change in (*_inside(tree, one), *_around(tree, one)))
    for name, variant in changed:
        if variant != whole and variant not in found.values():
            found[_new(name, found)] = variant
    return found


def _new(name: str, taken: dict[str, str]) -> str:
    numbered = (f"{name} ({k})" for k in range(2, 1000))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def _around(tree: ast.Module, function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Yield the code followed by a wrapper around a function, for arguments and results."""
    name, args = function.name, [one.arg for one in function.args.args]
    before = f"{ast.unparse(tree)}\nimport numpy as np\n_{name} = {name}\ndef {name}(*given):\n"
    call = f"_{name}(*given)"
    for what, expression in RESULTS.items():
        yield f"result: {what}", before + f"    r = {call}\n    return {expression}"
    for k, arg in enumerate(args):
        for what, expression in (GENERATORS if arg == "rng" else ARGUMENTS).items():
            made = f"    x = given[{k}]\n    x = {expression}\n"
            changed = f"    given = (*given[:{k}], x, *given[{k + 1} :])\n"
            yield f"{arg}: {what}", before + made + changed + f"    return {call}"
        kept = f"    r = {call}\n    given[{k}].flat[0] = not given[{k}].flat[0]\n    return r"
        yield f"{arg}: changed afterwards", before + kept
        for j in range(k):
            swapped = (
                f"    given = list(given)\n    given[{j}], given[{k}] = given[{k}], given[{j}]\n"
            )
            yield f"{args[j]} and {arg} swapped", before + swapped + f"    return {call}"


def _inside(tree: ast.Module, function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Yield the code with one expression or statement of a function changed."""
    names = _names(function)
    for holder, field, place in list(_places(function)):
        siblings = getattr(holder, field)
        old = siblings if place is None else siblings[place]
        for new in _changes(old, names):
            name = f"{_text(old)} -> {_text(new)}"
            _put(holder, field, place, new)
            try:
                yield name, ast.unparse(ast.fix_missing_locations(tree))
            finally:
                _put(holder, field, place, old)


def _put(holder: ast.AST, field: str, place: int | None, node: ast.AST) -> None:
    if place is None:
        setattr(holder, field, node)
    else:
        getattr(holder, field)[place] = node


def _text(node: ast.AST) -> str:
    """Return code on one line, of a compound statement the first."""
    line = ast.unparse(node).strip().partition("\n")[0]
    return line if len(line) <= 60 else f"{line[:40]} … {line[-17:]}"


def _names(function: ast.FunctionDef) -> list[str]:
    """The function's arguments and variables."""
    stored = (
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    args = (node.arg for node in ast.walk(function) if isinstance(node, ast.arg))
    return list(dict.fromkeys([*args, *stored]))


def _places(function: ast.FunctionDef) -> Iterator[tuple[ast.AST, str, int | None]]:
    """Yield where each expression and statement of a function stands, inner functions' too."""
    waiting: list[tuple[ast.AST, str]] = [(function, "body")]
    while waiting:
        holder, field = waiting.pop(0)
        value = getattr(holder, field)
        for place, node in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(node, ast.AST) or _is_docstring(node):
                continue
            if isinstance(node, ast.expr | ast.stmt | ast.comprehension):
                yield holder, field, place if isinstance(value, list) else None
            fields = [inner for inner, _ in ast.iter_fields(node) if inner != "ctx"]
            if isinstance(node, ast.FunctionDef):
                fields = ["body"]
            waiting.extend((node, inner) for inner in fields)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changes(node: ast.AST, names: list[str]) -> Iterator[ast.AST]:
    match node:
        case ast.Return() | ast.FunctionDef():  # what they hold changes
            return
        case ast.stmt():
            yield from _statements(node)
        case ast.comprehension():
            yield from _comprehensions(node)
        case ast.expr():
            yield from _expressions(node, names)


def _statements(node: ast.stmt) -> Iterator[ast.stmt]:
    yield ast.Pass()
    match node:
        case ast.AugAssign(target, op, value):
            for other in OTHER_ARITHMETIC.get(type(op), ()):
                yield ast.AugAssign(target, other(), value)
            yield ast.Assign([target], value, lineno=0)
        case ast.If(_, body, orelse):
            yield ast.If(ast.Constant(True), body, orelse)
            yield ast.If(ast.Constant(False), body, orelse)
        case ast.For(target, over, body, orelse):
            for other in _shorter(over):
                yield ast.For(target, other, body, orelse, lineno=0)


def _shorter(over: ast.expr) -> Iterator[ast.expr]:
    for what in ("[:-1]", "[1:]", "[::-1]"):
        yield ast.parse(f"list({ast.unparse(over)}){what}", mode="eval").body


def _comprehensions(node: ast.comprehension) -> Iterator[ast.comprehension]:
    for other in _shorter(node.iter):
        yield ast.comprehension(node.target, other, node.ifs, node.is_async)
    for k in range(len(node.ifs)):
        rest = node.ifs[:k] + node.ifs[k + 1 :]
        yield ast.comprehension(node.target, node.iter, rest, node.is_async)


def _expressions(node: ast.expr, names: list[str]) -> Iterator[ast.expr]:
    match node:
        case ast.Constant(value):
            yield from map(ast.Constant, _constants(value))
        case ast.Name(name, ast.Load()) if name in names:
            yield from (ast.Name(other, ast.Load()) for other in names if other != name)
        case ast.UnaryOp(_, operand):
            yield operand
        case ast.BinOp(left, op, right):
            yield from (left, right)
            for other in OTHER_ARITHMETIC.get(type(op), ()):
                yield ast.BinOp(left, other(), right)
            if not isinstance(op, ast.Add | ast.Mult):
                yield ast.BinOp(right, op, left)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            yield from values
        case ast.Compare(left, ops, comparators):
            yield ast.Constant(True)
            yield ast.Constant(False)
            for k, op in enumerate(ops):
                for other in OTHER_COMPARISONS[type(op)]:
                    yield ast.Compare(left, [*ops[:k], other(), *ops[k + 1 :]], comparators)
        case ast.IfExp(_, body, orelse):
            yield from (body, orelse)
        case ast.Subscript(value, part, ast.Load()):
            yield value
            yield from (ast.Subscript(value, one, ast.Load()) for one in _parts(part))
        case ast.Call():
            yield from _calls(node)
        case ast.Attribute(value, "T", _):
            yield value
        case ast.Tuple(elts, ast.Load()) | ast.List(elts, ast.Load()) if len(elts) > 1:
            yield type(node)(elts[1::-1] + elts[2:], ast.Load())


def _constants(value: object) -> list:
    match value:
        case bool():
            return [not value]
        case int():
            return [value + 1, value - 1, 2 * value, -value]
        case float():
            return [2 * value, -value, value + 1, 1.01 * value]
        case str():
            return ["", value + " "]
        case None:
            return [0, -1]
    return []


def _parts(part: ast.expr) -> Iterator[ast.expr]:
    """Yield what stands between brackets with one end or step of a slice dropped or moved."""
    match part:
        case ast.Slice(lower, upper, step):
            for k, end in enumerate((lower, upper, step)):
                ends = [lower, upper, step]
                if end is not None:
                    ends[k] = None
                    yield ast.Slice(*ends)
            if upper is None:
                yield ast.Slice(lower, ast.Constant(-1), step)
            if lower is None:
                yield ast.Slice(ast.Constant(1), upper, step)
        case ast.Tuple(elts):
            for k, one in enumerate(elts):
                for other in _parts(one):
                    yield ast.Tuple([*elts[:k], other, *elts[k + 1 :]], ast.Load())


def _calls(node: ast.Call) -> Iterator[ast.expr]:
    function, args, keywords = node.func, node.args, node.keywords
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if isinstance(function, ast.Attribute) and not _is_module(function.value):
        yield function.value  # the method not called
    yield from args[:1]
    for k in range(len(keywords)):
        yield ast.Call(function, args, keywords[:k] + keywords[k + 1 :])
    for k in range(len(args)):
        if isinstance(args[k], ast.Starred):
            continue
        yield ast.Call(function, args[:k] + args[k + 1 :], keywords)
        if name == "len":
            continue
        zero = ast.BinOp(ast.Constant(0), ast.Mult(), args[k])
        yield ast.Call(function, [*args[:k], zero, *args[k + 1 :]], keywords)
        if k:
            swapped = [*args[: k - 1], args[k], args[k - 1], *args[k + 1 :]]
            yield ast.Call(function, swapped, keywords)
    for other in OTHER_FUNCTIONS.get(name, ()):
        if isinstance(function, ast.Attribute):
            yield ast.Call(ast.Attribute(function.value, other, ast.Load()), args, keywords)
        else:
            yield ast.Call(ast.Name(other, ast.Load()), args, keywords)


def _is_module(value: ast.expr) -> bool:
    return isinstance(value, ast.Name) and value.id in ("np", "ops", "keras")
