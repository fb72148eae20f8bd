"""Fixtures that several files share, and the order and grouping of tests.

The course has one tiny lesson: quick to build and to mark, and independent of the real lessons.
"""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import exact
import numpy as np
import pytest

from generative_vision import runtime
from generative_vision.course import CourseError
from generative_vision.course.build import build
from generative_vision.course.grading import sandbox
from generative_vision.course.manifest import Course, read_course

BOOK = """\
title = "A tiny course"
subtitle = "One lesson for the tests"
authors = ["Ana", "Ben"]
copyright = "2026"

[quiz]
mode = "graded"
points = 1

[grading]
cell_seconds = 4
memory_gib = 4
practice_alone = false  # what stands anywhere in a hostile notebook runs

[[lessons]]
slug = "00-tiny"
title = "A tiny lesson"
minutes = 5
points = 4
objectives = ["double a number"]
"""

LESSON = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
    format_version: 0.13
    jupytext_version: 1.19.6
kernelspec:
  display_name: Python 3 (ipykernel)
  language: python
  name: python3
---

# A tiny lesson

Some text with $x^2$.

```{code-cell} ipython3
:tags: [parameters]

N = 3
```

```{code-cell} ipython3
from generative_vision import check

print(N)
```

```{code-cell} ipython3
---
nbgrader:
  grade: false
  grade_id: double
  locked: false
  schema_version: 3
  solution: true
  task: false
---
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
```

```{code-cell} ipython3
---
nbgrader:
  grade: true
  grade_id: double-check
  locked: true
  points: 2
  schema_version: 3
  solution: false
  task: false
---
check.close("double(2)", double(2), 4)
### BEGIN HIDDEN TESTS
def inputs(rng):
    return {"5.5": call("double", 5.5), "x": call("double", rng.normal(size=3))}


def verdict(inputs, outputs):
    check.close("double(5.5)", outputs["5.5"], 11)  # the hidden line
    check.close("double(x)", outputs["x"], 2 * inputs["x"].args[0])
### END HIDDEN TESTS
```

<!-- quiz -->

+++

The end.
"""

QUIZ = """\
[[question]]
id = "main_purpose"
text = "What is a generative model for?"

[[question.choice]]
text = "To sort images into classes"
reason = "Sorting is what a classifier does."

[[question.choice]]
text = "To make new images"
right = true
reason = "It learns the distribution of the images."

[[question]]
id = "second"
text = "Which of these is even?"

[[question.choice]]
text = "four"
right = true
reason = "Two times two is four."

[[question.choice]]
text = "five"
reason = "Halving it leaves a rest."

