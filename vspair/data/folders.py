"""Files of a folder that a user fills: links are followed, nothing twice, and what is passed over is counted."""

import os
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from vspair.errors import VspairError

HIDDEN = "hidden (names that begin with a dot)"
TWICE = "reached twice through links"
SPECIAL = "no regular file"


def files_of(folder: Path) -> tuple[list[Path], Counter[str]]:
    """The regular files below a folder, sorted by path, and the number of files that were passed over by reason.

    Links to files and folders are followed, and a file that several of them lead to counts once, as does one of
    several names (hard links). Hidden files and folders, such as those that macOS leaves beside each file, and what
    is no regular file are passed over.

    Arguments:
        folder: that is there.

    Raises:
        VspairError: a folder cannot be listed, or a link leads nowhere.
    """
    found: list[Path] = []
    passed: Counter[str] = Counter()
    seen: set[tuple[int, int]] = set()
    for path, state in _walk(Path(folder), {_identity(_state(Path(folder)))}, passed):
        if not stat.S_ISREG(state.st_mode):
            passed[SPECIAL] += 1
        elif _identity(state) in seen:
            passed[TWICE] += 1
        else:
            seen.add(_identity(state))
            found.append(path)
    return sorted(found), passed


def told(used: int, passed: Mapping[str, int]) -> str:
    """One sentence: how many files are used, how many are passed over, and why."""
    reasons = ", ".join(f"{number} {reason}" for reason, number in sorted(passed.items()))
    return f"files used: {used}, passed over: {sum(passed.values())}" + (f" ({reasons})" if reasons else "")


def _walk(folder: Path, above: set[tuple[int, int]], passed: Counter[str]) -> Iterator[tuple[Path, os.stat_result]]:
    """All but folders below one, real folders before links, so that what both lead to has its real name."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: (entry.is_symlink(), entry.name))
    except OSError as error:
        raise VspairError(
            f"{folder} cannot be listed ({error.strerror}): allow it to be read, or take it out of the source's folder"
        ) from error
    for entry in entries:
        path = folder / entry.name
        if entry.name.startswith("."):
            passed[HIDDEN] += 1
            continue
        state = _state(path)
        if not stat.S_ISDIR(state.st_mode):
            yield path, state
        # A link to a folder that was seen already would lead to the same files again, or round in a circle.
        elif _identity(state) not in above:
            above.add(_identity(state))
            yield from _walk(path, above, passed)


def _state(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        what = f"is a link that leads nowhere ({path.readlink()})" if path.is_symlink() else "cannot be looked at"
        raise VspairError(f"{path} {what} ({error.strerror}): restore what it stands for, or remove it") from error


def _identity(state: os.stat_result) -> tuple[int, int]:
    return state.st_dev, state.st_ino
