"""The linear-Gaussian setting of Theorems 1 and 2 (Section 3.2), where every posterior has a closed form."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class FullGaussian:
    """N(mean, covariance) with a full covariance.

    Arguments:
        mean: shape (..., n).
        covariance: symmetric positive definite, shape (n, n) for all means or (..., n, n) for each of its own.
    """

    mean: Tensor
    covariance: Tensor

    def sample(self, generator: torch.Generator, sample_shape: tuple[int, ...] = ()) -> Tensor:
        """Independent draws, shape (*sample_shape, ..., n)."""
        noise = self.mean.new_empty(*sample_shape, *self.mean.shape).normal_(generator=generator)
        return self.mean + _times(torch.linalg.cholesky(self.covariance), noise)

    def whiten(self, values: Tensor) -> Tensor:
        """L^{-1} (v - mean) with covariance = L L^T: standard normal for draws; values and result (..., n).

        The squared norm of the result is the squared Mahalanobis distance, chi-square with n degrees for draws.
        """
        factor = torch.linalg.cholesky(self.covariance)
        return torch.linalg.solve_triangular(factor, (values - self.mean).unsqueeze(-1), upper=False).squeeze(-1)

    def through(self, channel: "AffineChannel") -> "FullGaussian":
        """The law of the channel's output for an input of this law."""
        return FullGaussian(channel(self.mean).mean, _pushed(self.covariance, channel))

    def given(self, channel: "AffineChannel", output: Tensor) -> "FullGaussian":
        """The law of the channel's input once its output is known (Bayes' rule in terms of covariances).

        Mean m + K (o - W m - b) and covariance (I - K W) S, with the gain K = S W^T (W S W^T + N)^{-1}.

        Arguments:
            channel: what made the output from an input of this law, N(m, S).
            output: o, shape (..., outputs).
        """
        cross = channel.weight @ self.covariance
        gain = torch.linalg.solve(_pushed(self.covariance, channel), cross).mT
        covariance = self.covariance - gain @ cross
        mean = self.mean + _times(gain, output - channel(self.mean).mean)
        return FullGaussian(mean, 0.5 * (covariance + covariance.mT))


@dataclass(frozen=True)
class AffineChannel:
    """Output | input ~ N(W input + b, N): a linear observation, or an encoder of Assumption 3.

    Arguments:
        weight: W, shape (outputs, inputs).
        offset: b, shape (outputs,).
        noise: covariance N, shape (outputs, outputs).
    """

    weight: Tensor
    offset: Tensor
    noise: Tensor

    def __call__(self, value: Tensor) -> FullGaussian:
        """The law of the output for inputs of shape (..., inputs)."""
        return FullGaussian(_times(self.weight, value) + self.offset, self.noise)


@dataclass(frozen=True)
class LinearGaussian:
    """X ~ N(m, C), Y = A X + epsilon, and Z_x | X ~ N(B X + c, Sigma), which sees Y through X alone (Assumption 2).

    Arguments:
        prior: law of the QoI x.
        forward: x -> y, with weight A, no offset and the covariance of epsilon.
        encoder: x -> z_x, that is q(z_x | x), with weight B, offset c and noise Sigma (Assumption 3).
    """

    prior: FullGaussian
    forward: AffineChannel
    encoder: AffineChannel

    @classmethod
    def drawn(
        cls, qoi: int, observation: int, latent: int, noise: float, spread: float, generator: torch.Generator
    ) -> "LinearGaussian":
        """An instance with random matrices in float64; with fewer observations than unknowns it is ill-posed.

        Arguments:
            qoi, observation, latent: dimensions of x, y and z_x.
            noise: standard deviation of epsilon; A has rows of expected norm 1 and X variances around 1.
            spread: standard deviation of q(z_x | x), on average over latents.
            generator: source of the matrices.
        """

        def normal(*shape: int) -> Tensor:
            return torch.randn(*shape, dtype=torch.float64, generator=generator)

        def covariance(n: int) -> Tensor:
            factor = normal(n, 2 * n)
            return factor @ factor.mT / (2 * n)

        eye = torch.eye(observation, dtype=torch.float64)
        forward = AffineChannel(normal(observation, qoi) / qoi**0.5, torch.zeros_like(eye[0]), noise**2 * eye)
        encoder = AffineChannel(normal(latent, qoi) / qoi**0.5, normal(latent), spread**2 * covariance(latent))
        return cls(FullGaussian(normal(qoi), covariance(qoi)), forward, encoder)

    def pairs(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """n draws of (x, y), shapes (n, qoi) and (n, observation)."""
        qoi = self.prior.sample(generator, (n,))
        return qoi, self.forward(qoi).sample(generator)

    def posterior(self, observation: Tensor) -> FullGaussian:
        """p(x | y) for observations (..., observation)."""
        return self.prior.given(self.forward, observation)

    def latent_posterior(self, observation: Tensor) -> FullGaussian:
        """q(z_x | y) by Theorem 1: mean B E[X | y] + c (Eq. 18), covariance Sigma + B Cov(X | y) B^T (Eq. 19)."""
        return self.posterior(observation).through(self.encoder)

    def latent_posterior_by_bayes(self, observation: Tensor) -> FullGaussian:
        """q(z_x | y) by the proof of Theorem 2, proportional to p(y | z_x) p(z_x) (Eq. 30-33).

        The probabilistic decoder q(x | z_x) is the encoder turned round; integrating x out of p(y | x) q(x | z_x)
        leaves p(y | z_x) = N(H z_x + h, R), and the posterior precision is P^{-1} + H^T R^{-1} H for p(z_x) = N(., P).
        """
        latent = self.prior.through(self.encoder)
        origin, units = torch.zeros_like(latent.mean), torch.eye(len(latent.mean)).to(latent.mean)
        start = self.prior.given(self.encoder, origin).through(self.forward)
        slope = (self.prior.given(self.encoder, units).through(self.forward).mean - start.mean).mT
        prior_precision, precision = torch.linalg.inv(latent.covariance), torch.linalg.inv(start.covariance)
        covariance = torch.linalg.inv(prior_precision + slope.mT @ precision @ slope)
        information = _times(slope.mT @ precision, observation - start.mean) + prior_precision @ latent.mean
        return FullGaussian(_times(covariance, information), covariance)


def _times(matrix: Tensor, vectors: Tensor) -> Tensor:
    return (matrix @ vectors.unsqueeze(-1)).squeeze(-1)


def _pushed(covariance: Tensor, channel: AffineChannel) -> Tensor:
    return channel.noise + channel.weight @ covariance @ channel.weight.mT
