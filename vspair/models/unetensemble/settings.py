"""Settings of the deep ensemble of U-Nets, a baseline of ours."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vspair.config.numbers import Few
from vspair.models.method import Shape
from vspair.models.unet.settings import Settings as UNet


class Settings(UNet):
    """A deep ensemble of U-Nets that mend one filtered back-projection."""

    probabilistic: ClassVar[bool] = True

    kind: Literal["UNetEnsemble"] = Field(description="kind of method, a folder of `vspair.models`")
    members: Annotated[Few, Field(ge=2)] = Field(description="networks of the ensemble")

    def least_weights(self, qoi: Shape, observation: Shape) -> int:
        """See `Method.least_weights`."""
        return self.members * super().least_weights(qoi, observation)
