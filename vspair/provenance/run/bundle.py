"""Bundles: the results of a run with all of its evidence and without its large files, to be kept or published."""

import json
import os
import shutil
from collections.abc import Iterable, Sequence
from fnmatch import fnmatch
from pathlib import Path

from vspair.errors import VspairError
from vspair.files import require_space, write_text
from vspair.provenance.run.folder import whole_folder
from vspair.provenance.run.listed import read_list

FILE = "bundle.json"
_FORMAT = 1


def read_bundle(folder: Path) -> dict[str, str] | None:
    """Name of each file that a bundle left out -> its SHA-256; None when the folder is no bundle.

    Raises:
        VspairError: the bundle's list is damaged.
    """
    path = folder / FILE
    if not os.path.lexists(path):
        return None
    try:
        return read_list(path, _FORMAT, "left_out")[0]
    except (OSError, ValueError) as error:
        raise VspairError(f"expected a list of the files that were left out at {path}, found: {error}") from error


def write_list(folder: Path, left_out: dict[str, str]) -> None:
    """Write the list that makes a folder a bundle: name of each file that it leaves out -> its SHA-256."""
    text = json.dumps({"format": _FORMAT, "left_out": dict(sorted(left_out.items()))}, indent=1)
    write_text(folder / FILE, text + "\n")


def write_bundle(
    folder: Path, names: Iterable[str], outputs: dict[str, str], target: Path, without: Sequence[str]
) -> int:
    """Copy files of a run folder without those that match a pattern, whose checksums are listed in their place.

    Arguments:
        folder: the run folder.
        names: files to copy, relative to it.
        outputs: name of each file that a receipt covers -> its SHA-256.
        target: the bundle's folder, which must not exist.
        without: patterns of names, such as `*.safetensors`.

    Returns:
        How many files were left out.

    Raises:
        VspairError: the target exists, the disk has too little space, or the machine does not let it be written.
    """
    if target.exists():
        raise VspairError(f"expected no {target}, found one: give a new folder, or remove it")
    left_out = {name: sha for name, sha in outputs.items() if any(fnmatch(name, pattern) for pattern in without)}
    kept = [name for name in names if name not in left_out]
    size = sum((folder / name).stat().st_size for name in kept)
    require_space(target, size, "leave more out with --without, or give another place")
    with whole_folder(target) as temporary:
        for name in kept:
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, temporary / name)
        write_list(temporary, left_out)
    return len(left_out)
