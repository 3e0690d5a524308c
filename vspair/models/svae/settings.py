"""Settings of sVAE (Tables 6 to 9)."""

from typing import ClassVar, Literal

from pydantic import Field

from vspair.config.numbers import NonNegative
from vspair.config.section import Section
from vspair.models.parts import Sparse


class Weights(Section):
    """Weights of the objective's terms (Table 9)."""

    lambda1: NonNegative = Field(description="autoencoder")
    lambda_rho: NonNegative = Field(description="Beta hyperprior of rho")
    gamma_x: NonNegative = Field(description="KL terms inside the ELBO")


class Settings(Sparse):
    """A sparse variational autoencoder from the observation straight to the QoI."""

    probabilistic: ClassVar[bool] = True
    latent: ClassVar[bool] = True

    kind: Literal["sVAE"] = Field(description="kind of method, a folder of `vspair.models`")
    weights: Weights = Field(description="weights of the objective's terms")

    def factors(self) -> dict[str, float]:
        """See `Trained.factors`."""
        weights = self.weights
        return {
            "reconstruction_qoi": weights.lambda1,
            "kl_slab_qoi": weights.lambda1 * weights.gamma_x,
            "kl_gate_qoi": weights.lambda1 * weights.gamma_x,
            "hyperprior": weights.lambda_rho,
        }
