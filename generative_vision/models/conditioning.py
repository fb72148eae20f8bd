"""Conditions of every model: labels, words, or groups, encoded as rows of ones and zeros."""

from numbers import Integral

import numpy as np

from generative_vision import prompts
from generative_vision.models.noise import stream
from generative_vision.typing import Condition, Labels, Prompt, Rows

#: kind of condition -> numbers in a row: one for each class, or for each word
SIZES = {None: 0, "labels": len(prompts.CLASS_WORDS), "captions": len(prompts.WORDS)}


def row_size(condition: Condition) -> int:
    """Return how many numbers a row has; for a whole number, of groups 0, 1, …, it is that number.

    Raises:
        ValueError: no such kind, or less than two groups.
    """
    if isinstance(condition, Integral) and condition >= 2:  # NumPy's, too
        return int(condition)
    if not isinstance(condition, str | None) or condition not in SIZES:
        raise ValueError(
            f"condition={condition!r}: expected {' or '.join(map(repr, SIZES))}, "
            "or how many groups, at least 2."
        )
    return SIZES[condition]


def encode_condition(condition: Condition, given, n: int) -> Rows | None:
    """Return labels, captions or groups as rows, float32 (n, ``row_size(condition)``).

    Args:
        condition: the model's kind; None for a model without, and then nothing may be given.
        given: labels 0 … 9, captions or groups, one for all images or n; or rows of ones and zeros.

    Raises:
        ValueError: given to a model without a condition, or missing; a wrong number of them; a
            label or a word that is not known.
    """
    if condition is None and given is not None:
        raise ValueError(
            "This model was built without a condition, and takes neither labels nor captions: "
            'build it with condition="labels" or condition="captions" (an Autoencoder has none).'
        )
    if condition is None:
        return None
    if given is None:
        what = condition if isinstance(condition, str) else "groups"
        raise ValueError(f"This model is conditional: it needs {what}, as in fit(x, {what}).")
    given = np.asarray(given) if np.ndim(given) else np.broadcast_to(given, (n,))
    if len(given) != n:
        what = "labels or captions" if isinstance(condition, str) else "groups"
        raise ValueError(f"{len(given)} {what} for {n} images.")
    if not isinstance(condition, str):
        if given.shape == (n, condition) and np.isin(given, (0, 1)).all():
            return given.astype("float32")
        return np.eye(condition, dtype="float32")[prompts.validate_labels(given, condition)]
    if given.ndim == 2:
        rows = prompts.validate_rows(given)
    else:
        rows = (
            prompts.encode(given)
            if given.dtype.kind == "U" or any(isinstance(one, str) for one in given)
            else prompts.encode_labels(given.tolist())
        )
    if rows[:, SIZES[condition] :].any():
        raise ValueError(
            'This model knows the words for the classes only: one built with condition="captions" '
            "knows all of " + ", ".join(prompts.WORDS) + "."
        )
    return rows[:, : SIZES[condition]]


def resolve_condition(
    condition: Condition,
    labels: int | Labels | None,
    prompt: Prompt | None,
    n: int,
    seed: int | np.random.Generator | bool | None = False,
) -> Rows | None:
    """Return the rows of labels or of a prompt; with neither, of n labels, or groups, by seed.

    Args:
        seed: False draws none, None draws anew; see ``noise``.
    """
    if labels is not None and prompt is not None:
        raise ValueError("labels and prompt both say what to draw: give one of them.")
    given = labels if prompt is None else prompt
    if given is None and condition and seed is not False:
        given = stream(seed, 2).integers(
            SIZES["labels"] if isinstance(condition, str) else condition, size=int(n)
        )
    return encode_condition(condition, given, int(n))
