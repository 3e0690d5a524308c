"""Settings of quantile regression with a U-Net, a baseline of ours."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from vspair.config.numbers import NonNegative, Probability
from vspair.config.section import Section
from vspair.models.unet.settings import Settings as UNet


def rising(levels: Sequence[float]) -> Sequence[float]:
    """The levels, each above the one before.

    Raises:
        ValueError: one is not.
    """
    if any(after <= before for before, after in pairwise(levels)):
        raise ValueError("must rise")
    return levels


class Weights(Section):
    """Weights of the objective's terms."""

    lambda1: NonNegative = Field(description="QoI reconstruction")
    lambda_q: NonNegative = Field(description="pinball losses of the quantiles")


class Settings(UNet):
    """A U-Net that mends a filtered back-projection and tells quantiles of each pixel."""

    probabilistic: ClassVar[bool] = True

    kind: Literal["QuantileUNet"] = Field(description="kind of method, a folder of `vspair.models`")
    levels: Annotated[tuple[Probability, ...], Field(min_length=2, max_length=100), AfterValidator(rising)] = Field(
        description="levels of the quantiles that are learned, rising"
    )
    weights: Weights = Field(description="weights of the objective's terms")

    def factors(self) -> dict[str, float]:
        """See `Trained.factors`."""
        return {"reconstruction_qoi": self.weights.lambda1, "quantiles": self.weights.lambda_q}
