"""GANs: losses against formulas, who learns from what, the penalty, the running average, labels, sampling, both backends."""

import os
import subprocess
import sys

import numpy as np
import pytest

from generative_vision import data

PAIRS = ["non-saturating", "minimax", "Wasserstein", "hinge"]


pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")


@pytest.fixture(scope="module")
def images():
    return data.load_fashion_mnist("test")[0][:64]


@pytest.fixture(scope="module")
def labels():
    return data.load_fashion_mnist("test")[1][:64]


def build(**options):
    from generative_vision.models.gan import GAN

    return GAN(4, **{"width": 4, **options})


@pytest.fixture(scope="module")
def model(small_and_exact):
    return build()


@pytest.fixture(scope="module")
def conditional(small_and_exact):
    return build(classes=10)


def sequential(shape, *parts):
    import keras

    return keras.Sequential([keras.Input(shape), *parts])


def grey_generator(level):
    """Every image is of one grey level."""
    from keras import layers

    constant = layers.Dense(784, kernel_initializer="zeros", bias_initializer="zeros", trainable=False)
    network = sequential((4,), constant, layers.Reshape((28, 28, 1)))
    constant.bias.assign(np.full(784, level))
    return network


def nothing(*logits):
    """A loss that teaches nothing."""
    return sum(0 * logit[0] for logit in logits)


def gradients(model, x, **options):
    """Sum of the loss' absolute gradients: of the generator's weights, the discriminator's, the averaged ones."""
    import tensorflow as tf

    parts = [model.generator, model.discriminator, model.averaged]
    with tf.GradientTape() as tape:
        for part in parts:
            tape.watch([w.value for w in part.weights])
        loss = model.compute_loss(x, **options)
    each = tape.gradient(loss, [[w.value for w in part.weights] for part in parts])
    return [sum(float(np.abs(g).sum()) for g in map(np.asarray, filter(lambda g: g is not None, gs))) for gs in each]


# The losses


def sigmoid(a):
    return 1 / (1 + np.exp(-a.astype("float64")))


BY_HAND = {
    "non-saturating": (
        lambda real, fake: -np.log(sigmoid(real)).mean() - np.log(1 - sigmoid(fake)).mean(),
        lambda fake: -np.log(sigmoid(fake)).mean(),
    ),
    "minimax": (
        lambda real, fake: -np.log(sigmoid(real)).mean() - np.log(1 - sigmoid(fake)).mean(),
        lambda fake: np.log(1 - sigmoid(fake)).mean(),
    ),
    "Wasserstein": (lambda real, fake: fake.mean() - real.mean(), lambda fake: -fake.mean()),
    "hinge": (
        lambda real, fake: np.maximum(0, 1 - real).mean() + np.maximum(0, 1 + fake).mean(),
        lambda fake: -fake.mean(),
    ),
}


def test_every_loss_is_held_against_a_formula():
    from generative_vision.models.gan import LOSSES

    assert list(LOSSES) == PAIRS == list(BY_HAND)


@pytest.mark.parametrize("name", PAIRS)
def test_losses_are_the_formulas(name):
    from generative_vision.models.gan import LOSSES

    real, fake = np.random.default_rng(0).normal(0.5, 2, (2, 50)).astype("float32")
    for ours, expected, logits in zip(LOSSES[name], BY_HAND[name], [(real, fake), (fake,)], strict=True):
        value = np.asarray(ours(*logits))
        assert value.shape == () and value == pytest.approx(expected(*logits), rel=1e-5)


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("sure", [1e4, -1e4])
def test_losses_and_gradients_are_finite_where_the_discriminator_is_sure(name, sure):
    import tensorflow as tf

    from generative_vision.models.gan import LOSSES

    d_loss, g_loss = LOSSES[name]
    real = tf.constant([sure, sure])
    with tf.GradientTape() as tape:
        tape.watch(real)
        value = d_loss(real, -real) + g_loss(-real)
    assert np.isfinite(value) and np.isfinite(tape.gradient(value, real)).all()


def test_a_right_discriminator_pays_nothing_and_a_wrong_one_its_logits():
    from generative_vision.models.gan import non_saturating_discriminator as loss

    many = np.full(2, 1e4, "float32")
    assert float(loss(many, -many)) == 0 and float(loss(-many, many)) == 2e4


