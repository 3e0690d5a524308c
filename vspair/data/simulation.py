"""Simulation of low-dose scans from images, by the recipe of LoDoPaB-CT (Leuschner et al. 2021)."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from vspair.data.units import MU_MAX
from vspair.operators import Scan
from vspair.operators.projector import Projector, enlarge, project_one

PART = 32  # images projected at once: 128 MB of float32 on a grid of 1000 x 1000
FLOOR = 0.1  # photons; a bin that caught none has no logarithm


def simulate(images: np.ndarray, ids: Sequence[int], scan: Scan, photons: float, seed: int, device: str) -> np.ndarray:
    """Observations of images as a low-dose scanner would make them.

    With x the image enlarged bilinearly and A its line integrals in metres,
    counts ~ Poisson(photons exp(-MU_MAX A x)) and y = -log(max(counts, 0.1) / photons) / MU_MAX.

    The photons of an image are drawn on the CPU from a stream of (seed, id) alone, so that they depend neither on its
    neighbours nor on the order. On a GPU A x differs in its last bits, and with it now and then a count.

    Arguments:
        images: normalised attenuation in [0, 1], (n, pixels, pixels).
        ids: number of each image, not negative, (n,).
        scan: geometry of the scan.
        photons: mean count of a bin with nothing in the way.
        seed: of the photons.
        device: `cpu` or `cuda`, for the projection.

    Returns:
        Line integrals of normalised attenuation in metres, with noise, (n, angles, bins) float32.

    Raises:
        ValueError: images, ids and scan do not fit together, or images leave [0, 1].
    """
    images = np.asarray(images, np.float32)
    if images.shape != (len(ids), scan.pixels, scan.pixels):
        raise ValueError(f"expected images of {(len(ids), scan.pixels, scan.pixels)}, found {images.shape}")
    if images.size and not (images.min() >= 0 and images.max() <= 1):
        raise ValueError(f"expected images in [0, 1], found {images.min()} to {images.max()}")
    rays = Projector(scan.full())
    observation = np.empty((len(ids), *rays.range), np.float32)
    for start in range(0, len(ids), PART):
        part = slice(start, start + PART)
        enlarged = enlarge(torch.from_numpy(images[part]).to(device), scan.enlarged)
        integrals = rays(enlarged).cpu().numpy()
        # One slice at a time: each has its own stream, and half a million draws.
        for row, one, integral in zip(observation[part], ids[part], integrals, strict=True):
            row[:] = _noisy(integral, photons, np.random.default_rng(_stream(seed, one)))
    return observation


def rescans(
    image: np.ndarray, scan: Scan, photons: float, generator: np.random.Generator, device: str
) -> Iterator[np.ndarray]:
    """Scans of one image, one after another without end, each with photons of its own.

    They are drawn as by `simulate`, around the same expected counts, for which the image is projected once.

    Arguments:
        image: normalised attenuation in [0, 1], (pixels, pixels).
        scan, photons: as for `simulate`.
        generator: of the photons.
        device: `cpu` or `cuda`, for the projection.

    Yields:
        Line integrals of normalised attenuation in metres, with noise, (angles, bins) float32.
    """
    enlarged = enlarge(torch.from_numpy(np.asarray(image, np.float32))[None].to(device), scan.enlarged)[0]
    integral = project_one(enlarged, scan.full()).cpu().numpy()
    while True:
        yield _noisy(integral, photons, generator).astype(np.float32)


def _noisy(integral: np.ndarray, photons: float, generator: np.random.Generator) -> np.ndarray:
    counts = generator.poisson(photons * np.exp(-MU_MAX * integral.astype(np.float64)))
    return -np.log(np.maximum(counts, FLOOR) / photons) / MU_MAX


def _stream(seed: int, number: int) -> np.random.SeedSequence:
    return np.random.SeedSequence(seed, spawn_key=(int(number),))
