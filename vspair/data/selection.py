"""The slices that were chosen from a source, split by patient, in one file that all later jobs read parts of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from tqdm import tqdm

from vspair.data.slices import Slices
from vspair.data.splits import SliceSplit
from vspair.errors import VspairError
from vspair.files import whole

AT_ONCE = 64
"""Slices read at once: bounds the memory of sinograms before they are made smaller."""


@dataclass(frozen=True)
class Selection:
    """Chosen slices.

    Arguments:
        images: normalised attenuation, float32 (slices, pixels, pixels).
        index: position of each slice in its source, (slices,).
        patient: code of its patient, study or series, (slices,); `UNKNOWN` where it is not known.
        observation: reduced sinograms where the source has its own, float32 (slices, angles, bins); else None.
        test: True for a test slice, (slices,).
    """

    images: np.ndarray
    index: np.ndarray
    patient: np.ndarray
    observation: np.ndarray | None
    test: np.ndarray


def select(
    slices: Slices,
    split: SliceSplit,
    reduced: Callable[[np.ndarray], np.ndarray],
    patients: np.ndarray | None = None,
) -> Selection:
    """Read the slices of a split.

    Arguments:
        slices: an open source.
        split: indices for training and test.
        patients: code of the patient of each slice, (n,); by default as the source tells.
        reduced: makes sinograms (n, angles, bins) smaller.

    Raises:
        VspairError: a file is damaged.
    """
    index = np.concatenate([split.train_index, split.test_index])
    images, observations = [], []
    with tqdm(total=len(index), unit="slice", disable=None) as bar:
        for part in np.array_split(index, range(AT_ONCE, len(index), AT_ONCE)):
            images.append(slices.images(part))
            sinograms = slices.sinograms(part)
            if sinograms is not None:
                observations.append(reduced(sinograms))
            bar.update(len(part))
    return Selection(
        np.concatenate(images),
        index,
        (slices.patients if patients is None else patients)[index],
        np.concatenate(observations) if observations else None,
        np.arange(len(index)) >= len(split.train_index),
    )


def write_selection(path: Path, selection: Selection) -> None:
    """Write a selection as one safetensors file, whole or not at all.

    Raises:
        VspairError: the disk is full.
    """
    arrays = {name: array for name, array in vars(selection).items() if array is not None}
    with whole(path) as temporary:
        save_file(arrays, temporary)


def require_whole(arrays: Mapping[str, np.ndarray], values: Sequence[str]) -> None:
    """Check arrays of one length by slice, of which some hold finite numbers, one a boolean and the others integers.

    Arguments:
        arrays: name -> one row for each slice.
        values: names of those with finite numbers, float32.

    Raises:
        ValueError: they are not so.
    """
    lengths = {len(array) for array in arrays.values()}
    if len(lengths) != 1:
        raise ValueError(f"arrays of {', '.join(map(str, sorted(lengths)))} slices")
    for name, array in arrays.items():
        if name in values:
            if array.dtype != np.float32 or not np.isfinite(array).all():
                raise ValueError(f"{name} was expected as finite float32, found {array.dtype} or what is not finite")
        elif array.ndim != 1 or array.dtype.kind not in ("b" if name == "test" else "iu"):
            raise ValueError(f"{name} was expected as a list of {'truths' if name == 'test' else 'integers'}")


def read_selection(path: Path, block: int = 0, blocks: int = 1) -> Selection:
    """Read one of several shares of a selection, as equal as can be and in order; by default all of it.

    Arguments:
        path: file written by `write_selection`.
        block: number of the share, from 0.
        blocks: number of shares.

    Raises:
        VspairError: the file is not one of ours, or truncated.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            count = file.get_slice("index").get_shape()[0]
            bounds = np.linspace(0, count, blocks + 1).astype(int)
            share = slice(int(bounds[block]), int(bounds[block + 1]))
            lengths = {file.get_slice(name).get_shape()[0] for name in file.keys()}  # noqa: SIM118 (no mapping)
            if len(lengths) != 1:
                raise ValueError(f"arrays of {', '.join(map(str, sorted(lengths)))} slices")
            arrays = {name: file.get_slice(name)[share] for name in file.keys()}  # noqa: SIM118
            require_whole(arrays, ("images", "observation"))
            return Selection(**{"observation": None} | arrays)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, IndexError) as error:
        raise VspairError(
            f"{path} is not a whole file of chosen slices ({error}): delete it and run the same command again"
        ) from error
