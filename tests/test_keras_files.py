"""Models come back from files and copies: weights, arguments, a reader's own functions."""

import copy

import numpy as np
import pytest
from zoo import IMAGES, KINDS, NOW_OR_SLOW, given, make, trained

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")


def results(model):
    """Return something that depends on all that matters of a trained model."""
    if hasattr(model, "sample"):
        return model.sample(3, seed=0)
    if hasattr(model, "probabilities"):
        return model.probabilities(IMAGES)
    return model.reconstruct(IMAGES)


@pytest.mark.parametrize("kind", NOW_OR_SLOW)
def test_a_model_comes_back_from_its_file(kind, tmp_path):
    import keras

    model = trained(kind)
    model.save(tmp_path / "model.keras")
    keras.utils.set_random_seed(1)
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded) is type(model)
    assert np.array_equal(results(loaded), results(model))
    loaded.fit(IMAGES, given(model), verbose=0)  # it is compiled, too
    for ours, theirs in zip(copy.deepcopy(model).get_weights(), model.get_weights(), strict=True):
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("kind", KINDS)
def test_a_clone_has_the_same_parts_and_new_weights(kind):
    import keras

    model = make(kind)
    clone = keras.models.clone_model(model)
    assert [w.shape for w in clone.weights] == [w.shape for w in model.weights]
    assert clone.get_config() == model.get_config()


def test_arguments_come_back_as_they_were(tmp_path):
    import keras

    from generative_vision.models.gan import GAN
    from generative_vision.models.gan_losses import hinge_discriminator, wasserstein_generator
    from generative_vision.models.vae import VAE

    vae = VAE(6, beta=0.5, warmup=3, free_bits=0.1, variance=0.2, condition="labels", width=4)
    vae.save(tmp_path / "vae.keras")
    loaded = keras.models.load_model(tmp_path / "vae.keras")
    names = ("latent_dim", "beta", "warmup", "free_bits", "variance", "condition", "width")
    assert [getattr(loaded, name) for name in names] == [getattr(vae, name) for name in names]
    losses = {"discriminator_loss": hinge_discriminator, "generator_loss": wasserstein_generator}
    gan = GAN(4, width=4, penalty=0.0, **losses)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(
        tmp_path / "gan.keras"
    )  # the package's own functions are known
    assert loaded.discriminator_loss is hinge_discriminator
    assert loaded.generator_loss is wasserstein_generator


def test_checkpoints_are_models(tmp_path):
    import keras

    model = make("VAE")
    model.compile(optimizer="adam")
    checkpoint = keras.callbacks.ModelCheckpoint(
        tmp_path / "best.keras", monitor="val_loss", save_best_only=True
    )
    model.fit(IMAGES, validation_data=(IMAGES,), verbose=0, callbacks=[checkpoint])
    assert np.array_equal(
        keras.models.load_model(tmp_path / "best.keras").sample(2, seed=0), model.sample(2, seed=0)
    )


def own_kl(mean, log_variance):
    from keras import ops

    return 0.25 * (ops.square(mean) + ops.square(log_variance))


def test_a_function_of_the_readers_own_must_be_given_again(tmp_path):
    import keras

    model = trained("VAE", kl_divergence=own_kl)
    model.save(tmp_path / "own.keras")
    with pytest.raises(
        ValueError, match=r"your own as kl_divergence.*custom_objects=\{'own_kl': your_function\}"
    ):
        keras.models.load_model(tmp_path / "own.keras")
    loaded = keras.models.load_model(tmp_path / "own.keras", custom_objects={"own_kl": own_kl})
    assert loaded.kl_divergence is own_kl
    assert np.array_equal(results(loaded), results(model))
    with pytest.raises(ValueError, match="custom_object_scope"):
        keras.models.clone_model(model)
    with keras.saving.custom_object_scope({"own_kl": own_kl}):
        assert keras.models.clone_model(model).kl_divergence is own_kl


def test_two_nameless_functions_are_told_apart(tmp_path):
    import keras
    from keras import ops

    losses = {
        "discriminator_loss": lambda real, fake: ops.mean(fake) - ops.mean(real),
        "generator_loss": lambda fake: -ops.mean(fake),
    }
    make("GAN", **losses).save(tmp_path / "own.keras")
    loaded = keras.models.load_model(tmp_path / "own.keras", custom_objects=losses)
    assert loaded.generator_loss is losses["generator_loss"]
    assert loaded.discriminator_loss is losses["discriminator_loss"]


def test_a_subclass_keeps_its_arguments_or_says_so():
    from generative_vision.models.vae import VAE

    class Warm(VAE):
        def __init__(self, latent_dim=4, *, temperature=1.0, **options):
            super().__init__(latent_dim, **options)
            self.temperature = temperature

    class Forgetful(VAE):
        def __init__(self, latent_dim=4, *, temperature=1.0, **options):
            super().__init__(latent_dim, **options)

    assert Warm.from_config(Warm(temperature=7.0, width=4).get_config()).temperature == 7.0
    with pytest.raises(
        NotImplementedError, match="keep its argument temperature as self.temperature"
    ):
        Forgetful(temperature=7.0, width=4).get_config()


def test_a_loss_object_of_keras_is_kept(tmp_path):
    import keras

    model = make("autoencoder", reconstruction_loss=keras.losses.MeanAbsoluteError())
    model.save(tmp_path / "own.keras")
    loaded = keras.models.load_model(tmp_path / "own.keras")
    assert isinstance(loaded.reconstruction_loss, keras.losses.MeanAbsoluteError)


def test_a_model_that_has_not_trained_loads_without_a_warning(tmp_path, recwarn):
    import keras

    model = make("VAE")
    model.compile("adam")
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert not [one for one in recwarn if "optimizer" in str(one.message)]
    assert isinstance(loaded.optimizer, keras.optimizers.Adam)
    loaded.fit(IMAGES, verbose=0)


def test_a_file_that_would_not_load_is_refused(tmp_path):
    import keras

    model = make("VAE")
    model.compile("adam")
    with pytest.raises(ValueError, match=r"model\.h5 would not load again: save to a name\.keras"):
        model.save(tmp_path / "model.h5")
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.optimizer, keras.optimizers.Adam)


def test_a_subclass_that_fixes_an_argument_is_told_how_it_loads(tmp_path):
    import keras

    from generative_vision.models.vae import VAE

    class Small(VAE):
        def __init__(self, **options):
            super().__init__(4, **options)

    class Right(Small):
        def get_config(self):
            config = super().get_config()
            config.pop("latent_dim")
            return config

    for kind in (Small, Right):
        kind(width=4).save(tmp_path / f"{kind.__name__}.keras")
    own = {"Small": Small, "Right": Right}
    with pytest.raises(ValueError, match="latent_dim.*if Small's constructor sets.*get_config"):
        keras.models.load_model(tmp_path / "Small.keras", custom_objects=own)
    assert keras.models.load_model(tmp_path / "Right.keras", custom_objects=own).latent_dim == 4
