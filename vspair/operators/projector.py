"""Line integrals of large images without a stored matrix: the sums of `joseph_matrix`, many images at a time."""

from collections.abc import Iterator

import numpy as np
import torch
from torch.nn.functional import grid_sample

from vspair.operators.geometry import ParallelBeam
from vspair.operators.joseph import steps_along_y
from vspair.operators.linear import LinearOperator

SAMPLED = 2**27  # samples held at once on a GPU, 0.5 GB


def enlarge(images: torch.Tensor, pixels: int) -> torch.Tensor:
    """Bilinear interpolation onto a finer grid of the same square; beyond the outermost centres it is mirrored.

    As `skimage.transform.resize(order=1, mode="reflect")`.

    Arguments:
        images: (n, N, N) floating point.
        pixels: pixels along each side of the result, not fewer than N.

    Returns:
        (n, pixels, pixels).
    """
    for axis in (-1, -2):
        n = images.shape[axis]
        place = (torch.arange(pixels, dtype=torch.float64) + 0.5) * (n / pixels) - 0.5
        lower = place.floor()
        share = (place - lower).to(images).unsqueeze(1 if axis == -2 else 0)
        # Index -1 is the mirror image of 1, and n that of n - 2.
        low = lower.long().abs().to(images.device)
        high = (n - 1 - (n - 2 - lower.long()).abs()).to(images.device)
        images = torch.lerp(images.index_select(axis, low), images.index_select(axis, high), share)
    return images


class Projector(LinearOperator):
    """Line integrals of images in metres by Joseph's method, without a matrix, on one core or on the GPU of the images.

    The domain is the geometry's grid (H, W), the range (angles, bins), in float32. The adjoint is that of
    `project_sampled`, the same map up to rounding; on a GPU its sums have no fixed order.

    Arguments:
        geometry: rays and pixels; the bins evenly spaced and ascending.

    Raises:
        ValueError: the bins are not evenly spaced.
    """

    dtype = torch.float32
    device = None

    def __init__(self, geometry: ParallelBeam):
        super().__init__(geometry.image, geometry.shape)
        steps = np.diff(geometry.bins)
        if len(steps) == 0 or steps[0] <= 0 or not np.allclose(steps, steps[0], rtol=1e-6, atol=0):
            raise ValueError("the bins of a projection must be evenly spaced and ascending, and two at least")
        self.geometry = geometry

    def _push(self, x: torch.Tensor) -> torch.Tensor:
        return project_sampled(x, self.geometry) if x.is_cuda else _project_tiled(x, self.geometry)

    def _pull(self, y: torch.Tensor) -> torch.Tensor:
        # A linear map is its own derivative, wherever that is taken.
        with torch.inference_mode(False), torch.enable_grad():
            anywhere = torch.zeros(len(y), *self.domain, device=y.device, requires_grad=True)
            pulled = torch.zeros_like(anywhere, requires_grad=False)
            for angles, integrals in _sampled(anywhere, self.geometry):
                pulled += torch.autograd.grad(integrals, anywhere, y[:, angles])[0]
        return pulled


def _project_tiled(images: torch.Tensor, geometry: ParallelBeam) -> torch.Tensor:
    from vspair.operators.tiles import LANES, PAD, sum_lines

    result = np.empty((len(images), *geometry.shape), np.float32)
    for start in range(0, len(images), LANES):
        part = images[start : start + LANES].numpy()
        for along_y in (True, False):
            chosen = np.flatnonzero(steps_along_y(geometry.angles) == along_y)
            first, step, length = _places(geometry, geometry.angles[chosen], along_y)
            # Lines of pixels across the steps, images innermost.
            across = part.transpose((2, 1, 0) if along_y else (1, 2, 0))
            lines = np.zeros((across.shape[0], across.shape[1] + 2 * PAD, LANES), np.float32)
            lines[:, PAD:-PAD, : len(part)] = across
            sums = np.zeros((len(chosen), len(geometry.bins), LANES), np.float32)
            sum_lines(lines, first, step, sums)
            integrals = sums[..., : len(part)] * length[:, None, None]
            result[start : start + len(part), chosen] = integrals.transpose(2, 0, 1)
    return torch.from_numpy(result)


