"""Flow matching on codes: formulas, samplers against closed forms, the frozen autoencoder, the loss by hand, sampling, sketches.

What flow and diffusion share is tested in ``test_diffusion.py``, training on JAX as well.
"""

import numpy as np
import pytest
from exact import M, S, averages, best_flow, network

from generative_vision import data, prompts

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")

WORDS = len(prompts.WORDS)


@pytest.fixture(scope="module")
def images():
    return data.load_fashion_mnist("test")[0][:64]


@pytest.fixture(scope="module")
def labels():
    return data.load_fashion_mnist("test")[1][:64]


def small(size=4):
    from generative_vision.models.autoencoder import Autoencoder, conv_decoder, conv_encoder

    return Autoencoder(size, encoder=conv_encoder(size, 4), decoder=conv_decoder(size, 4))


def build(condition=None, **options):
    from generative_vision.models.latent_flow import LatentFlow

    return LatentFlow(options.pop("autoencoder", None) or small(), condition=condition, **{"width": 16, "depth": 2, **options})


def standardised(model, images):
    """The model with centre and scale of the images' codes, not trained."""
    codes = model.encoder.predict(images, verbose=0)
    model.center.assign(codes.mean(axis=0))
    model.scale.assign(codes.std(axis=0))
    return model


@pytest.fixture(scope="module")
def model(small_and_exact, images):
    import keras

    keras.utils.set_random_seed(0)
    return standardised(build(), images)


@pytest.fixture(scope="module")
def told(small_and_exact, images):
    import keras

    keras.utils.set_random_seed(0)
    model = standardised(build("captions"), images)
    for part in (model.network, model.decoder):  # louder, so that words are seen in the images
        part.set_weights([2 * w for w in part.get_weights()])
    model.averaged.set_weights(model.network.get_weights())
    return model


@pytest.fixture(scope="module")
def gaussian(small_and_exact):
    """A model that predicts as well as can be where the codes are Gaussian."""
    return build(autoencoder=small(28), network=network(best_flow, shape=(28,)))


m, s = M.ravel()[::28], S.ravel()[::28]


def normal(n, size, seed=0):
    return np.random.default_rng(seed).normal(size=(n, size)).astype("float32")


def column(*values):
    return np.reshape(np.asarray(values, "float32"), (-1, 1))


# The formulas


def test_codes_go_straight_to_noise_and_back():
    from generative_vision.models.latent_flow import euler_step, flow_target, interpolate

    x, e, t, h = normal(4, 3), normal(4, 3, 1), column(0, 0.3, 0.8, 1), 0.1
    x_t = np.asarray(interpolate(x, t, e))
    assert x_t[0] == pytest.approx(x[0]) and x_t[3] == pytest.approx(e[3])
    assert x_t[1] == pytest.approx(0.7 * x[1] + 0.3 * e[1], abs=1e-6)
    v = np.asarray(flow_target(x, t, e))
    assert v == pytest.approx(np.subtract(interpolate(x, t + h, e), interpolate(x, t - h, e)) / (2 * h), abs=1e-5)
    assert np.asarray(euler_step(x_t, v, t, 0 * t)) == pytest.approx(x, abs=1e-6)
    assert np.asarray(euler_step(x_t, v, t, t)) == pytest.approx(x_t)
    assert np.asarray(euler_step(x_t, v, t, t - h)) == pytest.approx(np.asarray(interpolate(x, t - h, e)), abs=1e-6)


@pytest.mark.parametrize(("method", "order", "limit"), [("euler", 1, 0.02), ("heun", 2, 0.002)])
def test_methods_arrive_where_the_flow_leads(gaussian, method, order, limit):
    """Along it (x_t − (1 − t)m)/√((1 − t)²s² + t²) stays as it is: noise z becomes m + s·z."""
    z = normal(100, 28)
    errors = [np.abs(gaussian.denoise(z, steps=steps, method=method) - (m + s * z)).mean() for steps in (10, 20, 40)]
    assert errors[-1] < limit
    assert np.log2(np.divide(errors[:-1], errors[1:])) == pytest.approx([order, order], abs=0.25)


@pytest.mark.parametrize("method", ["euler", "heun"])
def test_methods_from_a_time_between(gaussian, method):
    x_t = normal(100, 28)
    expected = m + s * (x_t - 0.4 * m) / np.sqrt(0.4**2 * s**2 + 0.6**2)
    assert gaussian.denoise(x_t, begin=0.6, steps=200, method=method) == pytest.approx(expected, abs=0.02)


