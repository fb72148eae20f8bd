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
        super().compile(optimizer, **options)
        self.optimizer.build(self.trainable_variables)  # or Keras makes them in the first step, and traces twice

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
        x, y, batching = device.batches(x, y, batch_size, shuffle)
        return super().fit(x, y, epochs=epochs, **batching, **options)

    def evaluate(self, x=None, y=None, *args, sample_weight=None, **options):
        """Keras' own ``evaluate``: the loss on what ``fit`` takes."""
        refuse("evaluate", "compute_loss does not weigh", sample_weight=sample_weight)
        return super().evaluate(*self.prepare(x, y), *args, **options)

    def train_on_batch(self, x, y=None, **options):
        """Keras' own ``train_on_batch``, of what ``fit`` takes."""
        return super().train_on_batch(*self.prepare(x, y), **options)

    def test_on_batch(self, x, y=None, **options):
        """Keras' own ``test_on_batch``, of what ``fit`` takes."""
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
        if not hasattr(x, "__array__") and not isinstance(x, (tuple, list)):
            return validate_dataset(x, y, self.prepare), None
        x = validate_batch(x, self.example_shape)
        return x, encode_condition(self.condition, y, len(x))

    def rows(self, y):
        """Return a batch's conditions as rows (n, size): whole labels are what a dataset may hold."""
        if y is None:
            return None
        return ops.convert_to_tensor(y) if len(y.shape) == 2 else ops.one_hot(y, SIZES[self.condition])

    def compile_from_config(self, config):
        """Compile as the model was when it was saved."""
        self.compile(**saving.deserialize_keras_object(config))

    def get_config(self):
        """Return the constructor's arguments; a function of the reader's own is kept as its name."""
        config = {}
        for name, default in arguments(type(self)).items():
            value = getattr(self, name, default)
            if callable(value) and not isinstance(value, keras.Layer) and value is not default:
                known = saving.get_registered_name(value)
                config[name] = {"function": known if known.isprintable() and "<" not in known else name}
            elif value is not default:
                config[name] = saving.serialize_keras_object(value)
        return config

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
    for name in (name for name, value in given.items() if value is not None):
        raise ValueError(f"{verb}({name}=...) would be ignored by this model: {reason}.")


def validate_dataset(data, y, prepare):
    """Return a dataset after checking its first batch; ValueError where there is none to look at twice."""
    if y is not None or not hasattr(data, "__getitem__") and (not hasattr(data, "__iter__") or iter(data) is data):
        raise ValueError(
            f"x is {type(data).__name__}, y {type(y).__name__}: expected arrays, or a dataset of batches that can "
            "be read more than once, with its labels inside and y=None."
        )
    first = next(iter(data))
    x, *y = map(np.asarray, parts(first if isinstance(first, (tuple, list)) else (first,)))
    known = [("float32", 2), *((kind, 1) for kind in ("int32", "int64", "uint8"))]
    if x.dtype != "float32" or y and (str(y[0].dtype), y[0].ndim) not in known:
        raise ValueError(
            f"The dataset's batches have dtype {x.dtype}" + (f" and {y[0].dtype}" if y else "") + ": expected images "
            "float32 in [-1, 1], and whole labels (n,), prompts.encode(captions) or float32 rows of ones and zeros."
        )
    prepare(x, *y)
    return data


def parts(batch: tuple) -> tuple:
    """Return a batch, or a pair of validation data, after checking that it is (x,) or (x, y)."""
    if len(batch) > 2:
        refuse("fit", "compute_loss does not weigh", sample_weight=batch[2])
    return tuple(batch[:2])
