"""Settings that several kinds of methods have; each kind's own stand in its folder."""

from typing import Literal

from pydantic import Field

from vspair.config.numbers import NonNegative, Positive, Probability, Width
from vspair.config.section import Section
from vspair.models.method import Shape, Trained, Widths, require_halvings


class PairedWeights(Section):
    """Weights of the terms that every pair has (Table 9)."""

    lambda1: NonNegative = Field(description="QoI autoencoder")
    lambda2: NonNegative = Field(description="observation autoencoder")
    lambda3: NonNegative = Field(description="latent mapping loss")


class VariationalWeights(PairedWeights):
    """Weights of the terms of a variational pair (Tables 9 and 12)."""

    gamma_x: NonNegative = Field(description="KL terms inside the QoI ELBO")
    gamma_y: NonNegative = Field(description="KL terms inside the observation ELBO")


class MappingChoices(Section):
    """What the paper leaves open in the latent mapping loss (docs/deviations.md, E14)."""

    mapping_reduction: Literal["sum", "mean"] = Field(description="mapping loss summed or averaged over latents")
    mapping_gradient: Literal["both", "observation", "map"] = Field(
        description="encoders that the mapping loss trains beside the map: both, the observation's, none (map)"
    )


class Backbone(Trained):
    """A method whose encoders and decoders are of the one backbone (Tables 6 and 7)."""

    channels: Widths = Field(description="widths of the backbone")
    latent_x: Width = Field(description="dimension of the QoI latent")

    def require_fit(self, qoi: Shape, observation: Shape) -> None:
        """See `Method.require_fit`."""
        require_halvings("QoI", self.channels, qoi)
        require_halvings("observation", self.channels, observation)


class Sparse(Backbone):
    """A method with a spike-and-slab QoI latent and a learned sparsity level (Eq. 20)."""

    alpha0: Positive = Field(description="first shape of the Beta hyperprior")
    beta0: Positive = Field(description="second shape of the Beta hyperprior")
    rho_start: Probability = Field(description="rho before training")
