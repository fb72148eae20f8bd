"""Images measured by the classifier's features: what evaluate says of real, wrong and odd sets."""

from dataclasses import replace

import numpy as np
import pytest

from generative_vision import data, metrics
from generative_vision.distances import frechet_distance, kernel_distance, neighbourhood_scores
from generative_vision.models.weights import pretrained


def grey(n, value=-1.0):
    return np.broadcast_to(np.float32(value), (n, 28, 28, 1))


WRONG_IMAGES = [
    (lambda: metrics.evaluate(grey(100)[..., 0]), r"shape \(100, 28, 28\); expected float images"),
    (lambda: metrics.evaluate(grey(100, 0).astype("uint8")), "dtype uint8"),
    (lambda: metrics.evaluate(grey(100, 255)), "range from 255 to 255"),
    (lambda: metrics.evaluate(grey(100, np.nan)), "nan"),
    (lambda: metrics.evaluate(grey(64)), "64 images are too few: at least 65"),
    (lambda: metrics.evaluate(grey(60_001)), "60,001 images: expected at most 60,000"),
    (lambda: metrics.evaluate(grey(65), k=65), "65 rows; at least 66"),
    (lambda: metrics.features(grey(2, 1.1)), "1.1"),
    (lambda: metrics.classify(grey(2).repeat(3, axis=3)), r"\(2, 28, 28, 3\)"),
    (lambda: metrics.class_shares(grey(0)), "too few"),
]


@pytest.mark.parametrize(("call", "words"), WRONG_IMAGES)
def test_wrong_images_are_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("k", [0, -1, 1.0, True, "5", None, [5]])
def test_a_wrong_k_is_named(k):
    with pytest.raises(ValueError, match="k=.*expected a whole number, 1 or more"):
        metrics.evaluate(grey(65), k=k)


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
    assert answers.shape == (10_000, 10)
    assert answers.dtype == np.float32
    assert answers.min() >= 0
    assert answers.sum(axis=1) == pytest.approx(np.ones(10_000), abs=1e-5)
    assert (answers.argmax(axis=1) == labels).mean() >= 0.92


@pytest.mark.parametrize("judge", [1, 2])
def test_the_test_images_are_at_no_distance_from_themselves(judge, unseen):
    assert metrics.fcd(unseen[0], judge) == pytest.approx(0, abs=1e-3)


def test_the_rarest_class_of_scores_is_that_of_the_shares():
    images, labels = data.load_fashion_mnist("test")
    images = images[(labels != 3) & (np.arange(len(labels)) < 1200)]  # hardly a dress
    scores = metrics.evaluate(images)
    assert scores.rarest == metrics.class_shares(images).min() < 0.04
    assert 0.08 < scores.floor.rarest <= 0.1


def test_class_shares(unseen):
    images, labels = unseen
    shares = metrics.class_shares(images)
    assert shares.shape == (10,)
    assert shares.sum() == pytest.approx(1)
    assert shares == pytest.approx(np.full(10, 0.1), abs=0.01)
    assert metrics.class_shares(images[labels == 1])[1] > 0.95
    assert metrics.class_shares(images[labels == 1][:3]) == pytest.approx(np.eye(10)[1])


def test_features_are_standardised(train):
    found = metrics.features(train[0])
    assert found.shape == (10_000, 64)
    assert found.dtype == np.float32
    assert found.mean(axis=0) == pytest.approx(np.zeros(64), abs=0.05)
    assert found.std(axis=0) == pytest.approx(np.ones(64), abs=0.05)


def test_standardising_anew(unseen):
    model = pretrained("classifier")
    model.standardise(unseen[0][:300])
    found = model.features(unseen[0][:300])
    assert found.mean(axis=0) == pytest.approx(np.zeros(64), abs=1e-4)
    assert found.std(axis=0) == pytest.approx(np.ones(64), abs=1e-4)


def test_answers_rest_on_the_features_alone(unseen):
    images = unseen[0][:50]
    model = pretrained("classifier")
    kernel, bias = model.head.get_weights()
    features = metrics.features(images) * np.asarray(model.std) + np.asarray(model.mean)
    logits = features @ kernel + bias
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
            model = pretrained("classifier")
            found.append((model.features(images), model.probabilities(images)))
    finally:
        keras.config.set_dtype_policy(before)
    for one, other in zip(*found):
        assert (one == other).all()
        assert other.dtype == np.float32


def test_real_images_score_as_the_floor_does(train):
    scores = metrics.evaluate(train[0][:2000])
    assert scores.floor.n == 2000
    assert scores.floor.floor is None
    assert scores.fcd == pytest.approx(scores.floor.fcd, rel=0.3)
    assert scores.kcd == pytest.approx(0, abs=0.01)
    for name in ("precision", "recall", "density", "coverage"):
        assert getattr(scores, name) == pytest.approx(getattr(scores.floor, name), abs=0.06), name


