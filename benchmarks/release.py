"""Lesson 09's table: marks under attack and their price, detectors, a rare class, unlearning.

Three seeds each. May be interrupted. Writes release.csv: a value of a measure in a
setting.

marks: 1,000 images by pixel diffusion in ten DDIM steps, by both judges, without a mark and with
either kind; a seed is a key. Then attacks: of 50 marked images, and of as many without a mark, the
share that is called marked, at one false alarm in a hundred: for rings among 1,000 inverted test
images, for spread spectrum by its formula. detectors: a small network
learns to tell 800 images of one generator from as many real ones, and judges 400 of each
generator and 400 real ones; with the 256 grey levels of files, and without. rare: bags are 2 % of
what a flow learns from, or 10 %. forgetting: 20 images stand in the data in 25 near-duplicates
each, and ten of the 20 are to be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from tables import fill

from generative_vision import audit, data, distances, metrics, runtime, training, watermark

runtime.setup(seed=0)  # before Keras is imported
import keras
from keras import layers

from generative_vision.models.conditioning import resolve_condition
from generative_vision.models.latent_flow import LatentFlow
from generative_vision.models.noise import normal_noise
from generative_vision.models.pca import PCAGaussian
from generative_vision.models.weights import pretrained

STEPS, DRAWN_MARKED, NULL, ATTACKED = 10, 1000, 1000, 50  # marks
STRENGTH, FALSE_ALARMS = 0.08, 0.01  # the strength is the lesson's
LEARNED, JUDGED, EPOCHS = 800, 400, 8  # detectors
NOT_ROUNDED = ("PCA-Gaussian", "GAN", "latent flow")
BAG, OTHERS, DRAWN, FLOW_STEPS = 8, 2000, 2000, 900  # rare
PEOPLE, VARIANTS, CROWD, LONG = 20, 25, 1000, 1000  # forgetting

#: name, what it does to images, how strong
ATTACKS: tuple[tuple[str, Callable, tuple], ...] = (
    ("JPEG quality", watermark.jpeg, (90, 70, 50, 30, 10)),
    ("made smaller", watermark.resize, (26, 22, 18, 14, 10)),
    ("cropped border", watermark.crop, (0, 1, 2, 3)),
    ("noise added", watermark.noisy, (0.1, 0.2, 0.4, 0.8)),
    ("blur width", watermark.blur, (0.3, 0.5, 0.7, 1.0, 1.5)),
    (
        "rebuilt from a code of",
        lambda images, size: pretrained(f"autoencoder-{size}").reconstruct(images),
        (128, 64, 32, 16, 8),
    ),
)
AVERAGED = (10, 30, 100, 300)  # images of each kind that somebody has collected


def main() -> None:
    """Run what is missing in the table."""
    keras.config.set_dtype_policy("float32")
    fill("release.csv", RUNS, measure, __doc__)


def measure(name: str, seed: int) -> list[dict]:
    """Return the rows of one run."""
    keras.utils.set_random_seed(seed)
    found = RUNS[name](seed)
    row = {"run": name, "seed": seed}
    return [
        {**row, "measure": key[0], "setting": key[1], "value": f"{value:.4g}"}
        for key, value in found.items()
    ]


def drawn(n: int, key: watermark.RingKey | None = None) -> np.ndarray:
    """Return samples (n, 28, 28, 1) of pixel diffusion, from marked noise where there is a key."""
    model, noise = pretrained("diffusion"), normal_noise(n, 28, 28, 1, seed=0)
    noise = noise if key is None else watermark.mark_noise(noise, key)
    words = resolve_condition(model.condition, None, None, n, 0)
    return model.to_images(model.denoise(noise, words, steps=STEPS))


def marks(seed: int) -> dict:
    """Draw marked images, measure them by both judges, and attack them; a seed is a key."""
    key, (plain, _) = watermark.ring_key(seed), unmarked()
    own = {
        "spread spectrum": watermark.embed(plain, seed, STRENGTH),
        "rings": drawn(DRAWN_MARKED, key),
    }
    found = {}
    for kind, images in {"unmarked": plain, **own}.items():
        scores = metrics.evaluate(images)
        found["FCD", kind], found["FCD, judge 2", kind] = scores.fcd, metrics.fcd(images, 2)
        found["precision", kind], found["recall", kind] = scores.precision, scores.recall
    return found | attacks(seed, key, own)


def attacks(seed: int, key: watermark.RingKey, own: dict[str, np.ndarray]) -> dict:
    """Attack marks of both kinds, and images without a mark, and look for the marks."""
    plain, back = unmarked()
    model, (test, _) = pretrained("diffusion"), data.load_fashion_mnist("test")
    null = watermark.ring_distance(back["test images"], key)

    def by_noise(noise: np.ndarray) -> float:
        near = watermark.ring_p_value(watermark.ring_distance(noise, key), null) <= FALSE_ALARMS
        return float(near.mean())

    def by_rings(images: np.ndarray) -> float:
        return by_noise(watermark.invert(model, images, steps=STEPS))

    def by_pattern(images: np.ndarray) -> float:
        return float((watermark.score(images, seed) > watermark.threshold(FALSE_ALARMS)).mean())

    found = {("distance", "test images"): float(null.mean())}
    for setting, some in attacked(plain).items():
        found["spread spectrum, unmarked", setting] = by_pattern(some)
        found["rings, unmarked", setting] = by_noise(back[setting])
    for kind, look in (("spread spectrum", by_pattern), ("rings", by_rings)):
        for setting, some in attacked(own[kind]).items():
            found[kind, setting] = look(some)
        for many in AVERAGED:
            # unmarked images from other noise than the marked ones
            mark = own[kind][:many].mean(axis=0) - plain[500 : 500 + many].mean(axis=0)
            washed = watermark.forge(own[kind][-ATTACKED:], mark, -1.0)
            found[kind, f"washed after {many}"] = look(washed)
            forged = watermark.forge(test[-ATTACKED:], mark)
            found[kind, f"forged after {many}"] = look(forged)
    return found


@lru_cache(maxsize=1)
def unmarked() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return images without a mark, and inverted: test images, and the last, after each attack."""
    model, (test, _) = pretrained("diffusion"), data.load_fashion_mnist("test")
    plain = drawn(DRAWN_MARKED)
    sets = {"test images": test[:NULL], **attacked(plain)}
    return plain, {k: watermark.invert(model, x, steps=STEPS) for k, x in sets.items()}


