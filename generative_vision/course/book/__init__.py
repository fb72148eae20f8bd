"""``generative-vision book``: the course as a site that needs neither kernel nor network.

``pages`` turns a lesson into the notebook that readers see, ``execution`` runs it or takes its
outputs from a cache, and ``site`` lets Jupyter Book 1.x make HTML of it.
"""

from generative_vision.course.book.site import build_book

__all__ = ["build_book"]
