"""The autoencoder: shapes, its loss, PCA as the linear case, readers' functions, saving."""

import copy

import numpy as np
import pytest

from generative_vision import data, runtime
from generative_vision.models.weights import pretrained

pytestmark = pytest.mark.usefixtures("small_and_exact")


@pytest.fixture(scope="module")
def images():
    return data.load_fashion_mnist("test")[0][:512]


@pytest.fixture(scope="module")
def model():
    from generative_vision.models.autoencoder import Autoencoder

    return Autoencoder(5)


def test_shapes_and_ranges(model, images):
    codes = model.encode(images[:7])
    assert codes.shape == (7, 5)
    assert codes.dtype == np.float32
    rebuilt = model.decode(100 * codes)
    assert rebuilt.shape == (7, 28, 28, 1)
    assert rebuilt.dtype == np.float32
    assert np.abs(rebuilt).max() <= 1
    assert (model.reconstruct(images[:7]) == model.decode(codes)).all()


def test_loss_is_the_mean_square(images):
    from generative_vision.models.autoencoder import reconstruction_loss

    x, x_hat = images[:4], images[4:8]
    expected = ((x - x_hat) ** 2).mean()
    assert float(reconstruction_loss(x, x_hat)) == pytest.approx(expected, rel=1e-5)
    assert float(reconstruction_loss(x, x)) == 0


def test_evaluate_is_the_loss(model, images):
    model.compile()
    expected = np.mean((np.asarray(model(images[:64])) - images[:64]) ** 2)
    found = model.evaluate(images[:64], batch_size=64, verbose=0)
    assert found == pytest.approx(expected, rel=1e-4)


def test_the_target_is_the_image_itself(model, images):
    """``fit(x, x)``, as elsewhere in Keras, means ``fit(x)``; another target is refused."""
    x = images[:8]
    model.compile()
    assert model.evaluate(x, x, verbose=0) == model.evaluate(x, verbose=0)
    with pytest.raises(ValueError, match="the target is x itself"):
        model.fit(x, images[8:16])


def test_predictions_are_reconstructions_that_may_overshoot(model, images):
    predicted = model.predict(images[:7], verbose=0)
    assert predicted.clip(-1, 1) == pytest.approx(model.reconstruct(images[:7]), abs=1e-5)


def test_folding_loses_nothing_and_is_local():
    from generative_vision.models.layers import DepthToSpace, SpaceToDepth

    x = np.arange(2 * 4 * 6 * 3, dtype="float32").reshape(2, 4, 6, 3)
    folded = np.asarray(SpaceToDepth()(x))
    assert folded.shape == (2, 2, 3, 12)
    block = [*x[0, 0, 0], *x[0, 0, 1], *x[0, 1, 0], *x[0, 1, 1]]
    assert (folded[0, 0, 0] == block).all()
    assert (np.asarray(DepthToSpace()(folded)) == x).all()


def test_linear_autoencoder_reaches_the_error_of_pca(images):
    """Trained to the end, from above, and never below (Eckart and Young)."""
    import keras
    from keras import Input, Sequential, layers

    from generative_vision.models.autoencoder import Autoencoder
    from generative_vision.models.pca import PCAGaussian

    pca = PCAGaussian(4).fit(images)
    flat = images.reshape(512, 784)
    best = ((flat - pca.mean - pca.encode(images) @ pca.directions) ** 2).mean()
    keras.utils.set_random_seed(0)
    linear = Autoencoder(
        4,
        encoder=Sequential([Input((28, 28, 1)), layers.Flatten(), layers.Dense(4)]),
        decoder=Sequential([Input((4,)), layers.Dense(784), layers.Reshape((28, 28, 1))]),
    )
    schedule = keras.optimizers.schedules.CosineDecay(5e-3, 1500)
    linear.compile(optimizer=keras.optimizers.Adam(schedule), steps_per_execution=50)
    x = np.tile(images, (50, 1, 1, 1))  # unshuffled, all of them are in each batch
    linear.fit(x, batch_size=512, epochs=30, shuffle=False, verbose=0)
    rebuilt = np.asarray(linear(images))  # not clipped
    assert best * 0.9999 <= ((rebuilt - images) ** 2).mean() <= best * 1.01


