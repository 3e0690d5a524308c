"""Costs c(x, y) of moving x to y: of which an optimal coupling has the least (Piening and Chung, Eq. 1)."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

CostName = Literal["squared", "euclidean", "geodesic"]

_TINY = 1e-12
"""Under a root, so that its slope at 0 is finite."""


def squared(first: Tensor, second: Tensor) -> Tensor:
    """c_2(x, y) = ||x - y||^2 of points (..., d), shape (...)."""
    return (first - second).square().sum(-1)


def euclidean(first: Tensor, second: Tensor) -> Tensor:
    """c_1(x, y) = ||x - y|| of points (..., d), shape (...); smooth where it is 0."""
    return (squared(first, second) + _TINY).sqrt()


def geodesic(first: Tensor, second: Tensor) -> Tensor:
    """Length of the shorter arc between points (..., d) on the unit sphere, in radians, shape (...).

    It is 2 atan2(||x - y||, ||x + y||), which loses no digits for near and for opposite points, as arccos <x, y> does.
    """
    return 2 * torch.atan2(euclidean(first, second), euclidean(first, -second))


COSTS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "squared": squared,
    "euclidean": euclidean,
    "geodesic": geodesic,
}
"""Costs between points of one space, by name."""
