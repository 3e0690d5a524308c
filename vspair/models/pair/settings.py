"""Settings of PAIR (Tables 6 to 9)."""

from typing import Literal

from pydantic import Field, PositiveInt

from vspair.config.section import Section
from vspair.models.method import NonNegative, Shape, Trained, require_halvings

Reduction = Literal["sum", "mean"]


class Weights(Section):
    """Weights of the objective's terms (Table 9)."""

    lambda1: NonNegative = Field(description="QoI autoencoder")
    lambda2: NonNegative = Field(description="observation autoencoder")
    lambda3: NonNegative = Field(description="latent mapping loss")


class Choices(Section):
    """What the paper leaves open in PAIR's objective (docs/deviations.md, E14)."""

    reconstruction_reduction: Reduction = Field(description="squared error summed or averaged over entries")
    mapping_reduction: Reduction = Field(description="mapping loss summed or averaged over latents or entries")
    mapping_gradient: Literal["both", "observation", "map"] = Field(
        description="encoders that the mapping loss trains beside the map: both, the observation's, none (map)"
    )
    mapping_space: Literal["latent", "image"] = Field(
        description="mapping loss on latents (Eq. 16), or on decoded QoI, images or not (image: Eq. 14)"
    )


class Settings(Trained):
    """A deterministic pair with a linear latent map."""

    kind: Literal["PAIR"] = Field(description="kind of method, a folder of `vspair.models`")
    channels: tuple[PositiveInt, ...] = Field(min_length=2, description="widths of the backbone")
    latent_x: PositiveInt = Field(description="dimension of the QoI latent")
    latent_y: PositiveInt = Field(description="dimension of the observation latent")
    weights: Weights = Field(description="weights of the objective's terms")
    choices: Choices = Field(description="what the paper leaves open in the objective")

    def require_fit(self, qoi: Shape, observation: Shape) -> None:
        """See `Method.require_fit`."""
        require_halvings("QoI", self.channels, qoi)
        require_halvings("observation", self.channels, observation)

    def factors(self) -> dict[str, float]:
        """See `Trained.factors`."""
        return {
            "reconstruction_qoi": self.weights.lambda1,
            "reconstruction_observation": self.weights.lambda2,
            "mapping": self.weights.lambda3,
        }