def test_the_original_generator_loss_has_no_gradient_where_the_discriminator_is_sure():
    import tensorflow as tf

    from generative_vision.models.gan import minimax_generator, non_saturating_generator

    fake = tf.constant([-20.0])  # surely generated
    slopes = {}
    for loss in (minimax_generator, non_saturating_generator):
        with tf.GradientTape() as tape:
            tape.watch(fake)
            value = loss(fake)
        slopes[loss] = float(tape.gradient(value, fake)[0])
    assert -1e-8 < slopes[minimax_generator] < 0  # both ask for larger logits
    assert slopes[non_saturating_generator] == pytest.approx(-1)


# Who learns from what


def test_the_generators_loss_teaches_the_generator_only(images):
    generator, discriminator, averaged = gradients(build(discriminator_loss=nothing, penalty=0), images)
    assert generator > 0.01 and discriminator == averaged == 0


@pytest.mark.parametrize("options", [{"penalty": 0}, {}, {"discriminator_loss": nothing}])
def test_the_discriminators_loss_and_the_penalty_teach_the_discriminator_only(images, options):
    generator, discriminator, averaged = gradients(build(generator_loss=nothing, **options), images)
    assert discriminator > 0.01 and generator == averaged == 0


def test_labels_do_not_join_the_players(images, labels):
    from generative_vision.models.gan import wasserstein_discriminator, wasserstein_generator

    options = {"classes": 10, "penalty": 0}
    taught = gradients(build(**options, discriminator_loss=nothing, generator_loss=wasserstein_generator), images, y=labels)
    assert taught[0] > 0.01 and taught[1] == 0
    taught = gradients(build(**options, discriminator_loss=wasserstein_discriminator, generator_loss=nothing), images, y=labels)
    assert taught[0] == 0 and taught[1] > 0.01


