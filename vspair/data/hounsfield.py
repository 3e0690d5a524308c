"""HDF5 files of slices in Hounsfield units."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vspair.data.groups import UNKNOWN
from vspair.data.hdf5 import dataset, has, opened, rows
from vspair.data.inputs import plain
from vspair.data.stored import NO_VALUE, attributes, require_unscaled
from vspair.data.units import PLAUSIBLE, attenuation, require_hounsfield
from vspair.errors import VspairError

if TYPE_CHECKING:
    import h5py

LOOKED_AT = 8
"""Slices of a file whose values are looked at before any work."""

AIR_HU = -1000
"""Hounsfield units of air; a fill value up to it is read as nothing, which is true outside the field of view."""

NOBODY = ("", "nan", "none", "null", "n/a", "na", "unknown", "anonymous", "?")
"""What stands in the place of a patient's name where none is known."""

AT_ONCE = 2**30
"""Bytes of strings that are read at once at most."""


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
            hu = self._dataset(file)
            self._length = len(hu)
            self.patients = _patients(file, self._length)
            looked_at = np.unique(np.linspace(0, self._length - 1, LOOKED_AT).round().astype(int))
            values = hu[looked_at]
        require_hounsfield(values, f"{path}: `hu`", looked_at, sample=True)

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
        index = np.asarray(index)
        if len(index) and not -1 < index.min() <= index.max() < len(self):
            raise IndexError(f"slices {index.min()} to {index.max()} of {len(self)} were asked for")
        with opened(self.path) as file:
            hu = rows(self._dataset(file), index)
        require_hounsfield(hu, f"{self.path}: `hu`", index)
        return attenuation(hu)

    def sinograms(self, index: np.ndarray) -> None:
        """None: observations of these slices are simulated."""

    def _dataset(self, file: "h5py.File") -> "h5py.Dataset":
        hu = dataset(file, "hu", (self.pixels, self.pixels))
        # What is an integer to h5py by way of an enumeration or a reference says so in its metadata.
        if hu.dtype.kind not in "iu" or hu.dtype.metadata:
            raise VspairError(
                f"{self.path}: `hu` is of type {plain(hu.dtype)} instead of an integer type: store Hounsfield units, "
                "rounded"
            )
        require_unscaled(file, hu, f"{self.path}: `hu`", (AIR_HU, PLAUSIBLE[1]))
        return hu


def _patients(file: "h5py.File", length: int) -> np.ndarray:
    """Code of each slice's patient from the dataset `patient`, `UNKNOWN` without one or where it names nobody.

    Nobody is named by a negative number, NaN, a blank, a word such as `unknown`, and the dataset's own fill value.
    """
    if not has(file, "patient"):
        return np.full(length, UNKNOWN)
    stored = dataset(file, "patient", (), "give one patient for each slice, or leave `patient` out")
    if len(stored) != length:
        raise VspairError(
            f"{file.filename}: `patient` names the patients of {len(stored)} slices, but `hu` has {length}: "
            "give one patient for each slice, or leave `patient` out"
        )
    names, known = _names(stored, file.filename)
    codes = np.full(length, UNKNOWN)
    codes[known] = np.unique(names[known], return_inverse=True)[1]
    return codes


def _names(stored: "h5py.Dataset", where: str) -> tuple[np.ndarray, np.ndarray]:
    """The name or number of each slice's patient, and whether it names somebody."""
    import h5py

    if h5py.check_string_dtype(stored.dtype):
        names = np.array([one.decode("utf-8", "backslashreplace").strip(" \0") for one in _strings(stored)])
        return names, ~np.isin(np.char.lower(names), NOBODY) & ~np.char.startswith(names, "-")
    if stored.dtype.kind not in "iuf" or stored.dtype.metadata:
        raise VspairError(
            f"{where}: `patient` is of type {plain(stored.dtype)} instead of integers or strings: give one number or "
            "name for each slice, or leave `patient` out"
        )
    names = stored[:]
    known = names >= 0
    for _, value in attributes(stored, NO_VALUE):
        known &= ~np.isin(names, [] if value is None else value)
    broken = names[known][names[known] % 1 != 0]
    if len(broken):
        raise VspairError(
            f"{where}: `patient` has values such as {broken[0]:g} instead of whole numbers: give one number or name "
            "for each slice, or leave `patient` out"
        )
    return names, known


def _strings(stored: "h5py.Dataset") -> Iterator[bytes]:
    """All strings, read in parts whose strings, each at most as long as the file, fit the memory."""
    at_once = max(1, AT_ONCE // max(stored.file.id.get_filesize(), 1))
    for start in range(0, len(stored), at_once):
        yield from stored[start : start + at_once]
