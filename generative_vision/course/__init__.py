"""The instructor's side: from a lesson's source to the student, the grading and the book.

No lesson imports it.
"""


class CourseError(Exception):
    """A mistake in the course's files or in a command; the message gives place and remedy."""
