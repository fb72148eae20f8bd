"""PCA-Gaussian against linear algebra and its own statistics."""

import numpy as np
import pytest

from generative_vision import data
from generative_vision.models.pca import PCAGaussian


@pytest.fixture(scope="module")
def images():
    return data.load_fashion_mnist("test")[0][:2000]


@pytest.fixture(scope="module")
def model(images):
    return PCAGaussian(32).fit(images)


def test_reconstruction_error_is_the_variance_left_out(images, model):
    flat = images.reshape(2000, 784)
    rebuilt = model.mean + model.encode(images) @ model.directions
    left_out = ((flat - rebuilt) ** 2).sum() / (2000 - 1)
    assert left_out == pytest.approx(model.total_variance - model.variances.sum(), rel=1e-4)


def test_directions_are_those_of_the_singular_value_decomposition(images, model):
    flat = images.reshape(2000, 784).astype("float64")
    _, values, directions = np.linalg.svd(flat - flat.mean(0), full_matrices=False)
    assert model.variances == pytest.approx(values[:32] ** 2 / 1999, rel=1e-4)
    assert np.abs((model.directions * directions[:32]).sum(1)) == pytest.approx(
        np.ones(32), abs=1e-3
    )
    assert model.directions @ model.directions.T == pytest.approx(np.eye(32), abs=1e-4)


def test_codes_survive_a_round_trip(model):
    codes = np.random.default_rng(0).normal(size=(5, 32)) * 0.1
    assert model.encode(model.decode(codes)) == pytest.approx(
        codes, abs=0.05
    )  # but for the clipping


@pytest.mark.parametrize("spread", [1.0, 0.25])
def test_samples_have_the_variance_asked_for(model, spread):
    codes = model.sample_codes(40_000, model.variances, spread, np.random.default_rng(1))
    assert codes.var(axis=0) == pytest.approx(spread * model.variances, rel=0.05)


def test_sample(model):
    samples = model.sample(7, seed=3)
    assert samples.shape == (7, 28, 28, 1)
    assert samples.dtype == np.float32
    assert samples.min() >= -1
    assert samples.max() <= 1
    assert (samples == model.sample(7, seed=3)).all()
    assert (samples != model.sample(7, seed=4)).any()
    assert model.sample(2, seed=0, spread=0)[0].ravel() == pytest.approx(
        model.mean.clip(-1, 1), abs=1e-6
    )


def test_own_sampler_is_used(images):
    model = PCAGaussian(4, sample_codes=lambda n, variances, spread, rng: np.zeros((n, 4))).fit(
        images
    )
    assert (model.sample(2, seed=0)[0] == model.sample(2, seed=9)[1]).all()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda m: PCAGaussian(0), ValueError, "1 to 784"),
        (lambda m: PCAGaussian(785), ValueError, "1 to 784"),
        (lambda m: PCAGaussian(3).sample(1, seed=0), RuntimeError, "call fit"),
        (lambda m: PCAGaussian(3).fit(np.zeros((1, 28, 28, 1), "float32")), ValueError, "too few"),
        (lambda m: m.sample(0, seed=0), ValueError, "n=0: expected a whole number, at least 1"),
        (lambda m: m.sample(1, seed=0, spread=-1), ValueError, "spread=-1: .*at least 0"),
        (lambda m: m.sample(1, seed=0, spread=np.nan), ValueError, "finite"),
        (lambda m: m.decode(np.zeros((2, 5))), ValueError, r"\(2, 5\); expected \(n, 32\)"),
        (lambda m: m.encode(np.zeros((2, 28, 28), "float32")), ValueError, "shape"),
    ],
)
def test_errors(model, call, error, words):
    with pytest.raises(error, match=words):
        call(model)
