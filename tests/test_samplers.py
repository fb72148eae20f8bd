"""From noise to data: loop, solvers and what is wrapped around them, against closed forms."""

import numpy as np
import pytest
from exact import Diary, circle, normal

pytestmark = pytest.mark.usefixtures("small_and_exact")


def generator(seed=0):
    return np.random.default_rng(seed)


def even(steps, begin=1.0):
    return np.linspace(begin, 0, steps + 1).tolist()


def still(x, t):
    return 0 * x


def growth(x, t):
    """x' = x: from time 1 to 0 the solution shrinks by e."""
    return x


def euler():
    from generative_vision.models.samplers import first_order

    return first_order(lambda x, v, t, s: x + (s - t) * v)


# follow


def test_follow_visits_the_times_in_pairs():
    from generative_vision.models.samplers import follow

    diary = Diary()
    follow(still, diary, normal(2, 3), [1.0, 0.7, 0.2, 0.0], generator())
    assert diary.times == [(1.0, 0.7), (0.7, 0.2), (0.2, 0.0)]


def test_follow_gives_each_step_what_the_last_one_returned():
    from generative_vision.models.samplers import follow

    x = normal(2, 3)
    assert follow(still, Diary(0.5), x, even(4), generator()) == pytest.approx(x / 16)


def test_follow_of_a_single_time_stays_where_it_is():
    from generative_vision.models.samplers import follow

    x = normal(2, 3)
    assert follow(still, Diary(0.5), x, [0.4], generator()) is x


def test_follow_gives_the_solver_its_velocity_and_generator():
    from generative_vision.models.samplers import follow

    seen, rng = [], generator()

    def solver(velocity, x, t, s, rng):
        seen.append((velocity, rng))
        return x

    follow(growth, solver, normal(1, 1), [1.0, 0.0], rng)
    assert seen == [(growth, rng)]


def test_follow_returns_numpy_of_a_solver_that_computes_with_tensors():
    from keras import ops

    from generative_vision.models.samplers import follow

    x = normal(2, 3)
    after = follow(still, lambda velocity, x, t, s, rng: ops.sqrt(x * x), x, even(2), None)
    assert isinstance(after, np.ndarray)
    assert after == pytest.approx(np.abs(x))


# Solvers that draw nothing


def test_first_order_looks_once_at_the_later_time():
    from generative_vision.models.samplers import first_order, follow

    seen = []
    solver = first_order(lambda x, v, t, s: seen.append((x, v, t, s)) or x + 1)
    follow(lambda x, t: 10 * x + t, solver, np.array([1.0]), [1.0, 0.25, 0.0], None)
    assert seen == [(1.0, 11.0, 1.0, 0.25), (2.0, 20.25, 0.25, 0.0)]


@pytest.mark.parametrize("steps", [1, 3, 10])
def test_euler_on_growth_is_compound_interest(steps):
    from generative_vision.models.samplers import follow

    x = normal(2, 3)
    expected = (1 - 1 / steps) ** steps * x
    assert follow(growth, euler(), x, even(steps), None) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("steps", [1, 3, 10])
def test_heun_on_growth_is_the_second_taylor_polynomial(steps):
    from generative_vision.models.samplers import follow, heun

    x, h = normal(2, 3), 1 / steps
    expected = (1 - h + h**2 / 2) ** steps * x
    assert follow(growth, heun, x, even(steps), None) == pytest.approx(expected, rel=1e-5)


def test_heun_looks_at_both_ends_of_a_straight_step():
    from generative_vision.models.samplers import heun

    seen = []

    def velocity(x, t):
        seen.append((x.item(), t))
        return 10 * x

    x = heun(velocity, np.array([2.0]), 0.5, 0.25, None)
    assert seen == [(2.0, 0.5), (2.0 - 0.25 * 20, 0.25)]
    assert x == pytest.approx(2 - 0.25 * (20 - 30) / 2)


@pytest.mark.parametrize("steps", [1, 5])
def test_heun_is_exact_where_the_velocity_is_linear_in_time(steps):
    from generative_vision.models.samplers import follow, heun

    x = normal(2, 3)
    x_0 = follow(lambda x, t: 0 * x + 3 * t + 1, heun, x, even(steps), None)
    assert x_0 == pytest.approx(x - 3 / 2 - 1, abs=1e-5)


