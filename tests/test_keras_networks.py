"""Networks of the reader's own fit, or an error says why not; frozen parts stay as they are."""

import numpy as np
import pytest
from zoo import IMAGES, LABELS, given, make

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")


def dense(size, shape=(28, 28, 1), **options):
    import keras
    from keras import layers

    return keras.Sequential([keras.Input(shape), layers.Flatten(), layers.Dense(size, **options)])


def decoder(size):
    import keras
    from keras import layers

    return keras.Sequential([keras.Input((size,)), layers.Dense(784), layers.Reshape((28, 28, 1))])


def test_regularizers_that_would_be_ignored_are_refused():
    from generative_vision.models.autoencoder import Autoencoder

    model = Autoencoder(8, encoder=dense(8, kernel_regularizer="l2"), decoder=decoder(8))
    with pytest.raises(ValueError, match="regularizers.*would be ignored"):
        model.compile()


def wrong_networks():
    import keras
    from keras import layers

    from generative_vision.models.autoencoder import Autoencoder
    from generative_vision.models.diffusion import Diffusion
    from generative_vision.models.gan import GAN
    from generative_vision.models.latent_flow import LatentFlow
    from generative_vision.models.vae import VAE

    x, t = keras.Input((28, 28, 1)), keras.Input((1,))
    colour = keras.Model([x, t], layers.Conv2D(3, 1)(x))
    unbuilt = keras.Sequential([layers.Flatten(), layers.Dense(8)])
    return {
        "encoder is not built": lambda: Autoencoder(8, encoder=unbuilt),
        r"encoder returns \(None, 8\); expected \(None, 32\)": lambda: Autoencoder(
            encoder=dense(8)
        ),
        r"encoder returns \(None, 8\); expected \(None, 16\)": lambda: VAE(8, encoder=dense(8)),
        r"network returns \(None, 28, 28, 3\)": lambda: Diffusion(network=colour),
        r"discriminator returns .*; expected \(None,": lambda: GAN(
            4, width=4, discriminator=dense(3)
        ),
        "autoencoder is VAE; expected an Autoencoder": lambda: LatentFlow(VAE(4, width=4)),
    }


@pytest.mark.parametrize("number", range(6))
def test_networks_that_do_not_fit_are_refused_at_once(number):
    words, build = list(wrong_networks().items())[number]
    with pytest.raises(ValueError, match=words):
        build()


def test_a_logit_may_have_an_axis_of_its_own():
    """As of ``Dense(1)``: losses see (n,) all the same."""
    from keras import ops

    from generative_vision.models.gan import GAN

    seen = []

    def noted(real, fake):
        seen.append(tuple(real.shape))
        return ops.mean(fake) - ops.mean(real)

    model = GAN(4, width=4, discriminator=dense(1), discriminator_loss=noted)
    seen.clear()
    model.compute_loss(IMAGES)
    assert seen == [(24,)]


def test_players_of_a_gan_know_that_they_train():
    import keras
    from keras import layers

    from generative_vision.models.gan import GAN

    seen = []

    class Watch(layers.Layer):
        def call(self, x, training=None):
            seen.append(training)
            return x

    generator = keras.Sequential(
        [keras.Input((4,)), Watch(), layers.Dense(784), layers.Reshape((28, 28, 1))]
    )
    discriminator = keras.Sequential(
        [keras.Input((28, 28, 1)), Watch(), layers.Flatten(), layers.Dense(1), layers.Reshape(())]
    )
    model = GAN(4, generator=generator, discriminator=discriminator)
    seen.clear()
    model.compute_loss(IMAGES)
    assert set(seen) == {True}
    seen.clear()
    model.compute_loss(IMAGES, training=False)
    assert set(seen) == {False}


def test_batch_statistics_are_found_in_wrappers_too():
    import keras
    from keras import layers

    from generative_vision.models.gan import GAN

    inner = layers.TimeDistributed(layers.BatchNormalization())
    discriminator = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Reshape((28, 28)),
            inner,
            layers.Flatten(),
            layers.Dense(1),
            layers.Reshape(()),
        ]
    )
    with pytest.raises(ValueError, match="has BatchNormalization"):
        GAN(4, width=4, discriminator=discriminator)


@pytest.mark.parametrize("kind", ["GAN", "diffusion", "latent flow"])
def test_running_averages_stay_out_of_training_whatever_is_unfrozen(kind):
    model = make(kind)
    before = len(model.trainable_weights)
    model.trainable = False
    model.trainable = True
    model.compile(optimizer="adam")
    assert len(model.trainable_weights) == before


def test_parts_may_be_frozen_after_compile():
    model = make("autoencoder")
    model.compile(optimizer="adam")
    model.decoder.trainable = False
    before = model.decoder.get_weights()
    model.fit(IMAGES, verbose=0)
    for ours, theirs in zip(model.decoder.get_weights(), before, strict=True):
        assert np.array_equal(ours, theirs)


def test_a_flow_keeps_the_scale_of_its_first_fit():
    model = make("latent flow")
    model.compile(optimizer="adam")
    model.fit(IMAGES, LABELS, verbose=0)
    center = np.asarray(model.center)
    assert center.any()
    model.fit(-IMAGES[:12], LABELS[:12], verbose=0)
    assert np.array_equal(np.asarray(model.center), center)


def test_a_solver_must_keep_the_shape():
    model = make("diffusion")
    with pytest.raises(
        ValueError, match=r"solver returns shape \(1, 28, 28, 1\) for x of shape \(2, 28, 28, 1\)"
    ):
        model.sample(2, seed=0, solver=lambda velocity, x, t, s, rng: x[:1])


