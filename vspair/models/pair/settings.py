"""Settings of PAIR (Tables 6 to 9)."""

from typing import Literal

from pydantic import Field

from vspair.config.numbers import Width
from vspair.models.method import Shape
from vspair.models.parts import Backbone, MappingChoices, PairedWeights, least_pair


class Choices(MappingChoices):
    """What the paper leaves open in PAIR's objective (docs/deviations.md, E14)."""

    reconstruction_reduction: Literal["sum", "mean"] = Field(description="squared error summed or averaged over pixels")
    mapping_space: Literal["latent", "image"] = Field(
        description="mapping loss on latents (Eq. 16) or on the decoded QoI (Eq. 14)"
    )


class Settings(Backbone):
    """A deterministic pair with a linear latent map."""

    kind: Literal["PAIR"] = Field(description="kind of method, a folder of `vspair.models`")
    latent_y: Width = Field(description="dimension of the observation latent")
    weights: PairedWeights = Field(description="weights of the objective's terms")
    choices: Choices = Field(description="what the paper leaves open in the objective")

    def least_weights(self, qoi: Shape, observation: Shape) -> int:
        """See `Method.least_weights`."""
        return least_pair(self, qoi, observation)

    def factors(self) -> dict[str, float]:
        """See `Trained.factors`."""
        return {
            "reconstruction_qoi": self.weights.lambda1,
            "reconstruction_observation": self.weights.lambda2,
            "mapping": self.weights.lambda3,
        }
