"""Settings of vsPAIR (Tables 6 to 12)."""

from typing import ClassVar, Literal

from pydantic import Field

from vspair.config.numbers import NonNegative, Width
from vspair.models.method import Shape
from vspair.models.parts import MappingChoices, Sparse, VariationalWeights, least_pair


class Weights(VariationalWeights):
    """Weights of the objective's terms (Tables 9 and 12)."""

    lambda_rho: NonNegative = Field(description="Beta hyperprior of rho")
    lambda_b: NonNegative = Field(description="penalty on undecided gates inside the mapping loss")


class Settings(Sparse):
    """A variational pair with a spike-and-slab QoI latent and a Gaussian observation latent."""

    probabilistic: ClassVar[bool] = True
    latent: ClassVar[bool] = True

    kind: Literal["vsPAIR"] = Field(description="kind of method, a folder of `vspair.models`")
    latent_y: Width = Field(description="dimension of the observation latent")
    hidden: Width | None = Field(None, description="hidden width of the latent map's MLP; null: a linear map")
    map_gate: Literal["sigmoid", "clamped_exponential"] = Field(
        description="link from the latent map's output to the predicted gate probability"
    )
    weights: Weights = Field(description="weights of the objective's terms")
    choices: MappingChoices = Field(description="what the paper leaves open in the objective")

    def least_weights(self, qoi: Shape, observation: Shape) -> int:
        """See `Method.least_weights`."""
        return least_pair(self, qoi, observation)

    def factors(self) -> dict[str, float]:
        """See `Trained.factors`."""
        weights = self.weights
        return {
            "reconstruction_qoi": weights.lambda1,
            "kl_slab_qoi": weights.lambda1 * weights.gamma_x,
            "kl_gate_qoi": weights.lambda1 * weights.gamma_x,
            "reconstruction_observation": weights.lambda2,
            "kl_observation": weights.lambda2 * weights.gamma_y,
            "mapping": weights.lambda3,
            "gate_entropy": weights.lambda3 * weights.lambda_b,
            "hyperprior": weights.lambda_rho,
        }
