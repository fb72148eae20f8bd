"""The Gaussian loop against its closed forms; each protocol by name and as a function."""

from math import exp, pi, sin, sqrt

import numpy as np
import pytest

from generative_vision.loops import PROTOCOLS, GaussianRuns, gaussian_loop


def test_generation_zero_is_the_truth():
    runs = gaussian_loop(3, n_real=20, runs=7, dimensions=2)
    assert runs.variance.shape == runs.shift.shape == runs.w2.shape == (4, 7)
    assert (runs.variance[0] == 1).all()
    assert (runs.shift[0] == 0).all()
    assert (runs.w2[0] == 0).all()
    assert (runs.variance[1:] > 0).all()
    assert (runs.w2[1:] > 0).all()


@pytest.fixture(scope="module")
def unbiased() -> GaussianRuns:
    return gaussian_loop(50, n_real=50, runs=20_000)


def test_the_median_variance_collapses_while_its_mean_stays(unbiased):
    """The trap: of the mean over runs nothing can be seen."""
    last = unbiased.variance[50]
    assert abs(last.mean() - 1) < 0.05
    assert abs(np.median(last) - exp(-50 / 49)) < 0.03
    assert abs(np.sqrt(last).mean() - exp(-50 / 200)) < 0.02  # E σ = c₄(n)^t


def test_the_mean_drifts_and_the_distance_grows(unbiased):
    times = np.arange(51)
    for t in (10, 50):
        assert abs(unbiased.shift[t].mean() - t / 50) < 0.05 * t / 50 + 0.01
        assert abs(unbiased.w2[t].mean() - 1.5 * t / 50) < 0.06 * 1.5 * t / 50 + 0.01
    assert np.corrcoef(unbiased.w2.mean(axis=1), times)[0, 1] > 0.99


def test_maximum_likelihood_loses_variance_on_average():
    runs = gaussian_loop(10, n_real=10, runs=40_000, biased=True)
    assert abs(runs.variance[10].mean() - 0.9**10) < 0.01


