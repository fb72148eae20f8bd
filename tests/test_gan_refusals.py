"""GANs: what is refused before training."""

import numpy as np
import pytest
from gans import build, sequential

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")


@pytest.fixture(scope="module")
def models(small_and_exact):
    return {"plain": build(), "conditional": build(condition="labels")}


ODD, TWO = np.zeros((2, 5)), np.zeros((2, 4))
PLAIN = "built without a condition"
WRONG_INPUT = [
    ("plain", lambda m, x: m.fit(x[..., 0]), r"shape \(2, 28, 28\)"),
    ("plain", lambda m, x: m.fit(128 * x), "range from"),
    ("plain", lambda m, x: m.fit(x, [1, 2]), PLAIN),
    ("plain", lambda m, x: m.generate(ODD), r"\(2, 5\); expected finite numbers, \(n, 4\)"),
    ("plain", lambda m, x: m.generate(np.full((2, 4), np.nan)), "finite"),
    ("plain", lambda m, x: m.generate(TWO, 3), PLAIN),
    ("plain", lambda m, x: m.sample(0, seed=0), "n=0: expected a whole number, at least 1"),
    ("plain", lambda m, x: m.sample(2, seed=0, spread=-1), "spread=-1"),
    ("plain", lambda m, x: m.sample(2, seed=0, labels=3), PLAIN),
    ("conditional", lambda m, x: m.fit(x), r"needs labels, as in fit"),
    ("conditional", lambda m, x: m.fit(x, [1, 10]), "whole numbers from 0 to 9"),
    ("conditional", lambda m, x: m.fit(x, [1]), "1 labels or captions for 2 images"),
    ("conditional", lambda m, x: m.generate(TWO), "needs labels"),
    ("conditional", lambda m, x: m.sample(2, seed=0, labels=[1, 2, 3]), "3 labels.*for 2 images"),
    ("conditional", lambda m, x: m.sample(2, seed=0, prompt="a dark bag"), "for the classes only"),
]


@pytest.mark.parametrize(("name", "call", "words"), WRONG_INPUT)
def test_wrong_input_is_named(models, images, name, call, words):
    with pytest.raises(ValueError, match=words):
        call(models[name], images[:2])


def test_there_is_nothing_to_predict_from_an_image(models, images):
    with pytest.raises(TypeError, match=r"GAN has no forward pass.*model.sample\(n, seed=0\)"):
        models["plain"].predict(images)


WRONG_OPTIONS = [
    ({"latent_dim": 0}, "latent_dim=0: expected a whole number, at least 1"),
    ({"penalty": -1}, "penalty=-1: expected a finite number, at least 0"),
    ({"penalty": np.inf}, "penalty=inf"),
    ({"step": 0}, "step=0: expected a finite number, above 0"),
    ({"step": np.nan}, "step=nan"),
    ({"ema_decay": 1}, "ema_decay=1:"),
    ({"ema_decay": -0.1}, "ema_decay=-0.1"),
    ({"condition": "classes"}, "condition='classes': expected None"),
]


@pytest.mark.parametrize(("options", "words"), WRONG_OPTIONS)
def test_wrong_options_are_named(options, words):
    from generative_vision.models.gan import GAN

    with pytest.raises(ValueError, match=words):
        GAN(**{"latent_dim": 4, "width": 4, **options})


ODD_LAYERS = [
    ("generator", "BatchNormalization"),
    ("discriminator", "BatchNormalization"),
    ("discriminator", "Dropout"),
]


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize(("network", "kind"), ODD_LAYERS)
def test_layers_whose_passes_would_not_agree_are_refused(network, kind, nested):
    from keras import layers

    odd = layers.Dropout(0.2) if kind == "Dropout" else layers.BatchNormalization()
    shape, parts = (4,), [layers.Dense(784), odd, layers.Reshape((28, 28, 1))]
    if network == "discriminator":
        shape, parts = (28, 28, 1), [layers.Flatten(), odd, layers.Dense(1), layers.Reshape(())]
    inside = [sequential(shape, *parts)] if nested else parts
    with pytest.raises(ValueError, match=f"{kind}.*LayerNormalization or GroupNormalization"):
        build(**{network: sequential(shape, *inside)})


def stub(fake):
    raise NotImplementedError


def readers_mistakes():
    from keras import ops

    d, g = "discriminator_loss", "generator_loss"
    return [
        (d, lambda real, fake: np.mean(fake) - np.mean(real), TypeError, f"{d} must compute with"),
        (d, lambda real, fake: float(ops.mean(fake - real)), TypeError, "keras.ops"),
        (d, lambda real, fake: fake - real, ValueError, r"\(2,\).*expected \(\)"),
        (d, lambda real, fake: -ops.mean(ops.log(real)), ValueError, "NaN or infinite"),
        (d, lambda fake: ops.mean(fake), TypeError, d),
        (g, lambda fake: np.mean(np.log(fake)), TypeError, f"{g} must compute with"),
        (g, stub, NotImplementedError, "not written yet"),
        (g, lambda fake: None, TypeError, "a result is returned"),
        (g, "hinge", TypeError, "'hinge'; expected a function"),
    ]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("number", range(9))
def test_a_readers_mistake_meets_a_sentence_before_training(number):
    name, function, kind, words = readers_mistakes()[number]
    with pytest.raises(kind, match=words):
        build(**{name: function})
