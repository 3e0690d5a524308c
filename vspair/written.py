"""Files that jobs wrote, read back: whole and finite, or refused with what to do."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vspair.errors import VspairError
from vspair.printable import quoted
from vspair.regular import parsed, text

if TYPE_CHECKING:
    import numpy as np

LARGEST = 1 << 26
"""Bytes of a JSON file that a job wrote, at most."""


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
        found = parsed(text(path, LARGEST, links=True))
        if not isinstance(found, dict):
            raise ValueError("no object")
        for key, kind in form.items():
            value = found.get(key)
            if key not in found or not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
                raise ValueError(f"{value!r:.40} as {key}" if key in found else f"no {key}")
    except (OSError, ValueError) as error:
        raise _damaged(path, f"JSON with {', '.join(form)}", error) from error
    return found


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
        f"expected {expected} in {path}, found {quoted(error)}: it was edited or damaged; delete it and run the same "
        "command again"
    )
