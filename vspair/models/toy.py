"""Latent maps of the linear-Gaussian setting, trained in two ways (Section 3.2, Eq. 16).

Squared error on encoder parameters is least for their conditional expectations. For the pair (mu_x(x), Sigma_x(x)) of
Eq. 16 these are E[mu_x(X) | y] = B E[X | y] + c, which is Eq. 18, and E[Sigma_x(X) | y] = Sigma_zx, which is only the
first term of Eq. 19: the law of total covariance adds Cov(mu_x(X) | y) = B Cov(X | y) B^T, which no target of Eq. 16
holds. The likelihood of draws z_x ~ q(z_x | x) is largest at the law of Z_x given y itself, with both terms.
"""

import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal

from vspair.distributions import FullGaussian, Gaussian, LinearGaussian
from vspair.networks import LinearMap
from vspair.objectives import mapping_error


class AffineObservationEncoder:
    """q(z_y | y) = N(D y + e, diag(s^2)), with orthonormal columns in D, so that z_y's mean keeps all of y.

    Arguments:
        observation: dimension of y.
        latent: dimension of z_y, at least that of y.
        generator: source of D, e and log s^2.
    """

    def __init__(self, observation: int, latent: int, generator: torch.Generator):
        def normal(*shape: int) -> Tensor:
            return torch.randn(*shape, dtype=torch.float64, generator=generator)

        self.weight = torch.linalg.qr(normal(latent, observation)).Q
        self.offset = normal(latent)
        self.log_variance = normal(latent)

    def __call__(self, observation: Tensor) -> Gaussian:
        """The latent distributions of observations (batch, observation)."""
        mean = observation @ self.weight.mT + self.offset
        return Gaussian(mean, self.log_variance.expand_as(mean))


class MomentMap(nn.Module):
    """Affine latent map from (mu_y, log sigma_y^2) to a mean and a matrix that holds a full covariance over z_x.

    A subclass says how the matrix is read and what is minimised.

    Arguments:
        latent_y, latent_x: dimensions of z_y and z_x.
    """

    def __init__(self, latent_y: int, latent_x: int):
        super().__init__()
        self.map = LinearMap((Gaussian.heads, latent_y), (1 + latent_x, latent_x)).double()
        nn.init.zeros_(self.map.layers.weight)
        nn.init.zeros_(self.map.layers.bias)

    def heads(self, latent: Gaussian) -> tuple[Tensor, Tensor]:
        """The map's output for q(z_y | y): mean (batch, latent) and matrix (batch, latent, latent)."""
        output = self.map(latent.parameters())
        return output[:, 0], output[:, 1:]


class ParameterMatching(MomentMap):
    """The map of the paper: squared error on the parameters of q(z_x | x), the matrix being the covariance (Eq. 16)."""

    def forward(self, latent: Gaussian) -> FullGaussian:
        """The predicted law of z_x for each observation."""
        mean, matrix = self.heads(latent)
        return FullGaussian(mean, 0.5 * (matrix + matrix.mT))

    def loss(self, latent: Gaussian, encoded: FullGaussian, draws: Tensor) -> Tensor:
        """Eq. 16 without gates, a scalar: mean over pairs of the squared distance of means and of covariances.

        Arguments:
            latent: q(z_y | y) of each pair.
            encoded: q(z_x | x) of each pair.
            draws: not used.
        """
        mean, matrix = self.heads(latent)
        predicted = torch.cat([mean.unsqueeze(1), matrix], dim=1)
        target = torch.cat([encoded.mean.unsqueeze(1), encoded.covariance.expand_as(matrix)], dim=1)
        return mapping_error(predicted, target, "sum").mean()

    def limit(self, problem: LinearGaussian, observation: Tensor) -> FullGaussian:
        """What endless pairs lead to: the mean of Eq. 18, and Sigma_zx in the place of Eq. 19."""
        return FullGaussian(problem.latent_posterior(observation).mean, problem.encoder.noise)

    def standard_errors(self, problem: LinearGaussian, observation: Tensor, leverage: Tensor) -> tuple[Tensor, Tensor]:
        """Of the mean sqrt(h V_jj) with V = B Cov(X | y) B^T, the covariance of mu_x(X) given y; of the covariance 0.

        Arguments and results as in `DrawLikelihood.standard_errors`.
        """
        exact = problem.latent_posterior(observation)
        variance = (exact.covariance - problem.encoder.noise).diagonal()
        return (leverage[:, None] * variance).sqrt(), leverage.new_zeros(len(leverage), *exact.covariance.shape)


