"""How far one spike-and-slab law is from another: what the likelihood of encoder draws teaches a latent map."""

from torch import Tensor

from vspair.distributions.spike_slab import SpikeSlab, bernoulli_kl

LEAST = 1e-6
"""Gate probabilities are kept this far from 0 and 1, in whose place a sigmoid in float32 has no logarithm."""


def spike_slab_divergence(source: SpikeSlab, target: SpikeSlab) -> dict[str, Tensor]:
    """KL(q || p) of two spike-and-slab laws, in its two parts, each summed over latents; name -> shape (batch,).

        KL(q || p) = KL(Bernoulli(omega_q) || Bernoulli(omega_p)) + omega_q KL(N(mu_q, s_q^2) || N(mu_p, s_p^2))

    Its gradient in p is that of -E_q log p(z): the likelihood of the encoder's draws (docs/deviations.md, D8), taken
    exactly and not by draws.

    Arguments:
        source: q, whose gates may be 0 or 1.
        target: p.
    """
    gate = target.gate.clamp(LEAST, 1 - LEAST)
    return {
        "slab": (source.gate * source.slab.kl_per_latent(target.slab)).sum(-1),
        "gate": bernoulli_kl(source.gate, gate.log(), (1 - gate).log()).sum(-1),
    }
