"""PAIR: a deterministic paired autoencoder with a linear latent map (Section 2.3, D.1.2)."""

import torch
from torch import Tensor

from vspair.distributions import Point
from vspair.models.paired import PairedAutoencoder
from vspair.objectives import squared_error


class PAIR(PairedAutoencoder):
    """Point latents on both sides; squared errors in the place of ELBOs.

    Arguments: those of `PairedAutoencoder`, with `reconstruction_reduction` and `mapping_space` among the choices.
    """

    qoi_family = Point
    observation_family = Point

    def autoencoding_terms(self, latent, decoded: Tensor, target: Tensor, prior=None) -> dict[str, Tensor]:
        """The squared error that replaces the ELBO (Eq. 13, D.1.2), shape (batch,)."""
        return {"reconstruction": squared_error(decoded, target, self.choices.reconstruction_reduction)}

    def mapping_terms(
        self, predicted, target: Tensor, qoi: Tensor, generator: torch.Generator | None
    ) -> dict[str, Tensor]:
        """The mapping loss on latents (Eq. 16) or, as `image`, on decoded QoI of any shape (Eq. 14), shape (batch,)."""
        if self.choices.mapping_space == "latent":
            return super().mapping_terms(predicted, target, qoi, generator)
        decoded = self.decode(predicted.rsample(generator))
        return {"mapping": squared_error(decoded, qoi, self.choices.mapping_reduction)}
