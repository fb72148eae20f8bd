"""What diffusion and flows share: they learn the velocity of noisy data, and follow it to data.

Shapes: data x, noisy data x_t, noise ε and velocity v are (n, ...). Time is 0 for data and 1 for
noise: t is (n, 1, ...) in training and a number in sampling.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import keras
import numpy as np
from keras import ops

from generative_vision.models.averaging import averaged_copy, update_ema
from generative_vision.models.base import Model
from generative_vision.models.batches import in_batches
from generative_vision.models.conditioning import resolve_condition
from generative_vision.models.guidance import guide, guided
from generative_vision.models.noise import normal_noise, solver_rng
from generative_vision.models.samplers import follow
from generative_vision.models.validation import validate_function, validate_network
from generative_vision.typing import Images, Labels, Prompt, Rows, Solver, Velocity


class Denoiser(Model):
    """Minimises E ‖v̂(x_t, t) − v‖² over t ~ U(0, 1) and ε ~ N(0, I); samples by following v̂.

    A subclass says what x is: ``from_images`` and ``to_images`` lead to the model's scale and back,
    ``scaled`` is what of that is done in ``compute_loss``. Samples come from ``averaged``, a
    running average of the network; the loss, ``val_loss`` too, is the network's own.

    Args:
        network: [x_t, t] or, with a condition, [x_t, t, words] -> v.
        condition: None, "labels" or "captions": ``fit(images, labels)`` or ``fit(images,
            captions)``.
        condition_dropout: how often training hides the condition, so that the model learns to do
            without it: guidance needs both.
        ema_decay: share of the running average that each step keeps.
        q_sample, target: (x, t, ε) -> x_t and its velocity v. ``SOLVERS`` follow the package's own:
            a path of another kind needs a solver of its own, too.
        guide: (v without, v with, g) -> v.
        example_shape: of what ``fit`` takes.
    """

    FROZEN: tuple[str, ...] = ("averaged",)
    SOLVERS: Mapping[str, Solver]  #: by name, the default first
    STEPS = 25  #: from noise to data, unless a call says otherwise
    BATCH = 500  #: how many samples go through the network at a time

    def __init__(
        self,
        network: keras.Model,
        *,
        condition: str | None,
        condition_dropout: float,
        ema_decay: float,
        q_sample: Callable,
        target: Callable,
        guide: Callable,
        **options,
    ):
        super().__init__(condition, **options)
        if not 0 <= condition_dropout < 1 or not 0 <= ema_decay < 1:
            raise ValueError(f"{condition_dropout=}, {ema_decay=}: expected 0 to below 1.")
        validate_network("network", network, self.example_shape)
        self.network, self.averaged = network, averaged_copy(network)
        self.condition_dropout, self.ema_decay = condition_dropout, ema_decay
        x = np.resize(np.linspace(-1, 1, 8, dtype="float32"), (2, *self.example_shape))
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
        """Return the network's v, float32, for x_t (n, ...), t (n, 1, ...) and words (n, size)."""
        inputs = [x_t, ops.reshape(t, (-1, 1)), *([] if words is None else [words])]
        return ops.cast(self.network(inputs, training=training), "float32")

    def hide_some(self, words):
        """Return words (n, size), some of the rows set to 0."""
        if words is None or self.condition_dropout == 0:
            return words
        draws = keras.random.uniform((ops.shape(words)[0], 1), seed=self.seeds)
        return words * ops.cast(draws >= self.condition_dropout, "float32")

    def update_average(self):
        """Take one step of the running average; the first ones keep less of the beginning."""
        step = ops.convert_to_tensor(self.steps)  # JAX cannot read an optimizer's own count
        decay = ops.minimum(self.ema_decay, (1 + step) / (10 + step))
        update_ema(self.averaged, self.network, decay)
        self.steps.assign_add(1)

    def velocity(self, x_t: np.ndarray, t: float, words: Rows | None = None) -> np.ndarray:
        """Return the averaged network's v (n, ...) for x_t (n, ...), time t and words (n, size)."""
        inputs = [x_t, np.full((len(x_t), 1), t, "float32"), *([] if words is None else [words])]
        return in_batches(
            lambda *batch: self.averaged.predict_on_batch(list(batch)), *inputs, size=self.BATCH
        )

    def sample(
        self,
        n: int,
        *,
        seed: int,
        spread: float = 1.0,
        labels: int | Labels | None = None,
        prompt: Prompt | None = None,
        guidance: float = 1.0,
        steps: int | None = None,
        solver: str | Solver | None = None,
    ) -> Images:
        """Return n new images (n, 28, 28, 1), float32, in [−1, 1], from noise ε ~ N(0, λI).

        Args:
            seed: the same seed gives the same images.
            spread: λ ≥ 0.
            labels, prompt: one of them, for a conditional model: one for all images, or n of them.
                Without any, labels are drawn uniformly.
            guidance: g ≥ 0, see ``guide``.
            steps: from noise to data; ``STEPS`` without.
            solver: a name in ``SOLVERS``, or a function (velocity, x_t, t, s, rng) -> x_s: see
                ``samplers``.
        """
        x = self.denoise(
            normal_noise(n, *self.example_shape, seed=seed, spread=spread),
            resolve_condition(self.condition, labels, prompt, n, seed),
            seed=seed,
            guidance=guidance,
            steps=steps,
            solver=solver,
        )
        return self.to_images(x)

    def refine(
        self,
        images: Images,
        strength: float,
        *,
        seed: int,
        labels: int | Labels | None = None,
        prompt: Prompt | None = None,
        guidance: float = 1.0,
        steps: int | None = None,
        solver: str | Solver | None = None,
    ) -> Images:
        """Return images (n, 28, 28, 1) made from sketches, noised up to ``strength`` and denoised.

        Source: Meng et al. (2021), arXiv:2108.01073.

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
        if steps in range(1, 10**6):  # denoise refuses the others
            steps = max(1, round(steps * strength))
        x = self.denoise(
            noisy,
            resolve_condition(self.condition, labels, prompt, len(x), seed),
            seed=seed,
            begin=strength,
            guidance=guidance,
            steps=steps,
            solver=solver,
        )
        return self.to_images(x)

    def denoise(
        self,
        x: np.ndarray,
        words: Rows | None = None,
        *,
        seed: int | np.random.Generator = 0,
        begin: float = 1.0,
        guidance: float = 1.0,
        steps: int | None = None,
        solver: str | Solver | None = None,
    ) -> np.ndarray:
        """Return x (n, ...) at time 0, from x_t (n, ...) at time ``begin``, in the model's scale.

        Args:
            words: (n, size), as ``conditioning.encode_condition`` returns them.
            seed: of the noise that a solver draws; a generator goes on with its own.
        """
        solver, steps = self.solver(solver), self.STEPS if steps is None else steps
        if not 1 <= steps < float("inf") or steps != int(steps) or not 0 <= guidance < float("inf"):
            raise ValueError(
                f"{steps=}, {guidance=}: expected whole steps, 1 or more, "
                "and a finite guidance, 0 or more."
            )
        if self.condition is None and guidance != 1:
            raise ValueError(f"guidance={guidance}: this model has no condition to exaggerate.")
        times, rng = np.linspace(begin, 0, int(steps) + 1).tolist(), solver_rng(seed)

        def batch(x, words):
            velocity: Velocity = partial(self.velocity, words=words)
            if words is not None and (guidance != 1 or self.guide is not guide):
                velocity = guided(self.velocity, words, guidance, self.guide)
            return follow(velocity, solver, x, times, rng)

        return in_batches(batch, x, words, size=self.BATCH) if begin else x

    def solver(self, solver: str | Solver | None) -> Solver:
        """Return the solver of a name; the first for None; a function as it is."""
        if solver is None or callable(solver):
            return solver or next(iter(self.SOLVERS.values()))
        if solver not in self.SOLVERS:
            raise ValueError(
                f"{solver=}: expected a function, or one of {', '.join(self.SOLVERS)}."
            )
        return self.SOLVERS[solver]
