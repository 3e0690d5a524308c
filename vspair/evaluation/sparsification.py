"""Sparsification: how the error of what is left falls when the most uncertain pixels are taken away."""

import torch
from torch import Tensor

STEPS = 20
"""Shares of pixels removed are 0, 1/20, ..., 19/20."""


def removed_shares(device: torch.device | str = "cpu") -> Tensor:
    """The grid of shares of pixels removed, shape (20,), float64."""
    return torch.arange(STEPS, dtype=torch.float64, device=device) / STEPS


def sparsification(squared_error: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
    """Error of the pixels that are left, over the error of all, as ever more pixels of an image are removed.

    At share f the floor(f P) first pixels of an order are removed, and the curve is the mean squared error of the
    others, divided by that of all P. The order is by decreasing variance for the first curve and by decreasing squared
    error, the best possible, for the second (the oracle). Pixels of equal variance keep the order of the image. An
    image without any error has no such ratio: its curves are NaN.

    Arguments:
        squared_error: of the sample mean, shape (images, pixels).
        variance: predicted, same shape.

    Returns:
        By uncertainty and oracle, each of shape (images, 20) over `removed_shares`, float64, 1 at the start.
    """
    ascending = variance.sort(dim=1, descending=True, stable=True).indices.flip(1)
    by_uncertainty = _error_left(squared_error.gather(1, ascending))
    return by_uncertainty, _error_left(squared_error.sort(1).values)


def sparsification_error(by_uncertainty: Tensor, oracle: Tensor) -> Tensor:
    """Area between the two curves (AUSE), shape (images,): 0 if the uncertainty ranks pixels as their errors do.

    The integral over the share removed, from 0 to 0.95, by the trapezoid rule; NaN for an image without any error.
    """
    return torch.trapezoid(by_uncertainty - oracle, removed_shares(oracle.device))


def _error_left(ascending: Tensor) -> Tensor:
    """Normalised mean of the first P - floor(f P) values of each row, shape (images, 20)."""
    pixels = ascending.shape[1]
    left = pixels - torch.arange(STEPS, device=ascending.device) * pixels // STEPS
    # A product with 0 and 1 repeats to the bit on a GPU, where a cumulative sum need not.
    kept = torch.arange(pixels, device=ascending.device)[:, None] < left
    means = ascending.double() @ kept.double() / left
    return means / means[:, :1]
