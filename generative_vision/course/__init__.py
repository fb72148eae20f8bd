"""The instructor's side: from a lesson's source to the student, the grader and the book. No lesson imports it."""


class CourseError(Exception):
    """Something in the course's own files or in what was asked for is wrong; the message says where and what to do."""