def train_briefly(seed, images, **functions):
    import keras

    from generative_vision.models.autoencoder import Autoencoder

    runtime.setup(seed)
    model = Autoencoder(3, **functions)
    model.compile(optimizer=keras.optimizers.Adam(1e-3))
    model.fit(images, batch_size=64, epochs=2, verbose=0)
    return model


@pytest.fixture(scope="module")
def trained(small_and_exact, images):
    return train_briefly(0, images)


def test_seeds_repeat_bit_for_bit(trained, images):
    second, other = (train_briefly(seed, images).encode(images[:50]) for seed in (0, 1))
    assert (trained.encode(images[:50]) == second).all()
    assert (second != other).any()


def test_training_learns(trained, images):
    assert ((trained.reconstruct(images) - images) ** 2).mean() < 0.6 * (images**2).mean()


def test_training_is_traced_once(images):
    """A second time costs seconds, and is what Keras does where the optimizer is not built yet."""
    from generative_vision.models.autoencoder import Autoencoder, reconstruction_loss

    calls = []

    def loss(x, x_hat):
        calls.append(1)
        return reconstruction_loss(x, x_hat)

    model = Autoencoder(4, reconstruction_loss=loss)
    model.compile(optimizer="adam")
    before = len(calls)
    model.fit(images[:64], batch_size=32, verbose=0)
    assert len(calls) == before + 1


def test_corruption_reaches_the_input_only_while_training(images):
    from keras import ops

    from generative_vision.models.autoencoder import Autoencoder

    model = Autoencoder(3, corrupt=lambda x: ops.zeros_like(x))
    blank = np.asarray(model(np.zeros_like(images[:4])))
    assert np.asarray(model(images[:4], training=True)) == pytest.approx(blank, abs=1e-6)
    assert np.abs(np.asarray(model(images[:4])) - blank).max() > 1e-3
    clean = images[:4]
    assert float(model.compute_loss(clean, y_pred=clean)) == 0


def test_weights_save_and_load(model, images, tmp_path):
    from generative_vision.models.autoencoder import Autoencoder

    model.save_weights(tmp_path / "own.weights.h5")
    fresh = Autoencoder(5)
    assert (fresh.encode(images[:9]) != model.encode(images[:9])).any()
    fresh.load_weights(tmp_path / "own.weights.h5")
    assert (fresh.encode(images[:9]) == model.encode(images[:9])).all()


def blur(x):
    return 0.5 * x


def test_a_whole_model_saves_loads_and_copies(images, tmp_path):
    import keras

    from generative_vision.models.autoencoder import Autoencoder

    model = Autoencoder(3, corrupt=blur)
    model.save(tmp_path / "own.keras")
    with pytest.raises(ValueError, match="of your own as corrupt.*'blur': your_function"):
        keras.models.load_model(tmp_path / "own.keras")
    with keras.saving.custom_object_scope({"blur": blur}):
        others = keras.models.load_model(tmp_path / "own.keras"), copy.deepcopy(model)
    for other in others:
        assert (other.encode(images[:5]) == model.encode(images[:5])).all()
        assert (other.reconstruct(images[:5]) == model.reconstruct(images[:5])).all()
        assert other.corrupt is blur


def test_training_goes_on_where_it_was_saved(images, tmp_path):
    import keras

    model = train_briefly(0, images[:128])
    model.save(tmp_path / "own.keras")
    loaded = keras.models.load_model(tmp_path / "own.keras")
    assert int(loaded.optimizer.iterations) == int(model.optimizer.iterations) == 4
    for each in (model, loaded):
        each.fit(images[:128], shuffle=False, verbose=0)
    assert (loaded.encode(images[:5]) == model.encode(images[:5])).all()


