"""Structural similarity of many reconstructions to the same few images, by window or of the whole image at once."""

import torch
from torch import Tensor

from vspair.evaluation.quality import K1, K2


def index(products: Tensor, squares: Tensor, covariances: Tensor, variances: Tensor) -> Tensor:
    """SSIM of two images with values in [0, 1] at each place of its window (`vspair.evaluation.quality.similarity`).

        S = (2 m_a m_b + C1) (2 v_ab + C2) / ((m_a^2 + m_b^2 + C1) (v_a + v_b + C2)),    C_k = K_k^2

    Arguments:
        products, squares: m_a m_b and m_a^2 + m_b^2, of one shape.
        covariances, variances: v_ab and v_a + v_b, unbiased, same shape.
    """
    return (2 * products + K1**2) * (2 * covariances + K2**2) / ((squares + K1**2) * (variances + K2**2))


class Dissimilarity:
    """1 - SSIM of reconstructions, values in [0, 1], to images whose own moments are worked out once.

    The definition is that of `vspair.evaluation.quality.similarity` with range 1; with one window that is the whole
    image it is the formula of Mueller et al., section 2.2, with sample variances.

    Arguments:
        images: x, shape (n, height, width).
        window: side of the window in pixels; None for one window that is the whole image.
    """

    def __init__(self, images: Tensor, window: int | None):
        self.images = images.double()
        sides = tuple(images.shape[1:]) if window is None else (window, window)
        rows, columns = (_means(of, side, images.device) for of, side in zip(images.shape[1:], sides, strict=True))
        self.rows, self.columns = rows, columns.mT
        self.unbiased = sides[0] * sides[1] / (sides[0] * sides[1] - 1)
        self.mean = self._mean(self.images)
        self.square = self._mean(self.images**2)

    def __call__(self, reconstructions: Tensor) -> Tensor:
        """The error of each reconstruction, (m, n) of shape (m, n, height, width), in float64."""
        values = reconstructions.double()
        mean = self._mean(values)
        product, squares = mean * self.mean, mean**2 + self.mean**2
        covariance = self._mean(values * self.images) - product
        variances = self._mean(values**2) + self.square - squares
        found = index(product, squares, self.unbiased * covariance, self.unbiased * variances)
        return 1 - found.flatten(-2).mean(-1)

    def _mean(self, values: Tensor) -> Tensor:
        # Products of matrices, of which a CPU does many more in a second than sums over windows.
        return self.rows @ (values @ self.columns)


def _means(length: int, side: int, device: torch.device) -> Tensor:
    """The matrix that takes the means of neighbours, (length - side + 1, length)."""
    places = torch.arange(length - side + 1, device=device)[:, None]
    seen = torch.arange(length, device=device) - places
    return ((seen >= 0) & (seen < side)).double() / side


class SquaredError:
    """Mean squared error over pixels of reconstructions to images.

    Arguments:
        images: x, shape (n, height, width).
    """

    def __init__(self, images: Tensor):
        self.images = images.double()

    def __call__(self, reconstructions: Tensor) -> Tensor:
        """The error of each reconstruction, (m, n) of shape (m, n, height, width), in float64."""
        return (reconstructions.double() - self.images).square().mean((-2, -1))


def errors(images: Tensor, window: int) -> dict[str, "SquaredError | Dissimilarity"]:
    """The measures of error by name: `squared`, `ssim` (by window) and `global_ssim` (one window, the whole image)."""
    return {
        "squared": SquaredError(images),
        "ssim": Dissimilarity(images, window),
        "global_ssim": Dissimilarity(images, None),
    }
