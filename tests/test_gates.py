"""Commands, hooks, workflows and pages name what is there, and modules import in one direction."""

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from generative_vision.course.cli import app

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "generative_vision"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MAKEFILE = (ROOT / "Makefile").read_text().replace("\\\n", " ")
TARGETS = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[1].split()
COMMANDS = {command.name or command.callback.__name__ for command in app.registered_commands}
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/architecture.md"]
WORKFLOWS = {path.name: path for path in sorted((ROOT / ".github/workflows").glob("*.yml"))}
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]

# Who may import whom: a module imports from its own layer and from those before it.
LAYERS = [
    "files typing optional arguments data photos prompts training runtime device datasets energy "
    "provenance plotting widgets callbacks check quiz",
    "models",
    "distances metrics audit scoreboard cards watermark",
    "loops",
    "answering",
    "course",
]
LAYER_OF = {name: layer for layer, names in enumerate(LAYERS) for name in names.split()}
INSTRUCTORS = {
    "answering",
    "cards",
    "check",
    "data",
    "files",
    "quiz",
    "runtime",
}  # what the instructor's side uses
UPWARDS = {("device", "models")}  # precision is measured on a small autoencoder, when setup runs


def jobs() -> list[tuple[str, dict]]:
    """Return every job of every workflow with a name for it."""
    return [
        (f"{name}: {job}", steps)
        for name, path in WORKFLOWS.items()
        for job, steps in yaml.safe_load(path.read_text())["jobs"].items()
    ]