class DrawLikelihood(MomentMap):
    """The map trained by maximum likelihood of draws z_x ~ q(z_x | x), the matrix being a Cholesky factor L.

    The lower triangle is L itself and the diagonal its logarithm, so that L L^T is always positive definite.
    """

    def factor(self, matrix: Tensor) -> Tensor:
        """L from the map's matrix, shapes (batch, latent, latent)."""
        return matrix.tril(-1) + torch.diag_embed(matrix.diagonal(dim1=-2, dim2=-1).exp())

    def forward(self, latent: Gaussian) -> FullGaussian:
        """The predicted law of z_x for each observation."""
        mean, matrix = self.heads(latent)
        factor = self.factor(matrix)
        return FullGaussian(mean, factor @ factor.mT)

    def loss(self, latent: Gaussian, encoded: FullGaussian, draws: Tensor) -> Tensor:
        """-log N(z_x | mu(y), L(y) L(y)^T), mean over pairs, a scalar.

        Arguments:
            latent: q(z_y | y) of each pair.
            encoded: not used.
            draws: one z_x ~ q(z_x | x) of each pair, shape (batch, latent).
        """
        mean, matrix = self.heads(latent)
        return -MultivariateNormal(mean, scale_tril=self.factor(matrix), validate_args=False).log_prob(draws).mean()

    def limit(self, problem: LinearGaussian, observation: Tensor) -> FullGaussian:
        """What endless pairs lead to: q(z_x | y) itself, Eq. 18 and Eq. 19."""
        return problem.latent_posterior(observation)

    def standard_errors(self, problem: LinearGaussian, observation: Tensor, leverage: Tensor) -> tuple[Tensor, Tensor]:
        """To first order, from the Fisher information: sqrt(h S_jj) and sqrt(h (S_ii S_jj + S_ij^2)), S of Eq. 19.

        Arguments:
            problem: that the pairs were drawn from.
            observation: y where the map is looked at, shape (batch, observation).
            leverage: h at these y, shape (batch,).

        Returns:
            Standard errors of the mapped mean, (batch, latent), and covariance, (batch, latent, latent).
        """
        covariance = problem.latent_posterior(observation).covariance
        variance = covariance.diagonal()
        spread = torch.outer(variance, variance) + covariance**2
        return (leverage[:, None] * variance).sqrt(), (leverage[:, None, None] * spread).sqrt()


OBJECTIVES: dict[str, type[MomentMap]] = {"eq16": ParameterMatching, "likelihood": DrawLikelihood}
"""The two ways to train the map, by name."""


def leverage(seen: Tensor, new: Tensor) -> Tensor:
    """h(y) = f(y)^T (F^T F)^{-1} f(y) with f(y) = (1, y) and F its rows for the training pairs, shape (batch,).

    It turns variances of one pair into those of an affine fit at y, on average (1 + observation) / pairs.

    Arguments:
        seen: y of the training pairs, shape (pairs, observation).
        new: y where the fit is looked at, shape (batch, observation).
    """
    features, rows = (torch.cat([torch.ones_like(y[:, :1]), y], dim=1) for y in (seen, new))
    return (rows * torch.linalg.solve(features.mT @ features, rows.mT).mT).sum(1)
