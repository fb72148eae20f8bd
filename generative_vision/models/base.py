"""What all models share: Keras' own verbs, with every image and condition checked at the door.

A model is trained by ``compile(optimizer)`` and ``fit``, and its loss is the equation in its ``compute_loss``.
"""

from __future__ import annotations

import inspect

import keras
import numpy as np
from keras import ops, saving

from generative_vision import device
from generative_vision.data import validate_batch
from generative_vision.models.conditioning import SIZES, encode_condition

IMAGE = (28, 28, 1)


class Model(keras.Model):
    """A Keras model with one loss of its own, of images x (n, 28, 28, 1) in [−1, 1] and conditions y.

    What training has traced stays as it was, as in every Keras model: an attribute that is changed after ``fit``, such as
    ``beta``, counts once the model is compiled again.

    Args:
        condition: None, "labels" or "captions": what ``y`` of ``fit`` and ``evaluate`` is.
        example_shape: of x without n, where the model learns from something else than images.
    """

    def __init__(self, condition: str | None = None, example_shape: tuple[int, ...] = IMAGE):
        super().__init__(autocast=False)  # data and losses stay float32; networks choose for themselves
        if condition not in SIZES:
            raise ValueError(f'condition={condition!r}: expected None, "labels" or "captions".')
        self.condition, self.example_shape = condition, example_shape

    def call(self, x, training=False):
        """Return x: there is no forward pass here, and what is computed stands in ``compute_loss``."""
        return x

    def compile(
        self, optimizer="rmsprop", loss=None, loss_weights=None, metrics=None, weighted_metrics=None, **options
    ):
        """Keras' own ``compile``, without what would be ignored: the loss is the model's equation."""
        asked = {"loss": loss, "loss_weights": loss_weights, "metrics": metrics, "weighted_metrics": weighted_metrics}
        refuse("compile", "its loss is the equation in compute_loss; measure samples by metrics.evaluate", **asked)
        if self.losses:
            raise ValueError("A network's regularizers or add_loss would be ignored: the loss is the equation in compute_loss.")
        for network in self.held():
            network.trainable = False  # also after ``model.trainable = True``
        super().compile(optimizer, **options)

    def held(self) -> list[keras.Model]:
        """Return the networks that training must not move by gradients."""
        return []

    def fit(
        self, x=None, y=None, batch_size=None, epochs=1, *, validation_data=None, validation_split=0.0,
        shuffle=True, class_weight=None, sample_weight=None, **options,
    ):  # fmt: skip
        """Keras' own ``fit``, of arrays or a dataset of batches; see ``prepare`` for x and y."""
        refuse("fit", "compute_loss does not weigh", class_weight=class_weight, sample_weight=sample_weight)
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"{batch_size=}: expected 1 or more.")
        x, y = self.prepare(x, y)
        if validation_data is not None:
            pair = validation_data if isinstance(validation_data, (tuple, list)) else (validation_data,)
            options["validation_data"] = self.prepare(*parts(pair))
        elif validation_split:
            if not hasattr(x, "__array__") or not 1 <= (cut := int(len(x) * (1 - validation_split))) < len(x):
                raise ValueError(f"{validation_split=}: it must leave arrays, not a dataset, an image on either side.")
            options["validation_data"] = x[cut:], None if y is None else y[cut:]
            x, y = x[:cut], None if y is None else y[:cut]
        if self.compiled and not self.optimizer.built:  # or Keras does it in the first step, and traces twice
            self.optimizer.build(self.trainable_variables)
        x, y, batching = device.batches(x, y, batch_size, shuffle)
        return super().fit(x, y, epochs=epochs, **batching, **options)

    def evaluate(self, x=None, y=None, *args, sample_weight=None, **options):
        """Keras' own ``evaluate``: the loss on what ``fit`` takes."""
        refuse("evaluate", "compute_loss does not weigh", sample_weight=sample_weight)
        return super().evaluate(*self.prepare(x, y), *args, **options)

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, **options):
        """Keras' own ``train_on_batch``, of what ``fit`` takes."""
        refuse("train_on_batch", "compute_loss does not weigh", sample_weight=sample_weight, class_weight=class_weight)
        return super().train_on_batch(*self.prepare(x, y), **options)

    def test_on_batch(self, x, y=None, sample_weight=None, **options):
        """Keras' own ``test_on_batch``, of what ``fit`` takes."""
        refuse("test_on_batch", "compute_loss does not weigh", sample_weight=sample_weight)
        return super().test_on_batch(*self.prepare(x, y), **options)

    def predict(self, x=None, *args, **options):
        """Keras' own ``predict`` where ``call`` is a forward pass."""
        if type(self).call is Model.call:
            raise TypeError(f"{type(self).__name__} has no forward pass to predict with: model.sample(n, seed=0) draws.")
        return super().predict(validate_batch(x, self.example_shape), *args, **options)

    def prepare(self, x, y=None) -> tuple:
        """Return x and y as ``compute_loss`` takes them, after checking them: a second time changes nothing.

        Args:
            x: images (n, 28, 28, 1) in [−1, 1]; or a dataset of batches float32, or of pairs of
                such a batch and whole labels (n,) or rows of ones and zeros: its first batch is checked.
            y: labels 0 … 9, captions, or rows of ones and zeros, n of them; for a conditional model only.
        """
        if is_dataset(x):
            return validate_dataset(x, y, self.prepare), None
        x = validate_batch(x, self.example_shape)
        return x, encode_condition(self.condition, y, len(x))

    def rows(self, y):
        """Return a batch's conditions as rows (n, size): whole labels are what a dataset may hold."""
        if y is None or self.condition is None:
            return None
        return ops.convert_to_tensor(y) if len(y.shape) == 2 else ops.one_hot(y, SIZES[self.condition])

    def compile_from_config(self, config):
        """Compile as the model was when it was saved."""
        self.compile(**saving.deserialize_keras_object(config))
        self.optimizer.build(self.trainable_variables)  # for its state to be loaded into

    def get_config(self):
        """Return the constructor's arguments; a function of the reader's own is kept as its name."""
        config = {}
        for name, default in arguments(type(self)).items():
            value = self.argument(name)
            if callable(value) and not hasattr(value, "get_config") and value is not default:
                known = saving.get_registered_name(value) if hasattr(value, "__name__") else ""
                config[name] = {"function": known if known.split(">")[-1].isidentifier() else name}
            elif value is not default:
                config[name] = saving.serialize_keras_object(value)
        return config

    def argument(self, name: str):
        """Return what a constructor's argument was: it is kept as the attribute of that name."""
        if not hasattr(self, name):
            raise NotImplementedError(
                f"{type(self).__name__} cannot be saved or copied: keep its argument {name} as self.{name}."
            )
        return getattr(self, name)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Return a model of ``get_config``'s arguments; functions are looked up in ``custom_objects``."""
        given = {}
        for name, value in config.items():
            function = value.get("function") if isinstance(value, dict) else None
            if function is None:
                given[name] = saving.deserialize_keras_object(value, custom_objects)
                continue
            given[name] = saving.get_registered_object(function, custom_objects)
            if given[name] is None:
                raise ValueError(
                    f"This {cls.__name__} holds a function of your own as {name}, which a file cannot hold. Give it again: "
                    f"keras.models.load_model(path, custom_objects={{{function!r}: your_function}}), or to "
                    f"clone or deepcopy: with keras.saving.custom_object_scope({{{function!r}: your_function}})."
                )
        return cls(**given)


