"""What every family does on JAX as on TensorFlow: it trains, draws, and keeps its weights.

``test_jax.py`` runs these tests in a process of its own, where JAX is the backend.
"""

from itertools import pairwise

import numpy as np
import pytest
from displayed import ipython_displays
from exact import autoencoder, averages, bend, same_weights

from generative_vision import prompts

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")


def adam(rate):
    import keras

    return keras.optimizers.Adam(rate)


def test_the_backend_is_jax():
    import keras

    assert keras.backend.backend() == "jax"


def test_an_autoencoder_learns(images):
    from generative_vision.models.autoencoder import Autoencoder

    model = Autoencoder(8)
    model.compile(optimizer=adam(2e-3))
    loss = model.fit(images, batch_size=8, epochs=5, verbose=0).history["loss"]
    assert loss[-1] < 0.5 * loss[0]


def test_a_model_draws_in_the_middle_of_an_epoch_and_trains_on(images):
    from generative_vision.callbacks import LivePicture
    from generative_vision.models.autoencoder import Autoencoder

    model, errors = Autoencoder(8), []

    def picture():
        errors.append(float(np.square(model.reconstruct(images) - images).mean()))

    model.compile(optimizer=adam(2e-3))
    with ipython_displays():
        watch = LivePicture(picture, every=8)
        model.fit(images, batch_size=2, verbose=0, callbacks=[watch])
    assert len(errors) == 6  # before, after 8, 16, 24 and 32 steps, and at the end
    assert all(after < before for before, after in pairwise(errors[:5]))


@pytest.mark.parametrize("kind", ["VAE", "FlowVAE"])
def test_vaes_learn(kind, images, labels):
    from generative_vision.models import flow_vae, vae

    model = {
        "VAE": lambda: vae.VAE(4, width=4, warmup=4),
        "FlowVAE": lambda: flow_vae.FlowVAE(4, width=4, couplings=2, hidden=8, condition="labels"),
    }[kind]()
    model.compile(optimizer=adam(5e-3))
    y = labels if model.condition else None
    history = model.fit(images, y, batch_size=16, epochs=6, verbose=0).history
    assert history["loss"][-1] < 0.8 * history["loss"][0]
    assert history["rate"][-1] > 0.1
    assert float(model.steps) == (24 if model.warmup else 0)
    assert np.isfinite(model.sample(3, seed=0)).all()


def test_a_gan_learns_and_its_average_follows(images, labels):
    from generative_vision.models.gan import GAN

    model = GAN(4, width=4, condition="labels", ema_decay=0.5)
    before = model.averaged.get_weights()
    model.compile(optimizer="adam")
    history = model.fit(images, labels, batch_size=16, verbose=0).history
    assert np.isfinite([*history.values()]).all()
    after, now = model.averaged.get_weights(), model.generator.get_weights()
    assert all((a != b).any() for a, b in zip(before, after, strict=True))
    assert all((b != c).any() for b, c in zip(after, now, strict=True))
    assert np.isfinite(model.sample(3, seed=0, labels=3)).all()


# Diffusion and flow


@pytest.fixture(scope="module", params=["diffusion", "flow"])
def denoiser(request, small_and_exact):
    """A small model with a condition, compiled, and one step of its default solver."""
    from generative_vision.models.diffusion import Diffusion, ddim_step
    from generative_vision.models.latent_flow import LatentFlow, euler_step

    if request.param == "diffusion":
        model, name, step = Diffusion(condition="captions", width=4), "ddim", ddim_step
    else:
        model = LatentFlow(autoencoder(), condition="labels", width=16, depth=1)
        name, step = "euler", euler_step
    model.compile(optimizer=adam(0.01))
    return model, name, step


def test_a_denoiser_learns_and_its_average_follows(denoiser, images, labels):
    model, *_ = denoiser
    start, before, losses = model.averaged.get_weights(), [], []
    given = prompts.captions(images, labels) if model.condition == "captions" else labels
    for _ in range(16):
        before.append(model.network.get_weights())
        losses += model.fit(images, given, batch_size=64, verbose=0).history["loss"]
    assert np.isfinite(losses).all()
    assert np.mean(losses[-3:]) < 0.97 * np.mean(losses[:3])
    assert same_weights(model.averaged.get_weights(), averages(start, before, 0.998), abs=1e-5)
    assert np.isfinite(model.evaluate(images, labels, verbose=0))


def test_a_denoiser_draws(denoiser, images):
    from keras import ops

    from generative_vision.models.samplers import first_order

    model, name, step = denoiser

    def draw(solver):
        return model.sample(3, seed=0, steps=3, solver=solver)

    def own(velocity, x, t, s, rng):
        return x + (s - t) * ops.convert_to_tensor(velocity(x, t))

    for solver in (*model.SOLVERS, own):
        assert np.isfinite(draw(solver)).all()
    assert draw(first_order(step)) == pytest.approx(draw(name), abs=1e-5)
    asked = {"guidance": 2.0, "prompt": "a bag"}
    assert np.isfinite(model.sample(3, seed=0, steps=2, **asked)).all()
    assert np.isfinite(model.refine(images[:3], 0.5, seed=0, steps=4, labels=3)).all()


def test_a_denoiser_keeps_its_weights(denoiser, tmp_path):
    model, name, _ = denoiser
    bend(model)  # whichever test ran before: a new network says 0, whatever most of its weights are

    def draw():
        return model.sample(3, seed=0, steps=3, solver=name)

    drawn = draw()
    model.save_weights(tmp_path / "own.weights.h5")
    model.averaged.set_weights([0 * w for w in model.averaged.get_weights()])
    assert np.abs(draw() - drawn).max() > 1e-4
    model.load_weights(tmp_path / "own.weights.h5")
    assert draw() == pytest.approx(drawn, abs=1e-6)


def test_diffusion_paints(images, unconditional):
    mask = np.zeros((28, 28))
    mask[:14] = 1
    painted = unconditional.inpaint(images[:3], mask, seed=0, steps=2, repeats=2)
    assert np.isfinite(painted).all()
    assert (painted[:, 14:] == images[:3, 14:]).all()
