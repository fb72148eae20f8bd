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
