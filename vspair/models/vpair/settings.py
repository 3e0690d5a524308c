"""Settings of vPAIR (Tables 6 to 9)."""

from typing import ClassVar, Literal

from pydantic import Field, PositiveInt

from vspair.config.section import Section
from vspair.models.method import NonNegative, Shape, Trained, require_halvings


class Weights(Section):
    """Weights of the objective's terms (Table 9)."""

    lambda1: NonNegative = Field(description="QoI autoencoder")
    lambda2: NonNegative = Field(description="observation autoencoder")
    lambda3: NonNegative = Field(description="latent mapping loss")
    gamma_x: NonNegative = Field(description="KL terms inside the QoI ELBO")
    gamma_y: NonNegative = Field(description="KL terms inside the observation ELBO")


class Choices(Section):
    """What the paper leaves open in the objective of a variational pair (docs/deviations.md, E14)."""

    mapping_reduction: Literal["sum", "mean"] = Field(description="mapping loss summed or averaged over latents")
    mapping_gradient: Literal["both", "observation", "map"] = Field(
        description="encoders that the mapping loss trains beside the map: both, the observation's, none (map)"
    )


class Settings(Trained):
    """A variational pair with Gaussian latents on both sides."""

    probabilistic: ClassVar[bool] = True
    latent: ClassVar[bool] = True

    kind: Literal["vPAIR"] = Field(description="kind of method, a folder of `vspair.models`")
    channels: tuple[PositiveInt, ...] = Field(min_length=2, description="widths of the backbone")
    latent_x: PositiveInt = Field(description="dimension of the QoI latent")
    latent_y: PositiveInt = Field(description="dimension of the observation latent")
    hidden: PositiveInt | None = Field(None, description="hidden width of the latent map's MLP; null: a linear map")
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
            "kl_qoi": weights.lambda1 * weights.gamma_x,
            "reconstruction_observation": weights.lambda2,
            "kl_observation": weights.lambda2 * weights.gamma_y,
            "mapping": weights.lambda3,
        }
