"""Arrays of this project's own files, in safetensors: read whole, or refused with what to do."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from vspair.data.checks import require_finite
from vspair.data.inputs import require_file
from vspair.errors import VspairError
from vspair.printable import quoted

AGAIN = "delete it and run the same command again"


def read_whole(path: Path, called: str) -> dict[str, np.ndarray]:
    """All arrays of a file by name; a header that declares more or less than the file holds is refused.

    Arguments:
        path: of the file.
        called: what it is, for the sentence, such as `file of prepared pairs`.

    Raises:
        VspairError: it is missing, truncated, no safetensors, or holds NaN or infinity.
    """
    require_file(path, f"{path} is missing: run the command that makes it again")
    try:
        arrays = load_file(path)
    # A type that numpy lacks, such as bfloat16, ends in one of the others.
    except (SafetensorError, OSError, LookupError, TypeError, ValueError, AttributeError, MemoryError) as error:
        raise not_whole(path, called, error) from error
    for name, array in arrays.items():
        if array.ndim and array.dtype.kind == "f":
            require_finite(array, f"{path}: `{quoted(name, 40)}`", AGAIN, unit="row")
    return arrays


def require_kinds(arrays: Mapping[str, np.ndarray], kinds: Mapping[str, str]) -> None:
    """Refuse arrays of other types than they have, and names that are none of ours.

    Arguments:
        arrays: by name.
        kinds: for each name that there may be, the beginnings of the types that it may have, in NumPy's letters:
            `f`, `f4`.

    Raises:
        ValueError: one is something else.
    """
    for name, array in arrays.items():
        if name not in kinds:
            raise ValueError(f"expected none but {', '.join(kinds)}, found {quoted(name, 40)}")
        if not array.dtype.str[1:].startswith(tuple(kinds[name].split())):
            raise ValueError(f"expected {name} of one of the types {kinds[name]}, found {array.dtype}")


def not_whole(path: Path, called: str, error: object) -> VspairError:
    """The sentence for a file that is not whole, or none of ours."""
    return VspairError(f"{path} is not a whole {called} ({quoted(error)}): {AGAIN}")
