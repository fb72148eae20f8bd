"""What models are made with: functions of the reader's own, tried on a tiny batch before they train for minutes; networks
held still, or averaged; the class that all models share."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from keras import ops


class Model(keras.Model):
    """What the course's models are: their optimizer has its variables before the first step.

    Keras would make them within that step, and then trace it a second time: a second or two for each model.
    """

    def compile(self, *args, **options):
        """Keras' own ``compile``; the model's weights must exist."""
        super().compile(*args, **options)
        self.optimizer.build(self.trainable_variables)


def hold_function(name: str, function: Callable, *examples: np.ndarray, shape: tuple[int, ...]) -> None:
    """Hold that a function can stand in a model: it computes with ``keras.ops`` and returns the right shape.

    Args:
        name: what the function is for, as the model's argument is called.
        examples: arrays to call it with.
        shape: of the result that is expected.

    Raises:
        TypeError: it does not compute with tensors, for instance because of ``float()`` or NumPy inside.
        ValueError: the result's shape is wrong, or it is not finite.
    """
    if not callable(function):
        raise TypeError(f"{name} is {function!r}; expected a function.")
    symbols = [keras.KerasTensor((None, *example.shape[1:]), dtype=str(example.dtype)) for example in examples]
    try:
        outcome = _Trial(function)(*symbols)  # as in training: batches of a size not known yet
    except Exception as error:  # each backend has its own kinds
        if isinstance(error, NotImplementedError) and "symbolic" not in str(error):
            raise NotImplementedError(f"{name} is not written yet: it raises NotImplementedError.") from error
        raise _not_tensors(name, error) from error
    if not isinstance(outcome, keras.KerasTensor):
        raise _not_tensors(name)
    value = ops.convert_to_numpy(function(*map(ops.convert_to_tensor, examples)))
    if value.shape != shape:
        raise ValueError(f"{name} returns shape {value.shape} for input {examples[0].shape}; expected {shape}.")
    if not np.isfinite(value).all():
        raise ValueError(f"{name} returns values that are NaN or infinite for ordinary input.")


def frozen(model: keras.Model) -> Callable:
    """Return the model as a function through which gradients pass to its input and never to its weights.

    For one loss with two players: ``generator_loss(frozen(discriminator)(fake))`` teaches the generator only.
    """
    trainable = [ops.stop_gradient(weight.value) for weight in model.trainable_variables]
    others = [weight.value for weight in model.non_trainable_variables]
    return lambda *inputs: model.stateless_call(trainable, others, *inputs)[0]


def averaged_copy(network: keras.Model) -> keras.Model:
    """Return a copy of the network for ``update_average`` to follow it; it is not trained itself."""
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    copy.trainable = False
    return copy


def update_average(averaged: keras.Model, network: keras.Model, keep: float) -> None:
    """Set each averaged weight to keep · itself + (1 − keep) · the network's, once a training step.

    Averages that live in the model need nothing done when training ends or is interrupted. They cover weights, not
    batch statistics: no BatchNormalization in such a network.
    """
    for mean, now in zip(averaged.weights, network.weights):
        mean.assign(keep * mean + (1 - keep) * now)


def _not_tensors(name: str, error: Exception | None = None) -> TypeError:
    lines = [line for line in str(error or "").splitlines() if line.strip() and "encountered when calling" not in line]
    return TypeError(
        f"{name} must compute with keras.ops from its arguments to its result: no NumPy, float(), int() or Python "
        "`if` on a tensor inside, ops.shape(x) in place of x.shape, and a result is returned."
        + (f" ({lines[0].strip()})" if lines else "")
    )


class _Trial(keras.layers.Layer):
    """Calls a function the way a model does while it is being traced."""

    def __init__(self, function: Callable):
        super().__init__(dtype="float32")
        self.function = function

    def call(self, *tensors):
        return self.function(*tensors)
