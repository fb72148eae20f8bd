"""What diffusion models and flows share: a network that is told the time and the words, and the way from noise to data.

Shapes: data x, noisy data x_t and noise ε have one shape, (n, ...); time t is (n, 1, ...), so that it broadcasts
against x: 0 is data, 1 is noise. The network predicts the velocity v (n, ...), the direction in which x_t moves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import keras
import numpy as np
from keras import layers, ops

from generative_vision import prompts
from generative_vision.data import validate_images
from generative_vision.models.functions import Model, averaged_copy, hold_function, update_average
from generative_vision.models.sampling import normal_noise


def guide(v_without, v_with, guidance):
    """Return v₀ + g·(v_c − v₀): classifier-free guidance. Ho and Salimans (2022), arXiv:2207.12598, whose w is g − 1.

    g = 1 is the model as it was trained, 0 ignores the condition, more than 1 exaggerates it.
    """
    return v_without + guidance * (v_with - v_without)


@dataclass(frozen=True)
class Method:
    """One way from time t to an earlier time s."""

    step: Callable  #: (x_t, v, t, s) -> x_s; with noise of x's shape as a fifth argument where it is random
    random: bool = False
    second_order: bool = False  #: Heun: v is averaged over both ends of the step, which needs it twice
    steps: int = 25  #: from noise to data, unless a call says otherwise


class TimeFeatures(layers.Layer):
    """Times (n, 1, ...) -> (n, size): sines and cosines of 2^k·t. Vaswani et al. (2017), arXiv:1706.03762."""

    def __init__(self, size: int = 16, dtype="float32", **options):
        super().__init__(dtype=dtype, **options)
        self.size = size

    def call(self, t):
        angles = ops.reshape(t, (-1, 1)) * np.pi * 2.0 ** np.arange(-1, self.size // 2 - 1, dtype="float32")
        return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=1)

    def get_config(self):
        return {**super().get_config(), "size": self.size}


def told(conditional: bool, size: int) -> tuple[list, object]:
    """Return the network's inputs besides x_t, and the vector (n, size) it makes of them: of the time, and the words.

    The rows of the first layer that reads the words are the vocabulary's learned vectors: a prompt is their sum.
    """
    t = keras.Input((1,))
    features, inputs = TimeFeatures()(t), [t]
    if conditional:
        words = keras.Input((len(prompts.WORDS),))
        meaning = layers.Dense(size, activation="silu")(layers.Dense(size)(words))
        features, inputs = layers.Concatenate()([features, meaning]), [t, words]
    return inputs, layers.Dense(size, activation="silu")(features)


class Denoiser(Model):
    """Learns to predict the velocity of noisy data, and follows it from noise to data.

    Those made of it say what noisy data and their velocity are: ``q_sample`` and ``target``, each a function (x, t, ε).
    Samples come from ``averaged``, a running average of the network's weights.

    Args:
        network: [x_t, t, words] -> v; without words where the model is not conditional.
        condition: None, "labels" or "captions": what ``fit`` is given besides the images.
        drop: how often training hides the condition, so that the model learns to do without: guidance needs both.
        keep: share of the running average that each step keeps (Yazıcı et al. 2019, arXiv:1806.04498).
        guide: (v without, v with, g) -> v.
        methods: name to Method, the default first.
    """

    def __init__(
        self, network: keras.Model, *, condition: str | None, drop: float, keep: float, guide: Callable, methods: dict[str, Method]
    ):
        super().__init__(autocast=False)  # data and losses stay float32; the network chooses for itself
        if condition not in (None, "labels", "captions"):
            raise ValueError(f'condition={condition!r}: expected None, "labels" or "captions".')
        if not 0 <= drop < 1 or not 0 <= keep < 1:
            raise ValueError(f"drop={drop!r}, keep={keep!r}: expected 0 to below 1.")
        self.network, self.averaged = network, averaged_copy(network)
        self.shape = tuple(network.outputs[0].shape[1:])
        self.condition, self.drop, self.keep, self.methods = condition, drop, keep, methods
        x, t = self.example()
        hold_function("guide", guide, x, -x, t, shape=x.shape)
        self.guide = guide
        self.seeds = keras.random.SeedGenerator()
        self.steps = self.add_weight(name="steps", shape=(), initializer="zeros", trainable=False)  # of training
        self._sampler = lru_cache(8)(self._make_sampler)  # traced once for each way of sampling; not a part of the model

    def example(self) -> tuple[np.ndarray, np.ndarray]:
        """Return two x and their times, to try functions on."""
        x = np.linspace(-1, 1, 2 * int(np.prod(self.shape)), dtype="float32").reshape(2, *self.shape)
        return x, np.linspace(0.25, 0.75, 2, dtype="float32").reshape(self._times())

    def call(self, x):
        """Return x: what there is to compute stands in ``compute_loss``, where the words are, too."""
        return x

    def fit(self, images, condition=None, *, validation_data: tuple | None = None, **options):
        """Keras' own ``fit``, of images (n, 28, 28, 1) in [−1, 1]; labels (n,) or captions, n sentences, for a conditional model.

        Args:
            validation_data: (images, condition) or (images,), for ``val_loss``.
        """
        words = self.encode_condition(condition, len(validate_images(images)))
        x = self.adapt(images)
        if validation_data is not None:
            options["validation_data"] = self.prepare(*validation_data)
        return super().fit(x, words, **options)

    def evaluate(self, images=None, condition=None, *, x=None, y=None, **options):
        """Keras' own ``evaluate``: the loss on images, and labels or captions, as ``fit`` takes them."""
        if images is not None:
            x, y = self.prepare(images, condition)
        return super().evaluate(x, y, **options)  # fit itself calls it with x and y, prepared

    def adapt(self, images) -> np.ndarray:
        """Return ``from_images`` of the training images, after learning from them what that needs: here nothing."""
        return self.from_images(images)

    def prepare(self, images, condition=None) -> tuple:
        """Return what the loss is computed of: data x (n, ...), and words (n, 16) or None."""
        return self.from_images(images), self.encode_condition(condition, len(images))

    def compute_loss(self, x, y=None, y_pred=None, sample_weight=None, training=True):
        """Return the mean over batch and numbers of (v̂ − v)²: x data in the model's scale, y their words."""
        t, noise = self.draw_training(x)
        v = self.predict_training(self.q_sample(x, t, noise), t, y, training)
        if training:
            self.follow()
        return ops.mean(ops.square(v - self.target(x, t, noise)))

    def draw_training(self, x):
        """Return times (n, 1, ...), uniform in [0, 1), and noise ε ~ N(0, I) of x's shape."""
        t = keras.random.uniform((ops.shape(x)[0], *self._times()[1:]), seed=self.seeds)
        return t, keras.random.normal(ops.shape(x), seed=self.seeds)

    def predict_training(self, x_t, t, words, training=True):
        """Return v (n, ...) as the network sees it in training: now and then without the words."""
        if self.condition:
            hidden = self.drop if training else 0.0  # evaluate shows all
            shown = keras.random.uniform((ops.shape(x_t)[0], 1), seed=self.seeds) >= hidden
            words = words * ops.cast(shown, "float32")
        return predict(self.network, x_t, t, words, training)

    def follow(self):
        """Take one step of the running average; the first steps keep less, so that it soon forgets where it began."""
        step = ops.convert_to_tensor(self.steps)  # an optimizer's own count cannot be read while JAX traces
        update_average(self.averaged, self.network, ops.minimum(self.keep, (1 + step) / (10 + step)))
        self.steps.assign_add(1)

    def encode_condition(self, condition, n: int) -> np.ndarray | None:
        """Return labels, or captions, one or n of them, as rows of ones and zeros; None for a model without.

        Raises:
            ValueError: a condition where the model has none, or none where it has one; a wrong number of them; a word
                or a label that is not known.
        """
        if self.condition is None:
            if condition is not None:
                raise ValueError('This model was built without a condition: give it condition="labels" or "captions", and them to fit.')
            return None
        if condition is None:
            raise ValueError(f"This model is conditional: it needs {self.condition}, as in fit(images, {self.condition}).")
        if isinstance(condition, str) or np.ndim(condition) == 0:
            condition = [condition] * n
        condition = np.asarray(condition)
        if len(condition) != n:
            raise ValueError(f"{len(condition)} labels or captions for {n} images.")
        if condition.dtype.kind != "U":
            return prompts.encode_labels(condition)
        words = prompts.encode(list(condition))
        if self.condition == "labels" and words[:, len(prompts.CLASS_WORDS):].any():
            raise ValueError('This model knows the words for the classes only: one built with condition="captions" knows more.')
        return words

    def sample(
        self, n: int, *, seed: int, spread: float = 1.0, labels=None, prompt: str | Sequence[str] | None = None,
        guidance: float = 1.0, steps: int | None = None, method: str | Callable | None = None,
    ) -> np.ndarray:
        """Return n new images (n, 28, 28, 1), float32, in [−1, 1], from noise ε ~ N(0, λI).

        Args:
            seed: the same seed gives the same images.
            spread: λ ≥ 0.
            labels, prompt: one of them, for a conditional model: one for all images, or n of them. Without any,
                labels are drawn uniformly.
            guidance: g ≥ 0, see ``guide``.
            steps: from noise to data; the method's own number without.
            method: a name in ``methods``, or a function (x_t, v, t, s) -> x_s.
        """
        noise = normal_noise(n, int(np.prod(self.shape)), seed=seed, spread=spread).reshape(n, *self.shape)
        words = self.asked(labels, prompt, n, seed)
        return self.to_images(self.denoise(noise, words, guidance=guidance, steps=steps, method=method, seed=seed))

    def refine(
        self, images, strength: float, *, seed: int, labels=None, prompt=None, guidance: float = 1.0, steps: int | None = None,
        method: str | Callable | None = None,
    ) -> np.ndarray:
        """Return images (n, 28, 28, 1) made from sketches: each is noised up to time ``strength``, then denoised.

        Meng et al. (2021), arXiv:2108.01073.

        Args:
            images: (n, 28, 28, 1) in [−1, 1].
            strength: 0 keeps the sketch, 1 forgets it.
            steps: that the whole way from 1 to 0 would take.
        """
        x = self.from_images(images)
        if not 0 <= strength <= 1:
            raise ValueError(f"strength={strength}: expected 0 to 1.")
        t = np.full((len(x), *self._times()[1:]), strength, "float32")
        noise = normal_noise(len(x), x[0].size, seed=seed).reshape(x.shape)
        start = ops.convert_to_numpy(self.q_sample(*map(ops.convert_to_tensor, (x, t, noise))))
        words = self.asked(labels, prompt, len(x), seed)
        steps = self._steps(steps, method)
        steps = max(min(steps, 1), round(steps * strength))  # one or more, unless what was asked for is wrong
        return self.to_images(self.denoise(start, words, begin=strength, guidance=guidance, steps=steps, method=method, seed=seed))

    def denoise(
        self, start, words=None, *, begin: float = 1.0, guidance: float = 1.0, steps: int | None = None, method=None, seed: int = 0,
        sampler: type[Sampler] | None = None, given: dict | None = None,
    ) -> np.ndarray:
        """Return x (n, ...) at time 0, from x_t (n, ...) at time ``begin``; in the model's own scale, not images.

        Args:
            words: (n, 16), as ``encode_condition`` returns them.
            sampler: class of the sampler, ``Sampler`` without.
            given: further arrays (n, ...) that it needs.
        """
        steps = self._steps(steps, method)
        if steps < 1 or steps != int(steps) or not 0 <= guidance < float("inf"):
            raise ValueError(f"steps={steps}, guidance={guidance}: expected 1 or more whole steps, and a finite number, 0 or more.")
        if self.condition is None and guidance != 1:
            raise ValueError(f"guidance={guidance}: this model has no condition that it could exaggerate.")
        n = len(start)
        numbers = {"begin": begin, "guidance": guidance}
        inputs = {name: np.full((n, *self._times()[1:]), value, "float32") for name, value in numbers.items()}
        inputs |= {"x": start, "key": np.random.default_rng(seed).integers(2**31, size=(n, 1), dtype="int32")}
        inputs |= {"steps": np.full((n, 1), steps, "int32"), **(given or {})}
        if words is not None:
            inputs["words"] = words
        way = self._sampler(sampler or Sampler, self._method(method), guidance != 1)
        if begin == 0:  # there already, where DDPM would divide by zero
            return np.asarray(start, "float32")
        return way.predict(inputs, batch_size=500, verbose=0)

    def velocity(self, x_t, t: float, words=None) -> np.ndarray:
        """Return the averaged network's prediction v (n, ...) for x_t (n, ...) at time t."""
        parts = [np.asarray(x_t, "float32"), np.full((len(x_t), 1), t, "float32"), *([] if words is None else [words])]
        return self.averaged.predict(parts, batch_size=500, verbose=0).astype("float32")

    def asked(self, labels, prompt, n: int, seed: int) -> np.ndarray | None:
        """Return what labels or a prompt ask for, as ``encode_condition`` does; n labels drawn where there are neither."""
        if labels is not None and prompt is not None:
            raise ValueError("labels and prompt both say what to draw: give one of them.")
        condition = labels if prompt is None else prompt
        if condition is None and self.condition:
            condition = np.random.default_rng(seed).integers(len(prompts.CLASS_WORDS), size=n)
        return self.encode_condition(condition, n)

    def _method(self, method) -> Method:
        if callable(method):
            x, t = self.example()
            hold_function("method", method, x, -x, t, t / 2, shape=x.shape)
            return Method(method)
        if method is not None and method not in self.methods:
            raise ValueError(f"method={method!r}: expected a function, or one of {', '.join(self.methods)}.")
        return self.methods[method or next(iter(self.methods))]

    def _steps(self, steps: int | None, method) -> int:
        return self._method(method).steps if steps is None else steps

    def _make_sampler(self, sampler: type[Sampler], method: Method, guided: bool) -> Sampler:
        return sampler(self.averaged, method, self.guide if guided else None)

    def _times(self) -> tuple[int, ...]:
        """The shape of two times that broadcast against two x."""
        return (2, *[1] * len(self.shape))


