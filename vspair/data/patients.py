"""The patients of slices in an HDF5 file, by number or name."""

from typing import TYPE_CHECKING

import numpy as np

from vspair.data.groups import UNKNOWN
from vspair.data.hdf5 import dataset, has
from vspair.data.heap import variable_strings
from vspair.data.stored import NO_VALUE, attributes
from vspair.errors import VspairError
from vspair.printable import quoted

if TYPE_CHECKING:
    import h5py

NOBODY = ("", "nan", "none", "null", "n/a", "na", "unknown", "anonymous", "?")
"""What stands in the place of a patient's name where none is known."""

ADVICE = "give one whole number or name for each slice, or leave `patient` out"


def patients(file: "h5py.File", length: int) -> np.ndarray:
    """Code of each slice's patient from the dataset `patient`, `UNKNOWN` without one or where it names nobody.

    Nobody is named by a negative number, NaN, a blank, a word such as `unknown`, and the dataset's own fill value.

    Arguments:
        file: open.
        length: of the slices.

    Raises:
        VspairError: `patient` is of another length or type, or has numbers that are not whole.
    """
    if not has(file, "patient"):
        return np.full(length, UNKNOWN)
    stored = dataset(file, "patient", (), ADVICE)
    if len(stored) != length:
        raise VspairError(
            f"{file.filename}: `patient` names the patients of {len(stored)} slices, but `hu` has {length}: {ADVICE}"
        )
    names, known = _names(stored, file.filename)
    codes = np.full(length, UNKNOWN)
    codes[known] = np.unique(names[known], return_inverse=True)[1]
    return codes


def _names(stored: "h5py.Dataset", where: str) -> tuple[np.ndarray, np.ndarray]:
    """The name or number of each slice's patient, and whether it names somebody."""
    import h5py

    if (text := h5py.check_string_dtype(stored.dtype)) is not None:
        found = stored[:] if text.length else variable_strings(stored, where)
        names = np.array([one.decode("utf-8", "backslashreplace").strip(" \t\r\n\0") for one in found])
        return names, ~np.isin(np.char.lower(names), NOBODY) & ~np.char.startswith(names, "-")
    if stored.dtype.kind not in "iuf" or stored.dtype.metadata:
        raise VspairError(
            f"{where}: `patient` is of type {quoted(stored.dtype)} instead of integers or strings: {ADVICE}"
        )
    names = stored[:]
    known = names >= 0
    for _, value in attributes(stored, NO_VALUE):
        known &= ~np.isin(names, [] if value is None else value)
    broken = names[known & ~(np.isfinite(names) & (names == np.floor(names)))]
    if len(broken):
        raise VspairError(f"{where}: `patient` has values such as {broken[0]:g} instead of whole numbers: {ADVICE}")
    return names, known