@pytest.mark.parametrize(("name", "order"), [("euler", 1), ("heun", 2)])
def test_orders_of_convergence(name, order):
    """x' = −2tx is solved by x·exp(1 − t²), from time 1 on."""
    from generative_vision.models.samplers import follow, heun

    solver = {"euler": euler(), "heun": heun}[name]
    errors = []
    for steps in (20, 40, 80):
        x_0 = follow(lambda x, t: -2 * t * x, solver, np.array([1.0]), even(steps), None)
        errors.append(abs(x_0.item() - np.e))
    gained = np.log2(np.divide(errors[:-1], errors[1:]))
    assert gained == pytest.approx([order, order], abs=0.1)


# Solvers that draw noise


def test_normal_is_standard_normal():
    from generative_vision.models.noise import normal as draw

    noise = draw(generator(), (20_000, 3))
    assert noise.shape == (20_000, 3)
    assert noise.dtype == np.float32
    assert noise.mean(axis=0) == pytest.approx(np.zeros(3), abs=0.03)
    assert np.cov(noise, rowvar=False) == pytest.approx(np.eye(3), abs=0.04)


def test_normal_repeats_with_the_seed_and_goes_on_with_the_generator():
    from generative_vision.models.noise import normal as draw

    rng = generator(1)
    first, second = draw(rng, (4,)), draw(rng, (4,))
    again = draw(generator(1), (4,))
    assert first.tolist() == again.tolist()
    assert set(first).isdisjoint(second)
    assert set(first).isdisjoint(draw(generator(2), (4,)))


def test_ancestral_gives_its_step_the_noise_that_normal_draws():
    from generative_vision.models.noise import normal as draw
    from generative_vision.models.samplers import ancestral, follow

    seen = []
    solver = ancestral(lambda x, v, t, s, noise: seen.append((x, v, t, s, noise)) or x + noise)
    x = normal(2, 3)
    follow(lambda x, t: x * t, solver, x, [1.0, 0.5, 0.0], generator(4))
    rng = generator(4)
    noise = [draw(rng, (2, 3)) for _ in range(2)]
    expected = [(x, x, 1.0, 0.5, noise[0]), (x + noise[0], (x + noise[0]) / 2, 0.5, 0.0, noise[1])]
    for call, wanted in zip(seen, expected, strict=True):
        for part, right in zip(call, wanted, strict=True):
            assert part == pytest.approx(right)


def test_noise_is_independent_between_steps_and_numbers():
    from generative_vision.models.samplers import ancestral, follow

    noise = []
    solver = ancestral(lambda x, v, t, s, e: noise.append(e) or x)
    follow(still, solver, normal(5000, 2), even(3), generator())
    drawn = np.concatenate(noise, axis=1)  # a column for each step and number
    assert drawn.shape == (5000, 6)
    assert np.cov(drawn, rowvar=False) == pytest.approx(np.eye(6), abs=0.08)
    assert len(np.unique(drawn)) > 29_900


def test_a_random_walk_spreads_with_its_number_of_steps():
    from generative_vision.models.samplers import ancestral, follow

    solver = ancestral(lambda x, v, t, s, noise: x + noise)
    x = normal(20_000, 1)
    moved = follow(still, solver, x, even(9), generator(1)) - x
    assert moved.mean() == pytest.approx(0, abs=0.1)
    assert moved.var() == pytest.approx(9, rel=0.05)


def test_the_same_generator_draws_the_same_walk():
    from generative_vision.models.samplers import ancestral, follow

    solver, x = ancestral(lambda x, v, t, s, noise: x + noise), normal(5, 3)
    first, same, other = (follow(still, solver, x, even(3), generator(i)) for i in (1, 1, 2))
    assert (first == same).all()
    assert (first != other).all()


# Guidance


def test_guided_asks_once_for_both_predictions():
    from generative_vision.models.samplers import guided

    seen = []

    def velocity(x, t, words):
        seen.append((x, t, words))
        return x

    x, words = normal(3, 2), np.ones((3, 4), "float32")
    guided(velocity, words, 2.0, lambda without, with_, g: with_)(x, 0.3)
    ((both, t, rows),) = seen
    assert t == 0.3
    assert (both == np.concatenate([x, x])).all()
    assert rows.tolist() == [[0] * 4] * 3 + [[1] * 4] * 3


@pytest.mark.parametrize("guidance", [0.0, 0.5, 1.0, 3.0])
def test_guided_is_linear_with_the_usual_guide(guidance):
    from generative_vision.models.samplers import guide, guided

    def velocity(x, t, words):
        return t * x + words.sum(axis=1, keepdims=True)

    x, words = normal(3, 2), np.diag([1.0, 2.0, 3.0])
    v = guided(velocity, words, guidance, guide)(x, 0.5)
    assert v == pytest.approx(x / 2 + guidance * np.array([[1], [2], [3]]))


