"""Diffusion: formulas, samplers against closed forms, guidance, conditions, training, sketches, painting, both backends."""

import os
import subprocess
import sys

import numpy as np
import pytest
from exact import M, S, averages, bend, best_velocity, network, tiny

from generative_vision import data, prompts

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")

WORDS = len(prompts.WORDS)


@pytest.fixture(scope="module")
def images():
    return data.load_fashion_mnist("test")[0][:64]


@pytest.fixture(scope="module")
def labels():
    return data.load_fashion_mnist("test")[1][:64]


def build(condition=None, **options):
    from generative_vision.models.diffusion import Diffusion

    return Diffusion(condition=condition, **{"network": tiny(WORDS if condition else 0), **options})


@pytest.fixture(scope="module")
def model(small_and_exact):
    import keras

    keras.utils.set_random_seed(0)
    return build()


@pytest.fixture(scope="module")
def told(small_and_exact):
    import keras

    keras.utils.set_random_seed(0)
    return build("captions")


@pytest.fixture(scope="module")
def gaussian(small_and_exact):
    """A model that predicts as well as can be where the data are Gaussian."""
    return build(network=network(best_velocity))


def normal(n, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 28, 28, 1)).astype("float32")


def times(*values):
    return np.reshape(np.asarray(values, "float32"), (-1, 1, 1, 1))


def circle(t):
    angle = np.pi / 2 * np.asarray(t, "float64")
    return np.cos(angle), np.sin(angle)


# The formulas


def test_schedule_is_a_quarter_of_the_unit_circle():
    from generative_vision.models.diffusion import schedule

    t = np.linspace(0, 1, 101, dtype="float32")
    alpha, sigma = map(np.asarray, schedule(t))
    assert alpha**2 + sigma**2 == pytest.approx(np.ones(101), abs=1e-6)
    assert (np.diff(alpha) < 0).all() and (np.diff(sigma) > 0).all()
    assert (alpha[[0, 50, 100]], sigma[[0, 50, 100]]) == (
        pytest.approx([1, 0.5**0.5, 0], abs=1e-6), pytest.approx([0, 0.5**0.5, 1], abs=1e-6),
    )  # fmt: skip


def formulas():
    from generative_vision.models import diffusion as d

    return {
        "q_sample": lambda t, x, e: d.q_sample(x, t, e),
        "velocity": lambda t, x, e: d.velocity(x, t, e),
        "x_and_noise": lambda t, x, e: d.x_and_noise(x, e, t)[0] + 3 * d.x_and_noise(x, e, t)[1],
        "ddim_step": lambda t, x, e: d.ddim_step(x, e, t, t / 2),
        "ddpm_step": lambda t, x, e: d.ddpm_step(x, e, t, t / 2, x * e),
        "noise_on": lambda t, x, e: d.noise_on(x, t / 2, t, e),
    }


@pytest.mark.parametrize("name", ["q_sample", "velocity", "x_and_noise", "ddim_step", "ddpm_step", "noise_on"])
def test_every_image_has_a_time_of_its_own(name):
    formula, t, x, e = formulas()[name], times(0.1, 0.5, 0.7, 1), normal(4), normal(4, 1)
    together = np.asarray(formula(t, x, e))
    alone = [np.asarray(formula(t[i : i + 1], x[i : i + 1], e[i : i + 1])) for i in range(4)]
    assert together.shape == x.shape and together == pytest.approx(np.concatenate(alone), abs=1e-5)
    other = np.asarray(formula(t[::-1].copy(), x, e))
    assert np.abs(together - other).max(axis=(1, 2, 3)).min() > 0.1


def test_q_sample_and_velocity_are_the_closed_forms():
    from generative_vision.models.diffusion import q_sample, velocity

    x, e, t = normal(5), normal(5, 1), times(0, 0.2, 0.5, 0.9, 1)
    alpha, sigma = circle(t)
    assert np.asarray(q_sample(x, t, e)) == pytest.approx(alpha * x + sigma * e, abs=1e-5)
    assert np.asarray(velocity(x, t, e)) == pytest.approx(alpha * e - sigma * x, abs=1e-5)


def test_velocity_is_the_derivative_by_the_angle():
    from generative_vision.models.diffusion import q_sample, velocity

    x, e, t, h = normal(4), normal(4, 1), times(0.1, 0.4, 0.6, 0.9), 0.01
    slope = (np.asarray(q_sample(x, t + h, e)) - q_sample(x, t - h, e)) / (2 * h * np.pi / 2)
    assert np.asarray(velocity(x, t, e)) == pytest.approx(slope, abs=1e-3)


def test_v_can_be_taken_back_to_x_and_noise():
    from generative_vision.models.diffusion import q_sample, velocity, x_and_noise

    x, e, t = normal(4), normal(4, 1), times(0, 0.3, 0.8, 1)
    back, noise = x_and_noise(q_sample(x, t, e), velocity(x, t, e), t)
    assert np.asarray(back) == pytest.approx(x, abs=1e-5) and np.asarray(noise) == pytest.approx(e, abs=1e-5)


def test_ddim_step_is_a_rotation():
    from generative_vision.models.diffusion import ddim_step, q_sample, velocity

    x_t, v, t, s = normal(3), normal(3, 1), times(1, 0.6, 0.3), times(0.7, 0.5, 0)
    cos, sin = circle(t - s)
    assert np.asarray(ddim_step(x_t, v, t, s)) == pytest.approx(cos * x_t - sin * v, abs=1e-5)
    assert np.asarray(ddim_step(x_t, v, t, t)) == pytest.approx(x_t, abs=1e-5)
    x, e = x_t, v
    for target, expected in [(0 * t, x), (s, q_sample(x, s, e)), (0 * t + 1, e)]:
        assert np.asarray(ddim_step(q_sample(x, t, e), velocity(x, t, e), t, target)) == pytest.approx(np.asarray(expected), abs=1e-5)


