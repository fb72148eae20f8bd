"""Self-consuming loops: the Gaussian loop against its closed forms; loops of generators that resume, repeat and refuse."""

import json
from math import exp, pi, sin, sqrt

import numpy as np
import pytest

from generative_vision import loops
from generative_vision.loops import GaussianRuns, SelfConsumingLoop, gaussian_loop

# The Gaussian loop


def test_generation_zero_is_the_truth():
    runs = gaussian_loop(3, n_real=20, runs=7, dimensions=2)
    assert runs.variance.shape == runs.shift.shape == runs.w2.shape == (4, 7)
    assert (runs.variance[0] == 1).all() and (runs.shift[0] == 0).all() and (runs.w2[0] == 0).all()
    assert (runs.variance[1:] > 0).all() and (runs.w2[1:] > 0).all()


@pytest.fixture(scope="module")
def unbiased() -> GaussianRuns:
    return gaussian_loop(50, n_real=50, runs=20_000)


def test_the_median_variance_collapses_while_its_mean_stays(unbiased):
    """The trap: of the mean over runs nothing can be seen."""
    last = unbiased.variance[50]
    assert abs(last.mean() - 1) < 0.05
    assert abs(np.median(last) - exp(-50 / 49)) < 0.03
    assert abs(np.sqrt(last).mean() - exp(-50 / 200)) < 0.02  # E σ = c₄(n)^t


def test_the_mean_drifts_and_the_distance_grows(unbiased):
    times = np.arange(51)
    for t in (10, 50):
        assert abs(unbiased.shift[t].mean() - t / 50) < 0.05 * t / 50 + 0.01
        assert abs(unbiased.w2[t].mean() - 1.5 * t / 50) < 0.06 * 1.5 * t / 50 + 0.01
    assert np.corrcoef(unbiased.w2.mean(axis=1), times)[0, 1] > 0.99


def test_maximum_likelihood_loses_variance_on_average():
    runs = gaussian_loop(10, n_real=10, runs=40_000, biased=True)
    assert abs(runs.variance[10].mean() - 0.9**10) < 0.01


