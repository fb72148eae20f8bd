"""VAEs in use: conditions, sampling, codes, saving, low precision, and what is refused."""

import copy

import numpy as np
import pytest
from vaes import KINDS, bend, build

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")


@pytest.fixture(scope="module")
def models(small_and_exact):
    return {kind: build(kind) for kind in KINDS}


# Conditions, sampling, codes


@pytest.mark.parametrize("kind", KINDS)
def test_sample(models, kind):
    model = models[kind]
    labels = 3 if model.condition else None
    first = model.sample(4, seed=1)
    assert first.shape == (4, 28, 28, 1)
    assert first.dtype == np.float32
    assert (first == model.sample(4, seed=1)).all()
    assert (first != model.sample(4, seed=2)).any()
    assert np.abs(first[0] - first[1]).max() > 1e-3
    wild = model.sample(4, seed=1, spread=1e6, labels=labels)
    assert (wild.min(), wild.max()) == (-1, 1)
    alike = model.sample(4, seed=1, spread=0, labels=labels)
    assert alike == pytest.approx(np.broadcast_to(alike[:1], alike.shape), abs=1e-6)


def test_samples_are_decoded_noise(models):
    from generative_vision.models.noise import normal_noise

    noise = normal_noise(4, 4, seed=1, spread=0.5)
    plain = models["VAE"]
    assert (plain.codes(noise) == noise).all()
    assert (plain.sample(4, seed=1, spread=0.5) == plain.decode(noise)).all()
    flow = models["flow"]
    codes = flow.codes(noise)
    assert codes == pytest.approx(np.asarray(flow.flow.inverse(noise)))
    assert np.abs(codes - noise).max() > 0.1
    assert (flow.sample(4, seed=1, spread=0.5) == flow.decode(codes)).all()


def test_codes_of_a_conditional_flow_follow_the_condition(models):
    from generative_vision.models.noise import normal_noise

    noise, labels = normal_noise(4, 4, seed=1, spread=0.5), [3, 3, 5, 0]
    model = models["conditional flow"]
    codes = model.codes(noise, labels)
    rows = np.eye(10, dtype="float32")[labels]
    assert np.asarray(model.flow(codes, rows)[0]) == pytest.approx(noise, abs=1e-4)
    assert (model.codes(noise, 3) == codes).all(axis=1).tolist() == [True, True, False, False]
    assert (model.codes(noise, prompt=["dress", "dress", "sandal", "t-shirt"]) == codes).all()
    made = model.sample(4, seed=1, spread=0.5, labels=labels)
    assert (made == model.decode(codes, labels)).all()


@pytest.mark.parametrize("kind", ["conditional", "conditional flow"])
def test_labels_choose_the_class(models, kind):
    model = models[kind]
    three = model.sample(4, seed=1, labels=3)
    assert (three == model.sample(4, seed=1, labels=[3] * 4)).all()
    assert (three == model.sample(4, seed=1, prompt="a dress")).all()
    mixed = model.sample(4, seed=1, labels=[3, 3, 5, 3])
    assert (mixed == three).all(axis=(1, 2, 3)).tolist() == [True, True, False, True]


@pytest.mark.parametrize("kind", ["conditional", "conditional flow"])
def test_labels_are_drawn_where_there_are_none(models, kind):
    from generative_vision.models.conditioning import resolve_condition

    drawn = resolve_condition("labels", None, None, 4, seed=1)
    made = models[kind].sample(4, seed=1)
    assert (made == models[kind].sample(4, seed=1, labels=drawn)).all()


def test_captions_say_more_than_labels(images):
    model = build(condition="captions")
    said = model.sample(4, seed=1, prompt=["a dark bag", "a bag", "bag", "a bright bag"])
    plain = model.sample(4, seed=1, labels=8)
    assert (said == plain).all(axis=(1, 2, 3)).tolist() == [False, True, True, False]
    model.compile(optimizer="sgd", run_eagerly=True)
    history = model.fit(images[:4], ["a dark bag", "boot", "dress", "coat"], verbose=0).history
    assert np.isfinite(history["loss"]).all()


def test_codes(models, images):
    model = models["VAE"]
    mean, log_variance = model.posterior(images[:7])
    assert mean.shape == log_variance.shape == (7, 4)
    assert mean.dtype == np.float32
    assert (model.encode(images[:7]) == mean).all()
    assert (mean != log_variance).all()
    assert (model.reconstruct(images[:7]) == model.decode(mean)).all()


def test_reconstruction_follows_the_condition(models, images, labels):
    model, x, y = models["conditional"], images[:7], labels[:7]
    rebuilt = model.reconstruct(x, y)
    assert (rebuilt == model.decode(model.encode(x), y)).all()
    assert np.abs(rebuilt - model.reconstruct(x, (y + 1) % 10)).max() > 1e-3


def test_whole_numbers_may_be_floats(models):
    model, codes = models["conditional"], np.zeros((2, 4))
    assert (model.decode(codes, [0.0, 1.0]) == model.decode(codes, [0, 1])).all()


# Saving