def attacked(images: np.ndarray) -> dict[str, np.ndarray]:
    """Return the last of the images, untouched and after each attack."""
    some = images[-ATTACKED:]
    found = {"untouched": some}
    for attack, change, amounts in ATTACKS:
        found |= {f"{attack} {amount}": change(some, amount) for amount in amounts}
    return found


def detectors(seed: int) -> dict:
    """Train a detector on each generator, and let it judge images of all six, and real ones."""
    n = LEARNED + JUDGED
    images, _ = data.load_fashion_mnist("train")
    test, _ = data.load_fashion_mnist("test")
    rng = np.random.default_rng(seed)
    real = images[rng.permutation(len(images))[:LEARNED]]
    real_test = test[rng.permutation(len(test))[:JUDGED]]
    made = {
        "PCA-Gaussian": PCAGaussian(256).fit(images).sample(n, seed=seed),
        "VAE": pretrained("vae-32").sample(n, seed=seed),
        "VAE, flow": pretrained("vae-32-flow").sample(n, seed=seed),
        "GAN": pretrained("gan").sample(n, seed=seed),
        "diffusion": pretrained("diffusion").sample(n, seed=seed, steps=STEPS),
        "latent flow": pretrained("latent-flow").sample(n, seed=seed),
    }
    files = {name: quantised(some) for name, some in made.items()}
    found = {}
    for name in made:
        detector = train_detector(real, files[name][:LEARNED])
        found[name, "real"] = called_generated(detector, real_test)
        for other, shown in files.items():
            found[name, other] = called_generated(detector, shown[LEARNED:])
    for name in NOT_ROUNDED:
        detector = train_detector(real, made[name][:LEARNED])
        setting = f"{name}, not rounded"
        found[setting, "real"] = called_generated(detector, real_test)
        found[setting, "not rounded"] = called_generated(detector, made[name][LEARNED:])
        found[setting, "rounded"] = called_generated(detector, files[name][LEARNED:])
    return found


def train_detector(real: np.ndarray, fake: np.ndarray) -> keras.Model:
    """Return a network whose logit is above 0 where it takes an image for generated."""
    options = {"padding": "same", "activation": "relu"}
    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(16, 3, strides=2, **options),
            layers.Conv2D(32, 3, strides=2, **options),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(1),
        ]
    )
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    network.compile(keras.optimizers.Adam(0.002), loss=loss, steps_per_execution=20)
    images, labels = np.concatenate([real, fake]), np.repeat([0.0, 1.0], [len(real), len(fake)])
    network.fit(images, labels, batch_size=50, epochs=EPOCHS, verbose=0)
    return network


def called_generated(detector: keras.Model, images: np.ndarray) -> float:
    """Return the share of images that a detector takes for generated."""
    return float((detector.predict_on_batch(images)[:, 0] > 0).mean())


def quantised(images: np.ndarray) -> np.ndarray:
    """Return images with the 256 grey levels that files have."""
    return ((images + 1) * 127.5).round().astype("float32") / 127.5 - 1


def flow(steps: int, rate: float = 0.005, **options) -> LatentFlow:
    """Return a flow to be trained for so many steps."""
    autoencoder = pretrained("autoencoder-32")
    autoencoder.trainable = False
    model = LatentFlow(autoencoder, width=256, **options)
    prepare(model, steps, rate)
    return model


