"""Diagonal Gaussian over latent codes: the posterior of a VAE and the slab of a spike-and-slab."""

import torch
from torch import Tensor

LOG_VARIANCE_LIMIT = 30.0
"""Bound on |log sigma^2|: beyond it float32 has no gradient to offer (exp(30) is 1e13), only overflow."""


class Gaussian:
    """N(z | mu, diag(sigma^2)), parameterised by its log-variance.

    Arguments:
        mean: mu, shape (*batch, latent).
        log_variance: log sigma^2, shape (*batch, latent); values beyond +-30 count as +-30.
    """

    heads = 2
    """Number of linear heads that an encoder needs for this family (Table 6)."""

    def __init__(self, mean: Tensor, log_variance: Tensor):
        self.mean = mean
        self.log_variance = log_variance.clamp(-LOG_VARIANCE_LIMIT, LOG_VARIANCE_LIMIT)

    @classmethod
    def from_heads(cls, heads: Tensor) -> "Gaussian":
        """Read mu and log sigma^2 from an encoder's or a map's output, shape (*batch, 2, latent)."""
        mean, log_variance = heads.unbind(-2)
        return cls(mean, log_variance)

    @property
    def variance(self) -> Tensor:
        """sigma^2, shape (*batch, latent)."""
        return self.log_variance.exp()

    def parameters(self) -> Tensor:
        """What a latent map predicts: mu and log sigma^2 (Eq. 16, deviation E13), shape (*batch, 2, latent)."""
        return torch.stack([self.mean, self.log_variance], dim=-2)

    def rsample(self, generator: torch.Generator | None = None, sample_shape: tuple[int, ...] = ()) -> Tensor:
        """Reparameterised draws mu + sigma * epsilon, shape (*sample_shape, *batch, latent).

        Arguments:
            generator: source of the noise, on the device of the parameters.
            sample_shape: shape of independent draws in front.
        """
        # Made and not filled in place, so that runs trained as one can share it (`vspair.training.stacked`).
        shape, like = (*sample_shape, *self.mean.shape), self.mean
        noise = torch.randn(shape, generator=generator, device=like.device, dtype=like.dtype)
        return self.mean + (0.5 * self.log_variance).exp() * noise

    def kl_per_latent(self, prior: "Gaussian | None" = None) -> Tensor:
        """KL to a Gaussian prior for each latent, shape (*batch, latent).

        Without a prior it is N(0, 1): (sigma^2 + mu^2 - 1 - log sigma^2) / 2 (Eq. 4).
        """
        if prior is None:
            return 0.5 * (self.variance + self.mean**2 - 1 - self.log_variance)
        distance = (self.mean - prior.mean) ** 2 / prior.variance
        difference = self.log_variance - prior.log_variance
        return 0.5 * (difference.exp() + distance - 1 - difference)

    def kl(self, prior: "Gaussian | None" = None) -> dict[str, Tensor]:
        """KL to the prior, by default the standard normal, summed over latents (Eq. 4); name -> shape (*batch,)."""
        return {"kl": self.kl_per_latent(prior).sum(-1)}
