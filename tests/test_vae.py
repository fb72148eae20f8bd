"""VAEs: formulas against closed forms, the ELBO by hand, the flow's density, labels, sampling, weights, precision."""

from math import log, pi

import numpy as np
import pytest

from generative_vision import data


pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")


@pytest.fixture(scope="module")
def images():
    return data.load_fashion_mnist("test")[0][:128]


@pytest.fixture(scope="module")
def labels():
    return data.load_fashion_mnist("test")[1][:128]


def build(kind="VAE", **options):
    from generative_vision.models.vae import VAE, FlowVAE

    options = {"width": 4, "classes": 10 if "conditional" in kind else 0, **options}
    if "flow" in kind:
        return bend(FlowVAE(4, couplings=3, hidden=8, **options))
    return VAE(4, **options)


def bend(model, scale=0.5):
    """Give a flow, which begins as the identity, random weights."""
    rng = np.random.default_rng(0)
    for network in getattr(model, "flow", model).networks:
        network.set_weights([rng.normal(0, scale, w.shape) for w in network.get_weights()])
    return model


KINDS = ["VAE", "conditional", "flow", "conditional flow"]


@pytest.fixture(scope="module")
def models(small_and_exact):
    return {kind: build(kind) for kind in KINDS}


def fixed_encoder(mean, log_variance):
    """The same posterior for every image."""
    import keras
    from keras import layers

    layer = layers.Dense(2 * len(mean), kernel_initializer="zeros", trainable=False)
    encoder = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layer])
    layer.bias.assign([*mean, *log_variance])
    return encoder


def grey_decoder(size):
    """Decodes everything as zeros."""
    import keras
    from keras import layers

    return keras.Sequential(
        [keras.Input((size,)), layers.Dense(784, kernel_initializer="zeros", trainable=False), layers.Reshape((28, 28, 1))]
    )


def fixed(mean=(0.0, 1.0, 3.0), log_variance=(0.0, 0.0, 0.0), **options):
    """A VAE with nothing to learn but σ²; its rate is 5 nats: 0, 1/2 and 9/2."""
    from generative_vision.models.vae import VAE

    return VAE(len(mean), encoder=fixed_encoder(mean, log_variance), decoder=grey_decoder(len(mean)), **options)


def charge(model, x, **options):
    """What the loss adds to the distortion, and the rate reported."""
    model.distortion.reset_state()
    model.rate.reset_state()
    loss = float(model.compute_loss(x, **options))
    return loss - float(model.distortion.result()), float(model.rate.result())


def closed_form(mean, log_variance):
    sigma = np.exp(np.asarray(log_variance, "float64") / 2)
    return np.log(1 / sigma) + (sigma**2 + np.square(mean, dtype="float64")) / 2 - 0.5


# The formulas


def test_kl_divergence_is_the_closed_form():
    from generative_vision.models.vae import kl_divergence

    mean, log_variance = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    kl = np.asarray(kl_divergence(mean, log_variance))
    assert kl.shape == (5, 3) and kl == pytest.approx(closed_form(mean, log_variance), rel=1e-5)
    assert not np.asarray(kl_divergence(np.zeros((2, 3), "float32"), np.zeros((2, 3), "float32"))).any()


def test_kl_divergence_is_the_average_log_ratio_of_densities():
    from generative_vision.models.vae import kl_divergence

    mean, log_variance = np.array([0.0, 1.0, -2.0], "float32"), np.array([-1.0, 0.5, -3.0], "float32")
    sigma = np.exp(log_variance / 2)
    z = mean + sigma * np.random.default_rng(0).normal(size=(200_000, 3))
    ratio = -((z - mean) ** 2) / (2 * sigma**2) - np.log(sigma) + z**2 / 2
    assert np.asarray(kl_divergence(mean, log_variance)) == pytest.approx(ratio.mean(axis=0), abs=0.02)


