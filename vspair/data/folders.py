"""Files of a folder that a user fills: links are followed, nothing twice, and what is passed over is counted."""

import os
import stat
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from vspair.errors import VspairError
from vspair.folders import below, identity

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
    for path, state in below(folder):
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            passed[HIDDEN] += 1
        elif state is None:
            raise _unreachable(path)
        elif not stat.S_ISREG(state.st_mode):
            passed[SPECIAL] += 1
        elif identity(state) in seen:
            passed[TWICE] += 1
        else:
            seen.add(identity(state))
            found.append(path)
    return sorted(found), passed


def told(used: int, passed: Mapping[str, int]) -> str:
    """One sentence: how many files are used, how many are passed over, and why."""
    reasons = ", ".join(f"{number} {reason}" for reason, number in sorted(passed.items()))
    return f"files used: {used}, passed over: {sum(passed.values())}" + (f" ({reasons})" if reasons else "")


def _unreachable(path: Path) -> VspairError:
    what = f"is a link that leads nowhere ({path.readlink()})" if path.is_symlink() else "cannot be looked at"
    try:
        os.stat(path)  # noqa: PTH116 - for its error
        reason = "it came back meanwhile"
    except OSError as error:
        reason = error.strerror
    return VspairError(f"{path} {what} ({reason}): restore what it stands for, or remove it")
