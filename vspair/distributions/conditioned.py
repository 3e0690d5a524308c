"""A latent distribution whose draws carry a known condition along, for decoders that look at both."""

import torch
from torch import Tensor

from vspair.distributions.gaussian import Gaussian


class Conditioned:
    """Codes [z, c]: z from a Gaussian, c fixed.

    Arguments:
        latent: distribution of z, parameters of shape (*batch, latent).
        condition: c, shape (*batch, condition).
    """

    def __init__(self, latent: Gaussian, condition: Tensor):
        self.latent = latent
        self.condition = condition

    def rsample(self, generator: torch.Generator | None = None, sample_shape: tuple[int, ...] = ()) -> Tensor:
        """Reparameterised draws of [z, c], shape (*sample_shape, *batch, latent + condition).

        Arguments:
            generator: source of the noise, on the device of the parameters.
            sample_shape: shape of independent draws in front.
        """
        draws = self.latent.rsample(generator, sample_shape)
        return torch.cat([draws, self.condition.expand(*sample_shape, *self.condition.shape)], dim=-1)
