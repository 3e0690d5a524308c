"""Fingerprint of the code behind a job: its script and every definition of the packages that it can reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vspair.errors import VspairError
from vspair.provenance.code.definitions import Definition
from vspair.provenance.code.locations import Locations, Stamp, place, stamp
from vspair.provenance.code.syntax import digest
from vspair.provenance.code.walk import FRAME, Walk


def fingerprint(root: Path, script: str, entries: Sequence[str] = ()) -> str:
    """SHA-256 over the normal form of all code that a script and its dynamically loaded entries can reach.

    Comments, formatting, words (docstrings, error texts, log lines, descriptions), the frame that writes log and
    receipt, optional settings that nothing reads, and code that is not reached change nothing; nothing is imported.

    Args:
        root: the project's root, which holds the package `vspair`.
        script: path of the script, relative to `root`, or absolute where it lies elsewhere.
        entries: objects that the script loads by name: `package.module:object` or `package.module`. An installed
            package of another name is covered as `vspair` is.

    Raises:
        VspairError: a file is missing or not valid Python, an entry does not exist, or a module that is reached is
            imported with a star.
    """
    return _result(root, script, entries).digest


def reached(root: Path, script: str, entries: Sequence[str] = ()) -> dict[str, str]:
    """What the fingerprint covers: `module:definition` to the SHA-256 of its normal form, sorted by name.

    `module:*` is a whole module (or the script), `module:<statements>` are its loose statements, `module:Class.field`
    is an optional setting, and the digest of an imported name is that of where it is imported from. Arguments and
    errors are those of `fingerprint`.
    """
    return dict(_result(root, script, entries).found)


def sources(root: Path, script: str, entries: Sequence[str] = ()) -> dict[str, str]:
    """Source file -> SHA-256 over those of its definitions that the fingerprint covers.

    A file is named relative to the root, one of another package from that package on (`mytoy/problem.py`), and a
    script outside the root by its bare name. Arguments and errors are those of `fingerprint`.
    """
    result = _result(root, script, entries)
    lines: dict[str, list[str]] = {}
    for name, value in result.found.items():
        module, _, definition = name.partition(":")
        lines.setdefault(result.files[module], []).append(f"{definition} {value}\n")
    return {file: digest("".join(parts)) for file, parts in sorted(lines.items())}


def words(root: Path, script: str, entries: Sequence[str] = ()) -> str:
    """SHA-256 over what the fingerprint leaves out of the code that it covers: docstrings, error texts, log lines,
    and descriptions. Arguments and errors are those of `fingerprint`.
    """
    parts = _result(root, script, entries).parts
    return digest("".join(f"{name} {part.words}\n" for name, part in parts.items() if part.words))


def frame(root: Path) -> str:
    """SHA-256 over all code that the frame around a job can reach, which no fingerprint covers.

    Args:
        root: the project's root, which holds the package `vspair`.

    Raises:
        VspairError: as `fingerprint` does; the frame is the entry `vspair.provenance:recorded`.
    """
    return _result(root, None, [":".join(FRAME)]).digest


@dataclass(frozen=True)
class _Result:
    """What one walk found, and the state of the files that decided it."""

    digest: str
    found: dict[str, str]
    parts: dict[str, Definition]
    files: dict[str, str]
    stamps: dict[Path, Stamp]


_known: dict[tuple[Path, Path | None, tuple[str, ...]], _Result] = {}


def _result(root: Path, script: str | None, entries: Sequence[str]) -> _Result:
    root = Path(root).resolve()
    key = (root, None if script is None else place(root, script), tuple(sorted(set(entries))))
    known = _known.get(key)
    if known is None or any(stamp(path) != before for path, before in known.stamps.items()):
        known = _known[key] = _walk(*key)
    return known


def _walk(root: Path, script: Path | None, entries: Sequence[str]) -> _Result:
    locations = Locations(root, script, [entry.partition(":")[0] for entry in entries])
    walk = Walk(locations, into_frame=script is None)
    if script is not None:
        if locations.module(locations.script) is None:
            raise VspairError(f"expected a script at {script}, found no file: check the rule")
        walk.script()
    for entry in entries:
        walk.entry(entry)
    found = dict(sorted(walk.found.items()))
    text = "".join(f"{name} {value}\n" for name, value in found.items())
    return _Result(digest(text), found, dict(sorted(walk.parts.items())), locations.files, locations.stamps)