def predict(network: keras.Model, x_t, t, words=None, training=None):
    """Return v (n, ...), float32, for x_t (n, ...), t (n, 1, ...) and words (n, 16)."""
    t = ops.reshape(t, (-1, 1))
    return ops.cast(network([x_t, t] if words is None else [x_t, t, words], training=training), "float32")


class Sampler(keras.Model):
    """The way from noise to data in equal steps, as many as asked for; ``predict`` cuts it into batches.

    Args:
        network: [x_t, t, words] -> v.
        guide: None where there is no guidance, which then costs nothing.
    """

    def __init__(self, network: keras.Model, method: Method, guide: Callable | None):
        super().__init__(autocast=False)
        self.network, self.method, self.guide = network, method, guide

    def call(self, inputs):
        """Return x at time 0; inputs: x, begin, steps, guidance, key, and words where there is a condition."""
        return ops.fori_loop(0, inputs["steps"][0, 0], lambda i, x: self.move(i, x, inputs), inputs["x"])

    def move(self, i, x, inputs):
        """Return x after step i."""
        return self.step(x, *self.times(i, inputs), inputs, i)

    def times(self, i, inputs):
        """Return the time before step i, and the time after it: (n, 1, ...)."""
        steps = ops.cast(inputs["steps"][0, 0], "float32")
        left = steps - ops.cast(i, "float32")
        return inputs["begin"] * left / steps, inputs["begin"] * (left - 1) / steps  # the last is 0, exactly

    def step(self, x, t, s, inputs, count):
        """Return x_s; ``count`` numbers the draws of noise."""
        v = self.velocity(x, t, inputs)
        if self.method.second_order:
            v = (v + self.velocity(self.method.step(x, v, t, s), s, inputs)) / 2
        noise = [draw_noise(x, inputs["key"], count)] if self.method.random else []
        return ops.cast(self.method.step(x, v, t, s, *noise), "float32")

    def velocity(self, x, t, inputs):
        """Return v, with guidance: then the network sees each x twice, with its words and without."""
        words = inputs.get("words")
        if self.guide is None:
            return predict(self.network, x, t, words)
        both = predict(self.network, *(ops.concatenate([part, part]) for part in (x, t)), ops.concatenate([words * 0, words]))
        return self.guide(*ops.split(both, 2), inputs["guidance"])


def draw_noise(x, key, count):
    """Return noise ε ~ N(0, I) of x's shape: the same for the same key (n, 1) and count, on whichever device."""
    return keras.random.normal(ops.shape(x), seed=_Key(key, count))


class _Key(keras.random.SeedGenerator):
    """A seed whose two numbers are known only while the sampler runs."""

    def __init__(self, key, count):  # no variable behind it: nothing to count on
        self.pair = ops.stack([ops.cast(key[0, 0], "uint32"), ops.cast(count, "uint32")])

    def next(self, ordered=True):
        return self.pair
