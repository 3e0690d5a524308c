"""Settings of learned primal-dual (docs/deviations.md, E8)."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vspair.config.numbers import Channels, Few
from vspair.models.method import Shape, SquaredError, Trained


class Settings(Trained):
    """Learned primal-dual."""

    physical: ClassVar[bool] = True

    kind: Literal["LPD"] = Field(description="kind of method, a folder of `vspair.models`")
    iterations: Few = Field(description="unrolled iterations")
    primal: Annotated[Channels, Field(ge=2)] = Field(description="channels of the primal memory")
    dual: Channels = Field(description="channels of the dual memory")
    width: Channels = Field(description="channels inside the blocks")
    start: Literal["zero", "fbp"] = Field(description="what the iterations start from")
    weights: SquaredError = Field(description="weights of the objective's terms")

    def least_weights(self, qoi: Shape, observation: Shape) -> int:
        """See `Method.least_weights`: in each iteration a block on either side, of three convolutions."""
        return self.iterations * 9 * self.width * (2 * self.width + 2 * (self.primal + self.dual))

    def factors(self) -> dict[str, float]:
        """See `Trained.factors`."""
        return {"reconstruction_qoi": self.weights.lambda1}
