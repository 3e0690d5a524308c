"""Files that appear whole or not at all, and their checksums."""

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vspair.errors import VspairError
from vspair.refusals import writing
from vspair.regular import opened


def sha256(path: Path | str) -> str:
    """SHA-256 of a regular file's content (or of one that a link leads to), as 64 hexadecimal digits, read in blocks.

    Raises:
        OSError: there is no such file, it may not be read, or it is a FIFO, a device or the like.
    """
    with opened(path, links=True) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def whole(path: Path | str) -> Iterator[Path]:
    """Give a temporary path beside `path`, put in its place only when the block ends well.

    The temporary name keeps the suffix of `path`, because libraries choose a format by it. The file is flushed to
    the disk before it is renamed, so that a crash leaves the old file or the new one and never a part.

    Raises:
        VspairError: the machine does not let it be written (see `vspair.refusals`), or something else than a file is
            there.
    """
    path = Path(path)
    # Short, so that every name that the disk takes can be written.
    temporary = path.with_name(f".{path.stem[:40]}.{uuid.uuid4().hex}{path.suffix}")
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() and not path.is_file():
                kind = "a folder" if path.is_dir() else "a device or a pipe"
                raise VspairError(f"expected a file or nothing at {path}, found {kind}: give another name")
            temporary.touch()
            permissions = temporary.stat().st_mode
            temporary.unlink()
            yield temporary
            # Some libraries (safetensors) create files that only their owner may read.
            temporary.chmod(permissions)
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
    finally:
        # Where nothing may be written there is nothing to remove.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def free_space(folder: Path) -> int:
    """Bytes that are free on the disk that holds a folder, or will hold it, since the nearest above it does."""
    whole_path = folder.absolute()
    return shutil.disk_usage(next(each for each in (whole_path, *whole_path.parents) if each.exists())).free


def require_space(path: Path | str, size: int, otherwise: str = "give another place") -> None:
    """Refuse to begin what cannot be written in the end.

    Arguments:
        path: file or folder that is to be written.
        size: bytes that it will have.
        otherwise: what the user can do instead of freeing space.

    Raises:
        VspairError: the disk that holds the nearest folder above `path` that exists has less space, or does not tell.
    """
    with writing(path):
        free = free_space(Path(path).absolute().parent)
    if free < size:
        raise VspairError(
            f"expected {size / 1e9:.2f} GB of free disk space for {path}, found {free / 1e9:.2f} GB: free some space, "
            f"or {otherwise}"
        )


def require_writable(folder: Path | str) -> None:
    """Refuse to begin where nothing can be written; makes the folder, and leaves nothing in it.

    Raises:
        VspairError: the machine does not let a file be written there.
    """
    path = Path(folder) / f".writable.{uuid.uuid4().hex}"
    with writing(folder):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            # More than what a disk keeps beside a file's name.
            path.write_bytes(bytes(4096))
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)


def write_text(path: Path | str, text: str) -> None:
    """Write a UTF-8 text file whole or not at all.

    Raises:
        VspairError: as `whole` does.
    """
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