def test_reparameterize_has_the_mean_and_variance_asked_for():
    from generative_vision.models.vae import reparameterize

    mean, log_variance = np.array([[0.0, 1.0, -2.0]], "float32"), np.log([[1.0, 4.0, 0.25]]).astype("float32")
    noise = np.random.default_rng(0).normal(size=(100_000, 3)).astype("float32")
    z = np.asarray(reparameterize(mean, log_variance, noise))
    assert z.shape == noise.shape
    assert z.mean(axis=0) == pytest.approx(mean[0], abs=0.02)
    assert z.var(axis=0) == pytest.approx([1, 4, 0.25], rel=0.02)
    assert np.asarray(reparameterize(mean, log_variance, 0 * noise[:1])) == pytest.approx(mean)


def test_gaussian_nll_is_the_sum_over_pixels(images):
    from generative_vision.models.vae import gaussian_nll

    x, x_hat = images[:4], images[4:8]
    density = np.exp(-((x.astype("float64") - x_hat) ** 2) / (2 * 0.7)) / np.sqrt(2 * pi * 0.7)
    nll = np.asarray(gaussian_nll(x, x_hat, np.float32(log(0.7))))
    assert nll.shape == (4,) and nll == pytest.approx(-np.log(density).sum(axis=(1, 2, 3)), rel=1e-5)


# The loss


def elbo_by_hand(model, x, variance, told=()):
    mean, log_variance = model.posterior(x)
    x_hat = np.asarray(model.decoder(np.concatenate([mean, *told], axis=1)))
    distortion = ((x - x_hat) ** 2).sum(axis=(1, 2, 3)) / (2 * variance) + 784 / 2 * log(2 * pi * variance)
    return distortion.mean(), closed_form(mean, log_variance).sum(axis=1).mean()


def widen(model):
    """Make the first codes large enough to be told from rounding."""
    weights = model.encoder.get_weights()
    model.encoder.set_weights([*weights[:-2], 5 * weights[-2], weights[-1] + 0.5])
    return model


def test_loss_is_the_negative_elbo(images):
    model = widen(build(variance=0.2, reparameterize=lambda mean, log_variance, noise: mean))
    distortion, rate = elbo_by_hand(model, images[:8], 0.2)
    charged, reported = charge(model, images[:8])
    assert rate > 1 and reported == pytest.approx(rate, rel=1e-5) and charged == pytest.approx(rate, abs=1e-3)
    assert float(model.distortion.result()) == pytest.approx(distortion, rel=1e-5)


def test_loss_of_a_conditional_vae_decodes_with_the_labels(images, labels):
    model = widen(build("conditional", variance=0.2, reparameterize=lambda mean, log_variance, noise: mean))
    charged, _ = charge(model, images[:8], y=labels[:8])
    distortion, rate = elbo_by_hand(model, images[:8], 0.2, told=[np.eye(10, dtype="float32")[labels[:8]]])
    assert float(model.distortion.result()) == pytest.approx(distortion, rel=1e-5)
    assert charged == pytest.approx(rate, abs=1e-3)
    assert abs(float(model.compute_loss(images[:8], y=labels[:8][::-1])) - distortion - rate) > 0.01


def test_noise_differs_between_images_latents_and_steps(images):
    seen = []
    model = fixed(reparameterize=lambda mean, log_variance, noise: seen.append(noise) or mean + 0 * log_variance * noise)
    for _ in range(2):
        model.compute_loss(images)
    first, second = np.asarray(seen[-2]), np.asarray(seen[-1])
    assert first.shape == (128, 3) and len(np.unique([first, second])) == 2 * 128 * 3
    assert first.std() == pytest.approx(1, abs=0.1)


def test_beta_weighs_the_rate(images):
    for beta in (0, 1, 0.25, 4):
        assert charge(fixed(beta=beta), images) == pytest.approx((5 * beta, 5), abs=2e-3)


def test_free_bits_are_not_charged_for_each_latent(images):
    assert charge(fixed(free_bits=1.0), images) == pytest.approx((1 + 1 + 4.5, 5), abs=2e-3)
    assert charge(fixed(free_bits=1.0, beta=2.0), images) == pytest.approx((2 * 6.5, 5), abs=2e-3)


