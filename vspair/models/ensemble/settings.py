"""Settings of the deep ensemble, a baseline of ours."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vspair.config.numbers import Few
from vspair.models.method import Shape, SquaredError
from vspair.models.parts import Backbone


class Settings(Backbone):
    """A deep ensemble of encoder-decoders on the backbone of the paper's models; `latent_x` is its bottleneck."""

    probabilistic: ClassVar[bool] = True
    baseline: ClassVar[bool] = True

    kind: Literal["Ensemble"] = Field(description="kind of method, a folder of `vspair.models`")
    members: Annotated[Few, Field(ge=2)] = Field(description="networks of the ensemble")
    weights: SquaredError = Field(description="weights of the objective's terms")

    def least_weights(self, qoi: Shape, observation: Shape) -> int:
        """See `Method.least_weights`."""
        return self.members * super().least_weights(qoi, observation)

    def factors(self) -> dict[str, float]:
        """See `Trained.factors`."""
        return {"reconstruction_qoi": self.weights.lambda1}