def test_heun_is_the_default_and_looks_twice(gaussian):
    """By hand: one step of the average of v at both ends."""
    z = normal(5, 28)
    first = np.asarray(best_flow(z, column(1)))
    second = np.asarray(best_flow(z - first, column(0)))
    expected = pytest.approx(z - (first + second) / 2, abs=1e-5)
    assert gaussian.denoise(z, steps=1) == expected and gaussian.denoise(z, steps=1, method="heun") == expected
    assert gaussian.denoise(z, steps=1, method="euler") == pytest.approx(z - first, abs=1e-5)


@pytest.mark.parametrize(("method", "steps"), [(None, 8), ("heun", 8), ("euler", 25)])
def test_every_method_has_its_own_number_of_steps(gaussian, method, steps):
    z = normal(5, 28)
    by_default = gaussian.denoise(z, method=method)
    assert by_default == pytest.approx(gaussian.denoise(z, steps=steps, method=method))
    assert by_default != pytest.approx(gaussian.denoise(z, steps=steps + 1, method=method))


def test_distribution_of_what_is_sampled(gaussian):
    x = (gaussian.denoise(normal(2000, 28), steps=25) - m) / s
    assert x.mean(axis=0) == pytest.approx(np.zeros(28), abs=0.1) and x.std(axis=0) == pytest.approx(np.ones(28), abs=0.08)


# The autoencoder, which stays as it is


def test_flow_keeps_an_autoencoder_of_its_own(images):
    original = small()
    model = standardised(build(autoencoder=original), images)
    for ours, theirs in ((model.encoder, original.encoder), (model.decoder, original.decoder)):
        assert all((a == b).all() for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True))
    codes, first = model.from_images(images), model.sample(3, seed=0, steps=2)
    for network_ in (original.encoder, original.decoder):
        network_.set_weights([w + 1 for w in network_.get_weights()])
    assert (codes == model.from_images(images)).all() and (first == model.sample(3, seed=0, steps=2)).all()


def test_flows_share_a_frozen_autoencoder(images):
    frozen = small()
    frozen.trainable = False
    one, other = build(autoencoder=frozen), build(autoencoder=frozen)
    for flow in (one, other):
        assert flow.encoder is frozen.encoder and flow.decoder is frozen.decoder
    before = frozen.get_weights()
    one.compile(optimizer="adam", run_eagerly=True)
    one.fit(images, batch_size=16, verbose=0)
    assert all((a == b).all() for a, b in zip(before, frozen.get_weights(), strict=True))
    assert {id(w) for w in one.trainable_variables} == {id(w) for w in one.network.weights}


def test_shared_and_own_autoencoder_keep_weights_alike(images, tmp_path):
    """A file written with one kind is read into the other."""
    frozen = small()
    frozen.trainable = False
    shared = standardised(build(autoencoder=frozen), images)
    shared.save_weights(tmp_path / "flow.weights.h5")
    own = build()
    own.load_weights(tmp_path / "flow.weights.h5")
    assert own.sample(3, seed=0, steps=2) == pytest.approx(shared.sample(3, seed=0, steps=2), abs=1e-5)


def test_training_moves_the_network_alone(images):
    model = build()
    still, moving = [model.encoder, model.decoder], [model.network, model.averaged]
    before = [part.get_weights() for part in still + moving]
    assert {id(w) for w in model.trainable_variables} == {id(w) for w in model.network.weights}
    model.compile(optimizer="adam", run_eagerly=True)
    model.fit(images, batch_size=16, verbose=0)
    after = [part.get_weights() for part in still + moving]
    changed = [any((a != b).any() for a, b in zip(old, new, strict=True)) for old, new in zip(before, after, strict=True)]
    assert changed == [False, False, True, True]


def test_codes_are_standardised(images):
    model = build()
    model.encoder.set_weights([3 * w + 0.1 for w in model.encoder.get_weights()])  # far from 0 and 1
    codes = model.encoder.predict(images, verbose=0)
    assert np.abs(codes.mean(axis=0)).max() > 0.3
    model.compile(optimizer="sgd", run_eagerly=True)
    model.fit(images, verbose=0)
    x = model.from_images(images)
    assert x.mean(axis=0) == pytest.approx(np.zeros(4), abs=1e-4) and x.std(axis=0) == pytest.approx(np.ones(4), abs=1e-3)
    assert model.to_images(x) == pytest.approx(model.decoder.predict(codes, verbose=0).clip(-1, 1), abs=1e-4)
    model.fit(images[:2] * 0, verbose=0)  # two equal images: no deviation
    assert np.isfinite(model.from_images(images[:2] * 0)).all() and np.isfinite(model.sample(2, seed=0, steps=2)).all()


