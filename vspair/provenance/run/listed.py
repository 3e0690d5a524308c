"""Lists in a run folder of files that are known by their checksum alone, read without trust."""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from vspair.provenance.receipt.values import Name, Sha256
from vspair.regular import parsed, text

LARGEST = 1 << 26
"""Bytes of such a list, which may hold a receipt for each of some thousand jobs."""


def read_list(path: Path, format_: int, key: str) -> tuple[dict[str, str], dict[str, object]]:
    """Names and checksums of such a list, and all that stands in the file.

    Args:
        path: the file, of JSON.
        format_: the number that it has under `format`.
        key: where it has the names, each leading to a SHA-256.

    Raises:
        OSError: it is no regular file, or too large.
        ValueError: it is not JSON of that form, or a name leads out of its folder.
    """
    found = parsed(text(path, LARGEST))
    if not isinstance(found, dict) or found.get("format") != format_:
        raise ValueError(f"another form than number {format_}")
    try:
        return TypeAdapter(dict[Name, Sha256]).validate_python(found.get(key), strict=True), found
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ValueError(f"{first['msg']} expected under {key}, not {str(first['input'])[:80]!r}") from error
