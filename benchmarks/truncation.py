"""What each kind of λ does to one generation: precision and recall, by both classifiers.

Three knobs of shipped models: noise z drawn from N(0, λI) and guidance g = 1/λ, both of the latent
flow, which is told labels, and truncation of the GAN, whose noise is λz (StyleGAN's ψ, but of the
noise itself). One model of each kind, two draws of 2,500 images, against the 10,000 test images.
May be interrupted. Writes truncation.csv.
"""

from __future__ import annotations

from functools import lru_cache

from mad import measure, pretrained  # which sets up Keras
from tables import fill

from generative_vision import runtime

N = runtime.choose(tiny=200, laptop=2500, gpu=2500)
SPREADS = (1.0, 0.8, 0.6, 0.4)
SCORES = [f"{name}{end}" for end in ("", "_2") for name in ("fcd", "precision", "recall")]
#: model, and how it is given λ
KNOBS = {
    "noise": ("latent-flow", lambda spread: {"spread": spread}),
    "guidance": ("latent-flow", lambda spread: {"guidance": 1 / spread}),
    "truncation": ("gan", lambda spread: {"spread": spread**2}),
}


def main() -> None:
    """Run what is missing in the table."""
    fill("truncation.csv", KNOBS, rows, __doc__, seeds=dict.fromkeys(KNOBS, 2))


def rows(knob: str, seed: int) -> list[dict]:
    """Return a row for each λ; the draws of a seed share their noise."""
    name, options = KNOBS[knob]
    found = []
    for spread in SPREADS:
        scores = measure(shipped(name).sample(N, seed=seed, **options(spread)))
        row = {"knob": knob, "seed": seed, "spread": spread}
        found.append(row | {score: f"{scores[score]:.4g}" for score in SCORES})
    return found


@lru_cache
def shipped(name: str):
    """Return a shipped model, loaded once."""
    return pretrained(name)


if __name__ == "__main__":
    main()