def test_a_readers_guide_is_called_at_guidance_1_too():
    model = make("diffusion", guide=lambda without, with_, w: (1 + w) * with_ - w * without)
    plain = make("diffusion")
    plain.averaged.set_weights(model.averaged.get_weights())
    ours = model.sample(2, seed=0, steps=2, labels=3, guidance=1.0)
    assert ours == pytest.approx(plain.sample(2, seed=0, steps=2, labels=3, guidance=2.0), abs=1e-4)


@pytest.mark.parametrize("verb", ["train_on_batch", "test_on_batch"])
def test_weights_of_a_batch_are_refused(verb):
    model = make("VAE")
    model.compile()
    with pytest.raises(ValueError, match="sample_weight=.*would be ignored"):
        getattr(model, verb)(IMAGES, sample_weight=np.zeros(24))


def test_targets_of_an_autoencoder_are_its_images():
    model = make("autoencoder")
    model.compile()
    model.fit(IMAGES[:20], IMAGES[:20], validation_data=(IMAGES, IMAGES.copy()), verbose=0)
    with pytest.raises(ValueError, match="the target is x itself.*corrupt"):
        model.fit(IMAGES, -IMAGES, verbose=0)


def test_labels_of_dtype_object_are_read():
    model = make("classifier")
    expected = model.prepare(IMAGES, LABELS)[1]
    assert np.array_equal(
        model.prepare(IMAGES, np.array(LABELS.tolist(), dtype=object))[1], expected
    )
    assert given(model) is LABELS


def joined(*shapes, output=None):
    """A network of several inputs; of one, not in a list."""
    import keras
    from keras import layers

    inputs = [keras.Input(shape) for shape in shapes]
    flat = [layers.Reshape((-1,))(one) for one in inputs]
    h = layers.Concatenate()(flat) if len(flat) > 1 else flat[0]
    h = layers.Dense(1 if output is None else 784)(h)
    h = h if output is None else layers.Reshape(output)(h)
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], h)


X = (28, 28, 1)


def networks_of_other_inputs():
    from generative_vision.models.autoencoder import Autoencoder
    from generative_vision.models.diffusion import Diffusion
    from generative_vision.models.gan import GAN
    from generative_vision.models.latent_flow import LatentFlow
    from generative_vision.models.vae import VAE

    labels = {"condition": "labels"}
    return [
        # Keras takes the first of a list, with a warning: such a critic would not see the labels
        (lambda: GAN(4, width=4, discriminator=joined(X), **labels), r"\(28, 28, 1\), \(10,\)\]"),
        (lambda: GAN(4, width=4, discriminator=joined(X, (10,))), "discriminator takes"),
        (lambda: GAN(4, width=4, generator=joined((4,), output=X), **labels), r"\[\(14,\)\]"),
        (lambda: VAE(4, width=4, decoder=joined((4,), output=X), **labels), r"\[\(14,\)\]"),
        (lambda: Autoencoder(8, encoder=dense(8), decoder=decoder(16)), r"takes \[\(16,\)\]"),
        (lambda: Autoencoder(8, encoder=dense(8, (784,)), decoder=decoder(8)), "encoder takes"),
        (lambda: Diffusion(network=joined(X, output=X)), r"\(1,\)\], each without n"),
        (lambda: Diffusion(network=joined(X, (1,), output=X), **labels), r"\(10,\)\]"),
        (lambda: Diffusion(network=joined(X, (1,), (16,), output=X), **labels), r"\(10,\)\]"),
        (lambda: LatentFlow(latent_dim=8, network=dense(8, (8,))), r"\(8,\), \(1,\)\]"),
    ]


@pytest.mark.parametrize("number", range(10))
def test_networks_of_other_inputs_are_refused_at_once(number):
    build, words = networks_of_other_inputs()[number]
    with pytest.raises(ValueError, match=words):
        build()


def test_networks_may_leave_sizes_open_or_out():
    import keras
    from keras import layers

    from generative_vision.models.autoencoder import Autoencoder
    from generative_vision.models.diffusion import Diffusion

    assert Diffusion(network=joined((28, 28), (1,), output=X)).sample(1, seed=0).shape == (1, *X)
    pooled = keras.Sequential(
        [keras.Input((None, None, 1)), layers.GlobalAveragePooling2D(), layers.Dense(8)]
    )
    model = Autoencoder(8, encoder=pooled, decoder=decoder(8))
    assert model.encode(IMAGES).shape == (24, 8)


def test_a_denoiser_has_no_batch_statistics():
    import keras
    from keras import layers

    from generative_vision.models.autoencoder import Autoencoder
    from generative_vision.models.diffusion import Diffusion
    from generative_vision.models.latent_flow import LatentFlow

    x, t = keras.Input(X), keras.Input((1,))
    network = keras.Model([x, t], layers.BatchNormalization()(x))
    with pytest.raises(ValueError, match="network has BatchNormalization.*LayerNormalization"):
        Diffusion(network=network)
    encoder = keras.Sequential([dense(8), layers.BatchNormalization()])
    LatentFlow(Autoencoder(8, encoder=encoder, decoder=decoder(8)))  # a copy, not an average


def test_batches_by_hand_train_a_flow_in_the_scale_of_the_first():
    model = make("latent flow")
    model.compile(optimizer="adam", run_eagerly=True)
    with pytest.raises(ValueError, match="too few"):
        model.train_on_batch(IMAGES[:1], LABELS[:1])
    for part in (slice(0, 8), slice(8, 16)):
        model.train_on_batch(IMAGES[part], LABELS[part])
    assert np.asarray(model.center) == pytest.approx(model.encode(IMAGES[:8]).mean(axis=0))