def test_frozen_passes_gradients_to_the_input_only():
    import tensorflow as tf
    from keras import layers

    from generative_vision.models.functions import frozen

    network = sequential((3,), layers.Dense(1))
    x = tf.constant([[1.0, 2.0, 3.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = frozen(network)(x)
    assert np.asarray(y) == pytest.approx(np.asarray(network(x)))
    assert np.asarray(tape.gradient(y, x)) == pytest.approx(np.asarray(network.layers[0].kernel).T)
    assert tape.gradient(y, [w.value for w in network.weights]) == [None, None]


def test_the_losses_get_the_logits_of_real_and_of_generated_images(images):
    from keras import layers, ops

    seen = []
    mean = sequential((28, 28, 1), layers.GlobalAveragePooling2D(), layers.Reshape(()))
    loss = build(
        discriminator=mean, generator=grey_generator(0.25), penalty=0,
        discriminator_loss=lambda real, fake: seen.append((real, fake)) or ops.mean(2 * real) + ops.mean(fake),
        generator_loss=lambda fake: seen.append(fake) or ops.mean(4 * fake),
    ).compute_loss(images)  # fmt: skip
    (real, fake), shown = seen[-2:]
    assert np.asarray(real) == pytest.approx(images.mean(axis=(1, 2, 3)), abs=1e-5)
    assert np.asarray(fake) == pytest.approx(np.full(64, 0.25)) and np.asarray(shown) == pytest.approx(np.full(64, 0.25))
    assert float(loss) == pytest.approx(2 * images.mean() + 0.25 + 1, abs=1e-4)


def test_noise_differs_between_images_and_steps(images):
    from keras import ops

    seen = []
    model = build(generator_loss=lambda fake: seen.append(fake) or ops.mean(fake))
    for _ in range(2):
        model.compute_loss(images)
    assert len(np.unique(np.round(seen[-2:], 7))) > 100  # of 2 x 64


def test_real_and_generated_images_are_shown_with_the_same_labels(images, labels):
    import keras
    from keras import layers, ops

    seen = []
    told = sequential((14,), layers.Dense(784, use_bias=False, trainable=False), layers.Reshape((28, 28, 1)))
    told.set_weights([np.concatenate([np.zeros((4, 784)), np.repeat(np.arange(10)[:, None] / 10, 784, axis=1)])])
    image, label = keras.Input((28, 28, 1)), keras.Input((10,))
    number = layers.Dense(1, use_bias=False, trainable=False)
    level = layers.GlobalAveragePooling2D()(image)
    model = build(
        classes=10, penalty=0, generator=told,
        discriminator=keras.Model([image, label], layers.Reshape(())(layers.Add()([number(label), level]))),
        discriminator_loss=lambda real, fake: seen.append((real, fake)) or ops.mean(real + fake),
        generator_loss=lambda fake: seen.append(fake) or ops.mean(fake),
    )  # fmt: skip
    number.set_weights([np.arange(10.0)[:, None]])
    model.compute_loss(images, y=labels)
    (real, fake), shown = seen[-2:]
    assert np.asarray(real) == pytest.approx(labels + images.mean(axis=(1, 2, 3)), abs=1e-4)
    assert np.asarray(fake) == pytest.approx(1.1 * labels, abs=1e-4) and np.asarray(shown) == pytest.approx(np.asarray(fake))


# The penalty


@pytest.mark.parametrize("step", [0.01, 0.1, 1.0])
def test_penalty_of_a_linear_discriminator_is_its_squared_weight(images, step):
    """∇D = w everywhere, so that γ/2·‖w‖² is due on either kind of image."""
    from keras import layers

    linear = sequential((28, 28, 1), layers.Flatten(), layers.Dense(1), layers.Reshape(()))
    model = build(
        discriminator=linear, generator=grey_generator(0.5), penalty=3.0, step=step,
        discriminator_loss=nothing, generator_loss=nothing,
    )  # fmt: skip
    x = np.tile(images, (64, 1, 1, 1))  # 2,048 differences: 3 % of chance
    w = np.asarray(linear.layers[1].kernel)
    assert float(model.compute_loss(x)) == pytest.approx(3 * (w**2).sum(), rel=0.12)


def test_penalty_is_half_the_sum_over_real_and_generated_images(images):
    """D adds up what is above 0: its gradient is 1 in each bright pixel and 0 in each dark one."""
    from keras import layers

    adding = layers.Dense(1, kernel_initializer="ones", use_bias=False)
    bright = sequential((28, 28, 1), layers.ReLU(), layers.Flatten(), adding, layers.Reshape(()))
    for real, fake in [(0.8, -0.8), (-0.8, 0.8)]:
        model = build(
            discriminator=bright, generator=grey_generator(fake), penalty=1.0, step=0.01,
            discriminator_loss=nothing, generator_loss=nothing,
        )  # fmt: skip
        x = np.full((4096, 28, 28, 1), real, "float32")
        assert float(model.compute_loss(x)) == pytest.approx(784 / 2, rel=0.15)


def test_penalty_can_be_left_out(images):
    assert float(build(penalty=0, discriminator_loss=nothing, generator_loss=nothing).compute_loss(images)) == 0


# The running average


def arrays(network):
    return network.get_weights()


def test_averaged_is_the_running_average(images):
    import keras

    model = build(keep=0.75)
    expected, before = arrays(model.averaged), []
    for ours, theirs in zip(expected, arrays(model.generator), strict=True):
        assert (ours == theirs).all()  # it begins as the generator
    watch = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: before.append(arrays(model.generator)))
    model.compile(optimizer=keras.optimizers.SGD(0.5), run_eagerly=True)
    model.fit(images, batch_size=16, verbose=0, callbacks=[watch])
    assert len(before) == 4 and np.abs(before[0][0] - before[3][0]).max() > 1e-4
    for weights in before:
        expected = [0.75 * mean + 0.25 * now for mean, now in zip(expected, weights, strict=True)]
    for ours, theirs in zip(arrays(model.averaged), expected, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-6)


def test_averaged_is_no_business_of_the_optimizer(model):
    trained = {id(w) for w in model.trainable_variables}
    assert trained == {id(w) for part in (model.generator, model.discriminator) for w in part.trainable_variables}
    assert not trained & {id(w) for w in model.averaged.weights}


def test_evaluate_leaves_the_average(images):
    model = build(keep=0.0)
    model.generator.set_weights([w + 1 for w in arrays(model.generator)])
    before = arrays(model.averaged)
    model.compile(run_eagerly=True)
    model.evaluate(images, verbose=0)
    assert all((a == b).all() for a, b in zip(before, arrays(model.averaged), strict=True))


def test_average_of_a_generator_with_dropout(images):
    """Its random state is no weight."""
    from keras import layers

    model = build(generator=sequential((4,), layers.Dropout(0.5), layers.Dense(784), layers.Reshape((28, 28, 1))))
    model.generator.set_weights([w + 1 for w in arrays(model.generator)])
    state = [v for v in model.averaged.variables if "seed" in v.path]
    before = [v.numpy() for v in state]
    model.compute_loss(images)
    assert state and all((old == new.numpy()).all() for old, new in zip(before, state, strict=True))


# Training


@pytest.mark.parametrize("name", PAIRS)
def test_every_pair_of_losses_trains(name, images):
    from generative_vision.models.gan import LOSSES

    d_loss, g_loss = LOSSES[name]
    model = build(discriminator_loss=d_loss, generator_loss=g_loss)
    model.compile(optimizer="adam", run_eagerly=True)
    before = [*arrays(model.generator), *arrays(model.discriminator)]
    history = model.fit(images, batch_size=16, verbose=0).history
    assert history.keys() == {"loss", "d_loss", "g_loss"} and np.isfinite([*history.values()]).all()
    after = [*arrays(model.generator), *arrays(model.discriminator)]
    assert all(np.isfinite(new).all() for new in after)
    moved = [bool((old != new).any()) for old, new in zip(before, after, strict=True)]
    assert all(moved[:-1])  # the last bias cancels out of a difference of means


@pytest.mark.parametrize("classes", [0, 10])
def test_both_losses_are_reported(classes, images, labels):
    model = build(penalty=0, classes=classes)
    model.compile(optimizer="adam")
    history = model.fit(images, labels if classes else None, batch_size=32, verbose=0).history
    assert history["loss"] == pytest.approx(np.add(history["d_loss"], history["g_loss"]), rel=1e-5)


def test_discriminator_learns_to_tell_real_from_generated(images):
    import keras

    model = build(generator_loss=nothing)
    model.compile(optimizer=keras.optimizers.Adam(1e-2), run_eagerly=True)
    model.fit(images, batch_size=32, epochs=5, verbose=0)
    real, fake = (np.asarray(model.discriminator(x)) for x in (images, model.sample(64, seed=0)))
    assert real.shape == (64,) and real.mean() > fake.mean() + 1


# Sampling and labels


def test_sample(model):
    first = model.sample(4, seed=1)
    assert first.shape == (4, 28, 28, 1) and first.dtype == np.float32
    assert (first == model.sample(4, seed=1)).all() and (first != model.sample(4, seed=2)).any()
    assert np.abs(first[0] - first[1]).max() > 1e-3
    wild = model.sample(4, seed=1, spread=1e6)
    assert wild.min() >= -1 and wild.max() <= 1 and wild.std() > 0.5
    alike = model.sample(4, seed=1, spread=0)
    assert alike == pytest.approx(np.broadcast_to(alike[:1], alike.shape), abs=1e-6)


def test_samples_are_made_from_noise_by_the_averaged_generator():
    from generative_vision.models.sampling import normal_noise

    model = build()
    first = model.sample(4, seed=1, spread=0.5)
    assert first == pytest.approx(np.asarray(model.averaged(normal_noise(4, 4, seed=1, spread=0.5))), abs=1e-6)
    assert (first == model.generate(normal_noise(4, 4, seed=1, spread=0.5))).all()
    model.generator.set_weights([w + 1 for w in arrays(model.generator)])
    assert (first == model.sample(4, seed=1, spread=0.5)).all()


def test_labels_choose_the_class(conditional):
    from generative_vision.models.sampling import draw_labels

    three = conditional.sample(4, seed=1, labels=3)
    assert (three == conditional.sample(4, seed=1, labels=[3] * 4)).all()
    mixed = conditional.sample(4, seed=1, labels=[3, 3, 5, 3])
    assert (mixed == three).all(axis=(1, 2, 3)).tolist() == [True, True, False, True]
    assert (conditional.sample(4, seed=1) == conditional.sample(4, seed=1, labels=draw_labels(None, 4, 10, 1))).all()


def test_discriminator_looks_at_the_label(conditional, images, labels):
    told = np.eye(10, dtype="float32")
    right, wrong = (np.asarray(conditional.discriminator([images, told[y]])) for y in (labels, (labels + 1) % 10))
    assert right.shape == (64,) and np.abs(right - wrong).max() > 1e-3


@pytest.mark.parametrize("classes", [0, 10])
def test_weights_save_and_load(classes, images, tmp_path):
    import keras

    model = build(classes=classes)
    model.averaged.set_weights([w + 0.1 for w in arrays(model.averaged)])  # differs from the generator
    model.save_weights(tmp_path / "own.weights.h5")
    keras.utils.set_random_seed(1)
    fresh = build(classes=classes)
    assert (fresh.sample(3, seed=0) != model.sample(3, seed=0)).any()
    fresh.load_weights(tmp_path / "own.weights.h5")
    assert (fresh.sample(3, seed=0) == model.sample(3, seed=0)).all()
    for part in ("generator", "discriminator"):
        for ours, theirs in zip(arrays(getattr(fresh, part)), arrays(getattr(model, part)), strict=True):
            assert (ours == theirs).all()


@pytest.fixture
def low_precision():
    import keras

    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize("classes", [0, 10])
def test_low_precision_stays_inside_the_networks(classes, low_precision, images, labels):
    model = build(classes=classes)
    assert model.generator.layers[0].compute_dtype == "bfloat16"
    model.compile(optimizer="adam", run_eagerly=True)
    history = model.fit(images, labels if classes else None, batch_size=32, verbose=0).history
    assert np.isfinite([*history.values()]).all()
    assert model.compute_loss(images, y=labels).dtype == "float32"
    assert model.sample(2, seed=0).dtype == np.float32


def test_low_precision_of_ones_own_networks_ends_there(low_precision, images):
    from keras import layers, ops

    seen = []
    model = build(
        generator=sequential((4,), layers.Dense(784, activation="tanh"), layers.Reshape((28, 28, 1))),
        discriminator=sequential((28, 28, 1), layers.Flatten(), layers.Dense(1), layers.Reshape(())),
        discriminator_loss=lambda real, fake: seen.append(real.dtype) or ops.mean(real - fake),
        generator_loss=lambda fake: seen.append(fake.dtype) or ops.mean(fake),
    )
    assert model.compute_loss(images).dtype == "float32" and seen[-2:] == ["float32", "float32"]
    assert model.sample(2, seed=0).dtype == np.float32


# What is refused

WRONG_INPUT = [
    ("model", lambda m, x: m.fit(x[..., 0]), r"shape \(2, 28, 28\)"),
    ("model", lambda m, x: m.fit(128 * x), "range from"),
    ("model", lambda m, x: m.fit(x, [1, 2]), "built without labels"),
    ("model", lambda m, x: m.generate(np.zeros((2, 5))), r"\(2, 5\); expected finite numbers, \(n, 4\)"),
    ("model", lambda m, x: m.generate(np.full((2, 4), np.nan)), "finite"),
    ("model", lambda m, x: m.sample(0, seed=0), "n=0: expected at least one"),
    ("model", lambda m, x: m.sample(2, seed=0, spread=-1), "spread=-1"),
    ("model", lambda m, x: m.sample(2, seed=0, labels=3), "built without labels"),
    ("conditional", lambda m, x: m.fit(x), r"needs labels, as in fit"),
    ("conditional", lambda m, x: m.fit(x, [1, 10]), "2 whole numbers from 0 to 9"),
    ("conditional", lambda m, x: m.generate(np.zeros((2, 4))), "needs labels"),
    ("conditional", lambda m, x: m.sample(2, seed=0, labels=[1, 2, 3]), r"\(3,\).*expected 2 whole numbers"),
]


@pytest.mark.parametrize(("name", "call", "words"), WRONG_INPUT)
def test_wrong_input_is_named(request, images, name, call, words):
    with pytest.raises(ValueError, match=words):
        call(request.getfixturevalue(name), images[:2])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"code_size": 0}, "code_size=0: expected 1 or more"),
        ({"penalty": -1}, "penalty=-1.*expected 0 or more, above 0, 0 to below 1"),
        ({"penalty": np.inf}, "penalty=inf"),
        ({"step": 0}, "step=0,"),
        ({"step": np.nan}, "step=nan"),
        ({"keep": 1}, "keep=1:"),
        ({"keep": -0.1}, "keep=-0.1"),
    ],
)
def test_wrong_options_are_named(options, words):
    from generative_vision.models.gan import GAN

    with pytest.raises(ValueError, match=words):
        GAN(**{"code_size": 4, "width": 4, **options})


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize(
    ("network", "kind"),
    [("generator", "BatchNormalization"), ("discriminator", "BatchNormalization"), ("discriminator", "Dropout")],
)
def test_layers_whose_passes_would_not_agree_are_refused(network, kind, nested):
    from keras import layers

    odd = layers.BatchNormalization() if kind == "BatchNormalization" else layers.Dropout(0.2)
    shape, parts = {
        "generator": ((4,), [layers.Dense(784), odd, layers.Reshape((28, 28, 1))]),
        "discriminator": ((28, 28, 1), [layers.Flatten(), odd, layers.Dense(1), layers.Reshape(())]),
    }[network]
    inside = [sequential(shape, *parts)] if nested else parts
    with pytest.raises(ValueError, match=f"{kind}.*LayerNormalization or GroupNormalization"):
        build(**{network: sequential(shape, *inside)})


