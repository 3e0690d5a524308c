"""Reading of HDF5 files that others wrote: what is wrong with one is said in a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vspair.errors import VspairError

if TYPE_CHECKING:
    import h5py


@contextmanager
def opened(path: Path) -> Iterator["h5py.File"]:
    """Open an HDF5 file for reading; whatever HDF5 cannot read inside the block is said to be damaged.

    Raises:
        VspairError: the file is missing, not HDF5, truncated or damaged.
    """
    # Here and not above: every job on slices imports this module, and few of them open a file.
    import h5py

    if not path.is_file():
        raise VspairError(f"{path} is missing: put the HDF5 file there, or set data.path to where it is")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except OSError as error:
        raise VspairError(
            f"{path} cannot be read as HDF5 ({error}): it is truncated, damaged or of another kind; fetch it again"
        ) from error


def dataset(file: "h5py.File", name: str, shape: tuple[int, ...]) -> "h5py.Dataset":
    """The dataset `name` of shape (n, *shape) with n > 0.

    Raises:
        VspairError: there is none, or it has another shape.
    """
    import h5py

    found = file.get(name)
    if not isinstance(found, h5py.Dataset):
        raise VspairError(
            f"{file.filename} has no dataset `{name}` (it has: {', '.join(file) or 'nothing'}): it is not the file "
            "that this source is read from"
        )
    if found.shape is None or found.shape[1:] != shape or len(found.shape) != len(shape) + 1 or not found.shape[0]:
        raise VspairError(
            f"{file.filename}: `{name}` has shape {found.shape} instead of (slices, {', '.join(map(str, shape))}): "
            "set the sizes of the scan to those of the file, or use the file that they describe"
        )
    return found


def rows(array: "h5py.Dataset", index: np.ndarray) -> np.ndarray:
    """Rows of a dataset in any order and with repetitions, which HDF5 itself does not offer."""
    unique, inverse = np.unique(index, return_inverse=True)
    return array[unique][inverse]
