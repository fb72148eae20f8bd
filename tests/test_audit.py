"""The audit of generated images: planted copies, honest models, membership, inputs and refusals."""

import struct
from dataclasses import replace
from functools import cache
from zlib import crc32

import numpy as np
import pytest
import zoo
from matplotlib.image import imsave

from generative_vision import data
from generative_vision.audit import audit, copying, read_folder
from generative_vision.audit.images import stretch, views

N = 120
JUDGES = [1, 2, "pixels"]


@cache
def sets():
    """Training, test and new images, which share no image."""
    images, _ = data.load_fashion_mnist("test")
    return images[:400], images[1000 : 1000 + N], images[5000 : 5000 + N]


@cache
def honest(judge="pixels"):
    train, test, new = sets()
    return audit(new, train, test, judge=judge)


def planted(change, share=0.4):
    """New images of which the first are training images, changed."""
    train, test, new = sets()
    count = round(share * N)
    return np.concatenate([change(train[:count]), new[count:]]), train, test


def shifted(images):
    moved = np.full_like(images, -1)
    moved[:, :, 1:] = images[:, :, :-1]
    return moved


CHANGES = {
    "exact": lambda images: images,
    "shifted": shifted,
    "brightened": lambda images: 0.8 * images + 0.2,
    "paler": lambda images: 0.5 * images - 0.4,
    "mirrored": lambda images: images[:, :, ::-1],
}


# Copies


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("change", CHANGES)
def test_planted_copies_are_found(change, judge):
    found = audit(*planted(CHANGES[change]), judge=judge)
    low, high = found.copied.interval
    assert found.copies
    assert low < 0.4 < high
    assert found.copied.value == pytest.approx(0.4, abs=0.1)  # shifts lose a column
    assert found.data_copying.side == found.authenticity.side == -1
    assert found.verdict.startswith("Copies: about")


def test_of_copies_that_are_saturated_some_are_found_in_pixels():
    found = audit(*planted(lambda images: np.minimum(1.2 * images + 0.2, 1)), judge="pixels")
    assert found.copies
    assert found.copied.value < 0.4


def test_the_nearest_pairs_are_the_copies_and_their_originals():
    generated, train, test = planted(CHANGES["mirrored"])
    pairs = audit(generated, train, test, judge="pixels").pairs
    np.testing.assert_array_equal(pairs.generated, pairs.train[:, :, ::-1])
    np.testing.assert_allclose(pairs.ratios, 0, atol=1e-5)


def test_training_images_that_occur_twice_hide_no_copy():
    generated, train, test = planted(CHANGES["brightened"])
    once = audit(generated, train, test, judge="pixels")
    twice = audit(generated, np.concatenate([train, train]), test, judge="pixels")
    assert twice.n_train == once.n_train == 400
    assert twice.copied.value == once.copied.value


@pytest.mark.parametrize("judge", JUDGES)
def test_an_honest_model_is_not_accused(judge):
    found = honest(judge)
    sides = [found.data_copying.side, found.authenticity.side, found.membership.side]
    assert not found.copies
    assert sides == [0, 0, 0]
    assert found.verdict.startswith("No sign of copying found. A copied share below")


def test_each_null_holds_the_value_of_honesty():
    found = honest()
    finding = {name: getattr(found, name) for name in ("copied", "data_copying", "authenticity")}
    for name, low, value, high in [
        *((name, f.null[0], 0, f.null[1]) for name, f in finding.items()),
        ("membership", found.membership.null[0], 0.5, found.membership.null[1]),
    ]:
        assert low <= value <= high, name


def test_a_model_that_draws_typical_images_is_near_but_copies_none():
    """Means of two images of one kind that were not trained on are nearer to all."""
    train, test, _ = sets()
    images, labels = data.load_fashion_mnist("test")
    others, kinds = images[3000:5000], labels[3000:5000]
    blends = [
        others[kinds == kind][i : i + 8].mean(axis=0) for kind in range(10) for i in range(12)
    ]
    found = audit(np.array(blends), train, test, judge="pixels")
    assert not found.copies
    assert found.data_copying.side == -1
    assert found.verdict.startswith("No copies found, but the images lie nearer")


def test_noise_is_far_from_training_images_and_no_copy():
    train, test, _ = sets()
    noise = np.random.default_rng(0).uniform(-1, 1, (N, 28, 28, 1))
    found = audit(noise, train, test, judge="pixels")
    assert found.data_copying.side == 1
    assert "they may be poor" in found.verdict


# Membership


def by_brightness(images):
    return images.mean(axis=(1, 2, 3))


