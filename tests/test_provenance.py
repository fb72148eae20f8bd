"""Manifests in PNG files: what a verifier says of them, and what is left when they are gone."""

import io
import re
import sys

import numpy as np
import pytest

from generative_vision import data, provenance
from generative_vision.optional import MissingPackageError
from generative_vision.provenance import SOURCES, alter_pixel, chunks, pixels, png, sign, strip

needs_c2pa = pytest.mark.skipif(not provenance.available(), reason="needs c2pa-python")

IMAGE, OTHER = data.load_fashion_mnist("test")[0][:2]
PHOTO = np.linspace(-1, 1, 40 * 30 * 3, dtype="float32").reshape(40, 30, 3)


@pytest.fixture(scope="module")
def signer():
    return provenance.make_credentials("Lena")


@pytest.fixture(scope="module")
def signed(signer):
    return sign(png(IMAGE), signer, title="boot.png", generator="GAN of lesson 03")


def kinds(file):
    return [kind for kind, _ in chunks(file)]


@pytest.mark.parametrize("image", [IMAGE, PHOTO], ids=["grey", "colour"])
def test_a_png_keeps_every_level(image):
    levels = np.rint((image + 1) * 127.5)
    assert np.array_equal(np.rint((pixels(png(image)) + 1) * 127.5), levels)


def test_pixels_have_the_shape_of_the_image():
    assert pixels(png(IMAGE)).shape == (28, 28, 1)
    assert pixels(png(PHOTO)).shape == (40, 30, 3)
    assert pixels(png(IMAGE)).dtype == "float32"


def test_the_chunks_of_a_png_are_named():
    assert kinds(png(IMAGE)) == ["IHDR", "IDAT", "IEND"]
    assert chunks(png(IMAGE))[0] == ("IHDR", 13)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (IMAGE[None], "expected one image of floats"),
        (IMAGE[..., 0], "expected one image of floats"),
        (np.zeros((28, 28, 1), "uint8"), "expected one image of floats"),
        (2 * IMAGE, r"ranges from -2 to 2; expected \[-1, 1\]"),
        (np.full((28, 28, 1), np.nan), "ranges from nan"),
    ],
)
def test_what_is_no_image_is_refused(image, words):
    with pytest.raises(ValueError, match=words):
        png(image)


@pytest.mark.parametrize("function", [chunks, strip, pixels])
@pytest.mark.parametrize("file", [b"", b"GIF89a", "a.png", None, png(IMAGE)[:-3], png(IMAGE)[:60]])
def test_what_is_no_png_is_refused(function, file):
    with pytest.raises(ValueError, match="is no PNG|cut off or damaged"):
        function(file)


@pytest.mark.parametrize("by", [1, -1, 100])
def test_one_pixel_is_altered_and_no_other(by):
    before = np.full((28, 28, 1), 0.5, "float32")
    after = pixels(alter_pixel(png(before), 3, 4, by))
    changed = np.argwhere(after != pixels(png(before)))
    assert changed.tolist() == [[3, 4, 0]]
    assert (after - pixels(png(before)))[3, 4, 0] * 127.5 == pytest.approx(
        by if by < 64 else -by, abs=1e-3
    )


@pytest.mark.parametrize(("level", "by"), [(1.0, 1), (-1.0, -1)])
def test_white_gets_darker_and_black_brighter(level, by):
    flat = png(np.full((28, 28, 1), level, "float32"))
    assert pixels(alter_pixel(flat, 0, 0, by))[0, 0, 0] == pytest.approx(level - by / 127.5)


@pytest.mark.parametrize("place", [(28, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 128)])
def test_a_pixel_that_is_not_there_is_refused(place):
    with pytest.raises(ValueError, match="the picture has 28 rows and 28 columns"):
        alter_pixel(png(IMAGE), *place)


def test_a_file_without_manifest_stays_as_it_is():
    assert strip(png(IMAGE)) == png(IMAGE)


@needs_c2pa
def test_whole_and_by_a_stranger_is_valid_and_not_trusted(signed):
    found = provenance.verify(signed)
    assert found.state == "Valid"
    assert found.failures == ("signingCredential.untrusted",)


@needs_c2pa
def test_a_verifier_trusts_the_roots_on_its_list(signed, signer):
    stranger = provenance.make_credentials("Somebody else")
    assert provenance.verify(signed, trusted=[signer.root]).state == "Trusted"
    assert provenance.verify(signed, trusted=[stranger.root, signer.root]).state == "Trusted"
    assert provenance.verify(signed, trusted=[stranger.root]).state == "Valid"
    assert provenance.verify(signed, trusted=[signer.root]).failures == ()


@needs_c2pa
def test_one_list_does_not_last_for_the_next_file(signed, signer):
    provenance.verify(signed, trusted=[signer.root])
    assert provenance.verify(signed).state == "Valid"


@needs_c2pa
def test_a_bare_certificate_signs_as_validly():
    bare = provenance.make_credentials("Nobody", chain=False)
    found = provenance.verify(sign(png(IMAGE), bare))
    assert (found.state, found.failures) == ("Valid", ("signingCredential.untrusted",))


@needs_c2pa
def test_a_report_says_who_claims_what(signed):
    found = provenance.verify(signed)
    assert (found.signer, found.title) == ("Lena", "boot.png")
    assert found.generator == "GAN of lesson 03"
    assert found.source == "trainedAlgorithmicMedia"
    assert "Lena claims: made by a model that was trained on examples" in str(found)


