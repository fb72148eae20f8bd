"""What tells copies from new points: against definitions, closed forms and known shares."""

from itertools import combinations, product
from math import dist, pi, sqrt

import numpy as np
import pytest

from generative_vision.audit import copying
from generative_vision.audit.copying import nearest


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# Neighbours


def neighbours_by_definition(views, train, own):
    rows = []
    for i in range(views.shape[1]):
        away = [
            (min(dist(view[i], point) for view in views), j)
            for j, point in enumerate(train)
            if own is None or j != own[i]
        ]
        (first, index), (second, _) = sorted(away)[:2]
        rows.append((first, second, index))
    return [np.array(column) for column in zip(*rows)]


@pytest.mark.parametrize("views", [1, 3])
@pytest.mark.parametrize(("n", "m", "d"), [(9, 14, 3), (14, 9, 1), (5, 2, 6)])
def test_neighbours_are_their_definition(views, n, m, d):
    points, train = normal(views, n, d), normal(m, d, seed=1)
    near = nearest(points, train)
    first, second, index = neighbours_by_definition(points, train, None)
    np.testing.assert_allclose(near.first, first, rtol=1e-12)
    np.testing.assert_allclose(near.second, second, rtol=1e-12)
    np.testing.assert_array_equal(near.index, index)


def test_a_training_point_is_not_its_own_neighbour():
    train = normal(12, 2)
    which = np.array([3, 0, 11])
    near = nearest(train[which], train, own=which)
    first, _, index = neighbours_by_definition(train[None, which], train, which)
    np.testing.assert_allclose(near.first, first, rtol=1e-12)
    np.testing.assert_array_equal(near.index, index)


def test_blocks_do_not_matter(monkeypatch):
    points, train = normal(2, 30, 3), normal(20, 3, seed=1)
    whole = nearest(points, train)
    monkeypatch.setattr(copying, "BLOCK", 70)  # three rows at a time
    np.testing.assert_array_equal(nearest(points, train).ratios, whole.ratios)


def test_points_far_from_the_origin_keep_their_distances():
    train = 1e5 + normal(40, 3)
    near = nearest(train[:5] + np.array([1e-4, 0, 0]), train)
    np.testing.assert_allclose(near.first, 1e-4, rtol=1e-4)


def test_ratios_and_copies_by_hand():
    train = np.array([[0.0], [4.0], [100.0]])
    near = nearest(np.array([[0.0], [0.9], [1.1], [2.0]]), train)
    np.testing.assert_allclose(near.ratios, [0, 0.9 / 3.1, 1.1 / 2.9, 1])
    np.testing.assert_array_equal(near.copied, [True, True, False, False])


def test_a_copy_of_twins_is_a_copy():
    train = np.array([[0.0], [0.0], [1.0]])
    assert nearest(np.array([[0.0]]), train).copied.all()


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("r", [1 / 3, 0.6])
def test_a_new_point_has_a_ratio_below_r_with_probability_r_to_the_d(d, r):
    rng = np.random.default_rng(d)
    train = rng.uniform(-1, 1, (6000, d))
    near = nearest(rng.uniform(-0.6, 0.6, (4000, d)), train)  # away from the edge
    assert (near.ratios < r).mean() == pytest.approx(r**d, abs=0.03)


@pytest.mark.parametrize(
    ("points", "train", "own", "words"),
    [
        (normal(3), normal(5, 3), None, r"points have shape \(3,\)"),
        (normal(0, 4, 3), normal(5, 3), None, "points have shape"),
        (normal(4, 3), normal(5, 2), None, "3 and 2 features"),
        (normal(4, 3), normal(1, 3), None, "1 training points are too few: 2"),
        (normal(2, 3), normal(2, 3), np.arange(2), "2 training points are too few: 3"),
        (np.stack([normal(4, 3), np.full((4, 3), np.nan)]), normal(5, 3), None, "NaN"),
    ],
)
def test_wrong_points_are_named(points, train, own, words):
    with pytest.raises(ValueError, match=words):
        nearest(points, train, own)


# The copied share


def test_the_share_by_hand():
    share, (low, high) = copying.excess_share(60, 100, 20, 100)
    assert share == pytest.approx(0.5)  # ½ + ½ · 0.2 = 0.6
    assert low < 0.5 < high


