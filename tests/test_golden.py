"""What the shipped weights draw and rebuild stays what it was, as ``golden.json`` keeps it.

``python tests/test_golden.py`` writes the file again, after weights were trained anew.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from generative_vision import data, runtime
from generative_vision.models.weights import pretrained

KEPT = Path(__file__).with_name("golden.json")
NAMES = [entry["model"] for entry in data.entries() if "model" in entry]


def blocks(name):
    """Return the means of 7x7 blocks, (2, 4, 4), of two images, or two rows of probabilities."""
    model = pretrained(name)
    images = data.load_fashion_mnist("test")[0][:2]
    if hasattr(model, "probabilities"):
        return model.probabilities(images)
    asked = {"labels": [3, 8]} if model.condition else {}
    made = (
        model.sample(2, seed=0, **asked) if hasattr(model, "sample") else model.reconstruct(images)
    )
    return made.reshape(2, 4, 7, 4, 7).mean(axis=(2, 4))


@pytest.mark.parametrize("name", NAMES)
def test_shipped_weights_draw_what_they_drew(name, small_and_exact):
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    assert blocks(name) == pytest.approx(np.array(kept[name]), abs=0.01)


if __name__ == "__main__":
    runtime.setup(seed=0)
    KEPT.write_text(
        json.dumps({name: blocks(name).round(3).tolist() for name in NAMES}), encoding="utf-8"
    )
