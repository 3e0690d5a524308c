"""The prepared file: all pairs of a problem, written once and read without decoding or unpickling."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from vspair.data.pairs import OPTIONAL, PARTS, Pairs, Split
from vspair.errors import VspairError
from vspair.files import whole

SPLITS = ("train", "test")


def write_pairs(path: Path, pairs: Pairs) -> None:
    """Write pairs of any shape as one safetensors file with arrays `train.qoi`, ..., `test.index`, whole or not at all.

    Raises:
        VspairError: the disk is full.
    """
    arrays = {f"{name}.{part}": getattr(getattr(pairs, name), part) for name in SPLITS for part in PARTS}
    with whole(path) as temporary:
        save_file({key: array for key, array in arrays.items() if array is not None}, temporary)


def read_pairs(path: Path) -> Pairs:
    """Read pairs written by `write_pairs`.

    Raises:
        VspairError: the file is not one of ours, or truncated, or its parts do not fit together.
    """
    try:
        arrays = load_file(path)
        return Pairs(*(_split(arrays, f"{name}.") for name in SPLITS))
    except (SafetensorError, KeyError, ValueError) as error:
        raise VspairError(
            f"{path} is not a whole file of prepared pairs ({error}): delete it and run the same command again"
        ) from error


def _split(arrays: Mapping[str, np.ndarray], prefix: str) -> Split:
    needed = {part: arrays[prefix + part] for part in PARTS if part not in OPTIONAL}
    return Split(**needed, **{part: arrays.get(prefix + part) for part in OPTIONAL})
