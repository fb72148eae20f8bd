"""What diffusion and flows share: they learn the velocity of noisy data, and follow it to data.

Shapes: data x, noisy data x_t, noise ε and velocity v are (n, ...). Time is 0 for data and 1 for
noise: t is (n, 1, ...) in training and a number in sampling.
"""

from collections.abc import Callable, Mapping

import keras
import numpy as np
from keras import ops

from generative_vision.arguments import function_or_choice, validate_numbers
from generative_vision.models.averaging import averaged_copy, update_ema
from generative_vision.models.base import Model
from generative_vision.models.batches import in_batches
from generative_vision.models.conditioning import encode_condition, resolve_condition, row_size
from generative_vision.models.noise import normal_noise, stream
from generative_vision.models.samplers import follow, guide, guided
from generative_vision.models.validation import validate_function, validate_network
from generative_vision.typing import Condition, Images, Labels, Prompt, Rows, Solver, Velocity


class Denoiser(Model):
    """Minimises E ‖v̂(x_t, t) − v‖² over t ~ U(0, 1) and ε ~ N(0, I); samples by following v̂.

    A subclass says what x is: ``from_images`` and ``to_images`` lead to the model's scale and back,
    ``scaled`` is what of that is done in ``compute_loss``. Samples come from ``averaged``, a
    running average of the network; the loss, ``val_loss`` too, is the network's own.

    Args:
        network: [x_t, t] or, with a condition, [x_t, t, words] -> v.
        condition: None, "labels", "captions" or a number of groups: ``fit(images, labels)``,
            ``fit(images, captions)`` or ``fit(images, groups)``.
        condition_dropout: how often training hides the condition, so that the model learns to do
            without it: guidance needs both.
        ema_decay: share of the running average that each step keeps.
        q_sample, target: (x, t, ε) -> x_t and its velocity v. ``SOLVERS`` follow the package's own:
            a path of another kind needs a solver of its own, too.
        guide: (v without, v with, g) -> v.
        example_shape: of what ``fit`` takes.
    """

    FROZEN: tuple[str, ...] = ("averaged",)
    LIMITS: Mapping[str, Mapping] = {
        "condition_dropout": {"least": 0, "below": 1},
        "ema_decay": {"least": 0, "below": 1},
    }
    SOLVERS: Mapping[str, Solver]  #: by name, the default first
    STEPS = 25  #: from noise to data, unless a call says otherwise
    BATCH = 500  #: how many samples go through the network at a time

    def __init__(
        self,
        network: keras.Model,
        *,
        condition: Condition,
        condition_dropout: float,
        ema_decay: float,
        q_sample: Callable,
        target: Callable,
        guide: Callable,
        **options,
    ):
        super().__init__(condition, **options)
        validate_network(
            "network",
            network,
            [self.example_shape, (1,), *([(row_size(condition),)] if condition else [])],
            self.example_shape,
            averaged=True,
        )
        self.network, self.averaged = network, averaged_copy(network)
        self.condition_dropout, self.ema_decay = condition_dropout, ema_decay
        self.q_sample, self.target, self.guide = q_sample, target, guide
        self.steps = self.add_weight(name="steps", shape=(), initializer="zeros", trainable=False)
        self.seeds = keras.random.SeedGenerator()

    def validate_attribute(self, name, value):
        """Raise ValueError or TypeError unless the constructor takes that value, too."""
        super().validate_attribute(name, value)
        if name in ("q_sample", "target", "guide"):
            x, t = (
                np.resize(np.linspace(-1, 1, 8, dtype="float32"), (2, *self.example_shape)),
                np.array([0.25, 0.75], "float32").reshape(2, *[1] * len(self.example_shape)),
            )
            validate_function(  # a guide is called on arrays, while samples are drawn
                name,
                value,
                *((x, -x, np.array(2, "float32")) if name == "guide" else (x, t, -x)),
                shape=x.shape,
                traced=name != "guide",
            )

    def compute_loss(self, x, y=None, y_pred=None, sample_weight=None, training=True):
        """Return the mean over batch and numbers of (v̂ − v)²."""
        x, words = self.scaled(x), self.rows(y)
        t = self.draw_times(ops.shape(x)[0])
        noise = keras.random.normal(ops.shape(x), dtype="float32", seed=self.seeds)
        if training:
            words = self.hide_some(words)
            self.update_average()
        v = self.predict_v(self.q_sample(x, t, noise), t, words, training)
        return ops.mean(ops.square(v - self.target(x, t, noise)))

    def draw_times(self, n):
        """Return times of training (n, 1, ...), uniform in [0, 1)."""
        return keras.random.uniform(
            (n, *[1] * len(self.example_shape)), dtype="float32", seed=self.seeds
        )

    def predict_v(self, x_t, t, words=None, training=False):
        """Return the network's v, float32, for x_t (n, ...), t (n, 1, ...) and words (n, size)."""
        inputs = [x_t, ops.reshape(t, (-1, 1)), *([] if words is None else [words])]
        return ops.cast(self.network(inputs, training=training), "float32")

    def hide_some(self, words):
        """Return words (n, size), some of the rows set to 0."""
        if words is None or self.condition_dropout == 0:
            return words
        return words * ops.cast(
            keras.random.uniform((ops.shape(words)[0], 1), dtype="float32", seed=self.seeds)
            >= self.condition_dropout,
            "float32",
        )

    def update_average(self):
        """Take one step of the running average; the first ones keep less of the beginning."""
        update_ema(
            self.averaged,
            self.network,
            decay=ops.minimum(self.ema_decay, (1 + self.steps) / (10 + self.steps)),
        )
        self.steps.assign_add(1)  # JAX cannot read an optimizer's own count

    def velocity(self, x_t: np.ndarray, t: float, words: Rows | None = None) -> np.ndarray:
        """Return the averaged network's v (n, ...) for x_t (n, ...), time t and words (n, size)."""
        return in_batches(
            lambda *inputs: self.averaged.predict_on_batch([i for i in inputs if i is not None]),
            x_t,
            np.full((len(x_t), 1), t, "float32"),
            words,
            size=self.BATCH,
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
                Without any, labels, or groups, are drawn uniformly; where groups differ in size,
                ``rng.choice(groups, n)`` draws them as often as in the data.
            guidance: g ≥ 0, see ``samplers.guide``.
            steps: from noise to data; ``STEPS`` without.
            solver: a name in ``SOLVERS``, or a function (velocity, x_t, t, s, rng) -> x_s: see
                ``samplers``.
        """
        return self.generate(
            normal_noise(n, *self.example_shape, seed=seed, spread=spread),
            seed=seed,
            labels=labels,
            prompt=prompt,
            guidance=guidance,
            steps=steps,
            solver=solver,
        )

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
            labels, prompt, guidance, solver: as for ``sample``.
        """
        validate_numbers(least=0, most=1, strength=strength)
        x = self.from_images(images)
        noisy = self.q_sample(x, float(strength), normal_noise(*x.shape, seed=seed))
        return self.generate(
            ops.convert_to_numpy(noisy),
            seed=seed,
            begin=strength,
            labels=labels,
            prompt=prompt,
            guidance=guidance,
            steps=steps,
            solver=solver,
        )

    def generate(
        self,
        x: np.ndarray,
        *arrays: np.ndarray,
        seed: int,
        labels: int | Labels | None = None,
        prompt: Prompt | None = None,
        **options,
    ) -> Images:
        """Return what ``denoise`` makes of x, as images; options are its own."""
        words = resolve_condition(self.condition, labels, prompt, len(x), seed)
        return self.to_images(self.denoise(x, words, *arrays, seed=seed, **options))

    def denoise(
        self,
        x: np.ndarray,
        words: Rows | Labels | Prompt | None = None,
        *arrays: np.ndarray,
        seed: int | np.random.Generator = 0,
        begin: float = 1.0,
        guidance: float = 1.0,
        steps: int | None = None,
        solver: str | Solver | None = None,
        wrap: Callable = lambda solver: solver,
    ) -> np.ndarray:
        """Return x (n, ...) at time 0, from x_t (n, ...) at time ``begin``, in the model's scale.

        Args:
            words: labels, captions or rows (n, size), for a conditional model: all zeros hide them.
            arrays: more that a batch's solver needs, each (n, ...).
            seed: of the noise that a solver draws; a generator goes on with its own.
            steps: that the whole way from 1 to 0 would take.
            wrap: (solver, *arrays of a batch) -> the solver of that batch, as for painting.
        """
        words = encode_condition(self.condition, words, len(x))
        validate_numbers(least=0, guidance=guidance)
        if self.condition is None and guidance != 1:
            raise ValueError(f"guidance={guidance}: this model has no condition to exaggerate.")
        solver, times, rng = self.solver(solver), self.times(steps, begin), stream(seed, 1)

        def batch(x, words, *arrays):
            velocity: Velocity = (
                guided(self.velocity, words, guidance, self.guide)
                if words is not None and (guidance != 1 or self.guide is not guide)
                else lambda x, t: self.velocity(x, t, words)
            )
            return follow(velocity, wrap(solver, *arrays), x, times, rng)

        return in_batches(batch, x, words, *arrays, size=self.BATCH)

    def times(self, steps: int | None = None, begin: float = 1.0) -> list[float]:
        """Return evenly spaced times from ``begin`` to 0; ``steps`` would lead from 1 to 0."""
        steps = self.STEPS if steps is None else steps
        validate_numbers(least=1, whole=True, steps=steps)
        return np.linspace(begin, 0, max(round(begin * steps), begin > 0) + 1).tolist()

    def solver(self, solver: str | Solver | None) -> Solver:
        """Return the solver of a name; the first for None; a function as it is."""
        return function_or_choice("solver", solver, self.SOLVERS, "(velocity, x, t, s, rng) -> x_s")