def readers_mistakes():
    from keras import ops

    return [
        ("discriminator_loss", lambda real, fake: np.mean(fake) - np.mean(real), TypeError, "discriminator_loss must compute with"),
        ("discriminator_loss", lambda real, fake: float(ops.mean(fake - real)), TypeError, "keras.ops"),
        ("discriminator_loss", lambda real, fake: fake - real, ValueError, r"\(2,\).*expected \(\)"),
        ("discriminator_loss", lambda real, fake: -ops.mean(ops.log(real)), ValueError, "NaN or infinite"),
        ("discriminator_loss", lambda fake: ops.mean(fake), TypeError, "discriminator_loss"),
        ("generator_loss", lambda fake: np.mean(np.log(fake)), TypeError, "generator_loss must compute with"),
        ("generator_loss", lambda fake: (_ for _ in ()).throw(NotImplementedError()), NotImplementedError, "not written yet"),
        ("generator_loss", lambda fake: None, TypeError, "a result is returned"),
        ("generator_loss", "hinge", TypeError, "'hinge'; expected a function"),
    ]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("number", range(9))
def test_a_readers_mistake_meets_a_sentence_before_training(number):
    name, function, kind, words = readers_mistakes()[number]
    with pytest.raises(kind, match=words):
        build(**{name: function})


