"""A loop's folder: finished generations on disk, and a record of the loop that they belong to."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from generative_vision.files import read_facts, write_atomically


@dataclass(frozen=True)
class Generation:
    """One line of a loop's table."""

    generation: int
    n_training: int  #: images it was trained on
    seconds: float  #: of training, unless the model was taken over, and sampling; metrics left out
    scores: dict[str, float]  #: what ``measure`` returned


class LoopFolder:
    """Stores each finished generation, so that an interrupted loop can go on after the last one.

    Args:
        path: the folder; it is made when something is first written.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)

    def validate(self, name: str, facts: dict) -> None:
        """Compare facts about the loop with ``name``.json; write them before the first generation.

        Raises:
            ValueError: the generations belong to another loop; the message names each difference.
        """
        path = self.path / f"{name}.json"
        if not self._file(1).exists():
            write_atomically(path, json.dumps(facts, indent=1))
            return
        before = _flat(read_facts(path))
        now = _flat(json.loads(json.dumps(facts)))  # tuples become lists
        differences = [
            f"{key} was {before.get(key)!r} and is {now.get(key)!r}"
            for key in dict.fromkeys([*before, *now])
            if before.get(key) != now.get(key)
        ]
        if differences:
            raise ValueError(
                f"{self.path} has the generations of another {name}: {'; '.join(differences)}. "
                "Name another folder, or delete this one."
            )

    def read(self) -> list[tuple[Generation, np.ndarray]]:
        """Return the finished generations: each one's line and pictures (n, 28, 28, 1), uint8."""
        found: list[tuple[Generation, np.ndarray]] = []
        while (path := self._file(len(found) + 1)).exists():
            with np.load(path) as stored:
                found.append((Generation(**json.loads(str(stored["line"]))), stored["pictures"]))
        return found

    def write(self, line: Generation, pictures: np.ndarray) -> None:
        """Store a generation, whole or not at all."""
        content = io.BytesIO()
        np.savez_compressed(content, pictures=pictures, line=np.array(json.dumps(asdict(line))))
        write_atomically(self._file(line.generation), content.getvalue())

    def _file(self, generation: int) -> Path:
        return self.path / f"generation-{generation:03}.npz"


def describe_generator(make_generator: Callable, seed: int) -> dict:
    """Return what tells one generator from another: class, architecture, weights, optimizer.

    The code of a function is not among them, its name is.

    Args:
        make_generator: returns a compiled model, not trained.
        seed: the first weights are drawn by it.
    """
    import keras

    keras.utils.set_random_seed(seed)
    model = make_generator()
    facts: dict = {"class": f"{type(model).__module__}.{type(model).__qualname__}"}
    if not isinstance(model, keras.Model):
        return facts
    weights = model.get_weights()
    facts["parameters"] = sum(weight.size for weight in weights)
    try:
        config = _without_names(model.get_config())
        facts["arguments"] = {
            k: v for k, v in config.items() if isinstance(v, (bool, int, float, str))
        }
        facts["architecture"] = _digest(json.dumps(config, sort_keys=True, default=repr).encode())
    except NotImplementedError:  # a subclass that cannot be saved
        pass
    facts["first weights"] = _digest(*(weight.tobytes() for weight in weights))
    facts["optimizer"] = {
        "class": type(model.optimizer).__name__,
        **_without_names(model.optimizer.get_config()),
    }
    return json.loads(json.dumps(facts, default=repr))


def _without_names(config: dict) -> dict:
    """Return a configuration with its layers' names numbered anew: Keras counts them up."""
    numbers: dict[str, str] = {}

    def visit(value):
        if isinstance(value, dict):
            if isinstance(value.get("name"), str):
                numbers.setdefault(value["name"], f"name {len(numbers)}")
            return {key: visit(part) for key, part in value.items() if key != "shared_object_id"}
        if isinstance(value, (list, tuple)):
            return [visit(part) for part in value]
        return numbers.get(value, value) if isinstance(value, str) else value

    return visit(config)


def _digest(*parts: bytes) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part)
    return whole.hexdigest()[:16]


def _flat(facts: dict, before: str = "") -> dict:
    """Return nested facts under keys such as "optimizer.learning_rate"."""
    flat: dict = {}
    for key, value in facts.items():
        name = f"{before}{key}"
        flat |= _flat(value, f"{name}.") if isinstance(value, dict) else {name: value}
    return flat