def prepare(model: LatentFlow, steps: int, rate: float) -> None:
    """Compile a flow for so many steps."""
    adam = keras.optimizers.Adam(training.warmup_cosine(rate, steps), beta_2=0.99)
    model.compile(optimizer=adam, steps_per_execution=20)


def rare(seed: int) -> dict:
    """Draw from flows for which bags are 2 %, and 10 %: told nothing, and told labels."""
    images, labels = data.load_fashion_mnist("train")
    test, test_labels = data.load_fashion_mnist("test")
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(images))
    places = {label: order[labels[order] == label][:OTHERS] for label in range(10)}
    few = round(9 * OTHERS * 0.02 / 0.98)
    real_bags = metrics.features(test[test_labels == BAG], 2)
    found = {}
    for amount, bags in (("2 %", few), ("10 %", OTHERS)):
        chosen = np.concatenate([*(places[k] for k in range(10) if k != BAG), places[BAG][:bags]])
        rng.shuffle(chosen)
        batch = {"batch_size": 100, "verbose": 0, "epochs": epochs(FLOW_STEPS, len(chosen))}
        untold, told = flow(FLOW_STEPS), flow(FLOW_STEPS, condition="labels")
        untold.fit(images[chosen], **batch)
        for spread in (1.0, 0.7, 0.4):
            some = untold.sample(DRAWN, seed=seed, spread=spread)
            found[f"share, {amount}", f"λ = {spread:g}"] = float(metrics.class_shares(some)[BAG])
        told.fit(images[chosen], labels[chosen], **batch)
        for guidance in (1.0, 3.0):
            some = told.sample(1000, seed=seed, labels=BAG, guidance=guidance)
            setting = f"asked, g = {guidance:g}"
            right = metrics.classify(some, 2).argmax(axis=1) == BAG
            scores = distances.neighbourhood_scores(real_bags, metrics.features(some, 2), 5)
            found[f"recognised, {amount}", setting] = float(right.mean())
            found[f"precision, {amount}", setting] = scores["precision"]
            found[f"recall, {amount}", setting] = scores["recall"]
    return found


def forgetting(seed: int) -> dict:
    """Let a flow learn near-duplicates, and forget some: by fine-tuning, or from the start."""
    images, _ = data.load_fashion_mnist("train")
    test, _ = data.load_fashion_mnist("test")
    rng = np.random.default_rng(seed)
    crowd = images[rng.permutation(len(images))[:CROWD]]
    order = rng.permutation(len(test))
    people, unseen = test[order[:PEOPLE]], test[order[PEOPLE:]]
    gone, kept = people[: PEOPLE // 2], people[PEOPLE // 2 :]
    rest = np.concatenate([crowd, near_duplicates(kept, rng)])
    everything = np.concatenate([rest, near_duplicates(gone, rng)])
    found = {}

    def check(name: str, model: LatentFlow) -> None:
        known = np.concatenate([gone, crowd])
        report = audit.audit(model, known, unseen, n=500, seed=seed)
        found["copies of the forgotten", name] = report.copied.value
        found["at least", name] = report.copied.interval[0]
        for which, of in (("forgotten", gone), ("kept", kept)):
            variants = near_duplicates(of, np.random.default_rng(seed))
            found[f"loss on the {which}", name] = loss(model, np.concatenate([variants] * 4))
        found["loss on others", name] = loss(model, unseen[:1000])

    model = flow(LONG)
    model.fit(everything, batch_size=100, epochs=epochs(LONG, len(everything)), verbose=0)
    check("learned", model)
    learned = model.get_weights()
    for steps in (60, 300):
        model.set_weights(learned)
        prepare(model, steps, 0.002)
        model.fit(rest, batch_size=100, epochs=epochs(steps, len(rest)), verbose=0)
        check(f"fine-tuned, {steps} steps", model)
    again = flow(LONG)
    again.fit(rest, batch_size=100, epochs=epochs(LONG, len(rest)), verbose=0)
    check("trained again", again)
    return found


def loss(model: LatentFlow, images: np.ndarray) -> float:
    """Return a flow's loss on images, 1,000 of them: each at a time and with noise of its own."""
    keras.utils.set_random_seed(0)
    return float(model.evaluate(images, batch_size=250, verbose=0))


def near_duplicates(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return variants of each image: moved by up to a pixel, and a little paler."""
    framed = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=-1)
    found = []
    for _ in range(VARIANTS):
        y, x = rng.integers(3, size=2)
        paler = rng.uniform(0.85, 1, (len(images), 1, 1, 1)).astype("float32")
        found.append((framed[:, y : y + 28, x : x + 28] + 1) * paler - 1)
    return np.concatenate(found)


def epochs(steps: int, images: int) -> int:
    """Return about how many epochs of batches of 100 take so many steps."""
    return max(1, round(steps * 100 / images))


RUNS = {
    "marks": marks,
    "detectors": detectors,
    "rare": rare,
    "forgetting": forgetting,
}


if __name__ == "__main__":
    main()
