"""Flow matching: formulas, what its solvers make of Gaussian codes, the frozen autoencoder.

What flow and diffusion share is tested in ``test_diffusion_model.py`` and ``test_guidance.py``,
training on JAX in ``on_jax.py``.
"""

import numpy as np
import pytest
from exact import (
    CLASSES,
    CODE_M,
    CODE_S,
    Diary,
    autoencoder,
    best_flow,
    column,
    flow,
    network,
    normal,
    rows,
    same_weights,
    standardised,
)

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")

EULER_AND_HEUN = ["euler", "heun"]


@pytest.fixture(scope="module")
def gaussian(small_and_exact):
    """A model that predicts as well as can be where the codes are Gaussian."""
    return flow(autoencoder=autoencoder(28), network=network(best_flow, shape=(28,)))


# The formulas


def test_codes_go_straight_to_noise():
    from generative_vision.models.latent_flow import interpolate

    x, e, t = normal(4, 3), normal(4, 3, seed=1), column(0, 0.3, 0.8, 1)
    expected = [x[0], 0.7 * x[1] + 0.3 * e[1], 0.2 * x[2] + 0.8 * e[2], e[3]]
    assert np.asarray(interpolate(x, t, e)) == pytest.approx(np.stack(expected), abs=1e-6)
    halfway = (x + e) / 2
    assert interpolate(x, 0.5, e) == pytest.approx(halfway, abs=1e-6)


def test_velocity_is_the_derivative_by_time():
    from generative_vision.models.latent_flow import flow_target, interpolate

    x, e, t, h = normal(4, 3), normal(4, 3, seed=1), column(0, 0.3, 0.8, 1), 0.1
    change = np.subtract(interpolate(x, t + h, e), interpolate(x, t - h, e))
    assert np.asarray(flow_target(x, t, e)) == pytest.approx(change / (2 * h), abs=1e-5)


@pytest.mark.parametrize("target", [0, 0.25, 1])
def test_euler_step_leads_to_any_time_where_v_is_known(target):
    from generative_vision.models.latent_flow import euler_step, flow_target, interpolate

    x, e, t = normal(4, 3), normal(4, 3, seed=1), column(0, 0.3, 0.8, 1)
    x_s = euler_step(interpolate(x, t, e), flow_target(x, t, e), t, target)
    assert np.asarray(x_s) == pytest.approx((1 - target) * x + target * e, abs=1e-6)


# Many steps, of Gaussian codes


@pytest.mark.parametrize(("solver", "order", "limit"), [("euler", 1, 0.02), ("heun", 2, 0.002)])
def test_solvers_arrive_where_the_flow_leads(gaussian, solver, order, limit):
    """Along it (x_t − (1 − t)m)/√((1 − t)²s² + t²) stays as it is: noise z becomes m + s·z."""
    z, errors = normal(100, 28), []
    for steps in (10, 20, 40):
        x = gaussian.denoise(z, steps=steps, solver=solver)
        errors.append(np.abs(x - (CODE_M + CODE_S * z)).mean())
    gained = np.log2(np.divide(errors[:-1], errors[1:]))
    assert errors[-1] < limit
    assert gained == pytest.approx([order, order], abs=0.25)


@pytest.mark.parametrize("solver", EULER_AND_HEUN)
def test_solvers_from_a_time_between(gaussian, solver):
    x_t = normal(100, 28)
    spread = np.sqrt(0.4**2 * CODE_S**2 + 0.6**2)
    expected = CODE_M + CODE_S * (x_t - 0.4 * CODE_M) / spread
    x = gaussian.denoise(x_t, begin=0.6, steps=340, solver=solver)
    assert x == pytest.approx(expected, abs=0.02)


def test_heun_is_the_default_and_looks_twice(gaussian):
    """By hand: one step of the average of v at both ends."""
    z = normal(5, 28)
    first = np.asarray(best_flow(z, column(1)))
    second = np.asarray(best_flow(z - first, column(0)))
    heun = pytest.approx(z - (first + second) / 2, abs=1e-5)
    assert gaussian.denoise(z, steps=1) == heun
    assert gaussian.denoise(z, steps=1, solver="heun") == heun
    assert gaussian.denoise(z, steps=1, solver="euler") == pytest.approx(z - first, abs=1e-5)


