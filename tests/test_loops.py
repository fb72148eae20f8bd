"""Loops of generators: training sets, folders that go on with the same loop only, refusals."""

import json

import numpy as np
import pytest
import zoo
from displayed import ipython_displays, kinds
from loopers import Blur, compiled, figures, spread_of

from generative_vision import loops
from generative_vision.loops import SelfConsumingLoop


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(-1, 1, (60, 28, 28, 1)).astype("float32")


@pytest.fixture
def make(images):
    def build(protocol="fully synthetic", **options):
        sizes = {"n_real": 20, "n_synthetic": 30, "train_steps": 3, "batch_size": 10}
        return SelfConsumingLoop(
            Blur, protocol, **{"images": images, "measure": spread_of, **sizes, **options}
        )

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
def test_each_protocol_gives_its_training_set(make, images, protocol, sizes):
    loop = make(protocol)
    assert [line.n_training for line in loop.run(4)] == sizes
    assert [line.generation for line in loop.table] == [1, 2, 3, 4]
    real = loop.real.fixed
    third, fourth = (loop.training_set(generation) for generation in (3, 4))
    if protocol == "fully synthetic":
        assert (third == loop.history[1]).all()
    elif protocol == "fresh data":
        assert (third[20:] == loop.history[1]).all()
        assert not (third[:20] == fourth[:20]).all()
        assert all((image == images).all(axis=(1, 2, 3)).any() for image in third[:20])
    else:
        assert (third[:20] == real).all()
        assert (third[-30:] == loop.history[1]).all()


def test_a_function_of_ones_own(make):
    calls = []

    def next_training_set(generation, real, synthetic_history, rng):
        calls.append((generation, len(synthetic_history)))
        return np.concatenate([real.fixed[:5], synthetic_history[0][:7]])

    assert [line.n_training for line in make(next_training_set).run(3)] == [20, 12, 12]
    assert calls == [(2, 1), (3, 2)]


def test_a_function_that_returns_no_images_is_refused(make):
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
    assert loop.history[0].dtype == np.float32
    assert abs(loop.history[0]).max() <= 1
    assert len(loop.history) == 2
    assert len(loop.history[:2]) == 2


@pytest.mark.parametrize("protocol", loops.PROTOCOLS)
def test_an_interrupted_loop_gives_the_same_table(make, tmp_path, protocol):
    whole = make(protocol).run(4)
    make(protocol, folder=tmp_path).run(2)
    Blur.made = 0
    resumed = make(protocol, folder=tmp_path)
    assert figures(resumed.run(4)) == figures(whole)
    assert Blur.made == 1 + 2  # one to compare, two to train
    assert figures(make(protocol, folder=tmp_path).run(3)) == figures(whole[:3])
    assert Blur.made == 3


def test_killed_in_the_middle_of_a_generation(make, tmp_path):
    loop = make(folder=tmp_path)
    loop.run(1)

    def broken(*arguments):
        raise KeyboardInterrupt

    loop.measure = broken
    with pytest.raises(KeyboardInterrupt):
        loop.run(3)
    (tmp_path / "generation-002.npz.999").write_bytes(b"half a file")
    assert figures(make(folder=tmp_path).run(3)) == figures(make().run(3))


def test_a_folder_of_another_loop_is_refused(make, tmp_path, images):
    make(folder=tmp_path).run(1)
    with pytest.raises(
        ValueError, match=r"another loop: spread was 1.0 and is 0.5\. Name another folder"
    ):
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
    for options in (
        {"protocol": "augmentation"},
        {"protocol": "fresh data"},
        {"protocol": "accumulate", "n_real": 20},
    ):
        shared = make(**options, first_from=first)
        assert figures(shared.run(2)) == figures(make(**options).run(2))
        assert shared.table[0] is first.table[0]
    assert Blur.made == 3 * 1 + 3 * 2
    others = (
        {"seed": 1},
        {"train_steps": 4},
        {"batch_size": 5},
        {"n_initial": 30},
        {"images": images[::-1]},
    )
    for options in others:
        own = make(**options, first_from=first)
        own.run(1)
        assert own.table[0] is not first.table[0], options
        assert own.first_model is not first.first_model, options
    Blur.made = 0
    for options in (
        {"spread": 0.5},
        {"n_synthetic": 31},
    ):  # the model is the same, its images are not
        shared, own = make(**options, first_from=first), make(**options)
        assert figures(shared.run(2)) == figures(own.run(2)), options
        assert figures(shared.table) != figures(first.table), options
    assert Blur.made == 2 * 1 + 2 * 2
    assert make(first_from=make()).run(1)[0].generation == 1  # the other has none yet


def test_seeds(make):
    first, again, other = (figures(make(seed=seed).run(2)) for seed in (0, 0, 1))
    assert first == again
    assert first != other


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
        ({"train_steps": 0}, "train_steps=0"),
        ({"batch_size": 0}, "batch_size=0"),
    ],
)
def test_wrong_arguments_of_a_loop_are_named(make, options, words):
    with pytest.raises(ValueError, match=words):
        make(**options)


def test_memory_is_bounded(make):
    with pytest.raises(ValueError, match=r"5 generations take 0.1 MB: more than max_mb=0.1"):
        make(max_mb=0.1).run(5)
    make(max_mb=0.1).run(4)
    with pytest.raises(ValueError, match="generations=0"):
        make().run(0)


