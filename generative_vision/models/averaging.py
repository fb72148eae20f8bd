"""A running average of a network's weights, to sample from. Yazıcı et al. (2019), arXiv:1806.04498.

It lives in the model, so that nothing is to be done when training ends or is interrupted. It covers
weights, not batch statistics: no BatchNormalization in such a network.
"""

import keras


def averaged_copy(network: keras.Model, name: str = "averaged") -> keras.Model:
    """Return a copy of the network that is not trained itself, for ``update_ema`` to move.

    Its name tells it from the network in ``summary()``.
    """
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    copy.name, copy.trainable = name, False
    return copy


def update_ema(averaged: keras.Model, network: keras.Model, decay) -> None:
    """Set each averaged weight to decay · itself + (1 − decay) · the network's, once a step."""
    if len(averaged.weights) != len(network.weights):
        raise ValueError(
            f"{network.name} has {len(network.weights)} weights, its running average "
            f"{len(averaged.weights)}: a layer may change, as by enable_lora, only before a model "
            "is built of its network."
        )
    for mean, now in zip(averaged.weights, network.weights, strict=True):
        mean.assign(decay * mean + (1 - decay) * now)
