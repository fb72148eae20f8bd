"""The VAE's learned prior: the flow and its inverse, its determinant, its density, the rate."""

from math import log, pi

import numpy as np
import pytest
from vaes import bend, charge, closed_form, fixed_encoder, grey_decoder

from generative_vision import data

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")


@pytest.fixture(scope="module")
def flow(small_and_exact):
    from generative_vision.models.coupling import CouplingFlow

    return bend(CouplingFlow(4, 3, 8))


@pytest.fixture(scope="module")
def conditional_flow(small_and_exact):
    from generative_vision.models.coupling import CouplingFlow

    return bend(CouplingFlow(4, 3, 8, words=10))


def codes(n, size=4):
    return np.random.default_rng(1).normal(size=(n, size)).astype("float32")


def log_determinant(function, z):
    """Of the derivative of u(z), by central differences."""
    h = 3e-3
    steps = h * np.eye(len(z), dtype="float32")
    after, before = (np.asarray(function(z + sign * steps), "float64") for sign in (1, -1))
    return np.linalg.slogdet((after - before) / (2 * h))[1]


def test_flow_can_be_undone(flow):
    z = codes(200)
    u, log_det = map(np.asarray, flow(z))
    assert u.shape == (200, 4)
    assert log_det.shape == (200,)
    assert np.abs(u - z).max() > 1
    assert np.asarray(flow.inverse(u)) == pytest.approx(z, abs=1e-4)
    assert np.asarray(flow(np.asarray(flow.inverse(z)))[0]) == pytest.approx(z, abs=1e-4)


def test_log_determinant_is_that_of_the_derivative(flow):
    for z in codes(5):
        expected = log_determinant(lambda z: flow(z)[0], z)
        assert abs(expected) > 0.1
        assert float(flow(z[None])[1][0]) == pytest.approx(expected, abs=0.01)


def test_every_entry_is_changed_and_depends_on_every_other(flow):
    """A coupling moves one half alone: without swaps the other would stay."""
    z = np.zeros((1, 4), "float32")
    each = np.eye(4, dtype="float32")
    moved = [np.asarray(flow(z + e)[0]) - np.asarray(flow(z)[0]) for e in each]
    assert np.abs(moved).min() > 1e-3


def test_flow_is_another_for_each_class(conditional_flow):
    z, words = codes(10), np.eye(10, dtype="float32")
    u, log_det = map(np.asarray, conditional_flow(z, words))
    assert np.asarray(conditional_flow.inverse(u, words)) == pytest.approx(z, abs=1e-4)
    other, other_log_det = map(np.asarray, conditional_flow(z, words[::-1]))
    assert np.abs(u - other).max(axis=0).min() > 1e-3
    assert np.abs(log_det - other_log_det).max() > 1e-3
    for i in range(3):
        same = np.repeat(words[i : i + 1], 4, axis=0)
        expected = log_determinant(lambda z, same=same: conditional_flow(z, same)[0], z[i])
        assert log_det[i] == pytest.approx(expected, abs=0.01)


def test_density_of_the_learned_prior_integrates_to_one():
    from generative_vision.models.coupling import CouplingFlow

    h = 0.1
    axis = np.arange(-16, 16, h, dtype="float32")
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    u, log_det = map(np.asarray, bend(CouplingFlow(2, 3, 8), 0.3)(grid))
    density = np.exp(-0.5 * (u**2).sum(axis=1) + log_det) / (2 * pi)
    assert log_det.std() > 0.1
    assert density.sum() * h**2 == pytest.approx(1, abs=1e-3)


MEAN = np.array([0.0, 1.0, -2.0, 0.5], "float32")
LOG_VARIANCE = np.array([-1.0, 0.5, -2.0, 0.0], "float32")


def fixed_flow(words=0, **options):
    """A FlowVAE whose posterior is known."""
    from generative_vision.models.flow_vae import FlowVAE

    networks = {"encoder": fixed_encoder(MEAN, LOG_VARIANCE), "decoder": grey_decoder(4 + words)}
    return FlowVAE(4, couplings=3, hidden=8, **networks, **options)


def test_prior_begins_as_the_normal_one():
    """A new flow only swaps halves, so that the estimated rate is, on average, the closed form."""
    model = fixed_flow()
    z = codes(5)
    u, log_det = map(np.asarray, model.flow(z))
    assert u == pytest.approx(z[:, [2, 3, 0, 1]])
    assert not log_det.any()
    charged, rate = charge(model, np.zeros((20_000, 28, 28, 1), "float32"))
    assert rate == pytest.approx(closed_form(MEAN, LOG_VARIANCE).sum(), abs=0.1)
    assert charged == pytest.approx(rate, abs=0.01)


@pytest.mark.parametrize(("condition", "words"), [(None, 0), ("labels", 10), ("captions", 16)])
def test_rate_is_the_log_ratio_of_posterior_and_learned_prior(condition, words):
    from generative_vision.models.vae import reparameterize

    images, labels = (part[:128] for part in data.load_fashion_mnist("test"))
    seen = []

    def drawn(*parts):
        seen.append(reparameterize(*parts))
        return seen[-1]

    model = bend(fixed_flow(words, condition=condition, reparameterize=drawn))
    rows = np.eye(words, dtype="float32")[labels] if words else None
    _, rate = charge(model, images, y=labels if words else None)
    z = np.asarray(seen[-1])
    u, log_det = map(np.asarray, model.flow(z, rows))
    log_q = -0.5 * (z - MEAN) ** 2 / np.exp(LOG_VARIANCE) - LOG_VARIANCE / 2 - log(2 * pi) / 2
    log_p = (-0.5 * u**2 - log(2 * pi) / 2).sum(axis=1) + log_det
    assert rate == pytest.approx((log_q.sum(axis=1) - log_p).mean(), rel=1e-4)
