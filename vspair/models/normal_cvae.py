"""A conditional variational autoencoder with a standard normal prior (Sohn, Lee and Yan, 2015; Piening and Chung)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vspair.distributions import Conditioned, Gaussian
from vspair.models.posterior import LatentPosterior
from vspair.networks.perceptron import Perceptron
from vspair.objectives.terms import Reduction, squared_error


class NormalCVAE(nn.Module):
    """Recognition q(z | x, y), prior N(0, I) whatever y is, and decoder p(x | z, y) = N(d(z, y), sigma^2 I) of vectors.

    The kind CVAE (`vspair.models.cvae`) differs: there the prior p(z | y) is learned, the decoder sees a code of y and
    has unit variance.

    Arguments:
        qoi, observation: lengths of x and y.
        widths: of the recognition's hidden layers, inwards; the decoder's are the same outwards.
        latent: length of z.
        noise: sigma > 0.
        reduction: squared errors summed over the coordinates of x, as the likelihood has it, or averaged.
    """

    def __init__(
        self,
        qoi: int,
        observation: int,
        widths: Sequence[int],
        latent: int,
        noise: float,
        reduction: Reduction = "sum",
    ):
        super().__init__()
        self.latents, self.noise, self.reduction = latent, noise, reduction
        self.recognition = Perceptron((qoi + observation, *widths, Gaussian.heads * latent))
        self.decoder = Perceptron((latent + observation, *reversed(widths), qoi))

    def terms(self, qoi: Tensor, observation: Tensor, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """The terms of Eq. 5: ||x - d(z, y)||^2 / (2 sigma^2) and KL(q(z | x, y) || N(0, I)), shapes (batch,).

        Arguments:
            qoi: x, shape (batch, qoi).
            observation: y, shape (batch, observation).
            generator: source of the latent noise.
        """
        heads = self.recognition(torch.cat([qoi, observation], -1)).unflatten(-1, (Gaussian.heads, self.latents))
        latent = Gaussian.from_heads(heads)
        decoded = self.decoder(Conditioned(latent, observation).rsample(generator))
        error = squared_error(decoded, qoi, self.reduction)
        return {"reconstruction": error / (2 * self.noise**2), **latent.kl()}

    def posterior(self, observation: Tensor) -> LatentPosterior:
        """The law of d(z, y) with z ~ N(0, I) for observations (batch, observation), without the decoder's noise."""
        start = observation.new_zeros(len(observation), self.latents)
        return LatentPosterior(
            Conditioned(Gaussian(start, start), observation), self.decoder, len(observation), self.latents
        )