def test_free_bits_count_on_the_average_of_the_batch(images):
    """KLs of 0 and 2 nats use 1 on average: with 1.5 free, 1.5 is charged, and not (1.5 + 2) / 2."""
    model = fixed([0.0], [0.0], free_bits=1.5)
    x = np.concatenate([0 * images[:1], np.ones_like(images[:1])])
    model.encoder.set_weights([np.tile([[2 / 784, 0]], (784, 1)), np.zeros(2)])  # μ = 0 and 2
    assert charge(model, x) == pytest.approx((1.5, 1), abs=2e-3)


def test_beta_rises_with_the_steps_of_training_only(images):
    model = fixed(beta=2.0, warmup=4)
    for training_, beta in [(False, 0), (True, 0.5), (True, 1), (False, 1), (True, 1.5), (True, 2), (True, 2), (False, 2)]:
        assert charge(model, images, training=training_) == pytest.approx((5 * beta, 5), abs=2e-3)


def test_fit_counts_steps_and_evaluate_does_not(images):
    model = fixed(warmup=8)
    model.compile(optimizer="sgd", run_eagerly=True)
    model.fit(images, batch_size=32, verbose=0)
    model.evaluate(images, batch_size=32, verbose=0)
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


@pytest.mark.parametrize("kind", ["VAE", "conditional flow"])
def test_training_lowers_the_loss_and_reports_both_terms(kind, images, labels):
    import keras

    model = build(kind, beta=0.5)
    model.compile(optimizer=keras.optimizers.Adam(5e-3))
    history = model.fit(images, labels if model.classes else None, batch_size=32, epochs=8, verbose=0).history
    assert history.keys() == {"loss", "distortion", "rate"}
    assert history["loss"] == pytest.approx(np.add(history["distortion"], np.multiply(0.5, history["rate"])), rel=1e-4)
    assert history["loss"][-1] < 0.8 * history["loss"][0] and history["rate"][-1] > 0.1


def test_readers_function_is_the_one_that_trains(images):
    from keras import ops

    model = build(kl_divergence=lambda mean, log_variance: ops.zeros_like(mean) + 0 * log_variance)
    model.compile(optimizer="adam", run_eagerly=True)
    history = model.fit(images, batch_size=64, verbose=0).history
    assert history["rate"] == [0] and history["loss"] == pytest.approx(history["distortion"])


def test_layers_that_differ_while_training_know_that_it_is(images):
    import keras
    from keras import layers

    norm = layers.BatchNormalization()
    networks = {
        "encoder": keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), norm, layers.Dense(4)]),
        "decoder": keras.Sequential(
            [keras.Input((2,)), layers.Dense(784), other := layers.BatchNormalization(), layers.Reshape((28, 28, 1))]
        ),
    }
    from generative_vision.models.vae import VAE

    model = VAE(2, **networks)
    model.compile(optimizer="adam", run_eagerly=True)
    model.evaluate(images, verbose=0)
    assert not np.any(norm.moving_mean) and not np.any(other.moving_mean)
    model.fit(images, verbose=0)
    assert np.any(norm.moving_mean) and np.any(other.moving_mean)


# The flow


@pytest.fixture(scope="module")
def flow(small_and_exact):
    from generative_vision.models.vae import CouplingFlow

    return bend(CouplingFlow(4, 3, 8))


def test_flow_can_be_undone(flow):
    z = np.random.default_rng(1).normal(size=(200, 4)).astype("float32")
    u, log_det = map(np.asarray, flow(z))
    assert u.shape == (200, 4) and log_det.shape == (200,) and np.abs(u - z).max() > 1
    assert np.asarray(flow.inverse(u)) == pytest.approx(z, abs=1e-4)
    assert np.asarray(flow(np.asarray(flow.inverse(z)))[0]) == pytest.approx(z, abs=1e-4)


