"""A VAE whose prior is learned: a normalizing flow between codes and noise."""

from keras import ops

from generative_vision.arguments import whole_number
from generative_vision.models.conditioning import resolve_condition, row_size
from generative_vision.models.coupling import CouplingFlow
from generative_vision.models.layers import register
from generative_vision.models.vae import VAE
from generative_vision.typing import Codes, Labels, Prompt


@register
class FlowVAE(VAE):
    """A VAE that learns its prior, too: p(z) is whatever an invertible network f makes of N(0, I).

    Codes z have the noise u = f(z), and log p(z) = log N(u; 0, I) + log |det ∂f/∂z|. The rate is
    then estimated from the code drawn, log q(z | x) − log p(z), in place of the closed form.
    ``sample`` draws u ~ N(0, λI). With a ``condition`` the prior depends on it, too: p(z | y).

    Args:
        latent_dim: d, even.
        couplings: layers of the flow; each lets one half of the code shift and stretch the other.
        hidden: width of the networks inside.
        options: as for ``VAE``, without ``free_bits`` and ``kl_divergence``.

    Source: Dinh et al. (2017), Real NVP, arXiv:1605.08803; as a VAE's prior, Chen et al. (2017),
    arXiv:1611.02731.
    """

    def __init__(self, latent_dim: int = 32, *, couplings: int = 6, hidden: int = 256, **options):
        unused = {"free_bits", "kl_divergence"} & options.keys()
        if unused:
            raise ValueError(f"{', '.join(sorted(unused))}: not used where the prior is learned.")
        latent_dim, hidden = whole_number(latent_dim=latent_dim), whole_number(hidden=hidden)
        couplings = whole_number(least=0, couplings=couplings)
        if latent_dim % 2:
            raise ValueError(f"latent_dim={latent_dim!r}: a flow needs two halves, an even number.")
        self.couplings, self.hidden = couplings, hidden
        super().__init__(latent_dim, **options)

    def add_prior(self):
        """Make the flow f."""
        self.flow = CouplingFlow(
            self.latent_dim, self.couplings, self.hidden, row_size(self.condition)
        )
        self.flow.build((None, self.latent_dim))

    def rates(self, mean, log_variance, noise, z, words):
        """Return log q(z | x) − log p(z), on average, twice: all of it is charged."""
        u, log_det = self.flow(z, words)
        log_q = -0.5 * ops.sum(ops.square(noise) + log_variance, axis=-1)  # both without d/2·log 2π
        log_p = -0.5 * ops.sum(ops.square(u), axis=-1) + log_det
        rate = ops.mean(log_q - log_p)
        return rate, rate

    def codes(
        self, noise: Codes, labels: int | Labels | None = None, prompt: Prompt | None = None
    ) -> Codes:
        """Return the codes z = f⁻¹(u), (n, d), of noise u (n, d); conditions as for ``decode``."""
        u = self.validate_codes(noise)
        words = resolve_condition(self.condition, labels, prompt, len(u))
        words = words if words is None else ops.convert_to_tensor(words)
        return ops.convert_to_numpy(self.flow.inverse(ops.convert_to_tensor(u), words))
