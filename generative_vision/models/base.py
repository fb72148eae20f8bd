"""What all models share: Keras' own verbs, of images and conditions that are checked first.

A model is trained by ``compile(optimizer)`` and ``fit``, and its loss is the equation in its
``compute_loss``.
"""

import keras

from generative_vision import device
from generative_vision.arguments import CheckedAttributes, validate_numbers
from generative_vision.data import validate_batch
from generative_vision.datasets import is_dataset, own_errors, validate_dataset
from generative_vision.models.conditioning import encode_condition, row_size
from generative_vision.models.inputs import parts, refuse
from generative_vision.models.layers import leaves
from generative_vision.models.saving import SavedByArguments
from generative_vision.typing import Condition

IMAGE = (28, 28, 1)


class Model(CheckedAttributes, SavedByArguments, keras.Model):
    """A Keras model with one loss of its own, of images x (n, 28, 28, 1) and conditions y.

    An argument that is changed later as an attribute, such as ``beta``, counts from the next step
    on. To load a saved model in another process, import its class before ``load_model``.

    Args:
        condition: what ``y`` of ``fit`` and ``evaluate`` is: None, "labels", "captions", or
            how many groups there are: y is the group 0, 1, … of each image.
        example_shape: of x without n, where the model learns from something else than images.
        name: as in every Keras model.
    """

    FROZEN: tuple[str, ...] = ()  #: names of the networks that gradients do not train
    #: what networks and weights were made by, or were copied from
    FIXED = (
        *("condition", "example_shape", "latent_dim", "width", "depth", "layout", "design"),
        *("couplings", "hidden", "variance", "network", "generator", "averaged"),
    )

    def __init__(
        self,
        condition: Condition = None,
        example_shape: tuple[int, ...] = IMAGE,
        name: str | None = None,
    ):
        # data and losses are float32; networks choose their own
        super().__init__(autocast=False, dtype="float32", name=name)
        # constructors make all there is: weights can be counted, saved and loaded at once
        self.built, self.example_shape, size = True, example_shape, row_size(condition)
        self.condition = condition if isinstance(condition, str) else size or None
        if type(self).call is not Model.call:
            self.input_spec = keras.InputSpec(shape=(None, *example_shape))

    def call(self, x, training=False):
        """Return x: there is no forward pass; the computation is in ``compute_loss``."""
        return x

    def compile(
        self,
        optimizer="rmsprop",
        loss=None,
        loss_weights=None,
        metrics=None,
        weighted_metrics=None,
        **options,
    ):
        """Keras' own ``compile``, without arguments that would be ignored."""
        refuse(
            "compile",
            "its loss is the equation in compute_loss; measure samples by metrics.evaluate",
            loss=loss,
            loss_weights=loss_weights,
            metrics=metrics,
            weighted_metrics=weighted_metrics,
        )
        if any(layer.dtype_policy.name == "mixed_float16" for layer in leaves(self)):
            self.dtype_policy = "mixed_float16"  # by which Keras knows to scale the loss
        if self.losses or any(layer.activity_regularizer for layer in leaves(self)):
            raise ValueError(
                "A network's regularizers or add_loss would be ignored: the loss is "
                "the equation in compute_loss."
            )
        for layer in leaves(self):
            layer.add_loss = self.add_loss  # refuses what a layer's own call would add
        for name in self.FROZEN:
            getattr(self, name).trainable = False  # also after ``model.trainable = True``
        if self.get_build_config() is None:
            if not all(layer.built for layer in leaves(self)):  # a reader's, used in ``call``
                self(keras.KerasTensor((None, *self.example_shape)))
            self.build((None, *self.example_shape))  # from now on Keras refuses other networks
        super().compile(optimizer, **options)

    def add_loss(self, loss):
        """Raise ValueError: the loss is the equation in ``compute_loss``."""
        reason = (
            f"the loss of {self.name} is the equation in compute_loss, and a layer of it that "
            "another model uses, too, belongs there as a copy, such as clone_model makes"
        )
        refuse("add_loss", reason, loss=True)

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        *,
        validation_data=None,
        validation_split=0.0,
        shuffle=True,
        class_weight=None,
        sample_weight=None,
        **options,
    ):
        """Keras' own ``fit``, of arrays or a dataset of batches; see ``prepare`` for x and y."""
        refuse(
            "fit",
            "compute_loss does not weigh",
            class_weight=class_weight,
            sample_weight=sample_weight,
        )
        validate_numbers(least=1, whole=True, batch_size=1 if batch_size is None else batch_size)
        x, y = self.prepare(x, y)
        if validation_data is not None:
            try:
                options["validation_data"] = self.prepare(*parts(validation_data))
            except ValueError as error:
                raise ValueError(f"validation_data: {error}") from error
        elif validation_split:
            if not hasattr(x, "__array__") or not 1 <= (
                cut := int(len(x) * (1 - validation_split))
            ) < len(x):
                raise ValueError(
                    f"{validation_split=}: it must leave arrays, not a dataset, an image on "
                    "either side."
                )
            options["validation_data"] = x[cut:], None if y is None else y[cut:]
            x, y = x[:cut], None if y is None else y[:cut]
        # or Keras does it in the first step, and traces twice: it must where that builds a layer
        if self.compiled and not self.optimizer.built and all(one.built for one in leaves(self)):
            self.optimizer.build(self.trainable_variables)
        x, y, batching = device.batches(x, y, batch_size and int(batch_size), shuffle)
        with own_errors(self):
            return super().fit(
                x, y, epochs=epochs, verbose=verbose, callbacks=callbacks, **batching, **options
            )

    def evaluate(
        self, x=None, y=None, batch_size=None, verbose="auto", sample_weight=None, **options
    ):
        """Keras' own ``evaluate``: the loss on what ``fit`` takes, with noise drawn anew."""
        refuse("evaluate", "compute_loss does not weigh", sample_weight=sample_weight)
        with own_errors(self):
            return super().evaluate(*self.prepare(x, y), batch_size, verbose, **options)

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, **options):
        """Keras' own ``train_on_batch``, of what ``fit`` takes."""
        refuse(
            "train_on_batch",
            "compute_loss does not weigh",
            sample_weight=sample_weight,
            class_weight=class_weight,
        )
        return super().train_on_batch(*self.prepare(x, y), **options)

    def test_on_batch(self, x, y=None, sample_weight=None, **options):
        """Keras' own ``test_on_batch``, of what ``fit`` takes."""
        refuse("test_on_batch", "compute_loss does not weigh", sample_weight=sample_weight)
        return super().test_on_batch(*self.prepare(x, y), **options)

    def predict(self, x=None, *args, **options):
        """Keras' own ``predict``, of x or a dataset, where ``call`` is a forward pass."""
        if is_dataset(x):
            x = validate_dataset(x, None, lambda batch: (self.forward(parts(batch)[0]),))
        else:
            x = self.forward(x)
        with own_errors(self):
            return super().predict(x, *args, **options)

    def predict_on_batch(self, x):
        """Keras' own ``predict_on_batch`` where ``call`` is a forward pass."""
        return super().predict_on_batch(self.forward(x))

    def forward(self, x):
        """Return x, validated, as ``call`` takes it; TypeError where that is no forward pass."""
        if type(self).call is Model.call:
            raise TypeError(
                f"{type(self).__name__} has no forward pass to predict with: "
                "model.sample(n, seed=0) draws."
            )
        return validate_batch(x, self.example_shape)

    def prepare(self, x, y=None) -> tuple:
        """Return x and y, validated, as ``compute_loss`` takes them; idempotent.

        Args:
            x: images (n, 28, 28, 1) in [−1, 1]; or a dataset of batches of them, or of pairs of
                such a batch and labels (n,) or rows of ones and zeros: each is checked when it is
                read.
            y: labels 0 … 9, captions, groups, or rows of ones and zeros, n of them; for a
                conditional model only.
        """
        if is_dataset(x):
            return validate_dataset(
                x, y, lambda batch: self.prepare(*parts(batch)), row_size(self.condition)
            ), None
        x = validate_batch(x, self.example_shape)
        return x, encode_condition(self.condition, y, len(x))

    def rows(self, y):
        """Return a batch's conditions as rows (n, size); a dataset may have whole labels."""
        if y is None or self.condition is None:
            return None
        return (
            keras.ops.convert_to_tensor(y)
            if len(y.shape) == 2
            else keras.ops.one_hot(y, row_size(self.condition), dtype="float32")
        )

    def save(self, filepath, *args, **options):
        """Keras' own ``save``, as ``.keras``: other formats do not load again.

        ``keras.saving.load_model`` finds a class that has been imported.
        """
        if not str(filepath).endswith(".keras"):
            raise ValueError(f"{filepath} would not load again: save to a name.keras.")
        return super().save(filepath, *args, **options)

    def get_compile_config(self):
        """Return how the model was compiled, and whether its optimizer has begun."""
        config = super().get_compile_config()
        return {**config, "begun": self.optimizer.built} if config else config

    def compile_from_config(self, config):
        """Compile as the model was when it was saved."""
        begun = config.pop("begun", True)
        self.compile(**keras.saving.deserialize_keras_object(config))
        if begun:  # there is a state to be loaded into it
            self.optimizer.build(self.trainable_variables)
