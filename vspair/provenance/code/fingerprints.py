"""Fingerprint of the code behind a job: its script and every definition of the packages that it can reach."""

import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from vspair.errors import VspairError
from vspair.provenance.code.locations import Locations, place
from vspair.provenance.code.remembered import Digests, Key, State, recall, remember
from vspair.provenance.code.syntax import digest
from vspair.provenance.code.walk import FRAME, Walk


def fingerprint(root: Path, script: str, entries: Sequence[str] = (), remembered: bool = False) -> str:
    """SHA-256 over the normal form of all code that a script and its dynamically loaded entries can reach.

    Comments, formatting, words (docstrings, error texts, log lines, descriptions), the frame that writes log and
    receipt, optional settings that nothing reads, and code that is not reached change nothing; nothing is imported.

    Args:
        root: the project's root, which holds the package `vspair`.
        script: path of the script, relative to `root`, or absolute where it lies elsewhere.
        entries: objects that the script loads by name: `package.module:object` or `package.module`. An installed
            package of another name is covered as `vspair` is.
        remembered: whether an earlier process's answer will do where no file that decided it could have changed
            (`remembered`); an audit takes none.

    Raises:
        VspairError: a file is missing or not valid Python, an entry does not exist, or a module that is reached is
            imported with a star.
    """
    return _digests(root, script, entries, remembered).fingerprint


def reached(root: Path, script: str, entries: Sequence[str] = ()) -> dict[str, str]:
    """What the fingerprint covers: `module:definition` to the SHA-256 of its normal form, sorted by name.

    `module:*` is a whole module (or the script), `module:<statements>` are its loose statements, `module:Class.field`
    is an optional setting, and the digest of an imported name is that of where it is imported from. Arguments and
    errors are those of `fingerprint`.
    """
    return dict(_result(_key(root, script, entries)).found)


def sources(root: Path, script: str, entries: Sequence[str] = (), remembered: bool = False) -> dict[str, str]:
    """Source file -> SHA-256 over those of its definitions that the fingerprint covers.

    A file is named relative to the root, one of another package from that package on (`mytoy/problem.py`), and a
    script outside the root by its bare name. Arguments and errors are those of `fingerprint`.
    """
    return dict(_digests(root, script, entries, remembered).sources)


def words(root: Path, script: str, entries: Sequence[str] = (), remembered: bool = False) -> str:
    """SHA-256 over what the fingerprint leaves out of the code that it covers: docstrings, error texts, log lines,
    and descriptions. Arguments and errors are those of `fingerprint`.
    """
    return _digests(root, script, entries, remembered).words


def frame(root: Path, remembered: bool = False) -> str:
    """SHA-256 over all code that the frame around a job can reach, which no fingerprint covers.

    Args:
        root: the project's root, which holds the package `vspair`.
        remembered: as for `fingerprint`.

    Raises:
        VspairError: as `fingerprint` does; the frame is the entry `vspair.provenance:recorded`.
    """
    return _digests(root, None, [":".join(FRAME)], remembered).fingerprint


class _Result:
    """What one walk found, and the state of the files that decided it."""

    def __init__(self, locations: Locations, walk: Walk) -> None:
        self.found = dict(sorted(walk.found.items()))
        self.parts = dict(sorted(walk.parts.items()))
        self.files = locations.files
        self.state = State(
            {str(path): found for path, found in locations.stamps.items()},
            {str(path): there for path, there in locations.folders.items()},
        )

    @cached_property
    def fingerprint(self) -> str:
        return digest("".join(f"{name} {value}\n" for name, value in self.found.items()))

    @cached_property
    def words(self) -> str:
        return digest("".join(f"{name} {part.words}\n" for name, part in self.parts.items() if part.words))

    @cached_property
    def sources(self) -> dict[str, str]:
        lines: dict[str, list[str]] = {}
        for name, value in self.found.items():
            module, _, definition = name.partition(":")
            lines.setdefault(self.files[module], []).append(f"{definition} {value}\n")
        return {file: digest("".join(parts)) for file, parts in sorted(lines.items())}


_known: dict[Key, _Result] = {}


def _result(key: Key) -> _Result:
    known = _known.get(key)
    if known is None or not known.state.holds():
        known = _known[key] = _walk(*key)
    return known


def _key(root: Path, script: str | None, entries: Sequence[str]) -> Key:
    root = Path(root).resolve()
    return root, None if script is None else place(root, script), tuple(sorted(set(entries)))


def _digests(root: Path, script: str | None, entries: Sequence[str], remembered: bool) -> _Result | Digests:
    key = _key(root, script, entries)
    if not remembered:
        return _result(key)
    began = time.time_ns()
    found = recall(key)
    if found is None:
        found = _result(key)
        remember(key, found, began)
    return found


def _walk(root: Path, script: Path | None, entries: Sequence[str]) -> _Result:
    locations = Locations(root, script, [entry.partition(":")[0] for entry in entries])
    walk = Walk(locations, into_frame=script is None)
    if script is not None:
        if locations.module(locations.script) is None:
            raise VspairError(f"expected a script at {script}, found no file: check the rule")
        walk.script()
    for entry in entries:
        walk.entry(entry)
    return _Result(locations, walk)