@pytest.mark.parametrize(("t", "s"), [(0.9, 0.5), (0.5, 0.45), (0.05, 0.01), (1, 0.9), (1, 0.2)])
def test_ddpm_step_draws_from_the_posterior(t, s):
    """By Bayes: x_s ~ N(α_s·x, σ_s²) before x_t is seen, x_t ~ N(a·x_s, b) with b such that x_t has variance σ_t²."""
    from generative_vision.models.diffusion import ddpm_step, q_sample, velocity

    x, e = normal(2), normal(2, 1)
    (alpha_t, sigma_t), (alpha_s, sigma_s) = circle(t), circle(s)
    x_t = alpha_t * x + sigma_t * e.astype("float64")
    a = alpha_t / alpha_s
    b = sigma_t**2 - (a * sigma_s) ** 2
    precision = 1 / sigma_s**2 + a**2 / b
    mean = (alpha_s * x / sigma_s**2 + a * x_t / b) / precision

    t, s = times(t), times(s)
    given = q_sample(x, t, e), velocity(x, t, e), t, s
    assert np.asarray(ddpm_step(*given, 0 * x)) == pytest.approx(mean, abs=2e-4)
    drawn = np.subtract(ddpm_step(*given, 0 * x + 1), ddpm_step(*given, 0 * x))
    assert drawn == pytest.approx(np.full(x.shape, precision**-0.5), rel=2e-3)


@pytest.mark.parametrize("t", [1, 0.5, 0.01])
def test_the_last_ddpm_step_returns_x_and_draws_nothing(t):
    from generative_vision.models.diffusion import ddpm_step, q_sample, velocity

    x, e, t = normal(2), normal(2, 1), times(t)
    x_0 = np.asarray(ddpm_step(q_sample(x, t, e), velocity(x, t, e), t, 0 * t, normal(2, 2)))
    assert x_0 == pytest.approx(x, abs=1e-4)


def test_noise_on_leads_to_the_same_noisy_images_as_q_sample():
    from generative_vision.models.diffusion import noise_on, q_sample

    x, zero, one = normal(4), 0 * normal(4), 0 * normal(4) + 1
    s, t = times(0, 0.2, 0.5, 0.5), times(0.4, 0.3, 1, 0.5)
    assert np.asarray(noise_on(q_sample(x, s, zero), s, t, zero)) == pytest.approx(circle(t)[0] * x, abs=1e-5)
    older, newer = np.asarray(noise_on(q_sample(zero, s, one), s, t, zero)), np.asarray(noise_on(zero, s, t, one))
    assert older**2 + newer**2 == pytest.approx(np.broadcast_to(circle(t)[1] ** 2, x.shape), abs=1e-5)
    assert np.asarray(noise_on(x, t, t, one)) == pytest.approx(x, abs=1e-5)


def test_images_are_standardised_by_the_training_set(model, images):
    from generative_vision.models.diffusion import DEVIATION, MEAN

    train = data.load_fashion_mnist("train")[0]
    assert train.mean() == pytest.approx(MEAN, abs=0.005) and train.std() == pytest.approx(DEVIATION, abs=0.005)
    x = model.from_images(images)
    assert x == pytest.approx((images - MEAN) / DEVIATION, abs=1e-5) and x.dtype == np.float32
    assert model.to_images(x) == pytest.approx(images, abs=1e-6)
    assert model.to_images(10 * x).min() == -1 and model.to_images(10 * x).max() == 1


# The network


def test_unet_begins_with_v_0_and_looks_at_all_it_is_told():
    from generative_vision.models.diffusion import Diffusion, unet

    x, t, words = normal(2), np.full((2, 1), 0.5, "float32"), np.eye(WORDS, dtype="float32")[[1, 2]]
    assert not np.asarray(unet(4)([x, t])).any()
    model = bend(Diffusion(condition="labels", width=4), 0.2)
    v = np.asarray(model.network([x, t, words]))
    assert v.shape == x.shape
    others = [[x, t + 0.1, words], [x, t, words[::-1]], [x[::-1], t, words]]
    assert min(np.abs(v - model.network(other)).max() for other in others) > 1e-3
    far = x.copy()
    far[:, 0, 0] += 1  # a corner is seen from the middle: the way through 7x7
    assert np.abs(v - model.network([far, t, words]))[:, 24:].max() > 1e-5


def test_scale_is_the_formula():
    from generative_vision.models.diffusion import Scale

    scale, h, e = Scale(), normal(2)[:, :3, :4] * np.ones(5, "float32"), np.array([[1, 2], [-1, 0.5]], "float32")
    assert np.asarray(scale([h, e])) == pytest.approx(h)  # it begins as the identity
    w, c = np.random.default_rng(0).normal(size=(2, 10)), np.linspace(-1, 1, 10)
    scale.dense.set_weights([w, c])
    a, b = np.split((e @ w + c)[:, None, None, :], 2, axis=-1)
    assert np.asarray(scale([h, e])) == pytest.approx(h * (1 + a) + b, abs=1e-5)


def test_time_features_tell_all_times_apart():
    from generative_vision.models.denoiser import TimeFeatures

    t = np.linspace(0, 1, 501, dtype="float32").reshape(-1, 1, 1, 1)
    features = np.asarray(TimeFeatures()(t))
    assert features.shape == (501, 16)
    apart = np.linalg.norm(features[:, None] - features, axis=2) + 9 * np.eye(501)
    assert apart.min() > 0.05


# From noise to data, against closed forms


def test_ddim_arrives_where_the_probability_flow_leads(gaussian):
    """Along it (x_t − αm)/√(α²s² + σ²) stays as it is: noise z becomes m + s·z."""
    z = normal(8)
    errors = [np.abs(gaussian.denoise(z, steps=steps) - (M + S * z)).mean() for steps in (10, 20, 40, 80)]
    assert errors[-1] < 0.01
    assert np.divide(errors[:-1], errors[1:]) == pytest.approx([2, 2, 2], abs=0.15)  # first order


def test_ddim_from_a_time_between(gaussian):
    x, e = normal(8), normal(8, 1)
    alpha, sigma = circle(0.6)
    x_t = (alpha * x + sigma * e).astype("float32")
    expected = M + S * (x_t - alpha * M) / np.sqrt(alpha**2 * S**2 + sigma**2)
    assert gaussian.denoise(x_t, begin=0.6, steps=100) == pytest.approx(expected, abs=0.03)


def shrunk(steps):
    """The deviation of what DDPM draws, in S: each step puts x̂ = E[x | x_t] for x, and so misses the variance of x."""
    times_, variance = np.linspace(1, 0, steps + 1), 1.0
    for t, s in zip(times_[:-1], times_[1:], strict=True):
        (alpha_t, sigma_t), (alpha_s, sigma_s) = circle(t), circle(s)
        a = alpha_t / alpha_s
        b = sigma_t**2 - (a * sigma_s) ** 2
        slope = a * sigma_s**2 / sigma_t**2 + alpha_s * b / sigma_t**2 * alpha_t * S**2 / (alpha_t**2 * S**2 + sigma_t**2)
        variance = slope**2 * variance + b * sigma_s**2 / sigma_t**2
    return np.sqrt(variance) / S


