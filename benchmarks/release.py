"""Lesson 09's tables: rings in noise, detectors of generated images, a rare class, unlearning.

Three seeds each, some minutes on two cores. May be interrupted. Writes release.csv.

rings: 100 images by pixel diffusion, ten DDIM steps, from marked noise and from the same noise
without; how many are found at a p-value of 1 %, against 1,000 inverted test images. detectors: a
small network learns to tell 800 images of one generator from as many real ones, all with 256 grey
levels, and judges 200 of each generator. rare: bags are 2 % of what a labelled flow learns from.
forgetting: a flow that learned 300 images by heart is to forget 100 of them.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from tables import fill

from generative_vision import audit, data, metrics, runtime, training, watermark

runtime.setup(seed=0)  # before Keras is imported
import keras
from keras import layers

from generative_vision.models.conditioning import resolve_condition
from generative_vision.models.latent_flow import LatentFlow
from generative_vision.models.noise import normal_noise
from generative_vision.models.pca import PCAGaussian
from generative_vision.models.weights import pretrained

STEPS, MARKED, NULL = 10, 100, 1000  # rings
LEARNED, JUDGED, EPOCHS = 800, 200, 10  # detectors
BAG, OTHERS, DRAWN, FLOW_STEPS = 8, 2000, 2000, 900  # rare
BY_HEART, FORGOTTEN, LONG = 300, 100, 2500  # forgetting


def main() -> None:
    """Run what is missing in the table."""
    keras.config.set_dtype_policy("float32")
    fill("release.csv", RUNS, measure, __doc__)


def measure(name: str, seed: int) -> list[dict]:
    """Return the rows of one run."""
    keras.utils.set_random_seed(seed)
    found = RUNS[name](seed)
    row = {"run": name, "seed": seed}
    return [{**row, "measure": key, "value": f"{value:.4g}"} for key, value in found.items()]


def rings(seed: int) -> dict[str, float]:
    """Find marks in samples of pixel diffusion, as they are and after attacks."""
    model, key = pretrained("diffusion"), watermark.ring_key(seed)
    null = watermark.ring_distance(inverted(), key)
    noise = normal_noise(MARKED, 28, 28, 1, seed=seed)
    words = resolve_condition(model.condition, None, None, MARKED, seed)
    plain, marked = (
        model.to_images(model.denoise(start, words, steps=STEPS))
        for start in (noise, watermark.mark_noise(noise, key))
    )
    other = watermark.ring_key(seed + 1000)
    found = {"unmarked": plain, "marked": marked}
    found |= {name: attack(marked) for name, attack in ATTACKS.items()}
    shares = {"null, mean": float(null.mean())}
    for name, images in found.items():
        distances = watermark.ring_distance(watermark.invert(model, images, steps=STEPS), key)
        shares[name] = float((watermark.ring_p_value(distances, null) <= 0.01).mean())
        if name in ("unmarked", "marked"):
            shares[f"distance, {name}"] = float(distances.mean())
            shares[f"FCD, {name}"] = metrics.fcd(images)
    wrong = watermark.ring_distance(watermark.invert(model, marked, steps=STEPS), other)
    return shares | {"distance, another key": float(wrong.mean())}


@lru_cache(maxsize=1)
def inverted() -> np.ndarray:
    """Return the noise of unmarked images: the first test images."""
    test, _ = data.load_fashion_mnist("test")
    return watermark.invert(pretrained("diffusion"), test[:NULL], steps=STEPS)


def detectors(seed: int) -> dict[str, float]:
    """Train a detector on each generator, and let it judge images of all six."""
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
    made = {name: quantised(some) for name, some in made.items()}
    found = {}
    for name, some in made.items():
        detector = train_detector(real, some[:LEARNED])
        called_real = detector.predict(real_test, verbose=0)[:, 0] < 0
        for other, shown in made.items():
            called_fake = detector.predict(shown[LEARNED:], verbose=0)[:, 0] > 0
            found[f"{name} > {other}"] = (called_real.mean() + called_fake.mean()) / 2
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
    network.compile(keras.optimizers.Adam(0.002), loss=loss)
    images, labels = np.concatenate([real, fake]), np.repeat([0.0, 1.0], [len(real), len(fake)])
    network.fit(images, labels, batch_size=50, epochs=EPOCHS, verbose=0)
    return network


def quantised(images: np.ndarray) -> np.ndarray:
    """Return images with the 256 grey levels that files have."""
    return ((images + 1) * 127.5).round().astype("float32") / 127.5 - 1


def flow(steps: int, **options) -> LatentFlow:
    """Return a flow to be trained for so many steps."""
    autoencoder = pretrained("autoencoder-32")
    autoencoder.trainable = False
    model = LatentFlow(autoencoder, width=256, **options)
    adam = keras.optimizers.Adam(training.warmup_cosine(0.005, steps), beta_2=0.99)
    model.compile(optimizer=adam, steps_per_execution=20)
    return model


def rare(seed: int) -> dict[str, float]:
    """Draw from a flow for which bags are 2 %: as it learned, less varied, and balanced."""
    images, labels = data.load_fashion_mnist("train")
    rng, chosen = np.random.default_rng(seed), []
    for label in range(10):
        of_class = np.flatnonzero(labels == label)
        n = round(9 * OTHERS * 0.02 / 0.98) if label == BAG else OTHERS
        chosen.append(rng.permutation(of_class)[:n])
    chosen = np.concatenate(chosen)
    found = {"in the data": float((labels[chosen] == BAG).mean())}
    model = flow(FLOW_STEPS)
    model.fit(images[chosen], batch_size=100, epochs=epochs(FLOW_STEPS, len(chosen)), verbose=0)
    for spread in (1.0, 0.7, 0.4):
        drawn = model.sample(DRAWN, seed=seed, spread=spread)
        found[f"share, λ = {spread:g}"] = float(metrics.class_shares(drawn)[BAG])
    told = flow(FLOW_STEPS, condition="labels")
    batches = epochs(FLOW_STEPS, len(chosen))
    told.fit(images[chosen], labels[chosen], batch_size=100, epochs=batches, verbose=0)
    for label, name in ((BAG, "bags"), (3, "dresses")):
        real = images[labels == label][:500]
        for guidance in (1.0, 3.0):
            drawn = told.sample(500, seed=seed, labels=label, guidance=guidance)
            right = float((metrics.classify(drawn).argmax(axis=1) == label).mean())
            found[f"{name} recognised, g = {guidance:g}"] = right
            found[f"{name} variety, g = {guidance:g}"] = variety(drawn) / variety(real)
    return found


def variety(images: np.ndarray) -> float:
    """Return the total variance of the images' features, by the second classifier."""
    return float(metrics.features(images, 2).var(axis=0).sum())


