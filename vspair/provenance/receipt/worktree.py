"""The state of the project in git: the commit, and by name what is in no commit, or why there is none."""

import os
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vspair.printable import first_few, shown

NAMED = 10
"""Most files that a receipt names."""

_TIMEOUT = 20
# Where the user's settings are, and among them whose repositories git may read.
_USERS_OWN = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")

NOT_INSTALLED = "git is not installed"
NO_REPOSITORY = "the project is no git repository"
INSIDE_ANOTHER = "the project lies in a folder of another git repository and is none itself"
NO_COMMIT = "the repository has no commit yet"
OF_ANOTHER_USER = "git refuses to read the repository, which another user owns"
UNREADABLE = "git cannot read the repository"

_REMEDIES = {
    NOT_INSTALLED: "install git, or call a module that brings it",
    NO_REPOSITORY: "clone the project with git, or make a repository of it with `git init` and commit",
    INSIDE_ANOTHER: "clone the project outside that repository, or make a repository of it with `git init` and commit",
    NO_COMMIT: "commit",
    OF_ANOTHER_USER: (
        'if you trust what is in it, say so in its folder: `git config --global --add safe.directory "$(pwd -P)"`'
    ),
    UNREADABLE: "see what `git status` says in its folder",
}


@dataclass(frozen=True)
class Worktree:
    """What git says of the project's folder.

    Attributes:
        commit: the commit that is checked out; None without one.
        dirty: whether something is in no commit; None when that is not known.
        changes: what is, sorted, such as `untracked notes.txt` or `changed vspair/files.py`; at most `NAMED`.
        more: how many more there are.
        reason: why there is no commit; None with one.
    """

    commit: str | None
    dirty: bool | None
    changes: tuple[str, ...] = ()
    more: int = 0
    reason: str | None = None


class _RefusedError(Exception):
    """Git gave no answer, for the reason that is its argument."""


def worktree(root: Path) -> Worktree:
    """The state of the project's folder now; git's own safety stands: what it refuses to read is not read."""
    try:
        commit = _commit(root)
        changes = sorted({*_status(root), *_unwatched(root)})
    except _RefusedError as refused:
        return Worktree(None, None, reason=str(refused))
    return Worktree(commit, bool(changes), tuple(changes[:NAMED]), max(0, len(changes) - NAMED))


def commit(root: Path) -> tuple[str | None, bool | None]:
    """The git commit of the project and whether its tree is dirty; (None, None) without a commit."""
    found = worktree(root)
    return found.commit, found.dirty


def remedy(reason: str | None) -> str:
    """What to do where there is no commit, for that reason; older receipts tell none."""
    return _REMEDIES.get(reason or "", "commit")


def warning(root: Path) -> str | None:
    """What is to be said before results are made: that they will be taken for those of a dirty tree; None if not."""
    found = worktree(root)
    if found.reason is not None:
        return f"{found.reason}, so that results will name no commit and fail the audit: {remedy(found.reason)}"
    if not found.dirty:
        return None
    return (
        f"the project has uncommitted changes ({first_few(found.changes, more=found.more)}), so that results made now "
        "will fail the audit as those of a dirty tree: stop, then commit these, or remove what is not the project's"
    )


def environment_without_git() -> dict[str, str]:
    """The environment without those of git's variables that in a hook name another repository; git speaks English."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key in _USERS_OWN}
    return {**kept, "LC_ALL": "C", "LANGUAGE": ""}


def _commit(root: Path) -> str:
    top, _, sha = _git(root, "rev-parse", "--show-toplevel", "HEAD").strip().rpartition("\n")
    # A project that was unpacked inside somebody else's repository has no commit of its own.
    if not top or not Path(top).samefile(root):
        raise _RefusedError(INSIDE_ANOTHER)
    return sha


def _status(root: Path) -> Iterator[str]:
    """What has changed. Of an untracked folder it is the folder, which may hold millions of files."""
    answer = _git(root, "status", "--porcelain=v2", "-z", "--untracked-files=normal", "--ignore-submodules=none")
    entries = iter(answer.split("\0"))
    for entry in entries:
        if entry.startswith("? "):
            yield f"untracked {shown(entry[2:])}"
        elif entry.startswith("1 "):
            yield _changed(*entry.split(" ", 8)[1:])
        elif entry.startswith("2 "):
            yield f"renamed {shown(entry.split(' ', 9)[9])}"
            # The name before follows.
            next(entries, None)
        elif entry.startswith("u "):
            yield f"unmerged {shown(entry.split(' ', 10)[10])}"


def _changed(state: str, submodule: str, *facts: str) -> str:
    head, index, here, before, staged, path = facts
    same = before == staged and "D" not in state and head != "000000"
    if submodule.startswith("S"):
        kind = "changed submodule"
    elif "D" in state:
        kind = "deleted"
    elif same and len({head, index, here}) > 1:
        # Perhaps the content too, which git does not tell.
        kind = "changed permissions of"
    else:
        kind = "changed"
    return f"{kind} {shown(path)}"


def _unwatched(root: Path) -> Iterator[str]:
    """Changed files that git was told not to look at (assume-unchanged, skip-worktree), and therefore passes over."""
    entries = [entry for entry in _git(root, "ls-files", "-v", "-s", "-z").split("\0") if entry[:1] not in ("", "H")]
    flagged = {}
    for entry in entries:
        facts, _, path = entry.partition("\t")
        tag, _, sha, stage = facts.split(" ")
        # What a sparse checkout leaves out is not there.
        if (tag.islower() or tag == "S") and stage == "0" and os.path.lexists(root / path):
            flagged[path] = sha
    if flagged:
        # Of a link or a submodule, whose content this does not tell, nobody needs such a mark.
        files = [path for path in flagged if "\n" not in path and stat.S_ISREG((root / path).lstat().st_mode)]
        named = "".join(f"{path}\n" for path in files)
        now = dict(zip(files, _git(root, "hash-object", "--stdin-paths", given=named).split(), strict=True))
        changed = (path for path, sha in flagged.items() if now.get(path) != sha)
        yield from (f"changed unseen by git {shown(path)}" for path in changed)


def _git(root: Path, *arguments: str, given: str | None = None) -> str:
    # Neither another program's word on what has changed nor objects that stand in for others.
    options = ["--no-optional-locks", "--no-replace-objects", "-c", "core.fsmonitor=false"]
    try:
        done = subprocess.run(
            ["git", *options, "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            # A project may lie in a folder whose name is not UTF-8.
            errors="surrogateescape",
            timeout=_TIMEOUT,
            check=False,
            env=environment_without_git(),
            input=given,
        )
    except FileNotFoundError:
        raise _RefusedError(NOT_INSTALLED) from None
    except (OSError, subprocess.SubprocessError):
        raise _RefusedError(UNREADABLE) from None
    if done.returncode:
        raise _RefusedError(_reason(done.stderr))
    return done.stdout


def _reason(words: str) -> str:
    told = {
        "dubious ownership": OF_ANOTHER_USER,
        "unsafe repository": OF_ANOTHER_USER,
        "not a git repository": NO_REPOSITORY,
        "ambiguous argument 'HEAD'": NO_COMMIT,
    }
    return next((reason for text, reason in told.items() if text in words), UNREADABLE)
