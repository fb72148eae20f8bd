"""nbgrader's commands and formgrader use the course's folders, and mark as its command does."""

from pathlib import Path

from generative_vision.course.grading.configuration import configure
from generative_vision.course.manifest import read_course

c = get_config()  # noqa: F821
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
configure(c, read_course(Path(__file__).resolve().parent))
