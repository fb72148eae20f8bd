"""The loss of each image: its expectation, what it depends on, errors."""

import numpy as np
import pytest

from generative_vision.models.diffusion import DEVIATION, MEAN, Diffusion
from generative_vision.models.image_losses import image_losses
from generative_vision.models.latent_flow import LatentFlow


@pytest.fixture(scope="module")
def untrained():
    """A model whose network still answers 0 to everything."""
    return Diffusion(width=4)


def grey(*levels):
    return np.broadcast_to(np.reshape(levels, (-1, 1, 1, 1)), (len(levels), 28, 28, 1)).astype("f4")


def test_of_a_network_that_answers_0_it_is_the_mean_square_of_the_velocity(untrained):
    levels = np.array([MEAN, MEAN + DEVIATION])  # x = 0 and x = 1: E v² = α² + σ²x²
    found = image_losses(untrained, grey(*levels))
    np.testing.assert_allclose(found, [0.5, 1.0], rtol=0.05)


def test_each_image_has_its_own(untrained):
    few = grey(-0.5, 0.1, 0.9)
    assert image_losses(untrained, few).shape == (3,)


def test_one_seed_gives_one_result(untrained):
    one, again = (image_losses(untrained, grey(-0.2), seed=3) for _ in range(2))
    np.testing.assert_array_equal(one, again)


def test_another_seed_draws_other_noise(untrained):
    one, other = (image_losses(untrained, grey(-0.2), seed=s) for s in (3, 4))
    assert one[0] != other[0]


def test_a_flow_has_them_in_its_codes():
    found = image_losses(LatentFlow(latent_dim=4, width=8), grey(-0.5, 0.5), draws=2)
    assert found.shape == (2,)
    assert (found > 0).all()


def test_a_conditional_model_may_be_told_nothing():
    found = image_losses(Diffusion(width=4, condition="labels"), grey(-0.5), draws=1)
    assert found.shape == (1,)


def test_labels_for_a_model_without_are_refused(untrained):
    with pytest.raises(ValueError, match="built without a condition"):
        image_losses(untrained, grey(-0.5), [3])


def test_no_draw_is_refused(untrained):
    with pytest.raises(ValueError, match="draws=0: expected a whole number, at least 1"):
        image_losses(untrained, grey(-0.5), draws=0)
