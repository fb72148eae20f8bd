"""Models behave as a Keras user expects, on TensorFlow and JAX (``test_jax.py``).

Every use of a verb is right, or an error says what to do instead.
"""

from pathlib import Path

import numpy as np
import pytest
from zoo import CAPTIONS, IMAGES, KINDS, LABELS, NOW_OR_SLOW, eager, given, make

from generative_vision import prompts

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")

# fit and evaluate


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_prepared_can_be_prepared_again(kind):
    model = make(kind)
    once = model.prepare(IMAGES, given(model))
    twice = model.prepare(*once)
    assert np.array_equal(once[0], twice[0])
    assert once[0].dtype == np.float32
    if model.condition is None:
        assert once[1] is twice[1] is None
    else:
        assert np.array_equal(once[1], twice[1])


@pytest.mark.parametrize("kind", NOW_OR_SLOW)
def test_arguments_have_keras_names_and_order(kind):
    model = make(kind)
    model.compile(optimizer="sgd", run_eagerly=True)
    history = model.fit(x=IMAGES, y=given(model), batch_size=12, epochs=1, verbose=0).history
    model.fit(IMAGES, given(model), 12, 1, 0, None)
    assert np.isfinite(history["loss"]).all()
    assert np.isfinite(
        model.evaluate(x=IMAGES, y=given(model), verbose=0, return_dict=True)["loss"]
    )
    assert np.isfinite(model.evaluate(IMAGES, given(model), 8, 0)).all()


def test_a_whole_batch_size_may_be_a_float():
    model = make("autoencoder")
    model.compile("sgd", run_eagerly=True)
    model.fit(IMAGES, batch_size=12.0, verbose=0)
    assert int(model.optimizer.iterations) == 2


