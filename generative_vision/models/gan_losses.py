"""Losses of a GAN's two players, from logits (n,): the log-odds that an image is real."""

from collections.abc import Callable

from keras import ops

from generative_vision.models.layers import register


@register
def non_saturating_discriminator(real, fake):
    """−log D(x) − log(1 − D(G(z))), averaged, from logits (n,): a scalar.

    Source: Goodfellow et al. (2014), equation 1.
    """
    return ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake))  # softplus(−a) = −log σ(a)


@register
def non_saturating_generator(fake):
    """−log D(G(z)), averaged: large gradients where the discriminator is sure.

    Source: Goodfellow et al. (2014), section 3.
    """
    return ops.mean(ops.softplus(-fake))


@register
def minimax_generator(fake):
    """log(1 − D(G(z))), averaged: the generator's term of the original game, which saturates.

    Its discriminator is the same.
    """
    return -ops.mean(ops.softplus(fake))


@register
def wasserstein_discriminator(real, fake):
    """Mean of the critic on fake minus on real images. Arjovsky et al. (2017), arXiv:1701.07875."""
    return ops.mean(fake) - ops.mean(real)


@register
def wasserstein_generator(fake):
    """Minus the mean of the critic on fake images."""
    return -ops.mean(fake)


@register
def hinge_discriminator(real, fake):
    """max(0, 1 − D(x)) + max(0, 1 + D(G(z))), averaged. Lim and Ye (2017), arXiv:1705.02894."""
    return ops.mean(ops.relu(1 - real)) + ops.mean(ops.relu(1 + fake))


#: name: (the discriminator's loss of real and fake logits, the generator's loss of fake logits)
LOSSES: dict[str, tuple[Callable, Callable]] = {
    "non-saturating": (non_saturating_discriminator, non_saturating_generator),
    "minimax": (non_saturating_discriminator, minimax_generator),
    "Wasserstein": (wasserstein_discriminator, wasserstein_generator),
    "hinge": (hinge_discriminator, wasserstein_generator),
}