def test_log_determinant_is_that_of_the_derivative(flow):
    h = 3e-3
    for z in np.random.default_rng(1).normal(size=(5, 4)).astype("float32"):
        steps = h * np.eye(4, dtype="float32")
        jacobian = (np.asarray(flow(z + steps)[0], "float64") - np.asarray(flow(z - steps)[0])) / (2 * h)
        expected = np.linalg.slogdet(jacobian)[1]
        assert abs(expected) > 0.1 and float(flow(z[None])[1][0]) == pytest.approx(expected, abs=0.01)


def test_every_entry_is_changed_and_depends_on_every_other(flow):
    """A coupling moves one half alone: without swaps the other would stay."""
    z = np.zeros((1, 4), "float32")
    moved = [np.asarray(flow(z + e)[0]) - np.asarray(flow(z)[0]) for e in np.eye(4, dtype="float32")]
    assert np.abs(moved).min() > 1e-3


@pytest.fixture(scope="module")
def told_flow(small_and_exact):
    from generative_vision.models.vae import CouplingFlow

    return bend(CouplingFlow(4, 3, 8, classes=10))


def test_flow_is_another_for_each_class(told_flow):
    z = np.random.default_rng(1).normal(size=(10, 4)).astype("float32")
    label = np.eye(10, dtype="float32")
    u, log_det = map(np.asarray, told_flow(z, label))
    assert np.asarray(told_flow.inverse(u, label)) == pytest.approx(z, abs=1e-4)
    other, other_log_det = map(np.asarray, told_flow(z, label[::-1]))
    assert np.abs(u - other).max(axis=0).min() > 1e-3 and np.abs(log_det - other_log_det).max() > 1e-3
    h = 3e-3
    for i in range(3):
        steps, same = h * np.eye(4, dtype="float32"), np.repeat(label[i : i + 1], 4, axis=0)
        jacobian = (np.asarray(told_flow(z[i] + steps, same)[0], "float64") - told_flow(z[i] - steps, same)[0]) / (2 * h)
        assert log_det[i] == pytest.approx(np.linalg.slogdet(jacobian)[1], abs=0.01)


def test_density_of_the_learned_prior_integrates_to_one():
    from generative_vision.models.vae import CouplingFlow

    h = 0.1
    axis = np.arange(-16, 16, h, dtype="float32")
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    u, log_det = map(np.asarray, bend(CouplingFlow(2, 3, 8), 0.3)(grid))
    density = np.exp(-0.5 * (u**2).sum(axis=1) + log_det) / (2 * pi)
    assert log_det.std() > 0.1 and density.sum() * h**2 == pytest.approx(1, abs=1e-3)


def test_prior_begins_as_the_normal_one():
    """A new flow only swaps halves, so that the estimated rate is, on average, the closed form."""
    from generative_vision.models.vae import FlowVAE

    mean, log_variance = [0.0, 1.0, -2.0, 0.5], [-1.0, 0.5, -2.0, 0.0]
    networks = {"encoder": fixed_encoder(mean, log_variance), "decoder": grey_decoder(4)}
    model = FlowVAE(4, couplings=3, hidden=8, **networks)
    z = np.random.default_rng(1).normal(size=(5, 4)).astype("float32")
    u, log_det = map(np.asarray, model.flow(z))
    assert u == pytest.approx(z[:, [2, 3, 0, 1]]) and not log_det.any()
    charged, rate = charge(model, np.zeros((20_000, 28, 28, 1), "float32"))
    assert rate == pytest.approx(closed_form(mean, log_variance).sum(), abs=0.1) and charged == pytest.approx(rate, abs=0.01)


