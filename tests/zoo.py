"""A small model of each kind, and images, labels and captions for it."""

import pytest

from generative_vision import data, prompts

IMAGES, LABELS = (part[:24] for part in data.load_fashion_mnist("test"))
CAPTIONS = prompts.captions(IMAGES, LABELS)


def make(kind, **options):
    """Return a small model, not compiled."""
    from generative_vision.models.autoencoder import Autoencoder, conv_decoder, conv_encoder
    from generative_vision.models.classifier import Classifier
    from generative_vision.models.diffusion import Diffusion
    from generative_vision.models.flow_vae import FlowVAE
    from generative_vision.models.gan import GAN
    from generative_vision.models.latent_flow import LatentFlow
    from generative_vision.models.vae import VAE

    def coder(**options):
        return Autoencoder(4, encoder=conv_encoder(4, 4), decoder=conv_decoder(4, 4), **options)

    makers = {
        "autoencoder": coder,
        "classifier": Classifier,
        "VAE": lambda **o: VAE(4, width=4, **o),
        "conditional VAE": lambda **o: VAE(4, width=4, condition="labels", **o),
        "flow VAE": lambda **o: FlowVAE(
            4, couplings=2, hidden=8, width=4, condition="captions", **o
        ),
        "GAN": lambda **o: GAN(4, width=4, **o),
        "conditional GAN": lambda **o: GAN(4, width=4, condition="captions", **o),
        "diffusion": lambda **o: Diffusion(width=4, condition="captions", **o),
        "latent flow": lambda **o: LatentFlow(coder(), width=8, depth=1, condition="labels", **o),
    }
    return makers[kind](**options)


KINDS = [
    "autoencoder",
    "classifier",
    "VAE",
    "conditional VAE",
    "flow VAE",
    "GAN",
    "conditional GAN",
    "diffusion",
    "latent flow",
]
#: of a property that takes long, three kinds now and the others in ``make test-slow``
NOW = ("autoencoder", "conditional VAE", "latent flow")
NOW_OR_SLOW = [pytest.param(kind, marks=[] if kind in NOW else pytest.mark.slow) for kind in KINDS]
GENERATORS = [kind for kind in KINDS if kind not in ("autoencoder", "classifier")]


def given(model):
    """Return what ``y`` may be for a model."""
    return {None: None, "labels": LABELS, "captions": CAPTIONS}[model.condition]


def eager():
    """Whether a few steps are sooner done one operation at a time than traced: not on JAX."""
    import keras

    return keras.backend.backend() == "tensorflow"


def trained(kind, **options):
    model = make(kind, **options)
    model.compile(optimizer="adam", run_eagerly=eager())
    model.fit(IMAGES, given(model), batch_size=12, verbose=0)
    return model