@pytest.mark.parametrize("dimensions", [1, 3])
def test_sampling_bias_shrinks_geometrically(dimensions):
    """Generation t was trained on samples that were shrunk t − 1 times."""
    runs = gaussian_loop(8, n_real=40, runs=20_000 // dimensions, spread=0.8, dimensions=dimensions)
    assert np.allclose(runs.variance.mean(axis=1)[1:], 0.8 ** np.arange(8), rtol=0.03)


@pytest.mark.parametrize("n", [5, 10])
def test_accumulated_data_bound_the_loss(n):
    """E σ² = Π (1 − 1/(nk²)), which tends to sin(π/√n)/(π/√n). Kazdan et al. (2024), arXiv:2410.16713."""
    runs = gaussian_loop(40, "accumulate", n_real=n, runs=30_000, biased=True)
    product = np.cumprod([1 - 1 / (n * k**2) for k in range(1, 41)])
    for t in (1, 2, 40):
        assert abs(runs.variance[t].mean() - product[t - 1]) < 0.012
    limit = sin(pi / sqrt(n)) / (pi / sqrt(n))
    assert abs(runs.variance[40].mean() - limit) < 0.02


def test_replaced_data_do_worse_than_accumulated_ones():
    replaced, kept = (gaussian_loop(40, p, n_real=20, runs=2000).w2[40].mean() for p in ("fully synthetic", "accumulate"))
    assert kept < replaced / 5


@pytest.mark.parametrize("n_synthetic", [100, 400])
def test_fresh_data_are_worth_more_with_synthetic_ones(n_synthetic):
    """λ = 1: the mean is known as if there were (1 + q)·n_real real samples, q the synthetic share."""
    runs = gaussian_loop(60, "fresh data", n_real=100, n_synthetic=n_synthetic, runs=4000)
    effective = 1 / runs.shift[40:].mean()
    q = n_synthetic / (100 + n_synthetic)
    assert abs(effective / 100 - (1 + q)) < 0.04


@pytest.mark.parametrize("n_initial", [20, 2000])
def test_the_limit_of_fresh_data_forgets_where_it_began(n_initial):
    runs = gaussian_loop(30, "fresh data", n_real=100, n_initial=n_initial, runs=4000, seed=n_initial)
    assert abs(runs.shift[1].mean() * n_initial - 1) < 0.1
    assert abs(runs.w2[20:].mean() - 1.5 / 150) < 0.0015  # 1.5/n_e, n_e = 1.5·n_real


def test_biased_synthetic_data_stop_helping_beyond_a_threshold():
    """n_s* → (d + 5)/(1 − λ)² for plenty of real data: so many are worth nothing, fewer are worth something, many do harm."""
    dimensions, spread, n_real = 2, 0.7, 1000
    threshold = (dimensions + 5) / (1 - spread) ** 2  # about 78
    common = {"n_real": n_real, "spread": spread, "dimensions": dimensions, "runs": 1000}

    def distance(n_synthetic):
        return gaussian_loop(9, "fresh data", n_synthetic=n_synthetic, **common).w2[4:].mean()

    alone = gaussian_loop(1, n_real=n_real, runs=5000, dimensions=dimensions).w2[1].mean()
    assert abs(distance(round(threshold)) / alone - 1) < 0.02
    assert distance(round(threshold / 4)) < alone < distance(round(4 * threshold)) / 1.5


def test_the_variance_bias_of_fresh_data():
    """1 − v* = q(1 − λ)/(1 − qλ) for large samples."""
    runs = gaussian_loop(40, "fresh data", n_real=2000, n_synthetic=1000, spread=0.6, runs=300)
    q = 1 / 3
    # v is what the pooled data fit: v = (1 − q) + qλv
    assert abs((1 - runs.variance[30:].mean()) - q * 0.4 / (1 - q * 0.6)) < 0.003


def test_augmentation_only_delays():
    """With a fixed real set the error grows, then stays: never back to what the real set alone gives."""
    real = gaussian_loop(1, n_real=50, runs=5000).w2[1].mean()
    fully, held = (gaussian_loop(30, p, n_real=50, runs=5000).w2.mean(axis=1) for p in ("fully synthetic", "augmentation"))
    assert real < held[30] < fully[30] / 3


def test_pooling_is_the_summary_of_all():
    rng = np.random.default_rng(0)
    parts = [rng.normal(size=(4, n, 3)) + i for i, n in enumerate((5, 2, 9))]
    n, mean, scatter = loops._pool([loops._summary(part) for part in parts])
    whole = loops._summary(np.concatenate(parts, axis=1))
    assert n == whole[0] and np.allclose(mean, whole[1]) and np.allclose(scatter, whole[2])


def test_same_seed_same_runs():
    first, again, other = (gaussian_loop(4, "accumulate", n_real=9, runs=5, seed=s).w2 for s in (1, 1, 2))
    assert (first == again).all() and (first != other)[1:].all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"protocol": "mad"}, "'mad' is not known.*'fully synthetic'.*'fresh data'"),
        ({"spread": 0.0}, "spread=0.0.*above 0"),
        ({"spread": 1.1}, "spread=1.1"),
        ({"spread": float("nan")}, "spread=nan"),
        ({"n_real": 0}, "n_real=0"),
        ({"n_synthetic": 1}, "n_synthetic=1"),
        ({"n_initial": 1}, "n_initial=1"),
        ({"runs": 0}, "runs=0"),
        ({"dimensions": 0}, "dimensions=0"),
        ({"generations": 0}, "generations=0"),
    ],
)
def test_wrong_arguments_are_named(options, words):
    with pytest.raises(ValueError, match=words):
        gaussian_loop(**{"generations": 2, "n_real": 10, **options})


# Loops of generators


class Blur:
    """Stands for a generator: remembers the mean of what it was trained on, and draws around it."""

    steps_per_execution = 1
    made = 0

    def __init__(self):
        Blur.made += 1

    def fit(self, images, batch_size, epochs, **options):
        self.mean, self.seen = images.mean(axis=0), len(images)

    def sample(self, n, *, seed, spread=1.0):
        noise = np.random.default_rng(seed).normal(size=(n, 28, 28, 1)) * sqrt(spread) / 5
        return (self.mean + noise).clip(-1, 1).astype("float32")


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(-1, 1, (60, 28, 28, 1)).astype("float32")


def spread_of(samples):
    return {"spread": samples.std()}


@pytest.fixture
def make(images):
    def build(protocol="fully synthetic", **options):
        given = {"images": images, "n_real": 20, "n_synthetic": 30, "steps": 3, "batch": 10, "measure": spread_of}
        return SelfConsumingLoop(Blur, protocol, **{**given, **options})

    return build


