"""The energy distance of two batches (Szekely and Rizzo, 2013)."""

import torch
from torch import Tensor


def energy_distance(first: Tensor, second: Tensor) -> Tensor:
    """2 E||A - B|| - E||A - A'|| - E||B - B'|| with all means over all pairs of the batches, a point with itself too.

    This is the V-statistic of Section 4.1 of Piening and Chung: 0 for equal batches and never negative. Some libraries,
    scipy among them, give the name to its square root.

    Arguments:
        first, second: batches (n, d) and (m, d).

    Returns:
        A scalar that can be differentiated in both.
    """
    return 2 * mean_distance(first, second) - mean_distance(first, first) - mean_distance(second, second)


def mean_distance(first: Tensor, second: Tensor) -> Tensor:
    """Mean of ||a_i - b_j|| over all i and j of batches (n, d) and (m, d); the gradient of a distance 0 is 0."""
    # Of large batches by products of matrices, which is fast; a point's distance to itself is then not quite 0, but its
    # slope is, and in a mean over all pairs it is lost.
    return torch.cdist(first, second).mean()
