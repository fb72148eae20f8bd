"""The measures against their published definitions, written as loops, and against closed forms; evaluate on real images."""

import tracemalloc
from functools import cache
from math import dist, prod

import numpy as np
import pytest

from generative_vision import data, metrics, training
from generative_vision.metrics import frechet_distance, kernel_distance, neighbourhood_scores


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

    return mean_of_kernel(others(a)) + mean_of_kernel(others(b)) - 2 * mean_of_kernel([(x, y) for x in a for y in b])


def neighbourhoods_by_definition(real, fake, k):
    def balls(points):
        return [(x, sorted(dist(x, y) for j, y in enumerate(points) if j != i)[k - 1]) for i, x in enumerate(points)]

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
    assert frechet_distance(*sets) == pytest.approx(frechet_by_definition(*sets), rel=1e-6, abs=1e-6)


def test_kernel_distance_is_its_definition(sets):
    assert kernel_distance(*sets) == pytest.approx(kernel_by_definition(*sets), rel=1e-9)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_neighbourhoods_are_their_definitions(sets, k):
    assert neighbourhood_scores(*sets, k) == pytest.approx(neighbourhoods_by_definition(*sets, k), rel=1e-12)


def test_neighbourhoods_by_hand_where_points_lie_on_the_edge():
    real = np.array([[0.0], [1.0], [3.0], [8.0]])  # balls −1 … 1, 0 … 2, 1 … 5, 3 … 13
    fake = np.array([[-1.0], [0.0], [12.0], [13.0]])  # balls −2 … 0, −1 … 1, 11 … 13, 12 … 14
    assert neighbourhood_scores(real, fake, k=1) == {"precision": 1.0, "recall": 0.5, "density": 1.25, "coverage": 0.75}


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
    assert frechet_distance(points, 3 * points - 1) == pytest.approx((2 * mean - 1) ** 2 + 4 * deviation**2, rel=1e-9)


def test_frechet_distance_with_fewer_points_than_features():
    a, b = normal(5, 12), normal(6, 12, seed=1)
    assert frechet_distance(a, b) == pytest.approx(frechet_by_definition(a, b), abs=1e-5)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)


def test_frechet_distance_of_equal_distributions_is_its_noise_floor():
    n, m, variances = 600, 900, np.array([4.0, 2.0, 1.0, 0.5, 0.1])
    pairs = variances[:, None] * variances * (1 + np.eye(5)) / (variances[:, None] + variances)
    floor = (1 / n + 1 / m) * (variances.sum() + pairs.sum() / 2)
    rng = np.random.default_rng(0)
    found = [frechet_distance(*(rng.normal(size=(size, 5)) * np.sqrt(variances) for size in (n, m))) for _ in range(300)]
    assert np.mean(found) == pytest.approx(floor, rel=0.06)


@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1.0), (0.5, 0.7)])
def test_kernel_distance_is_unbiased(shift, scale):
    """Expanded, the kernel in one dimension compares three moments: 3(Δm₁)² + 3(Δm₂)² + (Δm₃)²."""
    expected = 3 * shift**2 + 3 * (shift**2 + scale**2 - 1) ** 2 + (shift**3 + 3 * shift * scale**2) ** 2
    rng = np.random.default_rng(0)
    found = [kernel_distance(rng.normal(size=(9, 1)), rng.normal(shift, scale, (6, 1))) for _ in range(8000)]
    assert abs(np.mean(found) - expected) < 4 * np.std(found) / np.sqrt(len(found))
    assert min(found) < 0


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize(("n", "m"), [(200, 200), (150, 60)])
def test_density_and_coverage_of_equal_distributions(n, m, k):
    expected = 1 - prod((n - 1 - j) / (n + m - 1 - j) for j in range(k))  # unless a point's k nearest are all real
    assert n != m or expected == pytest.approx(1 - 2**-k, abs=0.005)
    rng = np.random.default_rng(0)
    found = [neighbourhood_scores(rng.normal(size=(n, 2)), rng.normal(size=(m, 2)), k) for _ in range(60)]
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


