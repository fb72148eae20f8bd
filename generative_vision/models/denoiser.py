"""What diffusion models and flows share: they learn the velocity of noisy data, and follow it from noise to data.

Shapes: data x, noisy data x_t, noise ε and velocity v are (n, ...). Time is 0 for data and 1 for noise: t is (n, 1, ...)
in training and a number in sampling.
"""

from __future__ import annotations

from functools import partial

import keras
import numpy as np
from keras import ops

from generative_vision.models.averaging import averaged_copy, update_ema
from generative_vision.models.base import Model, validate_network
from generative_vision.models.conditioning import resolve_condition
from generative_vision.models.layers import register
from generative_vision.models.noise import in_batches, normal_noise, solver_rng
from generative_vision.models.samplers import Solver, follow, guided
from generative_vision.models.validation import validate_function


@register
def guide(v_without, v_with, guidance):
    """Return v₀ + g·(v_c − v₀): classifier-free guidance. Ho and Salimans (2022), arXiv:2207.12598, whose w is g − 1.

    g = 1 is the model as it was trained, 0 ignores the condition, more than 1 exaggerates it.
    """
    return v_without + guidance * (v_with - v_without)


class Denoiser(Model):
    """Minimises E ‖v̂(x_t, t) − v‖² over t ~ U(0, 1) and ε ~ N(0, I); samples by following v̂.

    A subclass says what x is: ``from_images`` and ``to_images`` lead to the model's scale and back, ``scaled`` is
    what of that is done in ``compute_loss``. Samples come from ``averaged``, a running average of the network; the loss,
    ``val_loss`` too, is the network's own.

    Args:
        network: [x_t, t] or, with a condition, [x_t, t, words] -> v.
        condition: None, "labels" or "captions": ``fit(images, labels)`` or ``fit(images, captions)``.
        condition_dropout: how often training hides the condition, so that the model learns to do without it:
            guidance needs both.
        ema_decay: share of the running average that each step keeps.
        q_sample, target: (x, t, ε) -> x_t and its velocity v. ``SOLVERS`` follow the package's own: a path of another kind
            needs a solver of its own, too.
        guide: (v without, v with, g) -> v.
        example_shape: of what ``fit`` takes.
    """

    SOLVERS: dict[str, Solver]  #: by name, the default first
    STEPS: int  #: from noise to data, unless a call says otherwise
    BATCH = 500  #: how many samples go through the network at a time

    def __init__(self, network, *, condition, condition_dropout, ema_decay, q_sample, target, guide, **options):
        super().__init__(condition, **options)
        if not 0 <= condition_dropout < 1 or not 0 <= ema_decay < 1:
            raise ValueError(f"{condition_dropout=}, {ema_decay=}: expected 0 to below 1.")
        validate_network("network", network, self.example_shape)
        self.network, self.averaged = network, averaged_copy(network)
        self.condition_dropout, self.ema_decay = condition_dropout, ema_decay
        x = np.linspace(-1, 1, 2 * int(np.prod(self.example_shape)), dtype="float32").reshape(2, *self.example_shape)
        t = np.array([0.25, 0.75], "float32").reshape(2, *[1] * len(self.example_shape))
        validate_function("q_sample", q_sample, x, t, -x, shape=x.shape)
        validate_function("target", target, x, t, -x, shape=x.shape)
        validate_function("guide", guide, x, -x, t, shape=x.shape)
        self.q_sample, self.target, self.guide = q_sample, target, guide
        self.steps = self.add_weight(name="steps", shape=(), initializer="zeros", trainable=False)
        self.seeds = keras.random.SeedGenerator()

    def compute_loss(self, x, y=None, y_pred=None, sample_weight=None, training=True):
        """Return the mean over batch and numbers of (v̂ − v)²."""
        x, words = self.scaled(x), self.rows(y)
        t = self.draw_times(ops.shape(x)[0])
        noise = keras.random.normal(ops.shape(x), seed=self.seeds)
        if training:
            words = self.hide_some(words)
            self.update_average()
        v = self.predict_v(self.q_sample(x, t, noise), t, words, training)
        return ops.mean(ops.square(v - self.target(x, t, noise)))

    def draw_times(self, n):
        """Return times of training (n, 1, ...), uniform in [0, 1)."""
        return keras.random.uniform((n, *[1] * len(self.example_shape)), seed=self.seeds)

    def predict_v(self, x_t, t, words=None, training=False):
        """Return the network's v (n, ...), float32, for x_t (n, ...), t (n, 1, ...) and words (n, size)."""
        inputs = [x_t, ops.reshape(t, (-1, 1)), *([] if words is None else [words])]
        return ops.cast(self.network(inputs, training=training), "float32")

    def hide_some(self, words):
        """Return words (n, size), some of the rows set to 0."""
        if words is None or self.condition_dropout == 0:
            return words
        shown = keras.random.uniform((ops.shape(words)[0], 1), seed=self.seeds) >= self.condition_dropout
        return words * ops.cast(shown, "float32")

    def update_average(self):
        """Take one step of the running average; the first ones keep less, so that it soon forgets where it began."""
        step = ops.convert_to_tensor(self.steps)  # an optimizer's own count cannot be read while JAX traces
        update_ema(self.averaged, self.network, ops.minimum(self.ema_decay, (1 + step) / (10 + step)))
        self.steps.assign_add(1)

    def held(self) -> list[keras.Model]:
        """Return the networks that no gradient moves: the running average."""
        return [self.averaged]

    def velocity(self, x_t, t: float, words=None) -> np.ndarray:
        """Return v (n, ...) as the averaged network says it, for x_t (n, ...) at time t and words (n, size)."""

        def predict(x, words):
            inputs = [x, np.full((len(x), 1), t, "float32"), *([] if words is None else [words])]
            return self.averaged.predict_on_batch(inputs)

        return in_batches(predict, x_t, words, size=self.BATCH)

    def sample(
        self, n: int, *, seed: int, spread: float = 1.0, labels=None, prompt=None, guidance: float = 1.0,
        steps: int | None = None, solver: str | Solver | None = None,
    ) -> np.ndarray:  # fmt: skip
        """Return n new images (n, 28, 28, 1), float32, in [−1, 1], from noise ε ~ N(0, λI).

        Args:
            seed: the same seed gives the same images.
            spread: λ ≥ 0.
            labels, prompt: one of them, for a conditional model: one for all images, or n of them. Without any,
                labels are drawn uniformly.
            guidance: g ≥ 0, see ``guide``.
            steps: from noise to data; ``STEPS`` without.
            solver: a name in ``SOLVERS``, or a function (velocity, x_t, t, s, rng) -> x_s: see ``samplers``.
        """
        noise = normal_noise(n, *self.example_shape, seed=seed, spread=spread)
        words = resolve_condition(self.condition, labels, prompt, n, seed)
        return self.to_images(self.denoise(noise, words, seed=seed, guidance=guidance, steps=steps, solver=solver))

    def refine(
        self, images, strength: float, *, seed: int, labels=None, prompt=None, guidance: float = 1.0,
        steps: int | None = None, solver: str | Solver | None = None,
    ) -> np.ndarray:  # fmt: skip
        """Return images (n, 28, 28, 1) made from sketches: each is noised up to time ``strength``, then denoised.

        Meng et al. (2021), arXiv:2108.01073.

        Args:
            images: (n, 28, 28, 1) in [−1, 1].
            strength: 0 keeps the sketch, 1 forgets it.
            steps: that the whole way from 1 to 0 would take.
        """
        if not 0 <= strength <= 1:
            raise ValueError(f"strength={strength}: expected 0 to 1.")
        x, steps = self.from_images(images), self.STEPS if steps is None else steps
        t = np.full((len(x), *[1] * len(self.example_shape)), strength, "float32")
        noisy = ops.convert_to_numpy(self.q_sample(x, t, normal_noise(*x.shape, seed=seed)))
        words = resolve_condition(self.condition, labels, prompt, len(x), seed)
        steps = max(1, round(steps * strength)) if steps in range(1, 10**6) else steps  # denoise refuses the others
        x = self.denoise(noisy, words, seed=seed, begin=strength, guidance=guidance, steps=steps, solver=solver)
        return self.to_images(x)

    def denoise(self, x, words=None, *, seed=0, begin=1.0, guidance=1.0, steps=None, solver=None) -> np.ndarray:
        """Return x (n, ...) at time 0, from x_t (n, ...) at time ``begin``; in the model's own scale, not images.

        Args:
            words: (n, size), as ``conditioning.encode_condition`` returns them.
            seed: of the noise that a solver draws; a generator goes on with its own.
        """
        solver, steps = self.solver(solver), self.STEPS if steps is None else steps
        if not 1 <= steps < float("inf") or steps != int(steps) or not 0 <= guidance < float("inf"):
            raise ValueError(f"{steps=}, {guidance=}: expected whole steps, 1 or more, and a finite guidance, 0 or more.")
        if self.condition is None and guidance != 1:
            raise ValueError(f"guidance={guidance}: this model has no condition that it could exaggerate.")
        times, rng = np.linspace(begin, 0, int(steps) + 1).tolist(), solver_rng(seed)

        def batch(x, words):
            velocity = partial(self.velocity, words=words)
            if words is not None and (guidance != 1 or self.guide is not guide):
                velocity = guided(self.velocity, words, guidance, self.guide)
            return follow(velocity, solver, x, times, rng)

        return in_batches(batch, x, words, size=self.BATCH) if begin else x

    def solver(self, solver: str | Solver | None) -> Solver:
        """Return the solver of a name; a function as it is, and without any the default."""
        if callable(solver):
            return solver
        if solver is not None and solver not in self.SOLVERS:
            raise ValueError(f"solver={solver!r}: expected a function, or one of {', '.join(self.SOLVERS)}.")
        return self.SOLVERS[solver or next(iter(self.SOLVERS))]