@pytest.mark.parametrize("dimensions", [1, 3])
def test_sampling_bias_shrinks_geometrically(dimensions):
    """Generation t was trained on samples that were shrunk t − 1 times."""
    runs = gaussian_loop(8, n_real=40, runs=20_000 // dimensions, spread=0.8, dimensions=dimensions)
    assert np.allclose(runs.variance.mean(axis=1)[1:], 0.8 ** np.arange(8), rtol=0.03)


@pytest.mark.parametrize("n", [5, 10])
def test_accumulated_data_bound_the_loss(n):
    """E σ² = Π (1 − 1/(nk²)) → sin(π/√n)/(π/√n). Kazdan et al. (2024), arXiv:2410.16713."""
    runs = gaussian_loop(40, "accumulate", n_real=n, runs=30_000, biased=True)
    product = np.cumprod([1 - 1 / (n * k**2) for k in range(1, 41)])
    for t in (1, 2, 40):
        assert abs(runs.variance[t].mean() - product[t - 1]) < 0.012
    limit = sin(pi / sqrt(n)) / (pi / sqrt(n))
    assert abs(runs.variance[40].mean() - limit) < 0.02


def test_replaced_data_do_worse_than_accumulated_ones():
    replaced, kept = (
        gaussian_loop(40, p, n_real=20, runs=2000).w2[40].mean()
        for p in ("fully synthetic", "accumulate")
    )
    assert kept < replaced / 5


@pytest.mark.parametrize("n_synthetic", [100, 400])
def test_fresh_data_are_worth_more_with_synthetic_ones(n_synthetic):
    """λ = 1: the mean is known as from (1 + q)·n_real real samples, q the synthetic share."""
    runs = gaussian_loop(60, "fresh data", n_real=100, n_synthetic=n_synthetic, runs=4000)
    effective = 1 / runs.shift[40:].mean()
    q = n_synthetic / (100 + n_synthetic)
    assert abs(effective / 100 - (1 + q)) < 0.04


@pytest.mark.parametrize("n_initial", [20, 2000])
def test_the_limit_of_fresh_data_forgets_where_it_began(n_initial):
    runs = gaussian_loop(
        30, "fresh data", n_real=100, n_initial=n_initial, runs=4000, seed=n_initial
    )
    assert abs(runs.shift[1].mean() * n_initial - 1) < 0.1
    assert abs(runs.w2[20:].mean() - 1.5 / 150) < 0.0015  # 1.5/n_e, n_e = 1.5·n_real


def test_biased_synthetic_data_stop_helping_beyond_a_threshold():
    """(d + 5)/(1 − λ)² synthetic samples are worth nothing, fewer something; more do harm."""
    dimensions, spread, n_real = 2, 0.7, 1000
    threshold = (dimensions + 5) / (1 - spread) ** 2  # about 78
    common = {"n_real": n_real, "spread": spread, "dimensions": dimensions, "runs": 1000}

    def distance(n_synthetic):
        return gaussian_loop(9, "fresh data", n_synthetic=n_synthetic, **common).w2[4:].mean()

    alone = gaussian_loop(1, n_real=n_real, runs=5000, dimensions=dimensions).w2[1].mean()
    assert abs(distance(round(threshold)) / alone - 1) < 0.02
    assert distance(round(threshold / 4)) < alone < distance(round(4 * threshold)) / 1.5


def test_the_variance_bias_of_fresh_data():
    """1 − v* = q(1 − λ)/(1 − qλ) for large samples."""
    runs = gaussian_loop(40, "fresh data", n_real=2000, n_synthetic=1000, spread=0.6, runs=300)
    q = 1 / 3
    # v is what the pooled data fit: v = (1 − q) + qλv
    assert abs((1 - runs.variance[30:].mean()) - q * 0.4 / (1 - q * 0.6)) < 0.003


def test_augmentation_only_delays():
    """With a fixed real set the error grows, then stays above what the real set alone gives."""
    real = gaussian_loop(1, n_real=50, runs=5000).w2[1].mean()
    fully, held = (
        gaussian_loop(30, p, n_real=50, runs=5000).w2.mean(axis=1)
        for p in ("fully synthetic", "augmentation")
    )
    assert real < held[30] < fully[30] / 3


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("n_initial", [4, 9, 15])
def test_a_function_of_ones_own_gives_what_the_protocol_of_that_name_gives(protocol, n_initial):
    """A function's sets are stored as arrays, those of the named protocols are summed up."""

    def own(generation, real, synthetic_history, rng):
        sets = PROTOCOLS[protocol](generation, real, synthetic_history, rng)
        return np.concatenate(sets) if isinstance(sets, list) else sets

    options = {
        "n_real": 9,
        "n_initial": n_initial,
        "n_synthetic": 5,
        "dimensions": 3,
        "runs": 20,
        "spread": 0.8,
    }
    named, ours = (gaussian_loop(5, p, **options) for p in (protocol, own))
    assert np.allclose(ours.w2, named.w2, rtol=1e-9)
    assert np.allclose(ours.variance, named.variance, rtol=1e-9)


def test_a_function_of_ones_own_sees_sets_of_samples():
    seen = []

    def own(generation, real, synthetic_history, rng):
        seen.append((generation, len(synthetic_history), real.fixed.shape, real.draw(rng).shape))
        return np.concatenate([real.fixed[:4], synthetic_history[0][:7]])

    runs = gaussian_loop(3, own, n_real=10, n_synthetic=8, runs=6, dimensions=2)
    assert seen == [(2, 1, (10, 6, 2), (10, 6, 2)), (3, 2, (10, 6, 2), (10, 6, 2))]
    assert (runs.w2[1:] > 0).all()


def test_the_fixed_real_samples_are_the_first_initial_ones():
    found = []

    def own(generation, real, synthetic_history, rng):
        found.append((real.initial, real.fixed))
        return real.fixed

    gaussian_loop(3, own, n_real=4, n_initial=6, runs=5)
    gaussian_loop(3, own, n_real=6, n_initial=4, runs=5)
    for initial, fixed in found:
        assert (initial[:4] == fixed[:4]).all()
    assert [len(fixed) for _, fixed in found] == [4, 4, 6, 6]
    assert found[2][1] is found[3][1]


@pytest.mark.parametrize(
    ("training_set", "words"),
    [
        (np.zeros((5, 3)), r"shape \(5, 3\); expected \(n, 7, 1\)"),
        (np.zeros((0, 7, 1)), r"shape \(0, 7, 1\)"),
        (np.zeros((1, 7, 1)), "Generation 2 gets 1 samples"),
    ],
)
def test_a_function_that_returns_no_set_is_refused(training_set, words):
    with pytest.raises(ValueError, match=words):
        gaussian_loop(2, lambda *given: training_set, n_real=5, runs=7)


def test_stored_samples_are_bounded():
    def own(generation, real, synthetic_history, rng):
        return synthetic_history[-1]

    with pytest.raises(ValueError, match=r"10 generations take 1.6 MB: more than max_mb=1"):
        gaussian_loop(10, own, n_real=20, runs=1000, max_mb=1)
    gaussian_loop(10, n_real=20, runs=1000, max_mb=1)


def test_same_seed_same_runs():
    first, again, other = (
        gaussian_loop(4, "accumulate", n_real=9, runs=5, seed=s).w2 for s in (1, 1, 2)
    )
    assert (first == again).all()
    assert (first != other)[1:].all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"protocol": "mad"}, "'mad' is not known.*'fully synthetic'.*'fresh data'"),
        ({"spread": 0.0}, "spread=0.0.*above 0"),
        ({"spread": 1.1}, "spread=1.1"),
        ({"spread": float("nan")}, "spread=nan"),
        ({"n_real": 0}, "n_real=0"),
        ({"n_synthetic": 1}, "n_synthetic=1"),
        ({"n_initial": 1}, "n_initial=1"),
        ({"runs": 0}, "runs=0"),
        ({"dimensions": 0}, "dimensions=0"),
        ({"generations": 0}, "generations=0"),
    ],
)
def test_wrong_arguments_are_named(options, words):
    with pytest.raises(ValueError, match=words):
        gaussian_loop(**{"generations": 2, "n_real": 10, **options})
