"""Conditions of every model: labels, or words, encoded as rows of ones and zeros."""

import numpy as np

from generative_vision import prompts
from generative_vision.typing import Labels, Prompt, Rows

#: kind of condition -> numbers in a row: one for each class, or for each word
SIZES = {None: 0, "labels": len(prompts.CLASS_WORDS), "captions": len(prompts.WORDS)}


def encode_condition(condition: str | None, given, n: int) -> Rows | None:
    """Return labels or captions as rows, float32 (n, ``SIZES[condition]``).

    Args:
        condition: the model's kind; None for a model without, and then nothing may be given.
        given: labels 0 … 9 or captions, one for all images or n; or rows of ones and zeros.

    Raises:
        ValueError: given to a model without a condition, or missing; a wrong number of them; a
            label or a word that is not known.
    """
    if condition is None and given is not None:
        raise ValueError(
            "This model was built without a condition, and takes neither labels nor captions: "
            'build it with condition="labels" or condition="captions".'
        )
    if condition is None:
        return None
    if given is None:
        raise ValueError(
            f"This model is conditional: it needs {condition}, as in fit(x, {condition})."
        )
    given = np.asarray(given)
    given = np.broadcast_to(given, (n,)) if given.ndim == 0 else given
    if len(given) != n:
        raise ValueError(f"{len(given)} labels or captions for {n} images.")
    if given.ndim == 2:
        rows = prompts.validate_rows(given)
    else:
        words = given.dtype.kind == "U" or any(isinstance(one, str) for one in given)
        rows = prompts.encode(given) if words else prompts.encode_labels(given.tolist())
    if rows[:, SIZES[condition] :].any():
        raise ValueError(
            'This model knows the words for the classes only: one built with condition="captions" '
            "knows all of " + ", ".join(prompts.WORDS) + "."
        )
    return rows[:, : SIZES[condition]]


def resolve_condition(
    condition: str | None,
    labels: int | Labels | None,
    prompt: Prompt | None,
    n: int,
    seed: int | None = None,
) -> Rows | None:
    """Return the rows of labels or of a prompt; with neither, of n labels drawn by seed."""
    if labels is not None and prompt is not None:
        raise ValueError("labels and prompt both say what to draw: give one of them.")
    given = labels if prompt is None else prompt
    if given is None and condition and seed is not None:
        given = np.random.default_rng([seed, 2]).integers(SIZES["labels"], size=n)
    return encode_condition(condition, given, n)