def files(module: str) -> list[Path]:
    """Return the files of a module or of a folder of modules."""
    path = PACKAGE / f"{module}.py"
    return [path] if path.exists() else sorted((PACKAGE / module).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Return the package's modules that a file imports, each by its first name."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        module = (isinstance(node, ast.ImportFrom) and node.module) or ""
        if module == "generative_vision":
            names |= {alias.name for alias in node.names}
        elif module.startswith("generative_vision."):
            names.add(module.split(".")[1])
    return names


def test_make_explains_every_target():
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = re.findall(r"^make ([a-z-]+) +\S.*$", done.stdout, re.MULTILINE)
    assert listed == TARGETS
    assert listed[0] == "lab"


def run_gate(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a target of the Makefile with the programs of this Python, without a new .venv."""
    make = ["make", "SET_UP=true", f"BIN={Path(sys.executable).parent}", *arguments]
    return subprocess.run(make, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("gate", ["lint", "types"])
def test_a_gate_is_open(gate):
    done = run_gate(gate)
    assert done.returncode == 0, done.stdout + done.stderr


def test_lint_says_what_lays_out_a_lesson(tmp_path):
    lesson = tmp_path / "lesson.md"
    lesson.write_text("# Lesson\n\n```{code-cell} ipython3\nx = {'a':1}\n```\n")
    done = run_gate("lint", f"LESSONS={lesson}")
    assert done.returncode != 0
    assert "\nmake format lays it out.\n" in done.stdout


def test_every_slow_file_is_there():
    patterns = re.search(r"^SLOW := (.*)$", MAKEFILE, re.MULTILINE)[1].split()
    for pattern in patterns:
        assert list((ROOT / "tests").glob(f"test_{pattern}.py")), pattern


@pytest.mark.parametrize(("name", "job"), jobs())
def test_a_workflow_runs_what_is_there(name, job):
    for step in job["steps"]:
        if "run" not in step:
            continue
        program, *arguments = shlex.split(step["run"])
        if program == "make":
            assert set(arguments) <= set(TARGETS)
        elif program == "generative-vision":
            assert arguments[0] in COMMANDS
        elif program == "jupyter":
            assert (ROOT / arguments[1]).with_suffix(".md").is_file()
        elif program == "python":
            assert arguments == ["-m", "pip", "install", "-c", "constraints.txt", "-e", "."]
        else:
            assert (ROOT / program).is_file()


@pytest.mark.parametrize(("name", "job"), jobs())
def test_a_job_is_bounded_and_takes_actions_by_major_version(name, job):
    assert job["timeout-minutes"] <= 120
    for step in job["steps"]:
        assert re.fullmatch(r"actions/[a-z-]+@v\d+", step.get("uses", "actions/none@v1"))


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_may_read_only(name):
    assert yaml.safe_load(WORKFLOWS[name].read_text())["permissions"] == {"contents": "read"}


def test_only_the_deployment_may_write():
    granted = {name: job["permissions"] for name, job in jobs() if "permissions" in job}
    assert granted == {"book.yml: deploy": {"pages": "write", "id-token": "write"}}


def test_the_matrix_holds_every_supported_python():
    matrix = dict(jobs())["tests.yml: linux"]["strategy"]["matrix"]["python"]
    supported = SpecifierSet(PYPROJECT["project"]["requires-python"])
    assert matrix == [f"3.{minor}" for minor in range(30) if supported.contains(f"3.{minor}.0")]
    assert PYPROJECT["tool"]["mypy"]["python_version"] == matrix[0]


def test_hooks_are_local_and_run_what_make_runs():
    assert [repository["repo"] for repository in HOOKS] == ["local"]
    for hook in HOOKS[0]["hooks"]:
        if hook["language"] == "system":
            program, target, *_ = hook["entry"].split()
            assert program == "make"
            assert target in TARGETS


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ('"execution_count": null,\n   "outputs": []', False),
        ('"execution_count": 3,\n   "outputs": []', True),
        ('"outputs": [{"output_type": "stream", "text": ""}]', True),
    ],
)
def test_the_hook_for_notebooks_sees_outputs(cell, found):
    pattern = next(h["entry"] for h in HOOKS[0]["hooks"] if h["language"] == "pygrep")
    assert bool(re.search(pattern, cell)) is found


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_what_is_there(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (ROOT / page).parent.joinpath(link).exists(), link
    for target in re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE):
        assert target in TARGETS
    for command in re.findall(r"(?:^|`|bin/)generative-vision ([a-z-]+)", text, re.MULTILINE):
        assert command in COMMANDS


def test_the_changelog_knows_this_version():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## \[(.+?)\]", text, re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert headings[1] == PYPROJECT["project"]["version"]


def test_every_module_has_its_layer():
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert modules | folders == LAYER_OF.keys()


@pytest.mark.parametrize("module", LAYER_OF)
def test_a_module_imports_nothing_above_it(module):
    for path in files(module):
        for other in imports(path) & LAYER_OF.keys():
            upwards = LAYER_OF[other] > LAYER_OF[module]
            assert not upwards or (module, other) in UPWARDS, f"{path} imports {other}"


def test_the_instructors_side_needs_no_model():
    used = set().union(*map(imports, files("course"))) & LAYER_OF.keys()
    assert used - {"course"} == INSTRUCTORS


def test_the_picture_shows_every_layer():
    picture = (ROOT / "docs/architecture.svg").read_text(encoding="utf-8")
    for name in LAYER_OF.keys() - {"typing"}:
        assert re.search(rf"\b{name}\b", picture), name


ARCHITECTURE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (?!---|to change)(.+?) \| (.+) \| (.+) \|$", ARCHITECTURE, re.MULTILINE)
NOT_FILES = {"compute_loss", "parameters"}  # a method, and the tag of a cell


@pytest.mark.parametrize(("change", "modules", "tests"), ROWS, ids=[row[0] for row in ROWS])
def test_the_page_on_the_architecture_names_files_that_exist(change, modules, tests):
    named = set(re.findall(r"`([a-z_/]+?)/?(?:\.py)?`", modules)) - NOT_FILES
    for name in named:
        found = [*PACKAGE.rglob(name), *PACKAGE.rglob(f"{name}.py")]
        assert found or (ROOT / name).exists(), name
    for name in re.findall(r"`(?:tests/)?(test_[a-z_*]+\.py)`", tests):
        assert list((ROOT / "tests").glob(name)), name
