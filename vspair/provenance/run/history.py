"""The code and the locks as they were at a commit, from git's history."""

import io
import shutil
import subprocess
import tarfile
import tempfile
import weakref
from functools import cached_property
from pathlib import Path

from vspair.files import sha256
from vspair.provenance.receipt.worktree import Worktree, environment_without_git, remedy, worktree

_PARTS = ("vspair", "scripts", "config", "envs")
_TIMEOUT = 60
# Objects themselves, and their bytes, whatever the reader's own git is set to.
_AS_COMMITTED = ("--no-replace-objects", "-c", "core.autocrlf=false", "-c", "core.eol=lf")


class History:
    """Commits of the project's repository, unpacked for as long as this object lives.

    Args:
        root: the project's root.
    """

    def __init__(self, root: Path) -> None:
        self._root = Path(root)
        self._trees: dict[str, Path | None] = {}

    @cached_property
    def _folder(self) -> Path:
        folder = tempfile.mkdtemp(prefix="vspair-history-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)

    @property
    def present(self) -> bool:
        """Whether the project is a git repository."""
        return self._head.commit is not None

    @property
    def absent(self) -> str | None:
        """Why there is no repository that git would read, and what to do; None where there is one."""
        reason = self._head.reason
        return None if reason is None else f"{reason}; {remedy(reason)}"

    @cached_property
    def whole(self) -> bool:
        """Whether it is a repository with all of its history, and not a shallow clone."""
        return self.present and self._git("rev-parse", "--is-shallow-repository") == b"false\n"

    def tree(self, commit: str) -> Path | None:
        """A folder with code, configuration and locks of a commit; None when no branch has it, or it is not there."""
        if commit not in self._trees:
            self._trees[commit] = self._unpacked(commit)
        return self._trees[commit]

    def lock(self, commit: str, name: str) -> str | None:
        """SHA-256 of a lock, named relative to the root, at a commit; None when commit or lock are not there."""
        tree = self.tree(commit)
        return sha256(tree / name) if tree is not None and (tree / name).is_file() else None

    @cached_property
    def _head(self) -> Worktree:
        return worktree(self._root)

    def _unpacked(self, commit: str) -> Path | None:
        # What is no full commit hash, such as an option, does not reach git.
        if not self.present or len(commit) < 40 or not set(commit) <= set("0123456789abcdef"):
            return None
        inside = self._git("merge-base", "--is-ancestor", commit, "HEAD") is not None
        if not inside and not self._git("for-each-ref", "--count=1", f"--contains={commit}"):
            return None
        # Parts that a commit does not have would make git refuse the others.
        listed = self._git("ls-tree", "--name-only", commit, "--", *_PARTS)
        archive = listed and self._git("archive", "--format=tar", commit, "--", *listed.decode().split("\n")[:-1])
        if not archive:
            return None
        folder = self._folder / commit
        with tarfile.open(fileobj=io.BytesIO(archive)) as file:
            file.extractall(folder, filter="data")
        return folder

    def _git(self, *arguments: str) -> bytes | None:
        command = ["git", *_AS_COMMITTED, "-C", str(self._root), *arguments]
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=_TIMEOUT, check=True, env=environment_without_git()
            )
            return done.stdout
        except (OSError, subprocess.SubprocessError):
            return None
