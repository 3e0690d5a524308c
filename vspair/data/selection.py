"""The slices that were chosen from a source, split by patient, in one file that all later jobs read parts of."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from tqdm import tqdm

from vspair.data.arrays import AGAIN, not_whole, require_kinds
from vspair.data.checks import require_finite
from vspair.data.slices import Slices
from vspair.data.splits import SliceSplit
from vspair.files import whole

KINDS = {"images": "f4", "index": "i", "patient": "i", "observation": "f4", "test": "b"}
"""Parts of a selection, with the types that each may have (see `require_kinds`)."""

CALLED = "file of chosen slices"

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


def read_selection(path: Path, block: int = 0, blocks: int = 1) -> Selection:
    """Read one of several shares of a selection, as equal as can be and in order; by default all of it.

    Arguments:
        path: file written by `write_selection`.
        block: number of the share, from 0.
        blocks: number of shares.

    Raises:
        VspairError: the file is not one of ours, truncated, or holds what cannot be.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
            count, *others = sorted({array.get_shape()[0] for array in arrays.values()})
            if others:
                raise ValueError(f"arrays of {', '.join(map(str, (count, *others)))} slices")
            bounds = np.linspace(0, count, blocks + 1).astype(int)
            share = slice(int(bounds[block]), int(bounds[block + 1]))
            shared = {name: array[share] for name, array in arrays.items()}
            require_kinds(shared, KINDS)
            if wrong := [name for name, array in shared.items() if array.ndim != (3 if KINDS[name] == "f4" else 1)]:
                raise ValueError(f"{wrong[0]} of the shape {shared[wrong[0]].shape}")
            if len(set(shared["images"].shape[1:])) != 1:
                raise ValueError(f"images that are not square but {shared['images'].shape[1:]}")
            selection = Selection(**{"observation": None} | shared)
    except (SafetensorError, OSError, LookupError, TypeError, ValueError, AttributeError, MemoryError) as error:
        raise not_whole(path, CALLED, error) from error
    for name in ("images", "observation"):
        if name in shared:
            require_finite(shared[name], f"{path}: `{name}`", AGAIN)
    return selection