# Symmetries and blocks


def everything(a, b):
    return {"fcd": frechet_distance(a, b), "kcd": kernel_distance(a, b), **neighbourhood_scores(a, b, 3)}


def test_exchanging_the_sets(sets):
    (a, b), k = sets, 3
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-6, abs=1e-6)
    assert kernel_distance(a, b) == pytest.approx(kernel_distance(b, a), rel=1e-9)
    there, back = neighbourhood_scores(a, b, k), neighbourhood_scores(b, a, k)
    assert (there["precision"], there["recall"]) == (back["recall"], back["precision"])


def test_the_order_of_rows_does_not_matter(sets):
    rng = np.random.default_rng(0)
    assert everything(*(rng.permutation(points) for points in sets)) == pytest.approx(everything(*sets), rel=1e-6)


@pytest.mark.parametrize("block", [1, 45, 100])
def test_blocks_of_any_size_give_the_same(sets, monkeypatch, block):
    expected = everything(*sets)
    monkeypatch.setattr(metrics, "_BLOCK", block)
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
    monkeypatch.setattr(metrics, "_BLOCK", 100_000)  # 0.8 MB; all distances at once would be 72
    sets = normal(3000, 4), normal(3000, 4, seed=1)
    tracemalloc.start()
    try:
        measure(*sets)
        assert tracemalloc.get_traced_memory()[1] < 6e6
    finally:
        tracemalloc.stop()


# Wrong input

FINE = normal(9, 3)
WRONG_FEATURES = [
    (np.zeros(9), FINE, r"first set has shape \(9,\); expected features \(n, d\)"),
    (FINE, np.zeros((9, 3, 1)), r"second set has shape \(9, 3, 1\); expected features"),
    (np.zeros((9, 0)), np.zeros((9, 0)), r"first set has shape \(9, 0\); expected features"),
    (FINE[:1], FINE, "first set has 1 rows; at least [26] are needed"),
    (FINE, FINE[:1], "second set has 1 rows; at least [26] are needed"),
    (FINE, np.where(FINE == FINE.max(), np.nan, FINE), "second set has values that are NaN"),
    (np.where(FINE == FINE.max(), -np.inf, FINE), FINE, "first set has values that are NaN or infinite"),
    (FINE, FINE[:, :2], "have 3 and 2 features; expected equal numbers"),
]


@pytest.mark.parametrize("measure", [frechet_distance, kernel_distance, neighbourhood_scores])
@pytest.mark.parametrize(("a", "b", "words"), WRONG_FEATURES)
def test_wrong_features_are_named(measure, a, b, words):
    with pytest.raises(ValueError, match=words):
        measure(a, b)


@pytest.mark.parametrize("k", [0, -1, 1.0, True, "5", None, [5]])
@pytest.mark.parametrize("call", [lambda k: neighbourhood_scores(FINE, FINE, k), lambda k: metrics.evaluate(grey(65), k=k)])
def test_a_wrong_k_is_named(call, k):
    with pytest.raises(ValueError, match="k=.*expected a whole number, 1 or more"):
        call(k)


@pytest.mark.parametrize("few", ["first", "second"])
def test_a_neighbourhood_needs_more_points_than_k(few):
    sets = (FINE[:4], FINE) if few == "first" else (FINE, FINE[:4])
    assert neighbourhood_scores(*sets, k=3)
    with pytest.raises(ValueError, match=f"{few} set has 4 rows; at least 5 are needed"):
        neighbourhood_scores(*sets, k=4)


# Images


def grey(n, value=0.0):
    return np.broadcast_to(np.float32(value), (n, 28, 28, 1))