def test_a_loss_that_knows_the_training_images_has_area_1():
    train, test, new = sets()
    seen = {image.tobytes() for image in train}

    def loss(images):
        return np.array([0.0 if image.tobytes() in seen else 1.0 for image in images])

    found = audit(new, train, test, judge="pixels", loss=loss)
    assert found.membership.value == 1
    assert found.membership.null == (0.5, 0.5)
    assert "it has overfitted" in found.verdict


def test_a_loss_that_knows_nothing_has_area_one_half():
    train, test, new = sets()
    found = audit(new, train, test, judge="pixels", loss=lambda images: np.zeros(len(images)))
    assert found.membership.value == 0.5
    assert found.membership.side == 0


def test_the_area_is_the_share_of_pairs_that_the_loss_orders():
    train, test, new = sets()
    some = train[:N]  # so that all are members
    found = audit(new, some, test, judge="pixels", loss=by_brightness)
    pairs = by_brightness(test)[:, None] > by_brightness(some)
    assert found.membership.value == pytest.approx(pairs.mean())


def test_without_a_loss_copies_give_their_training_images_away():
    _, train, test = planted(CHANGES["exact"])
    found = audit(train[:N] + np.float32(0), train[:N], test, judge="pixels")
    assert found.membership.value > 0.95


# What can be audited


class Copier:
    """A generator that gives back training images, and none else."""

    def sample(self, n, *, seed):
        return sets()[0][np.random.default_rng(seed).permutation(400)[:n]]


def test_a_model_is_sampled_with_the_seed():
    train, test, _ = sets()
    found = audit(Copier(), train, test, judge="pixels", n=110, seed=3)
    drawn = {image.tobytes() for image in Copier().sample(110, seed=3)}
    assert found.copied.value == 1
    assert (found.n, found.name) == (110, "Copier")
    assert {image.tobytes() for image in found.pairs.generated} <= drawn


@pytest.mark.parametrize("kind", ["VAE", "GAN", "diffusion"])
def test_the_courses_models_are_audited(kind, seeded):
    train, test, _ = sets()
    found = audit(zoo.make(kind), train, test, judge="pixels", n=100)
    assert found.name in ("VAE", "GAN", "Diffusion")
    assert not found.copies
    assert found.data_copying.side == 1  # untrained: far from all images


def write_folder(folder, images, mode="gray"):
    folder.mkdir()
    for i, image in enumerate(images):
        imsave(folder / f"{i:04}.png", image[..., 0], vmin=-1, vmax=1, cmap=mode)
    return folder


def test_a_folder_says_what_its_images_say(tmp_path):
    generated, train, test = planted(CHANGES["shifted"])
    paths = [
        write_folder(tmp_path / name, images)
        for name, images in {"made": generated, "train": train, "test": test}.items()
    ]
    found = audit(*paths, judge="pixels")
    expected = audit(generated, train, test, judge="pixels")
    assert found.name == "made"
    assert found.copied == expected.copied
    assert found.data_copying.value == pytest.approx(expected.data_copying.value, abs=0.05)


def test_a_folder_is_read_in_the_order_of_names(tmp_path):
    train = sets()[0][:3]
    (write_folder(tmp_path / "some", train) / "notes.txt").write_text("not an image")
    np.testing.assert_allclose(read_folder(tmp_path / "some"), train, atol=1e-2)


def test_the_same_seed_gives_the_same_audit():
    train, test, new = sets()
    again = audit(new, train, test, judge="pixels")
    for name in ("copied", "data_copying", "authenticity", "membership"):
        assert getattr(again, name) == getattr(honest(), name), name


def test_n_limits_generated_and_test_images_alike():
    train, test, new = sets()
    found = audit(new, train, test, n=100, judge="pixels")
    assert (found.n, found.n_test, found.n_train) == (100, 100, 400)


def test_stretched_images_span_all_grey_levels():
    stretched = stretch(0.3 * sets()[0][:5] + 0.1)
    assert stretched.min(axis=(1, 2, 3)) == pytest.approx(-1)
    assert stretched.max(axis=(1, 2, 3)) == pytest.approx(1)


def test_an_image_of_one_grey_level_is_black():
    assert (stretch(np.full((1, 28, 28, 1), 0.7, "float32")) == -1).all()