def test_ddpm_draws_from_the_data(gaussian):
    assert 0.97 < shrunk(200).min() < shrunk(200).max() < 0.99
    x = (gaussian.denoise(normal(100), method="ddpm", steps=200, seed=1) - M) / S / shrunk(200)
    assert x.mean() == pytest.approx(0, abs=0.02) and x.std() == pytest.approx(1, abs=0.01)
    assert x.mean(axis=0) == pytest.approx(np.zeros((28, 28, 1)), abs=0.5)  # 5 standard errors
    assert np.corrcoef(x[:, :14].ravel(), x[:, 14:].ravel())[0, 1] == pytest.approx(0, abs=0.03)
    assert (x**3).mean() == pytest.approx(0, abs=0.1) and (x**4).mean() == pytest.approx(3, abs=0.2)


def test_ddpm_forgets_its_beginning(gaussian):
    z = normal(50)
    x = (gaussian.denoise(z, method="ddpm", steps=50) - M) / S
    assert np.corrcoef(x.ravel(), z.ravel())[0, 1] < 0.1


def test_noise_is_drawn_anew_for_each_step_pixel_image_and_batch():
    from generative_vision.models.denoiser import Method, Sampler

    way = Sampler(network(lambda x, t: x), Method(lambda x_t, v, t, s, noise: x_t + noise, random=True), None)
    n = 600
    one = np.ones((n, 1, 1, 1), "float32")
    keys = np.arange(n, dtype="int32")[:, None]
    given = {"x": np.zeros((n, 28, 28, 1), "float32"), "begin": one, "guidance": one, "steps": np.full((n, 1), 4, "int32")}
    x = way.predict({**given, "key": keys}, batch_size=500, verbose=0)
    assert x.var() == pytest.approx(4, rel=0.02) and x.mean() == pytest.approx(0, abs=0.02)
    assert len(np.unique(x[:, 0, 0, 0])) == n and len(np.unique(x[0])) == 784
    assert (x == way.predict({**given, "key": keys}, batch_size=500, verbose=0)).all()
    assert (x != way.predict({**given, "key": keys + 1}, batch_size=500, verbose=0)).mean() > 0.99


@pytest.mark.parametrize("steps", [1, 7, 25, 50])
def test_times_lead_from_begin_to_exactly_0(model, steps):
    from generative_vision.models.denoiser import Sampler

    way = Sampler(model.averaged, model.methods["ddim"], None)
    given = {"begin": times(1.0, 0.3), "steps": np.full((2, 1), steps)}
    t, s = np.array([way.times(i, given) for i in range(steps)], "float32").reshape(steps, 2, 2).swapaxes(0, 1)
    assert t[0].tolist() == pytest.approx([1, 0.3]) and (s[-1] == 0).all() and (s >= 0).all()
    assert (t[1:] == s[:-1]).all() and t - s == pytest.approx(np.tile([1 / steps, 0.3 / steps], (steps, 1)), abs=1e-6)


# Guidance


def test_guide_is_linear():
    from generative_vision.models.denoiser import guide

    without, with_ = normal(2), normal(2, 1)
    assert np.asarray(guide(without, with_, 0.0)) == pytest.approx(without)
    assert np.asarray(guide(without, with_, 1.0)) == pytest.approx(with_, abs=1e-6)
    assert np.asarray(guide(without, with_, times(2, 0.5))) == pytest.approx(
        np.stack([2 * with_[0] - without[0], (with_[1] + without[1]) / 2]), abs=1e-5
    )


def opinion(x_t, t, words):
    """v = 0.2 without words, and 0.5 + 0.1·(number of the word) with one: x̂ = −v at t = 1."""
    from keras import ops

    v = 0.2 + 0.3 * ops.sum(words, axis=1) + 0.1 * ops.sum(words * np.arange(WORDS, dtype="float32"), axis=1)
    return ops.ones_like(x_t) * ops.reshape(v, (-1, 1, 1, 1))


@pytest.mark.parametrize("guidance", [0, 0.5, 1, 3])
def test_guidance_weighs_both_predictions(guidance):
    fake = build("captions", network=network(opinion, WORDS))
    words = fake.encode_condition(["pullover", "dress", "shirt"], 3)
    x = fake.denoise(normal(3), words, guidance=guidance, steps=1)
    expected = -(0.2 + guidance * (0.3 + 0.1 * np.array([2, 3, 6])))
    assert x == pytest.approx(np.broadcast_to(expected.reshape(3, 1, 1, 1), x.shape), abs=1e-5)


def test_readers_guide_is_the_one_that_samples():
    fake = build("captions", network=network(opinion, WORDS), guide=lambda without, with_, g: g * (with_ - 3 * without))
    x = fake.denoise(normal(1), fake.encode_condition("dress", 1), guidance=2, steps=1)
    assert x == pytest.approx(np.full(x.shape, -2 * (0.8 - 0.6)), abs=1e-5)


def test_guidance_of_1_is_none_and_of_0_hears_nothing(told):
    from generative_vision.models.denoiser import Sampler

    def never(v_without, v_with, guidance):
        raise AssertionError("called")

    z, words = normal(3), told.encode_condition(["dark dress", "bag", "wide coat"], 3)
    plain = told.denoise(z, words, steps=3)
    assert np.abs(plain - told.denoise(z, words, steps=3, guidance=3)).max() > 0.01
    inputs = {"x": z, "words": words, "begin": times(1, 1, 1), "guidance": times(1, 1, 1), "key": np.zeros((3, 1), "int32"), "steps": np.full((3, 1), 3, "int32")}
    guided = Sampler(told.averaged, told.methods["ddim"], told.guide).predict(inputs, verbose=0)
    assert guided == pytest.approx(plain, abs=1e-5)
    deaf = told.denoise(z, words, steps=3, guidance=0)
    assert deaf == pytest.approx(told.denoise(z, 0 * words, steps=3), abs=1e-5) and np.abs(deaf - plain).max() > 1e-3
    told.guide, kept = never, told.guide
    try:
        assert (plain == told.denoise(z, words, steps=3, guidance=1.0)).all()
    finally:
        told.guide = kept


# Labels, captions, prompts