@pytest.mark.parametrize(
    ("protocol", "sizes"),
    [
        ("fully synthetic", [20, 30, 30, 30]),
        ("augmentation", [20, 50, 50, 50]),
        ("accumulate", [20, 50, 80, 110]),
        ("fresh data", [20, 50, 50, 50]),
    ],
)
def test_each_protocol_gives_its_training_set(make, protocol, sizes):
    loop = make(protocol)
    assert [line.n_training for line in loop.run(4)] == sizes
    assert [line.generation for line in loop.table] == [1, 2, 3, 4]
    real = loop.real.fixed
    third, fourth = (loop.training_set(generation) for generation in (3, 4))
    if protocol == "fully synthetic":
        assert (third == loop.history[1]).all()
    elif protocol == "fresh data":
        assert (third[20:] == loop.history[1]).all() and not (third[:20] == fourth[:20]).all()
        assert all((image == loop.real._pool).all(axis=(1, 2, 3)).any() for image in third[:20])
    else:
        assert (third[:20] == real).all() and (third[-30:] == loop.history[1]).all()


def test_a_rule_of_ones_own(make):
    asked = []

    def next_training_set(generation, real, synthetic_history, rng):
        asked.append((generation, len(synthetic_history)))
        return np.concatenate([real.fixed[:5], synthetic_history[0][:7]])

    assert [line.n_training for line in make(next_training_set).run(3)] == [20, 12, 12]
    assert asked == [(2, 1), (3, 2)]


def test_a_rule_that_returns_no_images_is_told(make):
    with pytest.raises(ValueError, match="images have shape"):
        make(lambda generation, real, synthetic_history, rng: real.fixed[0]).run(2)


def test_generation_one_sees_real_images_only_and_may_see_more(make):
    loop = make("fresh data", n_initial=35)
    assert [line.n_training for line in loop.run(2)] == [35, 50]
    assert (loop.real.initial[:20] == loop.real.fixed).all()


def test_the_bias_reaches_the_samples(make):
    full, narrow = (make(spread=spread).run(1)[0].scores["spread"] for spread in (1.0, 0.25))
    assert narrow < 0.7 * full


def test_images_are_kept_as_pictures(make):
    loop = make()
    loop.run(2)
    assert loop.history.pictures[0].dtype == np.uint8
    assert (loops.as_pictures(loop.history[0]) == loop.history.pictures[0]).all()
    assert loop.history[0].dtype == np.float32 and abs(loop.history[0]).max() <= 1
    assert len(loop.history[:2]) == len(loop.history) == 2


def figures(table):
    """The table without what a clock decides."""
    return [(line.generation, line.n_training, line.scores) for line in table]


@pytest.mark.parametrize("protocol", loops.PROTOCOLS)
def test_an_interrupted_loop_gives_the_same_table(make, tmp_path, protocol):
    whole = make(protocol).run(4)
    make(protocol, folder=tmp_path).run(2)
    Blur.made = 0
    resumed = make(protocol, folder=tmp_path)
    assert figures(resumed.run(4)) == figures(whole)
    assert Blur.made == 2
    assert figures(make(protocol, folder=tmp_path).run(3)) == figures(whole[:3]) and Blur.made == 2


def test_killed_in_the_middle_of_a_generation(make, tmp_path):
    loop = make(folder=tmp_path)
    loop.run(1)

    def broken(*arguments):
        raise KeyboardInterrupt

    loop.measure = broken
    with pytest.raises(KeyboardInterrupt):
        loop.run(3)
    (tmp_path / "generation-002.999.npz").write_bytes(b"half a file")
    assert figures(make(folder=tmp_path).run(3)) == figures(make().run(3))


def test_a_folder_of_another_loop_is_refused(make, tmp_path, images):
    make(folder=tmp_path).run(1)
    with pytest.raises(ValueError, match=r"another loop: .*spread was 1.0 and is 0.5"):
        make(folder=tmp_path, spread=0.5)
    with pytest.raises(ValueError, match="real was"):
        make(folder=tmp_path, images=images[::-1])
    with pytest.raises(ValueError, match="protocol was"):
        make("accumulate", folder=tmp_path)
    assert json.loads((tmp_path / "loop.json").read_text())["spread"] == 1.0


