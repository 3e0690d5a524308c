"""vsPAIR: the variational sparse paired autoencoder (Section 3)."""

from vspair.distributions import Gaussian, SpikeSlab
from vspair.models.paired import SparsePairedAutoencoder


class vsPAIR(SparsePairedAutoencoder):  # noqa: N801 (the paper's spelling)
    """Spike-and-slab QoI latent, Gaussian observation latent; arguments are those of `SparsePairedAutoencoder`."""

    qoi_family = SpikeSlab
    observation_family = Gaussian