def test_labels_are_captions_of_one_word(told):
    three = told.sample(2, seed=1, steps=2, labels=3)
    assert (three == told.sample(2, seed=1, steps=2, labels=[3, 3])).all()
    assert (three == told.sample(2, seed=1, steps=2, prompt="a dress")).all()
    mixed = told.sample(2, seed=1, steps=2, prompt=["a dress", "a bag"])
    assert (mixed == three).all(axis=(1, 2, 3)).tolist() == [True, False]
    assert (mixed == told.sample(2, seed=1, steps=2, labels=np.array([3, 8]))).all()
    assert (three != told.sample(2, seed=1, steps=2, prompt="a dark dress")).any()


def test_condition_is_encoded_as_rows(told):
    one = np.eye(WORDS, dtype="float32")
    for condition in ([3, 9], np.array([3, 9], "uint8"), ["dress", "ankle boots"], np.array(["a dress", "boot"])):
        assert (told.encode_condition(condition, 2) == one[[3, 9]]).all()
    assert (told.encode_condition("dark dress", 3) == one[[3]] + one[[10]]).all()
    assert told.encode_condition(9, 3).shape == (3, WORDS) and told.encode_condition(9, 3).dtype == np.float32
    assert not told.encode_condition("", 1).any()


def test_labels_are_drawn_where_none_are_asked_for(told):
    drawn = told.asked(None, None, 2000, seed=1)
    assert (drawn.sum(axis=1) == 1).all()
    assert drawn.mean(axis=0) == pytest.approx([0.1] * 10 + [0] * 6, abs=0.04)
    assert (drawn == told.asked(None, None, 2000, seed=1)).all() and (drawn != told.asked(None, None, 2000, seed=2)).any()
    few = told.asked(None, None, 3, seed=1).argmax(axis=1)
    assert (told.sample(3, seed=1, steps=2) == told.sample(3, seed=1, steps=2, labels=few)).all()


def test_a_model_of_labels_understands_the_words_for_classes():
    model = build("labels")
    assert (model.encode_condition("a bag", 1) == model.encode_condition([8], 1)).all()
    with pytest.raises(ValueError, match='the words for the classes only.*condition="captions"'):
        model.encode_condition(["a bag", "a dark bag"], 2)


@pytest.mark.parametrize("drop", [0, 0.1, 0.6])
def test_drop_hides_all_words_of_some_images_in_training_only(drop):
    from keras import ops

    model = build("captions", drop=drop, network=network(lambda x, t, words: 0 * x + ops.sum(words, axis=1)[:, None, None, None], WORDS))
    words = prompts.encode(["a dark wide dress"] * 4000)
    x, t = (ops.zeros((4000, size, size, 1)) for size in (28, 1))
    seen = [np.asarray(model.predict_training(x, t, words))[:, 0, 0, 0] for _ in range(2)]
    assert set(seen[0].tolist()) == ({0, 3} if drop else {3})
    assert np.mean(np.equal(seen, 0)) == pytest.approx(drop, abs=0.03)
    assert (seen[0] != seen[1]).any() == (drop > 0)
    assert (np.asarray(model.predict_training(x, t, words, training=False)) == 3).all()


def test_evaluate_hides_nothing(images):
    model = build("captions", drop=0.5, velocity=lambda x, t, e: 0 * x * t * e, network=network(opinion, WORDS))
    words = model.encode_condition("t-shirt", 64)
    shown, hidden = 0.5**2, 0.2**2
    assert float(model.compute_loss(images, words, training=False)) == pytest.approx(shown, rel=1e-5)
    assert float(model.compute_loss(images, words)) == pytest.approx((shown + hidden) / 2, abs=0.06)
    model.compile(run_eagerly=True)
    assert model.evaluate(images, ["t-shirt"] * 64, verbose=0) == pytest.approx(shown, rel=1e-5)


def test_training_and_validation_see_standardised_images_and_words(images, labels):
    seen = []
    model = build("captions", drop=0.0, network=network(lambda x, t, words: 0 * x, WORDS))
    inner = model.compute_loss
    model.compute_loss = lambda x, y, *others, **options: seen.append((np.asarray(x), np.asarray(y))) or inner(x, y, *others, **options)
    model.compile(optimizer="sgd", run_eagerly=True)
    captions = prompts.captions(images, labels)
    history = model.fit(images, captions, validation_data=(images[:8], labels[:8]), batch_size=64, epochs=2, shuffle=False, verbose=0).history
    assert history.keys() == {"loss", "val_loss"} and len(seen) == 4
    for x, words in seen[::2]:
        assert x == pytest.approx((images + 0.43) / 0.706, abs=1e-5) and (words == prompts.encode(captions)).all()
    for x, words in seen[1::2]:
        assert x == pytest.approx((images[:8] + 0.43) / 0.706, abs=1e-5) and (words == prompts.encode_labels(labels[:8])).all()
    with pytest.raises(ValueError, match="7 labels or captions for 8 images"):
        model.fit(images, captions, validation_data=(images[:8], labels[:7]))
    with pytest.raises(ValueError, match="needs captions"):
        model.evaluate(images)


# Training


@pytest.mark.parametrize("condition", [None, "captions"])
def test_loss_is_the_mean_squared_error_of_v(condition, images, labels):
    from generative_vision.models.diffusion import q_sample

    seen = []
    model = build(condition, drop=0.0, q_sample=lambda *given: seen.append(given) or q_sample(*given))
    words = model.encode_condition(labels if condition else None, 64)
    loss = float(model.compute_loss(images, words, training=False))
    x, t, e = (np.asarray(part, "float64") for part in seen[-1])
    assert (x == images).all() and t.shape == (64, 1, 1, 1)
    alpha, sigma = circle(t)
    told = [] if words is None else [words]
    v = np.asarray(model.network([(alpha * x + sigma * e).astype("float32"), t.reshape(64, 1).astype("float32"), *told]))
    assert loss == pytest.approx(((v - (alpha * e - sigma * x)) ** 2).mean(), rel=1e-4)
    if condition:
        assert abs(float(model.compute_loss(images, words[::-1].copy(), training=False)) - loss) > 1e-5


def test_times_and_noise_of_training(model):
    x = np.zeros((2000, 28, 28, 1), "float32")
    (t, e), (other, another) = ([np.asarray(part) for part in model.draw_training(x)] for _ in range(2))
    assert t.shape == (2000, 1, 1, 1) and e.shape == x.shape
    assert np.histogram(t, bins=10, range=(0, 1))[0] == pytest.approx(np.full(10, 200), abs=70) and 0 <= t.min() <= t.max() < 1
    assert e.mean() == pytest.approx(0, abs=0.01) and e.std() == pytest.approx(1, abs=0.01)
    assert len(np.unique(t)) > 1990 and (t != other).mean() > 0.99 and (e != another).mean() > 0.99
    assert np.corrcoef(t.ravel(), e[:, 0, 0, 0])[0, 1] == pytest.approx(0, abs=0.1)


