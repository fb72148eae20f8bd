"""VAEs: formulas against closed forms, the ELBO by hand, β, free bits, variance, training."""

from math import log, pi

import numpy as np
import pytest
from vaes import build, charge, closed_form, fixed

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")


# The formulas


def test_kl_divergence_is_the_closed_form():
    from generative_vision.models.vae import kl_divergence

    mean, log_variance = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    kl = np.asarray(kl_divergence(mean, log_variance))
    assert kl.shape == (5, 3)
    assert kl == pytest.approx(closed_form(mean, log_variance), rel=1e-5)
    zeros = np.zeros((2, 3), "float32")
    assert not np.asarray(kl_divergence(zeros, zeros)).any()


def test_kl_divergence_is_the_average_log_ratio_of_densities():
    from generative_vision.models.vae import kl_divergence

    mean = np.array([0.0, 1.0, -2.0], "float32")
    log_variance = np.array([-1.0, 0.5, -3.0], "float32")
    sigma = np.exp(log_variance / 2)
    z = mean + sigma * np.random.default_rng(0).normal(size=(200_000, 3))
    ratio = -((z - mean) ** 2) / (2 * sigma**2) - np.log(sigma) + z**2 / 2
    kl = np.asarray(kl_divergence(mean, log_variance))
    assert kl == pytest.approx(ratio.mean(axis=0), abs=0.02)


def test_reparameterize_has_the_mean_and_variance_asked_for():
    from generative_vision.models.vae import reparameterize

    mean = np.array([[0.0, 1.0, -2.0]], "float32")
    log_variance = np.log([[1.0, 4.0, 0.25]]).astype("float32")
    noise = np.random.default_rng(0).normal(size=(100_000, 3)).astype("float32")
    z = np.asarray(reparameterize(mean, log_variance, noise))
    assert z.shape == noise.shape
    assert z.mean(axis=0) == pytest.approx(mean[0], abs=0.02)
    assert z.var(axis=0) == pytest.approx([1, 4, 0.25], rel=0.02)
    assert np.asarray(reparameterize(mean, log_variance, 0 * noise[:1])) == pytest.approx(mean)


def test_gaussian_nll_is_the_sum_over_pixels(images):
    from generative_vision.models.vae import gaussian_nll

    x, x_hat = images[:4], images[4:8]
    squares = (x.astype("float64") - x_hat) ** 2
    density = np.exp(-squares / (2 * 0.7)) / np.sqrt(2 * pi * 0.7)
    nll = np.asarray(gaussian_nll(x, x_hat, np.float32(log(0.7))))
    assert nll.shape == (4,)
    assert nll == pytest.approx(-np.log(density).sum(axis=(1, 2, 3)), rel=1e-5)


# The loss


def elbo_by_hand(model, x, variance, rows=()):
    mean, log_variance = model.posterior(x)
    x_hat = np.asarray(model.decoder(np.concatenate([mean, *rows], axis=1)))
    squares = ((x - x_hat) ** 2).sum(axis=(1, 2, 3))
    distortion = squares / (2 * variance) + 784 / 2 * log(2 * pi * variance)
    return distortion.mean(), closed_form(mean, log_variance).sum(axis=1).mean()


def no_noise(mean, log_variance, noise):
    return mean


def widen(model):
    """Make the first codes large enough to be distinct from rounding."""
    weights = model.encoder.get_weights()
    model.encoder.set_weights([*weights[:-2], 5 * weights[-2], weights[-1] + 0.5])
    return model


def test_loss_is_the_negative_elbo(images):
    model = widen(build(variance=0.2, reparameterize=no_noise))
    distortion, rate = elbo_by_hand(model, images[:8], 0.2)
    charged, reported = charge(model, images[:8])
    assert rate > 1
    assert reported == pytest.approx(rate, rel=1e-5)
    assert charged == pytest.approx(rate, abs=1e-3)
    assert float(model.distortion.result()) == pytest.approx(distortion, rel=1e-5)


def test_call_is_the_posterior_and_what_the_loss_is_given_of_it(images):
    model = build(reparameterize=no_noise)
    mean, log_variance = map(np.asarray, model(images[:8]))
    for ours, theirs in zip((mean, log_variance), model.posterior(images[:8]), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-5)
    _, rate = charge(model, images[:8], y_pred=(mean + 3, log_variance))
    assert rate == pytest.approx(closed_form(mean + 3, log_variance).sum(axis=1).mean(), rel=1e-4)


def test_loss_of_a_conditional_vae_decodes_with_the_labels(images, labels):
    x, y = images[:8], labels[:8]
    model = widen(build("conditional", variance=0.2, reparameterize=no_noise))
    charged, _ = charge(model, x, y=y)
    rows = np.eye(10, dtype="float32")[y]
    distortion, rate = elbo_by_hand(model, x, 0.2, rows=[rows])
    assert float(model.distortion.result()) == pytest.approx(distortion, rel=1e-5)
    assert charged == pytest.approx(rate, abs=1e-3)
    assert float(model.compute_loss(x, y=rows)) == pytest.approx(distortion + rate, rel=1e-5)
    assert abs(float(model.compute_loss(x, y=y[::-1])) - distortion - rate) > 0.01


