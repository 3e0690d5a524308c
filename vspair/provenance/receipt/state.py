"""The state of the project when a job begins: commit, lock of the environment, and code that decides no result."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from vspair.errors import VspairError
from vspair.files import sha256
from vspair.provenance.code import frame, words
from vspair.provenance.receipt.worktree import Worktree, worktree

LOCK = "envs/constraints.txt"
"""The lock of a run that names none."""


@dataclass(frozen=True)
class State:
    """What a receipt says of the project beside the code that made the outputs.

    Attributes:
        tree: commit and changes that are in none.
        lock: the file with the versions that the environment was made from, relative to the project's root.
        lock_sha256: its SHA-256.
        frame: digest of the code that only records jobs and hands settings and seed to scripts.
        words: digest of the error texts and log lines that the script reaches.
    """

    tree: Worktree
    lock: str
    lock_sha256: str
    frame: str
    words: str


def state_of(root: Path, script: str, entries: Sequence[str], lock: str = LOCK) -> State:
    """The state of the project now.

    Args:
        root: the project's root.
        script: path of the job's script relative to `root`.
        entries: objects that the script loads by name, as for `fingerprint`.
        lock: the lock that the run names, relative to `root`.

    Raises:
        VspairError: there is no such lock in the project, or the code has no fingerprint.
    """
    tree = worktree(root)
    told = frame(root, remembered=True), words(root, script, entries, remembered=True)
    return State(tree, lock, _lock_sha256(root, lock), *told)


def _lock_sha256(root: Path, lock: str) -> str:
    path = PurePosixPath(lock)
    if not path.parts or path.is_absolute() or ".." in path.parts:
        raise VspairError(f"expected a lock in the project, such as {LOCK}, found lock={lock}: name one in {root}")
    if not (root / lock).is_file():
        raise VspairError(
            f"expected the environment's lock at {root / lock}, found no file: restore it from the repository, or name "
            "the lock of this environment with --config lock=envs/..."
        )
    return sha256(root / lock)
