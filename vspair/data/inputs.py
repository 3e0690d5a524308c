"""Files that others put there: whether one is there, a regular file, and readable, before a library opens it."""

import stat
from pathlib import Path

from vspair.errors import VspairError

UNPACK = "unpack it"

BEGINNINGS = (
    (b"version https://git-lfs", "it is a pointer of Git LFS", "run `git lfs pull` to fetch the file itself"),
    (b"<", "it is a web page or XML", "fetch the file itself"),
    (b"PK\x03\x04", "it is a zip archive", UNPACK),
    (b"\x1f\x8b", "it is compressed by gzip", UNPACK),
    (b"\xfd7zXZ", "it is compressed by xz", UNPACK),
    (b"BZh", "it is compressed by bzip2", UNPACK),
    (b"CDF", "it is netCDF of the classic format", "convert it with `nccopy -k nc4`"),
)
"""How a file begins that often lies in the place of another, and what to do about it."""


def require_file(path: Path, missing: str) -> bytes:
    """Refuse what is no regular file that this user may read; links are followed.

    Arguments:
        path: of the file.
        missing: the sentence for a file that is not there.

    Returns:
        its first bytes, at most 512; none of an empty file.

    Raises:
        VspairError: it is missing, a link to nothing, a folder, a pipe or a device, or may not be read.
    """
    _require(path, missing, folder=False)
    try:
        with path.open("rb") as file:
            return file.read(512)
    except OSError as error:
        raise _unreadable(path, error) from error


def require_folder(path: Path, missing: str) -> list[Path]:
    """Refuse what is no folder that this user may list, as `require_file` does; return what is in it, in order."""
    _require(path, missing, folder=True)
    try:
        return sorted(path.iterdir())
    except OSError as error:
        raise _unreadable(path, error) from error


def stands_for(beginning: bytes) -> tuple[str, str] | None:
    """What a file of another kind is by its first bytes, and what to do; None if that is not known."""
    return next((words for start, *words in BEGINNINGS if beginning.lstrip().startswith(start)), None)


def _require(path: Path, missing: str, *, folder: bool) -> None:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        if path.is_symlink():
            raise VspairError(
                f"{path} is a symbolic link to {path.readlink()}, where nothing is: mend the link"
            ) from None
        raise VspairError(missing) from None
    except OSError as error:
        raise _unreadable(path, error) from error
    wanted, other = ("folder", "file") if folder else ("file", "folder")
    if not (stat.S_ISDIR if folder else stat.S_ISREG)(mode):
        found = f"a {other}" if stat.S_ISDIR(mode) or stat.S_ISREG(mode) else "a pipe, socket or device"
        raise VspairError(f"{path} is {found} instead of a {wanted}: name the {wanted} that is meant")


def _unreadable(path: Path, error: OSError) -> VspairError:
    if isinstance(error, PermissionError):
        return VspairError(f"{path} may not be read by this user (permission denied): give permission to read it")
    return VspairError(f"{path} cannot be read ({error.strerror or error}): mend the link or the disk")
