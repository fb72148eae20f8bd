"""What training does with a loss: it traces it for a batch of any size, and takes its slopes."""

from collections.abc import Callable, Sequence

import keras
import numpy as np

from generative_vision.models.validation import validate_function


def validate_call(name: str, function: Callable, args: Sequence, shape: tuple[int, ...]) -> None:
    """Call a function as a model does while it is being traced, for a batch of unknown size.

    Of several results the last one counts.

    Args:
        args: arrays, and what is passed on as it is.
        shape: of the result that is expected.

    Raises:
        TypeError, ValueError: as ``validate_function`` does.
    """
    places = [place for place, value in enumerate(args) if np.ndim(value)]

    def last_result(*tensors):
        given = {**dict(enumerate(args)), **dict(zip(places, tensors, strict=True))}
        result = function(*(given[place] for place in range(len(args))))
        return result[-1] if isinstance(result, tuple | list) else result

    validate_function(name, last_result, *(args[place] for place in places), shape=shape)


def slopes(loss: Callable, args: Sequence, places: Sequence[int]) -> list[np.ndarray]:
    """Return a loss's derivatives with respect to some of its arguments, as training takes them.

    What the loss stops with ``ops.stop_gradient`` has no part in them.

    Args:
        loss: computes a number with ``keras.ops``, or several, which are added up.
        args: numbers and arrays.
        places: of the arguments, from 0, all of them arrays.
    """

    class Shifted(keras.Model):
        """Adds a weight of zeros to each of these arguments: one step moves it along the slope."""

        def __init__(self):
            super().__init__(dtype="float32")
            shapes = [np.shape(args[place]) for place in places]
            self.shifts = [self.add_weight(shape=one, initializer="zeros") for one in shapes]

        def call(self, x):
            return x

        def compute_loss(self, *data, **options):
            given = [keras.ops.convert_to_tensor(one) if np.ndim(one) else one for one in args]
            for place, shift in zip(places, self.shifts, strict=True):
                given[place] = given[place] + shift
            return keras.ops.sum(loss(*given))

    model = Shifted()
    model.compile(optimizer=keras.optimizers.SGD(1.0), run_eagerly=True)
    model.train_on_batch(np.zeros((1, 1)))
    return [-keras.ops.convert_to_numpy(shift) for shift in model.shifts]
