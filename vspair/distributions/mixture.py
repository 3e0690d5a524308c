"""Gaussian mixtures, whose posterior under a linear measurement with Gaussian noise is a mixture again."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Weighting = Literal["uniform", "softmax", "equal"]
"""How the weights of a drawn mixture come about, before they are divided by their sum: uniform on [0, 1], exponentials
of standard normal draws, or all equal."""


@dataclass(frozen=True)
class GaussianMixture:
    """sum_k alpha_k N(x; m_k, Sigma_k), or a batch of such mixtures.

    Arguments:
        weights: alpha, positive, of sum 1, shape (*batch, k).
        means: m, shape (*batch, k, d).
        covariances: Sigma, symmetric positive definite, shape (k, d, d) for the whole batch or (*batch, k, d, d).
    """

    weights: Tensor
    means: Tensor
    covariances: Tensor

    @classmethod
    def drawn(
        cls,
        components: int,
        dimension: int,
        extent: float,
        variances: tuple[float, float],
        weighting: Weighting,
        generator: torch.Generator,
    ) -> "GaussianMixture":
        """A random mixture with diagonal covariances.

        Arguments:
            components: k.
            dimension: d.
            extent: means are uniform on [-extent, extent]^d.
            variances: each entry of a diagonal is uniform between these two.
            weighting: of the components.
            generator: source of all of it, whatever the weighting in the same order.
        """
        means = extent * (2 * torch.rand(components, dimension, generator=generator) - 1)
        low, high = variances
        spread = low + (high - low) * torch.rand(components, dimension, generator=generator)
        if weighting == "softmax":
            weights = torch.randn(components, generator=generator).exp()
        elif weighting == "uniform":
            weights = torch.rand(components, generator=generator)
        else:
            weights = torch.ones(components)
        return cls(weights / weights.sum(), means, torch.diag_embed(spread))

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n independent draws of each mixture, shape (n, *batch, d)."""
        batch, (components, dimension) = self.weights.shape[:-1], self.means.shape[-2:]
        flat = self.weights.reshape(-1, components)
        chosen = torch.multinomial(flat, n, replacement=True, generator=generator)
        means = self.means.reshape(-1, components, dimension)
        factors = torch.linalg.cholesky(self.covariances.expand(*batch, components, dimension, dimension))
        rows = torch.arange(len(flat), device=chosen.device)[:, None]
        factor = factors.reshape(-1, components, dimension, dimension)[rows, chosen]
        noise = torch.randn(*chosen.shape, dimension, generator=generator, device=means.device, dtype=means.dtype)
        draws = means[rows, chosen] + (factor @ noise.unsqueeze(-1)).squeeze(-1)
        return draws.transpose(0, 1).reshape(n, *batch, dimension)

    def log_prob(self, values: Tensor) -> Tensor:
        """log p(x) of values (..., *batch, d), shape (..., *batch)."""
        factors = torch.linalg.cholesky(self.covariances)
        difference = (values.unsqueeze(-2) - self.means).unsqueeze(-1)
        white = torch.linalg.solve_triangular(factors, difference, upper=False).squeeze(-1)
        logarithm = factors.diagonal(dim1=-2, dim2=-1).log().sum(-1) + 0.5 * math.log(2 * math.pi) * values.shape[-1]
        return torch.logsumexp(self.weights.log() - logarithm - 0.5 * white.square().sum(-1), -1)

    def marginal_cdf(self, values: Tensor) -> Tensor:
        """P(X_j <= x_j) for each coordinate j of values (..., *batch, d), of the same shape."""
        spread = self.covariances.diagonal(dim1=-2, dim2=-1).sqrt()
        below = torch.special.ndtr((values.unsqueeze(-2) - self.means) / spread)
        return (self.weights.unsqueeze(-1) * below).sum(-2)

    def posterior(self, operator: Tensor, noise: float, observation: Tensor) -> "GaussianMixture":
        """p(x | y) for Y = F X + epsilon with epsilon ~ N(0, sigma^2 I), a mixture for each observation.

        Sigma'_k = (Sigma_k^{-1} + F^T F / sigma^2)^{-1}, m'_k = Sigma'_k (Sigma_k^{-1} m_k + F^T y / sigma^2), and
        alpha'_k(y) proportional to alpha_k N(y; F m_k, F Sigma_k F^T + sigma^2 I) (Piening and Chung, supplement).

        Arguments:
            operator: F, shape (o, d).
            noise: sigma > 0.
            observation: y, shape (*batch, o).

        Raises:
            ValueError: this is a batch of mixtures itself.
        """
        if self.weights.ndim != 1:
            raise ValueError(f"expected one mixture, found a batch of shape {tuple(self.weights.shape[:-1])}: take one")
        precision = torch.linalg.inv(self.covariances)
        covariances = torch.linalg.inv(precision + operator.mT @ operator / noise**2)
        start = (precision @ self.means.unsqueeze(-1)).squeeze(-1)
        information = start + (observation @ operator).unsqueeze(-2) / noise**2
        means = (covariances @ information.unsqueeze(-1)).squeeze(-1)
        evidence = self.measured(operator, noise)
        # Each component as a mixture of one, so that their densities come apart.
        apart = GaussianMixture(
            torch.ones_like(self.weights).unsqueeze(-1),
            evidence.means.unsqueeze(-2),
            evidence.covariances.unsqueeze(-3),
        )
        likelihood = apart.log_prob(observation.unsqueeze(-2))
        return GaussianMixture(torch.softmax(self.weights.log() + likelihood, -1), means, covariances)

    def measured(self, operator: Tensor, noise: float) -> "GaussianMixture":
        """The law of Y = F X + epsilon, epsilon ~ N(0, sigma^2 I); arguments as for `posterior`."""
        eye = torch.eye(len(operator), device=operator.device, dtype=operator.dtype)
        covariances = operator @ self.covariances @ operator.mT + noise**2 * eye
        return GaussianMixture(self.weights, self.means @ operator.mT, covariances)


def on_sphere(values: Tensor) -> Tensor:
    """x / ||x|| along the last axis; a vector of length 0, of which no direction is known, stays 0."""
    return values / values.norm(dim=-1, keepdim=True).clamp(min=torch.finfo(values.dtype).tiny)
