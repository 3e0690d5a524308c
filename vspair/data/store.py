"""The prepared file: all pairs of a problem, written once and read without decoding or unpickling."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from vspair.data.arrays import not_whole, read_whole, require_kinds
from vspair.data.checks import require_finite
from vspair.data.pairs import OPTIONAL, PARTS, Pairs, Split
from vspair.files import whole

SPLITS = ("train", "test")

CALLED = "file of prepared pairs"

KINDS = {"qoi": "f u i", "observation": "f u i", "mask": "b", "index": "u i", "label": "u i", "level": "f"}
"""Types that each part may have (see `require_kinds`)."""


def write_pairs(path: Path, pairs: Pairs) -> None:
    """Write pairs of any shape as one safetensors file with arrays `train.qoi`, ..., `test.index`, whole or not at all.

    Raises:
        VspairError: the disk is full, or a value is not finite.
    """
    arrays = {f"{name}.{part}": getattr(getattr(pairs, name), part) for name in SPLITS for part in PARTS}
    arrays = {key: array for key, array in arrays.items() if array is not None}
    for key, array in arrays.items():
        if array.dtype.kind == "f":
            # Where they came to be: noise or a simulation of extreme settings overflows.
            require_finite(array, f"the {key} that were made", "choose settings that are less extreme", unit="pair")
    with whole(path) as temporary:
        save_file(arrays, temporary)


def read_pairs(path: Path) -> Pairs:
    """Read pairs written by `write_pairs`.

    Raises:
        VspairError: the file is missing, not one of ours, truncated, without pairs, holds NaN or infinity, or its
            parts do not fit together.
    """
    arrays = read_whole(path, CALLED)
    try:
        pairs = Pairs(*(_split(arrays, f"{name}.") for name in SPLITS))
        require_kinds(arrays, {f"{name}.{part}": KINDS[part] for name in SPLITS for part in PARTS})
        _require_alike(pairs)
        return pairs
    except (KeyError, TypeError, ValueError) as error:
        raise not_whole(path, CALLED, error) from error


def _split(arrays: Mapping[str, np.ndarray], prefix: str) -> Split:
    needed = {part: arrays[prefix + part] for part in PARTS if part not in OPTIONAL}
    return Split(**needed, **{part: arrays.get(prefix + part) for part in OPTIONAL})


def _require_alike(pairs: Pairs) -> None:
    """Refuse pairs of which there are none in a split, or whose training and test differ in more than their number."""
    for part in PARTS:
        ours, theirs = (getattr(split, part) for split in (pairs.train, pairs.test))
        if (ours is None) != (theirs is None):
            raise ValueError(f"expected {part} in both splits or in none, found it in one")
        if ours is not None and (ours.shape[1:] != theirs.shape[1:] or ours.dtype != theirs.dtype):
            raise ValueError(
                f"expected {part} of one shape and type, found {ours.dtype} of {ours.shape[1:]} for training and "
                f"{theirs.dtype} of {theirs.shape[1:]} for the test"
            )
        for split in (ours, theirs):
            if split is not None and not split.size:
                raise ValueError(f"expected pairs for training and test, found {part} of {split.shape}")
