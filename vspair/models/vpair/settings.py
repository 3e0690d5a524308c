"""Settings of vPAIR (Tables 6 to 9)."""

from typing import ClassVar, Literal

from pydantic import Field

from vspair.config.numbers import Width
from vspair.models.method import Shape
from vspair.models.parts import Backbone, MappingChoices, VariationalWeights, least_pair


class Settings(Backbone):
    """A variational pair with Gaussian latents on both sides."""

    probabilistic: ClassVar[bool] = True
    latent: ClassVar[bool] = True

    kind: Literal["vPAIR"] = Field(description="kind of method, a folder of `vspair.models`")
    latent_y: Width = Field(description="dimension of the observation latent")
    hidden: Width | None = Field(None, description="hidden width of the latent map's MLP; null: a linear map")
    weights: VariationalWeights = Field(description="weights of the objective's terms")
    choices: MappingChoices = Field(description="what the paper leaves open in the objective")

    def least_weights(self, qoi: Shape, observation: Shape) -> int:
        """See `Method.least_weights`."""
        return least_pair(self, qoi, observation)

    def factors(self) -> dict[str, float]:
        """See `Trained.factors`."""
        weights = self.weights
        return {
            "reconstruction_qoi": weights.lambda1,
            "kl_qoi": weights.lambda1 * weights.gamma_x,
            "reconstruction_observation": weights.lambda2,
            "kl_observation": weights.lambda2 * weights.gamma_y,
            "mapping": weights.lambda3,
        }
