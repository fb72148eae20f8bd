"""A latent flow learns codes and draws images: its loss by hand, words, what it refuses."""

import numpy as np
import pytest
from exact import CLASSES, WORDS, averages, flow, network, normal, same_weights, standardised

from generative_vision import prompts
from generative_vision.models.conditioning import encode_condition

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")


@pytest.fixture(scope="module")
def model(small_and_exact, images):
    import keras

    keras.utils.set_random_seed(0)
    return standardised(flow(), images)


@pytest.fixture(scope="module")
def conditional(small_and_exact, images):
    import keras

    keras.utils.set_random_seed(0)
    model = standardised(flow("captions"), images)
    for part in (model.network, model.decoder):  # louder, so that words are seen in the images
        part.set_weights([2 * w for w in part.get_weights()])
    model.averaged.set_weights(model.network.get_weights())
    return model


# Training


@pytest.mark.parametrize("condition", [None, "labels"])
def test_loss_is_the_mean_squared_error_of_v(condition, labels):
    from generative_vision.models.latent_flow import interpolate

    seen = []
    own = {"q_sample": lambda *given: seen.append(given) or interpolate(*given)}
    model = flow(condition, condition_dropout=0.0, **own)
    model.center.assign([1, 2, 3, 4])
    model.scale.assign([2, 2, 4, 4])
    codes = normal(64, 4)
    words = encode_condition(condition, labels if condition else None, 64)
    loss = float(model.compute_loss(codes, words, training=False))
    x, t, e = (np.asarray(part, "float64") for part in seen[-1])
    assert x == pytest.approx((codes - [1, 2, 3, 4]) / [2, 2, 4, 4], abs=1e-6)
    assert t.shape == (64, 1)
    assert len(np.unique(t)) > 60
    assert len(np.unique(e)) > 250
    given = [((1 - t) * x + t * e).astype("float32"), t.astype("float32")]
    v = np.asarray(model.network(given if words is None else [*given, words]))
    assert loss == pytest.approx(((v - (e - x)) ** 2).mean(), rel=1e-4)


def test_evaluation_hides_no_words():
    from keras import ops

    fake = network(
        lambda x, t, words: 0 * x * t + ops.sum(words, axis=1, keepdims=True), CLASSES, (4,)
    )
    target = {"target": lambda x, t, e: 0 * x * t * e}
    model = flow("labels", condition_dropout=0.5, network=fake, **target)
    codes, words = normal(2000, 4), encode_condition("labels", 3, 2000)
    assert float(model.compute_loss(codes, words, training=False)) == pytest.approx(1)
    assert float(model.compute_loss(codes, words)) == pytest.approx(0.5, abs=0.06)


def test_own_functions_are_the_ones_that_train():
    two = {"q_sample": lambda x, t, e: 0 * x * t * e + 2}
    five = {"target": lambda x, t, e: 5 + 0 * x * t * e}
    model = flow(network=network(lambda x, t: x, shape=(4,)), **two, **five)
    assert float(model.compute_loss(normal(8, 4), training=False)) == pytest.approx(9)


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
def test_fit_trains_on_the_codes_and_words_of_the_images(images, labels):
    """The network and the interpolation note what they are given."""
    from generative_vision.models.latent_flow import interpolate

    given, words = [], []
    fake = network(lambda x, t, given: words.append(given) or 0 * x, WORDS, (4,))
    own = {"q_sample": lambda x, t, e: given.append(x) or interpolate(x, t, e)}
    model = flow("captions", condition_dropout=0.0, network=fake, **own)
    model.compile(optimizer="sgd", run_eagerly=True)
    captions = prompts.captions(images, labels)
    model.fit(images, captions, batch_size=64, shuffle=False, verbose=0)
    assert np.asarray(given[-1]) == pytest.approx(model.from_images(images), abs=1e-5)
    assert np.asarray(words[-1]).tolist() == prompts.encode(captions).tolist()


def test_validation_images_take_the_scale_of_the_training_images(images):
    """v̂ = 0 and v = x: the loss is the mean square of the standardised codes."""
    import keras

    fake = keras.Sequential([keras.layers.Dense(4, kernel_initializer="zeros")])
    x, t = keras.Input((4,)), keras.Input((1,))
    still = {"network": keras.Model([x, t], fake(x)), "target": lambda x, t, e: x + 0 * t * e}
    model = flow(**still)
    model.compile(optimizer=keras.optimizers.SGD(0.0))
    history = model.fit(images, validation_data=(images[:8],), batch_size=64, verbose=0).history
    expected = np.square(model.from_images(images[:8])).mean()
    assert history["loss"] == pytest.approx([1], abs=1e-3)
    assert history["val_loss"] == pytest.approx([expected], abs=1e-3)
    assert abs(expected - 1) > 0.01


