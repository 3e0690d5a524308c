"""A split of slices of which none is in it twice, nor a copy of one in the other part."""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
from tqdm import tqdm

from vspair.data.groups import repeated
from vspair.data.slices import Slices
from vspair.data.splits import SliceSplit, split_slices

AT_ONCE = 64
"""Slices read at once."""


def split_distinct(slices: Slices, train: int, test: int, seed: int) -> tuple[SliceSplit, np.ndarray, str | None]:
    """Split a source as `split_slices` does, with each of several slices of the same content once.

    Slices are compared as they are used, in normalised attenuation. Of a source without parts of its own all are read,
    before any is drawn: patients that share a slice count as one. Of a source with parts, which may be far larger, only
    what is drawn is; what turns out to be there twice is left out of the training and another slice is drawn for it.

    Arguments:
        slices: an open source.
        train, test: slices wanted in each part, at least 1.
        seed: of the split.

    Returns:
        The split, the code of each slice's patient, (n,), and a sentence that names two identical slices, if any are.

    Raises:
        VspairError: as `split_slices`, or a file is damaged.
    """
    if slices.held_out is None:
        digests = list(_digests(slices, range(len(slices))))
        stands, patients = repeated(digests, slices.patients)
        return _split(slices, patients, stands, train, test, seed)
    stands, known = np.arange(len(slices)), {}
    while True:
        found = _split(slices, slices.patients, stands, train, test, seed)
        drawn = [*found[0].test_index.tolist(), *found[0].train_index.tolist()]
        new = [position for position in drawn if position not in known]
        known.update(zip(new, _digests(slices, new), strict=True))
        first: dict[bytes, int] = {}
        again = {
            position: first[known[position]]
            for position in drawn
            if first.setdefault(known[position], position) != position
        }
        if not again:
            return found
        stands[list(again)] = list(again.values())


def _split(
    slices: Slices, patients: np.ndarray, stands: np.ndarray, train: int, test: int, seed: int
) -> tuple[SliceSplit, np.ndarray, str | None]:
    again = np.flatnonzero(stands != np.arange(len(stands)))
    split = split_slices(
        patients,
        slices.held_out,
        train,
        test,
        seed,
        grouped=slices.grouped,
        left_out=np.isin(np.arange(len(stands)), again),
    )
    if not len(again):
        return split, patients, None
    number = f"{len(again)} slices are copies of others and left out"
    example = f"{number}: {slices.name(int(again[0]))} is a copy of {slices.name(int(stands[again[0]]))}"
    return split.told(number), patients, example


def _digests(slices: Slices, index: Iterable[int]) -> Iterable[bytes]:
    """Digest of each slice's content."""
    index = np.fromiter(index, dtype=np.int64)
    with tqdm(total=len(index), desc="compared", unit="slice", disable=None) as bar:
        for start in range(0, len(index), AT_ONCE):
            for image in slices.images(index[start : start + AT_ONCE]):
                yield blake2b(image.tobytes(), digest_size=16).digest()
                bar.update()