def test_readers_functions_are_the_ones_that_train(images):
    from keras import ops

    model = build(network=network(lambda x, t: x), q_sample=lambda x, t, e: 0 * x * t * e + 2, velocity=lambda x, t, e: 5 + 0 * x * t * e)
    assert float(model.compute_loss(images, training=False)) == pytest.approx(9)
    model = build(network=network(lambda x, t: x + 0 * ops.sum(t)), q_sample=lambda x, t, e: e + 0 * x * t, velocity=lambda x, t, e: e + t + 0 * x)
    assert float(model.compute_loss(np.repeat(images, 30, axis=0), training=False)) == pytest.approx(1 / 3, abs=0.03)  # E t²


@pytest.mark.parametrize("condition", [None, "captions"])
def test_training_lowers_the_loss(condition, images, labels):
    import keras

    model = build(condition)
    model.compile(optimizer=keras.optimizers.Adam(0.01))
    told = [prompts.captions(images, labels)] if condition else []
    history = model.fit(images, *told, batch_size=16, epochs=10, verbose=0).history
    assert history.keys() == {"loss"} and history["loss"][-1] < 0.8 * history["loss"][0]


def watched(keep):
    """A model, and its network's weights before each step of training."""
    import keras

    model, before = build(keep=keep), []
    watch = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: before.append(model.network.get_weights()))
    model.compile(optimizer=keras.optimizers.SGD(0.1), run_eagerly=True)
    return model, before, watch


@pytest.mark.parametrize("keep", [0.22, 0.998])  # the first rules after two steps, the other not yet
def test_averaged_is_the_running_average_with_its_warm_up(keep, images):
    model, before, watch = watched(keep)
    start = model.averaged.get_weights()
    assert all((a == b).all() for a, b in zip(start, model.network.get_weights(), strict=True))
    model.fit(images, batch_size=16, verbose=0, callbacks=[watch])
    model.evaluate(images, verbose=0)  # moves nothing
    model.fit(images, batch_size=32, verbose=0, callbacks=[watch])
    assert len(before) == 6 and np.abs(before[0][0] - before[5][0]).max() > 1e-3
    for ours, theirs in zip(model.averaged.get_weights(), averages(start, before, keep), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-6)


def test_interrupted_training_leaves_an_average_to_sample_from(images):
    import keras

    model, before, watch = watched(0.998)
    start = model.averaged.get_weights()

    def interrupt(batch, logs):
        if batch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(images, batch_size=8, verbose=0, callbacks=[watch, keras.callbacks.LambdaCallback(on_train_batch_end=interrupt)])
    assert len(before) == 3
    for ours, theirs in zip(model.averaged.get_weights(), averages(start, before, 0.998), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-6)
    assert np.isfinite(model.sample(2, seed=0, steps=2)).all()


def test_samples_come_from_the_average_which_is_not_trained():
    model = build()
    first = model.sample(2, seed=0, steps=2)
    model.network.set_weights([w + 1 for w in model.network.get_weights()])
    assert (first == model.sample(2, seed=0, steps=2)).all()
    assert {id(w) for w in model.trainable_variables} == {id(w) for w in model.network.trainable_variables}
    model.averaged.set_weights([w + 1 for w in model.averaged.get_weights()])
    assert (first != model.sample(2, seed=0, steps=2)).any()


def test_a_network_with_dropout_knows_when_it_trains(images):
    import keras
    from keras import layers, ops

    x, t = keras.Input((28, 28, 1)), keras.Input((1,))
    model = build(
        network=keras.Model([x, t], layers.Dropout(0.5)(x)), q_sample=lambda x, t, e: ops.ones_like(x) + 0 * t * e,
        velocity=lambda x, t, e: 0 * x * t * e,
    )  # fmt: skip
    assert float(model.compute_loss(images, training=False)) == pytest.approx(1)
    assert float(model.compute_loss(images)) == pytest.approx(2, abs=0.1)  # half of the pixels are 2
    assert model.denoise(normal(1), steps=1) == pytest.approx(-normal(1), abs=1e-5)


# Sampling


@pytest.mark.parametrize("method", ["ddim", "ddpm"])
def test_sample(model, method):
    def draw(n, seed, **options):
        return model.sample(n, seed=seed, steps=3, method=method, **options)

    first = draw(4, 1)
    assert first.shape == (4, 28, 28, 1) and first.dtype == np.float32
    assert (first == draw(4, 1)).all() and (first != draw(4, 2)).any()
    assert np.abs(first[0] - first[1]).max() > 1e-3
    wild = draw(4, 1, spread=1e6)
    assert wild.min() == -1 and wild.max() == 1
    alike = draw(4, 1, spread=0)
    assert (np.ptp(alike, axis=0).max() < 1e-6) == (method == "ddim")  # DDPM draws on its way, too


def test_samples_are_denoised_noise(model):
    from generative_vision.models.sampling import normal_noise

    noise = normal_noise(4, 784, seed=1, spread=0.25).reshape(4, 28, 28, 1)
    assert noise.std() == pytest.approx(0.5, abs=0.02)
    assert (model.sample(4, seed=1, spread=0.25, steps=3) == model.to_images(model.denoise(noise, steps=3))).all()


def test_more_samples_than_one_batch(model):
    many = model.sample(600, seed=1, steps=2)
    assert many.shape == (600, 28, 28, 1) and many[:5] == pytest.approx(model.sample(5, seed=1, steps=2), abs=1e-5)
    z = normal(600)
    assert model.denoise(z, steps=2)[595:] == pytest.approx(model.denoise(z[595:], steps=2), abs=1e-5)
    drawn = model.sample(600, seed=1, spread=0, steps=2, method="ddpm")
    assert len(np.unique(drawn.round(4).reshape(600, -1)[:, :50], axis=0)) == 600


def test_readers_method_is_the_way_that_is_gone(model):
    from generative_vision.models.diffusion import ddim_step

    def own(x_t, v, t, s):
        return ddim_step(x_t, v, t, s)

    assert (model.sample(3, seed=0, steps=3, method=own) == model.sample(3, seed=0, steps=3)).all()
    z = normal(2)
    count = model.denoise(z, steps=4, method=lambda x_t, v, t, s: x_t + 1 + 0 * v * t * s)
    assert count == pytest.approx(z + 4, abs=1e-5)
    last = model.denoise(z, steps=4, method=lambda x_t, v, t, s: 0 * x_t * v + t + 10 * s)
    assert last == pytest.approx(np.full(z.shape, 0.25), abs=1e-6)


