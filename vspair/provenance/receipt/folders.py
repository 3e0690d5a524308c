"""The files of a folder that a job reads: which there are, and whether they are still the same."""

import hashlib
import os
import stat
from pathlib import Path

from vspair.folders import below

_SNAKEMAKES = ".snakemake_timestamp"


def files_below(folder: Path) -> list[Path]:
    """All regular files in a folder and in those inside it, in order (see `vspair.folders.below`).

    Raises:
        VspairError: a folder may not be read.
    """
    regular = (path for path, state in below(folder) if state is not None and stat.S_ISREG(state.st_mode))
    return sorted(path for path in regular if path.name != _SNAKEMAKES)


def state_of_folder(folder: Path) -> str:
    """SHA-256 over names, sizes and times of all files in a folder, links to nowhere too; nothing of them is read.

    Raises:
        VspairError: a folder may not be read.
    """
    digest = hashlib.sha256()
    for path, state in sorted(below(folder), key=lambda each: each[0]):
        if path.name == _SNAKEMAKES:
            continue
        facts = "unreadable" if state is None else f"{state.st_size} {state.st_mtime_ns}"
        digest.update(os.fsencode(path.relative_to(folder)) + b"\0" + facts.encode() + b"\0")
    return digest.hexdigest()
