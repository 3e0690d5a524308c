"""Files that appear whole or not at all, and their checksums."""

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vspair.errors import VspairError
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
        VspairError: the disk is full.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{uuid.uuid4().hex}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch()
        permissions = temporary.stat().st_mode
        temporary.unlink()
        yield temporary
        # Some libraries (safetensors) create files that only their owner may read.
        temporary.chmod(permissions)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except Exception as error:
        # Libraries that write by themselves (safetensors) hide the error number in their own exception's text.
        if not any(reason in str(error) for reason in ("No space left on device", "Disk quota exceeded")):
            raise
        raise VspairError(
            f"no space left on the disk that holds {path.parent}, so {path.name} was not written: "
            "free some space and run the same command again"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def require_space(path: Path | str, size: int) -> None:
    """Refuse to begin what cannot be written in the end.

    Arguments:
        path: file that is to be written.
        size: bytes that it will have.

    Raises:
        VspairError: the disk that holds the nearest folder above `path` that exists has less space.
    """
    folder = next(parent for parent in Path(path).absolute().parents if parent.exists())
    free = shutil.disk_usage(folder).free
    if free < size:
        raise VspairError(
            f"expected {size / 1e9:.2f} GB of free disk space for {path}, found {free / 1e9:.2f} GB: free some space, "
            "or lower the number of images"
        )


def parse_yaml(text: str) -> Any:
    """Plain values from YAML, read by libyaml where PyYAML brings it along: ten times as fast.

    Raises:
        yaml.YAMLError: the text is not YAML.
    """
    # Here and not above: few jobs read YAML.
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def write_text(path: Path | str, text: str) -> None:
    """Write a UTF-8 text file whole or not at all.

    Raises:
        VspairError: the disk is full.
    """
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