def test_the_views_are_the_image_mirrored_and_shifted():
    image = sets()[0][:1]
    found = views(image, lambda images: images[:, :, :, 0])
    image = stretch(image)[:, :, :, 0]
    np.testing.assert_array_equal(found[0], image)
    np.testing.assert_array_equal(found[1], image[:, :, ::-1])
    np.testing.assert_array_equal(found[2, :, 1:], image[:, :-1])  # down
    np.testing.assert_array_equal(found[3, :, :-1], image[:, 1:])
    np.testing.assert_array_equal(found[4, :, :, 1:], image[:, :, :-1])
    np.testing.assert_array_equal(found[5, :, :, :-1], image[:, :, 1:])


# Refusals


def refused(error, words, **changed):
    train, test, new = sets()
    given = {"source": new, "train": train, "test": test, "judge": "pixels"} | changed
    with pytest.raises(error, match=words):
        audit(**given)


@pytest.mark.parametrize(
    ("part", "kind"), [("source", "generated"), ("train", "training"), ("test", "test")]
)
def test_wrong_images_are_named(part, kind):
    images = sets()[2]
    refused(ValueError, f"99 {kind} images are too few: 100", **{part: images[:99]})
    refused(ValueError, f"Of the {kind} images: .*range from", **{part: 127.5 * (images + 1)})
    refused(ValueError, f"Of the {kind} images: .*dtype uint8", **{part: images.astype("uint8")})
    refused(ValueError, f"Of the {kind} images: .*add the channel", **{part: images[..., 0]})
    refused(ValueError, f"Of the {kind} images: .*nan", **{part: images * np.nan})
    refused(TypeError, f"The {kind} images are NoneType", **{part: None})


def test_a_model_that_samples_too_few_is_refused():
    class Lazy:
        def sample(self, n, *, seed):
            return sets()[2][:5]

    refused(ValueError, "5 generated images are too few", source=Lazy())


def test_training_images_that_are_all_the_same_are_refused():
    refused(ValueError, "1 different training images", train=sets()[0][:1].repeat(100, axis=0))


def test_a_leaky_split_is_refused():
    train, test, _ = sets()
    leaky = np.concatenate([test, train[:3]])
    refused(ValueError, rf"3 of the 123 test images are training .* test\[{N}\]", test=leaky)


@pytest.mark.parametrize("n", [99, 0, 100.0, True, "all", None])
def test_a_wrong_n_is_named(n):
    refused(ValueError, "n=.*expected a whole number, 100 or more", n=n)


@pytest.mark.parametrize("judge", [0, 3, True, "pixel", None])
def test_a_wrong_judge_is_named(judge):
    refused(ValueError, "judge=.*expected 1, 2 or 'pixels'", judge=judge)


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (lambda images: 0.5, r"shape \(\) for 120 images: expected one number for each"),
        (lambda images: images, r"shape \(120, 28, 28, 1\)"),
        (lambda images: np.full(len(images), "a"), "loss returned <U1"),
        (lambda images: np.full(len(images), np.nan), "loss returned NaN or infinity"),
    ],
)
def test_a_wrong_loss_is_named(loss, words):
    refused(ValueError, words, loss=loss)


def header(width: int, height: int) -> bytes:
    """A PNG file that ends where its pixels should begin."""
    body = b"IHDR" + struct.pack(">2I5B", width, height, 8, 6, 0, 0, 0)
    size = struct.pack(">I", 13) + body + struct.pack(">I", crc32(body))
    return b"\x89PNG\r\n\x1a\n" + size + struct.pack(">I", 9) + b"IDAT"


def test_a_wrong_folder_is_named(tmp_path):
    refused(FileNotFoundError, "nowhere", source=tmp_path / "nowhere")
    refused(ValueError, "has no PNG file", source=tmp_path)
    imsave(tmp_path / "wide.png", np.zeros((28, 30)))
    refused(ValueError, "wide.png has 30 × 28 pixels", source=str(tmp_path))
    for content in (b"not an image", header(40_000, 40_000)):
        (tmp_path / "bad.png").write_bytes(content)
        refused(ValueError, "bad.png cannot be read", source=tmp_path)
    (tmp_path / "bad.png").write_bytes(header(9000, 9000))  # nothing of it is decoded
    refused(ValueError, "bad.png has 9000 × 9000 pixels", source=tmp_path)


def test_images_that_always_look_copied_cannot_be_judged(monkeypatch):
    monkeypatch.setattr(copying, "RATIO", 2)
    refused(ValueError, "these features cannot tell copies")


def test_equal_images_are_counted_and_named_as_a_limit():
    train, test, new = sets()
    found = audit(np.repeat(new[:40], 3, axis=0), train, test, judge="pixels")
    assert found.different == 40
    assert "Only 40 of the images are different" in found.limits[-1]
    assert len(replace(found, different=N).limits) == len(found.limits) - 1
