"""Arguments of ``fit``, ``evaluate`` and Keras' other verbs."""

import numpy as np


def refuse(verb: str, reason: str, **given) -> None:
    """Raise ValueError where something is given that would be ignored."""
    for name in (name for name, value in given.items() if value is not None and np.size(value)):
        raise ValueError(f"{verb}({name}=...) would be ignored by this model: {reason}.")


def parts(batch) -> tuple:
    """Return a batch, or validation data, as (x,) or (x, y) after checking that it is no more."""
    batch = batch if isinstance(batch, (tuple, list)) else (batch,)
    if len(batch) > 2:
        refuse("fit", "compute_loss does not weigh", sample_weight=batch[2])
    return tuple(batch[:2])
