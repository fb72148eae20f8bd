"""GANs in use: the running average, training, sampling, conditions, saving, low precision."""

import copy

import numpy as np
import pytest
from gans import PAIRS, build, nothing, same, sequential

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")

CONDITIONS = [None, "labels"]


@pytest.fixture(scope="module")
def model(small_and_exact):
    return build()


@pytest.fixture(scope="module")
def conditional(small_and_exact):
    return build(condition="labels")


def shifted(network, by=1.0):
    network.set_weights([w + by for w in network.get_weights()])


# The running average


def test_averaged_is_the_running_average(images):
    import keras

    model = build(ema_decay=0.75)
    expected, before = model.averaged.get_weights(), []
    assert same(model.averaged, model.generator)  # it begins as the generator
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: before.append(model.generator.get_weights())
    )
    model.compile(optimizer=keras.optimizers.SGD(0.5), run_eagerly=True)
    model.fit(images, batch_size=16, verbose=0, callbacks=[watch])
    assert len(before) == 4
    assert np.abs(before[0][0] - before[3][0]).max() > 1e-4
    for weights in before:
        pairs = zip(expected, weights, strict=True)
        expected = [0.75 * mean + 0.25 * now for mean, now in pairs]
    for ours, theirs in zip(model.averaged.get_weights(), expected, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-6)


def test_averaged_is_no_business_of_the_optimizer(model):
    trained = {id(w) for w in model.trainable_variables}
    players = (model.generator, model.discriminator)
    assert trained == {id(w) for part in players for w in part.trainable_variables}
    assert not trained & {id(w) for w in model.averaged.weights}


def test_evaluate_leaves_the_average(images):
    model = build(ema_decay=0.0)
    shifted(model.generator)
    before = copy.deepcopy(model.averaged)
    model.compile(run_eagerly=True)
    model.evaluate(images, verbose=0)
    assert same(model.averaged, before)


def test_average_of_a_generator_with_dropout(images):
    """Its random state is no weight."""
    from keras import layers

    parts = layers.Dropout(0.5), layers.Dense(784), layers.Reshape((28, 28, 1))
    model = build(generator=sequential((4,), *parts))
    shifted(model.generator)
    state = [v for v in model.averaged.variables if "seed" in v.path]
    before = [v.numpy() for v in state]
    model.compute_loss(images)
    assert len(state) == 1
    for old, new in zip(before, state, strict=True):
        assert (old == new.numpy()).all()


# Training


@pytest.mark.parametrize("name", PAIRS)
def test_every_pair_of_losses_trains(name, images):
    from generative_vision.models.gan_losses import LOSSES

    d_loss, g_loss = LOSSES[name]
    model = build(discriminator_loss=d_loss, generator_loss=g_loss)
    model.compile(optimizer="adam", run_eagerly=True)

    def weights():
        return [*model.generator.get_weights(), *model.discriminator.get_weights()]

    before = weights()
    history = model.fit(images, batch_size=16, verbose=0).history
    assert history.keys() == {"loss", "d_loss", "g_loss"}
    assert np.isfinite([*history.values()]).all()
    after = weights()
    assert all(np.isfinite(new).all() for new in after)
    moved = [bool((old != new).any()) for old, new in zip(before, after, strict=True)]
    assert all(moved[:-1])  # the last bias cancels out of a difference of means


@pytest.mark.parametrize("condition", CONDITIONS)
def test_both_losses_are_reported(condition, images, labels):
    model = build(penalty=0, condition=condition)
    model.compile(optimizer="adam")
    y = labels if condition else None
    history = model.fit(images, y, batch_size=32, verbose=0).history
    total = np.add(history["d_loss"], history["g_loss"])
    assert history["loss"] == pytest.approx(total, rel=1e-5)


def test_discriminator_learns_to_tell_real_from_generated(images):
    import keras

    model = build(generator_loss=nothing)
    model.compile(optimizer=keras.optimizers.Adam(1e-2), run_eagerly=True)
    model.fit(images, batch_size=32, epochs=5, verbose=0)
    real, fake = (np.asarray(model.discriminator(x)) for x in (images, model.sample(64, seed=0)))
    assert real.shape == (64,)
    assert real.mean() > fake.mean() + 1


def test_players_of_ones_own_learn_from_what_is_no_image():
    import keras
    from keras import layers

    from generative_vision.models.gan import GAN

    inner, judge = layers.Dense(8, activation="relu"), layers.Dense(8, activation="relu")
    model = GAN(
        3,
        generator=sequential((3,), inner, layers.Dense(2)),
        discriminator=sequential((2,), judge, layers.Dense(1), layers.Reshape(())),
    )
    x = np.random.default_rng(0).normal(5, 1, (256, 2))
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    model.fit(x, batch_size=64, epochs=3, verbose=0)
    made = model.sample(100, seed=0)
    assert made.shape == (100, 2)
    assert np.isfinite(made).all()
    wide = model.sample(100, seed=0, spread=1e4)
    assert np.abs(wide).max() > 1  # not clipped
    with pytest.raises(ValueError, match=r"x has shape \(256, 1\); expected .*\(n, 2\)"):
        model.fit(x[:, :1])


# Sampling and conditions


