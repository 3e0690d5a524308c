"""Settings of vsPAIR (Tables 6 to 12)."""

from typing import ClassVar, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from vspair.config.section import Section
from vspair.models.method import NonNegative, Probability, Shape, Trained, require_halvings


class Weights(Section):
    """Weights of the objective's terms (Tables 9 and 12)."""

    lambda1: NonNegative = Field(description="QoI autoencoder")
    lambda2: NonNegative = Field(description="observation autoencoder")
    lambda3: NonNegative = Field(description="latent mapping loss")
    lambda_rho: NonNegative = Field(description="Beta hyperprior of rho")
    gamma_x: NonNegative = Field(description="KL terms inside the QoI ELBO")
    gamma_y: NonNegative = Field(description="KL terms inside the observation ELBO")
    lambda_b: NonNegative = Field(description="penalty on undecided gates inside the mapping loss")


class Choices(Section):
    """What the paper leaves open in the objective of a variational pair (docs/deviations.md, E14)."""

    mapping_reduction: Literal["sum", "mean"] = Field(description="mapping loss summed or averaged over latents")
    mapping_gradient: Literal["both", "observation", "map"] = Field(
        description="encoders that the mapping loss trains beside the map: both, the observation's, none (map)"
    )


class Settings(Trained):
    """A variational pair with a spike-and-slab QoI latent and a Gaussian observation latent."""

    probabilistic: ClassVar[bool] = True
    latent: ClassVar[bool] = True

    kind: Literal["vsPAIR"] = Field(description="kind of method, a folder of `vspair.models`")
    channels: tuple[PositiveInt, ...] = Field(min_length=2, description="widths of the backbone")
    latent_x: PositiveInt = Field(description="dimension of the QoI latent")
    latent_y: PositiveInt = Field(description="dimension of the observation latent")
    hidden: PositiveInt | None = Field(None, description="hidden width of the latent map's MLP; null: a linear map")
    map_gate: Literal["sigmoid", "clamped_exponential"] = Field(
        description="link from the latent map's output to the predicted gate probability"
    )
    alpha0: PositiveFloat = Field(description="first shape of the Beta hyperprior")
    beta0: PositiveFloat = Field(description="second shape of the Beta hyperprior")
    rho_start: Probability = Field(description="rho before training")
    weights: Weights = Field(description="weights of the objective's terms")
    choices: Choices = Field(description="what the paper leaves open in the objective")

    def require_fit(self, qoi: Shape, observation: Shape) -> None:
        """See `Method.require_fit`."""
        require_halvings("QoI", self.channels, qoi)
        require_halvings("observation", self.channels, observation)

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
