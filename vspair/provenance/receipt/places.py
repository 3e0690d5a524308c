"""Names of files in receipts: the same on every machine, without absolute paths."""

import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from vspair.printable import encodable

SUFFIX = ".receipt.json"
"""How the name of every receipt ends."""

_DATA, _PROJECT, _EXTERNAL = "data:", "project:", "external:"
_BYTE = re.compile(r"\\x(5c|[89a-f][0-9a-f])")


@dataclass(frozen=True)
class Places:
    r"""The three folders that names of files are relative to.

    A file of the run folder is named by its POSIX path in it, a file of the data folder `data:<path>`, any other file
    of the project `project:<path>`, and a file outside all of them `external:<basename>`. A byte of a path that is not
    UTF-8, which JSON cannot hold, is written as `\xff` (see `spelled`).

    Attributes:
        run: the folder of a preset's results.
        root: the project's root.
        data: the data folder, or None when it is not known.
    """

    run: Path
    root: Path
    data: Path | None = None

    def name(self, path: Path | str) -> str:
        """The name of a file (relative paths are relative to the working folder)."""
        for folder, prefix in ((self.run, ""), (self.data, _DATA), (self.root, _PROJECT)):
            if folder is not None:
                relative = _relative(Path(path), folder)
                if relative is not None:
                    return prefix + spelled(relative)
        return _EXTERNAL + spelled(Path(path).name)

    def inside(self, path: Path | str) -> bool:
        """Whether a file is the run folder's."""
        return _relative(Path(path), self.run) is not None

    def path(self, name: str) -> Path | None:
        """Where the file of that name should be; None when its folder is not known."""
        if name.startswith(_EXTERNAL):
            return None
        if name.startswith(_DATA):
            return None if self.data is None else self.data / _unspelled(name.removeprefix(_DATA))
        if name.startswith(_PROJECT):
            return self.root / _unspelled(name.removeprefix(_PROJECT))
        return self.run / _unspelled(name)

    def scrub(self, value: object) -> object:
        """A JSON value with every absolute path in it replaced by its name."""
        if isinstance(value, dict):
            return {str(key): self.scrub(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.scrub(item) for item in value]
        if isinstance(value, os.PathLike):
            value = os.fspath(value)
        return self.name(value) if isinstance(value, str) and Path(value).is_absolute() else value


def spelled(path: str) -> str:
    r"""A path as a name that UTF-8 can hold: a byte that is not UTF-8 is written `\xff`.

    A backslash that would be read as the beginning of one is written `\x5c`, so that `Places.path` finds every file.
    """
    if path.isascii() and "\\" not in path:
        return path
    return encodable(_BYTE.sub(lambda found: f"\\x5c{found[0][1:]}", path))


def _unspelled(name: str) -> str:
    if "\\" not in name:
        return name
    pieces = _BYTE.split(name)
    for place in range(1, len(pieces), 2):
        pieces[place] = os.fsdecode(bytes.fromhex(pieces[place]))
    return "".join(pieces)


@lru_cache
def _both(folder: Path) -> tuple[Path, Path]:
    """A folder behind all links, and as it is written."""
    return folder.resolve(), folder


def _relative(path: Path, folder: Path) -> str | None:
    # Second as written: a link inside the data folder belongs to the data folder, wherever it points.
    outsides = _both(folder.absolute())
    for inside, outside in zip((path.resolve(), path.absolute()), outsides, strict=True):
        if ".." not in inside.parts and inside.is_relative_to(outside):
            return inside.relative_to(outside).as_posix()
    return None