def test_sizes_follow_the_autoencoder():
    from generative_vision.models.latent_flow import LatentFlow

    assert LatentFlow(small(7), width=8, depth=1).shape == (7,)
    bare = LatentFlow(code_size=5, width=8, depth=1)
    assert bare.shape == (5,) and bare.encoder.output_shape == (None, 5) and bare.sample(2, seed=0, steps=1).shape == (2, 28, 28, 1)


@pytest.mark.parametrize("depth", [1, 3])
def test_network_looks_at_all_it_is_told(depth):
    from generative_vision.models.latent_flow import mlp

    x, t, words = normal(2, 4), column(0.2, 0.5), np.eye(WORDS, dtype="float32")[[1, 2]]
    net = mlp(4, width=8, depth=depth, conditional=True)
    v = np.asarray(net([x, t, words]))
    assert v.shape == (2, 4)
    for other in ([x[::-1], t, words], [x, t[::-1], words], [x, t, words[::-1]]):
        assert np.abs(v - net([part.copy() for part in other])).max() > 1e-4
    assert len(net.trainable_weights) == len(mlp(4, width=8, depth=depth).trainable_weights) + 4


# Training


@pytest.mark.parametrize("condition", [None, "labels"])
def test_loss_is_the_mean_squared_error_of_v(condition, images, labels):
    from generative_vision.models.latent_flow import interpolate

    seen = []
    model = build(condition, drop=0.0, interpolate=lambda *given: seen.append(given) or interpolate(*given))
    codes, words = normal(64, 4), model.encode_condition(labels if condition else None, 64)
    loss = float(model.compute_loss(codes, words, training=False))
    x, t, e = (np.asarray(part, "float64") for part in seen[-1])
    assert (x == codes).all() and t.shape == (64, 1) and len(np.unique(t)) > 60 and len(np.unique(e)) > 250
    given = [((1 - t) * x + t * e).astype("float32"), t.astype("float32"), *([] if words is None else [words])]
    assert loss == pytest.approx(((np.asarray(model.network(given)) - (e - x)) ** 2).mean(), rel=1e-4)


def test_evaluate_hides_nothing():
    from keras import ops

    fake = network(lambda x, t, words: 0 * x * t + ops.sum(words, axis=1, keepdims=True), WORDS, (4,))
    model = build("labels", drop=0.5, network=fake, target=lambda x, t, e: 0 * x * t * e)
    words = model.encode_condition(3, 2000)
    assert float(model.compute_loss(normal(2000, 4), words, training=False)) == pytest.approx(1)
    assert float(model.compute_loss(normal(2000, 4), words)) == pytest.approx(0.5, abs=0.06)


def test_readers_functions_are_the_ones_that_train():
    fixed = {"interpolate": lambda x, t, e: 0 * x * t * e + 2, "target": lambda x, t, e: 5 + 0 * x * t * e}
    model = build(network=network(lambda x, t: x, shape=(4,)), **fixed)
    assert float(model.compute_loss(normal(8, 4), training=False)) == pytest.approx(9)


def test_fit_trains_on_the_codes_and_words_of_the_images(images, labels):
    seen = []
    model = build("captions", drop=0.0)
    inner = model.compute_loss
    model.compute_loss = lambda x, y, *others, **options: seen.append((np.asarray(x), np.asarray(y))) or inner(x, y, *others, **options)
    model.compile(optimizer="sgd", run_eagerly=True)
    captions = prompts.captions(images, labels)
    model.fit(images, captions, batch_size=64, shuffle=False, verbose=0)
    x, words = seen[-1]
    assert x == pytest.approx(model.from_images(images), abs=1e-5) and (words == prompts.encode(captions)).all()


@pytest.mark.parametrize("condition", [None, "captions"])
def test_training_lowers_the_loss(condition, images, labels):
    import keras

    model = build(condition)
    model.compile(optimizer=keras.optimizers.Adam(0.01))
    told = [labels] if condition else []
    codes = np.tile(standardised(model, images).from_images(images), (100, 1))
    words = np.tile(model.encode_condition(labels, 64), (100, 1)) if condition else None
    before = float(model.compute_loss(codes, words, training=False))
    history = model.fit(images, *told, batch_size=16, epochs=25, verbose=0).history
    assert history.keys() == {"loss"} and len(history["loss"]) == 25
    assert float(model.compute_loss(codes, words, training=False)) < 0.93 * before


