"""Manifests after C2PA: what is claimed of a picture, a hash of the file, and a signature."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from generative_vision import optional
from generative_vision.provenance.credentials import Credentials
from generative_vision.provenance.png_files import chunks, strip

#: what a signer may claim, in the words of IPTC's list of digital source types
SOURCES = {
    "trainedAlgorithmicMedia": "made by a model that was trained on examples",
    "algorithmicMedia": "made by a program without training",
    "digitalCapture": "taken by a camera",
    "compositeWithTrainedAlgorithmicMedia": "partly made by a trained model",
}
_SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/"


@dataclass(frozen=True)
class Report:
    """What a verifier says of a file, and what the signer claims of the picture."""

    state: (
        str  #: "none", "Invalid", "Valid" (whole, signer unknown) or "Trusted" (signer on a list)
    )
    failures: tuple[str, ...] = ()  #: C2PA's codes, such as "assertion.dataHash.mismatch"
    signer: str = ""  #: the name in the certificate
    title: str = ""
    generator: str = ""  #: the program that is said to have made the picture
    source: str = ""  #: a key of ``SOURCES``, or whatever the signer wrote
    manifest: dict = field(default_factory=dict, repr=False)  #: all of it, as C2PA writes it

    def __str__(self) -> str:
        if self.state == "none":
            return (
                "none: no manifest. The picture may come from anywhere; a manifest may have been "
                "taken out."
            )
        found = {
            "Invalid": "The file is not what was signed: it or its manifest was changed.",
            "Valid": "Nothing was changed since it was signed, by somebody who is on no list that "
            "was given here.",
            "Trusted": "Nothing was changed since it was signed, by a signer on the list.",
        }
        lines = [f"{self.state}: {found.get(self.state, '')}"]
        if self.manifest:
            claim = SOURCES.get(self.source, self.source or "made in a way that is not told")
            lines.append(f"{self.signer or 'Somebody'} claims: {claim}, by {self.generator}.")
        if self.failures:
            lines.append(f"Codes: {', '.join(self.failures)}")
        return "\n  ".join(lines)


def available() -> bool:
    """Return whether c2pa-python is installed, which signing and verifying need."""
    return optional.available("c2pa")


def sign(
    file: bytes,
    credentials: Credentials,
    *,
    title: str = "image.png",
    generator: str = "generative-vision",
    source: str = "trainedAlgorithmicMedia",
    thumbnail: bool = False,
) -> bytes:
    """Return the file with a signed manifest, which says that it was created, how and by what.

    A manifest that is there is replaced. No time is attested: that takes a server.

    Args:
        file: a PNG.
        credentials: as ``make_credentials`` returns them.
        title: of the picture.
        generator: the program or model that made it.
        source: a key of ``SOURCES``. Nobody checks that it is true.
        thumbnail: whether the manifest holds a small picture, too, which makes it much larger.

    Raises:
        MissingPackageError: c2pa-python is not installed.
        ValueError: no PNG, or an unknown source.
    """
    if source not in SOURCES:
        raise ValueError(f"source={source!r}: expected one of {', '.join(SOURCES)}.")
    plain = strip(file)
    c2pa = optional.load("c2pa", "c2pa-python", "Signing an image")
    created = {
        "action": "c2pa.created",
        "digitalSourceType": _SOURCE + source,
        "softwareAgent": {"name": generator},
    }
    manifest = {
        "title": title,
        "claim_generator_info": [{"name": generator}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [created]}}],
    }
    info = c2pa.C2paSignerInfo(
        c2pa.C2paSigningAlg.ES256,
        credentials.certificates.encode(),
        credentials.key.encode(),
        None,
    )
    signed = io.BytesIO()
    settings = {"builder": {"thumbnail": {"enabled": thumbnail}}}
    with (
        c2pa.Context.from_dict(settings) as context,
        c2pa.Signer.from_info(info) as signer,
        c2pa.Builder(manifest, context) as builder,
    ):
        builder.sign(signer, "image/png", io.BytesIO(plain), signed)
    return signed.getvalue()


def verify(file: bytes, *, trusted: Sequence[str] = ()) -> Report:
    """Return what a verifier says of a file.

    Valid is not trusted: whoever makes a certificate for themselves signs validly. A verifier
    brings a list of the roots it relies on; nothing is looked up in the network.

    Args:
        file: a PNG.
        trusted: that list, certificates in PEM, such as ``[credentials.root]``.

    Raises:
        MissingPackageError: c2pa-python is not installed.
        ValueError: no PNG.
    """
    chunks(file)
    c2pa = optional.load("c2pa", "c2pa-python", "Verifying an image")
    settings: dict = {"verify": {"verify_trust": True, "remote_manifest_fetch": False}}
    if trusted:
        settings["trust"] = {"user_anchors": "\n".join(trusted)}
    try:
        with c2pa.Context.from_dict(settings) as context:
            reader = c2pa.Reader.try_create("image/png", io.BytesIO(file), context=context)
            if reader is None:
                return Report("none")
            with reader:
                return _report(json.loads(reader.json()))
    except c2pa.C2paError as error:  # a manifest that cannot even be read
        return Report("Invalid", (str(error),))


def _report(found: dict) -> Report:
    manifest = found["manifests"][found["active_manifest"]]
    results = found.get("validation_results", {}).get("activeManifest", {})
    actions = [
        action
        for assertion in manifest.get("assertions", [])
        if assertion["label"].startswith("c2pa.actions")
        for action in assertion["data"]["actions"]
    ]
    sources = [a["digitalSourceType"] for a in actions if "digitalSourceType" in a]
    makers = [info["name"] for info in manifest.get("claim_generator_info", [])]
    return Report(
        found.get("validation_state", "Invalid"),
        tuple(failure["code"] for failure in results.get("failure", [])),
        manifest.get("signature_info", {}).get("common_name", ""),
        manifest.get("title", ""),
        makers[0] if makers else "an unnamed program",
        sources[0].rpartition("/")[2] if sources else "",
        found,
    )
