"""Where does a picture come from? Signed content credentials inside a PNG file, after C2PA.

A manifest says how a picture was made, holds a hash of the file around it, and is signed. So a
reader can tell that nothing was changed since, and who says so; whether that is true, and whether
the signer can be relied on, no signature tells. Taking the manifest out leaves an ordinary picture.

Files are the bytes of a PNG. ``sign``, ``verify`` and ``make_credentials`` need c2pa-python,
everything else does not.

Source: Coalition for Content Provenance and Authenticity, Technical Specification.
"""

from generative_vision.provenance.credentials import Credentials, make_credentials
from generative_vision.provenance.png_files import (
    alter_pixel,
    chunks,
    pixels,
    png,
    strip,
    transplant,
)
from generative_vision.provenance.signing import SOURCES, Report, available, sign, verify

__all__ = [
    "SOURCES",
    "Credentials",
    "Report",
    "alter_pixel",
    "available",
    "chunks",
    "make_credentials",
    "pixels",
    "png",
    "sign",
    "strip",
    "transplant",
    "verify",
]