@pytest.mark.parametrize("classes", [0, 10])
def test_rate_is_the_log_ratio_of_posterior_and_learned_prior(classes, images, labels):
    from generative_vision.models.vae import FlowVAE, reparameterize

    seen = []
    mean, log_variance = np.array([0.0, 1.0, -2.0, 0.5], "float32"), np.array([-1.0, 0.5, -2.0, 0.0], "float32")
    model = bend(FlowVAE(
        4, couplings=3, hidden=8, classes=classes,
        encoder=fixed_encoder(mean, log_variance), decoder=grey_decoder(4 + classes),
        reparameterize=lambda *parts: seen.append(reparameterize(*parts)) or seen[-1],
    ))  # fmt: skip
    _, rate = charge(model, images, y=labels)
    z = np.asarray(seen[-1])
    u, log_det = map(np.asarray, model.flow(z, np.eye(10, dtype="float32")[labels] if classes else None))
    log_q = (-0.5 * (z - mean) ** 2 / np.exp(log_variance) - log_variance / 2 - log(2 * pi) / 2).sum(axis=1)
    log_p = (-0.5 * u**2 - log(2 * pi) / 2).sum(axis=1) + log_det
    assert rate == pytest.approx((log_q - log_p).mean(), rel=1e-4)


# Labels, sampling, codes


@pytest.mark.parametrize("kind", KINDS)
def test_sample(models, kind):
    model = models[kind]
    first = model.sample(4, seed=1)
    assert first.shape == (4, 28, 28, 1) and first.dtype == np.float32
    assert (first == model.sample(4, seed=1)).all() and (first != model.sample(4, seed=2)).any()
    assert np.abs(first[0] - first[1]).max() > 1e-3
    wild = model.sample(4, seed=1, spread=1e6, labels=3 if model.classes else None)
    assert wild.min() == -1 and wild.max() == 1
    alike = model.sample(4, seed=1, spread=0, labels=3 if model.classes else None)
    assert alike == pytest.approx(np.broadcast_to(alike[:1], alike.shape), abs=1e-6)


def test_samples_are_decoded_noise(models):
    from generative_vision.models.sampling import normal_noise

    noise = normal_noise(4, 4, seed=1, spread=0.5)
    assert (models["VAE"].sample(4, seed=1, spread=0.5) == models["VAE"].decode(noise)).all()
    codes = models["flow"].codes(noise)
    assert codes == pytest.approx(np.asarray(models["flow"].flow.inverse(noise))) and np.abs(codes - noise).max() > 0.1
    assert (models["flow"].sample(4, seed=1, spread=0.5) == models["flow"].decode(codes)).all()
    told = models["conditional flow"]
    codes = told.codes(noise, [3, 3, 5, 0])
    assert np.asarray(told.flow(codes, np.eye(10, dtype="float32")[[3, 3, 5, 0]])[0]) == pytest.approx(noise, abs=1e-4)
    assert (told.codes(noise, 3) == codes).all(axis=1).tolist() == [True, True, False, False]
    assert (told.sample(4, seed=1, spread=0.5, labels=[3, 3, 5, 0]) == told.decode(codes, [3, 3, 5, 0])).all()


@pytest.mark.parametrize("kind", ["conditional", "conditional flow"])
def test_labels_choose_the_class(models, kind):
    model = models[kind]
    three = model.sample(4, seed=1, labels=3)
    assert (three == model.sample(4, seed=1, labels=[3] * 4)).all()
    mixed = model.sample(4, seed=1, labels=[3, 3, 5, 3])
    assert (mixed == three).all(axis=(1, 2, 3)).tolist() == [True, True, False, True]
    from generative_vision.models.sampling import draw_labels

    drawn = draw_labels(None, 4, 10, 1)
    assert (model.sample(4, seed=1) == model.sample(4, seed=1, labels=drawn)).all()