@pytest.mark.parametrize("kind", NOW_OR_SLOW)
def test_named_or_not_evaluate_gives_one_loss(kind):
    model = make(kind)
    model.compile()
    seeds = getattr(model, "seeds", None)
    start = None if seeds is None else np.asarray(seeds.state)
    losses = []
    for call in (
        lambda: model.evaluate(IMAGES, given(model), verbose=0, return_dict=True),
        lambda: model.evaluate(x=IMAGES, y=given(model), verbose=0, return_dict=True),
    ):
        if seeds is not None:
            seeds.state.assign(start)
        losses.append(call()["loss"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


@pytest.mark.parametrize("kind", NOW_OR_SLOW)
def test_validation_data_and_an_odd_last_batch(kind):
    model = make(kind)
    model.compile()
    pair = (IMAGES[:5], None if model.condition is None else given(model)[:5])
    options = {"batch_size": 7, "epochs": 2, "verbose": 0}
    history = model.fit(IMAGES, given(model), validation_data=pair, **options).history
    assert len(history["val_loss"]) == 2
    split = model.fit(IMAGES, given(model), validation_split=0.25, **options).history
    assert np.isfinite(split["val_loss"]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_batches_by_hand(kind):
    model = make(kind)
    model.compile(run_eagerly=eager())
    one = model.train_on_batch(IMAGES[:8], None if model.condition is None else given(model)[:8])
    other = model.test_on_batch(IMAGES[:8], None if model.condition is None else given(model)[:8])
    assert np.isfinite(one).all()
    assert np.isfinite(other).all()


def test_a_target_that_is_the_image_itself_is_taken():
    for kind in ("autoencoder", "VAE"):
        model = make(kind)
        model.compile()
        model.fit(IMAGES, IMAGES, verbose=0)
        model.fit(x=IMAGES, y=IMAGES, validation_data=(IMAGES, IMAGES), verbose=0)


def dataset(*parts, batch=7):
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(parts if len(parts) > 1 else parts[0]).batch(batch)


@pytest.mark.parametrize("kind", [kind for kind in NOW_OR_SLOW if "latent flow" not in kind.values])
def test_a_dataset_trains_as_arrays_do(kind):
    model = make(kind)
    model.compile(run_eagerly=eager())
    parts = {
        None: [IMAGES],
        "labels": [IMAGES, LABELS],
        "captions": [IMAGES, prompts.encode(CAPTIONS)],
    }
    batches = dataset(*parts[model.condition])
    history = model.fit(batches, validation_data=batches, epochs=2, verbose=0).history
    assert np.isfinite([history["loss"], history["val_loss"]]).all()
    result = model.evaluate(batches, verbose=0, return_dict=True)
    assert np.isfinite(result["loss"])


def test_a_dataset_gives_the_loss_that_its_arrays_give():
    model = make("autoencoder")
    model.compile()
    by_arrays = model.evaluate(IMAGES, batch_size=8, verbose=0)
    assert model.evaluate(dataset(IMAGES, batch=8), verbose=0) == pytest.approx(by_arrays, rel=1e-5)
    judge = make("classifier")
    judge.compile()
    by_arrays = judge.evaluate(IMAGES, LABELS, batch_size=8, verbose=0)
    assert judge.evaluate(dataset(IMAGES, LABELS, batch=8), verbose=0) == pytest.approx(
        by_arrays, rel=1e-5
    )


@pytest.mark.parametrize(
    ("kind", "parts", "words"),
    [
        ("autoencoder", [(IMAGES + 1) * 127.5], "range from 0 to 255"),
        ("autoencoder", [IMAGES.astype("uint8")], "dtype uint8.*127.5 - 1"),
        ("autoencoder", [IMAGES[..., 0]], r"shape \(7, 28, 28\)"),
        ("GAN", [IMAGES, LABELS], "built without a condition"),
        ("diffusion", [IMAGES], "needs captions"),
        ("diffusion", [IMAGES, CAPTIONS], r"prompts.encode\(captions\)"),
        ("conditional VAE", [IMAGES, LABELS + 5], "from 0 to 9"),
        ("latent flow", [IMAGES, LABELS], "arrays, not"),
    ],
)
def test_a_dataset_that_does_not_fit_is_refused(kind, parts, words):
    model = make(kind)
    model.compile()
    with pytest.raises(ValueError, match=words):
        model.fit(dataset(*parts), verbose=0)


def test_a_generator_that_can_be_read_once_is_refused():
    model = make("autoencoder")
    model.compile()
    with pytest.raises(ValueError, match="read more than once"):
        model.fit((IMAGES for _ in range(3)), verbose=0)
    with pytest.raises(ValueError, match="labels inside"):
        model.fit(dataset(IMAGES), LABELS, verbose=0)


# Images and labels as people have them


@pytest.mark.parametrize(
    "verb", ["fit", "evaluate", "train_on_batch", "test_on_batch", "validation"]
)
@pytest.mark.parametrize(
    ("x", "words"),
    [
        (np.zeros((24, 28, 28, 1), "uint8"), "dtype uint8.*127.5 - 1"),
        ((IMAGES + 1) * 127.5, "range from 0 to 255.*127.5 - 1"),
        (np.moveaxis(IMAGES, -1, 1), r"shape \(24, 1, 28, 28\).*moveaxis"),
        (IMAGES[..., 0], r"shape \(24, 28, 28\).*images\[..., None\]"),
        (IMAGES.reshape(24, -1), r"shape \(24, 784\).*reshape"),
        (IMAGES * np.nan, "range from nan"),
        (None, "None"),
    ],
)
def test_wrong_images_are_refused_at_every_door(verb, x, words):
    model = make("autoencoder")
    model.compile()
    doors = {
        "fit": lambda: model.fit(x, verbose=0),
        "evaluate": lambda: model.evaluate(x=x, verbose=0),
        "train_on_batch": lambda: model.train_on_batch(x),
        "test_on_batch": lambda: model.test_on_batch(x),
        "validation": lambda: model.fit(IMAGES, validation_data=(x,), verbose=0),
    }
    with pytest.raises(ValueError, match=words) as caught:
        doors[verb]()
    assert str(caught.value).startswith("validation_data: ") == (verb == "validation")


@pytest.mark.parametrize("kind", KINDS)
def test_float64_and_lists_are_taken(kind):
    model = make(kind)
    assert model.prepare(IMAGES.astype("float64"), given(model))[0].dtype == np.float32
    assert np.array_equal(
        model.prepare(list(IMAGES), given(model))[0], model.prepare(IMAGES, given(model))[0]
    )


@pytest.mark.parametrize(
    "kind", ["conditional VAE", "conditional GAN", "diffusion", "latent flow", "classifier"]
)
def test_labels_are_taken_in_all_their_forms(kind):
    model = make(kind)
    expected = model.prepare(IMAGES, LABELS)[1]
    one_hot = np.eye(10)[LABELS]
    for labels in (
        LABELS.tolist(),
        LABELS.astype("uint8"),
        LABELS.astype("float32"),
        one_hot,
        one_hot.astype(int),
    ):
        assert np.array_equal(model.prepare(IMAGES, labels)[1], expected)
    for labels in (LABELS + 0.5, LABELS[:5], LABELS[:, None], LABELS + 8, one_hot * 2):
        with pytest.raises(ValueError, match="labels"):
            model.prepare(IMAGES, labels)


def test_images_that_never_go_below_0_are_a_warning_with_its_reason():
    model = make("autoencoder")
    model.compile()
    with pytest.warns(UserWarning, match="black is -1 here.*2 \\* images - 1") as caught:
        model.evaluate((IMAGES + 1) / 2, verbose=0)
    assert Path(caught[0].filename) == Path(__file__)


# What would be ignored


@pytest.mark.parametrize("kind", KINDS)
def test_compile_refuses_what_it_would_ignore(kind):
    model = make(kind)
    for options in (
        {"loss": "mse"},
        {"metrics": ["accuracy"]},
        {"weighted_metrics": ["mse"]},
        {"loss_weights": [1]},
    ):
        with pytest.raises(
            ValueError, match=f"{next(iter(options))}=.*would be ignored.*compute_loss"
        ):
            model.compile(optimizer="adam", **options)
    with pytest.raises(ValueError, match="loss=.*would be ignored"):
        model.compile("adam", "mse")


def test_weights_of_samples_and_classes_are_refused():
    model = make("classifier")
    model.compile()
    for options in ({"sample_weight": np.ones(24)}, {"class_weight": {0: 2.0}}):
        with pytest.raises(ValueError, match="would be ignored"):
            model.fit(IMAGES, LABELS, verbose=0, **options)
    with pytest.raises(ValueError, match="would be ignored"):
        model.evaluate(IMAGES, LABELS, sample_weight=np.ones(24), verbose=0)
    with pytest.raises(ValueError, match="would be ignored"):
        model.evaluate(IMAGES, LABELS, 8, 0, np.ones(24))
    triple = (IMAGES, LABELS, np.ones(24, "float32"))
    for options in ({"validation_data": triple}, {"x": dataset(*triple), "y": None}):
        with pytest.raises(ValueError, match="sample_weight=.*would be ignored"):
            model.fit(**{"x": IMAGES, "y": LABELS, "verbose": 0, **options})


@pytest.mark.parametrize(
    "options", [{"validation_split": 1.0}, {"validation_split": 0.999}, {"batch_size": 0}]
)
def test_nothing_to_train_on_is_refused(options):
    model = make("autoencoder")
    model.compile()
    with pytest.raises(ValueError, match=next(iter(options))):
        model.fit(IMAGES, verbose=0, **options)


def test_labels_of_a_dataset_may_change_their_form_between_two_fits():
    model = make("conditional VAE")
    model.compile()
    for labels in (LABELS, LABELS / 1.0, np.eye(10, dtype="float32")[LABELS]):
        assert np.isfinite(model.fit(dataset(IMAGES, labels), verbose=0).history["loss"]).all()
    assert np.isfinite(model.fit(IMAGES, LABELS, verbose=0).history["loss"]).all()


@pytest.mark.parametrize("kind", ["VAE", "GAN"])
def test_terms_add_up_where_the_last_batch_is_smaller(kind):
    model = make(kind, **({"penalty": 0.0} if kind == "GAN" else {}))
    model.compile()
    logs = model.evaluate(IMAGES, batch_size=17, verbose=0, return_dict=True)
    terms = [value for name, value in logs.items() if name != "loss"]
    assert len(terms) == 2
    assert sum(terms) == pytest.approx(logs["loss"], rel=1e-5)


# Forward passes


def test_call_is_the_forward_pass_where_there_is_one():
    model = make("autoencoder")
    assert model.predict(IMAGES, verbose=0).clip(-1, 1) == pytest.approx(
        model.reconstruct(IMAGES), abs=1e-5
    )
    vae = make("VAE")
    for ours, theirs in zip(vae.predict(IMAGES, verbose=0), vae.posterior(IMAGES), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-5)
    judge = make("classifier")
    assert judge.predict(IMAGES, verbose=0).shape == (24, 10)
    with pytest.raises(ValueError, match="range from"):
        model.predict(IMAGES * 255, verbose=0)
    with pytest.raises(ValueError, match="dtype uint8"):
        model.predict_on_batch(IMAGES.astype("uint8"))
    assert model.predict_on_batch(IMAGES) == pytest.approx(
        model.predict(IMAGES, verbose=0), abs=1e-5
    )


@pytest.mark.parametrize("kind", ["GAN", "diffusion", "latent flow"])
def test_predict_names_sample_where_there_is_none(kind):
    model = make(kind)
    with pytest.raises(TypeError, match=r"no forward pass.*model\.sample\(n, seed=0\)"):
        model.predict(IMAGES)
    with pytest.raises(TypeError, match="no forward pass"):
        model.predict_on_batch(IMAGES)
    assert np.array_equal(np.asarray(model(IMAGES)), IMAGES)


# Numbers and seeds


@pytest.mark.parametrize("kind", ["VAE", "conditional GAN", "latent flow"])
def test_a_generator_may_stand_for_a_seed(kind):
    model = make(kind)
    drawn = [model.sample(2, seed=np.random.default_rng(7)) for _ in range(2)]
    assert np.array_equal(*drawn)
    rng = np.random.default_rng(7)
    assert np.array_equal(model.sample(2, seed=rng), drawn[0])
    assert not np.array_equal(model.sample(2, seed=rng), drawn[0])


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("VAE", {"latent_dim": None}, "latent_dim=None: expected a whole number, at least 1"),
        ("VAE", {"beta": "1"}, "beta='1': expected a finite number"),
        ("GAN", {"penalty": None}, "penalty=None: expected a finite number"),
        ("FlowVAE", {"latent_dim": "8"}, "latent_dim='8': expected a whole number"),
        ("FlowVAE", {"couplings": -1}, "couplings=-1: expected a whole number, at least 0"),
        ("FlowVAE", {"hidden": 0}, "hidden=0: expected a whole number, at least 1"),
        ("LatentFlow", {"depth": -3}, "depth=-3: expected a whole number, at least 0"),
        ("Diffusion", {"condition": ["labels"]}, r"condition=\['labels'\]: expected None or"),
    ],
)
def test_what_is_no_such_number_is_refused_by_its_name(kind, options, words):
    from generative_vision.models.diffusion import Diffusion
    from generative_vision.models.flow_vae import FlowVAE
    from generative_vision.models.gan import GAN
    from generative_vision.models.latent_flow import LatentFlow
    from generative_vision.models.vae import VAE

    kinds = {one.__name__: one for one in (VAE, GAN, FlowVAE, LatentFlow, Diffusion)}
    with pytest.raises(ValueError, match=words):
        kinds[kind](**options)


def test_a_variable_of_keras_is_a_number():
    import keras

    model = make("VAE", beta=keras.Variable(1.0))
    model.compile()
    model.fit(IMAGES, verbose=0)
    model.beta.assign(50.0)
    logs = model.evaluate(IMAGES, verbose=0, return_dict=True)
    assert (logs["loss"] - logs["distortion"]) / logs["rate"] == pytest.approx(50, rel=0.01)


@pytest.mark.parametrize(("option", "value"), [("guidance", "3"), ("steps", "5"), ("solver", [1])])
def test_options_of_a_sample_are_refused_by_their_names(option, value):
    model = make("diffusion")
    with pytest.raises(ValueError, match=f"{option}=.*expected"):
        model.sample(1, seed=0, **{option: value})
