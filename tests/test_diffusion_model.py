"""A diffusion model draws images: steps, times, noise, batches, solvers of one's own, sketches."""

from itertools import pairwise

import numpy as np
import pytest
from exact import Diary, diffusion, network, pictures, rows

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")


@pytest.fixture(scope="module")
def echo(small_and_exact):
    """A model whose velocity is x_t itself."""
    return diffusion(network=network(lambda x, t: x))


# sample


@pytest.mark.parametrize("solver", ["ddim", "ddpm"])
def test_samples_are_images_that_repeat_with_their_seed(unconditional, solver):
    def draw(seed):
        return unconditional.sample(4, seed=seed, steps=3, solver=solver)

    first = draw(1)
    assert first.shape == (4, 28, 28, 1)
    assert first.dtype == np.float32
    assert (first == draw(1)).all()
    assert (first != draw(2)).any()
    assert np.abs(first[0] - first[1]).max() > 1e-3


@pytest.mark.parametrize("solver", ["ddim", "ddpm"])
def test_samples_of_much_noise_are_clipped(unconditional, solver):
    wild = unconditional.sample(4, seed=1, steps=3, solver=solver, spread=1e6)
    assert wild.min() == -1
    assert wild.max() == 1


@pytest.mark.parametrize(("solver", "alike"), [("ddim", True), ("ddpm", False)])
def test_without_noise_at_first_only_ddpm_draws_different_images(unconditional, solver, alike):
    images = unconditional.sample(4, seed=1, steps=3, solver=solver, spread=0)
    assert (np.ptp(images, axis=0).max() < 1e-6) == alike


def test_samples_are_denoised_noise(unconditional):
    from generative_vision.models.noise import normal_noise

    noise = normal_noise(4, 28, 28, 1, seed=1, spread=0.25)
    expected = unconditional.to_images(unconditional.denoise(noise, steps=3))
    assert noise.std() == pytest.approx(0.5, abs=0.02)
    assert (unconditional.sample(4, seed=1, spread=0.25, steps=3) == expected).all()


def test_ddim_is_the_default(unconditional):
    default = unconditional.sample(3, seed=0, steps=3)
    assert (default == unconditional.sample(3, seed=0, steps=3, solver="ddim")).all()
    assert (default != unconditional.sample(3, seed=0, steps=3, solver="ddpm")).any()


@pytest.mark.parametrize("name", ["ddim", "ddpm"])
def test_a_name_is_short_for_a_solver(unconditional, name):
    by_name = unconditional.sample(3, seed=0, steps=3, solver=name)
    assert (
        by_name == unconditional.sample(3, seed=0, steps=3, solver=unconditional.SOLVERS[name])
    ).all()


@pytest.mark.parametrize("name", [None, "ddim", "ddpm"])
def test_25_steps_are_the_default_of_every_solver(unconditional, name):
    z = pictures(2)
    default = unconditional.denoise(z, solver=name)
    assert (default == unconditional.denoise(z, solver=name, steps=25)).all()
    assert (default != unconditional.denoise(z, solver=name, steps=24)).any()


def test_more_samples_than_one_batch(unconditional):
    many = unconditional.sample(600, seed=1, steps=2)
    assert many.shape == (600, 28, 28, 1)
    assert many[:5] == pytest.approx(unconditional.sample(5, seed=1, steps=2), abs=1e-5)
    z = pictures(600)
    last = unconditional.denoise(z[595:], steps=2)
    assert unconditional.denoise(z, steps=2)[595:] == pytest.approx(last, abs=1e-5)


def test_sampling_leaves_the_model_as_it_was(captioned, images):
    count, before = len(captioned.variables), captioned.get_weights()
    captioned.sample(2, seed=0, steps=2, guidance=2)
    captioned.refine(images[:2], 0.5, seed=0, steps=2, solver="ddpm")
    captioned.inpaint(images[:2], np.ones((28, 28)), seed=0, steps=2, repeats=2)
    assert len(captioned.variables) == count
    for ours, theirs in zip(captioned.get_weights(), before, strict=True):
        assert (ours == theirs).all()


def test_samples_come_from_the_average_which_is_not_trained():
    model = diffusion()
    first = model.sample(2, seed=0, steps=2)
    model.network.set_weights([w + 1 for w in model.network.get_weights()])
    assert (first == model.sample(2, seed=0, steps=2)).all()
    model.averaged.set_weights([w + 1 for w in model.averaged.get_weights()])
    assert (first != model.sample(2, seed=0, steps=2)).any()
    trained = {id(w) for w in model.trainable_variables}
    assert trained == {id(w) for w in model.network.trainable_variables}