def test_codes(models, images, labels):
    model = models["VAE"]
    mean, log_variance = model.posterior(images[:7])
    assert mean.shape == log_variance.shape == (7, 4) and mean.dtype == np.float32
    assert (model.encode(images[:7]) == mean).all() and (mean != log_variance).all()
    assert (model.reconstruct(images[:7]) == model.decode(mean)).all()
    told = models["conditional"]
    rebuilt = told.reconstruct(images[:7], labels[:7])
    assert (rebuilt == told.decode(told.encode(images[:7]), labels[:7])).all()
    assert np.abs(rebuilt - told.reconstruct(images[:7], (labels[:7] + 1) % 10)).max() > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_weights_save_and_load(kind, tmp_path):
    model = build(kind)
    model.log_variance.assign(0.7)
    model.steps.assign(5)
    model.save_weights(tmp_path / "own.weights.h5")
    import keras

    keras.utils.set_random_seed(1)
    fresh = build(kind)
    if "flow" in kind:
        bend(fresh, 0.1)
    assert (fresh.sample(3, seed=0) != model.sample(3, seed=0)).any()
    fresh.load_weights(tmp_path / "own.weights.h5")
    assert (fresh.sample(3, seed=0) == model.sample(3, seed=0)).all()
    assert float(fresh.log_variance) == pytest.approx(0.7) and float(fresh.steps) == 5


@pytest.fixture
def low_precision():
    import keras

    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize("kind", ["VAE", "flow", "conditional flow"])
def test_low_precision_stays_inside_the_networks(kind, low_precision, images, labels):
    model = build(kind)
    assert model.encoder.layers[1].compute_dtype == "bfloat16"
    model.compile(optimizer="adam", run_eagerly=True)
    history = model.fit(images, labels if model.classes else None, batch_size=64, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert model.compute_loss(images, y=labels).dtype == "float32"
    assert model.sample(2, seed=0).dtype == model.encode(images[:2]).dtype == np.float32
    if kind == "flow":  # as exact as ever
        assert {layer.compute_dtype for network in model.flow.networks for layer in network.layers} == {"float32"}
        z = np.random.default_rng(1).normal(size=(50, 4)).astype("float32")
        assert np.asarray(model.flow.inverse(model.flow(z)[0])) == pytest.approx(z, abs=1e-4)


def test_low_precision_of_ones_own_networks_ends_there(low_precision, images):
    import keras
    from keras import layers

    from generative_vision.models.vae import VAE

    seen = []
    model = VAE(
        2,
        encoder=keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(4)]),
        decoder=keras.Sequential([keras.Input((2,)), layers.Dense(784), layers.Reshape((28, 28, 1))]),
        kl_divergence=lambda mean, log_variance: seen.append(mean.dtype) or mean + log_variance,
    )
    model.compute_loss(images)
    assert seen[-1] == "float32"
    assert model.encode(images[:2]).dtype == model.sample(2, seed=0).dtype == np.float32


# What is refused

WRONG_INPUT = [
    ("VAE", lambda m, x: m.encode(x[..., 0]), r"shape \(2, 28, 28\)"),
    ("VAE", lambda m, x: m.posterior(np.nan * x), "nan"),
    ("VAE", lambda m, x: m.fit(128 * x), "range from"),
    ("VAE", lambda m, x: m.fit(x, [1, 2]), "built without labels"),
    ("VAE", lambda m, x: m.decode(np.zeros((2, 5))), r"\(2, 5\); expected finite numbers, \(n, 4\)"),
    ("VAE", lambda m, x: m.decode(np.full((2, 4), np.inf)), "finite"),
    ("VAE", lambda m, x: m.decode(np.zeros((2, 4)), 3), "built without labels"),
    ("VAE", lambda m, x: m.sample(2, seed=0, labels=3), "built without labels"),
    ("VAE", lambda m, x: m.sample(0, seed=0), "n=0: expected at least one"),
    ("VAE", lambda m, x: m.sample(2, seed=0, spread=-1), "spread=-1"),
    ("flow", lambda m, x: m.sample(0, seed=0), "n=0: expected at least one"),
    ("flow", lambda m, x: m.sample(2, seed=0, spread=np.nan), "spread=nan"),
    ("flow", lambda m, x: m.codes(np.zeros((2, 3))), r"\(2, 3\); expected finite numbers, \(n, 4\)"),
    ("flow", lambda m, x: m.codes(np.zeros((2, 4)), 3), "built without labels"),
    ("conditional flow", lambda m, x: m.codes(np.zeros((2, 4))), "needs labels"),
    ("conditional flow", lambda m, x: m.sample(2, seed=0, labels=10), "from 0 to 9"),
    ("conditional", lambda m, x: m.fit(x), r"needs labels, as in fit"),
    ("conditional", lambda m, x: m.fit(x, [1, 10]), "2 whole numbers from 0 to 9"),
    ("conditional", lambda m, x: m.fit(x, [1]), "2 whole numbers"),
    ("conditional", lambda m, x: m.reconstruct(x), "needs labels"),
    ("conditional", lambda m, x: m.decode(np.zeros((2, 4)), [0.0, 1.0]), "dtype float64; expected 2 whole numbers"),
    ("conditional", lambda m, x: m.sample(2, seed=0, labels=10), "from 0 to 9"),
    ("conditional", lambda m, x: m.sample(2, seed=0, labels=[1, 2, 3]), r"\(3,\).*expected 2 whole numbers"),
]


