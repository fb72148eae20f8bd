"""The three ways to install say the same, and nothing in the repository points outside it."""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import distributions, version
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
PINS = dict(
    line.split("==")
    for line in (ROOT / "constraints.txt").read_text().splitlines()
    if line and line[0] != "#"
)


def test_constraints_are_names_and_versions_only():
    assert len(PINS) > 100
    assert all(re.fullmatch(r"[a-z0-9.-]+", name) and Version(pin) for name, pin in PINS.items())


@pytest.mark.parametrize("text", [*PROJECT["dependencies"], *chain(*EXTRAS.values())])
def test_every_dependency_is_pinned_within_its_range(text):
    wanted = Requirement(text)
    if wanted.name == "generative-vision":
        assert wanted.extras <= EXTRAS.keys()
    else:
        assert PINS[wanted.name] in wanted.specifier


def test_these_tests_run_on_the_pinned_versions():
    for text in PROJECT["dependencies"]:
        name = Requirement(text).name
        assert version(name) == PINS[name]


def test_pinned_versions_run_on_the_first_release_of_the_oldest_python():
    """Debian 12 and others keep 3.11.2 for years, and pip says only "conflicting dependencies"."""
    needs = {found.name: found.metadata.get("Requires-Python") or "" for found in distributions()}
    assert len(needs) > 100
    wrong = {name: need for name, need in needs.items() if "3.11.0" not in SpecifierSet(need)}
    assert wrong == {}


def test_conda_installs_the_same():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *conda, pip = environment["dependencies"]
    python = next(line for line in conda if line.startswith("python="))
    assert SpecifierSet(PROJECT["requires-python"]).contains(python.removeprefix("python=") + ".0")
    assert pip["pip"][0] == "-c constraints.txt"
    own = re.fullmatch(r"-e \.\[(.*)\]", pip["pip"][1])
    assert set(own[1].split(",")) <= EXTRAS.keys()
    assert len(pip["pip"]) == 2


def test_versions_agree():
    import generative_vision

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert generative_vision.__version__ == PROJECT["version"] == citation["version"]


def test_licences_are_there():
    for name in PROJECT["license-files"]:
        assert (ROOT / name).is_file()


@pytest.mark.full
def test_what_conda_leaves_to_pip_installs_in_a_fresh_environment(tmp_path):
    """Downloads; conda itself makes the environment that Python's ``venv`` stands in for."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    copy = tmp_path / "course"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "build", "_book", "work"))
    (copy / "requirements.txt").write_text("\n".join(environment["dependencies"][-1]["pip"]))
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "new"], check=True)
    python = tmp_path / "new" / "bin" / "python"
    pip = [python, "-m", "pip", "install", "--quiet", "-r", "requirements.txt"]
    done = subprocess.run(pip, cwd=copy, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    doctor = [python.with_name("generative-vision"), "doctor"]
    done = subprocess.run(doctor, cwd=copy, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