def test_without_chance_the_interval_is_nearly_wilsons():
    _, (low, high) = copying.excess_share(50, 1000, 0, 10**9)
    n, z = 1000, copying.Z
    ends = np.roots([1 + z * z / n, -(2 * 0.05 + z * z / n), 0.05**2])  # (p − p̂)² = z² p (1 − p)/n
    assert (low, high) == pytest.approx(tuple(sorted(ends)), abs=1e-6)


@pytest.mark.parametrize("truth", [0.0, 0.01, 0.05, 0.4, 0.98])
@pytest.mark.parametrize("chance", [0.0, 0.01, 0.3])
def test_the_interval_holds_the_share_in_99_percent(truth, chance):
    rng = np.random.default_rng(0)
    seen = rng.binomial(1000, truth + (1 - truth) * chance, 1000)
    intervals = [
        copying.excess_share(a, 1000, b, 1000)[1]
        for a, b in zip(seen, rng.binomial(1000, chance, 1000))
    ]
    assert np.mean([low <= truth <= high for low, high in intervals]) >= 0.98


@pytest.mark.parametrize("chance", [0.0, 0.001, 0.01, 0.3])
def test_an_honest_model_is_hardly_ever_accused(chance):
    counts = np.random.default_rng(1).binomial(1000, chance, (2000, 2))
    accused = [copying.excess_share(a, 1000, b, 1000)[1][0] > 0 for a, b in counts]
    assert np.mean(accused) <= 0.01


def test_a_model_that_copies_one_image_in_twenty_does_not_pass():
    seen = np.random.default_rng(2).binomial(1000, 0.05, 2000)
    caught = [copying.excess_share(count, 1000, 0, 1000)[1][0] > 0 for count in seen]
    assert np.mean(caught) == 1


def test_all_copied_is_a_share_of_one():
    share, (low, high) = copying.excess_share(200, 200, 3, 200)
    assert share == 1
    assert 0.9 < low < high == 1


def test_features_that_cannot_tell_are_refused():
    with pytest.raises(ValueError, match="All 50 held-out points look copied"):
        copying.excess_share(10, 100, 50, 50)


def test_the_visible_share_is_the_first_whose_interval_lies_above_0():
    visible = copying.visible_share(1000, 0, 1000)
    count = round(1000 * visible)
    assert copying.excess_share(count, 1000, 0, 1000)[1][0] > 0
    assert copying.excess_share(count - 1, 1000, 0, 1000)[1][0] <= 0


