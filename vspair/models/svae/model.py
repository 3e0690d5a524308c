"""sVAE: a single sparse autoencoder from the observation straight to the QoI (Sections 2.2 and 4.1)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from vspair.distributions import SparsityPrior, SpikeSlab
from vspair.models.autoencoder import Autoencoder
from vspair.models.inversion import InverseModel
from vspair.models.method import Shape
from vspair.objectives import negative_elbo


class sVAE(InverseModel):  # noqa: N801 (the paper's spelling)
    """y -> z -> x without a pair or a latent map, with a spike-and-slab latent.

    Arguments:
        qoi_shape, observation_shape: of one x and one y, (channels, height, width) or (n,).
        channels: widths of the backbone.
        latent_x: dimension of the latent.
        alpha0, beta0: shapes of the Beta hyperprior.
        rho_start: rho before training, in (0, 1).
    """

    qoi_family = SpikeSlab

    def __init__(
        self,
        qoi_shape: Shape,
        observation_shape: Shape,
        channels: Sequence[int],
        latent_x: int,
        alpha0: float = 1.0,
        beta0: float = 1.0,
        rho_start: float = 0.5,
    ):
        super().__init__()
        self.latents = latent_x
        self.autoencoder = Autoencoder(self.qoi_family, observation_shape, channels, latent_x, qoi_shape)
        self.prior = SparsityPrior(alpha0, beta0, rho_start)

    def infer(self, observation: Tensor):
        """Distribution of z given y."""
        return self.autoencoder.encode(observation)

    def encoder_gates(self, qoi: Tensor, observation: Tensor) -> Tensor:
        """omega of q(z | y), shape (batch, latent_x); `qoi` is not looked at."""
        return self.infer(observation).gate

    def decode(self, latent: Tensor) -> Tensor:
        """QoI (batch, *qoi_shape) of codes (batch, latent_x)."""
        return self.autoencoder.decode(latent)

    def terms(self, qoi: Tensor, observation: Tensor, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """The named terms of Eq. 11 and 21 without weights, each of shape (batch,).

        Arguments:
            qoi: x, the target, shape (batch, *qoi_shape).
            observation: y, the input, shape (batch, *observation_shape).
            generator: source of the latent noise.
        """
        latent = self.infer(observation)
        elbo = negative_elbo(latent, self.decode(latent.rsample(generator)), qoi, self.prior)
        return {
            **{f"{name}_qoi": value for name, value in elbo.items()},
            "hyperprior": self.prior.hyperprior().expand(len(qoi)),
        }
