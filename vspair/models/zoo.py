"""PAIR, vPAIR, sVAE and vsPAIR: how the four models differ, in one place (Table 2, Table 8, D.1.1).

| model  | QoI latent     | observation latent | latent map                                         | loss  |
|--------|----------------|--------------------|----------------------------------------------------|-------|
| PAIR   | point          | point              | linear, z_y -> z_x                                 | MSE   |
| vPAIR  | Gaussian       | Gaussian           | MLP, (mu, log sigma^2) -> (mu, log sigma^2)        | ELBOs |
| sVAE   | spike-and-slab | none: encodes y    | none                                               | ELBO  |
| vsPAIR | spike-and-slab | Gaussian           | MLP, (mu, log sigma^2) -> (mu, log sigma^2, omega) | ELBOs |

The convolutional backbone is the same in all (Tables 6 and 7). The map of a variational pair without hidden layers is
linear, as in Section 4.2 and D.2.1.
"""

from vspair.distributions import Gaussian, Point, SpikeSlab
from vspair.models.paired import PairedAutoencoder, SparsePairedAutoencoder
from vspair.models.single import SingleAutoencoder
from vspair.objectives import negative_elbo, squared_error_alone


class PAIR(PairedAutoencoder):
    """Deterministic paired autoencoder with a linear latent map."""

    qoi_family = Point
    observation_family = Point
    autoencoding_loss = staticmethod(squared_error_alone)


class vPAIR(PairedAutoencoder):  # noqa: N801 (the paper's spelling)
    """Variational paired autoencoder: Gaussian latents on both sides."""

    qoi_family = Gaussian
    observation_family = Gaussian
    autoencoding_loss = staticmethod(negative_elbo)


class sVAE(SingleAutoencoder):  # noqa: N801 (the paper's spelling)
    """Sparse variational autoencoder from the observation straight to the QoI."""

    qoi_family = SpikeSlab


class vsPAIR(SparsePairedAutoencoder):  # noqa: N801 (the paper's spelling)
    """Variational sparse paired autoencoder: spike-and-slab QoI latent, Gaussian observation latent."""

    qoi_family = SpikeSlab
    observation_family = Gaussian
    autoencoding_loss = staticmethod(negative_elbo)
