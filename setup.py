"""What ``pyproject.toml`` cannot say.

A wheel carries the lessons, and so works by itself. An editable install has the settings of
Jupyter's server, too.
"""

import shutil
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent


class BuildWithLessons(build_py):
    """Copies ``book.toml``, ``lessons/`` and the sources, which ``check`` marks by."""

    def run(self) -> None:
        """Build the package, and add the course's files."""
        super().run()
        if self.editable_mode:
            return
        content = Path(self.build_lib, "generative_vision", "course", "content")
        shutil.rmtree(content, ignore_errors=True)
        content.mkdir(parents=True)
        shutil.copy(ROOT / "book.toml", content)
        hidden = shutil.ignore_patterns(".*")
        shutil.copytree(ROOT / "lessons", content / "lessons", ignore=hidden)
        derived = shutil.ignore_patterns(".*", "*.ipynb", "ruff.toml")
        shutil.copytree(ROOT / "solutions", content / "solutions", ignore=derived)


class WithSettings(Distribution):
    """Answers to ``has_data``: setuptools' editable install asks for it before ``data-files``."""

    def has_data(self) -> bool:
        """Tell whether files go to the environment's folder."""
        return self.has_data_files()


setup(cmdclass={"build_py": BuildWithLessons}, distclass=WithSettings)
