"""The data set and the files that ship: right, complete, and loud when they are not."""

import gzip
import shutil

import numpy as np
import pytest

from generative_vision import data


@pytest.fixture
def own_assets(tmp_path, monkeypatch):
    """A copy of the test split's files that a test may damage."""
    folder = tmp_path / "assets"
    (folder / "fashion_mnist").mkdir(parents=True)
    for name in ("manifest.toml", "fashion_mnist/LICENSE", "fashion_mnist/t10k-labels-idx1-ubyte.gz",
                 "fashion_mnist/t10k-images-idx3-ubyte.gz"):  # fmt: skip
        shutil.copy(data.ASSETS / name, folder / name)
    monkeypatch.setattr(data, "ASSETS", folder)
    return folder


@pytest.mark.parametrize(("split", "n"), [("train", 60_000), ("test", 10_000)])
def test_shapes_ranges_and_balance(split, n):
    images, labels = data.load_fashion_mnist(split)
    assert images.shape == (n, 28, 28, 1) and images.dtype == np.float32
    assert images.min() == -1 and images.max() == 1
    assert labels.dtype == np.int64 and (np.bincount(labels) == n // 10).all()


def test_known_facts_of_the_data():
    images, labels = data.load_fashion_mnist("train")
    assert labels[:10].tolist() == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]  # as published
    assert abs(images.mean() + 0.43) < 0.005 and abs(images.std() - 0.706) < 0.005


def test_unknown_split():
    with pytest.raises(ValueError, match="'validation'.*'train' or 'test'"):
        data.load_fashion_mnist("validation")


def test_every_asset_is_what_was_shipped():
    assert len(data.verify_assets()) >= 4


def test_every_file_in_assets_is_listed():
    listed = set(data.verify_assets())
    found = {str(p.relative_to(data.ASSETS)) for p in data.ASSETS.rglob("*") if p.is_file()}
    assert {f for f in found if not f.endswith(("LICENSE", "manifest.toml", "README.md"))} == listed


LABELS = "fashion_mnist/t10k-labels-idx1-ubyte.gz"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.write_bytes(path.read_bytes()[:-7]), "not the file that was shipped"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1] + b"x"), "not the file that was shipped"),
        (lambda path: path.write_bytes(gzip.compress(bytes(10_008))), "not the file that was shipped"),
    ],
    ids=["missing", "truncated", "altered", "replaced"],
)
def test_damaged_file_is_named_with_a_remedy(own_assets, damage, words):
    damage(own_assets / LABELS)
    with pytest.raises(data.AssetError, match=words) as caught:
        data.load_fashion_mnist("test")
    assert "t10k-labels-idx1-ubyte.gz" in str(caught.value) and "git checkout" in str(caught.value)


def test_file_without_licence(own_assets):
    (own_assets / "fashion_mnist/LICENSE").unlink()
    lines = (own_assets / "manifest.toml").read_text().split("[[file]]")
    (own_assets / "manifest.toml").write_text("[[file]]".join([lines[0], *[x for x in lines if "t10k" in x]]))
    with pytest.raises(data.AssetError, match="licence"):
        data.verify_assets()


def test_unlisted_asset():
    with pytest.raises(data.AssetError, match="secret.bin is not listed"):
        data.asset("secret.bin")


GOOD = np.zeros((3, 28, 28, 1), "float32")


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (GOOD[..., 0], r"shape \(3, 28, 28\)"),
        (GOOD.transpose(0, 3, 1, 2), r"shape \(3, 1, 28, 28\)"),
        (GOOD.astype("uint8"), "dtype uint8"),
        (GOOD + 1.5, "range from 1.5 to 1.5"),
        (GOOD * np.nan, "range from nan"),
        (GOOD[:1], "1 images are too few: at least 2"),
    ],
)
def test_validate_images(images, words):
    with pytest.raises(ValueError, match=words):
        data.validate_images(images, at_least=2)
    assert data.validate_images(GOOD, at_least=2) is GOOD
