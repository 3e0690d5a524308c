"""Settings of conditional flow matching, a baseline of ours."""

from itertools import pairwise
from typing import ClassVar, Literal

from pydantic import Field

from vspair.config.numbers import Few, NonNegative, Positive
from vspair.config.section import Section
from vspair.models.method import Shape, Trained, Widths, least_backbone, require_halvings


class Weights(Section):
    """Weights of the objective's terms."""

    lambda1: NonNegative = Field(description="squared error of the velocity")


class Settings(Trained):
    """A flow from noise to x whose velocity is told y."""

    probabilistic: ClassVar[bool] = True
    baseline: ClassVar[bool] = True

    kind: Literal["Flow"] = Field(description="kind of method, a folder of `vspair.models`")
    channels: Widths = Field(description="widths of the velocity's network, from patches of 2x2 pixels inwards")
    steps: Few = Field(description="midpoint steps of a draw, two evaluations of the network each")
    spread: Positive = Field(description="standard deviation of the noise that a draw starts from, about that of x")
    weights: Weights = Field(description="weights of the objective's terms")

    def least_weights(self, qoi: Shape, observation: Shape) -> int:
        """See `Method.least_weights`: of images the two convolutions of each block, and those that enlarge."""
        channels = self.channels
        if not qoi[1:]:
            ends = (qoi[0] + observation[0]) * channels[0] + channels[-1] * qoi[0]
            return least_backbone(channels, qoi) + ends
        return 18 * channels[0] ** 2 + 9 * sum(2 * a * b + b**2 + 3 * a**2 for a, b in pairwise(channels))

    def require_fit(self, qoi: Shape, observation: Shape) -> None:
        """See `Method.require_fit`; images must have one height and width, vectors may have different lengths."""
        # Once more than there are widths after the first: the finest features stand for patches of two by two pixels.
        require_halvings("QoI", (1, *self.channels), qoi)
        if tuple(qoi[1:]) != tuple(observation[1:]):
            raise ValueError(
                "the kind Flow stacks QoI and observation: expected images of one height and width, or two vectors, "
                f"found {tuple(qoi)} and {tuple(observation)}"
            )

    def factors(self) -> dict[str, float]:
        """See `Trained.factors`."""
        return {"velocity": self.weights.lambda1}
