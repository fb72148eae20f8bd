"""How a diffusion model learns: its loss by hand, the running average, weights kept, precision."""

import numpy as np
import pytest
from exact import WORDS, averages, bend, circle, diffusion, network, pictures

from generative_vision import prompts
from generative_vision.models.conditioning import encode_condition

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")


# The loss


@pytest.mark.parametrize("condition", [None, "captions"])
def test_loss_is_the_mean_squared_error_of_v(condition, images, labels):
    from generative_vision.models.diffusion import q_sample

    seen = []
    own = {"q_sample": lambda *given: seen.append(given) or q_sample(*given)}
    model = diffusion(condition, condition_dropout=0.0, **own)
    words = encode_condition(condition, labels if condition else None, 64)
    loss = float(model.compute_loss(images, words, training=False))
    x, t, e = (np.asarray(part, "float64") for part in seen[-1])
    assert x == pytest.approx((images + 0.43) / 0.706, abs=1e-5)
    assert t.shape == (64, 1, 1, 1)
    alpha, sigma = circle(t)
    given = [(alpha * x + sigma * e).astype("float32"), t.reshape(64, 1).astype("float32")]
    v = np.asarray(model.network(given if words is None else [*given, words]))
    assert loss == pytest.approx(((v - (alpha * e - sigma * x)) ** 2).mean(), rel=1e-4)


def test_loss_hears_the_words(images, labels):
    """Times and noise, and so the network's answer without words, are the same each time."""
    from keras import ops

    fake = network(lambda x, t, words: 0 * x + ops.sum(words, axis=1)[:, None, None, None], WORDS)
    model = diffusion("captions", network=fake, target=lambda x, t, e: 0 * x * t * e)
    for prompt, expected in (("", 0), ("a dress", 1), ("a dark wide dress", 9)):
        words = encode_condition("captions", prompt, 64)
        assert float(model.compute_loss(images, words, training=False)) == pytest.approx(expected)


def test_times_and_noise_of_training():
    from generative_vision.models.diffusion import q_sample

    seen = []
    model = diffusion(q_sample=lambda *given: seen.append(given) or q_sample(*given))
    seen.clear()
    for _ in range(2):
        model.compute_loss(np.zeros((2000, 28, 28, 1), "float32"))
    (_, t, e), (_, other_t, other_e) = [[np.asarray(part) for part in call] for call in seen]
    assert t.shape == (2000, 1, 1, 1)
    assert e.shape == (2000, 28, 28, 1)
    assert 0 <= t.min() <= t.max() < 1
    counts, _ = np.histogram(t, bins=10, range=(0, 1))
    assert counts == pytest.approx(np.full(10, 200), abs=70)
    assert len(np.unique(t)) > 1990
    assert e.mean() == pytest.approx(0, abs=0.01)
    assert e.std() == pytest.approx(1, abs=0.01)
    assert np.corrcoef(t.ravel(), e[:, 0, 0, 0])[0, 1] == pytest.approx(0, abs=0.1)
    assert (t != other_t).mean() > 0.99
    assert (e != other_e).mean() > 0.99


def test_own_functions_are_the_ones_that_train(images):
    from keras import ops

    two = {"q_sample": lambda x, t, e: 0 * x * t * e + 2}
    five = {"target": lambda x, t, e: 5 + 0 * x * t * e}
    model = diffusion(network=network(lambda x, t: x), **two, **five)
    assert float(model.compute_loss(images, training=False)) == pytest.approx(9)

    noise = {"q_sample": lambda x, t, e: e + 0 * x * t, "target": lambda x, t, e: e + t + 0 * x}
    model = diffusion(network=network(lambda x, t: x + 0 * ops.sum(t)), **noise)
    many = np.repeat(images, 30, axis=0)
    assert float(model.compute_loss(many, training=False)) == pytest.approx(1 / 3, abs=0.03)  # E t²


def test_a_network_with_dropout_knows_when_it_trains(images):
    import keras
    from keras import layers, ops

    x, t = keras.Input((28, 28, 1)), keras.Input((1,))
    model = diffusion(
        network=keras.Model([x, t], layers.Dropout(0.5)(x)),
        q_sample=lambda x, t, e: ops.ones_like(x) + 0 * t * e,
        target=lambda x, t, e: 0 * x * t * e,
    )
    half_of_them_2 = pytest.approx(2, abs=0.1)
    assert float(model.compute_loss(images, training=False)) == pytest.approx(1)
    assert float(model.compute_loss(images)) == half_of_them_2
    assert model.denoise(pictures(1), steps=1) == pytest.approx(-pictures(1), abs=1e-5)


# fit and evaluate


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
def test_fit_and_validation_see_standardised_images_and_words(images, labels):
    """The network and the forward process note what they are given, batch by batch."""
    from generative_vision.models.diffusion import q_sample

    given, heard = [], []
    fake = network(lambda x, t, words: heard.append(words) or 0 * x, WORDS)
    own = {"q_sample": lambda x, t, e: given.append(x) or q_sample(x, t, e)}
    model = diffusion("captions", condition_dropout=0.0, network=fake, **own)
    model.compile(optimizer="sgd", run_eagerly=True)
    given.clear()
    heard.clear()
    captions = prompts.captions(images, labels)
    history = model.fit(
        images,
        captions,
        validation_data=(images[:8], labels[:8]),
        batch_size=64,
        epochs=2,
        shuffle=False,
        verbose=0,
    ).history
    assert history.keys() == {"loss", "val_loss"}
    right = [(images, prompts.encode(captions)), (images[:8], prompts.encode_labels(labels[:8]))]
    for x, words, (pictures_, rows) in zip(given, heard, right * 2, strict=True):
        assert np.asarray(x) == pytest.approx((pictures_ + 0.43) / 0.706, abs=1e-5)
        assert np.asarray(words).tolist() == rows.tolist()