@pytest.mark.parametrize("condition", [None, "captions"])
def test_training_lowers_the_loss(condition, images, labels):
    import keras

    model = flow(condition)
    model.compile(optimizer=keras.optimizers.Adam(0.01))
    y = labels if condition else None
    standardised(model, images)
    codes = np.tile(model.encode(images), (100, 1))
    words = encode_condition(condition, np.tile(labels, 100) if condition else None, 6400)
    before = float(model.compute_loss(codes, words, training=False))
    history = model.fit(images, y, batch_size=16, epochs=25, verbose=0).history
    assert history.keys() == {"loss"}
    assert len(history["loss"]) == 25
    assert float(model.compute_loss(codes, words, training=False)) < 0.93 * before


def test_averaged_is_the_running_average_with_its_warm_up(images):
    import keras

    model, before = flow(ema_decay=0.22), []
    start = model.averaged.get_weights()
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: before.append(model.network.get_weights())
    )
    model.compile(optimizer=keras.optimizers.SGD(0.1), run_eagerly=True)
    model.fit(images, batch_size=16, verbose=0, callbacks=[watch])
    model.evaluate(images, verbose=0)  # moves nothing
    assert len(before) == 4
    expected = averages(start, before, 0.22)
    for ours, theirs in zip(model.averaged.get_weights(), expected, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-6)


# Sampling


def test_samples_are_images_that_repeat_with_their_seed(model):
    first = model.sample(4, seed=1, steps=3)
    assert first.shape == (4, 28, 28, 1)
    assert first.dtype == np.float32
    assert (first == model.sample(4, seed=1, steps=3)).all()
    assert (first != model.sample(4, seed=2, steps=3)).any()
    assert np.abs(first[0] - first[1]).max() > 1e-3


def test_spread_of_the_noise_is_the_variety_of_samples(model):
    wild = model.sample(4, seed=1, steps=3, spread=1e6)
    assert wild.min() == -1
    assert wild.max() == 1
    alike = model.sample(4, seed=1, steps=3, spread=0)
    assert np.ptp(alike, axis=0).max() < 1e-6


def test_more_samples_than_one_batch(model):
    many = model.sample(2600, seed=1, steps=1)
    assert many.shape == (2600, 28, 28, 1)
    assert many[:4] == pytest.approx(model.sample(4, seed=1, steps=1), abs=1e-5)
    z = normal(2600, 4)
    last = model.denoise(z[2590:], steps=1)
    assert model.denoise(z, steps=1)[2590:] == pytest.approx(last, abs=1e-5)


def test_samples_are_decoded_denoised_noise(model):
    from generative_vision.models.noise import normal_noise

    z = normal_noise(4, 4, seed=1, spread=0.5)
    x = model.denoise(z, steps=3)
    codes = x * np.asarray(model.scale) + np.asarray(model.center)
    assert np.abs(x - z).max() > 0.01
    assert np.abs(codes - x).max() > 0.01
    expected = model.decoder.predict(codes, verbose=0).clip(-1, 1)
    assert model.sample(4, seed=1, spread=0.5, steps=3) == pytest.approx(expected, abs=1e-6)


def test_words_steer(conditional):
    def draw(**asked):
        return conditional.sample(3, seed=1, steps=2, **asked)

    three = draw(labels=3)
    assert (three == draw(prompt="a dress")).all()
    assert (three != draw(prompt="a bag")).any()


def test_guidance_steers(conditional):
    def draw(guidance, prompt="a dress"):
        return conditional.sample(3, seed=1, steps=2, prompt=prompt, guidance=guidance)

    plain = draw(1.0)
    assert (plain == conditional.sample(3, seed=1, steps=2, prompt="a dress")).all()
    assert np.abs(plain - draw(3)).max() > 1e-4
    assert np.abs(plain - draw(0)).max() > 1e-4
    assert draw(0) == pytest.approx(draw(1, prompt=""), abs=1e-5)


def test_own_solver_is_the_way_that_is_gone(model):
    def own(velocity, x, t, s, rng):
        return x - (t - s) * velocity(x, t)

    def draw(solver):
        return model.sample(3, seed=0, steps=3, solver=solver)

    assert draw(own) == pytest.approx(draw("euler"), abs=1e-5)
    assert np.abs(draw(own) - draw("heun")).max() > 1e-5


def test_own_heun_is_heun(model):
    def own(velocity, x, t, s, rng):
        first = velocity(x, t)
        second = velocity(x - (t - s) * first, s)
        return x - (t - s) * (first + second) / 2

    z = normal(3, 4)
    expected = model.denoise(z, steps=3, solver="heun")
    assert model.denoise(z, steps=3, solver=own) == pytest.approx(expected, abs=1e-5)


