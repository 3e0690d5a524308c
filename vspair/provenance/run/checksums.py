"""Checksums that are remembered for as long as the file system says that a file is the same."""

import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from vspair.errors import VspairError
from vspair.files import sha256, write_text
from vspair.regular import text

# A file that changed so shortly before it was read may change again without its times telling: through a memory
# mapping, until the kernel has written it back, which takes half a minute.
SETTLED_NS = 60_000_000_000
_FORMAT = 1
_LARGEST = 1 << 28

_Identity = list[int]


class Checksums:
    """SHA-256 of files, read anew whenever a file could have changed.

    A remembered checksum holds for the same device, inode, size, modification time and status change time. The last of
    these is set by the kernel at every write and cannot be set back by a program, so that an edit which keeps the size
    and restores the modification time is seen. The memory lies in the reader's own cache folder and never travels with
    the results; removing it costs only time. Who can write there, or set the machine's clock, can still mislead it:
    with `full` nothing that is remembered is used.

    Args:
        folder: the run folder whose files these are.
        full: read every file, and remember it for the next time.
    """

    def __init__(self, folder: Path, full: bool = False) -> None:
        self._path = memory_of(folder)
        self._known, self._facts = ({}, {}) if full or self._path is None else _remembered(self._path)
        self._used: dict[str, tuple[_Identity, str]] = {}
        self._used_facts: dict[str, float | None] = {}
        self._changed = False

    def of(self, name: str, path: Path) -> str | None:
        """SHA-256 of a regular file, remembered under a name; None when there is none that may be read."""
        if name in self._used:
            return self._used[name][1]
        now = time.time_ns()
        identity = _identity(path)
        if identity is None:
            return None
        known = self._known.get(name)
        if known is not None and known[0] == identity:
            value = known[1]
        else:
            try:
                value = sha256(path)
            except OSError:
                # It may not be read, or was replaced meanwhile by what is no file.
                return None
            self._changed = True
            if _identity(path) != identity or now - max(identity[3:]) < SETTLED_NS:
                identity = []
        self._used[name] = (identity, value)
        return value

    def fact(self, name: str, work: Callable[[], float | None]) -> float | None:
        """The number that `work` gives, once for each name, which must hold the checksums of all that it reads."""
        if name not in self._used_facts:
            self._changed |= name not in self._facts
            self._used_facts[name] = self._facts[name] if name in self._facts else work()
        return self._used_facts[name]

    def remember(self) -> None:
        """Write down what was read, for the next time; where that cannot be written, nothing is."""
        if self._path is None or not self._changed:
            return
        files = {name: entry for name, entry in self._used.items() if entry[0]}
        memory = json.dumps({"format": _FORMAT, "files": files, "facts": self._used_facts})
        try:
            write_text(self._path, memory)
        except (OSError, VspairError):
            return


def memory_of(folder: Path) -> Path | None:
    """Where checksums are remembered: below `XDG_CACHE_HOME`, by default `~/.cache`; None without a home."""
    try:
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:
        return None
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()
    return Path(cache) / "vspair" / "checksums" / f"{name}.json"


def _identity(path: Path) -> _Identity | None:
    try:
        status = path.stat()
    except OSError:
        return None
    if not path.is_file():
        return None
    return [status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _remembered(path: Path) -> tuple[dict[str, tuple[_Identity, str]], dict[str, float | None]]:
    """What was written down; nothing when it is missing, damaged or of another format, which costs only time."""
    try:
        # Not strictly: facts are NaN where a file has no number.
        memory = json.loads(text(path, _LARGEST))
        if memory["format"] != _FORMAT:
            return {}, {}
        files = {name: (list(identity), str(value)) for name, (identity, value) in memory["files"].items()}
        return files, _numbers(memory["facts"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}, {}


def _numbers(facts: dict[str, object]) -> dict[str, float | None]:
    if not all(value is None or isinstance(value, int | float) for value in facts.values()):
        raise ValueError("facts are numbers")
    return facts
