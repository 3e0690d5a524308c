"""Settings of the deep ensemble, a baseline of ours."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, PositiveInt

from vspair.models.method import Shape, SquaredError, Trained, require_halvings


class Settings(Trained):
    """A deep ensemble of encoder-decoders on the backbone of the paper's models."""

    probabilistic: ClassVar[bool] = True
    baseline: ClassVar[bool] = True

    kind: Literal["Ensemble"] = Field(description="kind of method, a folder of `vspair.models`")
    channels: tuple[PositiveInt, ...] = Field(min_length=2, description="widths of the backbone")
    latent_x: PositiveInt = Field(description="width of the bottleneck")
    members: Annotated[int, Field(ge=2)] = Field(description="networks of the ensemble")
    weights: SquaredError = Field(description="weights of the objective's terms")

    def require_fit(self, qoi: Shape, observation: Shape) -> None:
        """See `Method.require_fit`."""
        require_halvings("QoI", self.channels, qoi)
        require_halvings("observation", self.channels, observation)

    def factors(self) -> dict[str, float]:
        """See `Trained.factors`."""
        return {"reconstruction_qoi": self.weights.lambda1}
