"""Operations of networks, counted by hand."""

import keras
import numpy as np
import pytest
from keras import layers
from zoo import make

from generative_vision.models.counting import operations, sampling_operations, training_operations
from generative_vision.models.latent_flow import mlp
from generative_vision.models.pca import PCAGaussian


def network(shape, *parts):
    return keras.Sequential([keras.Input(shape), *parts])


@pytest.mark.parametrize(
    ("shape", "layer", "by_hand"),
    [
        ((3,), layers.Dense(5), 2 * 3 * 5),
        ((7, 3), layers.Dense(5), 7 * 2 * 3 * 5),  # at each of 7 places
        ((8, 8, 3), layers.Conv2D(4, 3), 6 * 6 * 2 * 9 * 3 * 4),
        ((8, 8, 3), layers.Conv2D(4, 3, padding="same"), 8 * 8 * 2 * 9 * 3 * 4),
        ((8, 8, 3), layers.Conv2D(4, 3, strides=2, padding="same"), 4 * 4 * 2 * 9 * 3 * 4),
        ((8, 8, 4), layers.Conv2D(6, 3, groups=2), 6 * 6 * 2 * 9 * 2 * 6),
        ((8, 8, 3), layers.DepthwiseConv2D(3), 6 * 6 * 2 * 9 * 3),
        ((8, 8, 3), layers.SeparableConv2D(4, 3), 6 * 6 * 2 * (9 * 3 + 3 * 4)),
        ((8, 8, 3), layers.Conv2DTranspose(4, 2, strides=2), 8 * 8 * 2 * 4 * 3 * 4),
        ((9, 3), layers.Conv1D(4, 3), 7 * 2 * 3 * 3 * 4),
        ((8, 8, 3), layers.LayerNormalization(), 0),
        ((8, 8, 3), layers.Activation("silu"), 0),
    ],
)
def test_a_layer_by_hand(shape, layer, by_hand):
    assert operations(network(shape, layer)) == by_hand


def test_a_bias_is_not_counted():
    assert operations(network((3,), layers.Dense(5))) == operations(
        network((3,), layers.Dense(5, use_bias=False))
    )


def test_layers_add_up():
    assert operations(network((3,), layers.Dense(5), layers.Dense(2))) == 2 * (15 + 10)


def test_a_network_within_counts_as_often_as_it_is_used():
    x, inner = keras.Input((3,)), network((3,), layers.Dense(5))
    twice = keras.Model(x, layers.Add()([inner(x), inner(x)]))
    assert operations(twice) == 2 * operations(inner)


def test_a_layer_counts_as_often_as_it_is_used():
    x, layer = keras.Input((3,)), layers.Dense(3)
    assert operations(keras.Model(x, layer(layer(x)))) == 2 * 18


def test_training_is_three_passes():
    one = network((3,), layers.Dense(5))
    assert training_operations(one, 100) == 3 * 100 * operations(one)


@pytest.mark.parametrize("given", [None, "gan", layers.Dense(3)])
def test_what_is_no_network_is_refused(given):
    with pytest.raises(ValueError, match="expected a functional or sequential"):
        operations(given)


def test_a_model_of_several_networks_is_refused():
    with pytest.raises(ValueError, match=r"network is GAN: .* such as gan\.averaged"):
        operations(make("GAN"))


def test_an_image_of_one_pass():
    gan, vae, coder = make("GAN"), make("VAE"), make("autoencoder")
    assert sampling_operations(gan) == operations(gan.averaged)
    assert sampling_operations(vae) == operations(vae.decoder)
    assert sampling_operations(coder) == operations(coder.decoder)


def test_a_learned_prior_is_passed_first():
    model = make("flow VAE")
    prior = sum(operations(network) for network in model.flow.networks)
    assert prior > 0
    assert sampling_operations(model) == operations(model.decoder) + prior


def test_components_are_products_too():
    assert sampling_operations(PCAGaussian(10)) == 2 * 10 * 784


def test_every_step_is_a_pass():
    model = make("diffusion")
    once = operations(model.averaged)
    assert sampling_operations(model) == 25 * once
    assert sampling_operations(model, steps=4) == 4 * once
    assert sampling_operations(model, steps=4, solver="ddpm") == 4 * once


def test_guidance_looks_twice():
    model = make("diffusion")
    assert sampling_operations(model, guidance=2.0) == 2 * sampling_operations(model)
    assert sampling_operations(model, guidance=1.0) == sampling_operations(model)


def test_heun_looks_twice_and_codes_are_decoded():
    model = make("latent flow")
    once, decoder = operations(model.averaged), operations(model.decoder)
    assert sampling_operations(model) == 2 * 8 * once + decoder
    assert sampling_operations(model, solver="euler", steps=3) == 3 * once + decoder


def test_the_count_is_the_number_of_looks_that_a_sampler_takes(monkeypatch):
    """As counted while it samples, with guidance and Heun's two looks at each step."""
    model, seen = make("latent flow"), []
    look = model.velocity

    def counted(x, t, words=None):
        seen.append(len(x))
        return look(x, t, words)

    monkeypatch.setattr(model, "velocity", counted)
    model.sample(6, seed=0, labels=3, steps=5, guidance=2.0)
    passes = sum(seen) / 6
    expected = passes * operations(model.averaged) + operations(model.decoder)
    assert sampling_operations(model, steps=5, guidance=2.0) == expected


def test_other_models_are_refused_with_a_way_out():
    with pytest.raises(ValueError, match="Classifier.*count its networks"):
        sampling_operations(make("classifier"))


def test_a_wider_network_of_the_course_by_hand():
    """[x, t] -> v with one hidden layer: 16 features of time, then 64 numbers."""
    width, size = 10, 4
    by_hand = 2 * (16 * 64 + (size + 64) * width + width * size)
    assert operations(mlp(size, width, depth=1)) == by_hand


def test_a_count_is_a_whole_number():
    assert isinstance(operations(network((3,), layers.Dense(5))), (int, np.integer))