def forgetting(seed: int) -> dict[str, float]:
    """Let a flow learn images by heart, and forget some: by fine-tuning, or from the start."""
    images, _ = data.load_fashion_mnist("train")
    test, _ = data.load_fashion_mnist("test")
    some = images[np.random.default_rng(seed).permutation(len(images))[:BY_HEART]]
    gone, kept = some[:FORGOTTEN], some[FORGOTTEN:]
    found = {}

    def check(name: str, model: LatentFlow) -> None:
        for which, of in (("forgotten", gone), ("kept", kept)):
            found[f"{name}: {which}"] = audit.audit(model, of, test, n=500, seed=seed).copied.value

    model = flow(LONG)
    model.fit(some, batch_size=100, epochs=epochs(LONG, len(some)), verbose=0)
    check("learned", model)
    adam = keras.optimizers.Adam(0.001, beta_2=0.99)
    model.compile(optimizer=adam, steps_per_execution=5)
    done = 0
    for steps in (100, 1000):
        model.fit(kept, batch_size=100, epochs=epochs(steps - done, len(kept)), verbose=0)
        done = steps
        check(f"fine-tuned {steps}", model)
    again = flow(LONG)
    again.fit(kept, batch_size=100, epochs=epochs(LONG, len(kept)), verbose=0)
    check("trained again", again)
    return found


def epochs(steps: int, images: int) -> int:
    """Return about how many epochs of batches of 100 take so many steps."""
    return max(1, round(steps * 100 / images))


ATTACKS = {
    "JPEG 50": lambda images: watermark.jpeg(images, 50),
    "resize 20": lambda images: watermark.resize(images, 20),
    "crop 1": lambda images: watermark.crop(images, 1),
    "noise 0.1": lambda images: watermark.noisy(images, 0.1),
    "blur 0.7": lambda images: watermark.blur(images, 0.7),
    "autoencoder": lambda images: pretrained("autoencoder-32").reconstruct(images),
}
RUNS = {"forgetting": forgetting, "rare": rare, "rings": rings, "detectors": detectors}


if __name__ == "__main__":
    main()
