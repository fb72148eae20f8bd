"""Small VAEs for tests: random ones of each kind, and ones of which everything is known."""

from __future__ import annotations

import numpy as np

KINDS = ["VAE", "conditional", "flow", "conditional flow"]


def build(kind="VAE", **options):
    from generative_vision.models.flow_vae import FlowVAE
    from generative_vision.models.vae import VAE

    condition = "labels" if "conditional" in kind else None
    options = {"width": 4, "condition": condition, **options}
    if "flow" in kind:
        return bend(FlowVAE(4, couplings=3, hidden=8, **options))
    return VAE(4, **options)


def bend(model, scale=0.5):
    """Give a flow, which begins as the identity, random weights."""
    rng = np.random.default_rng(0)
    for network in getattr(model, "flow", model).networks:
        network.set_weights([rng.normal(0, scale, w.shape) for w in network.get_weights()])
    return model


def fixed_encoder(mean, log_variance):
    """The same posterior for every image."""
    import keras
    from keras import layers

    layer = layers.Dense(2 * len(mean), kernel_initializer="zeros", trainable=False)
    encoder = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layer])
    layer.bias.assign([*mean, *log_variance])
    return encoder


def grey_decoder(size):
    """Decodes everything as zeros."""
    import keras
    from keras import layers

    grey = layers.Dense(784, kernel_initializer="zeros", trainable=False)
    return keras.Sequential([keras.Input((size,)), grey, layers.Reshape((28, 28, 1))])


def fixed(mean=(0.0, 1.0, 3.0), log_variance=(0.0, 0.0, 0.0), **options):
    """A VAE with nothing to learn but σ²; its rate is 5 nats: 0, 1/2 and 9/2."""
    from generative_vision.models.vae import VAE

    networks = {"encoder": fixed_encoder(mean, log_variance), "decoder": grey_decoder(len(mean))}
    return VAE(len(mean), **networks, **options)


def charge(model, x, **options):
    """What the loss adds to the distortion, and the rate reported."""
    model.distortion.reset_state()
    model.rate.reset_state()
    loss = float(model.compute_loss(x, **options))
    return loss - float(model.distortion.result()), float(model.rate.result())


def closed_form(mean, log_variance):
    """KL(N(μ, σ²) ‖ N(0, 1)) in double precision."""
    sigma = np.exp(np.asarray(log_variance, "float64") / 2)
    return np.log(1 / sigma) + (sigma**2 + np.square(mean, dtype="float64")) / 2 - 0.5