def test_generation_one_is_shared_where_it_would_be_the_same(make, images):
    first = make()
    first.run(2)
    Blur.made = 0
    for options in ({"protocol": "augmentation"}, {"protocol": "fresh data"}, {"protocol": "accumulate", "n_real": 20}):
        shared = make(**options, first_from=first)
        assert figures(shared.run(2)) == figures(make(**options).run(2)) and shared.table[0] is first.table[0]
    assert Blur.made == 3 * 1 + 3 * 2
    others = {"seed": 1}, {"steps": 4}, {"batch": 5}, {"n_initial": 30}, {"images": images[::-1]}
    for options in others:
        own = make(**options, first_from=first)
        own.run(1)
        assert own.table[0] is not first.table[0] and own.first_model is not first.first_model, options
    Blur.made = 0
    for options in ({"spread": 0.5}, {"n_synthetic": 31}):  # the model is the same, its images are not
        shared, own = make(**options, first_from=first), make(**options)
        assert figures(shared.run(2)) == figures(own.run(2)) != figures(first.run(2)), options
    assert Blur.made == 2 * 1 + 2 * 2
    assert make(first_from=make()).run(1)[0].generation == 1  # the other has none yet


def test_seeds(make):
    first, again, other = (figures(make(seed=seed).run(2)) for seed in (0, 0, 1))
    assert first == again != other


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"protocol": "mad"}, "'mad' is not known: use a function, or one of"),
        ({"spread": 0}, "spread=0"),
        ({"spread": 2}, "spread=2"),
        ({"n_real": 0}, "n_real=0: expected 1 ... 60"),
        ({"n_real": 61}, "n_real=61"),
        ({"n_initial": 0}, "n_initial=0"),
        ({"n_synthetic": 0}, "n_synthetic=0"),
        ({"steps": 0}, "steps=0"),
        ({"batch": 0}, "batch=0"),
    ],
)
def test_wrong_arguments_of_a_loop_are_named(make, options, words):
    with pytest.raises(ValueError, match=words):
        make(**options)


def test_memory_is_bounded(make):
    with pytest.raises(ValueError, match=r"5 generations of 30 images take 0 MB: more than limit_mb=0.1"):
        make(limit_mb=0.1).run(5)
    make(limit_mb=0.1).run(4)
    with pytest.raises(ValueError, match="generations=0"):
        make().run(0)


@pytest.mark.parametrize("at_once", [1, 20])
@pytest.mark.parametrize(("n", "steps"), [(100, 25), (100, 7), (105, 30), (7, 3)])
def test_every_training_set_gets_exactly_as_many_steps(at_once, n, steps, monkeypatch):
    """Fewer than an epoch, several epochs, a last part of a batch, fewer images than a batch."""
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "tiny")
    from generative_vision import runtime

    runtime.setup(0)
    import keras

    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss=lambda y, a: keras.ops.mean(a**2), steps_per_execution=at_once)
    fit = model.fit
    model.fit = lambda x, **options: fit(x, np.zeros((len(x), 1)), **options)
    loops.train(model, np.zeros((n, 28, 28, 1), "float32"), steps, 10)
    assert int(model.optimizer.iterations) == steps


@pytest.mark.parametrize(("n", "batch", "at_once"), [(40, 25, 1), (40, 25, 20), (30, 10, 20), (7, 10, 4), (101, 10, 5), (12_000, 250, 20)])
def test_training_leaves_hardly_an_image_out(n, batch, at_once):
    """Few images stand in an epoch several times, each equally often but for less than one batch."""

    class Model:
        optimizer = "sgd"

        def compile(self, optimizer, steps_per_execution):
            assert optimizer == self.optimizer
            self.steps_per_execution = steps_per_execution

        def fit(self, images, batch_size, epochs, **options):
            self.seen, self.batch = images[:, 0], batch_size

    model = Model()
    model.steps_per_execution = at_once
    loops.train(model, np.arange(n)[:, None], 600, batch)
    counts = np.bincount(model.seen, minlength=n)
    assert counts.max() - counts.min() <= 1 and len(model.seen) % model.batch == 0
    assert (counts < counts.max()).sum() < model.batch and len(model.seen) <= max(n, 10_000)
    assert n < 10_000 // 2 or len(model.seen) == n
    if (n, batch) == (40, 25):
        assert (counts == counts[0]).all()
    assert 600 % model.steps_per_execution == 0 and (model.steps_per_execution > 1) == (at_once > 1)


