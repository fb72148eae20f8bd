"""nbgrader's converters, configured for this course and run without their log."""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sysconfig import get_path

from nbgrader.converters.base import BaseConverter
from traitlets.config import Config

from generative_vision.course import CourseError
from generative_vision.course.grading.configuration import configure
from generative_vision.course.manifest import Course


def nbgrader_config(course: Course, folder: Path, database: str = "") -> Config:
    """Return nbgrader's configuration for a course directory, the course's own marking included.

    Args:
        folder: the course directory.
        database: SQLAlchemy address of the gradebook; without one, no cells are recorded.
    """
    config = Config()
    config.CourseDirectory.root = str(folder)
    configure(config, course)
    if database:
        config.CourseDirectory.db_url = database
    else:
        steps = config.GenerateAssignment.preprocessors
        recorded = [step for step in steps if step.__name__ != "SaveCells"]
        config.GenerateAssignment.preprocessors = recorded
    return config


def run_converter(converter: BaseConverter) -> None:
    """Run one of nbgrader's converters.

    Raises:
        CourseError: it failed, with the last error in its log.
    """
    records: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger(f"generative_vision.nbgrader.{id(converter)}")
    log.propagate, log.handlers = False, [handler]
    log.setLevel(logging.ERROR)
    converter.log = log
    try:
        with warnings.catch_warnings(), _scripts_on_path():
            warnings.simplefilter("ignore")  # nbgrader's use of SQLAlchemy warns
            converter.start()
    except Exception as error:  # nbgrader raises many kinds, SystemExit-like ones among them
        trace = next((text for text in records if text.startswith("Traceback")), str(error))
        errors = re.findall(r"^[\w.]*(?:Error|Exception)\b.*", trace, re.MULTILINE)
        lines = errors or trace.strip().splitlines() or [type(error).__name__]
        raise CourseError(lines[-1]) from error  # one line; an error's message may have many


@contextmanager
def _scripts_on_path() -> Iterator[None]:
    """Put the programs beside this Python on the path.

    nbgrader runs alembic to stamp a new gradebook; its own ``setenv`` does not restore the path.
    """
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = get_path("scripts") + os.pathsep + before
    try:
        yield
    finally:
        os.environ["PATH"] = before