def test_more_images_make_smaller_shares_visible():
    shares = [copying.visible_share(n, 0, n) for n in (100, 300, 1000, 3000)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 5 * shares[-1]


# Two samples of numbers

SAMPLES = [
    (normal(8), normal(11, seed=1)),
    (np.array([1.0, 2, 2, 3]), np.array([2.0, 2, 5])),
    (np.zeros(3), np.zeros(4)),
]


@pytest.mark.parametrize(("a", "b"), SAMPLES)
def test_superiority_counts_pairs(a, b):
    pairs = [1.0 if x > y else 0.5 if x == y else 0.0 for x, y in product(a, b)]
    assert copying.superiority(a, b) == pytest.approx(np.mean(pairs))


@pytest.mark.parametrize("a", [normal(7), np.array([1.0, 1, 2, 2, 2, 3, 9])], ids=["", "ties"])
def test_z_has_mean_0_and_variance_1_over_all_ways_to_split(a):
    scores = []
    for chosen in map(list, combinations(range(7), 3)):
        rest = np.delete(a, chosen)
        scores.append(copying.mann_whitney(a[chosen], rest))
    assert np.mean(scores) == pytest.approx(0, abs=1e-12)
    assert np.mean(np.square(scores)) == pytest.approx(1)


@pytest.mark.parametrize(("a", "b"), SAMPLES[:2])
def test_z_is_scipys(a, b):
    stats = pytest.importorskip("scipy.stats")
    found = stats.mannwhitneyu(a, b, use_continuity=False, alternative="less", method="asymptotic")
    assert copying.mann_whitney(a, b) == pytest.approx(stats.norm.ppf(found.pvalue))


def test_z_of_one_value_alone_is_0():
    assert copying.mann_whitney(np.zeros(3), np.zeros(4)) == 0


# The data-copying test


def cells_of(k, n):
    return np.arange(n) % k


def test_in_one_cell_the_test_is_mann_whitneys():
    a, b = normal(20), normal(30, seed=1)
    found = copying.data_copying(a, b, cells_of(1, 20), cells_of(1, 30))
    assert found == copying.mann_whitney(a, b)


def test_cells_weigh_by_their_held_out_points():
    a, b = normal(20), normal(40, seed=1)
    ours, theirs = cells_of(2, 20), np.repeat([0, 1], [30, 10])
    each = [copying.mann_whitney(a[ours == i], b[theirs == i]) for i in (0, 1)]
    assert copying.data_copying(a, b, ours, theirs) == pytest.approx(
        0.75 * each[0] + 0.25 * each[1]
    )


def test_a_cell_of_few_points_is_left_out():
    a, b = normal(24), normal(40, seed=1)
    ours, theirs = np.repeat([0, 1], [20, 4]), cells_of(2, 40)
    expected = copying.mann_whitney(a[:20], b[theirs == 0])
    assert copying.data_copying(a, b, ours, theirs) == pytest.approx(expected)


def test_without_any_cell_all_points_are_one():
    a, b = normal(20), normal(30, seed=1)
    found = copying.data_copying(a, b, np.zeros(20, int), np.ones(30, int))
    assert found == copying.mann_whitney(a, b)


def test_equal_distributions_have_the_mean_of_k_standard_normals():
    rng, k = np.random.default_rng(0), 4
    cells = cells_of(k, 200)
    found = [
        copying.data_copying(*rng.exponential(size=(2, 200)), cells, cells) for _ in range(1000)
    ]
    assert np.mean(found) == pytest.approx(0, abs=4 * 0.5 / sqrt(1000))
    assert np.std(found) == pytest.approx(1 / sqrt(k), rel=0.1)


def test_copies_lie_far_below_0_and_poor_points_far_above():
    train, test, new = normal(3, 400, 4)
    held_out = nearest(test, train).first
    one = np.zeros(400, int)
    for points, low, high in [(train + 1e-3, -30, -20), (3 * new, 5, 30), (new, -2.6, 2.6)]:
        assert low < copying.data_copying(nearest(points, train).first, held_out, one, one) < high


# Authenticity


def authentic_share(d):
    rng = np.random.default_rng(d)
    train = rng.uniform(-1, 1, (6000, d))
    near = nearest(rng.uniform(-0.6, 0.6, (4000, d)), train)
    spacing = nearest(train[near.index], train, own=near.index).first
    return copying.authentic(near, spacing).mean()


def test_one_new_point_in_three_is_authentic_on_a_line():
    """It lies between two points, and the nearest one's other gap is longer in 2 of 3 cases."""
    assert authentic_share(1) == pytest.approx(1 / 3, abs=0.03)


def test_in_a_plane_the_share_is_that_of_neighbours_who_are_not_each_others_nearest():
    mutual = 6 * pi / (8 * pi + 3 * sqrt(3))
    assert authentic_share(2) == pytest.approx(1 - mutual, abs=0.03)


def test_a_copy_is_not_authentic():
    train = normal(50, 3)
    near = nearest(train[:10] + 1e-6, train)
    spacing = nearest(train[near.index], train, own=near.index).first
    assert not copying.authentic(near, spacing).any()


# Nulls


def test_a_null_is_that_of_a_difference_of_two_means():
    values = normal(400)
    low, high = copying.null(
        lambda a, b: values[a].mean() - values[b].mean(), 100, 400, np.random.default_rng(0), 4000
    )
    end = copying.Z * values.std() * sqrt(1 / 100 + 1 / 400)
    assert (low, high) == pytest.approx((-end, end), rel=0.12)


def test_new_points_lie_outside_their_null_once_in_a_hundred():
    rng, outside = np.random.default_rng(0), []
    for _ in range(300):
        new, held_out = rng.normal(size=(2, 100))
        low, high = copying.null(
            lambda a, b, x=held_out: copying.superiority(x[a], x[b]), 100, 100, rng, 300
        )
        outside.append(not low <= copying.superiority(new, held_out) <= high)
    assert np.mean(outside) <= 0.04
