"""What ``pyproject.toml`` cannot say: a wheel carries the lessons, and so works by itself."""

import shutil
from pathlib import Path

from setuptools import setup
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


setup(cmdclass={"build_py": BuildWithLessons})