WRONG_IMAGES = [
    (lambda: metrics.evaluate(np.zeros((100, 28, 28), "float32")), r"shape \(100, 28, 28\); expected float images"),
    (lambda: metrics.evaluate(np.zeros((100, 28, 28, 1), "uint8")), "dtype uint8"),
    (lambda: metrics.evaluate(grey(100, 255)), "range from 255 to 255"),
    (lambda: metrics.evaluate(grey(100, np.nan)), "nan"),
    (lambda: metrics.evaluate(grey(64)), "64 images are too few: at least 65"),
    (lambda: metrics.evaluate(grey(60_001)), "60,001 images: expected 60,000 or fewer"),
    (lambda: metrics.evaluate(grey(65), k=65), "65 rows; at least 66"),
    (lambda: metrics.features(grey(2, 1.1)), "1.1"),
    (lambda: metrics.classify(np.zeros((2, 28, 28, 3), "float32")), r"\(2, 28, 28, 3\)"),
    (lambda: metrics.class_shares(grey(0)), "too few"),
]


@pytest.mark.parametrize(("call", "words"), WRONG_IMAGES)
def test_wrong_images_are_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.fixture(scope="module")
def unseen():
    return data.load_fashion_mnist("test")


@pytest.fixture(scope="module")
def train():
    images, labels = data.load_fashion_mnist("train")
    return images[:10_000], labels[:10_000]


def test_the_classifier_knows_the_classes(unseen):
    images, labels = unseen
    answers = metrics.classify(images)
    assert answers.shape == (10_000, 10) and answers.dtype == np.float32
    assert answers.min() >= 0 and answers.sum(axis=1) == pytest.approx(np.ones(10_000), abs=1e-5)
    assert (answers.argmax(axis=1) == labels).mean() >= 0.92


def test_the_rarest_class_of_scores_is_that_of_the_shares():
    images, labels = data.load_fashion_mnist("test")
    images = images[(labels != 3) & (np.arange(len(labels)) < 1200)]  # hardly a dress
    scores = metrics.evaluate(images)
    assert scores.rarest == metrics.class_shares(images).min() < 0.04
    assert 0.08 < scores.floor.rarest <= 0.1


def test_class_shares(unseen):
    images, labels = unseen
    shares = metrics.class_shares(images)
    assert shares.shape == (10,) and shares.sum() == pytest.approx(1)
    assert shares == pytest.approx(np.full(10, 0.1), abs=0.01)
    assert metrics.class_shares(images[labels == 1])[1] > 0.95
    assert metrics.class_shares(images[labels == 1][:3]) == pytest.approx(np.eye(10)[1])


def test_features_are_standardised(train):
    found = metrics.features(train[0])
    assert found.shape == (10_000, 64) and found.dtype == np.float32
    assert found.mean(axis=0) == pytest.approx(np.zeros(64), abs=0.05)
    assert found.std(axis=0) == pytest.approx(np.ones(64), abs=0.05)


def test_standardising_anew(unseen):
    model = training.pretrained("classifier")
    model.standardise(unseen[0][:300])
    found = model.features(unseen[0][:300])
    assert found.mean(axis=0) == pytest.approx(np.zeros(64), abs=1e-4)
    assert found.std(axis=0) == pytest.approx(np.ones(64), abs=1e-4)


def test_answers_rest_on_the_features_alone(unseen):
    images = unseen[0][:50]
    model = training.pretrained("classifier")
    kernel, bias = model.head.get_weights()
    logits = (metrics.features(images) * np.asarray(model.std) + np.asarray(model.mean)) @ kernel + bias
    answers = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert metrics.classify(images) == pytest.approx(answers, abs=1e-4)


def test_features_do_not_depend_on_the_precision_of_training(unseen):
    import keras

    images = unseen[0][:500]
    before = keras.config.dtype_policy()
    found = []
    try:
        for policy in ("float32", "mixed_bfloat16"):
            keras.config.set_dtype_policy(policy)
            model = training.pretrained("classifier")
            found.append((model.features(images), model.probabilities(images)))
    finally:
        keras.config.set_dtype_policy(before)
    assert all((one == other).all() and other.dtype == np.float32 for one, other in zip(*found))


