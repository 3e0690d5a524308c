"""A conditional variational autoencoder: a baseline of ours on the same backbone (Sohn, Lee and Yan, 2015)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from vspair.distributions import Conditioned, Gaussian
from vspair.models.inversion import InverseModel
from vspair.models.method import Shape
from vspair.networks import decoder, encoder
from vspair.objectives import negative_elbo


class CVAE(InverseModel):
    """Recognition q(z | x, y), conditional prior p(z | y) and decoder p(x | z, c(y)).

    The prior's encoder has a third head, the code c(y) of the observation that the decoder sees beside z.

    Arguments:
        qoi_shape, observation_shape: of one x and one y: (channels, height, width) of one height and width, or (n,).
        channels: widths of the backbone.
        latent_x: dimension of z and of c.
    """

    qoi_family = Gaussian

    def __init__(self, qoi_shape: Shape, observation_shape: Shape, channels: Sequence[int], latent_x: int):
        super().__init__()
        self.latents = latent_x
        stacked = (qoi_shape[0] + observation_shape[0], *qoi_shape[1:])
        self.recognition = encoder(stacked, channels, latent_x, Gaussian.heads)
        self.conditional = encoder(observation_shape, channels, latent_x, Gaussian.heads + 1)
        self.decoder = decoder(qoi_shape, channels, 2 * latent_x)

    def infer(self, observation: Tensor) -> Conditioned:
        """Distribution of [z, c] given y: z ~ p(z | y)."""
        heads = self.conditional(observation)
        return Conditioned(Gaussian.from_heads(heads[:, : Gaussian.heads]), heads[:, Gaussian.heads])

    def decode(self, latent: Tensor) -> Tensor:
        """QoI (batch, *qoi_shape) of codes [z, c] (batch, 2 latent_x)."""
        return self.decoder(latent)

    def terms(self, qoi: Tensor, observation: Tensor, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """The terms of the conditional ELBO without weights, ||x - d(z, c)||^2 / 2 and KL(q || p), shapes (batch,).

        Arguments:
            qoi: x, shape (batch, *qoi_shape).
            observation: y, shape (batch, *observation_shape).
            generator: source of the latent noise.
        """
        prior = self.infer(observation)
        recognised = Gaussian.from_heads(self.recognition(torch.cat([qoi, observation], dim=1)))
        decoded = self.decode(Conditioned(recognised, prior.condition).rsample(generator))
        elbo = negative_elbo(recognised, decoded, qoi, prior.latent)
        return {f"{name}_qoi": value for name, value in elbo.items()}
