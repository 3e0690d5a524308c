"""HDF5 files of slices in Hounsfield units."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vspair.data.folders import told
from vspair.data.groups import UNKNOWN
from vspair.data.hdf5 import dataset, opened, rows
from vspair.data.units import attenuation, require_hounsfield
from vspair.errors import VspairError

if TYPE_CHECKING:
    import h5py

LOOKED_AT = 8
"""Slices of a file whose values are looked at before any work."""


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
    files = told(1, {})
    remarks = ()

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
        require_hounsfield(looked_at, f"{path}: `hu`")
        if looked_at.min() >= 0:
            raise VspairError(
                f"{path}: `hu` has no value below 0 in the slices looked at, but fat and air are below 0 HU: "
                "apply the scanner's slope and intercept before storing them"
            )

    @property
    def grouped(self) -> str:
        return "unknown" if (self.patients == UNKNOWN).all() else "patient"

    def __len__(self) -> int:
        return self._length

    def images(self, index: np.ndarray) -> np.ndarray:
        """Normalised attenuation of the slices asked for, float32 (k, pixels, pixels).

        Raises:
            VspairError: the file is damaged there, or holds values that are no Hounsfield units.
        """
        with opened(self.path) as file:
            hu = rows(dataset(file, "hu", (self.pixels, self.pixels)), index)
        require_hounsfield(hu, f"{self.path}: `hu`")
        return attenuation(hu)

    def sinograms(self, index: np.ndarray) -> None:
        """None: observations of these slices are simulated."""

    def name(self, position: int) -> str:
        """What to call a slice in a sentence."""
        return f"slice {position} (from 0)"


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
