"""What the machine refuses, by the number of the error, in a sentence with what to do."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vspair.errors import VspairError

_RUN_AGAIN = "and run the same command again"
_ANOTHER_DISK = "put the files on another disk"
_REFUSALS = {
    errno.ENOSPC: ("no space left on the disk that holds {folder}", "free some space"),
    errno.EDQUOT: ("the disk quota for {folder} is used up", "remove files of yours there, or ask for more"),
    errno.EROFS: ("the disk that holds {folder} may only be read", f"have it mounted for writing, or {_ANOTHER_DISK}"),
    errno.EACCES: (
        "no permission for {folder}",
        "get it from the owner (`ls -ld` shows who), or use your own",
    ),
    errno.EPERM: ("the system permits no change in {folder}", "see `ls -ld` and `lsattr -d`, or use another folder"),
    errno.ENAMETOOLONG: ("the name is too long for the disk that holds {folder}", "use shorter names"),
    errno.EMFILE: ("this process has as many files open as it may", "raise the limit with `ulimit -n`"),
    errno.ENFILE: ("this machine has as many files open as it can", "end what else runs on it"),
    errno.EFBIG: ("files in {folder} may not be that large", f"raise the limit with `ulimit -f`, or {_ANOTHER_DISK}"),
    errno.EIO: ("the disk that holds {folder} fails (input/output error)", f"see `dmesg`, or {_ANOTHER_DISK}"),
    errno.ESTALE: ("the network disk that holds {folder} has lost it", "have it mounted anew"),
    errno.ETIMEDOUT: ("the network disk that holds {folder} does not answer", "wait for it"),
    errno.ELOOP: ("symbolic links on the way to {folder} lead in a circle", "mend them"),
    errno.ENOTDIR: ("a file stands in the place of a folder on the way to {folder}", "move it away"),
    errno.EEXIST: ("a file or a link to nowhere stands in the place of {folder}", "move it away"),
    errno.EISDIR: ("a folder in {folder} stands in the place of a file", "move it away"),
}
# Libraries that write by themselves (safetensors) hide the number in their own exception's text.
_HIDDEN = {os.strerror(code): code for code in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO)}


def refusal(error: BaseException, path: Path | str | None = None) -> str | None:
    """Why the machine did not let a file be written or read, in a sentence with what to do; None for other errors.

    Arguments:
        error: what was raised.
        path: the file or folder that was being written; without it, the one that the error names.
    """
    if "No usable temporary directory" in str(error):
        return f"no folder for temporary files can be written: set TMPDIR to one that can {_RUN_AGAIN}"
    code = error.errno if isinstance(error, OSError) else None
    if code is None:
        code = next((number for text, number in _HIDDEN.items() if text in str(error)), None)
    if code not in _REFUSALS:
        return None
    what, remedy = _REFUSALS[code]
    named = getattr(error, "filename", None)
    named = Path(os.fsdecode(named)) if isinstance(named, str | bytes | os.PathLike) else None
    if path is not None and (named is None or _belongs(named.absolute(), Path(path).absolute())):
        folder, lost = Path(path).parent, f"{Path(path).name} was not written"
    elif named is not None:
        folder, lost = named if code == errno.EEXIST else named.parent, f"{named.name} was not read or written"
    else:
        folder, lost = "the file", "it was not read or written"
    return f"{what.format(folder=folder)}, so {lost}: {remedy} {_RUN_AGAIN}"


def _belongs(named: Path, path: Path) -> bool:
    """Whether a file or folder that an error names is touched only to write `path`: itself, above it, or temporary."""
    if path.is_relative_to(named):
        return True
    inside = named.relative_to(path.parent).parts if named.is_relative_to(path.parent) else ()
    return bool(inside) and (inside[0] == path.name or inside[0].startswith("."))


@contextmanager
def writing(path: Path | str) -> Iterator[None]:
    """Say in a sentence why the machine does not let `path` be written, whatever exception a library has for it.

    Raises:
        VspairError: that sentence (see `refusal`).
    """
    try:
        yield
    except VspairError:
        raise
    except Exception as error:
        sentence = refusal(error, path)
        if sentence is None:
            raise
        raise VspairError(sentence) from error