def project_one(image: torch.Tensor, geometry: ParallelBeam) -> torch.Tensor:
    """Line integrals of a single image as `Projector` has them, up to rounding; on one core in a fraction of its time.

    Arguments:
        image: (H, W) on the geometry's grid, float32.
        geometry: rays and pixels; the bins evenly spaced and ascending.

    Returns:
        (angles, bins), on the device of the image.
    """
    if image.is_cuda:
        return project_sampled(image[None], geometry)[0]
    from vspair.operators.tiles import PAD, sum_lines_of_one

    result = np.empty(geometry.shape, np.float32)
    for along_y in (True, False):
        chosen = np.flatnonzero(steps_along_y(geometry.angles) == along_y)
        first, step, length = _places(geometry, geometry.angles[chosen], along_y)
        across = image.numpy().T if along_y else image.numpy()
        # In order, which a padded transpose is not.
        lines = np.zeros((across.shape[0], across.shape[1] + 2 * PAD), np.float32)
        lines[:, PAD:-PAD] = across
        sums = np.zeros((len(chosen), len(geometry.bins)), np.float32)
        sum_lines_of_one(lines, first, step, sums)
        result[chosen] = sums * length[:, None]
    return torch.from_numpy(result)


def _places(geometry: ParallelBeam, angles: np.ndarray, along_y: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Crossings of rays and lines of pixels: pixel of bin 0 (angles, lines), pixels a bin, metres a line (angles,)."""
    main, across = (1, 0) if along_y else (0, 1)
    normal = np.stack([np.cos(angles), np.sin(angles)])
    position = geometry.corner[main] + np.arange(geometry.image[main]) * geometry.pixel
    met = (geometry.bins[0] - position * normal[main][:, None]) / normal[across][:, None]
    spacing = (geometry.bins[-1] - geometry.bins[0]) / (len(geometry.bins) - 1)
    first = (met - geometry.corner[across]) / geometry.pixel
    return first, spacing / (geometry.pixel * normal[across]), geometry.pixel / np.abs(normal[across])


def project_sampled(images: torch.Tensor, geometry: ParallelBeam) -> torch.Tensor:
    """The same by torch's bilinear sampling, for GPUs: (n, H, W) on the geometry's grid to (n, angles, bins)."""
    result = images.new_empty(len(images), *geometry.shape)
    for angles, integrals in _sampled(images, geometry):
        result[:, angles] = integrals
    return result


def _sampled(images: torch.Tensor, geometry: ParallelBeam) -> Iterator[tuple[np.ndarray, torch.Tensor]]:
    """Numbers of a few angles and their integrals (n, few, bins), so few that the samples fit in memory."""
    for along_y in (True, False):
        chosen = np.flatnonzero(steps_along_y(geometry.angles) == along_y)
        lines = images.transpose(1, 2) if along_y else images
        # Each crossing costs a sample an image, and its place in double precision.
        held = (len(images) + 8) * lines.shape[1] * len(geometry.bins)
        at_once = max(1, SAMPLED // held)
        for start in range(0, len(chosen), at_once):
            part = chosen[start : start + at_once]
            first, step, length = (
                torch.from_numpy(array).to(images.device) for array in _places(geometry, geometry.angles[part], along_y)
            )
            bins = torch.arange(len(geometry.bins), dtype=torch.float64, device=images.device)
            place = first[:, None, :] + step[:, None, None] * bins[:, None]
            # grid_sample counts from -1 to 1 between the outer edges of an image, last axis first.
            main = torch.arange(lines.shape[1], dtype=torch.float64, device=images.device).expand_as(place)
            sides = (place, lines.shape[2]), (main, lines.shape[1])
            grid = torch.stack([((2 * at + 1) / n - 1).to(images.dtype) for at, n in sides], -1)
            samples = grid_sample(lines[None], grid.flatten(0, 1)[None], "bilinear", "zeros", align_corners=False)
            sums = samples[0].sum(-1).unflatten(1, (len(part), -1))
            yield part, sums * length.to(images.dtype)[:, None]
