"""GANs: losses against formulas, who learns from what, the penalty on gradients."""

import numpy as np
import pytest
from gans import PAIRS, build, gradients, grey_generator, nothing, sequential

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")


# The losses


def sigmoid(a):
    return 1 / (1 + np.exp(-a.astype("float64")))


def cross_entropy(real, fake):
    return -np.log(sigmoid(real)).mean() - np.log(1 - sigmoid(fake)).mean()


BY_HAND = {
    "non-saturating": (cross_entropy, lambda fake: -np.log(sigmoid(fake)).mean()),
    "minimax": (cross_entropy, lambda fake: np.log(1 - sigmoid(fake)).mean()),
    "Wasserstein": (lambda real, fake: fake.mean() - real.mean(), lambda fake: -fake.mean()),
    "hinge": (
        lambda real, fake: np.maximum(0, 1 - real).mean() + np.maximum(0, 1 + fake).mean(),
        lambda fake: -fake.mean(),
    ),
}


def test_every_loss_is_held_against_a_formula():
    from generative_vision.models.gan_losses import LOSSES

    assert list(LOSSES) == PAIRS == list(BY_HAND)


@pytest.mark.parametrize("name", PAIRS)
def test_losses_are_the_formulas(name):
    from generative_vision.models.gan_losses import LOSSES

    real, fake = np.random.default_rng(0).normal(0.5, 2, (2, 50)).astype("float32")
    given = [(real, fake), (fake,)]
    for ours, expected, logits in zip(LOSSES[name], BY_HAND[name], given, strict=True):
        value = np.asarray(ours(*logits))
        assert value.shape == ()
        assert value == pytest.approx(expected(*logits), rel=1e-5)


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("sure", [1e4, -1e4])
def test_losses_and_gradients_are_finite_where_the_discriminator_is_sure(name, sure):
    import tensorflow as tf

    from generative_vision.models.gan_losses import LOSSES

    d_loss, g_loss = LOSSES[name]
    real = tf.constant([sure, sure])
    with tf.GradientTape() as tape:
        tape.watch(real)
        value = d_loss(real, -real) + g_loss(-real)
    assert np.isfinite(value)
    assert np.isfinite(tape.gradient(value, real)).all()


def test_a_right_discriminator_pays_nothing_and_a_wrong_one_its_logits():
    from generative_vision.models.gan_losses import non_saturating_discriminator as loss

    many = np.full(2, 1e4, "float32")
    assert float(loss(many, -many)) == 0
    assert float(loss(-many, many)) == 2e4


def test_the_original_generator_loss_has_no_gradient_where_the_discriminator_is_sure():
    import tensorflow as tf

    from generative_vision.models.gan_losses import minimax_generator, non_saturating_generator

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
    model = build(discriminator_loss=nothing, penalty=0)
    generator, discriminator, averaged = gradients(model, images)
    assert generator > 0.01
    assert discriminator == averaged == 0


@pytest.mark.parametrize("options", [{"penalty": 0}, {}, {"discriminator_loss": nothing}])
def test_the_discriminators_loss_and_the_penalty_teach_the_discriminator_only(images, options):
    model = build(generator_loss=nothing, **options)
    generator, discriminator, averaged = gradients(model, images)
    assert discriminator > 0.01
    assert generator == averaged == 0


@pytest.mark.parametrize("taught", ["generator", "discriminator"])
def test_labels_do_not_join_the_players(images, labels, taught):
    from generative_vision.models.gan_losses import wasserstein_discriminator, wasserstein_generator

    losses = {"discriminator_loss": nothing, "generator_loss": wasserstein_generator}
    if taught == "discriminator":
        losses = {"discriminator_loss": wasserstein_discriminator, "generator_loss": nothing}
    model = build(condition="labels", penalty=0, **losses)
    found = gradients(model, images, y=labels)
    moved, still = found[:2] if taught == "generator" else found[1::-1]
    assert moved > 0.01
    assert still == 0


