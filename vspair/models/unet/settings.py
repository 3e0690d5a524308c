"""Settings of the U-Net behind a filtered back-projection, a baseline of ours."""

from typing import ClassVar, Literal

from pydantic import Field

from vspair.config.numbers import Share
from vspair.models.method import Shape, SquaredError, Trained, Widths, least_backbone, require_halvings


class Settings(Trained):
    """A U-Net that mends a filtered back-projection."""

    physical: ClassVar[bool] = True
    baseline: ClassVar[bool] = True

    kind: Literal["UNet"] = Field(description="kind of method, a folder of `vspair.models`")
    channels: Widths = Field(description="widths from the image inwards")
    filter: Literal["ram-lak", "shepp-logan", "cosine", "hamming", "hann"] = Field(
        description="window of the ramp filter"
    )
    cutoff: Share = Field(description="frequency beyond which the filter is 0, as a share of the largest")
    weights: SquaredError = Field(description="weights of the objective's terms")

    def least_weights(self, qoi: Shape, observation: Shape) -> int:
        """See `Method.least_weights`: the way down and the way up."""
        return 2 * least_backbone(self.channels, qoi)

    def require_fit(self, qoi: Shape, observation: Shape) -> None:
        """See `Method.require_fit`."""
        require_halvings("QoI", self.channels, qoi)

    def factors(self) -> dict[str, float]:
        """See `Trained.factors`."""
        return {"reconstruction_qoi": self.weights.lambda1}
