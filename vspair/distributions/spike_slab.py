"""Spike-and-slab over latent codes (Eq. 5-10) with the straight-through gate of Appendix A."""

from collections.abc import Callable

import torch
from torch import Tensor

from vspair.distributions.gaussian import Gaussian
from vspair.distributions.sparsity import SparsityPrior

TEMPERATURE = 50.0
"""c in the relaxed gate sigmoid(c (omega - u)), Appendix A and D.1.2."""


def clamped_exponential(log_gate: Tensor) -> Tensor:
    """omega = exp(-relu(-a)) in (0, 1] (Section D.1.1): 1, with zero gradient, where a > 0 (deviation E12)."""
    return torch.exp(-torch.relu(-log_gate))


LINKS: dict[str, Callable[[Tensor], Tensor]] = {
    "clamped_exponential": clamped_exponential,
    "sigmoid": torch.sigmoid,
}
"""Ways from an unbounded head to a gate probability, by name."""


def straight_through_gate(probability: Tensor, uniform: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """A Bernoulli(omega) draw that is exactly 0 or 1 forwards and the relaxed gate backwards (Eq. 22).

    The paper's eta - 1 + omega >= 0 with eta uniform is u < omega with u = 1 - eta, which is uniform too; written so,
    omega = 0 is never on, omega = 1 always, and small omega keep their probability in float32.

    Arguments:
        probability: omega in [0, 1], any shape.
        uniform: u drawn from [0, 1), same shape.
        temperature: c > 0 of the relaxation sigmoid(c (omega - u)).
    """
    relaxed = torch.sigmoid(temperature * (probability - uniform))
    hard = (uniform < probability).to(relaxed.dtype)
    return hard + (relaxed - relaxed.detach())


def bernoulli_kl(probability: Tensor, log_on: Tensor, log_off: Tensor) -> Tensor:
    """KL(Bernoulli(omega) || Bernoulli(rho)) per latent (Eq. 9), with 0 log 0 = 0 and finite gradients at 0 and 1.

    Arguments:
        probability: omega in [0, 1], any shape.
        log_on, log_off: log rho and log(1 - rho), scalars.
    """
    off = 1 - probability
    # Selecting before and after the logarithm keeps its infinite slope at 0 out of the backward pass.
    on_entropy = torch.where(probability > 0, probability * torch.where(probability > 0, probability, 1).log(), 0)
    off_entropy = torch.where(off > 0, off * torch.where(off > 0, off, 1).log(), 0)
    return on_entropy + off_entropy - probability * log_on - off * log_off


class SpikeSlab:
    """omega N(z | mu, sigma^2) + (1 - omega) delta_0(z) for each latent (Eq. 8).

    Arguments:
        slab: the Gaussian of the active latents, shapes (*batch, latent).
        gate: omega in [0, 1], the probability of being active, shape (*batch, latent).
    """

    heads = 3
    """Number of linear heads that an encoder needs for this family (Table 6)."""

    def __init__(self, slab: Gaussian, gate: Tensor):
        self.slab = slab
        self.gate = gate

    @classmethod
    def from_heads(cls, heads: Tensor, link: Callable[[Tensor], Tensor] = clamped_exponential) -> "SpikeSlab":
        """Read mu, log sigma^2 and the gate from an encoder's or a map's output, shape (*batch, 3, latent).

        Arguments:
            heads: the network's output.
            link: turns the third head into omega.
        """
        mean, log_variance, gate = heads.unbind(-2)
        return cls(Gaussian(mean, log_variance), link(gate))

    @property
    def mean(self) -> Tensor:
        """E[z] = omega mu, shape (*batch, latent)."""
        return self.gate * self.slab.mean

    @property
    def variance(self) -> Tensor:
        """Var[z] = omega (sigma^2 + mu^2) - (omega mu)^2, shape (*batch, latent)."""
        return self.gate * (self.slab.variance + self.slab.mean**2) - self.mean**2

    def parameters(self) -> Tensor:
        """What a latent map predicts: mu, log sigma^2 and omega (Eq. 16, deviation E13), shape (*batch, 3, latent)."""
        return torch.stack([self.slab.mean, self.slab.log_variance, self.gate], dim=-2)

    def rsample(self, generator: torch.Generator | None = None, sample_shape: tuple[int, ...] = ()) -> Tensor:
        """Draws of z with exact zeros and straight-through gradients (Eq. 22), shape (*sample_shape, *batch, latent).

        Arguments:
            generator: source of the noise, on the device of the parameters.
            sample_shape: shape of independent draws in front.
        """
        shape, like = (*sample_shape, *self.gate.shape), self.gate
        uniform = torch.rand(shape, generator=generator, device=like.device, dtype=like.dtype)
        return straight_through_gate(self.gate, uniform) * self.slab.rsample(generator, sample_shape)

    def kl(self, prior: SparsityPrior) -> dict[str, Tensor]:
        """The two parts of Eq. 10, each summed over latents; name -> shape (*batch,).

        `kl_slab` is omega KL(N(mu, sigma^2) || N(0, 1)), `kl_gate` is KL(Bernoulli(omega) || Bernoulli(rho)).
        """
        return {
            "kl_slab": (self.gate * self.slab.kl_per_latent()).sum(-1),
            "kl_gate": bernoulli_kl(self.gate, *prior.log_probabilities).sum(-1),
        }
