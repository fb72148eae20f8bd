"""Draw each lesson's picture.png, rows of images for the welcome page, with fixed seeds.

    python benchmarks/lesson_pictures.py 03   # of these lessons; of all without a number

They come from the shipped models, but for lesson 06, whose loop trains a latent flow six times, in
one to two minutes, and for lesson 08, which restyles photographs. What a picture shows stands in
book.toml. Run ``make build`` afterwards. A new lesson's rows belong in ``main``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from generative_vision import data, photos, runtime, training, watermark

runtime.setup(seed=0)  # before Keras is imported
import keras

from generative_vision.loops import SelfConsumingLoop, from_pictures
from generative_vision.models.latent_flow import LatentFlow
from generative_vision.models.optimal import OptimalDenoiser
from generative_vision.models.pca import PCAGaussian
from generative_vision.models.style import stylize
from generative_vision.models.weights import pretrained

COLUMNS, GAP, SCALE = 12, 2, 2  # the gap in pixels of an image; each becomes SCALE² on the screen
TILE = 58  # pixels of a photograph in lesson 08
GREYS = 15  # with one transparent colour an index takes four bits
STEPS = 900  # of training, in each generation of the loop
LESSONS = Path(__file__).parents[1] / "solutions"


def main() -> None:
    """Write the pictures beside the lessons' sources, in float32 on every machine."""
    keras.config.set_dtype_policy("float32")
    images, _ = data.load_fashion_mnist("train")
    test, _ = data.load_fashion_mnist("test")
    real = test[:COLUMNS]
    rows: dict[str, Callable[[], tuple[np.ndarray, ...]]] = {
        "00": lambda: (real, PCAGaussian(256).fit(images).sample(COLUMNS, seed=0)),
        "01": lambda: (real, pretrained("autoencoder-32").reconstruct(real)),
        "02": lambda: tuple(
            pretrained(name).sample(COLUMNS, seed=0) for name in ("vae-32", "vae-32-flow")
        ),
        "03": lambda: (pretrained("gan").sample(COLUMNS, seed=0), walk()),
        "04": lambda: (denoising(), by_class()),
        "05": lambda: (ordered(), guesses()),
        "06": lambda: loop(images),
        "07": lambda: mosaics(images),
        "09": marked,
    }
    parser = argparse.ArgumentParser(description="Draw the lessons' pictures for the welcome page.")
    known = sorted([*rows, "08"])
    parser.add_argument("numbers", nargs="*", metavar="NN", help=f"of {', '.join(known)}")
    numbers = parser.parse_args().numbers or known
    if unknown := sorted({*numbers} - {*known}):
        parser.error(f"no rows for {', '.join(unknown)}: add them to main")
    for number in numbers:
        (folder,) = LESSONS.glob(f"{number}-*")
        path = folder / "picture.png"
        if number == "08":
            draw_photos(restyled(), path)
        else:
            draw(rows[number](), path)
        print(f"{path}: {path.stat().st_size} bytes")


def walk() -> np.ndarray:
    """Return the GAN's images on a circle through its noise."""
    gan = pretrained("gan")
    one, other = np.random.default_rng(0).normal(size=(2, 1, gan.latent_dim))
    turn = np.linspace(0, np.pi, COLUMNS)[:, None]
    return gan.generate((np.cos(turn) * one + np.sin(turn) * other).astype("float32"))


def denoising() -> np.ndarray:
    """Return one image on its way from noise, by pixel diffusion."""
    model, seen = pretrained("diffusion"), []

    def solver(velocity, x, t, s, rng):
        seen.append(model.to_images(x))
        return model.solver("ddim")(velocity, x, t, s, rng)

    image = model.sample(1, seed=0, steps=44, prompt="a bright ankle boot", solver=solver)
    return np.concatenate([*seen[::4], image])[:COLUMNS]


def by_class() -> np.ndarray:
    """Return images of all ten classes, boots and bags twice, by pixel diffusion."""
    classes = [*range(10), 9, 8][:COLUMNS]
    return pretrained("diffusion").sample(COLUMNS, seed=0, labels=classes, solver="ddpm")


