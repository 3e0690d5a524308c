"""The ray transform as a sparse matrix, by Joseph's method (1982)."""

import numpy as np
import scipy.sparse

from vspair.operators.geometry import ParallelBeam

CHUNK = 2**21  # weights held at once


def steps_along_y(angles: np.ndarray) -> np.ndarray:
    """Which angles' rays are followed along y, one step a column of pixels; the others along x.

    A ray runs along (-sin phi, cos phi); the axis that it is closer to is taken. The margin settles 45 degrees
    alike on every machine.
    """
    return np.abs(np.cos(angles)) > np.abs(np.sin(angles)) - 1e-9


def joseph_matrix(geometry: ParallelBeam) -> scipy.sparse.csr_matrix:
    """Weights of the line integrals of an image that is linear between the middles of its pixels.

    Along its main direction a ray meets each line of pixels once; there the two nearest pixels are interpolated
    linearly, and the step counts with its length, pixel / max(|cos phi|, |sin phi|). Outside the grid the image is 0.

    Arguments:
        geometry: rays and pixels.

    Returns:
        Matrix (angles * bins, H * W) float32, in metres, sorted within its rows.
    """
    each = 2 * len(geometry.bins) * max(geometry.image)
    parts = np.array_split(geometry.angles, max(1, -(-len(geometry.angles) * each // CHUNK)))
    return scipy.sparse.vstack([_rows(geometry, angles) for angles in parts], format="csr")


def _rows(geometry: ParallelBeam, angles: np.ndarray) -> scipy.sparse.csr_matrix:
    along_y = steps_along_y(angles)
    pieces = [_weights(geometry, angles, np.flatnonzero(along_y == swap), swap) for swap in (False, True)]
    ray, pixel, weight = (np.concatenate(part) for part in zip(*pieces, strict=True))
    shape = (len(angles) * len(geometry.bins), geometry.image[0] * geometry.image[1])
    matrix = scipy.sparse.coo_matrix((weight, (ray, pixel)), shape).tocsr()
    matrix.sort_indices()
    return matrix


def _weights(
    geometry: ParallelBeam, angles: np.ndarray, chosen: np.ndarray, along_y: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ray, pixel and weight of each entry for the chosen angles, all of which step along the same axis."""
    # `main` is the axis of the steps, `across` the one of the interpolation.
    main, across = (1, 0) if along_y else (0, 1)
    normal = np.stack([np.cos(angles[chosen]), np.sin(angles[chosen])])
    position = geometry.corner[main] + np.arange(geometry.image[main]) * geometry.pixel
    met = (geometry.bins[:, None] - position * normal[main][:, None, None]) / normal[across][:, None, None]
    place = (met - geometry.corner[across]) / geometry.pixel
    lower = np.floor(place).astype(np.int32)
    upper_share = place - lower
    length = geometry.pixel / np.abs(normal[across])[:, None, None]
    index = np.stack([lower, lower + 1])
    weight = np.stack([(1 - upper_share) * length, upper_share * length])
    side, angle, ray_bin, step = np.nonzero((index >= 0) & (index < geometry.image[across]) & (weight > 0))
    other = index[side, angle, ray_bin, step]
    pixel = other * geometry.image[1] + step if along_y else step * geometry.image[1] + other
    ray = chosen[angle] * len(geometry.bins) + ray_bin
    return ray.astype(np.int32), pixel.astype(np.int32), weight[side, angle, ray_bin, step].astype(np.float32)
