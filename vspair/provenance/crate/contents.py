"""Which files belong into a crate: a run folder's and those of the project that an audit of it needs."""

import os
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from vspair.errors import VspairError
from vspair.files import sha256
from vspair.provenance.run.chain import Run

METADATA = "ro-crate-metadata.json"
LEFT_OUT = "#left-out/"
RESULTS = "results"
SNAKEFILE = "workflow/Snakefile"
LICENSE = "LICENSE"
CITATION = "CITATION.cff"

_FOLDERS = ("config", "docs/images", "envs", "scripts", "vspair", "workflow")
_FILES = (CITATION, LICENSE, "Makefile", "README.md", "pyproject.toml")
# Listed, and not guessed by the machine's own table of types, so that a crate is the same wherever it is made.
_TYPES = {
    "cff": "application/yaml",
    "css": "text/css",
    "csv": "text/csv",
    "html": "text/html",
    "js": "text/javascript",
    "json": "application/json",
    "md": "text/markdown",
    "npy": "application/octet-stream",
    "npz": "application/zip",
    "pdf": "application/pdf",
    "png": "image/png",
    "py": "text/x-python",
    "safetensors": "application/octet-stream",
    "svg": "image/svg+xml",
    "tex": "application/x-tex",
    "toml": "application/toml",
    "tsv": "text/tab-separated-values",
    "yaml": "application/yaml",
    "yml": "application/yaml",
}
_SOURCES = {"", "cff", "css", "html", "j2", "js", "json", "md", "png", "py", "rst", "smk", "svg", "toml", "txt", "yaml"}
# Of one file or folder, and of a path, in bytes.
_LONGEST_PART, _LONGEST_NAME = 255, 1024
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10))}
_PASSING = "logs"
_CHECKPOINT = "checkpoint.safetensors"


@dataclass(frozen=True)
class Item:
    """One file of a crate.

    Attributes:
        name: its POSIX path in the crate.
        source: the file on this machine.
        size: bytes.
        sha256: 64 hexadecimal digits.
        left_out: whether the crate only lists it.
    """

    name: str
    source: Path
    size: int
    sha256: str
    left_out: bool = False

    @property
    def type(self) -> str:
        """Media type by the file's suffix."""
        return _TYPES.get(self.source.suffix.lstrip("."), "text/plain")


def collect(run: Run, without: Sequence[str] = ()) -> list[Item]:
    """The files of a crate, sorted by name: `results/<preset>/...`, and the project's beside it.

    A crate is laid out as the project is, so that the audit works in it as it does there. Not part of it are logs,
    checkpoints of unfinished trainings and hidden files, which are no results.

    Arguments:
        run: the run folder.
        without: patterns (`*.safetensors`) of files of the run folder, by path or base name, that are only listed.

    Raises:
        VspairError: the run folder holds a link or a name that not every system knows, a pattern matches a receipt
            or nothing, or the project lacks a file that every crate has.
    """
    if without and run.left_out is not None:
        raise VspairError(f"expected a run folder for --without, found the bundle {run.places.run}: export it as it is")
    folder = folder_in_crate(run)
    unused, items, receipts = set(without), [], {receipt.path for receipt in run.receipts}
    for name, path in _run_files(run):
        matching = {pattern for pattern in without if fnmatch(name, pattern) or fnmatch(path.name, pattern)}
        if matching and path in receipts:
            raise VspairError(f"expected --without to name results, found that it matches the receipt {name}")
        unused -= matching
        digest = run.digest(name)
        items.append(Item(f"{folder}/{name}", path, path.stat().st_size, digest, bool(matching)))
    if unused:
        raise VspairError(f"expected files for --without {' '.join(sorted(unused))}, found none in {run.places.run}")
    for path in _project_files(run.places.root):
        name = path.relative_to(run.places.root).as_posix()
        items.append(Item(name, path, path.stat().st_size, sha256(path)))
    if pair := colliding(item.name for item in items):
        raise VspairError(f"expected names that differ on every system, found {pair[0]} and {pair[1]}: rename one")
    return sorted(items, key=lambda item: item.name)


def folder_in_crate(run: Run) -> str:
    """Where a run folder lies in its crate."""
    return f"{RESULTS}/{run.preset}"


def safe(name: str) -> bool:
    """Whether a name stays inside the folder that it is relative to, on any system, and hides nothing there.

    Hidden files are refused because the audit keeps its memory of checksums in one; control characters because a name
    is shown to people; long names, and those of devices, because some systems cannot write them.
    """
    parts = PurePosixPath(name).parts
    plain = name == "/".join(parts) and not name.startswith("/") and not set(name) & set("\\:")
    return bool(parts) and plain and name.isprintable() and _short(name, parts) and all(map(_ordinary, parts))


def colliding(names: Iterable[str]) -> tuple[str, str] | None:
    """Two names that are one file on some system, or of which one is a file and the other lies in it; None if none."""
    found: dict[str, str] = {}
    for name in sorted(names):
        folders = ["/".join(name.split("/")[:end]) + "/" for end in range(1, name.count("/") + 1)]
        for whole in (name, *folders):
            key = unicodedata.normalize("NFC", whole.rstrip("/")).casefold()
            if found.setdefault(key, whole) != whole:
                return found[key], name
    return None


def _short(name: str, parts: Sequence[str]) -> bool:
    # Printable names have no half characters, and so are UTF-8.
    return len(name.encode()) <= _LONGEST_NAME and all(len(part.encode()) <= _LONGEST_PART for part in parts)


def _ordinary(part: str) -> bool:
    return (
        not part.startswith(".")
        and not part.endswith((".", " "))
        and part.split(".", maxsplit=1)[0].upper() not in _DEVICES
    )


def _run_files(run: Run) -> Iterator[tuple[str, Path]]:
    for path in _walk(run.places.run):
        parts = path.relative_to(run.places.run).parts
        if parts[0] == _PASSING or path.name.endswith(_CHECKPOINT):
            continue
        if path.is_symlink():
            raise VspairError(
                f"expected files in the run folder, found the link {path}: put the file that it leads to in its place"
            )
        if not path.is_file():
            # Reading a FIFO would wait for ever.
            raise VspairError(f"expected files in the run folder, found something else at {path}: remove it")
        if not safe("/".join(parts)):
            raise VspairError(
                f"expected names that every system knows in the run folder, found {str(path)!r}: rename it"
            )
        yield "/".join(parts), path


def _project_files(root: Path) -> Iterator[Path]:
    for name in _FILES:
        if (root / name).is_file():
            yield root / name
        elif name in (LICENSE, CITATION):
            raise VspairError(f"expected {name} in {root}, which a crate needs, found no file: restore it")
    if not (root / SNAKEFILE).is_file():
        raise VspairError(f"expected the workflow at {root / SNAKEFILE}, found no file: restore it")
    # Not all of `docs`: results that are published there are runs of their own.
    yield from sorted(path for path in (root / "docs").glob("*.md") if path.is_file() and not path.is_symlink())
    for folder in _FOLDERS:
        for path in _walk(root / folder):
            if path.suffix.lstrip(".") in _SOURCES and path.is_file() and not path.is_symlink():
                yield path


def _walk(top: Path) -> Iterator[Path]:
    """Files below a folder, and links to folders, but nothing hidden and no caches."""
    for folder, folders, files in os.walk(top):
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__pycache__")))
        yield from (Path(folder) / name for name in sorted([*files, *links]) if not name.startswith("."))
