"""What the settings of all kinds of methods have in common; without torch, so that planning is quick."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from vspair.config.names import Label
from vspair.config.numbers import Channels, Distinct, NonNegative
from vspair.config.section import Section
from vspair.config.training import Training

Widths = Annotated[tuple[Channels, ...], Field(min_length=2, max_length=16)]
"""Of a backbone, from the input inwards."""

Shape = Sequence[int]
"""Of one QoI or one observation: (channels, height, width), or (n,) for a vector."""


class Method(Section):
    """One method of a comparison: its kind, its sizes, and where it is shown and run."""

    physical: ClassVar[bool] = False
    """Whether the method is given the operator, and not the shapes of QoI and observation alone."""

    learns: ClassVar[bool] = True
    """Whether it learns or chooses something from training pairs."""

    seeded: ClassVar[bool] = True
    """Whether a run depends on its seed."""

    probabilistic: ClassVar[bool] = False
    """Whether it has a posterior."""

    latent: ClassVar[bool] = False
    """Whether its posterior goes through a latent space."""

    baseline: ClassVar[bool] = False
    """Whether it is ours and not the paper's."""

    kind: str = Field(description="kind of method, a folder of `vspair.models`")
    label: Label | None = Field(
        None, exclude=True, description="name in tables and figures; by default the method's own"
    )
    datasets: Annotated[tuple[str, ...], Field(min_length=1), Distinct] | None = Field(
        None, exclude=True, description="data sets that it is run on; by default the problem's usual ones"
    )

    def architecture(self) -> dict[str, Any]:
        """Arguments of the kind's class that are settings."""
        return self.model_dump(exclude={"kind", "weights", "choices", "training"}) | self.open_choices()

    def open_choices(self) -> dict[str, Any]:
        """The kind's choices in its objective, as its class takes them; empty where the paper leaves none open."""
        choices = getattr(self, "choices", None)
        return {} if choices is None else {"choices": choices}

    def least_weights(self, qoi: Shape, observation: Shape) -> int:
        """Numbers that it learns at least, from its large layers alone, so that what cannot be is seen at once."""
        return 0

    def require_fit(self, qoi: Shape, observation: Shape) -> None:
        """Check that the method can be built for these shapes.

        Raises:
            ValueError: it cannot, and why.
        """


class Trained(Method):
    """A method that is trained by steps; `weights` and, where the paper leaves some open, `choices` are the kind's."""

    training: Training = Field(description="the training loop")

    def factors(self) -> dict[str, float]:
        """The factor of each named term of the objective (Eq. 15)."""
        raise TypeError(f"expected {type(self).__name__} of {self.kind} to say the factors of its terms, found none")

    @model_validator(mode="after")
    def _something_is_learned(self) -> "Trained":
        if not any(self.factors().values()):
            raise ValueError("weights must not all be 0, which leaves no objective")
        return self


class SquaredError(Section):
    """The weight of a single squared error."""

    lambda1: NonNegative = Field(description="QoI reconstruction")


def least_features(channels: Sequence[int], shape: Shape) -> int:
    """Numbers at the inner end of a backbone for one input."""
    return channels[-1] * math.prod(side // 2 ** (len(channels) - 1) for side in shape[1:])


def least_backbone(channels: Sequence[int], shape: Shape) -> int:
    """Weights of the layers between the widths of one encoder or decoder, of which each has one at least."""
    return (9 if shape[1:] else 1) * sum(before * after for before, after in pairwise(channels))


def require_halvings(name: str, channels: Sequence[int], shape: Shape) -> None:
    """Check that images can be halved once for each width after the first; vectors are not halved.

    Raises:
        ValueError: they cannot, or the shape is neither an image's nor a vector's.
    """
    if len(shape) not in (1, 3):
        raise ValueError(f"expected {name}s of shape (n,) or (channels, height, width), found {tuple(shape)}")
    halvings = 2 ** (len(channels) - 1)
    if any(side % halvings for side in shape[1:]):
        sides = "x".join(map(str, shape[1:]))
        raise ValueError(
            f"channels halve the {name} {len(channels) - 1} times, but {sides} is not divisible by {halvings}"
        )