def test_one_model_may_be_trained_on_sets_of_several_sizes(monkeypatch):
    """What Keras traced for one number of steps at once must not stay for another."""
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "tiny")
    from generative_vision import runtime

    runtime.setup(0)
    import keras

    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss=lambda y, a: keras.ops.mean(a**2), steps_per_execution=16)
    fit = model.fit
    model.fit = lambda x, **options: fit(x, np.zeros((len(x), 1)), **options)
    for done, n in enumerate((16_000, 48_000, 8_000), start=1):
        loops.train(model, np.zeros((n, 28, 28, 1), "float32"), 96, 1000)
        assert int(model.optimizer.iterations) == 96 * done


def test_a_latent_flow_loses_variety_and_goes_on_where_it_was(tmp_path, monkeypatch):
    """A real generator: with λ = 0.3 each generation draws less than the one before; a killed loop gives the same table."""
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "tiny")
    from generative_vision import data, runtime
    from generative_vision.models.weights import pretrained

    runtime.setup(0)
    import keras

    from generative_vision.models.latent_flow import LatentFlow

    images = data.load_fashion_mnist("test")[0][:1000]
    autoencoder = pretrained("autoencoder-8")

    def make_generator():
        model = LatentFlow(autoencoder, width=32)
        model.compile(optimizer=keras.optimizers.Adam(0.01), steps_per_execution=20)
        return model

    def variety(pictures):
        return {"variety": autoencoder.encode(pictures).var(axis=0).mean()}

    options = {"images": images, "n_real": 500, "n_synthetic": 300, "steps": 100, "batch": 50, "spread": 0.3, "measure": variety}
    whole = SelfConsumingLoop(make_generator, **options).run(3)
    SelfConsumingLoop(make_generator, **options, folder=tmp_path).run(2)
    again = SelfConsumingLoop(make_generator, **options, folder=tmp_path).run(3)
    assert figures(whole) == figures(again)
    first, second, third = (line.scores["variety"] for line in whole)
    assert third < 0.7 * second < 0.7 * 0.7 * first


def test_every_generation_reports_how_far_it_is(make, monkeypatch):
    from generative_vision import callbacks

    told = []

    class Place:
        def update(self, content, **options):
            told.append(content["text/plain"])

    monkeypatch.setattr(callbacks, "_place", lambda content, **options: Place())
    loop = make()
    loop.run(2)
    loop.run(3)
    starts = ["1 of 2 generations | spread", "2 of 2 generations | spread", "3 of 3 generations | spread"]
    assert [line[: len(start)] for line, start in zip(told, starts, strict=True)] == starts
    assert told[0].endswith("s left") and not told[1].endswith("left")


def test_the_shipped_table_holds_every_experiment():
    """Seven experiments, three seeds (of the control one), six generations; those with the same real images share generation 1."""
    table = loops.shipped_table()
    names = {row["experiment"] for row in table}
    control = [(row["seed"], row["generation"]) for row in table if row["experiment"].endswith("all retrained")]
    assert control == [(0, generation) for generation in range(1, 7)]
    assert len(names) == 7 and len(table) == 6 * 3 * 6 + 6
    first = {(row["experiment"], row["seed"]): row["fcd"] for row in table if row["generation"] == 1}
    for seed in range(3):
        assert first["fully synthetic", seed] == first["augmentation", seed] == first["accumulate", seed] == first["fresh data", seed]
    assert all(0 < row["precision"] <= 1 and 0 <= row["rarest"] <= 0.1 and row["fcd"] > 0 for row in table)


@pytest.mark.parametrize(
    "generator", ["vae:VAE(8)", "vae:FlowVAE(8)", "gan:GAN(8)", "diffusion:Diffusion(width=4)", "diffusion:Diffusion(condition='labels', width=4)"]
)
def test_other_generators_go_round_the_loop(generator, images, monkeypatch):
    monkeypatch.setenv("GENERATIVE_VISION_PROFILE", "tiny")
    from importlib import import_module

    from generative_vision import runtime

    runtime.setup(0)
    import keras

    module = import_module(f"generative_vision.models.{generator.split(':')[0]}")

    def make_generator():
        model = eval(generator.split(":")[1], vars(module))
        model.compile(optimizer=keras.optimizers.Adam(0.001), steps_per_execution=2)
        return model

    def build():
        return SelfConsumingLoop(
            make_generator, "accumulate", images=images, n_real=20, n_synthetic=10, steps=4, batch=10, spread=0.9, measure=spread_of
        )

    if "labels" in generator:
        with pytest.raises(ValueError, match="needs labels"):
            build().run(1)
        return
    first, second = build().run(2)
    assert (first.n_training, second.n_training) == (20, 30)
    assert first.scores["spread"] > 0 and figures(build().run(2)) == figures([first, second])
