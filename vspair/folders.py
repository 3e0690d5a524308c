"""What lies below a folder: links are followed, and no folder is entered twice."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from vspair.errors import VspairError


def below(folder: Path) -> Iterator[tuple[Path, os.stat_result | None]]:
    """Everything below a folder but folders, with its state; None of what a link leads nowhere, or cannot be looked at.

    Real folders come before links, so that what both lead to has its real name; a link to a folder that was seen
    already would lead to the same files again, or round in a circle.

    Raises:
        VspairError: a folder cannot be listed.
    """
    folder = Path(folder)
    state = _state(folder)
    yield from _below(folder, set() if state is None else {identity(state)})


def identity(state: os.stat_result) -> tuple[int, int]:
    """What two names of one file or folder have in common."""
    return state.st_dev, state.st_ino


def _below(folder: Path, seen: set[tuple[int, int]]) -> Iterator[tuple[Path, os.stat_result | None]]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: (entry.is_symlink(), entry.name))
    except OSError as error:
        raise VspairError(
            f"{folder} cannot be listed ({error.strerror}): allow it to be read, or take it out of the source's folder"
        ) from error
    for entry in entries:
        path = folder / entry.name
        state = _state(path)
        if state is None or not stat.S_ISDIR(state.st_mode):
            yield path, state
        elif identity(state) not in seen:
            seen.add(identity(state))
            yield from _below(path, seen)


def _state(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None
