"""A reader's own subclass adds to a model what it likes, in its constructor as Keras says."""

import numpy as np
import pytest
from zoo import IMAGES, NOW_OR_SLOW, eager, given, make

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")


def with_state(kind):
    """Return a subclass of a kind of model that adds all that Keras keeps track of."""
    import keras
    from keras import layers, ops

    class Richer(type(make(kind))):
        def __init__(self, *arguments, size=2, **options):
            super().__init__(*arguments, **options)
            self.size = size
            self.critic = keras.Sequential([keras.Input((size,)), layers.Dense(1)])
            self.offset = self.add_weight(shape=(), initializer="ones", name="offset")
            self.more_seeds = keras.random.SeedGenerator(0)
            self.seen = keras.metrics.Mean("seen")

        def compute_loss(self, x, y=None, y_pred=None, sample_weight=None, training=True):
            loss = super().compute_loss(x, y, y_pred, sample_weight, training)
            judged = ops.mean(ops.square(self.critic(ops.ones((1, self.size)))))
            self.seen.update_state(judged)
            return loss + judged + ops.square(self.offset)

    return Richer


@pytest.mark.parametrize("kind", NOW_OR_SLOW)
def test_a_subclass_adds_state_in_its_constructor(kind, tmp_path):
    import keras

    richer = with_state(kind)
    model = richer.from_config({**make(kind).get_config(), "size": 3})
    assert model.built
    before = float(model.offset)
    model.compile("adam", run_eagerly=eager())
    history = model.fit(IMAGES, given(model), validation_data=(IMAGES, given(model)), verbose=0)
    assert {"seen", "val_seen"} <= {*history.history}
    assert float(model.offset) != before
    model.save(tmp_path / "richer.keras")
    loaded = keras.models.load_model(tmp_path / "richer.keras", custom_objects={"Richer": richer})
    assert loaded.size == 3
    assert all(map(np.array_equal, loaded.get_weights(), model.get_weights()))


def test_a_subclass_may_build_as_a_layer_does():
    import keras

    class Built(type(make("VAE"))):
        def build(self, shape):
            self.critic = keras.layers.Dense(3)
            self.critic.build((None, 4))
            super().build(shape)

    model = Built(4, width=4)
    model.compile("adam")
    model.compile("adam")
    assert model.critic in model.layers


@pytest.mark.filterwarnings("ignore::UserWarning")  # Keras': a layer in the loss is not built yet
@pytest.mark.parametrize("kind", ["autoencoder", "GAN"])
def test_a_layer_may_be_built_when_it_is_first_used(kind, tmp_path):
    import keras
    from keras import layers, ops

    parent = type(make(kind))

    class Deeper(parent):
        def __init__(self, **options):
            super().__init__(**options)
            self.head, self.judge = layers.Conv2D(1, 3, padding="same"), layers.Dense(1)
            if keras.backend.backend() == "jax":  # which counts weights before a step
                self.judge.build((None, 784))

        def call(self, x, training=False):
            return self.head(super().call(x, training=training))

        def compute_loss(self, x, y=None, y_pred=None, sample_weight=None, training=True):
            judged = self.judge(ops.reshape(y_pred, (-1, 784)))
            return super().compute_loss(x, y, y_pred, sample_weight, training) + ops.mean(judged)

    model = Deeper(latent_dim=4)
    model.compile("adam", run_eagerly=eager())
    assert model.head.built
    model.fit(IMAGES, verbose=0)
    before = [layer.get_weights()[0] for layer in (model.head, model.judge)]
    model.fit(IMAGES, verbose=0)
    for start, layer in zip(before, (model.head, model.judge)):
        assert (layer.get_weights()[0] != start).any()
    model.save(tmp_path / "deeper.keras")
    loaded = keras.models.load_model(tmp_path / "deeper.keras", custom_objects={"Deeper": Deeper})
    assert np.array_equal(loaded.head.kernel, model.head.kernel)


def test_a_compiled_model_takes_no_other_network():
    model = make("autoencoder")
    model.compile("adam")
    with pytest.raises(ValueError, match="already built"):
        model.decoder = make("autoencoder").decoder


def test_losses_of_their_own_are_refused_and_not_dropped():
    import keras
    from keras import layers, ops

    from generative_vision.models.autoencoder import Autoencoder

    class Sparse(Autoencoder):
        def call(self, x, training=False):
            self.add_loss(ops.mean(ops.abs(self.encoder(x))))
            return super().call(x, training)

    sparse = Sparse(4)
    sparse.compile("adam", run_eagerly=eager())
    with pytest.raises(ValueError, match=r"add_loss\(loss=...\) would be ignored"):
        sparse.fit(IMAGES, verbose=0)
    for regular in (
        layers.Dense(4, activity_regularizer="l1"),
        keras.Sequential([layers.Dense(4), layers.ActivityRegularization(l1=1.0)]),
    ):
        encoder = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), regular])
        with pytest.raises(ValueError, match="regularizers.*would be ignored"):
            Autoencoder(4, encoder=encoder).compile("adam")


def test_what_a_layer_of_ones_own_adds_is_refused_and_not_dropped():
    import keras
    from keras import layers, ops

    from generative_vision.models.autoencoder import Autoencoder

    class Sparse(layers.Dense):
        def call(self, x):
            self.add_loss(ops.mean(ops.abs(x)))
            return super().call(x)

    inner = keras.Sequential([layers.Flatten(), Sparse(4)])
    model = Autoencoder(4, encoder=keras.Sequential([keras.Input((28, 28, 1)), inner]))
    model.compile("adam", run_eagerly=eager())
    with pytest.raises(ValueError, match=r"add_loss\(loss=...\) would be ignored"):
        model.fit(IMAGES, verbose=0)


@pytest.mark.parametrize("kind", ["GAN", "diffusion", "latent flow"])
def test_the_running_average_has_a_name_of_its_own(kind):
    model = make(kind)
    names = [layer.name for layer in model.layers]
    assert len(names) == len({*names})
    assert model.get_layer("averaged") is model.averaged
