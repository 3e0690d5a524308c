"""Files that appear whole or not at all, and their checksums."""

import hashlib
import json
import math
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vspair.errors import VspairError

if TYPE_CHECKING:
    import numpy as np


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


def require_space(path: Path | str, size: int) -> None:
    """Refuse to begin what cannot be written in the end.

    Arguments:
        path: file that is to be written.
        size: bytes that it will have.

    Raises:
        VspairError: the disk that holds the nearest folder above `path` that exists has less space.
    """
    folder = next(parent for parent in Path(path).absolute().parents if parent.exists())
    free = shutil.disk_usage(folder).free
    if free < size:
        raise VspairError(
            f"expected {size / 1e9:.2f} GB of free disk space for {path}, found {free / 1e9:.2f} GB: free some space, "
            "or lower the number of images"
        )


def parse_yaml(text: str) -> Any:
    """Plain values from YAML, read by libyaml where PyYAML brings it along: ten times as fast.

    Raises:
        yaml.YAMLError: the text is not YAML.
    """
    # Here and not above: few jobs read YAML.
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


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
        VspairError: the disk is full.
    """
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
