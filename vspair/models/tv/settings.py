"""Settings of total variation, a baseline of ours."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from vspair.config.numbers import Count, Distinct, NonNegative
from vspair.models.method import Method


class Settings(Method):
    """Least squares with total variation, whose weight is chosen on training pairs."""

    physical: ClassVar[bool] = True
    seeded: ClassVar[bool] = False
    baseline: ClassVar[bool] = True

    kind: Literal["TV"] = Field(description="kind of method, a folder of `vspair.models`")
    strengths: Annotated[tuple[NonNegative, ...], Distinct] = Field(
        min_length=1, max_length=100, description="weights of total variation to choose from"
    )
    iterations: Count = Field(description="primal-dual iterations")
    pairs: Count = Field(description="training pairs that the weight is chosen on, the first ones")

    def architecture(self) -> dict[str, Any]:
        """See `Method.architecture`."""
        return self.model_dump(exclude={"kind", "pairs"})
