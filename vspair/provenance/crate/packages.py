"""A crate's files, whether it is a ZIP file or a folder; refuses links and whatever is not a plain file."""

import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from vspair.errors import VspairError

_BLOCK = 1 << 20
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


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
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
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


def _folder(path: Path) -> _Folder:
    package = _Folder(path)
    for item in sorted(path.rglob("*")):
        name = item.relative_to(path).as_posix()
        mode = item.lstat().st_mode
        if stat.S_ISREG(mode):
            package.sizes[name] = item.stat().st_size
        elif not stat.S_ISDIR(mode):
            raise _refused(path, name, "a link" if stat.S_ISLNK(mode) else "no plain file")
    return package


def _archive(path: Path, archive: zipfile.ZipFile) -> _Archive:
    package = _Archive(path, archive)
    for info in archive.infolist():
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


def _refused(path: Path, name: str, what: str) -> VspairError:
    return VspairError(f"expected plain files in {path}, found that {name!r} is {what}: do not trust it")


def _unreadable(path: Path, name: str, error: Exception) -> VspairError:
    return VspairError(f"expected to read {name} in {path}, found: {error}; get the crate anew")
