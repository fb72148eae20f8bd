"""Does a generator give back its training images? ``audit`` measures it, and writes a page.

The arithmetic, on features of any kind, is in ``copying``.
"""

from generative_vision.audit.auditing import Audit, Finding, Pairs, audit
from generative_vision.audit.images import read_folder

__all__ = ["Audit", "Finding", "Pairs", "audit", "read_folder"]
