"""Settings of vsPAIR+, a model of ours."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from vspair.config.numbers import Multiple, NonNegative, Positive, Width
from vspair.models.method import Shape
from vspair.models.parts import Sparse, VariationalWeights, least_pair

Bound = Annotated[Multiple | None, Field(description="in the scale of the model; null: none")]


class Weights(VariationalWeights):
    """Weights of the objective's terms."""

    lambda_rho: NonNegative = Field(description="Beta hyperprior of rho")


class Settings(Sparse):
    """A variational sparse pair whose latent explains what the observation leaves open."""

    probabilistic: ClassVar[bool] = True
    latent: ClassVar[bool] = True
    baseline: ClassVar[bool] = True

    kind: Literal["vsPAIRplus"] = Field(description="kind of method, a folder of `vspair.models`")
    latent_y: Width = Field(description="dimension of the observation latent")
    hidden: Width = Field(description="hidden width of the latent map's MLP")
    bounds: tuple[Bound, Bound] = Field(description="least and largest recorded QoI, in the scale of the model")
    step: Positive = Field(description="step in which the QoI is recorded, in the scale of the model")
    mapping: Literal["divergence", "parameters"] = Field(
        "divergence", description="latent map trained by the likelihood of encoder draws, or by Eq. 16"
    )
    condition: Literal["observation", "none"] = Field(
        "observation", description="what encoder and decoder of the QoI see beside QoI and latent"
    )
    likelihood: Literal["recorded", "unit"] = Field(
        "recorded", description="decoder of recorded values with learned scale, or a Gaussian of unit variance (Eq. 11)"
    )
    weights: Weights = Field(description="weights of the objective's terms")

    @model_validator(mode="after")
    def _bounds_rise(self) -> "Settings":
        low, high = self.bounds
        if low is not None and high is not None and not low + self.step < high:
            raise ValueError(f"bounds must rise by more than step={self.step:g}, found {list(self.bounds)}")
        return self

    def least_weights(self, qoi: Shape, observation: Shape) -> int:
        """See `Method.least_weights`."""
        return least_pair(self, qoi, observation)

    def require_fit(self, qoi: Shape, observation: Shape) -> None:
        """See `Method.require_fit`; the decoder joins images of one height and width."""
        super().require_fit(qoi, observation)
        if len(qoi) != 3 or tuple(qoi[1:]) != tuple(observation[1:]):
            raise ValueError(
                "the kind vsPAIRplus joins QoI and observation on one grid: expected images of one height and width, "
                f"found {tuple(qoi)} and {tuple(observation)}"
            )

    def factors(self) -> dict[str, float]:
        """See `Trained.factors`."""
        weights = self.weights
        parts = ("mapping",) if self.mapping == "parameters" else ("mapping_slab", "mapping_gate")
        return {
            "reconstruction_qoi": weights.lambda1,
            "kl_slab_qoi": weights.lambda1 * weights.gamma_x,
            "kl_gate_qoi": weights.lambda1 * weights.gamma_x,
            "reconstruction_observation": weights.lambda2,
            "kl_observation": weights.lambda2 * weights.gamma_y,
            **dict.fromkeys(parts, weights.lambda3),
            "hyperprior": weights.lambda_rho,
        }
