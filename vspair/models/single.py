"""A single sparse autoencoder from the observation straight to the QoI (Sections 2.2 and 4.1)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from vspair.config.training import Choices
from vspair.distributions import SparsityPrior
from vspair.models.autoencoder import Autoencoder
from vspair.models.inversion import InverseModel
from vspair.objectives.autoencoding import negative_elbo


class SingleAutoencoder(InverseModel):
    """y -> z -> x without a pair or a latent map; a subclass names the latent family.

    Arguments:
        image: height and width of QoI and observation.
        channels: widths of the backbone.
        latent_x: dimension of the latent.
        alpha0, beta0: shapes of the Beta hyperprior.
        rho_start: rho before training, in (0, 1).
    """

    def __init__(
        self,
        image: Sequence[int],
        channels: Sequence[int],
        latent_x: int,
        alpha0: float = 1.0,
        beta0: float = 1.0,
        rho_start: float = 0.5,
    ):
        super().__init__()
        self.latents = latent_x
        self.autoencoder = Autoencoder(self.qoi_family, image, channels, latent_x)
        self.prior = SparsityPrior(alpha0, beta0, rho_start)

    def infer(self, observation: Tensor):
        """Distribution of z given y."""
        return self.autoencoder.encode(observation)

    def encoder_gates(self, qoi: Tensor, observation: Tensor) -> Tensor:
        """omega of q(z | y), shape (batch, latent_x); `qoi` is not looked at."""
        return self.infer(observation).gate

    def decode(self, latent: Tensor) -> Tensor:
        """QoI images (batch, 1, height, width) of codes (batch, latent_x)."""
        return self.autoencoder.decode(latent)

    def terms(
        self, qoi: Tensor, observation: Tensor, choices: Choices, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """The named terms of Eq. 11 and 21 without weights, each of shape (batch,).

        Arguments:
            qoi: x, the target, shape (batch, 1, height, width).
            observation: y, the input, same shape.
            choices: what the paper leaves open; none of it concerns this model.
            generator: source of the latent noise.
        """
        latent = self.infer(observation)
        elbo = negative_elbo(latent, self.decode(latent.rsample(generator)), qoi, choices, self.prior)
        return {
            **{f"{name}_qoi": value for name, value in elbo.items()},
            "hyperprior": self.prior.hyperprior().expand(len(qoi)),
        }
