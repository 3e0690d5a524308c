"""Settings of the conditional VAE, a baseline of ours."""

from typing import ClassVar, Literal

from pydantic import Field

from vspair.config.numbers import NonNegative, Width
from vspair.config.section import Section
from vspair.models.method import Shape, Trained, Widths, least_backbone, least_features, require_halvings


class Weights(Section):
    """Weights of the objective's terms."""

    lambda1: NonNegative = Field(description="ELBO")
    gamma_x: NonNegative = Field(description="KL term inside the ELBO")


class Settings(Trained):
    """A conditional VAE on the backbone of the paper's models."""

    probabilistic: ClassVar[bool] = True
    latent: ClassVar[bool] = True
    baseline: ClassVar[bool] = True

    kind: Literal["CVAE"] = Field(description="kind of method, a folder of `vspair.models`")
    channels: Widths = Field(description="widths of the backbone")
    latent_x: Width = Field(description="dimension of the latent and of the observation's code")
    weights: Weights = Field(description="weights of the objective's terms")

    def least_weights(self, qoi: Shape, observation: Shape) -> int:
        """See `Method.least_weights`: recognition, conditional prior and decoder."""
        inner = least_features(self.channels, qoi) + 2 * least_features(self.channels, observation)
        return 3 * least_backbone(self.channels, qoi) + inner * self.latent_x

    def require_fit(self, qoi: Shape, observation: Shape) -> None:
        """See `Method.require_fit`; images must have one height and width, vectors may have different lengths."""
        require_halvings("QoI", self.channels, qoi)
        if tuple(qoi[1:]) != tuple(observation[1:]):
            raise ValueError(
                "the kind CVAE stacks QoI and observation: expected images of one height and width, or two vectors, "
                f"found {tuple(qoi)} and {tuple(observation)}"
            )

    def factors(self) -> dict[str, float]:
        """See `Trained.factors`."""
        return {"reconstruction_qoi": self.weights.lambda1, "kl_qoi": self.weights.lambda1 * self.weights.gamma_x}
