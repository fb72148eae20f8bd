"""L-BFGS: ends where Newton's method would, in few steps, and moves one variable."""

import keras
import numpy as np
import pytest
from keras import ops

from generative_vision.models.lbfgs import LBFGS

pytestmark = pytest.mark.usefixtures("seeded")

A = np.diag([1.0, 10.0, 100.0]).astype("float32")
GOAL = np.array([0.3, -0.2, 0.1], "float32")


class Bowl(keras.Model):
    """Minimises (x − goal)ᵀ A (x − goal) / 2."""

    def __init__(self):
        super().__init__(dtype="float32")
        self.place = self.add_weight(shape=(3,), initializer="zeros")

    def call(self, x):
        return x

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        off = self.place.value - GOAL
        return ops.sum(off * ops.matmul(A, off)) / 2


def place_after(steps, optimizer):
    bowl = Bowl()
    bowl.compile(optimizer=optimizer)
    bowl.fit(np.zeros((steps, 1), "float32"), batch_size=1, verbose=0)
    return ops.convert_to_numpy(bowl.place)


def test_it_finds_the_bottom_of_a_long_bowl():
    np.testing.assert_allclose(place_after(25, LBFGS()), GOAL, atol=1e-4)


def test_adam_is_still_on_its_way_there():
    assert np.abs(place_after(25, keras.optimizers.Adam(0.01)) - GOAL).max() > 0.02


def test_no_element_moves_further_than_the_largest_step():
    assert np.abs(place_after(1, LBFGS(largest=0.05))).max() <= 0.05 + 1e-6


def test_a_learning_rate_shortens_the_steps():
    whole, half = place_after(1, LBFGS()), place_after(1, LBFGS(0.5))
    np.testing.assert_allclose(half, whole / 2, rtol=1e-5)


def test_at_the_bottom_it_stays():
    bowl = Bowl()
    bowl.place.assign(GOAL)
    bowl.compile(optimizer=LBFGS())
    bowl.fit(np.zeros((3, 1), "float32"), batch_size=1, verbose=0)
    np.testing.assert_array_equal(ops.convert_to_numpy(bowl.place), GOAL)


def test_a_model_of_two_variables_is_refused():
    with pytest.raises(ValueError, match="moves one variable; this model has 2"):
        LBFGS().build([keras.Variable([1.0]), keras.Variable([2.0])])


def test_its_configuration_gives_the_same_again():
    config = LBFGS(0.5, history=4, largest=0.1).get_config()
    again = LBFGS.from_config(config)
    assert (again.history, again.largest) == (4, 0.1)
