"""What a diffusion model refuses, and in which words."""

import numpy as np
import pytest
from exact import diffusion, tiny

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")

X = np.full((2, 28, 28, 1), -0.5, "float32")
MASK = np.ones((28, 28))


OF_ANY_MODEL = [
    (lambda m: m.fit(X[..., 0]), r"shape \(2, 28, 28\)"),
    (lambda m: m.fit(X + 128), "range from"),
    (lambda m: m.fit(X, [1, 2]), "built without a condition"),
    (lambda m: m.sample(0, seed=0), "n=0: expected a whole number, at least 1"),
    (lambda m: m.sample(2, seed=0, spread=-1), "spread=-1"),
    (lambda m: m.sample(2, seed=0, labels=3), "built without a condition"),
    (lambda m: m.sample(2, seed=0, prompt="a bag"), "built without a condition"),
    (lambda m: m.sample(2, seed=0, guidance=2), "guidance=2: this model has no condition"),
    (lambda m: m.sample(2, seed=0, steps=0), "steps=0: expected a whole number, at least 1"),
    (lambda m: m.sample(2, seed=0, steps=2.5), "steps=2.5: expected a whole number"),
    (lambda m: m.sample(2, seed=0, steps=float("nan")), "steps=nan"),
    (lambda m: m.sample(2, seed=0, solver="heun"), "solver='heun': expected 'ddim' or 'ddpm'"),
    (lambda m: m.denoise(X, steps=-1), "steps=-1"),
    (lambda m: m.denoise(X, guidance=0), "guidance=0.*no condition"),
    (lambda m: m.denoise(X, solver=""), "solver=''"),
    (lambda m: m.refine(X, 1.5, seed=0), "strength=1.5: .* at least 0, at most 1"),
    (lambda m: m.refine(X, -0.1, seed=0), "strength=-0.1"),
    (lambda m: m.refine(X, np.nan, seed=0), "strength=nan"),
    (lambda m: m.refine(X, 0.5, seed=0, steps=0), "steps=0"),
    (lambda m: m.refine(X, 0.5, seed=0, steps=-4), "steps=-4: expected a whole number"),
    (lambda m: m.refine(X, 0, seed=0, solver="heun"), "solver='heun'"),
    (lambda m: m.refine(X[0], 0.5, seed=0), r"shape \(28, 28, 1\)"),
    (lambda m: m.refine(X, 0.5, seed=0, labels=1), "built without a condition"),
    (lambda m: m.inpaint(X + 3, MASK, seed=0), "range from 2.5 to 2.5"),
    (
        lambda m: m.inpaint(X, MASK[1:], seed=0),
        r"\(27, 28\) and runs.*expected \(28, 28\) or \(2, 28, 28",
    ),
    (lambda m: m.inpaint(X, X[:1], seed=0), r"mask has shape \(1, 28, 28, 1\)"),
    (lambda m: m.inpaint(X, MASK / 2, seed=0), "true or 1 where to paint"),
    (lambda m: m.inpaint(X, MASK * np.nan, seed=0), "true or 1"),
    (lambda m: m.inpaint(X, MASK, seed=0, repeats=0), "repeats=0: expected a whole number"),
    (lambda m: m.inpaint(X, MASK, seed=0, steps=0), "steps=0"),
    (lambda m: m.inpaint(X, MASK, seed=0, solver="euler"), "solver='euler'"),
    (lambda m: m.inpaint(X, MASK, seed=0, prompt="bag"), "built without a condition"),
]