SMOKE = """
import numpy as np
from generative_vision import data, training
training.setup(0)
import keras
from generative_vision.models.gan import GAN
from generative_vision.models.vae import VAE, FlowVAE
images, labels = (part[:128] for part in data.load_fashion_mnist("test"))

for model in (VAE(4, width=4, warmup=4), FlowVAE(4, width=4, couplings=2, hidden=8, classes=10)):
    model.compile(optimizer=keras.optimizers.Adam(5e-3))
    history = model.fit(images, labels if model.classes else None, batch_size=32, epochs=6, verbose=0).history
    assert history["loss"][-1] < 0.8 * history["loss"][0] and history["rate"][-1] > 0.1, history
    assert float(model.steps) == (24 if model.warmup else 0)
    assert np.isfinite(model.sample(3, seed=0)).all()

model = GAN(4, width=4, classes=10, keep=0.5)
before = model.averaged.get_weights()
model.compile(optimizer="adam")
history = model.fit(images, labels, batch_size=32, verbose=0).history
assert np.isfinite([*history.values()]).all(), history
after, now = model.averaged.get_weights(), model.generator.get_weights()
assert all((a != b).any() and (b != c).any() for a, b, c in zip(before, after, now))
assert np.isfinite(model.sample(3, seed=0, labels=3)).all()
print("backend", keras.backend.backend())
"""


def test_jax_trains_them_all():
    faster = "--xla_backend_optimization_level=0"  # a few steps are sooner done than compiled well
    environment = {**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": faster}
    done = subprocess.run([sys.executable, "-c", SMOKE], capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "backend jax" in done.stdout
