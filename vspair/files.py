"""Files that appear whole or not at all, and their checksums."""

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vspair.errors import VspairError

TWICE = "twice in one section"
"""How a key of YAML is refused that its section states twice."""

DEEPEST = 200
"""Sections inside one another that a YAML file may have."""


def sha256(path: Path | str) -> str:
    """SHA-256 of a file's content, as 64 hexadecimal digits, read in blocks."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def whole(path: Path | str) -> Iterator[Path]:
    """Give a temporary path beside `path`, put in its place only when the block ends well.

    The temporary name keeps the suffix of `path`, because libraries choose a format by it. The file is flushed to
    the disk before it is renamed, so that a crash leaves the old file or the new one and never a part.

    Raises:
        VspairError: the disk is full.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{uuid.uuid4().hex}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch()
        permissions = temporary.stat().st_mode
        temporary.unlink()
        yield temporary
        # Some libraries (safetensors) create files that only their owner may read.
        temporary.chmod(permissions)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except Exception as error:
        # Libraries that write by themselves (safetensors) hide the error number in their own exception's text.
        if not any(reason in str(error) for reason in ("No space left on device", "Disk quota exceeded")):
            raise
        raise VspairError(
            f"no space left on the disk that holds {path.parent}, so {path.name} was not written: "
            "free some space and run the same command again"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def free_space(folder: Path) -> int:
    """Bytes that are free on the disk that holds a folder, or will hold it, since the nearest above it does."""
    whole_path = folder.absolute()
    return shutil.disk_usage(next(each for each in (whole_path, *whole_path.parents) if each.exists())).free


def require_space(path: Path | str, size: int) -> None:
    """Refuse to begin what cannot be written in the end.

    Arguments:
        path: file that is to be written.
        size: bytes that it will have.

    Raises:
        VspairError: the disk that holds the nearest folder above `path` that exists has less space.
    """
    if (free := free_space(Path(path).absolute().parent)) < size:
        raise VspairError(
            f"expected {size / 1e9:.2f} GB of free disk space for {path}, found {free / 1e9:.2f} GB: free some space, "
            "or lower the number of images"
        )


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


def write_text(path: Path | str, text: str) -> None:
    """Write a UTF-8 text file whole or not at all.

    Raises:
        VspairError: the disk is full.
    """
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