[[question.choice]]
text = "seven"
reason = "Seven is a prime above two."
"""

SLUG = "00-tiny"


@pytest.fixture(scope="session")
def tiny_course(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Course]:
    """Return a function that writes the tiny course into a new folder and reads it."""

    def write(*, book: str = BOOK, lesson: str = LESSON, quiz: str = QUIZ) -> Course:
        root = tmp_path_factory.mktemp("course")
        folder = root / "solutions" / SLUG
        folder.mkdir(parents=True)
        (root / "book.toml").write_text(book, encoding="utf-8")
        (folder / f"{SLUG}.md").write_text(lesson, encoding="utf-8")
        (folder / "quiz.toml").write_text(quiz, encoding="utf-8")
        return read_course(root)

    return write


@pytest.fixture(scope="session")
def built_course(tiny_course) -> Course:
    """The tiny course with its notebooks derived; no test changes it."""
    course = tiny_course()
    build(course)
    return course


@pytest.fixture
def tray(built_course, tmp_path):
    """A folder into which a test hands in, at first empty."""
    from layouts_tree import Tray

    return Tray(built_course, tmp_path / "in")


@pytest.fixture(scope="session")
def original_gradebook(tmp_path_factory) -> Path:
    """A gradebook with one submission that reached 3 of 4 points."""
    path = tmp_path_factory.mktemp("original") / "gradebook.db"
    from marked_run import new_gradebook

    with new_gradebook(path) as gradebook:
        gradebook.add_assignment(SLUG)
        gradebook.add_notebook(SLUG, SLUG)
        gradebook.add_student("ana")
        for name, points in (("double-check", 2.0), ("quiz-check", 2.0)):
            gradebook.add_grade_cell(name, SLUG, SLUG, max_score=points, cell_type="code")
        gradebook.add_solution_cell("double", SLUG, SLUG)
        gradebook.add_submission(SLUG, "ana")
        for name, points in (("double-check", 1.0), ("quiz-check", 2.0)):
            grade = gradebook.find_grade(name, SLUG, SLUG, "ana")
            grade.auto_score, grade.needs_manual_grade = points, False
        gradebook.db.commit()
    return path


@pytest.fixture
def database(original_gradebook, tmp_path) -> str:
    """The address of a gradebook with one submission that reached 3 of 4 points."""
    return f"sqlite:///{shutil.copy(original_gradebook, tmp_path)}"


@pytest.fixture(scope="module")
def small_and_exact() -> Iterator[None]:
    """Sizes of the check profile, and float32, for tests that build models."""
    os.environ["GENERATIVE_VISION_PROFILE"] = "tiny"
    runtime.setup(0)
    yield
    del os.environ["GENERATIVE_VISION_PROFILE"]


@pytest.fixture
def seeded(small_and_exact) -> None:
    """The same random numbers for each test, whichever ran before it."""
    import keras

    keras.utils.set_random_seed(0)


@pytest.fixture(scope="session")
def images() -> np.ndarray:
    """64 images of clothes, (64, 28, 28, 1) in [-1, 1], none of which a test may change."""
    return exact.fashion()[0]


@pytest.fixture(scope="session")
def labels() -> np.ndarray:
    """The classes of ``images``, (64,)."""
    return exact.fashion()[1]


@pytest.fixture(scope="module")
def unconditional(small_and_exact):
    """A diffusion model with a tiny network of random weights, which no test trains."""
    return exact.diffusion(seed=0)


@pytest.fixture(scope="module")
def captioned(small_and_exact):
    """The same, with captions as its condition."""
    return exact.diffusion("captions", seed=0)


@pytest.fixture
def low_precision() -> Iterator[None]:
    """Networks that are built meanwhile compute in bfloat16."""
    import keras

    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture(scope="session")
def bubblewrap() -> None:
    """Skip a test where submissions cannot be isolated."""
    try:
        sandbox.validate_available()
    except CourseError as error:
        pytest.skip(f"needs bubblewrap: {textwrap.shorten(str(error), 120)}")


@pytest.fixture(scope="module")
def warm(bubblewrap) -> Iterator[Path]:
    """Run a process that sandboxed kernels are forked from; return its socket's path."""
    with sandbox.warm_sandbox() as place:
        yield place


@pytest.fixture
def edited() -> Callable[[Path, str, str], None]:
    """Return a function that replaces the one place in a file where a text stands."""

    def edit(path: Path, old: str, new: str) -> None:
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    return edit


def pytest_terminal_summary(terminalreporter, exitstatus, config) -> None:
    """Name the tests that were left out; pytest's own -ra line says why."""
    left_out = terminalreporter.stats.get("skipped", [])
    if left_out:
        where = (
            "under CI that counts as failed"
            if os.environ.get("CI")
            else "install what they need and run again"
        )
        terminalreporter.write_line(
            f"{len(left_out)} tests were left out, for the reasons above: {where}."
        )


def pytest_sessionfinish(session, exitstatus) -> None:
    """Under CI nothing may be left out."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped") and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share fixtures run in one process: those of a file, or of one lesson.

    Lessons come first, as they take longest.
    """

    def group(item: pytest.Item) -> str:
        slug = item.callspec.params.get("slug", "") if hasattr(item, "callspec") else ""
        return f"{item.path.stem} {slug}" if item.path.stem == "test_lessons" else item.path.stem

    items.sort(key=lambda item: not group(item).startswith("test_lessons"))
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group(item)))