def test_noise_differs_between_images_latents_and_steps(images):
    seen = []

    def reparameterize(mean, log_variance, noise):
        seen.append(noise)
        return mean + 0 * log_variance * noise

    model = fixed(reparameterize=reparameterize)
    for _ in range(2):
        model.compute_loss(images)
    first, second = np.asarray(seen[-2]), np.asarray(seen[-1])
    assert first.shape == (64, 3)
    assert len(np.unique([first, second])) == 2 * 64 * 3
    assert first.std() == pytest.approx(1, abs=0.1)


def test_beta_weighs_the_rate(images):
    for beta in (0, 1, 0.25, 4):
        assert charge(fixed(beta=beta), images) == pytest.approx((5 * beta, 5), abs=2e-3)


def test_free_bits_are_not_charged_for_each_latent(images):
    assert charge(fixed(free_bits=1.0), images) == pytest.approx((1 + 1 + 4.5, 5), abs=2e-3)
    weighed = fixed(free_bits=1.0, beta=2.0)
    assert charge(weighed, images) == pytest.approx((2 * 6.5, 5), abs=2e-3)


def test_free_bits_count_on_the_average_of_the_batch(images):
    """KLs of 0 and 2 nats use 1 on average: with 1.5 free, 1.5 is charged, not (1.5 + 2) / 2."""
    model = fixed([0.0], [0.0], free_bits=1.5)
    x = np.concatenate([0 * images[:1], np.ones_like(images[:1])])
    model.encoder.set_weights([np.tile([[2 / 784, 0]], (784, 1)), np.zeros(2)])  # μ = 0 and 2
    assert charge(model, x) == pytest.approx((1.5, 1), abs=2e-3)


def test_beta_rises_with_the_steps_of_training_only(images):
    model = fixed(beta=2.0, warmup=4)
    betas = [0, 0.5, 1, 1, 1.5, 2, 2, 2]
    for training, beta in zip([False, True, True, False, True, True, True, False], betas):
        found = charge(model, images, training=training)
        assert found == pytest.approx((5 * beta, 5), abs=2e-3)


def test_fit_counts_steps_and_evaluate_does_not(images):
    model = fixed(warmup=8)
    model.compile(optimizer="sgd", run_eagerly=True)
    model.fit(images, batch_size=16, verbose=0)
    model.evaluate(images, batch_size=16, verbose=0)
    assert float(model.steps) == 4


def test_learned_variance_becomes_the_mean_squared_error(images):
    import keras

    model, x = fixed(), np.tile(images[:16], (150, 1, 1, 1))
    model.compile(optimizer=keras.optimizers.Adam(0.05))
    model.fit(x, batch_size=16, shuffle=False, verbose=0)  # 150 times the same batch
    assert np.exp(float(model.log_variance)) == pytest.approx((x**2).mean(), rel=0.02)


def test_fixed_variance_stays(images):
    import keras

    model = build(variance=0.3)
    model.compile(optimizer=keras.optimizers.Adam(0.05), run_eagerly=True)
    model.fit(images, batch_size=64, verbose=0)
    assert float(model.log_variance) == pytest.approx(log(0.3))


@pytest.mark.parametrize("kind", ["VAE", pytest.param("conditional flow", marks=pytest.mark.full)])
def test_training_lowers_the_loss_and_reports_both_terms(kind, images, labels):
    import keras

    model = build(kind, beta=0.5)
    model.compile(optimizer=keras.optimizers.Adam(5e-3))
    y = labels if model.condition else None
    history = model.fit(images, y, batch_size=16, epochs=8, verbose=0).history
    assert history.keys() == {"loss", "distortion", "rate"}
    total = np.add(history["distortion"], np.multiply(0.5, history["rate"]))
    assert history["loss"] == pytest.approx(total, rel=1e-4)
    assert history["loss"][-1] < 0.8 * history["loss"][0]
    assert history["rate"][-1] > 0.1


def test_readers_function_is_the_one_that_trains(images):
    from keras import ops

    model = build(kl_divergence=lambda mean, log_variance: ops.zeros_like(mean) + 0 * log_variance)
    model.compile(optimizer="adam", run_eagerly=True)
    history = model.fit(images, batch_size=64, verbose=0).history
    assert history["rate"] == [0]
    assert history["loss"] == pytest.approx(history["distortion"])


def test_layers_that_differ_while_training_know_that_it_is(images):
    from keras import Input, Sequential, layers

    from generative_vision.models.vae import VAE

    norm, other = layers.BatchNormalization(), layers.BatchNormalization()
    code, pixels = layers.Dense(4), layers.Dense(784)
    encoder = Sequential([Input((28, 28, 1)), layers.Flatten(), norm, code])
    decoder = Sequential([Input((2,)), pixels, other, layers.Reshape((28, 28, 1))])
    model = VAE(2, encoder=encoder, decoder=decoder)
    model.compile(optimizer="adam", run_eagerly=True)
    model.evaluate(images, verbose=0)
    assert not np.any(norm.moving_mean)
    assert not np.any(other.moving_mean)
    model.fit(images, verbose=0)
    assert np.any(norm.moving_mean)
    assert np.any(other.moving_mean)