def test_refine_goes_from_the_sketch_to_something_new(model, images):
    def refine(x, strength):
        return model.refine(x, strength, seed=0, steps=4)

    rebuilt = model.to_images(model.from_images(images))
    assert refine(images[:4], 0) == pytest.approx(rebuilt[:4], abs=1e-5)
    assert refine(images[:4], 1) == pytest.approx(refine(images[4:8], 1), abs=1e-5)
    between = refine(images[:4], 0.5)
    assert np.abs(between - refine(images[4:8], 0.5)).max() > 1e-3
    assert np.abs(between - rebuilt[:4]).max() > 1e-3


# Weights and precision


@pytest.mark.parametrize("condition", [None, "captions"])
def test_weights_save_and_load(condition, images, tmp_path):
    import keras

    model = standardised(flow(condition), images)
    # so that the average differs from the network
    model.averaged.set_weights([w + 0.1 for w in model.averaged.get_weights()])
    model.save_weights(tmp_path / "own.weights.h5")
    keras.utils.set_random_seed(1)
    fresh = flow(condition)

    def draw(model):
        return model.sample(3, seed=0, steps=2, guidance=2 if condition else 1)

    assert (draw(fresh) != draw(model)).any()
    fresh.load_weights(tmp_path / "own.weights.h5")
    assert (draw(fresh) == draw(model)).all()
    assert (fresh.from_images(images) == model.from_images(images)).all()
    assert same_weights(fresh.network.get_weights(), model.network.get_weights())


def test_sampling_leaves_the_model_as_it_was(images):
    model = flow("labels")
    count, before = len(model.variables), model.get_weights()
    model.sample(2, seed=0, steps=2, guidance=2)
    model.refine(images[:2], 0.5, seed=0, steps=2, solver="euler")
    assert len(model.variables) == count
    assert same_weights(model.get_weights(), before)


def test_low_precision_stays_inside_the_network(low_precision, images, labels):
    model = flow("captions")
    assert "bfloat16" in {layer.compute_dtype for layer in model.network.layers}
    model.compile(optimizer="adam", run_eagerly=True)
    loss = model.fit(images, labels, batch_size=32, verbose=0).history["loss"]
    assert np.isfinite(loss).all()
    words = encode_condition("captions", labels, 64)
    assert model.compute_loss(model.encode(images), words).dtype == "float32"
    assert model.from_images(images).dtype == np.float32
    x = model.sample(2, seed=0, guidance=2, steps=2)
    assert x.dtype == np.float32
    assert np.isfinite(x).all()


# What is refused

X = np.full((2, 28, 28, 1), -0.5, "float32")

WRONG_INPUT = [
    ("model", lambda m: m.fit(X[:1]), "1 images are too few"),
    ("model", lambda m: m.fit(X + 128), "range from"),
    ("model", lambda m: m.fit(X[0, 0, :, 0]), "images have shape"),
    ("model", lambda m: m.fit(X, [1, 2]), "built without a condition"),
    ("model", lambda m: m.evaluate(X[:, :5, 0, 0]), r"shape \(2, 5\); expected .*\(n, 4\)"),
    ("model", lambda m: m.sample(2, seed=0, guidance=2), "no condition"),
    ("model", lambda m: m.sample(2, seed=0, steps=0), "steps=0"),
    (
        "model",
        lambda m: m.sample(2, seed=0, solver="ddim"),
        "solver='ddim': expected 'heun'",
    ),
    ("model", lambda m: m.refine(X, 2, seed=0), "strength=2"),
    ("model", lambda m: m.refine(X[0], 0.5, seed=0), r"shape \(28, 28, 1\)"),
    ("conditional", lambda m: m.fit(X), r"needs captions, as in fit\(x, captions\)"),
    ("conditional", lambda m: m.sample(2, seed=0, prompt="a red dress"), "'red' is not known"),
    ("conditional", lambda m: m.sample(2, seed=0, labels=1, prompt="bag"), "give one of them"),
]


@pytest.mark.parametrize(("name", "call", "words"), WRONG_INPUT)
def test_wrong_input_is_named(request, name, call, words):
    with pytest.raises(ValueError, match=words):
        call(request.getfixturevalue(name))


@pytest.mark.parametrize(
    ("name", "function", "kind", "words"),
    [
        ("q_sample", lambda x, t, e: t, ValueError, r"shape \(2, 1\) for input \(2, 4\)"),
        ("target", lambda x, t, e: None, TypeError, "target.*a result is returned"),
        ("guide", lambda a, b: a, TypeError, r"guide must be a function \(a, b, c\): too many"),
    ],
)
def test_a_mistake_in_a_function_is_named_before_training(name, function, kind, words):
    with pytest.raises(kind, match=words):
        flow(**{name: function})