def test_averaged_is_the_running_average_with_its_warm_up(images):
    import keras

    model, before = build(keep=0.22), []
    start = model.averaged.get_weights()
    watch = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: before.append(model.network.get_weights()))
    model.compile(optimizer=keras.optimizers.SGD(0.1), run_eagerly=True)
    model.fit(images, batch_size=16, verbose=0, callbacks=[watch])
    model.evaluate(images, verbose=0)  # moves nothing
    for ours, theirs in zip(model.averaged.get_weights(), averages(start, before, 0.22), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-6)


# Sampling


def test_sample(model):
    first = model.sample(4, seed=1, steps=3)
    assert first.shape == (4, 28, 28, 1) and first.dtype == np.float32
    assert (first == model.sample(4, seed=1, steps=3)).all() and (first != model.sample(4, seed=2, steps=3)).any()
    assert np.abs(first[0] - first[1]).max() > 1e-3
    wild = model.sample(4, seed=1, steps=3, spread=1e6)
    assert wild.min() == -1 and wild.max() == 1
    assert np.ptp(model.sample(4, seed=1, steps=3, spread=0), axis=0).max() < 1e-6
    many = model.sample(600, seed=1, steps=3)
    assert many.shape == (600, 28, 28, 1) and many[:4] == pytest.approx(first, abs=1e-5)


def test_samples_are_decoded_denoised_noise(model):
    from generative_vision.models.sampling import normal_noise

    z = normal_noise(4, 4, seed=1, spread=0.5)
    x = model.denoise(z, steps=3)
    codes = x * np.asarray(model.scale) + np.asarray(model.center)
    assert np.abs(x - z).max() > 0.01 and np.abs(codes - x).max() > 0.01
    expected = model.decoder.predict(codes, verbose=0).clip(-1, 1)
    assert model.sample(4, seed=1, spread=0.5, steps=3) == pytest.approx(expected, abs=1e-6)


def test_words_and_guidance_steer(told):
    def draw(**options):
        return told.sample(3, seed=1, steps=2, **options)

    three = draw(labels=3)
    assert (three == draw(prompt="a dress")).all() and (three != draw(prompt="a bag")).any()
    assert (three == draw(labels=3, guidance=1.0)).all() and np.abs(three - draw(labels=3, guidance=3)).max() > 1e-4
    assert draw(labels=3, guidance=0) == pytest.approx(draw(prompt="", guidance=1), abs=1e-5)
    assert np.abs(draw(labels=3, guidance=0) - three).max() > 1e-4


@pytest.mark.parametrize("guidance", [0, 1, 3])
def test_guidance_holds_at_both_ends_of_a_heun_step(guidance):
    """v = t without words, and 2 + t with one: both averaged over the step are 2g + 1/2."""
    from keras import ops

    fake = build("labels", network=network(lambda x, t, words: 0 * x + t + 2 * ops.sum(words, axis=1, keepdims=True), WORDS, (4,)))
    z = normal(3, 4)
    x = fake.denoise(z, fake.encode_condition(3, 3), guidance=guidance, steps=1)
    assert x == pytest.approx(z - (2 * guidance + 0.5), abs=1e-5)


def test_readers_method_is_the_way_that_is_gone(model):
    from generative_vision.models.latent_flow import euler_step

    def own(x_t, v, t, s):
        return x_t - (t - s) * v

    assert model.sample(3, seed=0, steps=3, method=own) == pytest.approx(model.sample(3, seed=0, steps=3, method="euler"), abs=1e-5)
    assert (model.sample(3, seed=0, steps=3, method=euler_step) != model.sample(3, seed=0, steps=3)).any()


def test_refine_goes_from_the_sketch_to_something_new(model, images):
    def refine(x, strength):
        return model.refine(x, strength, seed=0, steps=4)

    rebuilt = model.to_images(model.from_images(images))
    assert refine(images[:4], 0) == pytest.approx(rebuilt[:4], abs=1e-5)
    assert refine(images[:4], 1) == pytest.approx(refine(images[4:8], 1), abs=1e-5)
    assert np.abs(refine(images[:4], 0.5) - refine(images[4:8], 0.5)).max() > 1e-3
    assert np.abs(refine(images[:4], 0.5) - rebuilt[:4]).max() > 1e-3


