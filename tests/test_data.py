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
    parts = "LICENSE", "t10k-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz"
    for name in ("manifest.toml", *(f"fashion_mnist/{part}" for part in parts)):
        shutil.copy(data.ASSETS / name, folder / name)
    monkeypatch.setattr(data, "ASSETS", folder)
    return folder


@pytest.mark.parametrize(("split", "n"), [("train", 60_000), ("test", 10_000)])
def test_shapes_ranges_and_balance(split, n):
    images, labels = data.load_fashion_mnist(split)
    assert images.shape == (n, 28, 28, 1)
    assert images.dtype == np.float32
    assert images.min() == -1
    assert images.max() == 1
    assert labels.dtype == np.int64
    assert (np.bincount(labels) == n // 10).all()


def test_known_facts_of_the_data():
    images, labels = data.load_fashion_mnist("train")
    assert labels[:10].tolist() == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]  # as published
    assert abs(images.mean() + 0.43) < 0.005
    assert abs(images.std() - 0.706) < 0.005


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


ANOTHER = "not the file that was shipped"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.write_bytes(path.read_bytes()[:-7]), ANOTHER),
        (lambda path: path.write_bytes(path.read_bytes()[:-1] + b"x"), ANOTHER),
        (lambda path: path.write_bytes(gzip.compress(bytes(10_008))), ANOTHER),
    ],
    ids=["missing", "truncated", "altered", "replaced"],
)
def test_damaged_file_is_named_with_a_remedy(own_assets, damage, words):
    damage(own_assets / LABELS)
    with pytest.raises(data.AssetError, match=words) as caught:
        data.load_fashion_mnist("test")
    assert "t10k-labels-idx1-ubyte.gz" in str(caught.value)
    assert "git checkout" in str(caught.value)


def test_file_without_licence(own_assets):
    (own_assets / "fashion_mnist/LICENSE").unlink()
    lines = (own_assets / "manifest.toml").read_text().split("[[file]]")
    few = [lines[0], *[line for line in lines if "t10k" in line]]
    (own_assets / "manifest.toml").write_text("[[file]]".join(few))
    with pytest.raises(data.AssetError, match="licence"):
        data.verify_assets()


def test_unlisted_asset():
    with pytest.raises(data.AssetError, match="secret.bin is not listed"):
        data.asset("secret.bin")
