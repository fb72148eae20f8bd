"""Packages that only a part of the course needs, and the sentence where one is missing."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType


class MissingPackageError(ImportError):
    """A package that is not part of the course is needed; the message says how to install it."""


def available(module: str) -> bool:
    """Return whether a module is installed, without importing it."""
    return find_spec(module) is not None


def load(module: str, package: str, purpose: str) -> ModuleType:
    """Return a module of an optional package.

    Args:
        module: as Python imports it, such as ``"c2pa"``.
        package: as pip installs it, such as ``"c2pa-python"``.
        purpose: what needs it, such as ``"Signing an image"``: the message begins with it.

    Raises:
        MissingPackageError: it is not installed.
    """
    if not available(module.partition(".")[0]):
        raise MissingPackageError(
            f"{purpose} needs the package {package}: install it with `%pip install {package}` in "
            'a cell, or with `pip install -c constraints.txt -e ".[release]"` in the course\'s '
            "folder."
        )
    return import_module(module)
