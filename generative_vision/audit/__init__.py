"""Does a generator give back its training images? ``audit`` measures it, and writes a page.

The arithmetic, on features of any kind, is in ``copying``.
"""

from generative_vision.audit.auditing import Audit, Finding, Pairs, audit
from generative_vision.audit.images import read_folder
from generative_vision.audit.shipped import shipped_pictures, shipped_table

__all__ = ["Audit", "Finding", "Pairs", "audit", "read_folder", "shipped_pictures", "shipped_table"]
