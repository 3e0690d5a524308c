"""Reading of HDF5 files that others wrote: what is wrong with one is said in a sentence."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vspair.data.inputs import require_file, stands_for
from vspair.data.stored import require_stored
from vspair.errors import VspairError
from vspair.printable import quoted

if TYPE_CHECKING:
    import h5py

SIGNATURE = b"\x89HDF\r\n\x1a\n"

LINKS = 32
"""Soft links that may lead to a dataset; HDF5 itself follows 16."""

_STORED: set[tuple[str, str, int, int, int]] = set()
"""Datasets that are wholly in their files, with what tells that a file has changed."""

RAISED = (OSError, RuntimeError, LookupError, ValueError, TypeError, ArithmeticError, MemoryError, SystemError)
"""What h5py raises on damaged files; a group in a circle is a RuntimeError, and an odd type a TypeError."""


@contextmanager
def opened(path: Path) -> Iterator["h5py.File"]:
    """Open an HDF5 file for reading; whatever HDF5 cannot read inside the block is said with its reason.

    Raises:
        VspairError: the file is missing, no file, not HDF5, in use, truncated, damaged or of a newer version.
    """
    # Here and not above: every job on slices imports this module, and few of them open a file.
    import h5py

    _require_signature(
        path,
        require_file(path, f"{path} is missing: put the HDF5 file there, or set data.path to where it is"),
    )
    try:
        with h5py.File(path, "r") as file:
            yield file
    except RAISED as error:
        raise VspairError(f"{path} cannot be read as HDF5 ({quoted(error)}): {_reason(error)}") from error


def dataset(
    file: "h5py.File",
    name: str,
    shape: tuple[int, ...],
    advice: str = "set the sizes of the scan to those of the file, or use the file that they describe",
) -> "h5py.Dataset":
    """The dataset `name` of shape (n, *shape) with n > 0, all of which the file holds and this HDF5 can read.

    Arguments:
        file: open.
        name: of the dataset; soft links inside the file are followed.
        shape: of one row.
        advice: what to do about another shape.

    Raises:
        VspairError: there is none, it has another shape, or is not wholly in the file (`require_stored`).
    """
    import h5py

    found = _object(file, name)
    if not isinstance(found, h5py.Dataset):
        names = [quoted(one, 40) for one, _ in zip(file, range(10), strict=False)]
        raise VspairError(
            f"{file.filename} has no dataset `{name}` (it has: {', '.join(names) or 'nothing'}): it is not the file "
            "that this source is read from"
        )
    if found.shape is None or found.shape[1:] != shape or len(found.shape) != len(shape) + 1 or not found.shape[0]:
        raise VspairError(
            f"{file.filename}: `{name}` has shape {found.shape} instead of ({', '.join(map(str, ('slices', *shape)))})"
            f": {advice}"
        )
    state = Path(file.filename).stat()
    # Of a file that has not changed since, each chunk is not looked at again with every read.
    if (known := (file.filename, name, state.st_ino, state.st_size, state.st_mtime_ns)) not in _STORED:
        require_stored(found, f"{file.filename}: `{name}`", state.st_size)
        _STORED.add(known)
    return found


def has(file: "h5py.File", name: str) -> bool:
    """Whether the file has a link of this name, even one that leads nowhere."""
    return file.get(name, getlink=True) is not None


def rows(array: "h5py.Dataset", index: np.ndarray) -> np.ndarray:
    """Rows of a dataset in any order and with repetitions, which HDF5 itself does not offer."""
    unique, inverse = np.unique(index, return_inverse=True)
    return array[unique][inverse]


def _object(file: "h5py.File", name: str) -> "h5py.HLObject | None":
    """The object of a name, None if there is none; no link to another file is followed.

    Raises:
        VspairError: a link leads out of the file, or links lead in a circle.
    """
    import h5py

    place, steps, followed = file, [name], 0
    while steps:
        step = steps.pop()
        if not isinstance(place, h5py.Group):
            return None
        link = place.get(step, getlink=True)
        if isinstance(link, h5py.HardLink):
            place = place[step]
        elif isinstance(link, h5py.SoftLink):
            followed += 1
            if followed > LINKS:
                raise VspairError(f"{file.filename}: the link `{name}` leads in a circle: write the dataset itself")
            place = file if link.path.startswith("/") else place
            steps += [one for one in reversed(link.path.split("/")) if one not in ("", ".")]
        elif isinstance(link, h5py.ExternalLink):
            raise VspairError(
                f"{file.filename}: `{name}` lies in another file, {quoted(link.filename)}, whose content could change "
                "unseen: copy the dataset into the file itself"
            )
        else:
            return None
    return place


def _require_signature(path: Path, beginning: bytes) -> None:
    """Refuse what does not begin as HDF5 does, at byte 0 or, behind a block of the user's, at 512, 1024, ..."""
    import h5py

    if beginning.startswith(SIGNATURE):
        return
    found, advice = f"it begins with {beginning[:8]!r}", "it is truncated or of another kind; fetch it again"
    if not beginning:
        found, advice = "it is empty, 0 bytes", "it is truncated; fetch it again"
    elif (other := stands_for(beginning)) is not None:
        found, advice = other
    elif h5py.is_hdf5(path):
        return
    raise VspairError(f"{path} cannot be read as HDF5 ({found}): {advice}")


def _reason(error: BaseException) -> str:
    """What is wrong and what to do, by the words of HDF5's own error."""
    import h5py

    text = f"MemoryError {error}" if isinstance(error, MemoryError) else str(error)
    if "unable to lock file" in text and error.errno in (errno.EAGAIN, errno.EACCES):
        return "another program has it open for writing: wait until that has closed it, or use a copy"
    known = {
        "unable to lock file": "its file system locks no files: set HDF5_USE_FILE_LOCKING=FALSE in the environment",
        "already open for": (
            "it is still being written, or its writer was stopped: wait, or, once nothing writes to it any more, run "
            "`h5clear -s` on it"
        ),
        "truncated file": "it is truncated; fetch it again",
        "version": (
            f"it is of a version of HDF5 that this one, {h5py.version.hdf5_version}, does not know, or damaged: update "
            "h5py, or write the file with libver='v110'"
        ),
        "MemoryError": "it asks for more memory than there is: it is damaged, or its chunks are too large",
    }
    return next(
        (words for part, words in known.items() if part in text),
        "it is truncated, damaged or holds a type that cannot be read; fetch it again",
    )