def test_sample(model):
    first = model.sample(4, seed=1)
    assert first.shape == (4, 28, 28, 1)
    assert first.dtype == np.float32
    assert (first == model.sample(4, seed=1)).all()
    assert (first != model.sample(4, seed=2)).any()
    assert np.abs(first[0] - first[1]).max() > 1e-3
    wild = model.sample(4, seed=1, spread=1e6)
    assert np.abs(wild).max() <= 1
    assert wild.std() > 0.5
    alike = model.sample(4, seed=1, spread=0)
    assert alike == pytest.approx(np.broadcast_to(alike[:1], alike.shape), abs=1e-6)


def test_samples_are_made_from_noise_by_the_averaged_generator():
    from generative_vision.models.noise import normal_noise

    model = build()
    noise = normal_noise(4, 4, seed=1, spread=0.5)
    first = model.sample(4, seed=1, spread=0.5)
    assert first == pytest.approx(np.asarray(model.averaged(noise)), abs=1e-6)
    assert (first == model.generate(noise)).all()
    shifted(model.generator)
    assert (first == model.sample(4, seed=1, spread=0.5)).all()


def test_labels_choose_the_class(conditional):
    from generative_vision.models.conditioning import resolve_condition

    three = conditional.sample(4, seed=1, labels=3)
    assert (three == conditional.sample(4, seed=1, labels=[3] * 4)).all()
    assert (three == conditional.sample(4, seed=1, prompt="a dress")).all()
    mixed = conditional.sample(4, seed=1, labels=[3, 3, 5, 3])
    assert (mixed == three).all(axis=(1, 2, 3)).tolist() == [True, True, False, True]
    drawn = resolve_condition("labels", None, None, 4, seed=1)
    assert (conditional.sample(4, seed=1) == conditional.sample(4, seed=1, labels=drawn)).all()


def test_discriminator_looks_at_the_label(conditional, images, labels):
    rows = np.eye(10, dtype="float32")
    right = np.asarray(conditional.discriminator([images, rows[labels]]))
    wrong = np.asarray(conditional.discriminator([images, rows[(labels + 1) % 10]]))
    assert right.shape == (64,)
    assert np.abs(right - wrong).max() > 1e-3


def test_captions_are_a_condition(images):
    model = build(condition="captions")
    said = model.sample(4, seed=1, prompt=["a dark bag", "a bag", "bag", "a bright bag"])
    plain = model.sample(4, seed=1, labels=8)
    assert (said == plain).all(axis=(1, 2, 3)).tolist() == [False, True, True, False]
    model.compile(optimizer="sgd", run_eagerly=True)
    history = model.fit(images[:2], ["a dark bag", "boot"], verbose=0).history
    assert np.isfinite(history["loss"]).all()


# Saving, low precision


@pytest.mark.parametrize("condition", CONDITIONS)
def test_weights_save_and_load(condition, tmp_path):
    import keras

    model = build(condition=condition)
    shifted(model.averaged, 0.1)  # differs from the generator
    model.save_weights(tmp_path / "own.weights.h5")
    keras.utils.set_random_seed(1)
    fresh = build(condition=condition)
    assert (fresh.sample(3, seed=0) != model.sample(3, seed=0)).any()
    fresh.load_weights(tmp_path / "own.weights.h5")
    assert (fresh.sample(3, seed=0) == model.sample(3, seed=0)).all()
    assert same(fresh.generator, model.generator)
    assert same(fresh.discriminator, model.discriminator)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_whole_model_saves_loads_and_copies(condition, tmp_path):
    import keras

    from generative_vision.models.gan_losses import LOSSES

    d_loss, g_loss = LOSSES["hinge"]
    losses = {"discriminator_loss": d_loss, "generator_loss": g_loss}
    model = build(condition=condition, penalty=0.5, ema_decay=0.9, **losses)
    shifted(model.averaged, 0.1)
    model.save(tmp_path / "own.keras")
    for other in (keras.models.load_model(tmp_path / "own.keras"), copy.deepcopy(model)):
        assert (other.sample(3, seed=0) == model.sample(3, seed=0)).all()
        assert same(other.generator, model.generator)
        assert (other.penalty, other.ema_decay, other.condition) == (0.5, 0.9, condition)
        assert (other.discriminator_loss, other.generator_loss) == (d_loss, g_loss)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_low_precision_stays_inside_the_networks(condition, low_precision, images, labels):
    model = build(condition=condition)
    y = labels if condition else None
    assert model.generator.layers[0].compute_dtype == "bfloat16"
    model.compile(optimizer="adam", run_eagerly=True)
    history = model.fit(images, y, batch_size=32, verbose=0).history
    assert np.isfinite([*history.values()]).all()
    assert model.compute_loss(images, y=y).dtype == "float32"
    assert model.sample(2, seed=0).dtype == np.float32


def test_low_precision_of_ones_own_networks_ends_there(low_precision, images):
    from keras import layers, ops

    seen = []
    pixels, judge = layers.Dense(784, activation="tanh"), layers.Dense(1)
    model = build(
        generator=sequential((4,), pixels, layers.Reshape((28, 28, 1))),
        discriminator=sequential((28, 28, 1), layers.Flatten(), judge, layers.Reshape(())),
        discriminator_loss=lambda real, fake: seen.append(real.dtype) or ops.mean(real - fake),
        generator_loss=lambda fake: seen.append(fake.dtype) or ops.mean(fake),
    )
    assert model.compute_loss(images).dtype == "float32"
    assert seen[-2:] == ["float32", "float32"]
    assert model.sample(2, seed=0).dtype == np.float32
