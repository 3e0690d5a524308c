"""Hounsfield units to normalised attenuation, and HDF5 files of slices in Hounsfield units."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vspair.data.hdf5 import dataset, opened, rows
from vspair.errors import VspairError

if TYPE_CHECKING:
    import h5py

MU_WATER = 20.0
"""Linear attenuation of water, 1/m."""

MU_AIR = 0.02
"""Linear attenuation of air, 1/m."""

HU_MAX = 3071.0
"""Largest value of Hounsfield's scale in 12 bits."""

MU_MAX = HU_MAX * (MU_WATER - MU_AIR) / 1000 + MU_WATER
"""Linear attenuation at `HU_MAX`, 81.35858 1/m, which a normalised attenuation of 1 stands for."""

HALF_STEP = 0.5 * (MU_WATER - MU_AIR) / 1000 / MU_MAX
"""Half of one Hounsfield unit as normalised attenuation: scanners know a value no better."""

PLAUSIBLE = (-4096, 31743)
"""Hounsfield units that scanners write, from the padding outside the field of view to metal in the extended scale."""

LOOKED_AT = 8
"""Slices of a file whose values are looked at before any work."""

UNKNOWN = -1
"""Code of a slice whose patient the source does not tell."""


def attenuation(hu: np.ndarray) -> np.ndarray:
    """Normalised linear attenuation x = (HU (mu_water - mu_air) / 1000 + mu_water) / mu_max, clipped to [0, 1].

    Arguments:
        hu: Hounsfield units, any shape.

    Returns:
        float32 of the same shape, without unit; times `MU_MAX` it is in 1/m.
    """
    mu = np.asarray(hu) * np.float32((MU_WATER - MU_AIR) / 1000 / MU_MAX) + np.float32(MU_WATER / MU_MAX)
    return mu.clip(0, 1).astype(np.float32)


class HounsfieldFile:
    """Slices of one HDF5 file with a dataset `hu` (slices, pixels, pixels) of integers and, if known, `patient`.

    Slices stay as they are stored: x[i, j] is row i, column j of the file. Their squares are taken to be of the scan's
    side whatever their pixels measured, as LoDoPaB does.

    Arguments:
        path: HDF5 file.
        pixels: along each side of a slice.

    Raises:
        VspairError: the file is missing, damaged or of another layout or size, or its values are no Hounsfield units.
    """

    held_out = None

    def __init__(self, path: Path, pixels: int):
        self.path, self.pixels = Path(path), pixels
        with opened(self.path) as file:
            hu = dataset(file, "hu", (pixels, pixels))
            self._length = len(hu)
            if hu.dtype.kind not in "iu":
                raise VspairError(
                    f"{path}: `hu` is of type {hu.dtype} instead of an integer type: store Hounsfield units, rounded"
                )
            self.patients = _patients(file, self._length)
            looked_at = rows(hu, np.linspace(0, self._length - 1, LOOKED_AT).round().astype(int))
        self._check(looked_at)
        if looked_at.min() >= 0:
            raise VspairError(
                f"{path}: `hu` has no value below 0 in the slices looked at, but fat and air are below 0 HU: "
                "apply the scanner's slope and intercept before storing them"
            )

    @property
    def grouped(self) -> str:
        return "unknown" if (self.patients == UNKNOWN).any() else "patient"

    def __len__(self) -> int:
        return self._length

    def images(self, index: np.ndarray) -> np.ndarray:
        """Normalised attenuation of the slices asked for, float32 (k, pixels, pixels).

        Raises:
            VspairError: the file is damaged there, or holds values that are no Hounsfield units.
        """
        with opened(self.path) as file:
            hu = rows(dataset(file, "hu", (self.pixels, self.pixels)), index)
        self._check(hu)
        return attenuation(hu)

    def sinograms(self, index: np.ndarray) -> None:
        """None: observations of these slices are simulated."""

    def _check(self, hu: np.ndarray) -> None:
        low, high = int(hu.min(initial=0)), int(hu.max(initial=0))
        if low < PLAUSIBLE[0] or high > PLAUSIBLE[1]:
            raise VspairError(
                f"{self.path}: `hu` holds values from {low} to {high}, but Hounsfield units lie between "
                f"{PLAUSIBLE[0]} and {PLAUSIBLE[1]}: the file holds something else or is damaged"
            )


def _patients(file: "h5py.File", length: int) -> np.ndarray:
    """Code of each slice's patient from the dataset `patient`, `UNKNOWN` without one."""
    if "patient" not in file:
        return np.full(length, UNKNOWN)
    names = dataset(file, "patient", ())[:]
    if len(names) != length:
        raise VspairError(
            f"{file.filename}: `patient` names the patients of {len(names)} slices, but `hu` has {length}: "
            "give one patient for each slice, or leave `patient` out"
        )
    return np.unique(names, return_inverse=True)[1]
