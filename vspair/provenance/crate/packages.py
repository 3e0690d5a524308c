"""A crate's files, whether it is a ZIP file or a folder; refuses links and whatever is not a plain file."""

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from vspair.errors import VspairError
from vspair.printable import quoted

_BLOCK = 1 << 20
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
# ValueError: also a name that is said to be UTF-8 and is not. NotImplementedError: a later version of the format.
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, IndexError, RuntimeError, ValueError, OSError)

MOST_FILES = 100_000
"""A run of the paper's size has some thousands."""

_LARGEST_DIRECTORY = 1 << 24
_END, _END_64 = struct.Struct("<4s4H2LH"), struct.Struct("<4sQ2H2L4Q")
_LONGEST_COMMENT = (1 << 16) - 1
_LOCATOR = struct.Struct("<4sLQL")


class Package(Protocol):
    """Names of a crate's files with their sizes in bytes, and a way to read each."""

    path: Path
    sizes: dict[str, int]

    def blocks(self, name: str) -> Iterator[bytes]:
        """The content of a file; raises VspairError when it cannot be read."""


@contextmanager
def opened(path: Path) -> Iterator[Package]:
    """A crate for reading.

    Raises:
        VspairError: there is no such crate, it is neither a ZIP file nor a folder, it is damaged, or it holds a link,
            an encrypted file, or two files of one name.
    """
    if path.is_dir():
        yield _folder(path)
        return
    try:
        # Not one that would block, such as a pipe.
        if path.exists() and not path.is_file():
            raise zipfile.BadZipFile("no plain file")
        _require_few(path)
        archive = zipfile.ZipFile(path)
    except _DAMAGE as error:
        raise VspairError(f"expected a crate at {path}, a folder or a ZIP file, found: {error}; get it anew") from error
    with archive:
        yield _archive(path, archive)


@dataclass
class _Folder:
    path: Path
    sizes: dict[str, int] = field(default_factory=dict)

    def blocks(self, name: str) -> Iterator[bytes]:
        try:
            with (self.path / name).open("rb") as source:
                while block := source.read(_BLOCK):
                    yield block
        except OSError as error:
            raise _unreadable(self.path, name, error) from error


@dataclass
class _Archive:
    path: Path
    archive: zipfile.ZipFile
    sizes: dict[str, int] = field(default_factory=dict)

    def blocks(self, name: str) -> Iterator[bytes]:
        try:
            with self.archive.open(name) as source:
                while block := source.read(_BLOCK):
                    yield block
        except _DAMAGE as error:
            raise _unreadable(self.path, name, error) from error


def _require_few(path: Path) -> None:
    """Refuse a ZIP file with too large a directory before the library reads it into memory.

    Raises:
        VspairError: it is too large.
    """
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        start = max(0, end - _END.size - _LONGEST_COMMENT)
        file.seek(start)
        tail = file.read()
        at = tail.rfind(b"PK\5\6")
        if at < 0 or len(tail) - at < _END.size:
            # No ZIP file, as the library will say.
            return
        size = _END.unpack_from(tail, at)[5]
        before = start + at - _LOCATOR.size
        if before >= _END_64.size:
            # Beyond 4 GB the sizes stand in a record of their own, right before.
            file.seek(before - _END_64.size)
            record, locator = file.read(_END_64.size), file.read(_LOCATOR.size)
            if locator.startswith(b"PK\6\7") and record.startswith(b"PK\6\6"):
                size = max(size if size < 0xFFFFFFFF else 0, _END_64.unpack(record)[8])
    if size > _LARGEST_DIRECTORY:
        raise VspairError(
            f"expected a directory of at most {_LARGEST_DIRECTORY} bytes in the crate {path}, found {size}: it holds "
            "more files than a run has, do not trust it"
        )


def _folder(path: Path) -> _Folder:
    package = _Folder(path)
    for item in path.rglob("*"):
        if len(package.sizes) >= MOST_FILES:
            raise _too_many(path)
        name = item.relative_to(path).as_posix()
        mode = item.lstat().st_mode
        if stat.S_ISREG(mode):
            package.sizes[name] = item.stat().st_size
        elif not stat.S_ISDIR(mode):
            raise _refused(path, name, "a link" if stat.S_ISLNK(mode) else "no plain file")
    return package


def _archive(path: Path, archive: zipfile.ZipFile) -> _Archive:
    package = _Archive(path, archive)
    if len(archive.infolist()) > MOST_FILES:
        raise _too_many(path)
    for info in archive.infolist():
        if not info.filename or info.filename != info.orig_filename:
            # The library ends a name at a NUL.
            raise _refused(path, info.orig_filename, "no name")
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _refused(path, info.filename, "a link" if kind == stat.S_IFLNK else "no plain file")
        if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
            raise _refused(path, info.filename, "encrypted or packed in an unknown way")
        if info.filename in package.sizes:
            raise _refused(path, info.filename, "there twice")
        if not info.is_dir():
            package.sizes[info.filename] = info.file_size
    return package


def _too_many(path: Path) -> VspairError:
    return VspairError(f"expected at most {MOST_FILES} files in the crate {path}, found more: do not trust it")


def _refused(path: Path, name: str, what: str) -> VspairError:
    return VspairError(f"expected plain files in {path}, found that {name!a} is {what}: do not trust it")


def _unreadable(path: Path, name: str, error: Exception) -> VspairError:
    return VspairError(
        f"expected to read {name} in {path}, found: {quoted(str(error) or type(error).__name__)}; get the crate anew"
    )
