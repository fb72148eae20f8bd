"""Marks in generated images that a key makes visible, and what can be done to them.

``spread`` adds a secret pattern to finished images: a yes or no, or a message of several bits.
``rings`` puts the mark into the noise that a model starts from. ``attacks`` changes images as
people and their programs do. A mark says where an image comes from only as long as it survives, and
only to those who have the key.
"""

from generative_vision.watermark.attacks import (
    average,
    blur,
    crop,
    forge,
    jpeg,
    noisy,
    resize,
)
from generative_vision.watermark.rings import (
    RingKey,
    invert,
    mark_noise,
    ring_distance,
    ring_key,
    ring_p_value,
)
from generative_vision.watermark.spread import (
    embed,
    embed_message,
    expected_score,
    matches_p_value,
    p_value,
    pattern,
    read_message,
    residual,
    score,
    threshold,
)

__all__ = [
    "RingKey",
    "average",
    "blur",
    "crop",
    "embed",
    "embed_message",
    "expected_score",
    "forge",
    "invert",
    "jpeg",
    "mark_noise",
    "matches_p_value",
    "noisy",
    "p_value",
    "pattern",
    "read_message",
    "residual",
    "resize",
    "ring_distance",
    "ring_key",
    "ring_p_value",
    "score",
    "threshold",
]
