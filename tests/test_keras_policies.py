"""Whatever precision a reader's own project sets for Keras, each model trains and draws."""

import numpy as np
import pytest
import zoo

POLICIES = ["float64", "bfloat16", "mixed_float16", "mixed_bfloat16"]
SOME = [("VAE", "float64"), ("latent flow", "bfloat16")]
ALL = [(kind, policy) for kind in zoo.KINDS for policy in POLICIES]
CASES = [*SOME, *(pytest.param(*case, marks=pytest.mark.full) for case in ALL if case not in SOME)]


@pytest.fixture
def policy_of(small_and_exact):
    """Set a policy for all networks that are built meanwhile."""
    import keras

    before = keras.config.dtype_policy()
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize(("kind", "policy"), CASES)
def test_a_model_trains_and_draws_under_every_policy(kind, policy, policy_of):
    import keras

    policy_of(policy)
    model = zoo.make(kind)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), run_eagerly=zoo.eager())
    history = model.fit(zoo.IMAGES, zoo.given(model), batch_size=12, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    if hasattr(model, "sample"):
        assert model.sample(2, seed=0).dtype == "float32"


def test_float16_learns_from_gradients_that_are_scaled(policy_of, tmp_path):
    """Divided by images and pixels they would be too small for it."""
    import keras

    policy_of("mixed_float16")
    model = zoo.make("autoencoder")
    policy_of("float32")
    model.compile(optimizer="adam")
    model.save(tmp_path / "half.keras")
    for one in (model, keras.models.load_model(tmp_path / "half.keras")):
        assert isinstance(one.optimizer, keras.optimizers.LossScaleOptimizer)
    model.compile(optimizer="adam", auto_scale_loss=False)
    assert not isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    plain = zoo.make("autoencoder")
    plain.compile(optimizer="adam")
    assert not isinstance(plain.optimizer, keras.optimizers.LossScaleOptimizer)


@pytest.mark.parametrize("kind", zoo.NOW_OR_SLOW)
def test_a_model_trains_where_floats_are_double_by_default(kind, policy_of):
    import keras

    keras.config.set_floatx("float64")
    try:
        model = zoo.make(kind)
        model.compile(optimizer="adam", run_eagerly=zoo.eager())
        history = model.fit(zoo.IMAGES, zoo.given(model), batch_size=12, verbose=0).history
        assert np.isfinite(history["loss"]).all()
        if hasattr(model, "sample"):
            assert model.sample(2, seed=0).dtype == "float32"
    finally:
        keras.config.set_floatx("float32")


@pytest.fixture
def channels_first(small_and_exact):
    """Channels first, as a reader's own keras.json may ask for."""
    import keras

    keras.config.set_image_data_format("channels_first")
    yield
    keras.config.set_image_data_format("channels_last")


def test_networks_are_the_same_where_channels_come_first_elsewhere(channels_first):
    import keras

    from generative_vision.models import style_features, style_network
    from generative_vision.models.classifier import mixer
    from generative_vision.models.weights import pretrained

    def networks():
        models = [*map(zoo.make, zoo.KINDS), mixer(), style_features.random_network(widths=(2, 3))]
        models.append(style_features.random_filters(channels=2, size=3, levels=2))
        models.append(style_network.StyleNetwork(np.zeros((1, 32, 32, 3)), models[-1], width=6))
        return [[weight.shape for weight in model.weights] for model in models]

    first, coder = networks(), pretrained("autoencoder-32")
    assert np.square(coder.reconstruct(zoo.IMAGES) - zoo.IMAGES).mean() < 0.05
    keras.config.set_image_data_format("channels_last")
    assert networks() == first