def test_noise_scores_far_worse(train):
    noise = np.random.default_rng(0).uniform(-1, 1, (2000, 28, 28, 1)).astype("float32")
    scores = metrics.evaluate(noise)
    assert scores.fcd > 50 * scores.floor.fcd
    assert scores.kcd > 0.1
    assert scores.precision < scores.floor.precision / 2
    assert scores.density < scores.floor.density / 2
    assert scores.recall < 0.1
    assert scores.coverage < 0.1


def test_missing_classes_cost_recall_and_coverage(train):
    images, labels = train
    scores = metrics.evaluate(images[labels < 5][:2000])
    assert scores.precision > scores.floor.precision - 0.05
    assert scores.recall < 0.6 < 0.9 < scores.floor.recall
    assert scores.coverage < 0.5 < scores.floor.coverage
    assert scores.fcd > 50 * scores.floor.fcd


def test_evaluate_measures_against_the_test_images(unseen):
    """As the plain functions do, which remember nothing."""
    images = data.load_fashion_mnist("train")[0][3000:3300]
    scores = metrics.evaluate(images, k=3)
    assert scores.n == 300
    real, fake = metrics.features(unseen[0]), metrics.features(images)
    distances = {"fcd": frechet_distance(real, fake), "kcd": kernel_distance(real, fake)}
    expected = distances | neighbourhood_scores(real, fake, k=3)
    found = {name: getattr(scores, name) for name in expected}
    assert found == pytest.approx(expected, rel=1e-9)


def test_the_floor_is_what_as_many_training_images_score():
    images, _ = data.load_fashion_mnist("train")
    drawn = np.random.default_rng(0).permutation(60_000)[:300]
    floor = metrics.evaluate(images[3000:3300], k=3).floor
    assert floor == replace(metrics.evaluate(images[drawn], k=3), floor=None)


def test_images_drawn_again_and_again_are_measured_as_what_they_are(unseen):
    """Ten copies each of test images: every one lies among the real ones."""
    copies = np.repeat(unseen[0][:1000:50], 10, axis=0)
    scores = metrics.evaluate(copies)
    assert scores.precision == 1
    assert scores.coverage >= 20 / 10_000
    assert scores.recall >= 20 / 10_000


def test_evaluating_again_gives_the_same(train):
    first = metrics.evaluate(train[0][:200])
    assert metrics.evaluate(train[0][:200]) == first
    assert metrics.evaluate(train[0][:200], k=5) == first  # the default


def test_scores_print_as_a_table_with_the_floor():
    floor = metrics.Scores(1000, 0.5, 0.001, 0.9, 0.95, 1.0, 0.97)
    scores = metrics.Scores(1000, 12.3456, 0.1, 0.8, 0.7, 0.6, 0.5, floor=floor)
    head, ours, real = str(scores).splitlines()
    assert head.split() == ["fcd", "kcd", "precision", "recall", "density", "coverage"]
    assert " ".join(ours.split()) == "1,000 images 12.346 0.100 0.800 0.700 0.600 0.500"
    assert " ".join(real.split()) == "as many real ones 0.500 0.001 0.900 0.950 1.000 0.970"
    assert len(head) == len(ours) == len(real)
    assert len(str(floor).splitlines()) == 2


def test_the_second_classifier_is_another_and_sees_the_same_classes():
    test, labels = data.load_fashion_mnist("test")
    first, second = (metrics.features(test[:500], judge=judge) for judge in (1, 2))
    assert first.shape == second.shape == (500, 64)
    assert np.abs(np.corrcoef(first.T, second.T)[:64, 64:]).max() < 0.99
    for judge in (1, 2):
        assert (metrics.classify(test[:500], judge).argmax(axis=1) == labels[:500]).mean() > 0.85


def test_fcd_is_the_one_of_evaluate(train):
    scores = metrics.evaluate(train[0][:200])
    assert metrics.fcd(train[0][:200]) == pytest.approx(scores.fcd, rel=1e-9)
    assert metrics.fcd_floor(200) == pytest.approx(scores.floor.fcd, rel=1e-9)


def test_the_second_judge_tells_noise_from_real_images():
    noise = np.random.default_rng(0).uniform(-1, 1, (500, 28, 28, 1)).astype("float32")
    assert metrics.fcd(noise, judge=2) > 10 * metrics.fcd_floor(len(noise), judge=2)


def test_a_third_judge_there_is_not(images):
    with pytest.raises(ValueError, match="judge=3: expected 1 or 2"):
        metrics.features(images, judge=3)