def test_velocity_is_what_the_averaged_network_says(captioned):
    x, words = pictures(3), rows(8, 8, 8)
    v = captioned.velocity(x, 0.3, words)
    t = np.full((3, 1), 0.3, "float32")
    assert v.shape == x.shape
    assert v == pytest.approx(np.asarray(captioned.averaged([x, t, words])), abs=1e-6)
    assert np.abs(v - captioned.velocity(x, 0.8, words)).max() > 1e-4


def test_velocity_of_more_images_than_one_batch(captioned):
    x, words = pictures(600), rows(*np.arange(600) % 10)
    last = captioned.velocity(x[590:], 0.3, words[590:])
    assert captioned.velocity(x, 0.3, words)[590:] == pytest.approx(last, abs=1e-5)


# Times and noise


@pytest.mark.parametrize("steps", [1, 7, 25, 50])
@pytest.mark.parametrize("begin", [1.0, 0.3, 1])
def test_times_lead_from_begin_to_exactly_0(unconditional, steps, begin):
    diary = Diary()
    unconditional.denoise(pictures(1), begin=begin, steps=steps, solver=diary)
    t, s = np.transpose(diary.times)
    assert t[0] == begin
    assert s[-1] == 0
    assert t[1:].tolist() == s[:-1].tolist()
    gone = max(1, round(begin * steps))  # as many as begin's share of the way
    assert t - s == pytest.approx(np.full(gone, begin / gone))
    assert {type(time) for pair in diary.times for time in pair} == {float}


def test_from_time_0_there_is_no_way_to_go(unconditional):
    z, diary = pictures(2), Diary()
    assert (unconditional.denoise(z, begin=0, steps=3, solver=diary) == z).all()
    assert diary.times == []


def walk(unconditional, seed=0):
    """600 images of nothing but the noise of four steps."""
    from generative_vision.models.samplers import ancestral

    nothing = np.zeros((600, 28, 28, 1), "float32")
    solver = ancestral(lambda x, v, t, s, noise: x + noise)
    return unconditional.denoise(nothing, seed=seed, steps=4, solver=solver)


def test_noise_is_drawn_anew_for_each_step_pixel_image_and_batch(echo):
    x = walk(echo)
    assert x.var() == pytest.approx(4, rel=0.02)  # four times the same would be 16
    assert x.mean() == pytest.approx(0, abs=0.02)
    assert len(np.unique(x[:, 0, 0, 0])) == 600
    assert len(np.unique(x[0])) == 784
    assert np.corrcoef(x[:100].ravel(), x[500:].ravel())[0, 1] == pytest.approx(0, abs=0.02)


def test_noise_repeats_with_the_seed_of_denoise(echo):
    first = walk(echo, seed=3)
    assert (first == walk(echo, seed=3)).all()
    assert (first != walk(echo, seed=4)).mean() > 0.99


def test_noise_of_a_generator_goes_on(echo):
    rng = np.random.default_rng(3)
    first, second = walk(echo, seed=rng), walk(echo, seed=rng)
    assert (first != second).mean() > 0.99


# A solver of one's own


def test_own_solver_is_the_way_that_is_gone(unconditional):
    def one_more(velocity, x, t, s, rng):
        return x + 1

    z = pictures(2)
    assert unconditional.denoise(z, steps=4, solver=one_more) == pytest.approx(z + 4, abs=1e-5)


def test_own_solver_is_given_velocity_times_and_a_generator(echo):
    seen = []

    def solver(velocity, x, t, s, rng):
        seen.append((velocity(x, t), x, t, s, rng))
        return 2 * x

    z = pictures(2)
    echo.denoise(z, steps=2, solver=solver)
    for (v, x, t, s, rng), expected, between in zip(seen, [z, 2 * z], [(1.0, 0.5), (0.5, 0.0)]):
        assert x == pytest.approx(expected)
        assert v == pytest.approx(x)
        assert (t, s) == between
        assert isinstance(rng, np.random.Generator)
    assert len(seen) == 2


def test_own_ddim_is_ddim(unconditional):
    def own(velocity, x, t, s, rng):
        angle = np.pi / 2 * (t - s)
        return np.cos(angle) * x - np.sin(angle) * velocity(x, t)

    expected = unconditional.sample(3, seed=0, steps=3, solver="ddim")
    assert unconditional.sample(3, seed=0, steps=3, solver=own) == pytest.approx(expected, abs=1e-5)