@pytest.mark.parametrize("kind", KINDS)
def test_weights_save_and_load(kind, tmp_path):
    import keras

    model = build(kind)
    model.log_variance.assign(0.7)
    model.steps.assign(5)
    model.save_weights(tmp_path / "own.weights.h5")
    keras.utils.set_random_seed(1)
    fresh = build(kind)
    if "flow" in kind:
        bend(fresh, 0.1)
    assert (fresh.sample(3, seed=0) != model.sample(3, seed=0)).any()
    fresh.load_weights(tmp_path / "own.weights.h5")
    assert (fresh.sample(3, seed=0) == model.sample(3, seed=0)).all()
    assert float(fresh.log_variance) == pytest.approx(0.7)
    assert float(fresh.steps) == 5


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_model_saves_loads_and_copies(kind, tmp_path):
    import keras

    model = build(kind, beta=2.0, variance=0.3)
    model.save(tmp_path / "own.keras")
    loaded = keras.models.load_model(tmp_path / "own.keras")
    for other in (loaded, copy.deepcopy(model)):
        assert type(other) is type(model)
        assert (other.sample(3, seed=0) == model.sample(3, seed=0)).all()
        assert (other.beta, other.variance, other.condition) == (2.0, 0.3, model.condition)


def no_noise(mean, log_variance, noise):
    return mean


def test_a_function_of_ones_own_is_given_again(images, tmp_path):
    import keras

    build(reparameterize=no_noise).save(tmp_path / "own.keras")
    with pytest.raises(ValueError, match="a function of your own as reparameterize.*Give it"):
        keras.models.load_model(tmp_path / "own.keras")
    own = {"no_noise": no_noise}
    loaded = keras.models.load_model(tmp_path / "own.keras", custom_objects=own)
    assert loaded.reparameterize is no_noise


# Low precision