def test_velocity_is_what_the_averaged_network_says(told):
    x, words = normal(3), told.encode_condition("bag", 3)
    v = told.velocity(x, 0.3, words)
    assert v.shape == x.shape and v == pytest.approx(np.asarray(told.averaged([x, np.full((3, 1), 0.3, "float32"), words])), abs=1e-6)
    assert np.abs(v - told.velocity(x, 0.8, words)).max() > 1e-4


def test_ways_are_traced_once_and_are_no_part_of_the_model(images):
    traces = []

    def counting(v_without, v_with, guidance):
        traces.append(1)
        return v_without + guidance * (v_with - v_without)

    model = build("captions", guide=counting)
    before = len(model.weights), len(model.variables)
    mask = np.zeros((28, 28))
    mask[:5] = 1
    for draw in (
        lambda seed, g: model.sample(3, seed=seed, guidance=g, steps=2, labels=seed),
        lambda seed, g: model.refine(images[:3], 0.9, seed=seed, guidance=g, steps=2),
        lambda seed, g: model.inpaint(images[:3], mask, seed=seed, guidance=g, steps=2, repeats=2),
    ):
        draw(0, 2.0)
        known = len(traces)
        draw(1, 3.0)
        assert len(traces) == known > 0
    assert (len(model.weights), len(model.variables)) == before


@pytest.mark.parametrize("condition", [None, "captions"])
def test_weights_save_and_load(condition, images, tmp_path):
    import keras

    model = build(condition)
    model.averaged.set_weights([w + 0.1 for w in model.averaged.get_weights()])  # differs from the network
    model.save_weights(tmp_path / "own.weights.h5")
    keras.utils.set_random_seed(1)
    fresh = build(condition)
    draw = {"seed": 0, "steps": 2, "guidance": 2 if condition else 1}
    assert (fresh.sample(3, **draw) != model.sample(3, **draw)).any()
    fresh.load_weights(tmp_path / "own.weights.h5")
    assert (fresh.sample(3, **draw) == model.sample(3, **draw)).all()
    for ours, theirs in zip(fresh.network.get_weights(), model.network.get_weights(), strict=True):
        assert (ours == theirs).all()


def test_average_goes_on_where_it_was_when_weights_are_loaded(images, tmp_path):
    """Fine-tuning does not throw the average away as the first steps do."""
    model, _, _ = watched(0.998)
    model.fit(images, batch_size=4, verbose=0)
    model.save_weights(tmp_path / "own.weights.h5")
    fresh, before, watch = watched(0.998)
    fresh.load_weights(tmp_path / "own.weights.h5")
    start = fresh.averaged.get_weights()
    fresh.fit(images[:8], verbose=0, callbacks=[watch])
    for ours, old, now in zip(fresh.averaged.get_weights(), start, before[0], strict=True):
        assert ours == pytest.approx((17 * old + 9 * now) / 26, abs=1e-6)


def test_low_precision_stays_inside_the_network(images, labels):
    import keras

    from generative_vision.models.diffusion import Diffusion

    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = bend(Diffusion(condition="captions", width=4))
    finally:
        keras.config.set_dtype_policy("float32")
    assert "bfloat16" in {layer.compute_dtype for layer in model.network.layers}
    model.compile(optimizer="adam", run_eagerly=True)
    loss = model.fit(images, labels, batch_size=32, verbose=0).history["loss"]
    assert np.isfinite(loss).all()
    assert model.compute_loss(images, y=model.encode_condition(labels, 64)).dtype == "float32"
    for method in ("ddim", "ddpm"):
        x = model.sample(2, seed=0, guidance=2, steps=2, method=method)
        assert x.dtype == np.float32 and np.isfinite(x).all()


# Sketches


@pytest.mark.parametrize("method", ["ddim", "ddpm"])
def test_refine_keeps_the_sketch_at_0_and_forgets_it_at_1(model, method, images):
    def refine(x, strength):
        return model.refine(x, strength, seed=0, steps=4, method=method)

    assert refine(images[:4], 0) == pytest.approx(images[:4], abs=1e-5)
    assert refine(images[:4], 0.01) == pytest.approx(images[:4], abs=0.2)
    assert refine(images[:4], 1) == pytest.approx(refine(images[4:8], 1), abs=1e-4)
    first = refine(images[:4], 0.5)
    assert first.dtype == np.float32 and (first == refine(images[:4], 0.5)).all() and np.abs(first - refine(images[4:8], 0.5)).max() > 0.1


def test_refine_noises_up_to_its_strength_and_goes_back(gaussian, images):
    from generative_vision.models.sampling import normal_noise

    z = normal_noise(4, 784, seed=3).reshape(4, 28, 28, 1)
    alpha, sigma = circle(0.4)
    x_t = alpha * gaussian.from_images(images[:4]) + sigma * z
    expected = gaussian.to_images(M + S * (x_t - alpha * M) / np.sqrt(alpha**2 * S**2 + sigma**2))
    assert gaussian.refine(images[:4], 0.4, seed=3, steps=250) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(("strength", "steps", "gone"), [(0.5, 10, 5), (1, 10, 10), (0.3, 25, 8), (0.01, 10, 1)])
def test_refine_takes_its_share_of_the_steps(model, images, strength, steps, gone):
    shrink = 1e-3 ** (1 / gone)  # so that nothing is clipped
    plain, moved = (
        model.refine(0 * images[:2], strength, seed=0, steps=steps, method=lambda x_t, v, t, s, by=by: shrink * x_t + by)
        for by in (0.0, 0.01)
    )
    assert moved - plain == pytest.approx(np.full(plain.shape, 0.706 * 0.01 * sum(shrink**k for k in range(gone))), abs=1e-5)


# Painting


@pytest.fixture(scope="module")
def upper():
    mask = np.zeros((28, 28), "float32")
    mask[:14] = 1
    return mask


