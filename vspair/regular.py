"""Regular files and strict JSON in them, read without trust: what lies in a folder of results may be anybody's.

A FIFO in the place of a file would block its reader, a device or a link to one fill its memory, and a link show what
lies elsewhere. JSON may name numbers that no float holds, nest beyond what Python follows, or say one thing twice.
"""

import errno
import json
import math
import os
import stat
from collections import Counter
from pathlib import Path
from typing import BinaryIO

DEPTH = 64
"""Objects and lists inside each other that `parsed` follows; a receipt has about ten."""

VALUES = 1 << 19
"""Values that `parsed` makes; an empty object takes three bytes in a file and twenty times as much in memory."""

_DIGITS = 20
_SHOWN = 80
_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def opened(path: Path | str, links: bool = False) -> BinaryIO:
    """Open a regular file to be read, and nothing else; never waits for anybody.

    Args:
        path: the file.
        links: whether a symbolic link in its place is followed (those of folders above it are).

    Raises:
        OSError: there is no such file, it may not be read, or something else stands in its place.
    """
    # Looked at before it is opened, since that alone moves a tape; and after, since it may be another one by then.
    _require_regular(os.stat(path, follow_symlinks=links))  # noqa: PTH116 - as below, and tens of thousands of times
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if links else os.O_NOFOLLOW))
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise OSError("another thing than a regular file") from error
        raise
    try:
        _require_regular(os.fstat(descriptor))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _require_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        found = _KINDS.get(stat.S_IFMT(status.st_mode), "something else")
        raise OSError(f"{found} in the place of a regular file")


def content(path: Path | str, most: int, links: bool = False) -> bytes:
    """Bytes of a regular file.

    Args:
        path: the file.
        most: bytes that it may have.
        links: as for `opened`.

    Raises:
        OSError: as `opened` does, or the file is larger.
    """
    with opened(path, links) as file:
        size = os.fstat(file.fileno()).st_size
        found = b"" if size > most else file.read(most + 1)
    if max(size, len(found)) > most:
        raise OSError(f"{max(size, len(found))} bytes, more than the {most} that such a file can have")
    return found


def text(path: Path | str, most: int, links: bool = False) -> str:
    """Text of a regular file in UTF-8; arguments and errors are those of `content`.

    Raises:
        ValueError: it is not UTF-8.
    """
    return content(path, most, links).decode("utf-8")


def parsed(text: str) -> object:
    """The value of a JSON text that every reader reads alike.

    Raises:
        ValueError: it is not JSON; an object has a key twice; a number is NaN, infinite or beyond floats and 64 bits; a
            text holds half of a surrogate pair; or there are more values, or more inside each other, than `VALUES` and
            `DEPTH`.
    """
    if (count := 1 + text.count(",") + text.count("[") + text.count("{")) > VALUES:
        raise ValueError(f"{count} values, more than the {VALUES} that such a file can have")
    try:
        value = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_refuse, parse_int=_whole, parse_float=_finite
        )
    except RecursionError:
        raise ValueError(f"values inside each other more than {DEPTH} deep") from None
    _require_bounded(value)
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object in which no key stands twice, of which different readers would take different ones."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key {twice[:_SHOWN]!r} stands there twice")
    return found


def _refuse(name: str) -> float:
    raise ValueError(f"{name}, which is no number in JSON")


def _whole(digits: str) -> int:
    # Before it is a number: Python itself refuses more than some thousand digits, to read and to write.
    if len(digits) > _DIGITS + 1 or abs(int(digits)) >= 1 << 64:
        raise ValueError(f"a whole number of {len(digits.lstrip('-'))} digits, beyond 64 bits")
    return int(digits)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"the number {digits[:_SHOWN]}, beyond what a float can hold")
    return value


def _require_bounded(value: object) -> None:
    level = [value]
    for _ in range(DEPTH):
        texts = [item for item in level if isinstance(item, str)]
        level = [item for item in level if isinstance(item, dict | list)]
        texts += [key for item in level if isinstance(item, dict) for key in item]
        for found in texts:
            if not found.isascii() and any("\ud800" <= letter <= "\udfff" for letter in found):
                raise ValueError(f"half of a surrogate pair in {found[:_SHOWN]!a}")
        if not level:
            return
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    raise ValueError(f"values inside each other more than {DEPTH} deep")