@pytest.mark.parametrize("kind", ["VAE", "flow", "conditional flow"])
def test_low_precision_stays_inside_the_networks(kind, low_precision, images, labels):
    model = build(kind)
    y = labels if model.condition else None
    assert model.encoder.layers[1].compute_dtype == "bfloat16"
    model.compile(optimizer="adam", run_eagerly=True)
    history = model.fit(images, y, batch_size=64, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert model.compute_loss(images, y=y).dtype == "float32"
    assert model.sample(2, seed=0).dtype == np.float32
    assert model.encode(images[:2]).dtype == np.float32


def test_a_flow_is_as_exact_as_ever_in_low_precision(low_precision):
    model = build("flow")
    inner = [layer for network in model.flow.networks for layer in network.layers]
    assert {layer.compute_dtype for layer in inner} == {"float32"}
    z = np.random.default_rng(1).normal(size=(50, 4)).astype("float32")
    assert np.asarray(model.flow.inverse(model.flow(z)[0])) == pytest.approx(z, abs=1e-4)


def test_low_precision_of_ones_own_networks_ends_there(low_precision, images):
    from keras import Input, Sequential, layers

    from generative_vision.models.vae import VAE

    seen = []
    flat, pixels = layers.Flatten(), layers.Dense(784)
    model = VAE(
        2,
        encoder=Sequential([Input((28, 28, 1)), flat, layers.Dense(4)]),
        decoder=Sequential([Input((2,)), pixels, layers.Reshape((28, 28, 1))]),
        kl_divergence=lambda mean, log_variance: seen.append(mean.dtype) or mean + log_variance,
    )
    model.compute_loss(images)
    assert seen[-1] == "float32"
    assert model.encode(images[:2]).dtype == np.float32
    assert model.sample(2, seed=0).dtype == np.float32


# What is refused

ODD, TWO = np.zeros((2, 5)), np.zeros((2, 4))
PLAIN = "built without a condition"
WRONG_INPUT = [
    ("VAE", lambda m, x: m.encode(x[..., 0]), r"shape \(2, 28, 28\)"),
    ("VAE", lambda m, x: m.posterior(np.nan * x), "nan"),
    ("VAE", lambda m, x: m.fit(128 * x), "range from"),
    ("VAE", lambda m, x: m.fit(x, [1, 2]), PLAIN),
    ("VAE", lambda m, x: m.decode(ODD), r"\(2, 5\); expected finite numbers, \(n, 4\)"),
    ("VAE", lambda m, x: m.decode(np.full((2, 4), np.inf)), "finite"),
    ("VAE", lambda m, x: m.decode(TWO, 3), PLAIN),
    ("VAE", lambda m, x: m.codes(ODD), r"\(2, 5\); expected finite numbers, \(n, 4\)"),
    ("VAE", lambda m, x: m.sample(2, seed=0, labels=3), PLAIN),
    ("VAE", lambda m, x: m.sample(2, seed=0, prompt="a bag"), PLAIN),
    ("VAE", lambda m, x: m.sample(0, seed=0), "n=0: expected a whole number, at least 1"),
    ("VAE", lambda m, x: m.sample(2, seed=0, spread=-1), "spread=-1"),
    ("flow", lambda m, x: m.sample(0, seed=0), "n=0: expected a whole number, at least 1"),
    ("flow", lambda m, x: m.sample(2, seed=0, spread=np.nan), "spread=nan"),
    ("flow", lambda m, x: m.codes(ODD), r"\(2, 5\); expected finite numbers, \(n, 4\)"),
    ("flow", lambda m, x: m.codes(TWO, 3), PLAIN),
    ("conditional flow", lambda m, x: m.codes(TWO), "needs labels"),
    ("conditional flow", lambda m, x: m.sample(2, seed=0, labels=10), "from 0 to 9"),
    ("conditional", lambda m, x: m.fit(x), r"needs labels, as in fit"),
    ("conditional", lambda m, x: m.evaluate(x), r"needs labels, as in fit"),
    ("conditional", lambda m, x: m.fit(x, [1, 10]), "whole numbers from 0 to 9"),
    ("conditional", lambda m, x: m.fit(x, [1]), "1 labels or captions for 2 images"),
    ("conditional", lambda m, x: m.reconstruct(x), "needs labels"),
    ("conditional", lambda m, x: m.decode(TWO, [0.5, 1.0]), r"labels\[0\] is 0.5: expected whole"),
    ("conditional", lambda m, x: m.sample(2, seed=0, labels=10), "from 0 to 9"),
    ("conditional", lambda m, x: m.sample(2, seed=0, labels=[1, 2, 3]), "3 labels.*for 2 images"),
    ("conditional", lambda m, x: m.sample(2, seed=0, prompt="a dark bag"), "for the classes only"),
    ("conditional", lambda m, x: m.sample(2, seed=0, labels=3, prompt="a bag"), "give one of them"),
]


@pytest.mark.parametrize(("kind", "call", "words"), WRONG_INPUT)
def test_wrong_input_is_named(models, images, kind, call, words):
    with pytest.raises(ValueError, match=words):
        call(models[kind], images[:2])


WRONG_OPTIONS = [
    ("VAE", {"latent_dim": 0}, "latent_dim=0: expected a whole number, at least 1"),
    ("VAE", {"beta": -1}, "beta=-1: expected a finite number, at least 0"),
    ("VAE", {"beta": np.inf}, "beta=inf"),
    ("VAE", {"warmup": -1}, "warmup=-1"),
    ("VAE", {"free_bits": np.nan}, "free_bits=nan"),
    ("VAE", {"variance": 0}, "variance=0: expected a finite number, above 0"),
    ("VAE", {"variance": "small"}, "variance='small': expected a finite number"),
    ("VAE", {"condition": np.arange(3)}, "condition=array.*expected None or 'labels'"),
    ("VAE", {"condition": "words"}, "condition='words': expected None or 'labels' or 'captions'"),
    ("FlowVAE", {"latent_dim": 0}, "latent_dim=0: expected a whole number, at least 1"),
    ("FlowVAE", {"latent_dim": 3}, "latent_dim=3: a flow needs two halves"),
    ("FlowVAE", {"free_bits": 0.5}, "free_bits: not used where the prior is learned"),
    ("FlowVAE", {"kl_divergence": np.add, "free_bits": 1}, "free_bits, kl_divergence: not used"),
    ("FlowVAE", {"variance": -1}, "variance=-1"),
]


@pytest.mark.parametrize(("name", "options", "words"), WRONG_OPTIONS)
def test_wrong_options_are_named(name, options, words):
    from generative_vision.models.flow_vae import FlowVAE
    from generative_vision.models.vae import VAE

    kinds = {"VAE": VAE, "FlowVAE": FlowVAE}
    with pytest.raises(ValueError, match=words):
        kinds[name](**{"latent_dim": 4, "width": 4, **options})


def stub(mean, log_variance):
    raise NotImplementedError


def readers_mistakes():
    from keras import ops

    kl, z = "kl_divergence", "reparameterize"
    draw = np.random.default_rng(0).normal
    return [
        (kl, lambda m, v: np.square(m) + np.exp(v) - 1 - v, TypeError, f"{kl} must compute with"),
        (kl, lambda m, v: float(ops.mean(m + v)), TypeError, "keras.ops"),
        (kl, lambda m, v: ops.sum(m + v, axis=1), ValueError, rf"{kl} returns .*\(2,\).*\(2, 4\)"),
        (kl, lambda m, v: ops.log(m) + v, ValueError, "NaN or infinite"),
        (kl, stub, NotImplementedError, "not written yet"),
        (z, lambda m, v, e: m + np.exp(0.5 * v) * e, TypeError, f"{z} must compute with keras.ops"),
        (z, lambda m, v, e: m + ops.exp(v / 2) * draw(size=m.shape), TypeError, "ops.shape"),
        (z, lambda m, v, e: None, TypeError, "a result is returned"),
        (z, lambda m, v: m + v, TypeError, rf"{z} must be a function \(a, b, c\): too many"),
    ]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("number", range(9))
def test_a_readers_mistake_meets_a_sentence_before_training(number):
    name, function, kind, words = readers_mistakes()[number]
    with pytest.raises(kind, match=words):
        build(**{name: function})