def test_every_pretrained_autoencoder_rebuilds_better_than_pca(images):
    from generative_vision.models.pca import PCAGaussian

    pca = PCAGaussian(64).fit(data.load_fashion_mnist("train")[0][::6])
    codes = pca.encode(images)
    models = [entry["model"] for entry in data.entries() if "model" in entry]
    names = [name for name in models if name.startswith("autoencoder")]
    assert len(names) >= 9
    for name in names:
        model = pretrained(name)
        d = model.latent_dim
        rebuilt = pca.mean + codes[:, :d] @ pca.directions[:d]
        both = model.reconstruct(images), rebuilt.reshape(-1, 28, 28, 1)
        ours, theirs = (((each - images) ** 2).mean() for each in both)
        assert ours < theirs, name


def test_pretrained_errors(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="'autoencoder-31'.*autoencoder-32"):
        pretrained("autoencoder-31")
    path = "weights/autoencoder-32.weights.h5"
    (tmp_path / "weights").mkdir()
    (tmp_path / path).write_bytes((data.ASSETS / path).read_bytes()[:-1])
    (tmp_path / "manifest.toml").write_bytes((data.ASSETS / "manifest.toml").read_bytes())
    monkeypatch.setattr(data, "ASSETS", tmp_path)
    with pytest.raises(data.AssetError, match="autoencoder-32.weights.h5"):
        pretrained("autoencoder-32")


def test_a_readers_function_goes_into_a_pretrained_model():
    model = pretrained("autoencoder-2", corrupt=lambda x: 0 * x)
    assert model.corrupt is not None


def full(value, dtype="float32"):
    return np.full((2, 28, 28, 1), value, dtype)


WRONG_INPUT = [
    (lambda m: m.encode(full(0)[..., 0]), r"shape \(2, 28, 28\)"),
    (lambda m: m.encode(full(np.nan)), "nan"),
    (lambda m: m.predict(full(2)), "range from 2 to 2"),
    (lambda m: m.fit(full(255)), "255"),
    (lambda m: m.fit(full(0, "uint8")), "uint8"),
    (lambda m: m.decode(np.zeros((2, 6))), r"\(2, 6\); expected finite numbers, \(n, 5\)"),
    (lambda m: m.decode(np.full((2, 5), np.inf)), "finite"),
]


@pytest.mark.parametrize(("call", "words"), WRONG_INPUT)
def test_wrong_input_is_named(model, call, words):
    with pytest.raises(ValueError, match=words):
        call(model)


def stub(x, y):
    raise NotImplementedError


def readers_mistakes():
    from keras import ops

    return [
        (lambda x, y: float(ops.mean(x - y)), TypeError, "keras.ops"),
        (lambda x, y: np.mean((x - y) ** 2), TypeError, "keras.ops"),
        (lambda x, y: None, TypeError, "a result is returned"),
        (lambda x, y: 1.0, TypeError, "keras.ops"),
        (lambda x, y: ops.mean(x) if ops.mean(x) > 0 else ops.mean(y), TypeError, "`if`"),
        (lambda x, y: ops.square(x - y), ValueError, r"\(2, 28, 28, 1\).*expected \(\)"),
        (lambda x, y: ops.mean(ops.log(x - y)), ValueError, "NaN"),
        (stub, NotImplementedError, "not written yet"),
        ("mse", TypeError, "'mse'; expected a function"),
        (lambda x, y: ops.mean(ops.square(x - y) * np.ones(x.shape)), TypeError, "ops.shape"),
    ]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("number", range(10))
def test_a_readers_mistake_meets_a_sentence_before_training(number):
    from generative_vision.models.autoencoder import Autoencoder

    function, kind, words = readers_mistakes()[number]
    with pytest.raises(kind, match=words):
        Autoencoder(2, reconstruction_loss=function)


def test_noise_needs_the_size_of_the_batch_it_meets():
    import keras
    from keras import ops

    from generative_vision.models.autoencoder import Autoencoder

    normal = np.random.default_rng(0).normal
    Autoencoder(2, corrupt=lambda x: x + keras.random.normal(ops.shape(x)))
    with pytest.raises(TypeError, match=r"corrupt must compute with keras.ops.*ops.shape\(x\)"):
        Autoencoder(2, corrupt=lambda x: x + normal(size=x.shape))


def test_latent_dim():
    from generative_vision.models.autoencoder import Autoencoder

    with pytest.raises(ValueError, match="latent_dim=0: expected a whole number, at least 1"):
        Autoencoder(0)
