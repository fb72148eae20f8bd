"""Diffusion paints a part of an image anew and leaves the rest as it was."""

import numpy as np
import pytest
from exact import Diary, circle, diffusion, network, pictures

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")

UPPER = np.zeros((28, 28), "float32")
UPPER[:14] = 1


@pytest.fixture(params=["ddim", "ddpm"])
def paint(unconditional, request):
    def inpaint(x, seed=0):
        return unconditional.inpaint(x, UPPER, seed=seed, steps=3, repeats=2, solver=request.param)

    return inpaint


def test_what_is_known_stays_and_the_rest_is_painted(paint, images):
    painted = paint(images[:3])
    assert painted.shape == (3, 28, 28, 1)
    assert painted.dtype == np.float32
    assert np.abs(painted).max() <= 1
    assert (painted[:, 14:] == images[:3, 14:]).all()
    assert np.abs(painted - images[:3])[:, :14].max() > 0.1


def test_painting_repeats_with_its_seed(paint, images):
    first = paint(images[:3])
    assert (first == paint(images[:3])).all()
    assert (first != paint(images[:3], seed=1)).any()


def test_what_is_under_the_mask_does_not_count(paint, images):
    other = images[:3].copy()
    other[:, :14] = -images[:3, :14]
    assert (paint(other) == paint(images[:3])).all()


def test_what_is_known_counts(paint, images):
    other = images[:3].copy()
    other[:, 14:] = -0.5
    assert (paint(other)[:, :14] != paint(images[:3])[:, :14]).any()


WHOLE = np.broadcast_to(UPPER[..., None], (3, 28, 28, 1))


@pytest.mark.parametrize("mask", [UPPER > 0, UPPER.astype(int), UPPER.tolist(), WHOLE, WHOLE > 0])
def test_a_mask_may_be_of_several_kinds(unconditional, images, mask):
    def paint(mask):
        return unconditional.inpaint(images[:3], mask, seed=0, steps=2, repeats=1)

    assert (paint(mask) == paint(UPPER)).all()


def test_each_image_may_have_a_mask_of_its_own(unconditional, images):
    each = WHOLE * np.reshape([1, 0, 1], (3, 1, 1, 1))
    painted = unconditional.inpaint(images[:3], each, seed=0, steps=2, repeats=1)
    assert (painted[1] == images[1]).all()
    assert (painted[0, :14] != images[0, :14]).any()
    assert (painted[[0, 2], 14:] == images[[0, 2], 14:]).all()


def test_ddpm_with_five_tries_in_25_steps_is_the_default(unconditional, images):
    default = unconditional.inpaint(images[:1], UPPER, seed=0)
    ddpm = unconditional.inpaint(images[:1], UPPER, seed=0, steps=25, repeats=5, solver="ddpm")
    ddim = unconditional.inpaint(images[:1], UPPER, seed=0, steps=25, repeats=5, solver="ddim")
    assert (default == ddpm).all()
    assert (default != ddim).any()


@pytest.mark.parametrize("repeats", [1, 3])
def test_each_step_is_tried_as_often_as_asked(unconditional, images, repeats):
    diary = Diary()
    unconditional.inpaint(images[:2], UPPER, seed=0, steps=2, repeats=repeats, solver=diary)
    assert diary.times == [(1.0, 0.5)] * repeats + [(0.5, 0.0)] * repeats


def test_own_solver_paints(unconditional, images):
    painted = unconditional.inpaint(
        images[:3],
        UPPER,
        seed=0,
        steps=4,
        repeats=3,
        solver=lambda velocity, x, t, s, rng: 0 * x + s,
    )
    black_of_model = unconditional.to_images(
        np.zeros((3, 28, 28, 1), "float32")
    )  # s is 0 in the end
    assert painted[:, :14] == pytest.approx(black_of_model[:, :14], abs=1e-6)


def test_what_is_known_is_as_noisy_as_the_rest():
    """The network looks at the other half, and a step returns what it sees.

    In the end that is the half that is known, as it was at time 1/2.
    """
    from keras import ops

    from generative_vision.models.samplers import first_order

    model = diffusion(network=network(lambda x, t: ops.flip(x, axis=1)))
    grey = np.full((64, 28, 28, 1), 0.5, "float32")
    grey[:, 0, 0] = -1  # under the mask
    solver = first_order(lambda x, v, t, s: 0.1 * v)
    painted = model.inpaint(grey, UPPER, seed=0, steps=2, repeats=1, solver=solver)
    seen = (painted[:, :14] + 0.43) / 0.706 / 0.1
    alpha, sigma = circle(0.5)
    assert seen.mean() == pytest.approx(alpha * (0.5 + 0.43) / 0.706, abs=0.02)
    assert seen.std() == pytest.approx(sigma, abs=0.02)


@pytest.mark.parametrize("repeats", [1, 2, 4])
def test_going_back_between_tries_adds_noise_of_the_right_size(unconditional, repeats):
    """Without any denoising, going back from s to t multiplies by α_t/α_s: over all steps α."""
    from generative_vision.models.diffusion import diffuse
    from generative_vision.models.samplers import repaint

    z = pictures(20)
    painting = repaint(Diary(), 0 * z, np.ones_like(z), diffuse, repeats)
    x = unconditional.denoise(z, begin=0.5, steps=6, solver=painting)
    kept = circle(0.5)[0] ** (repeats - 1)
    assert x.std() == pytest.approx(1, abs=0.03)
    assert np.corrcoef(x.ravel(), z.ravel())[0, 1] == pytest.approx(kept, abs=0.03)


def test_more_images_than_one_batch(unconditional, images):
    """Each image keeps its own known part and its own mask, in the second batch too."""
    many = np.tile(images, (9, 1, 1, 1))  # 576
    mask = np.zeros((576, 28, 28, 1))
    for i in range(576):
        mask[i, i % 28] = 1
    painted = unconditional.inpaint(many, mask, seed=0, steps=2, repeats=2)
    assert (painted[mask == 0] == many[mask == 0]).all()
    changed = (painted != many).any(axis=(2, 3))  # by image and row of pixels
    assert changed[mask[:, :, 0, 0] == 1].mean() > 0.99
    assert len(np.unique(painted[mask > 0].round(4))) > 1000


def test_words_and_guidance_are_heard(captioned, images):
    def paint(**options):
        return captioned.inpaint(images[:3], UPPER, seed=0, steps=2, repeats=1, **options)

    three = paint(labels=3)
    assert (three == paint(prompt=["a dress"] * 3)).all()
    assert np.abs(three - paint(labels=8)).max() > 1e-4
    assert np.abs(three - paint(labels=3, guidance=3)).max() > 1e-4
    assert (three[:, 14:] == images[:3, 14:]).all()


def test_painting_goes_on_from_batch_to_batch(images):
    model = diffusion()
    model.BATCH = 4
    painted = model.inpaint(np.repeat(images[:1], 9, axis=0), np.eye(28), seed=0, steps=2)
    assert painted.shape == (9, 28, 28, 1)
    assert len(np.unique(painted.reshape(9, -1), axis=0)) == 9
