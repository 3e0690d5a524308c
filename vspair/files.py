"""Files that appear whole or not at all, and their checksums."""

import errno
import hashlib
import json
import math
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vspair.errors import VspairError
from vspair.regular import opened

if TYPE_CHECKING:
    import numpy as np

TWICE = "twice in one section"
"""How a key of YAML is refused that its section states twice."""

DEEPEST = 200
"""Sections inside one another that a YAML file may have."""


def sha256(path: Path | str) -> str:
    """SHA-256 of a regular file's content (or of one that a link leads to), as 64 hexadecimal digits, read in blocks.

    Raises:
        OSError: there is no such file, it may not be read, or it is a FIFO, a device or the like.
    """
    with opened(path, links=True) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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


@contextmanager
def whole(path: Path | str) -> Iterator[Path]:
    """Give a temporary path beside `path`, put in its place only when the block ends well.

    The temporary name keeps the suffix of `path`, because libraries choose a format by it. The file is flushed to
    the disk before it is renamed, so that a crash leaves the old file or the new one and never a part.

    Raises:
        VspairError: the machine does not let it be written (see `refusal`), or something else than a file is there.
    """
    path = Path(path)
    # Short, so that every name that the disk takes can be written.
    temporary = path.with_name(f".{path.stem[:40]}.{uuid.uuid4().hex}{path.suffix}")
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() and not path.is_file():
                kind = "a folder" if path.is_dir() else "a device or a pipe"
                raise VspairError(f"expected a file or nothing at {path}, found {kind}: give another name")
            temporary.touch()
            permissions = temporary.stat().st_mode
            temporary.unlink()
            yield temporary
            # Some libraries (safetensors) create files that only their owner may read.
            temporary.chmod(permissions)
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
    finally:
        # Where nothing may be written there is nothing to remove.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def free_space(folder: Path) -> int:
    """Bytes that are free on the disk that holds a folder, or will hold it, since the nearest above it does."""
    whole_path = folder.absolute()
    return shutil.disk_usage(next(each for each in (whole_path, *whole_path.parents) if each.exists())).free


def require_space(path: Path | str, size: int, otherwise: str = "give another place") -> None:
    """Refuse to begin what cannot be written in the end.

    Arguments:
        path: file or folder that is to be written.
        size: bytes that it will have.
        otherwise: what the user can do instead of freeing space.

    Raises:
        VspairError: the disk that holds the nearest folder above `path` that exists has less space, or does not tell.
    """
    with writing(path):
        free = free_space(Path(path).absolute().parent)
    if free < size:
        raise VspairError(
            f"expected {size / 1e9:.2f} GB of free disk space for {path}, found {free / 1e9:.2f} GB: free some space, "
            f"or {otherwise}"
        )


def require_writable(folder: Path | str) -> None:
    """Refuse to begin where nothing can be written; makes the folder, and leaves nothing in it.

    Raises:
        VspairError: the machine does not let a file be written there.
    """
    path = Path(folder) / f".writable.{uuid.uuid4().hex}"
    with writing(folder):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            # More than what a disk keeps beside a file's name.
            path.write_bytes(bytes(4096))
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)


def parse_yaml(text: str | bytes) -> Any:
    """Plain values from YAML, read by libyaml where PyYAML brings it along: ten times as fast.

    Raises:
        yaml.YAMLError: the text is not YAML, has a value that cannot be, or states a key twice.
    """
    # Here and not above: few jobs read YAML.
    import yaml

    try:
        text = text.decode() if isinstance(text, bytes) else text
        kind = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        _require_shallow(text, kind)
        loader = kind(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            _require_distinct_keys(node)
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.YAMLError:
        raise
    # PyYAML lets through what its conversions raise: a date without such a day, a whole number of 5,000 digits.
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise yaml.YAMLError(f"a value that cannot be read ({error})") from None


def _require_shallow(text: str, loader: type) -> None:
    """Refuse what is nested so deeply that the reader, which calls itself for each level, would crash."""
    import yaml

    # Each level takes one of these; the parts of what can be deep are counted one by one, without a call in a call.
    if sum(map(text.count, "[{-?:")) <= DEEPEST:
        return
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise yaml.YAMLError(f"sections inside one another, more than {DEEPEST} of them")


def _require_distinct_keys(root: Any) -> None:
    """Refuse a mapping that states a key twice, of which PyYAML would keep the last without a word."""
    import yaml

    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        # What an anchor names stands in several places and is one node.
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            waiting.extend(value for _, value in node.value)
            keys = [(key.tag, key.value) for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            if twice := [value for (tag, value) in dict.fromkeys(keys) if keys.count((tag, value)) > 1]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {twice[0]!r} {TWICE}: keep one of them", node.start_mark
                )


def read_json(path: Path | str, form: Mapping[str, Any]) -> dict[str, Any]:
    """The object in a JSON file that a job wrote.

    Arguments:
        path: the file.
        form: key -> types of its value, as for `isinstance`; further keys are left alone.

    Raises:
        VspairError: it is missing or no JSON, a key is missing or not of its type, or a number is not finite.
    """
    path = Path(path)
    try:
        # A pipe would be waited for.
        if path.exists() and not path.is_file():
            raise ValueError("no regular file")
        found = json.loads(path.read_text(encoding="utf-8"), parse_float=_finite, parse_constant=_finite)
        if not isinstance(found, dict):
            raise ValueError("no object")
        for key, kind in form.items():
            value = found.get(key)
            if key not in found or not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
                raise ValueError(f"{value!r:.40} as {key}" if key in found else f"no {key}")
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(path, f"JSON with {', '.join(form)}", error) from error
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text:.40}, which is not finite")
    return number


def read_arrays(
    path: Path | str,
    names: Sequence[str],
    rows: Sequence[int] | None = None,
    undefined: Sequence[str] = (),
) -> "dict[str, np.ndarray]":
    """Arrays of a safetensors file that a job wrote.

    Arguments:
        path: the file.
        names: of the arrays.
        rows: positions along the first axis, of which alone something is read; by default all of it.
        undefined: names of arrays that may hold NaN.

    Raises:
        VspairError: it is missing or not whole, or an array is missing, too short, or holds what is not finite.
    """
    # Here and not above: planning reads no arrays.
    import numpy as np
    from safetensors import SafetensorError, safe_open

    path, found = Path(path), {}
    try:
        with safe_open(path, framework="numpy") as file:
            for name in names:
                array = file.get_slice(name)
                if rows is None:
                    found[name] = file.get_tensor(name)
                elif (count := (array.get_shape() or [0])[0]) <= max(rows):
                    raise ValueError(f"{name} of {count} rows, of which number {max(rows)} is wanted")
                else:
                    found[name] = np.stack([array[row : row + 1][0] for row in rows])
                missing = np.isnan(found[name]) if name in undefined else False
                if not (np.isfinite(found[name]) | missing).all():
                    raise ValueError(f"{name} with numbers that are not finite")
    except (OSError, ValueError, SafetensorError) as error:
        raise _damaged(path, f"the arrays {', '.join(names)}", error) from error
    return found


def _damaged(path: Path, expected: str, error: Exception) -> VspairError:
    return VspairError(
        f"expected {expected} in {path}, found {error}: it was edited or damaged; delete it and run the same command "
        "again"
    )


def write_text(path: Path | str, text: str) -> None:
    """Write a UTF-8 text file whole or not at all.

    Raises:
        VspairError: as `whole` does.
    """
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