@pytest.mark.parametrize("method", ["ddim", "ddpm"])
def test_inpaint_keeps_what_is_known_and_ignores_what_is_under_the_mask(model, method, images, upper):
    def paint(x, seed=0):
        return model.inpaint(x, upper, seed=seed, steps=3, repeats=2, method=method)

    first = paint(images[:3])
    assert first.shape == (3, 28, 28, 1) and first.dtype == np.float32 and np.abs(first).max() <= 1
    assert (first[:, 14:] == images[:3, 14:]).all() and np.abs(first - images[:3])[:, :14].max() > 0.1
    other = images[:3].copy()
    other[:, :14] = -images[:3, :14]
    assert (paint(other) == first).all() and (paint(images[:3], seed=1) != first).any()
    other[:, 14:] = 0
    assert (paint(other)[:, :14] != first[:, :14]).any()  # what is known counts


def test_masks_for_all_images_or_for_each(model, images, upper):
    def paint(mask):
        return model.inpaint(images[:3], mask, seed=0, steps=2, repeats=1)

    first = paint(upper)
    whole = np.broadcast_to(upper[..., None], (3, 28, 28, 1))
    for mask in (upper > 0, upper.astype(int), whole, whole > 0):
        assert (paint(mask) == first).all()
    each = whole * np.reshape([1, 0, 1], (3, 1, 1, 1))
    assert (paint(each)[1] == images[1]).all() and (paint(each)[0, :14] != images[0, :14]).any()


def test_what_is_known_is_as_noisy_as_the_rest(images, upper):
    """The network looks at the other half, and a step returns what it sees: the half that is known, at time 1/2."""
    from keras import ops

    model = build(network=network(lambda x, t: ops.flip(x, axis=1)))
    x = np.zeros((64, 28, 28, 1), "float32") + 0.5
    painted = model.inpaint(x, upper, seed=0, steps=2, repeats=1, method=lambda x_t, v, t, s: 0.1 * v + 0 * x_t * t * s)
    seen = (painted[:, :14] + 0.43) / 0.706 / 0.1
    alpha, sigma = circle(0.5)
    assert seen.mean() == pytest.approx(alpha * (0.5 + 0.43) / 0.706, abs=0.02) and seen.std() == pytest.approx(sigma, abs=0.02)


@pytest.mark.parametrize("repeats", [1, 2, 4])
def test_each_repetition_goes_back_by_noise_of_the_right_size(gaussian, repeats):
    """Without any denoising, going back from s to t multiplies by α_t/α_s: over all steps α, each time."""
    from generative_vision.models.diffusion import Painter

    z = normal(20)
    given = {"known": 0 * z, "mask": 0 * z + 1, "repeats": np.full((20, 1), repeats, "int32")}
    identity = lambda x_t, v, t, s: x_t + 0 * v * t * s  # noqa: E731
    x = gaussian.denoise(z, begin=0.5, steps=3, method=identity, sampler=Painter, given=given)
    assert x.std() == pytest.approx(1, abs=0.03)
    assert np.corrcoef(x.ravel(), z.ravel())[0, 1] == pytest.approx(circle(0.5)[0] ** (repeats - 1), abs=0.03)


def test_what_is_painted_is_drawn_from_the_data(gaussian, upper):
    x = gaussian.inpaint(np.full((60, 28, 28, 1), -0.43, "float32"), upper, seed=0, steps=60, repeats=1)
    seen = np.abs(M[:14]) + 2.5 * S[:14] < 0.9 / 0.706  # not clipped
    painted = ((gaussian.from_images(x)[:, :14] - M[:14]) / (S * shrunk(60))[:14])[:, seen]
    assert painted.size > 5000 and painted.mean() == pytest.approx(0, abs=0.05) and painted.std() == pytest.approx(1, abs=0.04)


# What is refused

X = np.zeros((2, 28, 28, 1), "float32")
MASK = np.ones((28, 28))

WRONG_INPUT = [
    ("model", lambda m: m.fit(X[..., 0]), r"shape \(2, 28, 28\)"),
    ("model", lambda m: m.fit(X + 128), "range from"),
    ("model", lambda m: m.fit(X, [1, 2]), "built without a condition"),
    ("model", lambda m: m.sample(0, seed=0), "n=0: expected at least one"),
    ("model", lambda m: m.sample(2, seed=0, spread=-1), "spread=-1"),
    ("model", lambda m: m.sample(2, seed=0, labels=3), "built without a condition"),
    ("model", lambda m: m.sample(2, seed=0, prompt="a bag"), "built without a condition"),
    ("model", lambda m: m.sample(2, seed=0, guidance=2), "guidance=2: this model has no condition"),
    ("model", lambda m: m.sample(2, seed=0, steps=0), "steps=0.*expected 1 or more"),
    ("model", lambda m: m.sample(2, seed=0, steps=2.5), "steps=2.5.*expected 1 or more whole steps"),
    ("model", lambda m: m.sample(2, seed=0, method="heun"), "method='heun': expected a function, or one of ddim, ddpm"),
    ("model", lambda m: m.refine(X, 1.5, seed=0), "strength=1.5: expected 0 to 1"),
    ("model", lambda m: m.refine(X, -0.1, seed=0), "strength=-0.1"),
    ("model", lambda m: m.refine(X, np.nan, seed=0), "strength=nan"),
    ("model", lambda m: m.refine(X, 0.5, seed=0, steps=0), "steps=0"),
    ("model", lambda m: m.refine(X, 0.5, seed=0, steps=-4), "steps=-.*expected 1 or more"),
    ("model", lambda m: m.refine(X, 0, seed=0, method="heun"), "method='heun'"),
    ("model", lambda m: m.refine(X[0], 0.5, seed=0), r"shape \(28, 28, 1\)"),
    ("model", lambda m: m.refine(X, 0.5, seed=0, labels=1), "built without a condition"),
    ("model", lambda m: m.inpaint(X + 2, MASK, seed=0), "range from 2 to 2"),
    ("model", lambda m: m.inpaint(X, MASK[1:], seed=0), r"mask has shape \(27, 28\); expected \(28, 28\) or \(2, 28, 28, 1\)"),
    ("model", lambda m: m.inpaint(X, X[:1], seed=0), r"mask has shape \(1, 28, 28, 1\)"),
    ("model", lambda m: m.inpaint(X, MASK / 2, seed=0), "true or 1 where to paint"),
    ("model", lambda m: m.inpaint(X, MASK * np.nan, seed=0), "true or 1"),
    ("model", lambda m: m.inpaint(X, MASK, seed=0, repeats=0), "repeats=0: expected 1 or more"),
    ("model", lambda m: m.inpaint(X, MASK, seed=0, prompt="bag"), "built without a condition"),
    ("told", lambda m: m.fit(X), r"conditional: it needs captions, as in fit\(images, captions\)"),
    ("told", lambda m: m.fit(X, [1, 10]), "whole numbers from 0 to 9"),
    ("told", lambda m: m.fit(X, [1.0, 2.0]), "dtype float64; expected whole numbers"),
    ("told", lambda m: m.fit(X, ["a bag"]), "1 labels or captions for 2 images"),
    ("told", lambda m: m.fit(X, ["a bag", "a skirt"]), "'skirt' is not known; did you mean 'shirt'"),
    ("told", lambda m: m.sample(2, seed=0, labels=[1, 2, 3]), "3 labels or captions for 2"),
    ("told", lambda m: m.sample(2, seed=0, labels=-1), "whole numbers from 0 to 9"),
    ("told", lambda m: m.sample(2, seed=0, labels=1, prompt="bag"), "give one of them"),
    ("told", lambda m: m.sample(2, seed=0, prompt=["bag"] * 3), "3 labels or captions for 2"),
    ("told", lambda m: m.sample(2, seed=0, guidance=-1), "guidance=-1: expected"),
    ("told", lambda m: m.sample(2, seed=0, guidance=np.nan), "guidance=nan"),
    ("told", lambda m: m.sample(2, seed=0, guidance=np.inf), "guidance=inf"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "call", "words"), WRONG_INPUT)
