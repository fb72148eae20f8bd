"""What must be read to know the code stays short, and rests on no private part of a library."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "generative_vision"
#: diffusion's own modules; what they share with all models is ``base`` and what that imports
DIFFUSION = ("samplers", "denoiser", "diffusion", "networks", "averaging")


def code_lines(path):
    """Return how many logical lines a module has, which no formatter can change: no docstrings."""
    source = path.read_text(encoding="utf-8")
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, documented)]
    docstrings = sum(ast.get_docstring(node) is not None for node in nodes)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return sum(token.type == tokenize.NEWLINE for token in tokens) - docstrings


def imported(name):
    """Return the names of the modules in ``models`` that one of them needs, itself included."""
    found, queue = set(), [name]
    while queue:
        module = queue.pop()
        if module not in found:
            found.add(module)
            text = (PACKAGE / "models" / f"{module}.py").read_text(encoding="utf-8")
            queue += re.findall(r"from generative_vision\.models\.(\w+) import", text)
    return found


def test_lines_are_counted_without_docstrings_comments_and_blanks(tmp_path):
    path = tmp_path / "module.py"
    code = 'x = (\n    1,\n)  # four\n\n\ndef f():\n    """Five."""\n    return x\n'
    path.write_text('"""One.\n\nTwo."""\n\n# three\n' + code)
    assert code_lines(path) == 3


def test_all_of_diffusion_is_a_short_read():
    assert sum(code_lines(PACKAGE / "models" / f"{name}.py") for name in DIFFUSION) <= 220


def test_all_that_diffusion_imports_among_the_models():
    names = imported("diffusion")
    assert set(DIFFUSION) <= names
    assert "autoencoder" not in names
    assert sum(code_lines(PACKAGE / "models" / f"{name}.py") for name in names) <= 487


MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(PACKAGE)) for path in MODULES])
def test_no_private_part_of_a_library_is_used(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    own = {
        name for node in ast.walk(tree) for name in ([node.name] if hasattr(node, "name") else [])
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            parts = (node.module or "").split(".")
            assert "src" not in parts, f"line {node.lineno} imports {node.module}"
            if parts[0] != "generative_vision":
                assert not [part for part in parts if part.startswith("_") and part != "__future__"]
                assert not [alias.name for alias in node.names if alias.name.startswith("_")]
        if (
            isinstance(node, ast.Attribute)
            and node.attr.startswith("_")
            and not node.attr.startswith("__")
        ):
            owner = ast.unparse(node.value)
            mine = owner in ("self", "cls", "sandbox", "_device") or node.attr in own
            documented = (owner, node.attr) == ("os", "_exit")  # Python's own, despite its name
            assert mine or documented, f"line {node.lineno} uses {owner}.{node.attr}"
