"""Where the modules lie that a fingerprint may cover, found without importing any of them."""

import importlib.util
import os
from collections.abc import Iterable
from pathlib import Path

from vspair.provenance.code.modules import EMPTY, PACKAGE, Module, parse

Stamp = tuple[int, int, int, int, int] | None


def stamp(path: Path | str) -> Stamp:
    """Device, inode, size, and times of modification and status change of a file; None where there is none.

    The last of these is set by the kernel at every write and cannot be set back by a program.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 - some ten thousand times in a plan, from texts
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def place(root: Path, script: str) -> Path:
    """Absolute path of a script that is named relative to the (absolute) root, as `package/script.py` where it is one
    of an installed package, or by an absolute path.
    """
    if Path(script).is_absolute():
        return Path(script).resolve()
    inside = Path(os.path.normpath(root / script))
    top, *rest = Path(script).parts
    elsewhere = () if inside.is_file() else (folder.joinpath(*rest) for folder, _ in installed(top))
    return next((path for path in elsewhere if path.is_file()), inside)


class Locations:
    """The project's package, the modules beside the script, and the packages that entries name.

    Attributes:
        script: the script's name in the fingerprint: relative to the root, or bare when it lies outside.
        packages: names of those modules that are packages.
        files: module to the name of its file, without paths of this machine.
        stamps: every file that was looked at, and how it was found.
        folders: every folder that may stand for a package by itself, and whether it was there.
    """

    def __init__(self, root: Path, script: Path | None, entries: Iterable[str]) -> None:
        """Args:
        root: the project's root, absolute.
        script: the script, absolute; None when only entries are followed.
        entries: names of the modules that may lie elsewhere.
        """
        self.packages: set[str] = set()
        self.files: dict[str, str] = {}
        self.stamps: dict[Path, Stamp] = {}
        self.folders: dict[Path, bool] = {}
        self._modules: dict[str, Module | None] = {}
        self._folders: dict[str, list[tuple[Path, str]]] = {PACKAGE: [(root / PACKAGE, PACKAGE)]}
        self._named = {entry.split(".", maxsplit=1)[0] for entry in entries}
        self._beside: tuple[Path, str] | None = None
        self.script = ""
        if script is not None:
            inside = script.is_relative_to(root)
            self.script = script.relative_to(root).as_posix() if inside else script.name
            self._beside = script.parent, Path(self.script).parent.as_posix()
            self._modules[self.script] = self._read(self.script, script, self.script)

    def module(self, name: str) -> Module | None:
        """The parsed module of that name; None when it does not lie in one of the places.

        Raises:
            VspairError: its file is not valid Python.
        """
        if name not in self._modules:
            self._modules[name] = self._find(name)
        return self._modules[name]

    def _find(self, name: str) -> Module | None:
        top, *rest = name.split(".")
        if top not in self._folders:
            self._folders[top] = self._locate(top)
        places = [(base.joinpath(*rest), "/".join([shown, *rest])) for base, shown in self._folders[top]]
        for folder, label in places:
            module = self._read(name, folder / "__init__.py", f"{label}/__init__.py")
            if module is not None:
                self.packages.add(name)
                return module
            module = self._read(name, folder.with_name(f"{folder.name}.py"), f"{label}.py")
            if module is not None:
                return module
        for folder, label in places:
            if top not in {PACKAGE, *self._named}:
                continue
            self.folders[folder] = folder.is_dir()
            if self.folders[folder]:
                # A folder without `__init__.py` is a package too, an empty one, and the last that Python takes.
                self.packages.add(name)
                self.files[name] = f"{label}/__init__.py"
                return EMPTY
        return None

    def _locate(self, top: str) -> list[tuple[Path, str]]:
        """Folders that a top-level name may stand for, each with its name in the fingerprint."""
        found = []
        if self._beside is not None:
            folder, shown = self._beside
            found.append((folder / top, top if shown == "." else f"{shown}/{top}"))
        if top in self._named:
            found += installed(top)
        return found

    def _read(self, name: str, path: Path, label: str) -> Module | None:
        found = self.stamps[path] = stamp(path)
        if found is None:
            return None
        self.files[name] = label
        return parse(path, found)


def installed(top: str) -> list[tuple[Path, str]]:
    """Folders of an installed package; a module of one file counts as the folder that would bear its name."""
    if not top.isidentifier():
        # Of `a.b`, Python would import `a` to look for it, and so run code that a receipt names.
        return []
    try:
        spec = importlib.util.find_spec(top)
    except ValueError:
        return []
    if spec is None:
        return []
    if spec.submodule_search_locations is not None:
        return [(Path(folder), top) for folder in spec.submodule_search_locations]
    return [(Path(spec.origin).with_suffix(""), top)] if spec.has_location and spec.origin.endswith(".py") else []