def test_refine_noises_up_to_its_strength_and_goes_back(gaussian, images):
    from generative_vision.models.sampling import normal_noise

    x_t = 0.6 * gaussian.from_images(images[:4]) + 0.4 * normal_noise(4, 28, seed=3)
    expected = gaussian.to_images(m + s * (x_t - 0.6 * m) / np.sqrt(0.6**2 * s**2 + 0.4**2))
    assert gaussian.refine(images[:4], 0.4, seed=3, steps=100) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("condition", [None, "captions"])
def test_weights_save_and_load(condition, images, tmp_path):
    import keras

    model = standardised(build(condition), images)
    model.averaged.set_weights([w + 0.1 for w in model.averaged.get_weights()])  # differs from the network
    model.save_weights(tmp_path / "own.weights.h5")
    keras.utils.set_random_seed(1)
    fresh = build(condition)
    draw = {"seed": 0, "steps": 2, "guidance": 2 if condition else 1}
    assert (fresh.sample(3, **draw) != model.sample(3, **draw)).any()
    fresh.load_weights(tmp_path / "own.weights.h5")
    assert (fresh.sample(3, **draw) == model.sample(3, **draw)).all()
    assert (fresh.from_images(images) == model.from_images(images)).all()


def test_ways_of_sampling_are_no_part_of_the_model(images):
    model = build("labels")
    before = len(model.weights), len(model.variables)
    model.sample(2, seed=0, steps=2, guidance=2)
    model.refine(images[:2], 0.5, seed=0, steps=2, method="euler")
    assert (len(model.weights), len(model.variables)) == before
    misses = model._sampler.cache_info().misses
    model.sample(3, seed=1, steps=5, guidance=3)  # neither the number of steps nor guidance makes another
    assert model._sampler.cache_info().misses == misses


def test_low_precision_stays_inside_the_network(images, labels):
    import keras

    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build("captions")
    finally:
        keras.config.set_dtype_policy("float32")
    assert "bfloat16" in {layer.compute_dtype for layer in model.network.layers}
    model.compile(optimizer="adam", run_eagerly=True)
    assert np.isfinite(model.fit(images, labels, batch_size=32, verbose=0).history["loss"]).all()
    codes = model.from_images(images)
    assert codes.dtype == np.float32 and model.compute_loss(codes, y=model.encode_condition(labels, 64)).dtype == "float32"
    x = model.sample(2, seed=0, guidance=2, steps=2)
    assert x.dtype == np.float32 and np.isfinite(x).all()


# What is refused

X = np.zeros((2, 28, 28, 1), "float32")

WRONG_INPUT = [
    ("model", lambda m: m.fit(X[:1]), "1 images are too few"),
    ("model", lambda m: m.fit(X + 128), "range from"),
    ("model", lambda m: m.fit(X, [1, 2]), "built without a condition"),
    ("model", lambda m: m.sample(2, seed=0, guidance=2), "no condition"),
    ("model", lambda m: m.sample(2, seed=0, steps=0), "steps=0"),
    ("model", lambda m: m.sample(2, seed=0, method="ddim"), "method='ddim': expected a function, or one of heun, euler"),
    ("model", lambda m: m.refine(X, 2, seed=0), "strength=2"),
    ("model", lambda m: m.refine(X[0], 0.5, seed=0), r"shape \(28, 28, 1\)"),
    ("told", lambda m: m.fit(X), r"needs captions, as in fit\(images, captions\)"),
    ("told", lambda m: m.sample(2, seed=0, prompt="a red dress"), "'red' is not known"),
    ("told", lambda m: m.sample(2, seed=0, labels=1, prompt="bag"), "give one of them"),
]


@pytest.mark.parametrize(("name", "call", "words"), WRONG_INPUT)
def test_wrong_input_is_named(request, name, call, words):
    with pytest.raises(ValueError, match=words):
        call(request.getfixturevalue(name))


@pytest.mark.parametrize(
    ("name", "function", "kind", "words"),
    [
        ("interpolate", lambda x, t, e: np.sqrt(t) * x, TypeError, "interpolate must compute with keras.ops"),
        ("interpolate", lambda x, t, e: t, ValueError, r"interpolate returns shape \(2, 1\) for input \(2, 4\)"),
        ("target", lambda x, t, e: None, TypeError, "target.*a result is returned"),
        ("guide", lambda a, b: a, TypeError, "guide"),
    ],
)
def test_a_readers_mistake_meets_a_sentence_before_training(name, function, kind, words):
    with pytest.raises(kind, match=words):
        build(**{name: function})
