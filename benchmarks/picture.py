"""Draw results.png, the README's picture: real images, and those of each model."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from generative_vision import data, plotting, runtime
from generative_vision.models.pca import PCAGaussian
from generative_vision.models.weights import pretrained


def main() -> None:
    """Write results.png beside this script, seed 0."""
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


if __name__ == "__main__":
    main()