@needs_c2pa
@pytest.mark.parametrize("source", SOURCES)
def test_a_claim_is_signed_whether_it_is_true_or_not(signer, source):
    found = provenance.verify(sign(png(IMAGE), signer, source=source), trusted=[signer.root])
    assert (found.state, found.source) == ("Trusted", source)


@needs_c2pa
@pytest.mark.parametrize("by", [1, -1])
def test_one_altered_pixel_is_found(signed, signer, by):
    found = provenance.verify(alter_pixel(signed, 14, 14, by), trusted=[signer.root])
    assert (found.state, found.failures) == ("Invalid", ("assertion.dataHash.mismatch",))


@needs_c2pa
def test_a_manifest_does_not_go_with_another_picture(signed, signer):
    moved = provenance.transplant(signed, png(OTHER))
    assert np.array_equal(pixels(moved), pixels(png(OTHER)))
    assert provenance.verify(moved, trusted=[signer.root]).state == "Invalid"


@needs_c2pa
def test_a_rewritten_claim_is_found(signed, signer):
    at = signed.rindex(b"boot.png")
    rewritten = signed[:at] + b"BOOT" + signed[at + 4 :]
    found = provenance.verify(rewritten, trusted=[signer.root])
    assert found.state == "Invalid"
    assert "claimSignature.mismatch" in found.failures


@needs_c2pa
def test_a_manifest_in_pieces_is_invalid_and_says_so(signed):
    at = signed.index(b"caBX")
    found = provenance.verify(signed[: at + 4] + bytes(400) + signed[at + 404 :])
    assert found.state == "Invalid"
    assert found.failures
    assert "claims" not in str(found)


@needs_c2pa
def test_stripped_it_is_the_picture_and_nothing_else(signed):
    assert "caBX" in kinds(signed)
    assert strip(signed) == png(IMAGE)
    found = provenance.verify(strip(signed))
    assert (found.state, found.failures, found.signer) == ("none", (), "")
    assert "a manifest may have been taken out" in str(found)


@needs_c2pa
def test_any_program_that_knows_no_manifest_loses_it(signed):
    from PIL import Image

    saved = io.BytesIO()
    with Image.open(io.BytesIO(signed)) as picture:
        picture.save(saved, "PNG")
    assert provenance.verify(saved.getvalue()).state == "none"


@needs_c2pa
def test_the_pixels_of_a_signed_picture_are_its_own(signed):
    assert np.array_equal(pixels(signed), pixels(png(IMAGE)))


@needs_c2pa
def test_signing_again_replaces_the_manifest(signed):
    other = provenance.make_credentials("Second")
    again = sign(signed, other)
    assert kinds(again).count("caBX") == 1
    assert provenance.verify(again).signer == "Second"


@needs_c2pa
def test_a_thumbnail_makes_a_manifest_larger(signer):
    sizes = {
        with_one: dict(chunks(sign(png(PHOTO), signer, thumbnail=with_one)))["caBX"]
        for with_one in (True, False)
    }
    assert sizes[True] > 1.5 * sizes[False]


@needs_c2pa
def test_a_photograph_is_signed_as_well(signer):
    assert provenance.verify(sign(png(PHOTO), signer), trusted=[signer.root]).state == "Trusted"


@needs_c2pa
def test_the_key_is_not_printed(signer):
    assert "PRIVATE KEY" in signer.key
    assert repr(signer) == "Credentials(name='Lena')"


@needs_c2pa
def test_two_signers_of_one_name_are_two(signer, signed):
    twin = provenance.make_credentials("Lena")
    assert provenance.verify(signed, trusted=[twin.root]).state == "Valid"


@needs_c2pa
@pytest.mark.parametrize("name", ["", "x" * 65])
def test_a_certificate_needs_a_name_that_fits(name):
    with pytest.raises(ValueError, match="expected 1 to 64 letters"):
        provenance.make_credentials(name)


@needs_c2pa
@pytest.mark.parametrize("name", ["x" * 64, "Zoë Ångström"])
def test_names_of_any_alphabet_sign(name):
    found = provenance.verify(sign(png(IMAGE), provenance.make_credentials(name)))
    assert (found.state, found.signer) == ("Valid", name)


@needs_c2pa
def test_what_cannot_be_claimed_is_refused(signer):
    with pytest.raises(ValueError, match="expected one of trainedAlgorithmicMedia"):
        sign(png(IMAGE), signer, source="a camera")


@needs_c2pa
def test_nothing_is_printed(signer, capfd):
    provenance.verify(sign(png(IMAGE), signer))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("module", "call", "purpose"),
    [
        ("c2pa", lambda: sign(png(IMAGE), None), "Signing an image"),
        ("c2pa", lambda: provenance.verify(png(IMAGE)), "Verifying an image"),
        ("cryptography", provenance.make_credentials, "Making a certificate"),
    ],
    ids=["sign", "verify", "make_credentials"],
)
def test_without_the_package_a_sentence_says_what_to_install(monkeypatch, module, call, purpose):
    monkeypatch.setitem(sys.modules, module, None)  # Python's own way: not to be found
    with pytest.raises(MissingPackageError, match=f"^{purpose} needs the package c2pa-python: "):
        call()


def test_without_the_package_it_is_not_available(monkeypatch):
    monkeypatch.setitem(sys.modules, "c2pa", None)
    assert not provenance.available()


def test_the_sentence_names_two_ways_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "c2pa", None)
    with pytest.raises(MissingPackageError) as caught:
        provenance.verify(png(IMAGE))
    assert re.findall("`(.*?)`", str(caught.value)) == [
        "%pip install c2pa-python",
        'pip install -c constraints.txt -e ".[release]"',
    ]