def test_fit_and_evaluate_need_words_for_each_image(images, labels):
    model = diffusion("captions")
    model.compile()
    with pytest.raises(ValueError, match="7 labels or captions for 8 images"):
        model.fit(images, labels, validation_data=(images[:8], labels[:7]))
    with pytest.raises(ValueError, match="needs captions"):
        model.evaluate(images)


@pytest.mark.parametrize("condition", [None, "captions"])
def test_training_lowers_the_loss(condition, images, labels):
    import keras

    model = diffusion(condition)
    model.compile(optimizer=keras.optimizers.Adam(0.01))
    y = prompts.captions(images, labels) if condition else None
    history = model.fit(images, y, batch_size=16, epochs=10, verbose=0).history
    assert history.keys() == {"loss"}
    assert history["loss"][-1] < 0.8 * history["loss"][0]


# The running average


class Watched:
    """A model, and its network's weights before each step of training."""

    def __init__(self, ema_decay):
        import keras

        self.model, self.before = diffusion(ema_decay=ema_decay), []
        self.model.compile(optimizer=keras.optimizers.SGD(0.1), run_eagerly=True)
        self.note = keras.callbacks.LambdaCallback(on_train_batch_begin=self.look)

    def look(self, batch, logs):
        self.before.append(self.model.network.get_weights())

    def expect_average(self, start, ema_decay):
        expected = averages(start, self.before, ema_decay)
        for ours, theirs in zip(self.model.averaged.get_weights(), expected, strict=True):
            assert ours == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize("decay", [0.22, 0.998])
def test_averaged_is_the_running_average_with_its_warm_up(decay, images):
    """The first decay rules after two steps, the other not yet."""
    watched = Watched(decay)
    model, start = watched.model, watched.model.averaged.get_weights()
    for ours, theirs in zip(start, model.network.get_weights(), strict=True):
        assert (ours == theirs).all()
    model.fit(images, batch_size=16, verbose=0, callbacks=[watched.note])
    model.evaluate(images, verbose=0)  # moves nothing
    model.fit(images, batch_size=32, verbose=0, callbacks=[watched.note])
    assert len(watched.before) == 6
    assert np.abs(watched.before[0][0] - watched.before[5][0]).max() > 1e-3
    watched.expect_average(start, decay)


def test_interrupted_training_leaves_an_average_to_sample_from(images):
    import keras

    def interrupt(batch, logs):
        if batch == 2:
            raise KeyboardInterrupt

    watched = Watched(0.998)
    start = watched.model.averaged.get_weights()
    stop = keras.callbacks.LambdaCallback(on_train_batch_end=interrupt)
    with pytest.raises(KeyboardInterrupt):
        watched.model.fit(images, batch_size=8, verbose=0, callbacks=[watched.note, stop])
    assert len(watched.before) == 3
    watched.expect_average(start, 0.998)
    assert np.isfinite(watched.model.sample(2, seed=0, steps=2)).all()


def test_average_goes_on_where_it_was_when_weights_are_loaded(images, tmp_path):
    """Fine-tuning does not throw the average away as the first steps do."""
    first, second = Watched(0.998), Watched(0.998)
    first.model.fit(images, batch_size=4, verbose=0)  # 16 steps
    first.model.save_weights(tmp_path / "own.weights.h5")
    second.model.load_weights(tmp_path / "own.weights.h5")
    start = second.model.averaged.get_weights()
    second.model.fit(images[:8], verbose=0, callbacks=[second.note])
    averaged = second.model.averaged.get_weights()
    for ours, old, now in zip(averaged, start, second.before[0], strict=True):
        assert ours == pytest.approx((17 * old + 9 * now) / 26, abs=1e-6)


# Weights and precision


@pytest.mark.parametrize("condition", [None, "captions"])
def test_weights_save_and_load(condition, tmp_path):
    import keras

    model = diffusion(condition)
    # so that the average differs from the network
    model.averaged.set_weights([w + 0.1 for w in model.averaged.get_weights()])
    model.save_weights(tmp_path / "own.weights.h5")
    keras.utils.set_random_seed(1)
    fresh = diffusion(condition)

    def draw(model):
        return model.sample(3, seed=0, steps=2, guidance=2 if condition else 1)

    assert (draw(fresh) != draw(model)).any()
    fresh.load_weights(tmp_path / "own.weights.h5")
    assert (draw(fresh) == draw(model)).all()
    for ours, theirs in zip(fresh.get_weights(), model.get_weights(), strict=True):
        assert (ours == theirs).all()


@pytest.fixture
def low(small_and_exact, low_precision):
    """A model with its own U-Net, in low precision."""
    from generative_vision.models.diffusion import Diffusion

    return bend(Diffusion(condition="captions", width=4))


def test_low_precision_trains_with_a_loss_in_full_precision(low, images, labels):
    assert "bfloat16" in {layer.compute_dtype for layer in low.network.layers}
    low.compile(optimizer="adam", run_eagerly=True)
    loss = low.fit(images, labels, batch_size=32, verbose=0).history["loss"]
    assert np.isfinite(loss).all()
    words = encode_condition("captions", labels, 64)
    assert low.compute_loss(images, words).dtype == "float32"


@pytest.mark.parametrize("solver", ["ddim", "ddpm"])
def test_low_precision_draws_images_in_full_precision(low, solver):
    x = low.sample(2, seed=0, guidance=2, steps=2, solver=solver)
    assert x.dtype == np.float32
    assert np.isfinite(x).all()
    assert low.velocity(pictures(2), 0.5, encode_condition("captions", 3, 2)).dtype == np.float32