def test_real_images_score_as_the_floor_does(train):
    scores = metrics.evaluate(train[0][:2000])
    assert scores.floor.n == 2000 and scores.floor.floor is None
    assert scores.fcd == pytest.approx(scores.floor.fcd, rel=0.3)
    assert scores.kcd == pytest.approx(0, abs=0.01)
    for name in ("precision", "recall", "density", "coverage"):
        assert getattr(scores, name) == pytest.approx(getattr(scores.floor, name), abs=0.06), name


def test_noise_scores_far_worse(train):
    noise = np.random.default_rng(0).uniform(-1, 1, (2000, 28, 28, 1)).astype("float32")
    scores = metrics.evaluate(noise)
    assert scores.fcd > 50 * scores.floor.fcd and scores.kcd > 0.1
    assert scores.precision < scores.floor.precision / 2 and scores.density < scores.floor.density / 2
    assert scores.recall < 0.1 and scores.coverage < 0.1


def test_missing_classes_cost_recall_and_coverage(train):
    images, labels = train
    scores = metrics.evaluate(images[labels < 5][:2000])
    assert scores.precision > scores.floor.precision - 0.05
    assert scores.recall < 0.6 < 0.9 < scores.floor.recall
    assert scores.coverage < 0.5 < scores.floor.coverage
    assert scores.fcd > 50 * scores.floor.fcd


@pytest.fixture
def small_data(monkeypatch, train, unseen):
    """Both splits cut to 1,000 images, and nothing remembered of the whole ones."""

    def forget():
        for name in ("_classifier", "_test_features", "_test_radii", "_test_kernel", "_floor"):
            monkeypatch.setattr(metrics, name, cache(getattr(metrics, name).__wrapped__))

    splits = {"train": train, "test": unseen}
    monkeypatch.setattr(data, "load_fashion_mnist", lambda split: [part[:1000] for part in splits[split]])
    forget()
    return forget


@pytest.mark.parametrize("k", [3, 5])
def test_evaluate_measures_against_the_test_images(small_data, train, unseen, k):
    def measured(images):
        fake = metrics.features(images)
        return {"fcd": frechet_distance(real, fake), "kcd": kernel_distance(real, fake), **neighbourhood_scores(real, fake, k)}

    real = metrics.features(unseen[0][:1000])
    images = train[0][3000:3300]
    drawn = np.random.default_rng(0).permutation(1000)[:300]
    scores = metrics.evaluate(images, k=k)
    for found, expected in ((scores, images), (scores.floor, train[0][drawn])):
        assert found.n == 300
        assert {name: getattr(found, name) for name in measured(expected)} == pytest.approx(measured(expected), rel=1e-9)


def test_evaluating_again_gives_the_same(small_data, train):
    first = metrics.evaluate(train[0][:200])
    assert metrics.evaluate(train[0][:200]) == first
    small_data()
    assert metrics.evaluate(train[0][:200]) == first


def test_scores_print_as_a_table_with_the_floor():
    floor = metrics.Scores(1000, 0.5, 0.001, 0.9, 0.95, 1.0, 0.97)
    scores = metrics.Scores(1000, 12.3456, 0.1, 0.8, 0.7, 0.6, 0.5, floor=floor)
    head, ours, real = str(scores).splitlines()
    assert head.split() == ["fcd", "kcd", "precision", "recall", "density", "coverage"]
    assert ours.split() == "1,000 images 12.346 0.100 0.800 0.700 0.600 0.500".split()
    assert real.split() == "as many real ones 0.500 0.001 0.900 0.950 1.000 0.970".split()
    assert len(head) == len(ours) == len(real)
    assert len(str(floor).splitlines()) == 2
