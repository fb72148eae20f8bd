"""A reader's own networks and functions are tried before a model takes them."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
from keras import ops

from generative_vision.arguments import validate_signature

REMEDY = (
    "two passes of it, or its averaged weights, would not agree. Leave it out, "
    "or use LayerNormalization or GroupNormalization."
)


def validate_function(
    name: str,
    function: Callable,
    *examples: np.ndarray,
    shape: tuple[int, ...],
    traced: bool = True,
) -> Callable:
    """Return a function. Raise unless it computes with ``keras.ops`` and gives the right shape.

    Args:
        name: what the function is for, as the model's argument is called.
        examples: arrays to call it with.
        shape: of the result that is expected.
        traced: it runs in a model; else it is called on arrays only, and may use NumPy.

    Raises:
        NotImplementedError: it is a stub.
        TypeError: it does not compute with tensors, for instance because of ``float()`` or NumPy
            inside.
        ValueError: the result's shape is wrong, or it is not finite.
    """
    if not callable(function):
        raise TypeError(f"{name} is {function!r}; expected a function.")
    validate_signature(name, function, f"({', '.join('abcdefgh'[: len(examples)])})")
    symbols = [
        keras.KerasTensor((None, *example.shape[1:]), dtype=str(example.dtype))
        for example in examples
    ]
    value, trial = None, keras.Operation()
    trial.call = function
    try:
        given = map(ops.convert_to_tensor, examples) if traced else examples
        value = ops.convert_to_numpy(function(*given))
        # as in training: a batch of a size not known yet
        result = trial(*symbols) if traced else None
    except Exception as error:  # each backend has its own kinds
        if value is None and isinstance(error, NotImplementedError):
            raise NotImplementedError(
                f"{name} is not written yet: it raises NotImplementedError."
            ) from error
        if not traced:
            raise
        raise _not_tensors(name, error) from error
    if traced and not isinstance(result, keras.KerasTensor):
        raise _not_tensors(name)
    if value.shape != shape:
        raise ValueError(
            f"{name} returns shape {value.shape} for input {examples[0].shape}; expected {shape}."
        )
    if not np.isfinite(value).all():
        raise ValueError(f"{name} returns values that are NaN or infinite for ordinary input.")
    return function


def validate_network(
    name: str,
    network: keras.Model,
    inputs: Sequence[tuple[int, ...]],
    output: tuple[int, ...],
    *,
    averaged: bool = False,
) -> None:
    """Raise ValueError unless a network of the reader's own is built and fits.

    Args:
        inputs, output: shapes without n of what it takes and returns; its own inputs may leave
            sizes open, or leave out a last axis of 1.
        averaged: refuse BatchNormalization, too.
    """
    if not (getattr(network, "built", False) and hasattr(network, "output_shape")):
        raise ValueError(
            f"{name} is not built: use a functional model, or a Sequential that begins with "
            "keras.Input(...)."
        )
    takes, returns = [tuple(one.shape[1:]) for one in network.inputs], network.output_shape
    if len(takes) != len(inputs) or any(
        own not in (None, size) for pair in zip(takes, inputs) for own, size in zip(*pair)
    ):
        raise ValueError(f"{name} takes {takes}; expected {list(inputs)}, each without n.")
    if tuple(returns[1:]) != tuple(output):
        raise ValueError(f"{name} returns {returns}; expected {(None, *output)}.")
    if averaged and any(weight.name == "moving_mean" for weight in network.weights):
        raise ValueError(f"{name} has BatchNormalization: {REMEDY}")


def _not_tensors(name: str, error: Exception | None = None) -> TypeError:
    return TypeError(
        f"{name} must compute with keras.ops from its arguments to its result: no NumPy, float(), "
        "int() or Python `if` on a tensor inside, ops.shape(x) in place of x.shape, "
        "and a result is returned."
        + (f" It raised {type(error).__name__}: see above." if error else "")
    )
