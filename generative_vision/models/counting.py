"""How much does a network compute? Floating-point operations, counted from its layers.

Only multiplications of kernels are counted, two operations for each product that is added up: dense
layers and convolutions do nearly all the work. Activations, norms and moved numbers are not.
"""

import math

import keras
from keras import layers

from generative_vision.models.autoencoder import Autoencoder
from generative_vision.models.denoiser import Denoiser
from generative_vision.models.flow_vae import FlowVAE
from generative_vision.models.gan import GAN
from generative_vision.models.latent_flow import LatentFlow
from generative_vision.models.pca import PCAGaussian
from generative_vision.models.samplers import heun
from generative_vision.models.vae import VAE

BACKWARD = 2  #: passes forward that one pass backward costs: gradients of inputs and of weights
_CONVOLUTIONS = (layers.Conv1D, layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)
_TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose)


def operations(network: keras.Model) -> int:
    """Return the operations of one example's way through a functional or sequential network.

    A layer of another kind than dense and convolutional ones, as ``Scale`` of the U-Net, is taken
    to use each of its matrices once; one that is used several times, to see the same size each
    time.

    Raises:
        ValueError: no such network.
    """
    if not isinstance(network, keras.Model) or not getattr(network, "inputs", None):
        raise ValueError(
            f"network is {type(network).__name__}: expected a functional or sequential "
            "keras.Model, such as gan.averaged or vae.decoder."
        )
    # a graph's configuration says how often each layer is used
    uses = {
        entry["config"]["name"]: len(entry["inbound_nodes"])
        for entry in network.get_config()["layers"]
        if entry.get("inbound_nodes")
    }
    return sum(uses.get(layer.name, 1) * _of_layer(layer) for layer in network.layers)


def training_operations(network: keras.Model, examples: int) -> int:
    """Return the operations of training a network on so many examples: steps times batch.

    One pass backward costs about two forward.
    """
    return (1 + BACKWARD) * operations(network) * int(examples)


def sampling_operations(
    model, *, steps: int | None = None, guidance: float = 1.0, solver: str | None = None
) -> int:
    """Return the operations that ``model.sample`` takes for one image.

    Args:
        model: one of the course's: PCAGaussian, Autoencoder, VAE, FlowVAE, GAN, Diffusion,
            LatentFlow.
        steps, guidance, solver: as for ``sample`` of diffusion and flows.

    Raises:
        ValueError: another model, for which ``operations`` counts each network alone.
    """
    if isinstance(model, PCAGaussian):
        return 2 * model.components * 784
    if isinstance(model, GAN):
        return operations(model.averaged)
    if isinstance(model, (Autoencoder, VAE)):
        prior = model.flow.networks if isinstance(model, FlowVAE) else ()
        return operations(model.decoder) + sum(map(operations, prior))
    if isinstance(model, Denoiser):
        looks = 2 if model.solver(solver) is heun else 1
        looks *= 2 if model.condition and guidance != 1 else 1
        looks *= len(model.times(steps)) - 1
        decoder = operations(model.decoder) if isinstance(model, LatentFlow) else 0
        return looks * operations(model.averaged) + decoder
    raise ValueError(
        f"model is {type(model).__name__}, whose sampling is not known here: count its networks "
        "by operations(network), times how often each is asked for one image."
    )


def _of_layer(layer: layers.Layer) -> int:
    inner = layer.layer if isinstance(layer, layers.Wrapper) else layer
    if isinstance(inner, keras.Model):
        return operations(inner)
    places = 1  # where a kernel is used: once for a vector
    if isinstance(inner, _TRANSPOSED):
        places = math.prod(layer.input.shape[1:-1])
    elif isinstance(inner, (*_CONVOLUTIONS, layers.Dense)):
        places = math.prod(layer.output.shape[1:-1])
    return 2 * places * sum(math.prod(w.shape) for w in inner.weights if len(w.shape) > 1)
