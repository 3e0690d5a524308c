"""Settings of total variation, a baseline of ours."""

from typing import Any, ClassVar, Literal

from pydantic import Field, PositiveInt

from vspair.models.method import Method, NonNegative


class Settings(Method):
    """Least squares with total variation, whose weight is chosen on training pairs."""

    physical: ClassVar[bool] = True
    seeded: ClassVar[bool] = False
    baseline: ClassVar[bool] = True

    kind: Literal["TV"] = Field(description="kind of method, a folder of `vspair.models`")
    strengths: tuple[NonNegative, ...] = Field(min_length=1, description="weights of total variation to choose from")
    iterations: PositiveInt = Field(description="primal-dual iterations")
    pairs: PositiveInt = Field(description="training pairs that the weight is chosen on, the first ones")

    def architecture(self) -> dict[str, Any]:
        """See `Method.architecture`."""
        return self.model_dump(exclude={"kind", "pairs"})
