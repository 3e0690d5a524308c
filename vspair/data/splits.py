"""Split of slices into training and test by patient."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vspair.data.groups import UNKNOWN
from vspair.errors import VspairError


@dataclass(frozen=True)
class SliceSplit:
    """Positions of the slices of each part in their source, in random order.

    Arguments:
        train_index, test_index: integers, disjoint.
        sentence: what the reader has to be told about the split, None if it is as asked for.
    """

    train_index: np.ndarray
    test_index: np.ndarray
    sentence: str | None


def split_slices(patients: np.ndarray, held_out: np.ndarray | None, train: int, test: int, seed: int) -> SliceSplit:
    """Draw a random split with no patient in both parts.

    Parts that the source itself has are kept. Otherwise the patients are divided so that each part has at least the
    slices asked for, and as nearly as possible in the ratio asked for; the slices are then drawn from each part.
    Where there is no such division, both numbers are reduced in proportion, as little as possible.

    Arguments:
        patients: code of each slice's patient, integers (n,); `UNKNOWN` where it is not known.
        held_out: True where the source assigns a slice to its test part, (n,); None if it has no parts.
        train, test: slices wanted in each part, at least 1.
        seed: of the split.

    Raises:
        VspairError: there is not one slice for each part, or the source's parts share a patient.
    """
    generator = np.random.default_rng(seed)
    known = (patients != UNKNOWN).all()
    if held_out is not None:
        in_test = _source_parts(patients, held_out)
    elif known:
        in_test = _patient_parts(patients, train, test, generator)
    else:
        in_test = _slice_parts(len(patients), train, test, generator)
    train_pool, test_pool = np.flatnonzero(~in_test), np.flatnonzero(in_test)
    kept = _reduced(len(train_pool), len(test_pool), train, test)
    sentences = []
    if kept != (train, test):
        of = f" of {len(np.unique(patients))} patients" if known else ""
        sentences.append(
            f"{train} training and {test} test slices were asked for, but the source has {len(patients)} slices{of} "
            f"({len(train_pool)} for training and {len(test_pool)} for the test): {kept[0]} and {kept[1]} are used"
        )
    if held_out is None and not known:
        sentences.append(
            "the source does not tell the patients of its slices, so they are split slice by slice and a patient may "
            "be in both parts"
        )
    drawn = (generator.permutation(pool)[:size] for pool, size in zip((train_pool, test_pool), kept, strict=True))
    return SliceSplit(*drawn, "; ".join(sentences) or None)


def require_enough(split: SliceSplit, needed: Mapping[str, int]) -> None:
    """Refuse a split that is too small for what is to come, before anything is simulated or trained.

    Arguments:
        split: of the source.
        needed: fewest slices for `train` and `test`.

    Raises:
        VspairError: a part has fewer.
    """
    for part, index in (("train", split.train_index), ("test", split.test_index)):
        if len(index) < needed[part]:
            raise VspairError(
                f"expected at least {needed[part]} slices for {part}, which methods, figures and calibration of the "
                f"configuration need, found {len(index)}: take a source with more slices, or lower ct.figures' "
                "positions, ct.evaluation.calibration.levels or the methods' pairs"
            )


def _reduced(train_pool: int, test_pool: int, train: int, test: int) -> tuple[int, int]:
    """The numbers asked for, or both times the largest factor below 1 for which the pools suffice."""
    if train_pool >= train and test_pool >= test:
        return train, test
    if train_pool * test <= test_pool * train:
        return train_pool, max(train_pool * test // train, 1)
    return max(test_pool * train // test, 1), test_pool


def _source_parts(patients: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    held_out = np.asarray(held_out, dtype=bool)
    if held_out.all() or not held_out.any():
        lacking = "training" if held_out.all() else "test"
        raise VspairError(
            f"the source has {len(held_out)} slices, but none of its {lacking} part: add files of that part to it"
        )
    shared = np.setdiff1d(np.intersect1d(patients[held_out], patients[~held_out]), UNKNOWN)
    if len(shared):
        raise VspairError(
            f"the training and test parts of the source share {len(shared)} patients, though they must share none: "
            "its list of patients is damaged; fetch it again"
        )
    return held_out


def _slice_parts(slices: int, train: int, test: int, generator: np.random.Generator) -> np.ndarray:
    if slices < 2:
        raise VspairError(f"the source has {slices} slices, but a split needs at least two: add slices to it")
    size = min(max(round(slices * test / (train + test)), 1), slices - 1)
    return generator.permutation(slices) < size


def _patient_parts(patients: np.ndarray, train: int, test: int, generator: np.random.Generator) -> np.ndarray:
    """True for slices of patients drawn for the test.

    Which numbers of test slices whole patients can make up is a subset-sum problem: bit s of `reachable[i]` tells
    whether the first i patients can make up s.
    """
    codes, owner, sizes = np.unique(patients, return_inverse=True, return_counts=True)
    if len(codes) < 2:
        raise VspairError(
            f"the source has slices of {len(codes)} patients, but a split by patient needs at least two: "
            "add slices of other patients"
        )
    order, total = generator.permutation(len(codes)), len(patients)
    reachable = [1]
    for patient in order:
        reachable.append(reachable[-1] | reachable[-1] << int(sizes[patient]))
    possible = np.flatnonzero(np.frombuffer(f"{reachable[-1]:b}"[::-1].encode(), dtype=np.uint8) == ord("1"))[1:-1]
    enough = np.minimum(np.minimum(possible / test, (total - possible) / train), 1)
    distance = np.abs(possible - total * test / (train + test))
    rest = int(possible[np.lexsort((distance, -enough))[0]])
    chosen, remaining = np.zeros(len(codes), dtype=bool), total
    for patient, before in zip(order[::-1], reachable[-2::-1], strict=True):
        size = int(sizes[patient])
        within, without = rest >= size and before >> (rest - size) & 1, before >> rest & 1
        # Taking whoever fits would fill the test with patients of few slices.
        chosen[patient] = within and (not without or generator.random() < rest / remaining)
        rest, remaining = rest - size * int(chosen[patient]), remaining - size
    return chosen[owner]
