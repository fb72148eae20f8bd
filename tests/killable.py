"""A grading run with a stub for the kernel, to be ended at any moment: COURSE, FOLDER, OUTPUT.

Child processes import this file, too, and so have the stub.
"""

from __future__ import annotations

import sys
from pathlib import Path

from generative_vision.course.grading.kernel import Ran
from generative_vision.course.grading.marking import RunAndMark
from generative_vision.course.grading.run import grade
from generative_vision.course.grading.submissions import collect
from generative_vision.course.manifest import read_course


class Stub:
    """Answers as the right solution does, at once."""

    def __enter__(self) -> Stub:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def run(self, source, seconds=None):
        return Ran()

    def ask(self, calls, seconds=None):
        return {name: 2 * call.args[0] for name, call in calls.items()}, Ran()


RunAndMark.make_kernel = lambda self, folder: Stub()

if __name__ == "__main__":
    place, folder, output = map(Path, sys.argv[1:])
    course = read_course(place)
    grade(course, collect(folder, course), output, isolate=False, trial=False)
