"""vPAIR: a variational paired autoencoder with Gaussian latents on both sides (Section 3)."""

from vspair.distributions import Gaussian
from vspair.models.paired import PairedAutoencoder


class vPAIR(PairedAutoencoder):  # noqa: N801 (the paper's spelling)
    """Gaussian latents on both sides; arguments are those of `PairedAutoencoder`."""

    qoi_family = Gaussian
    observation_family = Gaussian
