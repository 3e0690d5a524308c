"""Structural similarity of many reconstructions to the same few images, by window or of the whole image at once."""

from torch import Tensor
from torch.nn.functional import avg_pool2d

from vspair.evaluation.quality import K1, K2


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
        self.sides = tuple(images.shape[1:]) if window is None else (window, window)
        self.unbiased = self.sides[0] * self.sides[1] / (self.sides[0] * self.sides[1] - 1)
        self.mean = self._mean(self.images)
        self.variance = self._mean(self.images**2) - self.mean**2

    def __call__(self, reconstructions: Tensor) -> Tensor:
        """The error of each reconstruction, (m, n) of shape (m, n, height, width), in float64."""
        values = reconstructions.double()
        mean = self._mean(values)
        covariance = self._mean(values * self.images) - mean * self.mean
        variances = self._mean(values**2) - mean**2 + self.variance
        similar = (2 * mean * self.mean + K1**2) * (2 * self.unbiased * covariance + K2**2)
        most = (mean**2 + self.mean**2 + K1**2) * (self.unbiased * variances + K2**2)
        return 1 - (similar / most).flatten(-2).mean(-1)

    def _mean(self, values: Tensor) -> Tensor:
        if values.shape[-2:] == self.sides:
            return values.mean((-2, -1), keepdim=True)
        rows, columns = self.sides
        flat = values.flatten(0, -3)[:, None]
        # One direction after the other: few additions a pixel.
        found = avg_pool2d(avg_pool2d(flat, (rows, 1), stride=1), (1, columns), stride=1)
        return found.reshape(*values.shape[:-2], *found.shape[-2:])


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
