"""k-means, and models that are told groups in place of labels."""

from itertools import pairwise
from math import dist

import numpy as np
import pytest

from generative_vision.models.conditioning import encode_condition, resolve_condition, row_size
from generative_vision.models.gan import GAN
from generative_vision.models.groups import k_means, lloyd, nearest_centre
from generative_vision.models.latent_flow import LatentFlow


@pytest.fixture
def blobs():
    """Return 400 points about four corners, and the corner of each."""
    rng = np.random.default_rng(0)
    corner = rng.integers(4, size=400)
    corners = np.array([[0, 0], [0, 9], [9, 0], [9, 9]])
    return corners[corner] + rng.normal(size=(400, 2)), corner


def spread_within(points, groups):
    """Return the mean squared distance of points to the mean of their group."""
    means = np.stack([points[groups == group].mean(axis=0) for group in groups])
    return np.square(points - means).sum(axis=1).mean()


def test_one_of_several_starts_finds_corners(blobs):
    points, corner = blobs
    found = [k_means(points, 4, seed=seed) for seed in range(8)]
    best = min(found, key=lambda groups: spread_within(points, groups))
    pairs = {(int(a), int(b)) for a, b in zip(best, corner, strict=True)}
    assert len(pairs) == 4  # each group is one corner


def test_more_steps_never_raise_the_spread(blobs):
    points, _ = blobs
    spreads = [
        spread_within(points, k_means(points, 9, seed=3, steps=steps)) for steps in range(1, 12)
    ]
    assert all(later <= before + 1e-6 for before, later in pairwise(spreads))
    assert spreads[-1] < 0.95 * spreads[0]


def test_every_point_is_in_the_group_of_its_nearest_centre(blobs):
    points, _ = blobs
    groups = k_means(points, 4, seed=1, steps=60)  # the steps have come to rest
    centres = np.stack([points[groups == group].mean(axis=0) for group in range(4)])
    nearest = np.square(points[:, None] - centres).sum(axis=2).argmin(axis=1)
    assert np.array_equal(groups, nearest)


def test_equal_points_leave_groups_without_members():
    assert np.unique(k_means(np.ones((5, 3)), 3, seed=0)).tolist() == [0]


def test_as_many_groups_as_points():
    points = np.arange(6.0)[:, None] ** 2
    assert sorted(k_means(points, 6, seed=0)) == list(range(6))


@pytest.mark.parametrize("offset", [1e5, 1e9])
def test_groups_do_not_depend_on_where_zero_is(blobs, offset):
    points, _ = blobs
    assert np.array_equal(k_means(points + offset, 4, seed=1), k_means(points, 4, seed=1))


def test_whole_numbers_may_be_of_any_type(blobs):
    points, _ = blobs
    found = k_means(points, 5.0, seed=2, steps=np.int64(15))
    assert np.array_equal(found, k_means(points, 5, seed=2))


def test_same_seed_same_groups(blobs):
    points, _ = blobs
    assert np.array_equal(k_means(points, 5, seed=2), k_means(points, 5, seed=2))


@pytest.mark.parametrize(
    ("points", "k", "word"),
    [
        (np.ones(4), 2, "shape"),
        (np.full((4, 2), np.nan), 2, "finite"),
        (np.ones((4, 2)), 5, "at most 4"),
        (np.ones((4, 2)), 0, "at least 1"),
        (np.ones((4, 2)), 2.5, "whole"),
    ],
)
def test_bad_points_are_named(points, k, word):
    with pytest.raises(ValueError, match=word):
        k_means(points, k, seed=0)


def test_groups_become_rows():
    assert row_size(12) == 12
    assert np.array_equal(encode_condition(12, [11, 0], 2), np.eye(12)[[11, 0]])
    assert np.array_equal(encode_condition(12, 3, 2), np.eye(12)[[3, 3]])


def test_rows_of_groups_stay_as_they_are():
    rows = encode_condition(12, [11, 0], 2)
    assert np.array_equal(encode_condition(12, rows, 2), rows)


@pytest.mark.parametrize("given", [[0, 12], [-1, 0], [0.5, 1], ["a bag", "a bag"], np.ones((2, 7))])
def test_unknown_groups_are_refused(given):
    with pytest.raises(ValueError, match="from 0 to 11"):
        encode_condition(12, given, 2)


@pytest.mark.parametrize("condition", [1, 0, -3, True])
def test_a_single_group_is_refused(condition):
    with pytest.raises(ValueError, match="at least 2"):
        GAN(4, condition=condition)


@pytest.mark.parametrize("condition", [12.0, "gruops"])
def test_a_message_says_that_groups_are_counted(condition):
    with pytest.raises(ValueError, match=r"'captions', or how many groups"):
        GAN(4, condition=condition)


def test_their_number_may_come_from_numpy(tmp_path):
    import keras

    model = GAN(4, condition=np.array([0, 11]).max() + 1)
    model.save(tmp_path / "model.keras")
    assert keras.models.load_model(tmp_path / "model.keras").condition == 12


def test_wrong_number_of_groups_is_named():
    with pytest.raises(ValueError, match="3 groups for 2 images"):
        encode_condition(12, [0, 1, 2], 2)


def test_groups_are_drawn_evenly_where_none_is_given():
    rows = resolve_condition(12, None, None, 6000, seed=0)
    assert abs(rows.mean(axis=0) - 1 / 12).max() < 0.02


@pytest.mark.parametrize("make", [GAN, LatentFlow])
def test_models_hear_groups(make, images, tmp_path):
    import keras

    groups = np.arange(len(images)) % 12
    model = make(condition=12)
    model.compile(optimizer="adam")
    model.fit(images, groups, batch_size=20, verbose=0)
    drawn = model.sample(4, seed=1, labels=[0, 5, 11, 11])
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert np.allclose(again.sample(4, seed=1, labels=[0, 5, 11, 11]), drawn, atol=1e-5)


def test_missing_groups_are_asked_for():
    with pytest.raises(ValueError, match=r"it needs groups, as in fit\(x, groups\)"):
        encode_condition(12, None, 2)


def test_centres_are_the_means_of_their_groups(blobs):
    points, _ = blobs
    centres = lloyd(points, 3, np.random.default_rng(0), steps=50)
    groups = nearest_centre(points, centres)
    assert len(set(groups)) > 1
    for group in set(groups):
        np.testing.assert_allclose(centres[group], points[groups == group].mean(axis=0))


def test_the_nearest_centre_by_definition(blobs):
    points, centres = blobs[0][:30], blobs[0][30:34]
    expected = [min(range(4), key=lambda i, x=x: dist(x, centres[i])) for x in points]
    np.testing.assert_array_equal(nearest_centre(points, centres), expected)
