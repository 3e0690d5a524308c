"""Learned primal-dual as a method (Section 4.2; deviation E8)."""

from torch import Tensor

from vspair.models.direct import LearnedMethod, in_float32
from vspair.networks.unrolled import PrimalDual
from vspair.operators.filtering import FilteredBackProjection
from vspair.operators.ray import RayTransform


class LPD(LearnedMethod):
    """Learned primal-dual reconstruction (Adler and Oektem 2018): `PrimalDual` on A / ||A|| and y / ||A||.

    Divided by its norm the operator neither shrinks nor blows up what passes through the iterations; in other units
    training stalls or diverges.

    Arguments:
        operator: A.
        iterations: of the unrolled scheme.
        primal: channels of the primal memory, at least 2.
        dual: channels of the dual memory.
        width: channels inside the updates. With the defaults there are 251,980 weights.
        start: what the primal memory begins with: `zero`, or `fbp`, filtered back-projection with a Hann window, from
            which few training steps suffice (an option of dival's too).

    Raises:
        ValueError: the primal memory has fewer than two channels, or the start is unknown.
    """

    def __init__(
        self,
        operator: RayTransform,
        iterations: int = 10,
        primal: int = 5,
        dual: int = 5,
        width: int = 32,
        start: str = "zero",
    ):
        super().__init__(operator)
        if start not in ("zero", "fbp"):
            raise ValueError(f"start is {start!r}: expected zero or fbp")
        self.first = FilteredBackProjection(operator, "hann", 1.0) if start == "fbp" else None
        self.norm = operator.norm()
        self.network = PrimalDual(iterations, primal, dual, width)

    def forward(self, observation: Tensor) -> Tensor:
        """Reconstructions (batch, 1, height, width) of observations (batch, 1, angles, bins)."""
        image = self.operator.geometry.image
        start = None if self.first is None else in_float32(self.first, observation)
        return self.network(observation / self.norm, image, self._project, self._back_project, start)

    def _project(self, image: Tensor) -> Tensor:
        return in_float32(self.operator, image) / self.norm

    def _back_project(self, sinogram: Tensor) -> Tensor:
        return in_float32(self.operator.adjoint, sinogram) / self.norm
