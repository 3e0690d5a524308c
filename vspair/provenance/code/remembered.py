"""Digests of code that are remembered between processes, for as long as no file that decided them could have changed.

They lie in the user's own cache folder, one file for each script with its entries, and never travel with the results.
Removing them costs only time, and so does damage: whatever is not whole is worked out again. Who can write there, or
set the machine's clock, can still mislead a plan and a job; an audit uses nothing that is remembered.
"""

import hashlib
import json
import os
import sys
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from vspair.provenance.code.locations import Stamp, installed, stamp
from vspair.provenance.code.modules import PACKAGE
from vspair.regular import text

# A file that changed so shortly before it was looked at may change again without its times telling: through a memory
# mapping, until the kernel has written it back, which takes half a minute.
SETTLED_NS = 60_000_000_000

_LARGEST = 1 << 26
_IMPORTED = time.time_ns()

Key = tuple[Path, Path | None, tuple[str, ...]]
"""Root, script and entries of a walk."""


@dataclass(frozen=True)
class State:
    """The files that decided a walk, as they were.

    Attributes:
        files: path of each that was looked at, also where there was none, to its stamp.
        folders: path of each folder that could have been a package by itself, to whether it was there.
    """

    files: Mapping[str, Stamp]
    folders: Mapping[str, bool]

    def holds(self) -> bool:
        """Whether every one is as it was."""
        return all(stamp(path) == before for path, before in self.files.items()) and all(
            Path(path).is_dir() == before for path, before in self.folders.items()
        )

    def settled(self, began: int) -> bool:
        """Whether none changed so shortly before `began` (ns) that it could change again without its times telling."""
        return all(found is None or began - max(found[3:]) >= SETTLED_NS for found in self.files.values())


@dataclass(frozen=True)
class Digests:
    """What is remembered of a walk; see the functions of `fingerprints`."""

    fingerprint: str
    words: str
    sources: dict[str, str]
    state: State


class Walked(Protocol):
    """A walk that was just done: the attributes of `Digests`, worked out when they are asked for."""

    fingerprint: str
    words: str
    sources: dict[str, str]
    state: State


_recalled: dict[Key, Digests] = {}


def recall(key: Key) -> Digests | None:
    """What is remembered of a walk, if every file that decided it is as it was; else None."""
    known = _recalled.get(key)
    if known is not None and known.state.holds():
        return known
    known = _read(key)
    if known is None or not known.state.holds():
        return None
    _recalled[key] = known
    return known


def remember(key: Key, walked: Walked, began: int) -> None:
    """Write down a walk that began at a time (ns), if its files had settled; where that cannot be done, nothing is.

    The file appears whole, so that any number of processes may write it at once.
    """
    path = _path(key)
    if path is None or not walked.state.settled(began):
        return
    content = json.dumps(
        {
            "fingerprint": walked.fingerprint,
            "words": walked.words,
            "sources": walked.sources,
            "files": walked.state.files,
            "folders": walked.state.folders,
        }
    )
    temporary = path.with_name(f".{uuid.uuid4().hex}")
    with suppress(OSError, UnicodeEncodeError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            # Not flushed to the disk: what a crash leaves of it does not fit its checksum.
            temporary.write_text(f"{_checksum(content)}\n{content}", encoding="utf-8")
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def _read(key: Key) -> Digests | None:
    """What was written down; None when it is missing or damaged."""
    path = _path(key)
    if path is None:
        return None
    try:
        checksum, _, content = text(path, _LARGEST).partition("\n")
    except (OSError, ValueError):
        return None
    if checksum != _checksum(content):
        return None
    found = json.loads(content)
    files = {name: None if before is None else tuple(before) for name, before in found["files"].items()}
    return Digests(found["fingerprint"], found["words"], found["sources"], State(files, found["folders"]))


def _checksum(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def _path(key: Key) -> Path | None:
    """Where a walk is remembered: below `XDG_CACHE_HOME`, by default `~/.cache`; None where nothing may be.

    In the name is all that decides a walk beside its files: root, script and entries, where the packages lie that
    entries name, the code that works digests out, and Python, whose syntax trees it reads.
    """
    own = _own_code()
    if own is None:
        return None
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        return None
    root, script, entries = key
    tops = {entry.partition(":")[0].partition(".")[0] for entry in entries} - {PACKAGE}
    places = {top: [str(place) for place, _ in installed(top)] for top in sorted(tops)}
    name = json.dumps([str(root), script and str(script), entries, places, own, sys.version])
    return folder / "vspair" / "code" / f"{_checksum(name)}.json"


@cache
def _own_code() -> str | None:
    """Digest of the files of this package, which is that of the code that runs; None if they may have changed since."""
    lines = []
    for path in sorted(Path(__file__).parent.glob("*.py")):
        found = stamp(path)
        if found is None or _IMPORTED - max(found[3:]) < SETTLED_NS:
            return None
        lines.append(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n")
    return _checksum("".join(lines))