OF_A_CONDITIONAL_MODEL = [
    (lambda m: m.fit(X), r"conditional: it needs captions, as in fit\(x, captions\)"),
    (lambda m: m.fit(X, [1, 10]), "whole numbers from 0 to 9"),
    (lambda m: m.fit(X, [1, 2.5]), r"labels\[1\] is 2.5: expected whole numbers"),
    (lambda m: m.fit(X, ["a bag"]), "1 labels or captions for 2 images"),
    (lambda m: m.fit(X, ["a bag", "a skirt"]), "'skirt' is not known; did you mean 'shirt'"),
    (lambda m: m.fit(X, MASK[:2, :16] / 2), "row 0 has 0.5 at 0: expected ones and zeros"),
    (lambda m: m.fit(X, MASK[:2, :11]), r"shape \(2, 11\); expected"),
    (lambda m: m.sample(2, seed=0, labels=[1, 2, 3]), "3 labels or captions for 2"),
    (lambda m: m.sample(2, seed=0, labels=-1), "whole numbers from 0 to 9"),
    (lambda m: m.sample(2, seed=0, labels=1, prompt="bag"), "give one of them"),
    (lambda m: m.sample(2, seed=0, prompt=["bag"] * 3), "3 labels or captions for 2"),
    (lambda m: m.sample(2, seed=0, guidance=-1), "guidance=-1.*expected"),
    (lambda m: m.sample(2, seed=0, guidance=np.nan), "guidance=nan"),
    (lambda m: m.sample(2, seed=0, guidance=np.inf), "guidance=inf"),
    (lambda m: m.sample(2, seed=0, guidance=np.ones(2)), "guidance=array.*expected a finite"),
    (lambda m: m.denoise(X), "conditional: it needs captions"),
    (lambda m: m.inpaint(X, MASK, seed=0, labels=[1]), "1 labels or captions for 2"),
]


@pytest.mark.parametrize(("call", "words"), OF_ANY_MODEL)
def test_wrong_input_is_named(unconditional, call, words):
    with pytest.raises(ValueError, match=words):
        call(unconditional)


@pytest.mark.parametrize(("call", "words"), OF_A_CONDITIONAL_MODEL)
def test_wrong_conditions_are_named(captioned, call, words):
    with pytest.raises(ValueError, match=words):
        call(captioned)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"condition": "words"}, "condition='words': expected None or 'labels' or 'captions'"),
        ({"condition_dropout": 1}, "condition_dropout=1: expected .* at least 0, below 1"),
        ({"condition_dropout": -0.1}, "condition_dropout=-0.1"),
        ({"ema_decay": 1.0}, "ema_decay=1.0"),
        ({"ema_decay": np.nan}, "ema_decay=nan"),
    ],
)
def test_wrong_options_are_named(options, words):
    from generative_vision.models.diffusion import Diffusion

    with pytest.raises(ValueError, match=words):
        Diffusion(network=tiny(), **options)


def not_written(*given):
    raise NotImplementedError


def of_numpy(x, t, e):
    return np.cos(t) * x + e


def one_number(x, t, e):
    from keras import ops

    return ops.mean(x) + 0 * t[:1, 0, 0, 0]


def infinite(x, t, e):
    from keras import ops

    return x / ops.maximum(t - 2, 0)


MISTAKES = [
    ("q_sample", of_numpy, TypeError, "q_sample must compute with keras.ops"),
    ("q_sample", one_number, ValueError, r"q_sample returns shape .*expected \(2, 28, 28, 1\)"),
    ("q_sample", infinite, ValueError, "NaN or infinite"),
    ("target", lambda x, t: x * t, TypeError, r"target must be a function \(a, b, c\): too many"),
    ("target", lambda x, t, e: None, TypeError, "target.*a result is returned"),
    ("guide", lambda a, b, g: a[:1] + g, ValueError, "guide returns shape"),
    ("guide", not_written, NotImplementedError, "guide is not written yet"),
    ("guide", "linear", TypeError, "guide is 'linear'; expected a function"),
]


@pytest.mark.parametrize(("name", "function", "kind", "words"), MISTAKES)
def test_a_mistake_in_a_function_is_named_before_training(name, function, kind, words):
    with pytest.raises(kind, match=words):
        diffusion(**{name: function})


def test_sketches_take_whole_steps_too():
    with pytest.raises(ValueError, match="whole number"):
        diffusion().refine(X, 0.4, seed=0, steps=2.5)
