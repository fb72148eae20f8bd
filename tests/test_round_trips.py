"""Where a solver is exact it leads from noise to data and back to the very same noise.

A solver is exact where what it keeps fixed is fixed: DDIM where x̂ and ε̂ stay the same along the
way, Euler and Heun where the velocity does, that is on straight lines. Shapes, numbers of steps,
times and data are drawn by Hypothesis, the same ones in each run.
"""

import numpy as np
import pytest
from exact import circle
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.usefixtures("small_and_exact")

drawn = settings(derandomize=True, database=None, deadline=None, max_examples=40)

shapes = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)
seeds = st.integers(0, 2**32 - 1)
step_counts = st.integers(1, 30)
begins = st.floats(0.05, 1)
ratios = st.floats(0.25, 4)
offsets = st.floats(-3, 3)


def start(shape, seed):
    return np.random.default_rng(seed).normal(size=shape)


def forth_and_back(velocity, solver, x, times):
    """x at the last of the times, and at the first again."""
    from generative_vision.models.samplers import follow

    end = follow(velocity, solver, x, times, None)
    return end, follow(velocity, solver, end, times[::-1], None)


def ddim():
    from generative_vision.models.diffusion import ddim_step
    from generative_vision.models.samplers import first_order

    return first_order(ddim_step)


def straight_solver(name):
    from generative_vision.models.latent_flow import euler_step
    from generative_vision.models.samplers import first_order, heun

    return {"euler": first_order(euler_step), "heun": heun}[name]


class OnTheCircle:
    """x_t = αx + σε, where each x has one ε of its own: ε = ratio·x + offset."""

    def __init__(self, ratio, offset):
        self.ratio, self.offset = ratio, offset

    def data(self, x_t, t):
        alpha, sigma = circle(t)
        return (x_t - sigma * self.offset) / (alpha + sigma * self.ratio)

    def velocity(self, x_t, t):
        (alpha, sigma), x = circle(t), self.data(x_t, t)
        return alpha * (self.ratio * x + self.offset) - sigma * x


class OnLines:
    """x_t = (1 − t)x + tε, where each x has one ε of its own: ε = ratio·x + offset."""

    def __init__(self, ratio, offset):
        self.ratio, self.offset = ratio, offset

    def data(self, x_t, t):
        return (x_t - t * self.offset) / (1 - t + t * self.ratio)

    def velocity(self, x_t, t):
        x = self.data(x_t, t)
        return self.ratio * x + self.offset - x


@drawn
@given(shape=shapes, seed=seeds, steps=step_counts, begin=begins, ratio=ratios, offset=offsets)
def test_ddim_returns_to_its_start(shape, seed, steps, begin, ratio, offset):
    way, x_t = OnTheCircle(ratio, offset), start(shape, seed)
    times = np.linspace(begin, 0, steps + 1).tolist()
    end, back = forth_and_back(way.velocity, ddim(), x_t, times)
    assert end == pytest.approx(way.data(x_t, begin), abs=1e-8)
    assert back == pytest.approx(x_t, abs=1e-8)


@pytest.mark.parametrize("name", ["euler", "heun"])
@drawn
@given(shape=shapes, seed=seeds, steps=step_counts, begin=begins, ratio=ratios, offset=offsets)
def test_straight_lines_return_to_their_start(name, shape, seed, steps, begin, ratio, offset):
    way, x_t = OnLines(ratio, offset), start(shape, seed)
    times = np.linspace(begin, 0, steps + 1).tolist()
    end, back = forth_and_back(way.velocity, straight_solver(name), x_t, times)
    assert end == pytest.approx(way.data(x_t, begin), abs=1e-8)
    assert back == pytest.approx(x_t, abs=1e-8)


uneven = st.lists(st.integers(5, 100), min_size=2, max_size=12, unique=True).map(
    lambda hundredths: [t / 100 for t in sorted(hundredths, reverse=True)]
)


@drawn
@given(shape=shapes, seed=seeds, times=uneven, point=offsets)
def test_ddim_of_a_single_image_returns_from_any_time_but_0(shape, seed, times, point):
    """All data are one point, so that x̂ is known: at time 0 all noise has become that point."""
    from generative_vision.models.samplers import follow

    def velocity(x_t, t):
        alpha, sigma = circle(t)
        return alpha * (x_t - alpha * point) / sigma - sigma * point

    x_t = start(shape, seed)
    end, back = forth_and_back(velocity, ddim(), x_t, times)
    (alpha, sigma), (alpha_end, sigma_end) = circle(times[0]), circle(times[-1])
    expected = alpha_end * point + sigma_end * (x_t - alpha * point) / sigma
    assert end == pytest.approx(expected, abs=1e-8)
    assert back == pytest.approx(x_t, abs=1e-8)
    arrived = follow(velocity, ddim(), x_t, [times[0], 0.0], None)
    assert arrived == pytest.approx(np.full(shape, point), abs=1e-8)


@pytest.mark.parametrize("name", ["euler", "heun"])
@drawn
@given(shape=shapes, seed=seeds, times=uneven, point=offsets)
def test_lines_to_a_single_code_return_from_any_time_but_0(name, shape, seed, times, point):
    """All data are one point, and so v = (x_t − point)/t."""
    x_t = start(shape, seed)
    solver = straight_solver(name)
    end, back = forth_and_back(lambda x, t: (x - point) / t, solver, x_t, times)
    assert end == pytest.approx(point + times[-1] / times[0] * (x_t - point), abs=1e-8)
    assert back == pytest.approx(x_t, abs=1e-8)


@drawn
@given(
    n=st.integers(1, 3),
    seed=seeds,
    steps=step_counts,
    begin=begins,
    point=st.floats(-0.9, 0.9),
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_a_step_keeps_the_number_type(n, seed, steps, begin, point, dtype):
    """Times are numbers, and so no step turns float32 into something wider."""
    way, x_t = OnTheCircle(1.0, point), start((n, 2), seed).astype(dtype)
    times = np.linspace(begin, 0, steps + 1).tolist()

    def velocity(x, t):
        return way.velocity(x, t).astype(dtype)

    end, back = forth_and_back(velocity, ddim(), x_t, times)
    assert end.dtype == dtype
    assert back == pytest.approx(x_t, abs=1e-3)