def ordered() -> np.ndarray:
    """Return images of four prompts, by the latent flow."""
    prompts = ["a dark ankle boot", "a bright dress", "a bag", "a dark shirt"]
    each = [prompt for prompt in prompts for _ in range(COLUMNS // len(prompts))]
    return pretrained("latent-flow").sample(COLUMNS, seed=0, prompt=each, guidance=2.0)


def guesses() -> np.ndarray:
    """Return the latent flow's guesses of one image, told nothing, on the way: x̂ = x_t − t·v."""
    model, seen = pretrained("latent-flow"), []

    def solver(velocity, x, t, s, rng):
        v = velocity(x, t)
        seen.append(model.to_images(x - t * v))
        return x + (s - t) * v

    model.sample(1, seed=6, steps=COLUMNS, labels=0, guidance=0.0, solver=solver)
    return np.concatenate(seen)


def loop(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return generations 1 and 6 of a loop without fresh data, samples drawn with λ = 0.7."""
    autoencoder = pretrained("autoencoder-32")
    autoencoder.trainable = False

    def make_flow():
        model = LatentFlow(autoencoder, width=256)
        adam = keras.optimizers.Adam(training.warmup_cosine(0.01, STEPS), beta_2=0.99)
        model.compile(optimizer=adam, steps_per_execution=10)
        return model

    made = SelfConsumingLoop(
        make_flow, images=images, spread=0.7, train_steps=STEPS, batch_size=125, measure=None
    )
    made.run(6)
    first, last = made.history.pictures[0], made.history.pictures[-1]
    return from_pictures(first[:COLUMNS]), from_pictures(last[:COLUMNS])


def mosaics(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what the best denoiser of 256 images draws, by whole images and by windows."""
    known = images[np.random.default_rng(0).permutation(len(images))[:256]]
    whole, local = (OptimalDenoiser(known, window) for window in (None, 15))
    return whole.sample(COLUMNS, seed=2), local.sample(COLUMNS, seed=2)


def marked() -> tuple[np.ndarray, np.ndarray]:
    """Return the GAN's images, and the same with a pattern three times as strong as lesson 09's."""
    samples = pretrained("gan").sample(COLUMNS, seed=0)
    return samples, watermark.embed(samples, key=1, strength=0.24)


def restyled() -> np.ndarray:
    """Return the cat, gravel, and the cat of gravel; coffee, grass, and the coffee of grass."""
    photographs = []
    for pair in (("cat", "gravel"), ("coffee", "grass")):
        content, style = photos.load(*pair, size=128)[:, None]
        found = stylize(photos.luminance(content), style, content_weight=0.03, steps=60)
        photographs += [content, style, photos.recolour(found, content)]
    return np.concatenate(photographs)


def draw_photos(images: np.ndarray, path: Path) -> None:
    """Write photographs in a row as a small PNG of sixteen colours, white between them."""
    pixels = ((images + 1) * 127.5).round().clip(0, 255).astype("uint8")
    row = Image.new("RGB", (len(images) * (TILE + GAP) - GAP, TILE), "white")
    for i, tile in enumerate(pixels):
        small = Image.fromarray(tile).resize((TILE, TILE), Image.Resampling.LANCZOS)
        row.paste(small, (i * (TILE + GAP), 0))
    few = row.quantize(16, dither=Image.Dither.NONE)
    large = few.resize((SCALE * few.width, SCALE * few.height), Image.Resampling.NEAREST)
    large.save(path, bits=4, optimize=True)


def draw(rows: tuple[np.ndarray, ...], path: Path) -> None:
    """Write rows of images as a small PNG, transparent between them."""
    step = rows[0].shape[1] + GAP
    page = np.full((len(rows) * step - GAP, COLUMNS * step - GAP), GREYS, "uint8")
    for i, row in enumerate(rows):
        for j, image in enumerate(row):
            levels = np.round((image[..., 0].clip(-1, 1) + 1) / 2 * (GREYS - 1))
            page[i * step : (i + 1) * step - GAP, j * step : (j + 1) * step - GAP] = levels
    picture = Image.fromarray(page.repeat(SCALE, axis=0).repeat(SCALE, axis=1), mode="P")
    greys = np.linspace(0, 255, GREYS).round().astype("uint8").repeat(3)
    picture.putpalette([*greys.tolist(), 127, 127, 127])
    picture.save(path, bits=4, transparency=GREYS, optimize=True)


if __name__ == "__main__":
    main()
