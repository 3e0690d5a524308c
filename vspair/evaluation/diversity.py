"""How varied a set of images is: the mean of 1 - SSIM over all pairs, and its variance."""

import torch
from torch import Tensor

from vspair.evaluation.structure import index

PLACES = 64
"""Places of the window at once: bounds the memory to so many matrices of all pairs."""


def patches(images: Tensor, window: int | None) -> Tensor:
    """What a square window sees at every place inside each image, (n, places, pixels of the window).

    Arguments:
        images: shape (n, height, width).
        window: its side in pixels; None for one window that is the whole image.

    Raises:
        ValueError: an image is smaller than the window.
    """
    if window is None:
        return images.flatten(1)[:, None]
    if min(images.shape[1:]) < window:
        raise ValueError(f"images of {tuple(images.shape[1:])} pixels are smaller than the window of {window}")
    return images.unfold(1, window, 1).unfold(2, window, 1).flatten(1, 2).flatten(2)


def pairwise_similarity(images: Tensor, window: int | None) -> Tensor:
    """SSIM of every image with every other one, (n, n) in float64, for images with values in [0, 1].

    The definition is that of `vspair.evaluation.quality.similarity` with range 1. What two images share at one place of
    the window is the inner product of their patches there, so that all pairs are one matrix product a place.

    Arguments:
        images: shape (n, height, width).
        window: side of the window in pixels; None for one window that is the whole image.

    Raises:
        ValueError: an image is smaller than the window.
    """
    seen = patches(images.double(), window)
    _, places, size = seen.shape
    unbiased = size / (size - 1)
    total = seen.new_zeros(len(seen), len(seen))
    for part in seen.transpose(0, 1).split(PLACES):
        mean = part.mean(-1)
        centred = part - mean[..., None]
        variance = unbiased * centred.square().mean(-1)
        covariance = unbiased / size * centred @ centred.mT
        square = mean.square()
        squares, variances = (own[:, :, None] + own[:, None] for own in (square, variance))
        total += index(mean[:, :, None] * mean[:, None], squares, covariance, variances).sum(0)
    return total / places


def diversity(images: Tensor, window: int | None) -> tuple[float, float]:
    """Mean and variance (n - 1 in the denominator) of d_ij = 1 - SSIM(x_i, x_j) over all pairs i < j.

    Arguments:
        images: shape (n, height, width), n at least 3, with values in [0, 1].
        window: as for `pairwise_similarity`.

    Raises:
        ValueError: there are too few images, or they are smaller than the window.
    """
    if len(images) < 3:
        raise ValueError(f"a variance over pairs needs 3 images, found {len(images)}")
    first, second = torch.triu_indices(len(images), len(images), offset=1)
    distances = 1 - pairwise_similarity(images, window)[first, second]
    return float(distances.mean()), float(distances.var())
