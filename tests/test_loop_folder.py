"""A loop's folder goes on with the same generator only."""

import numpy as np
import pytest
import zoo
from loopers import Blur, compiled, spread_of

from generative_vision.loops import SelfConsumingLoop


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(-1, 1, (60, 28, 28, 1)).astype("float32")


@pytest.fixture
def resume(images, tmp_path, small_and_exact):
    """Return a function that runs a loop of a generator in one folder, for so many generations."""

    def run(make_generator, generations=2):
        sizes = {"n_real": 20, "n_synthetic": 10, "train_steps": 2, "batch_size": 10}
        return SelfConsumingLoop(
            make_generator, images=images, measure=spread_of, folder=tmp_path, **sizes
        ).run(generations)

    return run


def other_vae(**options):
    from generative_vision.models.vae import VAE

    return VAE(**{"latent_dim": 4, "width": 4, **options})


def deeper_vae():
    import keras

    encoder = keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(8, activation="relu")]
    )
    return other_vae(encoder=encoder)


@pytest.mark.parametrize(
    ("make_generator", "words"),
    [
        (lambda: compiled(other_vae(beta=2.0)), "arguments.beta was None and is 2.0"),
        (lambda: compiled(other_vae(latent_dim=6)), "arguments.latent_dim was 4 and is 6"),
        (lambda: compiled(other_vae(), 0.5), "optimizer.learning_rate was 0.001.* and is 0.5"),
        (lambda: compiled(deeper_vae()), "parameters was .*architecture was"),
        (lambda: compiled(zoo.make("GAN")), "class was .*VAE' and is .*GAN'"),
        (Blur, "class was .*VAE' and is .*Blur'"),
    ],
    ids=["argument", "size", "optimizer", "network", "class", "no Keras model"],
)
def test_another_generator_is_refused(resume, make_generator, words):
    resume(lambda: compiled(other_vae()), 1)
    with pytest.raises(
        ValueError, match=f"another generator: .*{words}.*Name another folder, or delete"
    ):
        resume(make_generator)


def test_another_codes_autoencoder_is_refused(resume):
    """Its architecture is the same, and its weights are not."""
    import keras

    from generative_vision.models.latent_flow import LatentFlow

    keras.utils.set_random_seed(1)
    first, second = zoo.make("autoencoder"), zoo.make("autoencoder")
    resume(lambda: compiled(LatentFlow(first, width=8, depth=1)), 1)
    with pytest.raises(ValueError, match="another generator: first weights was '[0-9a-f]+' and is"):
        resume(lambda: compiled(LatentFlow(second, width=8, depth=1)))


@pytest.mark.parametrize(
    "kind",
    ["latent flow", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("VAE", "GAN"))],
)
def test_the_same_generator_goes_on(resume, kind):
    """Also where Keras has counted on the names of its layers."""
    from generative_vision.models.latent_flow import LatentFlow

    coder = zoo.make("autoencoder")

    def make_generator():
        if kind == "latent flow":
            return compiled(LatentFlow(coder, width=8, depth=1))
        return compiled(zoo.make(kind))

    resume(make_generator, 1)
    assert len(resume(make_generator, 2)) == 2


def test_before_the_first_generation_a_folder_belongs_to_nobody(resume, tmp_path):
    def broken():
        model = compiled(other_vae())
        model.sample = None
        return model

    with pytest.raises(TypeError):
        resume(broken)
    assert len(resume(lambda: compiled(other_vae(latent_dim=6)), 1)) == 1


def test_generations_without_a_record_are_refused(resume, tmp_path):
    resume(lambda: compiled(other_vae()), 1)
    (tmp_path / "generator.json").unlink()
    with pytest.raises(ValueError, match="another generator: class was None"):
        resume(lambda: compiled(other_vae()))
