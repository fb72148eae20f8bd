"""What the constructor refuses cannot be set later either, and what it takes, it takes as meant."""

import numpy as np
import pytest
from zoo import IMAGES, KINDS, make

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")

NONSENSE = [
    ("diffusion", "guide", "linear", TypeError, "guide is 'linear'; expected a function"),
    ("diffusion", "target", lambda x, t: x, TypeError, r"target must be a function \(a, b, c\)"),
    ("diffusion", "ema_decay", 2, ValueError, "ema_decay=2: expected .* below 1"),
    ("latent flow", "condition_dropout", "0.1", ValueError, "condition_dropout='0.1'"),
    ("VAE", "beta", None, ValueError, "beta=None: expected a finite number, at least 0"),
    (
        "VAE",
        "kl_divergence",
        lambda mean, log_variance: mean[:, :1],
        ValueError,
        "kl_divergence ret",
    ),
    ("flow VAE", "warmup", -1, ValueError, "warmup=-1"),
    ("GAN", "penalty", -1, ValueError, "penalty=-1"),
    ("GAN", "step", 0, ValueError, "step=0: expected a finite number, above 0"),
    ("GAN", "generator_loss", lambda fake: fake, ValueError, "generator_loss returns shape"),
    ("autoencoder", "corrupt", 3, TypeError, "corrupt is 3; expected a function"),
]


@pytest.mark.parametrize(("kind", "name", "value", "error", "words"), NONSENSE)
def test_nonsense_is_refused_when_it_is_set(kind, name, value, error, words):
    model = make(kind)
    before = getattr(model, name)
    with pytest.raises(error, match=words):
        setattr(model, name, value)
    assert getattr(model, name) is before


def test_another_network_must_fit():
    from generative_vision.models.autoencoder import conv_decoder

    for kind in ("autoencoder", "VAE"):
        model = make(kind)
        with pytest.raises(ValueError, match=r"decoder takes \[\(5,\)\]"):
            model.decoder = conv_decoder(5, 4)
        model.decoder = mine = conv_decoder(4, 4)
        assert model.decoder is mine


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("VAE", "latent_dim", 16),
        ("VAE", "variance", 0.5),
        ("GAN", "condition", "labels"),
        ("diffusion", "width", 32),
        ("latent flow", "network", None),
    ],
)
def test_what_a_built_model_would_ignore_is_refused(kind, name, value):
    model = make(kind)
    with pytest.raises(AttributeError, match=f"{name} would be ignored.*the constructor"):
        setattr(model, name, value)
    setattr(model, name, getattr(model, name))


def test_what_is_right_can_be_set():
    model = make("diffusion")
    before = model.sample(2, seed=0, steps=2, labels=3, guidance=2.0)
    model.guide = lambda without, with_, g: with_
    after = model.sample(2, seed=0, steps=2, labels=3, guidance=2.0)
    assert after.shape == before.shape
    model.ema_decay = 0.5
    assert model.ema_decay == 0.5


def test_a_guide_is_called_on_arrays_and_may_be_numpys():
    model = make("diffusion")
    model.guide = lambda without, with_, g: np.clip(without + float(g) * (with_ - without), -9, 9)
    plain = make("diffusion")
    plain.set_weights(model.get_weights())
    same = {"seed": 0, "steps": 2, "labels": 3, "guidance": 2.0}
    np.testing.assert_allclose(model.sample(2, **same), plain.sample(2, **same), atol=1e-5)


def test_a_value_that_is_set_between_two_fits_counts_in_the_second():
    model = make("VAE")
    model.compile("sgd")
    first = {"epochs": 1, "verbose": 0, "shuffle": False}
    model.optimizer.learning_rate = 0.0  # the rates stay the same
    model.fit(IMAGES, **first)
    with_beta = model.evaluate(IMAGES, return_dict=True, verbose=0)
    model.beta = 1000.0
    fitted = model.fit(IMAGES, **first).history
    evaluated = model.evaluate(IMAGES, return_dict=True, verbose=0)
    for loss in (fitted["loss"][0], evaluated["loss"]):
        assert loss - with_beta["loss"] > 500 * with_beta["rate"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_has_the_name_it_is_given(kind, tmp_path):
    import keras

    model = make(kind, name="mine")
    assert model.name == "mine"
    model.save(tmp_path / "model.keras")
    assert keras.models.load_model(tmp_path / "model.keras").name == "mine"


@pytest.mark.parametrize("size", [4.0, np.int64(4), np.float32(4)])
def test_whole_numbers_of_any_type_are_sizes(size):
    from generative_vision.models.autoencoder import Autoencoder
    from generative_vision.models.diffusion import Diffusion
    from generative_vision.models.flow_vae import FlowVAE
    from generative_vision.models.gan import GAN
    from generative_vision.models.vae import VAE

    Autoencoder(size)
    for model in (VAE(size, width=size), GAN(size, width=size), FlowVAE(size, couplings=size)):
        assert model.sample(1, seed=0).shape == (1, 28, 28, 1)
    Diffusion(width=size)
    with pytest.raises(ValueError, match="width='4': expected a whole number, at least 1"):
        VAE(4, width="4")


@pytest.mark.parametrize("kind", ["autoencoder", "VAE", "classifier"])
def test_a_forward_pass_of_another_shape_is_refused(kind):
    model = make(kind)
    for x in (IMAGES[..., 0], IMAGES[:, :14], np.repeat(IMAGES, 3, axis=-1)):
        with pytest.raises(ValueError, match=r"incompatible with the layer: expected"):
            model(x)


def of_two(velocity, x):
    return x


def test_a_solver_of_another_form_is_told_the_form():
    for verb in (
        lambda model: model.sample(1, seed=0, labels=3, solver=of_two),
        lambda model: model.refine(IMAGES[:1], 0.5, seed=0, labels=3, solver=of_two),
        lambda model: model.sample(1, seed=0, labels=3, solver=lambda velocity, x, t, s, *, rng: x),
    ):
        with pytest.raises(TypeError, match=r"solver must be a function \(velocity, x, t, s, rng"):
            verb(make("diffusion"))


@pytest.mark.parametrize("kind", ["diffusion", "GAN"])
def test_a_layer_that_got_more_weights_is_refused_with_the_remedy(kind):
    import keras

    model = make(kind)
    network = getattr(model, "network", None) or model.generator
    dense = next(layer for layer in network.layers if isinstance(layer, keras.layers.Dense))
    dense.enable_lora(2)
    model.compile(run_eagerly=True)
    with pytest.raises(ValueError, match="its running average.*as by enable_lora, only before"):
        model.train_on_batch(IMAGES, None if model.condition is None else ["a bag"] * 24)


def test_a_network_with_lora_makes_a_model():
    import keras

    from generative_vision.models.diffusion import Diffusion
    from generative_vision.models.networks import unet

    network = unet(4, None)
    dense = next(layer for layer in network.layers if isinstance(layer, keras.layers.Dense))
    dense.enable_lora(2)
    model = Diffusion(network=network)
    model.compile("adam")
    assert np.isfinite(model.fit(IMAGES, verbose=0).history["loss"]).all()
    assert model.sample(1, seed=0, steps=2).shape == (1, 28, 28, 1)
