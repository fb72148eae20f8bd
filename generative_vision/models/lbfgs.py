"""L-BFGS: an optimizer that learns from its last steps how the loss bends.

Liu and Nocedal (1989).
"""

import math

import keras
from keras import ops

from generative_vision.models.layers import register


@register
class LBFGS(keras.optimizers.Optimizer):
    """Newton's direction, estimated from the last changes of place s and of gradient y.

    For one variable and a loss without noise: each step must meet the same function. There is no
    search along the direction; instead no element moves by more than ``largest``.

    Args:
        learning_rate: the part of Newton's step to take.
        history: how many pairs (s, y) to remember.
        largest: change of an element in one step.
    """

    def __init__(self, learning_rate=1.0, history: int = 10, largest: float = 0.5, **options):
        super().__init__(learning_rate=learning_rate, **options)
        self.history, self.largest = history, largest

    def build(self, variables) -> None:
        """Make room for the history of one variable."""
        if self.built:
            return
        if len(variables) != 1:
            raise ValueError(f"LBFGS moves one variable; this model has {len(variables)}.")
        super().build(variables)
        n, m = math.prod(variables[0].shape), self.history
        shapes = {"place": (n,), "slope": (n,), "s": (m, n), "y": (m, n), "rho": (m,)}
        self.place, self.slope, self.s, self.y, self.rho = (
            self.add_variable(shape, dtype="float32", name=name) for name, shape in shapes.items()
        )

    def update_step(self, gradient, variable, learning_rate) -> None:
        """Remember the last step if the slope rose along it, and take the next."""
        place, slope = ops.reshape(variable, (-1,)), ops.reshape(gradient, (-1,))
        s, y = place - self.place.value, slope - self.slope.value
        bend = ops.sum(s * y)
        fresh = ops.logical_and(self.iterations > 0, bend > 1e-10 * ops.sum(y * y))
        rho = 1 / ops.where(fresh, bend, 1.0)
        for memory, latest in ((self.s, s), (self.y, y), (self.rho, rho)):
            moved = ops.concatenate([memory.value[1:], ops.expand_dims(latest, 0)])
            memory.assign(ops.where(fresh, moved, memory.value))
        self.place.assign(place)
        self.slope.assign(slope)
        step = self.newton(slope)
        longest = ops.max(ops.abs(step))
        step = step * ops.minimum(1.0, self.largest / ops.maximum(longest, 1e-30))
        self.assign_sub(variable, ops.reshape(learning_rate * step, variable.shape))

    def newton(self, slope):
        """Return H⁻¹ times the slope, by two loops over the pairs; an empty pair has ρ = 0."""
        s, y, rho, parts = self.s.value, self.y.value, self.rho.value, []
        step = slope
        for i in reversed(range(self.history)):
            parts.append(rho[i] * ops.sum(s[i] * step))
            step = step - parts[-1] * y[i]
        steepness = ops.maximum(ops.max(ops.abs(slope)), 1e-30)
        newest = 1 / ops.maximum(rho[-1] * ops.sum(y[-1] * y[-1]), 1e-30)
        step = ops.where(rho[-1] > 0, newest, 0.1 / steepness) * step
        for i, part in zip(range(self.history), reversed(parts)):
            step = step + s[i] * (part - rho[i] * ops.sum(y[i] * step))
        return step

    def get_config(self):
        """Return the constructor's arguments."""
        own = {"history": self.history, "largest": self.largest}
        return {**super().get_config(), **own}
