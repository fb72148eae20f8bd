"""Measures of sets of features: against their published definitions, as loops, and closed forms."""

import tracemalloc
from math import dist, prod

import numpy as np
import pytest

from generative_vision import distances
from generative_vision.distances import frechet_distance, kernel_distance, neighbourhood_scores


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# The definitions


def frechet_by_definition(a, b):
    """The trace of (Σ₁Σ₂)^½ from the eigenvalues of the product, which is not symmetric."""
    (mean_a, cov_a), (mean_b, cov_b) = (
        (mean, sum(np.outer(x - mean, x - mean) for x in points) / (len(points) - 1))
        for points, mean in ((a, sum(a) / len(a)), (b, sum(b) / len(b)))
    )
    cross = np.sqrt(np.linalg.eigvals(cov_a @ cov_b).astype(complex)).real.sum()
    return sum((mean_a - mean_b) ** 2) + np.trace(cov_a + cov_b) - 2 * cross


def kernel_by_definition(a, b):
    def mean_of_kernel(pairs):
        return np.mean([(sum(x * y) / len(x) + 1) ** 3 for x, y in pairs])

    def others(points):
        return [(x, y) for i, x in enumerate(points) for j, y in enumerate(points) if i != j]

    across = mean_of_kernel([(x, y) for x in a for y in b])
    return mean_of_kernel(others(a)) + mean_of_kernel(others(b)) - 2 * across


def neighbourhoods_by_definition(real, fake, k):
    def radius(points, i):
        return sorted(dist(points[i], y) for j, y in enumerate(points) if j != i)[k - 1]

    def balls(points):
        return [(x, radius(points, i)) for i, x in enumerate(points)]

    real_balls, fake_balls = balls(real), balls(fake)
    return {
        "precision": np.mean([any(dist(y, x) <= r for x, r in real_balls) for y in fake]),
        "recall": np.mean([any(dist(x, y) <= r for y, r in fake_balls) for x in real]),
        "density": sum(dist(y, x) <= r for y in fake for x, r in real_balls) / (k * len(fake)),
        "coverage": np.mean([any(dist(y, x) <= r for y in fake) for x, r in real_balls]),
    }


SIZES = [(20, 20, 3), (14, 25, 2), (25, 14, 5), (15, 12, 1), (8, 9, 12)]


@pytest.fixture(params=SIZES, ids=str)
def sets(request):
    n, m, d = request.param
    mixed = normal(m, d, seed=1) @ normal(d, d, seed=2)
    return normal(n, d), 0.8 * mixed + 0.3


def test_frechet_distance_is_its_definition(sets):
    expected = frechet_by_definition(*sets)
    assert frechet_distance(*sets) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_kernel_distance_is_its_definition(sets):
    assert kernel_distance(*sets) == pytest.approx(kernel_by_definition(*sets), rel=1e-9)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_neighbourhoods_are_their_definitions(sets, k):
    expected = neighbourhoods_by_definition(*sets, k)
    assert neighbourhood_scores(*sets, k) == pytest.approx(expected, rel=1e-12)


def test_neighbourhoods_by_hand_where_points_lie_on_the_edge():
    real = np.array([[0.0], [1.0], [3.0], [8.0]])  # balls −1 … 1, 0 … 2, 1 … 5, 3 … 13
    fake = np.array([[-1.0], [0.0], [12.0], [13.0]])  # balls −2 … 0, −1 … 1, 11 … 13, 12 … 14
    expected = {"precision": 1.0, "recall": 0.5, "density": 1.25, "coverage": 0.75}
    assert neighbourhood_scores(real, fake, k=1) == expected


# Closed forms


def standardised(n, d):
    """Points whose sample mean is exactly 0 and whose sample covariance is exactly the identity."""
    points = normal(n, d)
    points -= points.mean(axis=0)
    return points @ np.linalg.inv(np.linalg.cholesky(np.cov(points, rowvar=False))).T


def test_frechet_distance_of_a_shift_is_its_square():
    a, shift = normal(50, 4), np.array([1.0, -2.0, 0.5, 0.0])
    assert frechet_distance(a, a + shift) == pytest.approx(5.25, rel=1e-9)


def test_frechet_distance_of_two_scales():
    points = standardised(60, 6)
    assert frechet_distance(2 * points, 0.5 * points) == pytest.approx(6 * 1.5**2, rel=1e-9)


def test_frechet_distance_in_one_dimension():
    points = normal(40, 1)
    mean, deviation = points.mean(), points.std(ddof=1)
    expected = (2 * mean - 1) ** 2 + 4 * deviation**2
    assert frechet_distance(points, 3 * points - 1) == pytest.approx(expected, rel=1e-9)


def test_frechet_distance_with_fewer_points_than_features():
    a, b = normal(5, 12), normal(6, 12, seed=1)
    assert frechet_distance(a, b) == pytest.approx(frechet_by_definition(a, b), abs=1e-5)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)


