"""HDF5 files of slices in Hounsfield units."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vspair.data.folders import told
from vspair.data.groups import UNKNOWN
from vspair.data.hdf5 import dataset, opened, rows
from vspair.data.patients import patients
from vspair.data.stored import require_unscaled
from vspair.data.units import PLAUSIBLE, attenuation, require_hounsfield
from vspair.errors import VspairError
from vspair.printable import quoted

if TYPE_CHECKING:
    import h5py

LOOKED_AT = 8
"""Slices of a file whose values are looked at before any work."""

AIR_HU = -1000
"""Hounsfield units of air; a fill value up to it is read as nothing, which is true outside the field of view."""


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
            hu = self._dataset(file)
            self._length = len(hu)
            self.patients = patients(file, self._length)
            looked_at = np.unique(np.linspace(0, self._length - 1, LOOKED_AT).round().astype(int))
            values = hu[looked_at]
        require_hounsfield(values, f"{path}: `hu`", looked_at, sample=True)

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
        index = np.asarray(index)
        if len(index) and not -1 < index.min() <= index.max() < len(self):
            raise IndexError(f"slices {index.min()} to {index.max()} of {len(self)} were asked for")
        with opened(self.path) as file:
            hu = rows(self._dataset(file), index)
        require_hounsfield(hu, f"{self.path}: `hu`", index)
        return attenuation(hu)

    def sinograms(self, index: np.ndarray) -> None:
        """None: observations of these slices are simulated."""

    def name(self, position: int) -> str:
        """What to call a slice in a sentence."""
        return f"slice {position} (from 0)"

    def _dataset(self, file: "h5py.File") -> "h5py.Dataset":
        hu = dataset(file, "hu", (self.pixels, self.pixels))
        # What is an integer to h5py by way of an enumeration or a reference says so in its metadata.
        if hu.dtype.kind not in "iu" or hu.dtype.metadata:
            kind = "enumeration" if hu.dtype.kind in "iu" else quoted(hu.dtype)
            raise VspairError(
                f"{self.path}: `hu` is of type {kind} instead of an integer type: store Hounsfield units, rounded"
            )
        require_unscaled(file, hu, f"{self.path}: `hu`", (AIR_HU, PLAUSIBLE[1]))
        return hu