@pytest.mark.parametrize("solver", [None, *EULER_AND_HEUN])
def test_eight_steps_are_the_default_of_every_solver(gaussian, solver):
    z = normal(5, 28)
    default = gaussian.denoise(z, solver=solver)
    assert default == pytest.approx(gaussian.denoise(z, steps=8, solver=solver))
    assert default != pytest.approx(gaussian.denoise(z, steps=9, solver=solver))


@pytest.mark.parametrize("solver", EULER_AND_HEUN)
def test_flow_draws_nothing_on_its_way(gaussian, solver):
    z = normal(5, 28)
    first, other = (gaussian.denoise(z, solver=solver, seed=seed) for seed in (0, 1))
    assert (first == other).all()


def test_distribution_of_what_is_sampled(gaussian):
    x = (gaussian.denoise(normal(2000, 28), steps=25) - CODE_M) / CODE_S
    assert x.mean(axis=0) == pytest.approx(np.zeros(28), abs=0.1)
    assert x.std(axis=0) == pytest.approx(np.ones(28), abs=0.08)


def test_refine_noises_up_to_its_strength_and_goes_back(gaussian, images):
    from generative_vision.models.noise import normal_noise

    x_t = 0.6 * gaussian.from_images(images[:4]) + 0.4 * normal_noise(4, 28, seed=3)
    spread = np.sqrt(0.6**2 * CODE_S**2 + 0.4**2)
    expected = gaussian.to_images(CODE_M + CODE_S * (x_t - 0.6 * CODE_M) / spread)
    refined = gaussian.refine(images[:4], 0.4, seed=3, steps=100)
    assert refined == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(("strength", "gone"), [(0.5, 4), (0.01, 1), (1, 8)])
def test_refine_takes_its_share_of_the_default_steps(gaussian, images, strength, gone):
    diary = Diary()
    gaussian.refine(images[:2], strength, seed=0, solver=diary)
    assert len(diary.times) == gone
    assert diary.times[0][0] == strength
    assert diary.times[-1][1] == 0


@pytest.mark.parametrize("guidance", [0, 1, 3])
def test_guidance_holds_at_both_ends_of_a_heun_step(guidance):
    """v = t without words, and 2 + t with one: averaged over the step that is 2g + 1/2."""
    from keras import ops

    def answer(x, t, words):
        return 0 * x + t + 2 * ops.sum(words, axis=1, keepdims=True)

    fake, z = flow("labels", network=network(answer, CLASSES, (4,))), normal(3, 4)
    x = fake.denoise(z, rows(3, 3, 3, size=CLASSES), guidance=guidance, steps=1)
    assert x == pytest.approx(z - (2 * guidance + 0.5), abs=1e-5)


# The autoencoder, which stays as it is


def test_flow_keeps_an_autoencoder_of_its_own(images):
    original = autoencoder()
    model = standardised(flow(autoencoder=original), images)
    assert same_weights(model.encoder.get_weights(), original.encoder.get_weights())
    assert same_weights(model.decoder.get_weights(), original.decoder.get_weights())
    codes, first = model.from_images(images), model.sample(3, seed=0, steps=2)
    original.set_weights([w + 1 for w in original.get_weights()])
    assert (codes == model.from_images(images)).all()
    assert (first == model.sample(3, seed=0, steps=2)).all()


def test_flows_share_a_frozen_autoencoder(images):
    frozen = autoencoder()
    frozen.trainable = False
    one, other = flow(autoencoder=frozen), flow(autoencoder=frozen)
    for model in (one, other):
        assert model.encoder is frozen.encoder
        assert model.decoder is frozen.decoder
    before = frozen.get_weights()
    one.compile(optimizer="adam", run_eagerly=True)
    one.fit(images, batch_size=16, verbose=0)
    assert same_weights(before, frozen.get_weights())
    assert {id(w) for w in one.trainable_variables} == {id(w) for w in one.network.weights}