def test_own_solver_may_look_at_the_velocity_twice(captioned):
    """The midpoint of a step: two looks, each with the same words."""
    looks = []

    def midpoint(velocity, x, t, s, rng):
        between = (t + s) / 2
        looks.extend([t, between])
        half = x + (between - t) * velocity(x, t)
        return x + (s - t) * velocity(half, between)

    def draw(label):
        return captioned.sample(3, seed=0, steps=2, labels=label, solver=midpoint)

    assert np.abs(draw(3) - draw(8)).max() > 1e-4
    assert looks == [1.0, 0.75, 0.5, 0.25] * 2


def test_own_solver_may_compute_with_tensors(unconditional):
    from keras import ops

    z = pictures(2)
    x = unconditional.denoise(z, steps=2, solver=lambda velocity, x, t, s, rng: ops.sqrt(x * x) + 1)
    assert isinstance(x, np.ndarray)
    assert x == pytest.approx(np.abs(z) + 2, abs=1e-5)


def test_own_noise_repeats_with_the_seed(unconditional):
    def own(velocity, x, t, s, rng):
        return x + rng.normal(size=x.shape)

    first = unconditional.sample(3, seed=0, steps=2, solver=own)
    assert (first == unconditional.sample(3, seed=0, steps=2, solver=own)).all()
    assert (first != unconditional.sample(3, seed=1, steps=2, solver=own)).any()


def test_own_solver_says_itself_what_is_wrong_with_it(unconditional):
    def broken(velocity, x, t, s, rng):
        raise RuntimeError("this line is in the solver")

    with pytest.raises(RuntimeError, match="this line is in the solver"):
        unconditional.sample(2, seed=0, solver=broken)
    with pytest.raises(TypeError, match="positional argument"):
        unconditional.refine(pictures(2).clip(-1, 1), 0.5, seed=0, solver=lambda x_t, v: x_t)


# Sketches


@pytest.mark.parametrize("solver", ["ddim", "ddpm"])
def test_refine_keeps_the_sketch_at_0_and_forgets_it_at_1(unconditional, solver, images):
    def refine(x, strength):
        return unconditional.refine(x, strength, seed=0, steps=4, solver=solver)

    assert refine(images[:4], 0) == pytest.approx(images[:4], abs=1e-5)
    assert refine(images[:4], 0.01) == pytest.approx(images[:4], abs=0.2)
    assert refine(images[:4], 1) == pytest.approx(refine(images[4:8], 1), abs=1e-4)


@pytest.mark.parametrize("solver", ["ddim", "ddpm"])
def test_refine_repeats_with_its_seed_and_looks_at_the_sketch(unconditional, solver, images):
    def refine(x, seed):
        return unconditional.refine(x, 0.5, seed=seed, steps=4, solver=solver)

    first = refine(images[:4], 0)
    assert first.dtype == np.float32
    assert (first == refine(images[:4], 0)).all()
    assert (first != refine(images[:4], 1)).any()
    assert np.abs(first - refine(images[4:8], 0)).max() > 0.1


SHARES = [(0.5, 10, 5), (1, 10, 10), (0.3, 25, 8), (0.01, 10, 1), (0, 10, 0), (0.2, None, 5)]


@pytest.mark.parametrize(("strength", "steps", "gone"), SHARES)
def test_refine_takes_its_share_of_the_steps(unconditional, images, strength, steps, gone):
    diary = Diary()
    unconditional.refine(images[:2], strength, seed=0, steps=steps, solver=diary)
    ways = np.linspace(strength, 0, gone + 1)
    assert diary.times == pytest.approx(list(pairwise(ways)))


def test_refine_hears_words_and_guidance(captioned, images):
    def refine(**options):
        return captioned.refine(images[:3], 0.8, seed=0, steps=2, **options)

    three = refine(labels=3)
    assert (three == refine(prompt="a dress")).all()
    assert np.abs(three - refine(labels=8)).max() > 1e-4
    assert np.abs(three - refine(labels=3, guidance=3)).max() > 1e-4


def test_noise_of_a_solver_does_not_follow_the_starting_noise(echo):
    from generative_vision.models.samplers import ancestral

    pairs = []

    def noted(x, v, t, s, noise):
        pairs.append((x[0, 0, 0, 0], noise[0, 0, 0, 0]))
        return x

    for seed in range(300):
        echo.sample(1, seed=seed, steps=1, solver=ancestral(noted))
    assert abs(np.corrcoef(np.transpose(pairs))[0, 1]) < 0.2