def test_frechet_distance_of_equal_distributions_is_its_noise_floor():
    n, m, variances = 600, 900, np.array([4.0, 2.0, 1.0, 0.5, 0.1])
    pairs = variances[:, None] * variances * (1 + np.eye(5)) / (variances[:, None] + variances)
    floor = (1 / n + 1 / m) * (variances.sum() + pairs.sum() / 2)
    rng = np.random.default_rng(0)

    def draw(size):
        return rng.normal(size=(size, 5)) * np.sqrt(variances)

    found = [frechet_distance(draw(n), draw(m)) for _ in range(300)]
    assert np.mean(found) == pytest.approx(floor, rel=0.06)


@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1.0), (0.5, 0.7)])
def test_kernel_distance_is_unbiased(shift, scale):
    """Expanded, the kernel in one dimension compares three moments: 3(Δm₁)² + 3(Δm₂)² + (Δm₃)²."""
    third = shift**3 + 3 * shift * scale**2
    expected = 3 * shift**2 + 3 * (shift**2 + scale**2 - 1) ** 2 + third**2
    draw = np.random.default_rng(0).normal
    found = [kernel_distance(draw(size=(9, 1)), draw(shift, scale, (6, 1))) for _ in range(8000)]
    assert abs(np.mean(found) - expected) < 4 * np.std(found) / np.sqrt(len(found))
    assert min(found) < 0


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize(("n", "m"), [(200, 200), (150, 60)])
def test_density_and_coverage_of_equal_distributions(n, m, k):
    all_real = prod((n - 1 - j) / (n + m - 1 - j) for j in range(k))  # a point's k nearest
    expected = 1 - all_real
    assert n != m or expected == pytest.approx(1 - 2**-k, abs=0.005)
    draw = np.random.default_rng(0).normal
    pairs = [(draw(size=(n, 2)), draw(size=(m, 2))) for _ in range(60)]
    found = [neighbourhood_scores(real, fake, k) for real, fake in pairs]
    for name, value in {"density": 1, "coverage": expected}.items():
        values = [scores[name] for scores in found]
        assert abs(np.mean(values) - value) < 4 * np.std(values) / np.sqrt(len(values)), name


def test_copies_are_perfect():
    points = normal(60, 8)
    scores = neighbourhood_scores(points, points)
    assert (scores["precision"], scores["recall"], scores["coverage"]) == (1, 1, 1)
    assert frechet_distance(points, points) == pytest.approx(0, abs=1e-9)
    assert kernel_distance(points, points) <= 0


def test_a_dropped_mode_costs_recall_and_coverage_but_no_precision():
    real, one, both = normal(400, 4), normal(400, 4, seed=1), normal(400, 4, seed=1)
    for points in (real, both):
        points[::2] += 50
    scores, dropped = neighbourhood_scores(real, both), neighbourhood_scores(real, one)
    assert dropped["precision"] >= scores["precision"] - 0.05
    assert dropped["density"] >= scores["density"] - 0.15
    assert dropped["recall"] <= 0.5 < 0.8 < scores["recall"]
    assert dropped["coverage"] <= 0.5 < 0.9 < scores["coverage"]


def test_far_away_images_score_nothing():
    assert set(neighbourhood_scores(normal(30, 3), normal(30, 3, seed=1) + 100).values()) == {0.0}


# Copies: balls of radius 0


def repeated(n=20, times=10, d=64, scale=0.01, place=7.3):
    """A set in which each point occurs more often than k times."""
    return np.repeat(normal(n, d) * scale + place, times, axis=0)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("scale", "place"), [(0.01, 7.3), (1.0, 0.0), (100.0, -3e4), (1e-6, 1.0)])
def test_copies_of_copies_are_inside(seed, scale, place):
    """Rounding at radius 0 must not leave them outside: precision was 0.6 to 0.8 here."""
    real = repeated(scale=scale, place=place)
    fake = real[np.random.default_rng(seed).permutation(200)[:100]]
    scores = neighbourhood_scores(real, fake)
    drawn = (real == fake[:, None]).all(axis=2).any(axis=0)  # points of which there is a copy
    assert scores["precision"] == 1
    assert scores["coverage"] == drawn.mean()
    assert scores["density"] == 10 / 5  # each lies in the balls of its ten copies
    assert scores["recall"] >= drawn.mean()


def test_recall_of_copies():
    """The other way round: real points once each, fakes repeated."""
    fake = repeated()
    scores = neighbourhood_scores(fake[::10], fake)
    assert scores["recall"] == 1
    assert scores["precision"] == 1


def test_where_all_points_are_one_the_density_is_that_of_n_balls():
    one = np.ones((200, 64))
    scores = neighbourhood_scores(one, one)
    assert scores == {"precision": 1, "recall": 1, "density": 200 / 5, "coverage": 1}


NOTHING = {"precision": 0, "recall": 0, "density": 0, "coverage": 0}


def moved(points, away):
    direction = normal(1, points.shape[1], seed=1)
    return points + away * direction / np.linalg.norm(direction)


@pytest.mark.parametrize("away", [1e-6, 1e-4, 1.0, 100.0])
def test_a_ball_of_radius_0_holds_nothing_else(away):
    """The points of either set are about 0.1 apart."""
    real = repeated()
    assert neighbourhood_scores(real, moved(real, away)) == NOTHING