def arguments(kind: type) -> dict:
    """Return the names and defaults of a constructor's arguments, and of those that it passes on."""
    found = {}
    for parent in kind.__mro__:
        own = inspect.signature(parent.__init__).parameters.values() if "__init__" in vars(parent) else ()
        found = {p.name: p.default for p in own if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)} | found
        if own and not any(p.kind == p.VAR_KEYWORD for p in own):
            break
    return {name: default for name, default in found.items() if name != "self"}


def refuse(verb: str, reason: str, **given) -> None:
    """Raise ValueError where something is given that would be ignored."""
    for name in (name for name, value in given.items() if value is not None and np.size(value)):
        raise ValueError(f"{verb}({name}=...) would be ignored by this model: {reason}.")


def validate_dataset(data, y, prepare):
    """Return a dataset after checking its first batch; ValueError where there is none to look at twice."""
    if y is not None or not hasattr(data, "__getitem__") and (not hasattr(data, "__iter__") or iter(data) is data):
        raise ValueError(
            f"x is {type(data).__name__}, y {type(y).__name__}: expected arrays, or a dataset of batches that can "
            "be read more than once, with its labels inside and y=None."
        )
    first = next(iter(data), None)
    if first is None:
        raise ValueError("The dataset is empty.")
    x, *y = map(np.asarray, parts(first if isinstance(first, (tuple, list)) else (first,)))
    known = [("float32", 4), ("float32", 2), *((kind, 1) for kind in ("int32", "int64", "uint8"))]
    if x.dtype != "float32" or y and (str(y[0].dtype), y[0].ndim) not in known:
        found = " and ".join(f"{part.dtype} {part.shape}" for part in (x, *y))
        raise ValueError(
            f"The dataset's batches are {found}: expected images float32 in [-1, 1], and whole labels (n,), "
            "prompts.encode(captions) or float32 rows of ones and zeros."
        )
    prepare(x, *y)
    return data


def is_dataset(x) -> bool:
    """Whether x is something that yields batches, and no array."""
    return x is not None and not hasattr(x, "__array__") and not isinstance(x, (tuple, list))


def validate_network(name: str, network: keras.Model, output: tuple[int, ...]) -> None:
    """Raise ValueError unless a network of the reader's own is built, and returns (n, *output)."""
    shape = getattr(network, "output_shape", None) if getattr(network, "built", False) else None
    if shape is None:
        raise ValueError(f"{name} is not built: use a functional model, or a Sequential that begins with keras.Input(...).")
    if tuple(shape[1:]) != tuple(output):
        raise ValueError(f"{name} returns {shape}; expected {(None, *output)}.")


def parts(batch: tuple) -> tuple:
    """Return a batch, or a pair of validation data, after checking that it is (x,) or (x, y)."""
    if len(batch) > 2:
        refuse("fit", "compute_loss does not weigh", sample_weight=batch[2])
    return tuple(batch[:2])
