"""Conditional flow matching behind a filtered back-projection."""

from collections.abc import Sequence

from vspair.models.filtered import FilteredModel
from vspair.models.flow.model import Flow
from vspair.operators.ray import RayTransform


class PhysicalFlow(FilteredModel):
    """The kind `Flow` for observations on another grid.

    Arguments:
        operator, filter, cutoff: as for `FilteredModel`.
        channels, steps, spread: as for `Flow`.
    """

    def __init__(
        self, operator: RayTransform, channels: Sequence[int], steps: int, spread: float, filter: str, cutoff: float
    ):
        image = (1, *operator.geometry.image)
        super().__init__(Flow(image, image, channels, steps, spread), operator, filter, cutoff)