def test_a_latent_flow_loses_variety_and_goes_on_where_it_was(tmp_path, small_and_exact):
    """With λ = 0.3 each generation draws less than the one before; an interrupted loop agrees."""
    import keras

    from generative_vision import data
    from generative_vision.models.latent_flow import LatentFlow
    from generative_vision.models.weights import pretrained

    images = data.load_fashion_mnist("test")[0][:1000]
    autoencoder = pretrained("autoencoder-8")

    def make_generator():
        model = LatentFlow(autoencoder, width=32)
        model.compile(optimizer=keras.optimizers.Adam(0.01), steps_per_execution=20)
        return model

    def variety(pictures):
        return {"variety": autoencoder.encode(pictures).var(axis=0).mean()}

    sizes = {"n_real": 500, "n_synthetic": 300, "train_steps": 100, "batch_size": 50}
    options = {"images": images, "spread": 0.3, "measure": variety, **sizes}
    whole = SelfConsumingLoop(make_generator, **options).run(3)
    SelfConsumingLoop(make_generator, **options, folder=tmp_path).run(2)
    again = SelfConsumingLoop(make_generator, **options, folder=tmp_path).run(3)
    assert figures(whole) == figures(again)
    first, second, third = (line.scores["variety"] for line in whole)
    assert third < 0.7 * second
    assert second < 0.7 * first


def test_every_generation_reports_how_far_it_is(make):
    loop = make()
    with ipython_displays() as displays:
        loop.run(2)
        loop.run(3)
    lines = [one["data"]["text/plain"] for one in displays if one.get("update")]
    starts = [f"{done} generations | spread" for done in ("1 of 2", "2 of 2", "3 of 3")]
    assert [line[: len(start)] for line, start in zip(lines, starts, strict=True)] == starts
    assert lines[0].endswith("s left")
    assert not lines[1].endswith("left")
    assert kinds(displays).count("new") == 2


def shipped_runs():
    """The generations of each run, by experiment and seed, of the shipped table."""
    runs = {}
    for row in loops.shipped_table():
        runs.setdefault((row["experiment"], row["seed"]), []).append(row["generation"])
    return runs


def test_the_shipped_runs_are_whole():
    for (name, _), generations in shipped_runs().items():
        assert generations == list(range(1, 5 if name.endswith("retrained") else 7)), name


@pytest.mark.parametrize(
    "name", ["fully synthetic", "augmentation", "accumulate", "guidance, λ = 0.7"]
)
def test_a_main_verdict_rests_on_five_shipped_seeds(name):
    assert [seed for other, seed in shipped_runs() if other == name] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "name", [*loops.PROTOCOLS, "minority, fully synthetic", "filter", "fully synthetic, λ = 0.7"]
)
def test_a_verdict_rests_on_three_shipped_seeds(name):
    assert {seed for other, seed in shipped_runs() if other == name} >= {0, 1, 2}


def test_shipped_figures_are_in_their_ranges():
    for row in loops.shipped_table():
        assert row["fcd"] > 0
        assert 0 < row["precision"] <= 1
        assert sum(row[f"class_{i}"] for i in range(10)) == pytest.approx(1, abs=1e-3)


def test_the_loops_of_a_seed_start_with_weights_of_their_own():
    first = [row["fcd"] for row in loops.shipped_table() if row["generation"] == 1]
    assert len(set(first)) > 0.9 * len(first)


def test_shipped_pictures_are_of_shipped_experiments():
    assert set(loops.shipped_pictures()) <= {name for name, _ in shipped_runs()}


def test_shipped_pictures_are_grey_levels_of_ten_images():
    found = {(strips.dtype, strips.shape) for strips in loops.shipped_pictures().values()}
    assert found == {(np.dtype("uint8"), (6, 10, 28, 28))}


def unconditional(kind):
    from generative_vision.models.diffusion import Diffusion
    from generative_vision.models.flow_vae import FlowVAE

    if kind == "flow VAE":
        return FlowVAE(4, couplings=2, hidden=8, width=4)
    return Diffusion(width=4) if kind == "diffusion" else zoo.make(kind)


@pytest.mark.parametrize(
    "kind",
    ["VAE", *(pytest.param(k, marks=pytest.mark.slow) for k in ("GAN", "flow VAE", "diffusion"))],
)
def test_other_generators_go_round_the_loop(kind, images, small_and_exact):
    loop = SelfConsumingLoop(
        lambda: compiled(unconditional(kind)),
        "accumulate",
        images=images,
        n_real=20,
        n_synthetic=10,
        train_steps=4,
        batch_size=10,
        spread=0.9,
        measure=spread_of,
    )
    first, second = loop.run(2)
    assert (first.n_training, second.n_training) == (20, 30)
    assert first.scores["spread"] > 0


def test_a_conditional_generator_needs_labels(images, small_and_exact):
    loop = SelfConsumingLoop(
        lambda: compiled(zoo.make("diffusion")),
        images=images,
        n_real=20,
        n_synthetic=10,
        train_steps=1,
    )
    with pytest.raises(ValueError, match="needs captions"):
        loop.run(1)
