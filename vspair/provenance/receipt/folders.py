"""The files of a folder that a job reads: which there are, and whether they are still the same."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from vspair.errors import VspairError

_SNAKEMAKES = ".snakemake_timestamp"


def files_below(folder: Path) -> list[Path]:
    """All files in a folder and in those inside it, in order; links are followed, and no folder is entered twice.

    Raises:
        VspairError: a folder may not be read.
    """
    return sorted(path for path in _entries(folder) if path.is_file())


def state_of_folder(folder: Path) -> str:
    """SHA-256 over names, sizes and times of all files in a folder, links to nowhere too; nothing of them is read.

    Raises:
        VspairError: a folder may not be read.
    """
    digest = hashlib.sha256()
    for path in sorted(_entries(folder)):
        try:
            status = path.stat()
            facts = f"{status.st_size} {status.st_mtime_ns}"
        except OSError:
            facts = "unreadable"
        digest.update(os.fsencode(path.relative_to(folder)) + b"\0" + facts.encode() + b"\0")
    return digest.hexdigest()


def _entries(folder: Path) -> Iterator[Path]:
    entered: set[tuple[int, int]] = set()
    for inside, folders, files in os.walk(folder, onerror=_refuse, followlinks=True):
        status = Path(inside).stat()
        if (status.st_dev, status.st_ino) in entered:
            # A link leads back here, or another one led here before.
            folders.clear()
            continue
        entered.add((status.st_dev, status.st_ino))
        # In a fixed order, so that of two ways to a folder always the same one is taken.
        folders.sort()
        yield from (Path(inside, name) for name in files if name != _SNAKEMAKES)


def _refuse(error: OSError) -> None:
    raise VspairError(
        f"expected to read the folder {error.filename}, found: {error.strerror}; change its permissions"
    ) from error
