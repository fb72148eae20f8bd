"""Draw results.png, the README's picture of each model's images, and lesson 00's course.png."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from PIL import Image

from generative_vision import data, plotting, runtime
from generative_vision.models.pca import PCAGaussian
from generative_vision.models.weights import pretrained

LESSON = Path(__file__).parents[1] / "solutions" / "00-start-here"


def main() -> None:
    """Write results.png beside this script, and course.png beside the lesson, seed 0."""
    runtime.setup(seed=0)
    images, _ = data.load_fashion_mnist("train")
    test, _ = data.load_fashion_mnist("test")
    rows = {
        "real images": test[:12],
        "01 the same, rebuilt from 32 numbers": pretrained("autoencoder-32").reconstruct(test[:12]),
        "00 new images by PCA-Gaussian": PCAGaussian(256).fit(images).sample(12, seed=0),
        "02 new images by a VAE with a learned prior": pretrained("vae-32-flow").sample(12, seed=0),
        "03 new images by a GAN": pretrained("gan").sample(12, seed=0),
        "04 new images by pixel diffusion": pretrained("diffusion").sample(12, seed=0),
        "04 new images by a latent flow": pretrained("latent-flow").sample(12, seed=0),
        "04 “a dark ankle boot”, by the same": pretrained("latent-flow").sample(
            12, seed=0, prompt="a dark ankle boot", guidance=2.0
        ),
    }
    plotting.show_rows(rows)
    plt.savefig(Path(__file__).with_name("results.png"), dpi=80)
    names = {  # on the course's first page, where no lesson has been read
        "photographs": "real images",
        "yours, in this lesson": "00 new images by PCA-Gaussian",
        "VAE": "02 new images by a VAE with a learned prior",
        "GAN": "03 new images by a GAN",
        "flow matching": "04 new images by a latent flow",
        "“a dark ankle boot”": "04 “a dark ankle boot”, by the same",
    }
    plotting.show_rows({name: rows[row][:10] for name, row in names.items()})
    plt.savefig(LESSON / "course.png", dpi=70)
    with Image.open(LESSON / "course.png") as picture:
        small = picture.convert("L").quantize(16)  # a fifth of the bytes
    small.save(LESSON / "course.png", optimize=True)


if __name__ == "__main__":
    main()