def test_shared_and_own_autoencoder_keep_weights_alike(images, tmp_path):
    """A file written with one kind is read into the other."""
    frozen = autoencoder()
    frozen.trainable = False
    shared = standardised(flow(autoencoder=frozen), images)
    shared.save_weights(tmp_path / "flow.weights.h5")
    own = flow()
    own.load_weights(tmp_path / "flow.weights.h5")
    expected = shared.sample(3, seed=0, steps=2)
    assert own.sample(3, seed=0, steps=2) == pytest.approx(expected, abs=1e-5)


def test_training_moves_the_network_alone(images):
    model = flow()
    still, moving = [model.encoder, model.decoder], [model.network, model.averaged]
    before = [part.get_weights() for part in still + moving]
    assert {id(w) for w in model.trainable_variables} == {id(w) for w in model.network.weights}
    model.compile(optimizer="adam", run_eagerly=True)
    model.fit(images, batch_size=16, verbose=0)
    after = [part.get_weights() for part in still + moving]
    same = [same_weights(old, new) for old, new in zip(before, after, strict=True)]
    assert same == [True, True, False, False]


def far_from_standard():
    """A flow on codes whose mean is not near 0."""
    model = flow()
    model.encoder.set_weights([3 * w + 0.1 for w in model.encoder.get_weights()])
    return model


def test_fit_standardises_the_codes(images):
    model = far_from_standard()
    codes = model.encode(images)
    assert codes == pytest.approx(model.encoder.predict(images, verbose=0), rel=1e-6, abs=1e-5)
    assert np.abs(codes.mean(axis=0)).max() > 0.3
    model.compile(optimizer="sgd", run_eagerly=True)
    model.fit(images, verbose=0)
    x = model.from_images(images)
    assert x.dtype == np.float32
    assert x.mean(axis=0) == pytest.approx(np.zeros(4), abs=1e-4)
    assert x.std(axis=0) == pytest.approx(np.ones(4), abs=1e-3)
    assert np.asarray(model.scaled(codes)) == pytest.approx(x)


def test_codes_lead_back_to_the_images_of_the_autoencoder(images):
    model = standardised(far_from_standard(), images)
    codes = model.encoder.predict(images, verbose=0)
    expected = model.decoder.predict(codes, verbose=0).clip(-1, 1)
    assert model.to_images(model.from_images(images)) == pytest.approx(expected, abs=1e-4)


def test_equal_images_have_codes_without_deviation(images):
    model, alike = flow(), images[[0, 0]]
    model.compile(optimizer="sgd", run_eagerly=True)
    model.fit(alike, verbose=0)
    assert np.isfinite(model.from_images(alike)).all()
    assert np.isfinite(model.sample(2, seed=0, steps=2)).all()


def test_codes_of_images_and_codes_themselves_are_the_same_to_evaluate(images):
    """v̂ = 0 and v = x: the loss is the mean square of the standardised codes."""
    fake = network(lambda x, t: 0 * x, shape=(4,))
    model = flow(network=fake, target=lambda x, t, e: x + 0 * t * e)
    standardised(model, images).compile()
    expected = pytest.approx(1, abs=1e-3)
    assert model.evaluate(images, batch_size=64, verbose=0) == expected
    assert model.evaluate(model.encode(images), batch_size=64, verbose=0) == expected


def test_sizes_follow_the_autoencoder():
    from generative_vision.models.latent_flow import LatentFlow

    model = LatentFlow(autoencoder(7), width=8, depth=1)
    assert model.latent_dim == 7
    assert model.example_shape == (7,)


def test_without_an_autoencoder_there_is_an_untrained_one():
    from generative_vision.models.latent_flow import LatentFlow

    bare = LatentFlow(latent_dim=5, width=8, depth=1)
    assert bare.example_shape == (5,)
    assert bare.encoder.output_shape == (None, 5)
    assert bare.sample(2, seed=0, steps=1).shape == (2, 28, 28, 1)
