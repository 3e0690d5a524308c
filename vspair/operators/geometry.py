"""Geometry of a parallel-beam scan: where the pixels, the angles and the bins of the detector are, in metres."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    import torch

Array = TypeVar("Array", np.ndarray, "torch.Tensor")


@dataclass(frozen=True, eq=False)
class ParallelBeam:
    """Rays through a grid of square pixels; the ray (phi, s) is {p : p . (cos phi, sin phi) = s}.

    Attributes:
        image: pixels along x (the first axis of an image) and along y (the second).
        pixel: side of a pixel, m.
        centre: x and y of the middle of the grid, m.
        angles: phi of each angle, rad, (angles,).
        bins: s of the middle of each bin of the detector, m, (bins,).
    """

    image: tuple[int, int]
    pixel: float
    centre: tuple[float, float]
    angles: np.ndarray
    bins: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Angles and bins of a sinogram."""
        return len(self.angles), len(self.bins)

    @property
    def corner(self) -> tuple[float, float]:
        """x and y of the middle of pixel (0, 0), m."""
        first = (c - (n - 1) / 2 * self.pixel for c, n in zip(self.centre, self.image, strict=True))
        return tuple(first)


@dataclass(frozen=True)
class Scan:
    """A scan of a square over half a turn, by default that of LoDoPaB-CT (Leuschner et al. 2021).

    The angles are (k + 1/2) pi / angles; the bins part [-rho, rho] evenly, with rho = side / sqrt(2).

    Attributes:
        side: side of the square, m.
        pixels: pixels along each side of an image.
        enlarged: pixels along each side of the finer grid on which an image is projected.
        angles: number of angles.
        bins: number of bins of the detector.
    """

    side: float = 0.26
    pixels: int = 362
    enlarged: int = 1000
    angles: int = 1000
    bins: int = 513

    def full(self) -> ParallelBeam:
        """All rays, through the enlarged grid."""
        return ParallelBeam(
            (self.enlarged, self.enlarged),
            self.side / self.enlarged,
            (0.0, 0.0),
            _middles(0.0, np.pi, self.angles),
            _middles(-self.side / np.sqrt(2), self.side / np.sqrt(2), self.bins),
        )

    def reduced(self, image: tuple[int, int], observation: tuple[int, int], binning: int) -> ParallelBeam:
        """The rays and pixels that stand for an image and a sinogram after `crop_average`.

        Each centre is the exact mean of the centres that were averaged.

        Arguments:
            image: pixels kept along x and y.
            observation: angles and bins kept.
            binning: entries averaged along each axis.

        Raises:
            ValueError: more was asked for than there is.
        """
        full = self.full()
        pixel = self.side / self.pixels
        middles = _middles(-self.side / 2, self.side / 2, self.pixels)
        x, y = (_averaged(middles, kept, binning) for kept in image)
        return ParallelBeam(
            tuple(image),
            binning * pixel,
            (float(x.mean()), float(y.mean())),
            _averaged(full.angles, observation[0], binning),
            _averaged(full.bins, observation[1], binning),
        )


def crop_average(array: Array, kept: tuple[int, int], binning: int) -> Array:
    """Crop the last two axes around their middle and average blocks of `binning` x `binning`.

    Of an axis of n entries, kept * binning are used, from (n - kept * binning) // 2 on.

    Arguments:
        array: numpy or torch, (..., H, W), floating point.
        kept: H and W of the result.
        binning: entries averaged along each axis.

    Returns:
        The means, (..., *kept), of the same type.

    Raises:
        ValueError: an axis is shorter than kept * binning.
    """
    rows, columns = (_window(n, k, binning) for n, k in zip(array.shape[-2:], kept, strict=True))
    blocks = array[..., rows, columns].reshape(*array.shape[:-2], kept[0], binning, kept[1], binning)
    return blocks.mean(axis=(-3, -1))


def _window(full: int, kept: int, binning: int) -> slice:
    start = (full - kept * binning) // 2
    if kept < 1 or binning < 1 or start < 0:
        raise ValueError(f"{kept} means of {binning} entries do not fit into {full} entries")
    return slice(start, start + kept * binning)


def _averaged(centres: np.ndarray, kept: int, binning: int) -> np.ndarray:
    return centres[_window(len(centres), kept, binning)].reshape(kept, binning).mean(1)


def _middles(low: float, high: float, parts: int) -> np.ndarray:
    return low + (np.arange(parts) + 0.5) * ((high - low) / parts)