def test_frozen_passes_gradients_to_the_input_only():
    import tensorflow as tf
    from keras import layers

    from generative_vision.models.gan import frozen

    network = sequential((3,), layers.Dense(1))
    x = tf.constant([[1.0, 2.0, 3.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = frozen(network)(x)
    assert np.asarray(y) == pytest.approx(np.asarray(network(x)))
    kernel = np.asarray(network.layers[0].kernel)
    assert np.asarray(tape.gradient(y, x)) == pytest.approx(kernel.T)
    assert tape.gradient(y, [w.value for w in network.weights]) == [None, None]


def test_the_losses_get_the_logits_of_real_and_of_generated_images(images):
    from keras import layers, ops

    seen = {}

    def discriminator_loss(real, fake):
        seen["real"], seen["fake"] = real, fake
        return ops.mean(2 * real) + ops.mean(fake)

    def generator_loss(fake):
        seen["shown"] = fake
        return ops.mean(4 * fake)

    mean = sequential((28, 28, 1), layers.GlobalAveragePooling2D(), layers.Reshape(()))
    losses = {"discriminator_loss": discriminator_loss, "generator_loss": generator_loss}
    model = build(discriminator=mean, generator=grey_generator(0.25), penalty=0, **losses)
    loss = float(model.compute_loss(images))
    assert np.asarray(seen["real"]) == pytest.approx(images.mean(axis=(1, 2, 3)), abs=1e-5)
    assert np.asarray(seen["fake"]) == pytest.approx(np.full(64, 0.25))
    assert np.asarray(seen["shown"]) == pytest.approx(np.full(64, 0.25))
    assert loss == pytest.approx(2 * images.mean() + 0.25 + 1, abs=1e-4)


def test_noise_differs_between_images_and_steps(images):
    from keras import ops

    seen = []
    model = build(generator_loss=lambda fake: seen.append(fake) or ops.mean(fake))
    for _ in range(2):
        model.compute_loss(images)
    assert len(np.unique(np.round(seen[-2:], 7))) > 100  # of 2 x 64


def grey_of_the_label():
    """A conditional generator whose images have the label's tenth as grey level."""
    from keras import layers

    dense = layers.Dense(784, use_bias=False, trainable=False)
    network = sequential((14,), dense, layers.Reshape((28, 28, 1)))
    levels = np.repeat(np.arange(10)[:, None] / 10, 784, axis=1)
    network.set_weights([np.concatenate([np.zeros((4, 784)), levels])])
    return network


def label_plus_grey():
    """A conditional discriminator: its logit is the label's number plus the mean grey level."""
    import keras
    from keras import layers

    image, words = keras.Input((28, 28, 1)), keras.Input((10,))
    number = layers.Dense(1, use_bias=False, trainable=False)
    both = layers.Add()([number(words), layers.GlobalAveragePooling2D()(image)])
    network = keras.Model([image, words], layers.Reshape(())(both))
    number.set_weights([np.arange(10.0)[:, None]])
    return network


def test_real_and_generated_images_are_shown_with_the_same_labels(images, labels):
    from keras import ops

    seen = {}

    def discriminator_loss(real, fake):
        seen["real"], seen["fake"] = real, fake
        return ops.mean(real + fake)

    def generator_loss(fake):
        seen["shown"] = fake
        return ops.mean(fake)

    model = build(
        condition="labels",
        penalty=0,
        generator=grey_of_the_label(),
        discriminator=label_plus_grey(),
        discriminator_loss=discriminator_loss,
        generator_loss=generator_loss,
    )
    for y in (labels, np.eye(10, dtype="float32")[labels]):
        model.compute_loss(images, y=y)
        real = labels + images.mean(axis=(1, 2, 3))
        assert np.asarray(seen["real"]) == pytest.approx(real, abs=1e-4)
        assert np.asarray(seen["fake"]) == pytest.approx(1.1 * labels, abs=1e-4)
        assert np.asarray(seen["shown"]) == pytest.approx(np.asarray(seen["fake"]))


# The penalty

SILENT = {"discriminator_loss": nothing, "generator_loss": nothing}


@pytest.mark.parametrize("step", [0.01, 0.1, 1.0])
def test_penalty_of_a_linear_discriminator_is_its_squared_weight(images, step):
    """∇D = w everywhere, so that γ/2·‖w‖² is due on either kind of image."""
    from keras import layers

    linear = sequential((28, 28, 1), layers.Flatten(), layers.Dense(1), layers.Reshape(()))
    given = {"discriminator": linear, "generator": grey_generator(0.5)}
    model = build(**given, penalty=3.0, step=step, **SILENT)
    x = np.tile(images, (64, 1, 1, 1))  # 2,048 differences: 3 % of chance
    w = np.asarray(linear.layers[1].kernel)
    assert float(model.compute_loss(x)) == pytest.approx(3 * (w**2).sum(), rel=0.12)


@pytest.mark.parametrize(("real", "fake"), [(0.8, -0.8), (-0.8, 0.8)])
def test_penalty_is_half_the_sum_over_real_and_generated_images(real, fake):
    """D adds up what is above 0: its gradient is 1 in each bright pixel and 0 in each dark one."""
    from keras import layers

    adding = layers.Dense(1, kernel_initializer="ones", use_bias=False)
    bright = sequential((28, 28, 1), layers.ReLU(), layers.Flatten(), adding, layers.Reshape(()))
    given = {"discriminator": bright, "generator": grey_generator(fake)}
    model = build(**given, penalty=1.0, step=0.01, **SILENT)
    x = np.full((4096, 28, 28, 1), real, "float32")
    assert float(model.compute_loss(x)) == pytest.approx(784 / 2, rel=0.15)


def test_penalty_can_be_left_out(images):
    assert float(build(penalty=0, **SILENT).compute_loss(images)) == 0