def test_wrong_input_is_named(request, name, call, words):
    with pytest.raises(ValueError, match=words):
        call(request.getfixturevalue(name))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"condition": "words"}, "condition='words': expected None, \"labels\" or \"captions\""),
        ({"drop": 1}, "drop=1, keep=0.998: expected 0 to below 1"),
        ({"drop": -0.1}, "drop=-0.1"),
        ({"keep": 1.0}, "keep=1.0"),
        ({"keep": np.nan}, "keep=nan"),
    ],
)
def test_wrong_options_are_named(options, words):
    with pytest.raises(ValueError, match=words):
        build(**{"network": tiny(), **options})


def readers_mistakes():
    from keras import ops

    return [
        ("q_sample", lambda x, t, e: np.cos(t) * x + e, TypeError, "q_sample must compute with keras.ops"),
        ("q_sample", lambda x, t, e: ops.mean(x) + 0 * t[:1, 0, 0, 0], ValueError, r"q_sample returns shape .*expected \(2, 28, 28, 1\)"),
        ("q_sample", lambda x, t, e: x / ops.maximum(t - 2, 0), ValueError, "NaN or infinite"),
        ("velocity", lambda x, t: x * t, TypeError, "velocity"),
        ("velocity", lambda x, t, e: None, TypeError, "velocity.*a result is returned"),
        ("guide", lambda a, b, g: float(ops.mean(g)) * a, TypeError, "guide must compute"),
        ("guide", lambda a, b, g: (_ for _ in ()).throw(NotImplementedError()), NotImplementedError, "guide is not written yet"),
        ("guide", "linear", TypeError, "guide is 'linear'; expected a function"),
    ]


@pytest.mark.parametrize("number", range(8))
def test_a_readers_mistake_meets_a_sentence_before_training(number):
    name, function, kind, words = readers_mistakes()[number]
    with pytest.raises(kind, match=words):
        build(**{name: function})


def test_a_readers_method_is_tried_before_it_samples(model):
    for method, kind, words in [
        (lambda x_t, v, t, s: x_t - np.sin(t) * v, TypeError, "method must compute with keras.ops"),
        (lambda x_t, v, t, s, noise: x_t, TypeError, "method"),
        (lambda x_t, v, t, s: t - s, ValueError, r"method returns shape \(2, 1, 1, 1\)"),
    ]:
        for call in (model.sample, lambda n, **options: model.refine(X, 0.5, **options)):
            with pytest.raises(kind, match=words):
                call(2, seed=0, method=method)


SMOKE = """
import sys
import numpy as np
sys.path.insert(0, "tests")
from generative_vision import data, prompts, training
training.setup(0)
import keras
from exact import averages
from generative_vision.models.autoencoder import Autoencoder, conv_decoder, conv_encoder
from generative_vision.models.diffusion import Diffusion, ddim_step
from generative_vision.models.latent_flow import LatentFlow, euler_step
images, labels = (part[:64] for part in data.load_fashion_mnist("test"))
mask = np.zeros((28, 28))
mask[:14] = 1
small = Autoencoder(4, encoder=conv_encoder(4, 4), decoder=conv_decoder(4, 4))

for model, own in [
    (Diffusion(condition="captions", width=4), ddim_step),
    (LatentFlow(small, condition="labels", width=16, depth=1), euler_step),
]:
    model.compile(optimizer=keras.optimizers.Adam(0.01))
    start, before = model.averaged.get_weights(), []
    told = prompts.captions(images, labels) if model.condition == "captions" else labels
    losses = []
    for _ in range(16):
        before.append(model.network.get_weights())
        losses += model.fit(images, told, batch_size=64, verbose=0).history["loss"]
    assert np.isfinite(losses).all() and np.mean(losses[-3:]) < 0.97 * np.mean(losses[:3]), losses
    for ours, theirs in zip(model.averaged.get_weights(), averages(start, before, 0.998), strict=True):
        assert np.abs(ours - theirs).max() < 1e-5
    assert np.isfinite(model.evaluate(images, labels, verbose=0))
    drawn = [model.sample(3, seed=0, steps=3, method=method) for method in [*model.methods, own]]
    assert all(np.isfinite(x).all() for x in drawn) and np.abs(drawn[-1] - drawn[0 if own is ddim_step else 1]).max() < 1e-5
    assert np.isfinite(model.sample(3, seed=0, steps=2, guidance=2.0, prompt="a bag")).all()
    assert np.isfinite(model.refine(images[:3], 0.5, seed=0, steps=4, labels=3)).all()
    model.save_weights(sys.argv[1])
    model.load_weights(sys.argv[1])
model = Diffusion(width=4)
painted = model.inpaint(images[:3], mask, seed=0, steps=2, repeats=2)
assert np.isfinite(painted).all() and (painted[:, 14:] == images[:3, 14:]).all()
print("backend", keras.backend.backend())
"""


def test_jax_trains_them_all(tmp_path):
    faster = "--xla_backend_optimization_level=0"  # a few steps are sooner done than compiled well
    environment = {**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": faster}
    command = [sys.executable, "-c", SMOKE.replace('"tests"', repr(os.path.dirname(__file__))), str(tmp_path / "own.weights.h5")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "backend jax" in done.stdout
