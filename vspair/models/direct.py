"""Deterministic methods that know the operator and go from observation to QoI at once: what they have in common."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from vspair.objectives.terms import half_squared_error
from vspair.operators.ray import RayTransform


def in_float32(function: Callable[[Tensor], Tensor], values: Tensor) -> Tensor:
    """`function(values)` in float32 even where mixed precision is on: transforms are not made for less."""
    with torch.autocast(values.device.type, enabled=False):
        return function(values.float())


class DirectMethod(nn.Module):
    """A deterministic reconstruction x(y) with a known operator; a subclass gives `forward(observation)`.

    Arguments:
        operator: from QoI to observation, in the scales that the method sees.
    """

    probabilistic = False

    def __init__(self, operator: RayTransform):
        super().__init__()
        self.operator = operator

    @torch.inference_mode()
    def reconstruct(self, observation: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Reconstruct the QoI, shape (batch, 1, height, width).

        Arguments:
            observation: y, shape (batch, 1, angles, bins), in the scale of the operator.
            generator: unused, nothing is random.

        Raises:
            ValueError: y is not of the operator's angles and bins.
            RuntimeError: a trained method is in training mode.
        """
        if self.training and any(True for _ in self.parameters()):
            raise RuntimeError(f"{type(self).__name__} is in training mode: call eval()")
        return self(observation)


class LearnedMethod(DirectMethod):
    """A direct method with weights, trained on the squared error of its reconstructions."""

    def terms(self, qoi: Tensor, observation: Tensor, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """The squared error ||x - x(y)||^2 / 2 summed over pixels, shape (batch,).

        Arguments:
            qoi: x, shape (batch, 1, height, width).
            observation: y, shape (batch, 1, angles, bins).
            generator: unused, nothing is random.
        """
        return {"reconstruction_qoi": half_squared_error(self(observation), qoi)}
