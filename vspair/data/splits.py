"""Split of slices into training and test by patient."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from vspair.data.groups import GROUPS, UNKNOWN, counted
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

    def told(self, *sentences: str) -> "SliceSplit":
        """The same split with more to be told."""
        return replace(self, sentence="; ".join(filter(None, [self.sentence, *sentences])) or None)


def split_slices(
    patients: np.ndarray,
    held_out: np.ndarray | None,
    train: int,
    test: int,
    seed: int,
    *,
    grouped: str = "patient",
    left_out: np.ndarray | None = None,
) -> SliceSplit:
    """Draw a random split with no patient in both parts.

    Parts that the source itself has are kept. Otherwise the patients are divided so that each part has at least the
    slices asked for, and as nearly as possible in the ratio asked for; the slices are then drawn from each part.
    Where there is no such division, both numbers are reduced in proportion, as little as possible. Where the patients
    of some slices are known and suffice, the other slices are left out; else each of these counts as a patient of its
    own, and the sentence says that they may be in both parts.

    Arguments:
        patients: code of each slice's patient, integers (n,); `UNKNOWN` where it is not known.
        held_out: True where the source assigns a slice to its test part, (n,); None if it has no parts.
        train, test: slices wanted in each part, at least 1.
        seed: of the split.
        grouped: what the codes tell apart (`vspair.data.slices.Slices.grouped`).
        left_out: True for slices that are not to be used, (n,); None for none.

    Raises:
        VspairError: there is not one slice for each part, or the source's parts share a patient.
    """
    usable = np.ones(len(patients), dtype=bool) if left_out is None else ~left_out
    if held_out is not None:
        in_test = _source_parts(patients, held_out)
        return _drawn(patients, in_test, usable, train, test, np.random.default_rng(seed), grouped)
    known = usable & (patients != UNKNOWN)
    unknown = int(usable.sum() - known.sum())
    if known.any() and (not unknown or len(np.unique(patients[known])) > 1):
        generator = np.random.default_rng(seed)
        in_test = _patient_parts(patients, known, train, test, generator, grouped)
        split = _drawn(patients, in_test, known, train, test, generator, grouped)
        caveats = []
        if grouped in GROUPS and grouped != "patient":
            caveats.append(
                f"the source tells {GROUPS[grouped]} but not patients apart, so a patient may be in both parts"
            )
        if unknown:
            caveats.append(f"{unknown} slices of unknown patients are left out, since they may be of any patient")
        if not unknown or split.sentence is None:
            return split.told(*caveats)
    generator = np.random.default_rng(seed)
    if known.any():
        alone = np.where(patients == UNKNOWN, patients.max() + 1 + np.arange(len(patients)), patients)
        in_test = _patient_parts(alone, usable, train, test, generator, "unknown")
    else:
        in_test = _slice_parts(usable, train, test, generator)
    split = _drawn(patients, in_test, usable, train, test, generator, "unknown")
    of = "its slices" if unknown == usable.sum() else f"{unknown} of its {usable.sum()} slices"
    return split.told(
        f"the source does not tell the patients of {of}, so they are split slice by slice and a patient may "
        "be in both parts"
    )


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


def require_known(groups: np.ndarray) -> None:
    """Refuse test slices of unknown patients where something is promised for a further patient.

    Arguments:
        groups: code of each test slice's patient, `UNKNOWN` where it is not known.

    Raises:
        VspairError: one is not known.
    """
    if unknown := int((groups == UNKNOWN).sum()):
        raise VspairError(
            "expected the patient of every test slice, since evaluation.calibration.unit=group promises a coverage for "
            f"a further patient, found {unknown} of {len(groups)} test slices of unknown patients: give a source that "
            "tells them, or set evaluation.calibration.unit=image for further slices of the same patients"
        )


def _reduced(train_pool: int, test_pool: int, train: int, test: int) -> tuple[int, int]:
    """The numbers asked for, or both times the largest factor below 1 for which the pools suffice."""
    if train_pool >= train and test_pool >= test:
        return train, test
    if train_pool * test <= test_pool * train:
        return train_pool, max(train_pool * test // train, 1)
    return max(test_pool * train // test, 1), test_pool


def _drawn(
    patients: np.ndarray,
    in_test: np.ndarray,
    usable: np.ndarray,
    train: int,
    test: int,
    generator: np.random.Generator,
    grouped: str,
) -> SliceSplit:
    """Slices drawn from both parts, and the sentence that tells if there are fewer than asked for."""
    pools = [np.flatnonzero(part) for part in (~in_test, in_test)]
    sizes = [int(usable[pool].sum()) for pool in pools]
    if not all(sizes):
        raise VspairError(
            f"the source has {sizes[0]} slices for training and {sizes[1]} for the test that are not left out, but a "
            "split needs one of each: add slices to it"
        )
    kept = _reduced(*sizes, train, test)
    # Permuted before any is left out: what is left out moves the others up and shuffles none.
    orders = [generator.permutation(pool) for pool in pools]
    drawn = [order[usable[order]][:size] for order, size in zip(orders, kept, strict=True)]
    if kept == (train, test):
        return SliceSplit(*drawn, None)
    known = grouped in GROUPS and (patients[usable] != UNKNOWN).all()
    whose = counted(grouped, patients[usable]) if known else ""
    return SliceSplit(
        *drawn,
        f"{train} training and {test} test slices were asked for, but the source has {usable.sum()} slices{whose} "
        f"({sizes[0]} for training and {sizes[1]} for the test): {kept[0]} and {kept[1]} are used",
    )


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


def _slice_parts(usable: np.ndarray, train: int, test: int, generator: np.random.Generator) -> np.ndarray:
    slices = int(usable.sum())
    if slices < 2:
        raise VspairError(f"the source has {slices} slices, but a split needs at least two: add slices to it")
    size = min(max(round(slices * test / (train + test)), 1), slices - 1)
    in_test = np.zeros(len(usable), dtype=bool)
    in_test[usable] = generator.permutation(slices) < size
    return in_test


def _patient_parts(
    patients: np.ndarray, usable: np.ndarray, train: int, test: int, generator: np.random.Generator, grouped: str
) -> np.ndarray:
    """True for usable slices of patients drawn for the test.

    Which numbers of test slices whole patients can make up is a subset-sum problem: bit s of `reachable[i]` tells
    whether the first i patients can make up s.
    """
    codes, owner, sizes = np.unique(patients[usable], return_inverse=True, return_counts=True)
    if len(codes) < 2:
        names = GROUPS.get(grouped, "patients")
        raise VspairError(
            f"the source has slices of {len(codes)} {names}, but a split by {grouped} needs at least two: "
            "add slices of other patients"
        )
    order, total = generator.permutation(len(codes)), len(owner)
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
    in_test = np.zeros(len(patients), dtype=bool)
    in_test[usable] = chosen[owner]
    return in_test