def test_guided_follows_a_readers_guide():
    from generative_vision.models.samplers import guided

    def velocity(x, t, words):
        return x + words

    x, words = normal(3, 2), normal(3, 2, seed=1)
    v = guided(velocity, words, 4.0, lambda without, with_, g: without - g * with_)(x, 1.0)
    assert v == pytest.approx(x - 4 * (x + words), abs=1e-5)


# Painting


def plus_time(x, s, t, noise):
    """Going back to a later time adds the time between: no chance in it."""
    return x + (t - s) + 0 * noise


LEFT = np.array([[True, False], [True, False], [True, False]])


def test_repaint_ends_with_what_is_known_outside_the_mask():
    from generative_vision.models.samplers import ancestral, follow, repaint

    known = normal(3, 2)
    solver = ancestral(lambda x, v, t, s, noise: x + noise)
    painting = repaint(solver, known, LEFT, plus_time, 3)
    x = follow(still, painting, normal(3, 2, seed=1), even(4), generator())
    assert (x[~LEFT] == known[~LEFT]).all()
    assert (x[LEFT] != known[LEFT]).all()


def test_repaint_puts_what_is_known_at_the_time_of_the_step():
    from generative_vision.models.samplers import repaint

    known = normal(3, 2)
    x = repaint(Diary(), known, LEFT, plus_time, 1)(still, normal(3, 2), 1.0, 0.4, generator())
    assert x[~LEFT] == pytest.approx(known[~LEFT] + 0.4)


@pytest.mark.parametrize("repeats", [1, 2, 5])
def test_repaint_tries_each_step_and_goes_back_between_tries(repeats):
    """Each try halves what it got and then goes back, which adds 1 − 0.4."""
    from generative_vision.models.samplers import repaint

    x, diary = normal(3, 2), Diary(0.5)
    painting = repaint(diary, normal(3, 2), LEFT, plus_time, repeats)
    after = painting(still, x, 1.0, 0.4, generator())
    expected = x[LEFT]
    for attempt in range(repeats):
        expected = expected / 2 + (0.6 if attempt < repeats - 1 else 0)
    assert diary.times == [(1.0, 0.4)] * repeats
    assert after[LEFT] == pytest.approx(expected, abs=1e-6)


def test_each_try_of_repaint_sees_what_is_known_as_noisy_as_the_rest():
    """The first try sees what it was given, each later one the known part at time t."""
    from generative_vision.models.samplers import repaint

    seen, known, x = [], normal(3, 2), normal(3, 2, seed=1)
    painting = repaint(
        lambda velocity, x, t, s, rng: seen.append(x) or x, known, LEFT, plus_time, 3
    )
    painting(still, x, 0.8, 0.4, generator())
    assert (seen[0] == x).all()
    for later in seen[1:]:
        assert later[~LEFT] == pytest.approx(known[~LEFT] + 0.8)


@pytest.mark.parametrize("repeats", [1, 2, 4])
def test_repaint_forgets_as_much_as_going_back_makes_noise(repeats):
    """Nothing is denoised: a step back from s to t multiplies by α_t/α_s, each time."""
    from generative_vision.models.diffusion import diffuse
    from generative_vision.models.samplers import follow, repaint

    z = normal(20_000, 1)
    painting = repaint(Diary(), 0 * z, np.ones_like(z, bool), diffuse, repeats)
    x = follow(still, painting, z, even(3, begin=0.5), generator(1))
    kept = circle(0.5)[0] ** (repeats - 1)
    assert x.std() == pytest.approx(1, abs=0.03)
    assert np.corrcoef(x.ravel(), z.ravel())[0, 1] == pytest.approx(kept, abs=0.03)


def test_repaint_draws_new_noise_for_each_try_and_step():
    from generative_vision.models.samplers import follow, repaint

    noise, known = [], np.zeros((5000, 2), "float32")
    mask = np.broadcast_to([True, False], known.shape)
    painting = repaint(Diary(), known, mask, lambda x, s, t, e: noise.append(e) or x + e, 2)
    follow(still, painting, known, even(2), generator())
    drawn = np.concatenate(noise[::2], axis=1)  # the two halves of a try may share theirs
    assert drawn.shape == (5000, 8)
    assert np.cov(drawn, rowvar=False) == pytest.approx(np.eye(8), abs=0.08)
