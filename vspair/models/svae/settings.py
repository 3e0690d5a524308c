"""Settings of sVAE (Tables 6 to 9)."""

from typing import ClassVar, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from vspair.config.section import Section
from vspair.models.method import NonNegative, Probability, Shape, Trained, require_halvings


class Weights(Section):
    """Weights of the objective's terms (Table 9)."""

    lambda1: NonNegative = Field(description="autoencoder")
    lambda_rho: NonNegative = Field(description="Beta hyperprior of rho")
    gamma_x: NonNegative = Field(description="KL terms inside the ELBO")


class Settings(Trained):
    """A sparse variational autoencoder from the observation straight to the QoI."""

    probabilistic: ClassVar[bool] = True
    latent: ClassVar[bool] = True

    kind: Literal["sVAE"] = Field(description="kind of method, a folder of `vspair.models`")
    channels: tuple[PositiveInt, ...] = Field(min_length=2, description="widths of the backbone")
    latent_x: PositiveInt = Field(description="dimension of the latent")
    alpha0: PositiveFloat = Field(description="first shape of the Beta hyperprior")
    beta0: PositiveFloat = Field(description="second shape of the Beta hyperprior")
    rho_start: Probability = Field(description="rho before training")
    weights: Weights = Field(description="weights of the objective's terms")

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
            "hyperprior": weights.lambda_rho,
        }
