"""Settings that several kinds of methods have; each kind's own stand in its folder."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from vspair.config.numbers import NonNegative, Positive, Probability, Share, Width
from vspair.config.section import Section
from vspair.models.method import Shape, Trained, Widths, least_backbone, least_features, require_halvings


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

    def least_weights(self, qoi: Shape, observation: Shape) -> int:
        """See `Method.least_weights`: one encoder of y and one decoder of x."""
        return self.side(observation, self.latent_x) + self.side(qoi, self.latent_x)

    def side(self, shape: Shape, latent: int) -> int:
        """Weights of an encoder or a decoder at least."""
        return least_backbone(self.channels, shape) + least_features(self.channels, shape) * latent

    def require_fit(self, qoi: Shape, observation: Shape) -> None:
        """See `Method.require_fit`."""
        require_halvings("QoI", self.channels, qoi)
        require_halvings("observation", self.channels, observation)


def least_pair(method: Any, qoi: Shape, observation: Shape) -> int:
    """Weights at least of two autoencoders, with `latent_x` and `latent_y`, and the map between their latents."""
    hidden = getattr(method, "hidden", None)
    x, y = method.latent_x, method.latent_y
    latent_map = x * y if hidden is None else hidden * (x + y + hidden)
    return 2 * method.side(qoi, x) + 2 * method.side(observation, y) + latent_map


class Sparse(Backbone):
    """A method with a spike-and-slab QoI latent and a learned sparsity level (Eq. 20)."""

    alpha0: Positive = Field(description="first shape of the Beta hyperprior")
    beta0: Positive = Field(description="second shape of the Beta hyperprior")
    rho_start: Probability = Field(description="rho before training")


class Filtered(Trained):
    """A method that is given the filtered back-projection of y in the place of y, on the grid of x.

    Of the two classes that a kind's settings derive from it is the first; the second is that of a kind of pairs on one
    grid.
    """

    physical: ClassVar[bool] = True

    filter: Literal["ram-lak", "shepp-logan", "cosine", "hamming", "hann"] = Field(
        description="window of the ramp filter"
    )
    cutoff: Share = Field(description="frequency beyond which the filter is 0, as a share of the largest")

    def least_weights(self, qoi: Shape, observation: Shape) -> int:
        """See `Method.least_weights`."""
        return super().least_weights(qoi, qoi)

    def require_fit(self, qoi: Shape, observation: Shape) -> None:
        """See `Method.require_fit`."""
        super().require_fit(qoi, qoi)