def test_one_point_far_away_does_not_open_the_balls_of_the_others():
    """Rounding grows with the largest numbers of the sets; the points are about 10 apart."""
    real = repeated(scale=1.0, place=0.0)
    real[0] = 1e3
    scores = neighbourhood_scores(real, moved(real[10:], 0.01))
    assert scores["precision"] == 0
    assert scores["recall"] == 0


@pytest.mark.parametrize(("away", "inside"), [(1 - 1e-6, 1), (1.0, 1), (1 + 1e-6, 0), (1.5, 0)])
@pytest.mark.parametrize("place", [0.0, 7.3, 1e3])
def test_a_ball_ends_at_its_edge(away, inside, place):
    """Four points at the corners of a square with sides 1: with k = 1 each ball has radius 1."""
    square = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]) + place
    fake = np.array([[-away, 0.0], [-away - 9, 0.0]]) + place
    assert neighbourhood_scores(square, fake, k=1)["density"] == inside / 2


# Symmetries and blocks


def everything(a, b):
    distances = {"fcd": frechet_distance(a, b), "kcd": kernel_distance(a, b)}
    return distances | neighbourhood_scores(a, b, 3)


def test_exchanging_the_sets(sets):
    (a, b), k = sets, 3
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-6, abs=1e-6)
    assert kernel_distance(a, b) == pytest.approx(kernel_distance(b, a), rel=1e-9)
    there, back = neighbourhood_scores(a, b, k), neighbourhood_scores(b, a, k)
    assert (there["precision"], there["recall"]) == (back["recall"], back["precision"])


def test_the_order_of_rows_does_not_matter(sets):
    rng = np.random.default_rng(0)
    shuffled = [rng.permutation(points) for points in sets]
    assert everything(*shuffled) == pytest.approx(everything(*sets), rel=1e-6)


@pytest.mark.parametrize("block", [1, 45, 100])
def test_blocks_of_any_size_give_the_same(sets, monkeypatch, block):
    expected = everything(*sets)
    monkeypatch.setattr(distances, "BLOCK", block)
    assert everything(*sets) == pytest.approx(expected, rel=1e-9)


def test_the_callers_features_are_left_as_they_are(sets):
    before = [points.copy() for points in sets]
    everything(*sets)
    assert all((points == copy).all() for points, copy in zip(sets, before))


def test_distances_survive_features_far_from_zero(sets):
    a, b = sets
    assert neighbourhood_scores(a + 1e7, b + 1e7, 2) == pytest.approx(neighbourhood_scores(a, b, 2))


@pytest.mark.parametrize("measure", [neighbourhood_scores, kernel_distance])
def test_memory_does_not_grow_with_the_square(monkeypatch, measure):
    monkeypatch.setattr(distances, "BLOCK", 100_000)  # 0.8 MB; all distances at once would be 72
    sets = normal(3000, 4), normal(3000, 4, seed=1)
    tracemalloc.start()
    try:
        measure(*sets)
        assert tracemalloc.get_traced_memory()[1] < 6e6
    finally:
        tracemalloc.stop()


# Wrong input

FINE = normal(9, 3)
LARGEST = np.isclose(FINE, FINE.max())
ONE_INFINITE = np.where(LARGEST, -np.inf, FINE)
WRONG_FEATURES = [
    (np.zeros(9), FINE, r"first set has shape \(9,\); expected features \(n, d\)"),
    (FINE, np.zeros((9, 3, 1)), r"second set has shape \(9, 3, 1\); expected features"),
    (np.zeros((9, 0)), np.zeros((9, 0)), r"first set has shape \(9, 0\); expected features"),
    (FINE[:1], FINE, "first set has 1 rows; at least [26] are needed"),
    (FINE, FINE[:1], "second set has 1 rows; at least [26] are needed"),
    (FINE, np.where(LARGEST, np.nan, FINE), "second set has values that are NaN"),
    (ONE_INFINITE, FINE, "first set has values that are NaN or infinite"),
    (FINE, FINE[:, :2], "have 3 and 2 features; expected equal numbers"),
]


@pytest.mark.parametrize("measure", [frechet_distance, kernel_distance, neighbourhood_scores])
@pytest.mark.parametrize(("a", "b", "words"), WRONG_FEATURES)
def test_wrong_features_are_named(measure, a, b, words):
    with pytest.raises(ValueError, match=words):
        measure(a, b)


@pytest.mark.parametrize("k", [0, -1, 1.0, True, "5", None, [5]])
def test_a_wrong_k_is_named(k):
    with pytest.raises(ValueError, match="k=.*expected a whole number, 1 or more"):
        neighbourhood_scores(FINE, FINE, k)


@pytest.mark.parametrize("few", ["first", "second"])
def test_a_neighbourhood_needs_more_points_than_k(few):
    sets = (FINE[:4], FINE) if few == "first" else (FINE, FINE[:4])
    assert neighbourhood_scores(*sets, k=3)
    with pytest.raises(ValueError, match=f"{few} set has 4 rows; at least 5 are needed"):
        neighbourhood_scores(*sets, k=4)
