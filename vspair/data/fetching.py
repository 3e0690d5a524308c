"""What a download brings: it goes to its place whole, and never over what is there."""

import json
from collections.abc import Iterable
from pathlib import Path

from vspair.errors import VspairError
from vspair.files import write_text


def put_in_place(fetched: Path, path: Path) -> None:
    """Move a file or folder that was fetched on the same disk to where it belongs.

    Raises:
        VspairError: something else has come there meanwhile; it is kept.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir() and not any(path.iterdir()):
        path.rmdir()
    if path.exists():
        raise VspairError(
            f"expected nothing at {path}, where a download was to be put, found what came there meanwhile, which is "
            f"kept: run the same command again to use it, or remove it to use {fetched}"
        )
    fetched.rename(path)


def write_listing(path: Path | str, folder: Path, files: Iterable[Path]) -> int:
    """Write down the names of files, relative to their folder, and their sizes in bytes.

    Returns:
        How many there are.
    """
    sizes = {file.relative_to(folder).as_posix(): file.stat().st_size for file in sorted(files)}
    write_text(path, json.dumps(sizes, indent=1) + "\n")
    return len(sizes)