@pytest.mark.parametrize(("kind", "call", "words"), WRONG_INPUT)
def test_wrong_input_is_named(models, images, kind, call, words):
    with pytest.raises(ValueError, match=words):
        call(models[kind], images[:2])


WRONG_OPTIONS = [
    ("VAE", {"code_size": 0}, "code_size=0: expected 1 or more"),
    ("VAE", {"beta": -1}, "beta=-1: expected a finite number, 0 or more"),
    ("VAE", {"beta": np.inf}, "beta=inf"),
    ("VAE", {"warmup": -1}, "warmup=-1"),
    ("VAE", {"free_bits": np.nan}, "free_bits=nan"),
    ("VAE", {"variance": 0}, "variance=0: expected a finite number above 0, or None"),
    ("FlowVAE", {"code_size": 0}, "code_size=0: expected 1 or more"),
    ("FlowVAE", {"code_size": 3}, "code_size=3: a flow needs two halves"),
    ("FlowVAE", {"free_bits": 0.5}, "free_bits: not used where the prior is learned"),
    ("FlowVAE", {"kl_divergence": np.add, "free_bits": 1}, "free_bits, kl_divergence: not used"),
    ("FlowVAE", {"variance": -1}, "variance=-1"),
]


@pytest.mark.parametrize(("name", "options", "words"), WRONG_OPTIONS)
def test_wrong_options_are_named(name, options, words):
    from generative_vision.models import vae

    with pytest.raises(ValueError, match=words):
        getattr(vae, name)(**{"code_size": 4, "width": 4, **options})


def readers_mistakes():
    from keras import ops

    return [
        ("kl_divergence", lambda m, v: 0.5 * (np.square(m) + np.exp(v) - 1 - v), TypeError, "kl_divergence must compute with keras.ops"),
        ("kl_divergence", lambda m, v: float(ops.mean(m + v)), TypeError, "keras.ops"),
        ("kl_divergence", lambda m, v: ops.sum(ops.square(m) + v, axis=1), ValueError, r"kl_divergence returns shape \(2,\).*\(2, 4\)"),
        ("kl_divergence", lambda m, v: ops.log(m) + v, ValueError, "NaN or infinite"),
        ("kl_divergence", lambda m, v: (_ for _ in ()).throw(NotImplementedError()), NotImplementedError, "not written yet"),
        ("reparameterize", lambda m, v, e: m + np.exp(0.5 * v) * e, TypeError, "reparameterize must compute with keras.ops"),
        ("reparameterize", lambda m, v, e: m + ops.exp(v / 2) * np.random.default_rng(0).normal(size=m.shape), TypeError, "ops.shape"),
        ("reparameterize", lambda m, v, e: None, TypeError, "a result is returned"),
        ("reparameterize", lambda m, v: m + v, TypeError, "reparameterize"),
    ]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("number", range(9))
def test_a_readers_mistake_meets_a_sentence_before_training(number):
    name, function, kind, words = readers_mistakes()[number]
    with pytest.raises(kind, match=words):
        build(**{name: function})
